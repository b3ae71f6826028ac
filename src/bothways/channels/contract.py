"""The one contract of all carriers: plain values in, plain values out.

A carrier is a folder beside this file with a ``carrier.py``, and one line in ``registry.py``.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable

from bothways.channels.enums import Button, Channel, EventKind, KeyKind, OutcomeKind, ReceiptState


class CarrierError(Exception):
    """A carrier could not do its work."""


class Misconfigured(CarrierError):
    """A setting is missing or wrong; the text says which, and where to mend it."""


@dataclass(frozen=True, slots=True)
class Sender:
    """The school as a family sees it: on the envelope, in the From line."""

    school: str
    address: tuple[str, ...] = ()  # lines of the return address
    phone: str = ""  # as people write it
    email: str = ""  # where mail answers go


@dataclass(frozen=True, slots=True)
class Version:
    """One language version of the words; a letter to a home of two languages carries two."""

    language: str  # BCP 47
    body: str  # plain text, paragraphs divided by a blank line
    subject: str = ""
    audio: str = ""  # a call: the web address where these words are recorded


@dataclass(frozen=True, slots=True)
class Subscription:
    """Where a browser takes notices, and the keys they are encrypted with (RFC 8291); base64url."""

    endpoint: str
    p256dh: str
    auth: str


@dataclass(frozen=True, slots=True)
class Carried:
    """A letter that a child takes home: all that its outside may show."""

    child: str  # whole name
    school: str
    room: str = ""  # the class in which it is given out; "" where the child has none
    to: tuple[str, ...] = ()  # the guardians' names, where the child has two homes


@dataclass(frozen=True, slots=True)
class KeyQuestion:
    """A question that can be answered by the keys of a telephone, in the listener's language."""

    by: KeyKind
    low: int = 1  # the first key of a choice; the lowest digit or number
    high: int | None = None  # the highest digit or number; None: any
    choices: tuple[str, ...] = ()  # what the keys from ``low`` on stand for
    words: str = ""  # "" where the message itself asks
    final: bool = False  # an answer is kept once: it cannot be changed


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One rendered delivery."""

    key: str  # opaque delivery key; safe in a callback address
    channel: Channel
    to: str  # E.164, email address, or postal address with lines divided by "\n" ("" for a handover)
    versions: tuple[Version, ...]  # texts and emails carry exactly one
    purpose: str
    sender: Sender
    names: tuple[str, ...] = ()  # the guardians addressed, as on an envelope
    children: tuple[str, ...] = ()  # the children it is about, given names
    code: str = ""  # the short code that opens this message, as people type it
    reply_url: str = ""  # the address behind the QR and the link
    stop_url: str = ""  # where this email address can be stopped (List-Unsubscribe)
    sort_key: str = ""  # letters are printed in this order (school, grade, section, name)
    in_session: bool = False  # WhatsApp: this number wrote to us within the last day
    buttons: tuple[tuple[Button, str], ...] = ()  # gestures it may offer, in the reader's words
    subscription: Subscription | None = None  # push: the browser behind ``to``
    carried: Carried | None = None  # a handover: by this child, in the bag
    card: bool = False  # paper: printed as a postcard
    asks: tuple[KeyQuestion, ...] = ()  # a call: what is answered by key, one after another
    over: bool = False  # a call: what its message asks is closed by now


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the carrier said about one delivery."""

    key: str
    kind: OutcomeKind
    carrier_id: str = ""
    code: str = ""  # the carrier's own error code
    detail: str = ""  # for staff: no addresses, no names
    retry_after: float | None = None  # seconds, when the carrier said so
    pages: int = 0  # letters: printed pages


@dataclass(frozen=True, slots=True)
class Event:
    """Something a carrier told us: a receipt, or words from outside."""

    kind: EventKind
    dedupe: str  # the same thing told twice has the same value
    key: str = ""  # our delivery key, when the carrier gave it back
    carrier_id: str = ""
    state: ReceiptState | None = None
    code: str = ""
    blocked: bool = False  # the carrier itself refuses this address until the family lifts it
    from_: str = ""  # inbound: who wrote, normalised
    to: str = ""  # inbound: to which of our addresses
    body: str = ""  # inbound: the words
    stop: bool | None = None  # inbound: the carrier says this was a stop (True) or start (False)
    button: str = ""  # gesture: enums.Button
    channel: str = ""  # inbound, gesture: by which channel it came; "" means text
    audio: str = ""  # inbound: where the carrier keeps what was spoken
    machine: bool = False  # inbound: the carrier's own word about this address, not the family's
    seconds: int = 0  # inbound: how long that is
    question: int | None = None  # inbound: pressed in answer to this one of the delivery's ``asks``
    automatic: bool = False  # inbound: a machine wrote it (an absence note)
    at: datetime | None = None  # when it happened, if the carrier says


@dataclass(frozen=True, slots=True)
class HookRequest:
    """A web request as a carrier sees it, free of any web framework."""

    url: str  # the whole public address, query included, as the carrier called it
    method: str
    headers: Mapping[str, str]  # names in lower case
    body: bytes


@dataclass(frozen=True, slots=True)
class HookResponse:
    """What to answer the carrier, and what it told us."""

    status: int
    body: str = ""
    content_type: str = "text/plain"
    events: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing a carrier wants to know; ``web`` draws the form from it."""

    name: str
    label: str
    help: str = ""
    secret: bool = False
    required: bool = True
    default: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """The values of a carrier's settings, as strings."""

    values: Mapping[str, str] = field(default_factory=dict)

    def need(self, name: str) -> str:
        """The value, or Misconfigured with the name."""
        value = self.values.get(name, "").strip()
        if not value:
            raise Misconfigured(
                f"The setting “{name}” is empty. Fill it in with “bothways carrier”."
            )
        return value

    def get(self, name: str, default: str = "") -> str:
        return self.values.get(name, "").strip() or default


def rate_of(settings: Settings) -> float | None:
    """The setting “rate”: deliveries a second; None where it is empty. Raises Misconfigured."""
    value = settings.get("rate")
    if not value:
        return None
    try:
        rate = float(value)
    except ValueError:
        rate = 0.0
    if not 0 < rate < float("inf"):
        raise Misconfigured(
            "The setting “rate” must be a number above 0, such as 1 or 0.5: see “bothways carrier”."
        )
    return rate


@dataclass(frozen=True, slots=True)
class Sound:
    """What somebody spoke."""

    data: bytes
    content_type: str


@runtime_checkable
class Listens(Protocol):
    """A carrier that keeps what people speak until we fetch it."""

    async def fetch(self, audio: str) -> Sound:
        """The recording that an event named. Raises CarrierError, LookupError where there is none."""
        ...


class Carrier(Protocol):
    """Take rendered words to addresses; say what became of each, now and later."""

    name: str
    channels: frozenset[Channel]
    settings: Sequence[Setting]
    rate: (
        float | None
    )  # deliveries a second that may be sent; None: as fast as the carrier takes them

    async def open(self) -> None:
        """Let connections outlive a batch from here on to ``close``, on the loop that runs."""
        ...

    async def close(self) -> None:
        """Let go of them."""
        ...

    def send(self, batch: Sequence[Outgoing]) -> AsyncIterator[Outcome]:
        """One outcome for each key, in any order, as they come in; never raises for one delivery."""
        ...

    async def poll(self, since: datetime) -> list[Event]:
        """What the carrier knows of everything since then; [] where it cannot be asked."""
        ...

    def handle(self, request: HookRequest) -> HookResponse:
        """Check the signature and read what the carrier tells; status 403 for a forgery."""
        ...
