"""Whether the product kept its promises, counted from what reached people. Pure.

It reads ``contacts.jsonl`` and ``events.jsonl`` as the sandbox wrote them, and the roster's and the overlay's
own files; of the product only what it claims (``reach`` of each day, and which deliveries it says went out).
Every count must be zero.

Which message a contact belongs to is read from its words: the simulated authors put a number (``#12``) behind
each of theirs. A digest has several.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from functools import cached_property
from typing import Any, Final

from bothways.commands.simulate.district_files import DistrictFiles, folded

Line = Mapping[str, Any]

LOUD: Final = frozenset({"text", "voice", "whatsapp", "push", "call"})
BY_MACHINE: Final = frozenset({"text", "voice", "whatsapp", "push", "email", "letter"})
WRITTEN: Final = frozenset({"text", "whatsapp", "email"})  # words that a machine can read
PAPER: Final = frozenset({"letter", "handover"})
# What a carrier told goes through a queue: so much later the product must have acted upon it.
GRACE: Final = timedelta(seconds=60)
# A slip lies in the letter box until the office opens it, twice on weekdays (the simulated office's hours).
OPENED_AT: Final = (time(10), time(15))
OPENING: Final = timedelta(minutes=30)
# One confirmation may follow a stop, in the morning where it came at night; after that nothing.
CONFIRMATION: Final = "stop_confirmation"  # its purpose
CONFIRMED_WITHIN: Final = timedelta(days=1)
# Less what the hour of a weekly digest moves by: calls are taken some seconds apart, and clocks change.
WEEK: Final = timedelta(days=7) - timedelta(hours=2)
# A person's task may be tried again at another hour; two tries within this time are one too many.
NOT_AGAIN_WITHIN: Final = timedelta(hours=1)
# What never got there makes no noise, and may be tried again.
IN_VAIN: Final = frozenset(
    {"undelivered", "landline", "blocked", "invalid", "bounced", "returned", "none"}
)
NOBODY_HEARD: Final = "machine"  # the same words may be tried once more at another hour
OUT: Final = frozenset({"accepted", "delivered", "seen", "answered"})
NEVER_OUT: Final = frozenset({"queued", "claimed", "withheld", "held", "gathered", "printed"})
# Words of the towns that come with the product which stop an address without a carrier's keyword, and
# words that are no sign of the family at all.
STOPPING_WORDS: Final = frozenset({"stop", "no more please", "ya no me manden mensajes"})
# What goes to staff, and what tells of a stop, is no delivery of a message.
OTHER_REFS: Final = ("alert-", "stop-", "reminder-")
NO_SIGN: Final = STOPPING_WORDS | {"wrong number"}
SIGNS: Final = frozenset({"seen", "answered", "met"})

_MARK: Final = re.compile(r"#(\d+)\b")
_CENTURIES: Final = timedelta(days=36500)


@dataclass(frozen=True, slots=True)
class Claim:
    """What the product says of a delivery, or of a task of its people (state ``accepted``)."""

    channel: str
    state: str


def marks(body: str) -> frozenset[int]:
    """The numbers of the messages whose words these are."""
    return frozenset(int(number) for number in _MARK.findall(body))


@dataclass
class Judge:
    """Each public method lists what is wrong; ``broken`` has them all by name."""

    files: DistrictFiles
    contacts: Sequence[Line]
    events: Sequence[Line]
    reach: Sequence[Line] = ()  # what ``reach --json`` said at the end of each day
    claims: Mapping[str, Claim] = field(default_factory=dict)  # delivery key or task id

    def broken(self) -> dict[str, list[Any]]:
        """Name → what broke it: contacts, families, refs."""
        return {
            "contact_to_barred_adult": [*self.to_barred_adults()],
            "contact_in_quiet_hours": [*self.in_quiet_hours()],
            "contact_after_sufficient_evidence": [*self.after_evidence()],
            "contact_to_stopped_address": [*self.to_stopped_addresses()],
            "family_without_next_step": [*self.without_next_step()],
            "routine_above_budget": [*self.above_budget()],
            "deliveries_lost": [*self.lost()],
            "same_delivery_twice": [*self.twice()],
        }

    def to_barred_adults(self) -> list[Line]:
        """To somebody who may hear of none of their children; or about a child of whom they may not hear.

        A number that another adult shares counts as theirs: who else would answer it cannot be known.
        """
        return [
            contact
            for contact in self.contacts
            if (adults := self._adults(contact))
            and all(self._may_not(adult, contact) for adult in adults)
        ]

    def _may_not(self, adult: str, contact: Line) -> bool:
        day = _at(contact).date()
        if self.files.barred(adult, day):
            return True
        if contact["purpose"] != "personal" or not marks(contact["body"]):
            return False
        closed = self.files.closed_to(adult, day, ("contact", "records"))
        if not closed:
            return False
        others = {
            name
            for c in self.files.children[adult] - closed
            for name in self.files.names.get(c, ())
        }
        return any(
            name not in others and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", contact["body"])
            for child in closed
            for name in self.files.names.get(child, ())
        )

    def in_quiet_hours(self) -> list[Line]:
        """What rings or buzzes, emergencies aside, when the overlay (or the default) says that it is quiet."""
        start, end = self.files.quiet
        return [
            contact
            for contact in self.contacts
            if contact["channel"] in LOUD
            and contact["purpose"] != "emergency"
            and _within(_at(contact).time(), start, end)
        ]

    def after_evidence(self) -> list[Line]:
        """By the machine, with words of which this home has given a sign before.

        A contact with several messages counts only where all of them had their sign. An incoming text
        counts for the newest message to that number: which one it meant nobody can know. A talk or a meeting
        counts for all that was sent to the home until then.
        """
        found = []
        for contact in self.contacts:
            about = marks(contact["body"])
            if contact["channel"] not in BY_MACHINE or not about:
                continue
            at = _at(contact)
            homes = {self._homes[a] for a in self._adults(contact) if a in self._homes}
            if homes and all(
                self._signs.get((home, mark), at) + GRACE < at for home in homes for mark in about
            ):
                found.append(contact)
        return found

    def to_stopped_addresses(self) -> list[Line]:
        """After the overlay's or the family's own stop, until a START; one confirmation is allowed."""
        found = []
        for address, spans in self._stopped.items():
            for since, until in spans:
                after = [
                    contact
                    for contact in self._to.get(address, ())
                    if since + GRACE < _at(contact) < until
                ]
                if after and _is_confirmation(after[0], since):
                    after = after[1:]
                found += after
        return found

    def without_next_step(self) -> list[Line]:
        """Families not reached at the end of some day, for whom nobody is to do anything by any date."""
        return [
            row
            for day in self.reach
            for row in day["unreached"]
            if not all((row.get("next_step") or {}).get(part) for part in ("what", "owner", "due"))
        ]

    def above_budget(self) -> list[Line]:
        """Routine news to an address that had other news within the week, or the same once more though heard.

        A digest is one contact; what did not arrive is none, nor a call that nobody took. Words that were sent
        to this address before are the climb, not news: by another channel, or by a call after one that only a
        machine took. Families that share an address get the same words once each.
        """
        found = []
        for contacts in self._to.values():
            routine = [
                c
                for c in contacts
                if c["purpose"] == "routine"
                and c["channel"] in BY_MACHINE
                and c["outcome"] not in IN_VAIN
            ]
            news: list[Line] = []
            for n, contact in enumerate(routine):
                about = marks(contact["body"])
                before = [o for o in routine[:n] if self._for_the_same(o, contact)]
                if about and about <= {mark for o in before for mark in marks(o["body"])}:
                    heard = [
                        o
                        for o in before
                        if _at(contact) - _at(o) < WEEK
                        and about <= marks(o["body"])
                        and o["channel"] == contact["channel"]
                        and o["outcome"] != NOBODY_HEARD
                    ]
                    if heard and len(heard) >= self._homes_at(contact):
                        found.append(contact)
                    continue
                if any(
                    _at(contact) - _at(o) < WEEK and self._for_the_same(o, contact) for o in news
                ):
                    found.append(contact)
                news.append(contact)
        return found

    def _for_the_same(self, one: Line, other: Line) -> bool:
        """Envelopes say whose they are, also where two families live at one street."""
        return other["channel"] != "letter" or bool(self._homes_of(one) & self._homes_of(other))

    def _homes_at(self, contact: Line) -> int:
        """How many homes this can be meant for."""
        return len({self._homes[a] for a in self._adults(contact) if a in self._homes})

    def lost(self) -> list[str]:
        """Refs that the product says went out and nothing reached anybody, or the other way round."""
        known = {str(contact["ref"]) for contact in self.contacts if contact["ref"]}
        # What somebody is yet to hand over lies at the office: the product says no more than that.
        claimed = {
            ref
            for ref, claim in self.claims.items()
            if claim.state in OUT
            and not (claim.channel == "handover" and claim.state == "accepted")
        }
        denied = {
            ref
            for ref in known
            if (ref not in self.claims or self.claims[ref].state in NEVER_OUT)
            and not ref.startswith(OTHER_REFS)
        }
        return sorted((claimed - known) | denied)

    def twice(self) -> list[Line]:
        """The same ref again on the same channel; a person's task only within the hour."""
        found = []
        last: dict[tuple[str, str], datetime] = {}
        for contact in self.contacts:
            if not contact["ref"]:
                continue
            ref, at = (str(contact["ref"]), str(contact["channel"])), _at(contact)
            before = last.get(ref)
            if before is not None and (
                contact["channel"] in BY_MACHINE or at - before < NOT_AGAIN_WITHIN
            ):
                found.append(contact)
            last[ref] = at
        return found

    # What is worked out once.

    @cached_property
    def _homes(self) -> dict[str, str]:
        return self.files.homes()

    @cached_property
    def _to(self) -> dict[str, list[Line]]:
        """Address → what went there, in the order of time."""
        found: dict[str, list[Line]] = defaultdict(list)
        for contact in sorted(self.contacts, key=_at):
            if contact["to"]:
                found[_place(contact)].append(contact)
        return found

    @cached_property
    def _signs(self) -> dict[tuple[str, int], datetime]:
        """(home, number of the message) → when the school knew of the first sign."""
        found: dict[tuple[str, int], datetime] = {}
        sent: dict[str, set[tuple[datetime, int]]] = defaultdict(set)
        for line in self.contacts:
            for home in self._homes_of(line):
                sent[home] |= {(_at(line), mark) for mark in marks(line["body"])}
        for event in sorted(self.events, key=_at):
            origin = self._contact_of(event)
            if origin is None or not _is_sign(event):
                continue
            contact, at = origin, known_at(event, origin)
            if contact["channel"] in ("call", "visit"):
                for home in self._homes_of(contact):
                    for when, mark in sent[home]:
                        if when < at:
                            _first(found, (home, mark), at)
                continue
            answered = contact
            if contact["channel"] == "text":
                answered = self._newest_text(contact, at)
            for home in self._homes_of(answered):
                for mark in marks(answered["body"]):
                    _first(found, (home, mark), at)
        return found

    def _newest_text(self, contact: Line, at: datetime) -> Line:
        texts = [c for c in self._to[_place(contact)] if c["channel"] == "text" and _at(c) <= at]
        return texts[-1] if texts else contact

    def _contact_of(self, event: Line) -> Line | None:
        number = event.get("contact")
        if isinstance(number, int) and 0 <= number < len(self.contacts):
            return self.contacts[number]
        return None

    def _homes_of(self, contact: Line) -> set[str]:
        """The home whose contact this was; a number that several homes share says nothing about either."""
        homes = {self._homes[adult] for adult in self._adults(contact) if adult in self._homes}
        return homes if len(homes) == 1 else set()

    def _adults(self, contact: Line) -> set[str]:
        """Everybody whom this can have been meant for: by address, not by what we are told.

        Paper and people name whom they are for: a barred adult's street may be the other parent's.
        """
        if contact["channel"] in ("letter", "handover", "visit", "call"):
            if contact["who"]:
                return {str(contact["who"])}
            if contact["channel"] != "call":
                return set()
        return self.files.owners.get(str(contact["to"]), set())

    @cached_property
    def _stopped(self) -> dict[str, list[tuple[datetime, datetime]]]:
        """Address → spans in which it wants nothing."""
        news: dict[str, list[tuple[datetime, bool]]] = defaultdict(list)
        for address, at in self.files.stops:
            news[address.lower() if "@" in address else address].append((at, True))
        for event in self.events:
            words = str(event.get("words") or "").strip().casefold().rstrip(".!")
            by_words = event["what"] == "answered" and words in STOPPING_WORDS
            if event["what"] == "stopped" or (by_words and event["channel"] in WRITTEN):
                news[_place(event)].append((_at(event), True))
            elif event["what"] == "started":
                news[_place(event)].append((_at(event), False))
        found: dict[str, list[tuple[datetime, datetime]]] = defaultdict(list)
        for address, changes in news.items():
            since: datetime | None = None
            for at, stopped in sorted(changes):
                if stopped and since is None:
                    since = at
                elif not stopped and since is not None:
                    found[address].append((since, at))
                    since = None
            if since is not None:
                found[address].append((since, since + _CENTURIES))
        return found


