"""The print shop: it takes ``NAME.pdf`` once ``NAME.json``, the job ticket, lies beside it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MOST_BYTES = 256_000_000  # a ticket larger than this is no ticket


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter of a batch."""

    ticket: str
    key: str
    channel: str  # letter or handover
    to: str
    purpose: str
    body: str
    code: str
    reply_url: str
    page: int
    pages: int
    names: tuple[str, ...] = ()  # as on the envelope

    def own(self) -> dict[str, str | int]:
        """What only the print shop knows of it."""
        return {
            "link": self.reply_url,
            "code": self.code,
            "ticket": self.ticket,
            "page": self.page,
        }


class TicketError(ValueError):
    """The ticket cannot be printed from; the text says what is wrong."""


@dataclass
class Tray:
    """The folder, and which tickets were taken from it."""

    folder: Path
    done: set[str] = field(default_factory=set)  # names of tickets
    posted: set[tuple[str, str]] = field(default_factory=set)  # ticket and key, from before a kill
    broken: dict[str, str] = field(default_factory=dict)  # ticket: what is wrong
    handovers: dict[str, Letter] = field(default_factory=dict)  # by key
    handed: set[str] = field(default_factory=set)

    def new_tickets(self) -> Iterator[tuple[str, list[Letter]]]:
        """Tickets not taken yet, by name. A broken one is remembered with the reason, once."""
        for path in sorted(self.folder.glob("*.json")):
            if path.name in self.done or path.name in self.broken:
                continue
            try:
                letters = read_ticket(path)
            except TicketError as error:
                self.broken[path.name] = str(error)
                continue
            self._keep_handovers(letters)
            self.done.add(path.name)
            yield path.name, [one for one in letters if (path.name, one.key) not in self.posted]

    def confirm(self, name: str) -> None:
        """Lay ``NAME.posted`` beside the ticket: whoever printed it learns that it went out."""
        (self.folder / name).with_suffix(".posted").touch()

    def find_handovers(self) -> None:
        """After a restart: what still waits to be handed over, from tickets taken before."""
        for name in sorted(self.done):
            try:
                self._keep_handovers(read_ticket(self.folder / name))
            except TicketError as error:
                self.broken[name] = str(error)

    def _keep_handovers(self, letters: list[Letter]) -> None:
        for letter in letters:
            if letter.channel == "handover":
                self.handovers[letter.key] = letter


def read_ticket(path: Path) -> list[Letter]:
    """The letters of a job ticket, or TicketError."""
    pdf = path.with_suffix(".pdf")
    try:
        with pdf.open("rb") as file:
            if file.read(5) != b"%PDF-":
                raise TicketError(f"{pdf.name} is not a PDF.")
        if path.stat().st_size > MOST_BYTES:
            raise TicketError(f"{path.name} is too large for a ticket.")
        raw = json.loads(path.read_bytes())
    except OSError as error:
        raise TicketError(
            f"{path.name}: {pdf.name} must lie beside it ({error.strerror})."
        ) from error
    except (ValueError, RecursionError) as error:
        if isinstance(error, TicketError):
            raise
        raise TicketError(f"{path.name} is not JSON.") from error
    letters = raw.get("letters") if isinstance(raw, dict) else None
    if not isinstance(letters, list):
        raise TicketError(f"{path.name} has no list of letters.")
    return [_letter(path.name, number, one) for number, one in enumerate(letters, 1)]


def _letter(ticket: str, number: int, raw: Any) -> Letter:
    def text(name: str) -> str:
        value = raw.get(name)
        if not isinstance(value, str):
            raise TicketError(f"{ticket}, letter {number}: {name} must be a text.")
        return value

    def whole(name: str) -> int:
        value = raw.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise TicketError(f"{ticket}, letter {number}: {name} must be a number from 1.")
        return value

    if not isinstance(raw, dict):
        raise TicketError(f"{ticket}, letter {number} must be a JSON object.")
    letter = Letter(
        ticket=ticket,
        key=text("key"),
        channel=text("channel"),
        to=text("to"),
        purpose=text("purpose"),
        body=text("body"),
        code=text("code"),
        reply_url=text("reply_url"),
        page=whole("page"),
        pages=whole("pages"),
        names=tuple(n for n in raw.get("names") or () if isinstance(n, str)),
    )
    if letter.channel not in ("letter", "handover"):
        raise TicketError(f"{ticket}, letter {number}: channel must be letter or handover.")
    if not letter.key:
        raise TicketError(f"{ticket}, letter {number} has no key.")
    if letter.channel == "letter" and not letter.to.strip():
        raise TicketError(f"{ticket}, letter {number} has no address.")
    return letter
