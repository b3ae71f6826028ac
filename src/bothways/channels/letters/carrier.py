"""Letters as a carrier: a batch becomes one PDF in the print tray, with its job ticket."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import typst

from bothways.channels.contract import (
    Event,
    HookRequest,
    HookResponse,
    Misconfigured,
    Outcome,
    Outgoing,
    Setting,
    Settings,
)
from bothways.channels.enums import Channel, EventKind, OutcomeKind, ReceiptState
from bothways.channels.letters.cards import typeset_cards
from bothways.channels.letters.dates import long_date
from bothways.channels.letters.labels import Labels
from bothways.channels.letters.layout import Style, Unprintable, cover, placed
from bothways.channels.letters.newsletter import Newsletter, preview, print_newsletter
from bothways.channels.letters.tray import batch_name, keys_since, lay
from bothways.channels.letters.typesetting import Printed, pictured, typeset

KINDS = ("letter", "handover", "bag")  # to post, to hand over in person, home in the bag
_PAPERS = ("us-letter", "a4")
_STAFF_NOTE = "To be handed over in person."
_TRAY_TROUBLE = (
    "The letters could not be put into the print tray ({reason}). "
    "Look whether the folder exists, may be written to, and has room."
)


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A letter that can be printed."""

    delivery: Outgoing
    letter: dict[str, Any]


class LettersCarrier:
    """Prints. Letters to post, to hand over and for the bag are PDFs of their own: they go three ways.

    ``labels``: language tag → key → sentence (keys in ``labels.KEYS``).
    ``now``: the moment, in the school's time zone, that the letters are dated by.
    """

    name: str = "letters"
    channels: frozenset[Channel] = frozenset({Channel.LETTER, Channel.HANDOVER})
    settings: Sequence[Setting] = (
        Setting("folder", "Print tray", "The folder that the office prints from."),
        Setting("paper", "Paper", "us-letter or a4.", required=False, default="us-letter"),
        Setting(
            "type_at",
            "Where codes are typed",
            "The short web address that letters tell families to type, without https://.",
            required=False,
        ),
        Setting(
            "staff_note",
            "Note to staff",
            "On letters that somebody hands over.",
            required=False,
            default=_STAFF_NOTE,
        ),
    )

    def __init__(
        self,
        settings: Settings,
        *,
        labels: Mapping[str, Mapping[str, str]],
        now: datetime,
        dates: Callable[[str, date], str] = long_date,
    ) -> None:
        self._folder = Path(settings.need("folder"))
        self._paper = settings.get("paper", "us-letter")
        if self._paper not in _PAPERS:
            raise Misconfigured(
                "The paper for letters is “us-letter” or “a4”: see “bothways carrier”."
            )
        self._now = now
        self.rate: float | None = None  # a printer is not hurried by us
        self._style = Style(
            labels=Labels(labels),
            day=now.date(),
            dates=dates,
            type_at=settings.get("type_at"),
            staff_note=settings.get("staff_note", _STAFF_NOTE),
        )

    async def send(self, batch: Sequence[Outgoing]) -> AsyncIterator[Outcome]:
        """PRINTED: the letter lies in the tray, with its pages. REJECTED: it cannot be printed."""
        for kind in KINDS:
            mine = [delivery for delivery in batch if kind_of(delivery) == kind]
            # Cards go the same ways; they are sheets of their own.
            for card in (False, True):
                deliveries = [delivery for delivery in mine if delivery.card is card]
                if deliveries:
                    for outcome in await asyncio.to_thread(self._print, kind, deliveries):
                        yield outcome
        for delivery in batch:
            if delivery.channel not in self.channels:
                detail = f"Letters do not go by {delivery.channel}."
                yield Outcome(delivery.key, OutcomeKind.REJECTED, code="channel", detail=detail)

    async def open(self) -> None:
        """Nothing is kept between batches."""

    async def close(self) -> None:
        pass

    async def poll(self, since: datetime) -> list[Event]:
        """The letters that lie in the tray since then: after a crash they are not printed again."""
        return [
            Event(
                kind=EventKind.RECEIPT,
                dedupe=f"tray-{key}",
                key=key,
                state=ReceiptState.PRINTED,
            )
            for key in await asyncio.to_thread(keys_since, self._folder, since)
        ]

    def handle(self, request: HookRequest) -> HookResponse:
        return HookResponse(status=404)

    def once_more(self, batch: Sequence[Outgoing]) -> tuple[bytes, list[Outcome]]:
        """One PDF of these letters, for the desk and not for the tray; and those that cannot be printed.

        Keys and codes are the same as before: it is the same letter on another sheet. b"" where none can be.
        """
        sheets, outcomes = self._placed([d for d in batch if d.channel in self.channels])
        if not sheets:
            return b"", outcomes
        printed, kept, refused = self._set(sheets)
        return printed.pdf if kept else b"", outcomes + refused

    def letter_preview(self, delivery: Outgoing) -> list[bytes]:
        """The pages of one letter as PNG pictures; nothing is printed. Raises Unprintable."""
        letter = placed(delivery, 0, self._style)
        letter["cover"] = None
        try:
            return pictured(
                letter,
                paper=self._paper,
                title=delivery.sender.school,
                author=delivery.sender.school,
            )
        except typst.TypstError as error:
            raise Unprintable(
                "This letter could not be laid out. Change its words, or send it another way."
            ) from error

    def newsletter(self, news: Newsletter) -> bytes:
        """The PDF of a newsletter. Raises NoNewsletter."""
        return print_newsletter(news, self._style, paper=self._paper, made_at=self._now)

    def newsletter_preview(self, news: Newsletter) -> list[bytes]:
        """Its pages as PNG pictures. Raises NoNewsletter."""
        return preview(news, self._style, paper=self._paper)

    def _print(self, kind: str, deliveries: list[Outgoing]) -> list[Outcome]:
        sheets, outcomes = self._placed(deliveries)
        if not sheets:
            return outcomes
        name = batch_name(kind, (delivery.key for delivery in deliveries))
        printed, kept, refused = self._set(sheets)
        outcomes += refused
        if not kept:
            return outcomes
        lines = [
            _ticket_line(sheet.delivery, page, pages)
            for sheet, (page, pages) in zip(kept, printed.spans, strict=True)
        ]
        first = kept[0].delivery
        ticket = {
            "batch": name,
            "made_at": self._now.isoformat(),
            "school": first.carried.school if first.carried else first.sender.school,
            "letters": lines,
        }
        try:
            lay(self._folder, name, printed.pdf, ticket)
        except OSError as error:
            detail = _TRAY_TROUBLE.format(reason=error.strerror or type(error).__name__)
            return outcomes + [
                Outcome(s.delivery.key, OutcomeKind.UNAVAILABLE, code="tray", detail=detail)
                for s in kept
            ]
        return outcomes + [
            Outcome(line["key"], OutcomeKind.PRINTED, carrier_id=name, pages=line["pages"])
            for line in lines
        ]

    def _placed(self, deliveries: Sequence[Outgoing]) -> tuple[list[_Sheet], list[Outcome]]:
        """The letters in the order of printing; and those that cannot be printed."""
        sheets: list[_Sheet] = []
        outcomes: list[Outcome] = []
        for delivery in sorted(deliveries, key=lambda d: (d.sort_key, d.key)):
            try:
                sheets.append(_Sheet(delivery, placed(delivery, len(sheets), self._style)))
            except Unprintable as error:
                outcomes.append(_rejected(delivery, "unprintable", str(error)))
        return sheets, outcomes

    def _set(self, sheets: list[_Sheet]) -> tuple[Printed, list[_Sheet], list[Outcome]]:
        """The PDF, the letters in it, and those that could not be laid out."""
        refused: list[Outcome] = []
        while True:
            self._lay_covers(sheets)
            lay_out = typeset_cards if all(s.delivery.card for s in sheets) else typeset
            printed = lay_out(
                [sheet.letter for sheet in sheets],
                paper=self._paper,
                title=f"{sheets[0].delivery.sender.school} {self._now:%Y-%m-%d}",
                author=sheets[0].delivery.sender.school,
                made_at=self._now,
            )
            out = set(printed.refused)
            detail = "This letter could not be laid out. Change its words, or send it another way."
            refused += [_rejected(sheets[n].delivery, "layout", detail) for n in printed.refused]
            kept = [sheet for n, sheet in enumerate(sheets) if n not in out]
            # A letter that fell out may have borne its class's cover sheet, and stands on it.
            if not out or not kept or all(sheet.delivery.carried is None for sheet in sheets):
                return printed, kept, refused
            sheets = kept

    def _lay_covers(self, sheets: Sequence[_Sheet]) -> None:
        """On top of each class's first letter the sheet that lists them."""
        for (school, room), group in groupby(sheets, key=_class):
            own = list(group)
            for sheet in own:
                sheet.letter["cover"] = None
            if school or room:
                own[0].letter["cover"] = cover([sheet.delivery for sheet in own], self._style)