def known_at(event: Line, contact: Line) -> datetime:
    """When the school can know of it: at once, or when the office next opens its letter box."""
    at = _at(event)
    if contact["channel"] not in PAPER:
        return at
    day = at.date()
    for ahead in range(8):
        for hour in OPENED_AT:
            opened = datetime.combine(day + timedelta(days=ahead), hour, at.tzinfo)
            if opened.weekday() < 5 and opened > at:
                return opened + OPENING
    raise AssertionError("every week has a weekday")


def _is_sign(event: Line) -> bool:
    words = str(event.get("words") or "").strip().casefold().rstrip(".!")
    return event["what"] in SIGNS and words not in NO_SIGN


def _is_confirmation(contact: Line, since: datetime) -> bool:
    return contact["purpose"] == CONFIRMATION and _at(contact) - since <= CONFIRMED_WITHIN


def _first(found: dict[tuple[str, int], datetime], key: tuple[str, int], at: datetime) -> None:
    found[key] = min(at, found.get(key, at))


def _within(now: time, start: time, end: time) -> bool:
    if start <= end:
        return start <= now < end
    return now >= start or now < end


def _at(line: Line) -> datetime:
    return datetime.fromisoformat(line["at"])


def _place(line: Line) -> str:
    to = str(line["to"])
    if "@" in to and "\n" not in to:
        return to.lower()
    return to if to.startswith("+") else folded(to)


def count_by_day(contacts: Iterable[Line], begins: Sequence[datetime]) -> list[list[Line]]:
    """The contacts of each day; a day goes from its beginning to that of the next."""
    found: list[list[Line]] = [[] for _ in begins]
    for contact in contacts:
        at = _at(contact)
        number = sum(begin <= at for begin in begins) - 1
        found[max(number, 0)].append(contact)
    return found
