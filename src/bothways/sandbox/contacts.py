"""Every time anything reached for a person: the list that is the judge of the product's claims."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from bothways.sandbox.clock import Clock
from bothways.sandbox.journal import Journal
from bothways.sandbox.town import place

NOTHING: Final[Mapping[str, Any]] = {}


@dataclass(frozen=True, slots=True)
class Happening:
    """What came of a contact: delivered, seen, answered, stopped, returned, …"""

    at: datetime
    what: str
    words: str = ""


@dataclass(slots=True, eq=False)
class Contact:
    """One try to reach someone, with what the carrier alone knows about it."""

    number: int  # its line in the file, from 0
    at: datetime
    channel: str
    to: str
    who: str | None
    ref: str | None
    purpose: str
    outcome: str
    body: str
    nth: int  # tries on this channel at this address before
    sid: str = ""  # text: the carrier's id
    link: str = ""  # email and letter: where the reply page is
    code: str = ""  # letter: the short code in print
    ticket: str = ""  # letter: the job ticket
    page: int = 0  # letter: its first page in the PDF
    happenings: tuple[Happening, ...] = ()

    def know(self, own: Mapping[str, Any]) -> None:
        """Take over what the carrier alone knows."""
        self.sid, self.link, self.code = (own.get(name, "") for name in ("sid", "link", "code"))
        self.ticket, self.page = own.get("ticket", ""), own.get("page", 0)

    def has(self, what: str) -> bool:
        return any(happening.what == what for happening in self.happenings)


def same_home(channel: str, to: str, who: str | None) -> tuple[str, str]:
    """What is counted together. A handover has no address: it is counted by guardian."""
    return channel, place(who or to) if channel == "handover" else place(to)


class Contacts:
    """All contacts in memory, each written to ``contacts.jsonl`` at the moment of the send."""

    def __init__(self, clock: Clock, contacts: Journal, carriers: Journal, events: Journal) -> None:
        self._clock = clock
        self._contacts = contacts
        self._carriers = carriers
        self._events = events
        self._tries: dict[tuple[str, str], int] = {}
        self.all: list[Contact] = []
        self.by_address: dict[tuple[str, str], list[Contact]] = {}  # the last written to comes last

    def tries(self, channel: str, to: str, who: str | None = None) -> int:
        """How many times before."""
        return self._tries.get(same_home(channel, to, who), 0)

    def add(
        self,
        *,
        channel: str,
        to: str,
        who: str | None,
        ref: str | None,
        purpose: str,
        outcome: str,
        body: str,
        own: Mapping[str, Any] = NOTHING,
    ) -> Contact:
        """Write one contact down. ``own`` is what the carrier alone knows and a restart needs."""
        now, local = self._clock.stamp()
        line = {
            "at": local,
            "channel": channel,
            "to": to,
            "who": who,
            "ref": ref,
            "purpose": purpose,
            "outcome": outcome,
            "body": body,
        }
        contact = self._remember(line, now)
        # First what only the carrier knows: after a kill between the two lines nobody was reached
        # for yet, and a line that belongs to no contact is passed over.
        if own:
            contact.know(own)
            self._carriers.write({"contact": contact.number, **own})
        self._contacts.write(line)
        return contact

    def happened(self, contact: Contact, what: str, words: str = "", **more: str) -> None:
        """Write down what a person (or the carrier) did."""
        now, local = self._clock.stamp()
        contact.happenings += (Happening(now, what, words),)
        self._events.write(
            {
                "at": local,
                "ref": contact.ref,
                "to": contact.to,
                "channel": contact.channel,
                "what": what,
                "words": words,
                "contact": contact.number,
                **more,
            }
        )

    def restore(self) -> Iterator[dict[str, Any]]:
        """Read both files back; gives the lines of ``events.jsonl`` that belong to a contact."""
        for line in self._contacts.read():
            self._remember(line, _moment(line["at"]))
        for line in self._events.read():
            number = line.get("contact")
            if isinstance(number, int) and number < len(self.all):
                happening = Happening(_moment(line["at"]), line["what"], line["words"])
                self.all[number].happenings += (happening,)
                yield line

    def close(self) -> None:
        self._contacts.close()
        self._events.close()

    def _remember(self, line: Mapping[str, Any], at: datetime) -> Contact:
        home = same_home(line["channel"], line["to"], line["who"])
        nth = self._tries.get(home, 0)
        self._tries[home] = nth + 1
        contact = Contact(
            len(self.all), at, **{k: v for k, v in line.items() if k != "at"}, nth=nth
        )
        self.all.append(contact)
        thread = self.by_address.pop(home, [])
        thread.append(contact)
        self.by_address[home] = thread
        return contact


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