def _class(sheet: _Sheet) -> tuple[str, str]:
    carried = sheet.delivery.carried
    return (carried.school, carried.room) if carried else ("", "")


def kind_of(delivery: Outgoing) -> str:
    """Which way it goes, as the names of batches begin; "" where it is no letter."""
    if delivery.channel is Channel.HANDOVER:
        return "bag" if delivery.carried else "handover"
    return "letter" if delivery.channel is Channel.LETTER else ""


def _rejected(delivery: Outgoing, code: str, detail: str) -> Outcome:
    return Outcome(delivery.key, OutcomeKind.REJECTED, code=code, detail=detail)


def _ticket_line(delivery: Outgoing, page: int, pages: int) -> dict[str, Any]:
    handover = delivery.channel is Channel.HANDOVER
    carried = delivery.carried
    bag = (
        {"school": carried.school, "room": carried.room, "child": carried.child} if carried else {}
    )
    return {
        "key": delivery.key,
        "channel": delivery.channel.value,
        "to": "" if handover else delivery.to,
        "names": list(delivery.names),
        "purpose": delivery.purpose,
        "languages": [version.language for version in delivery.versions],
        "body": "\n\n".join(version.body for version in delivery.versions),
        "code": delivery.code,
        "reply_url": delivery.reply_url,
        "page": page,
        "pages": pages,
        **bag,
    }
