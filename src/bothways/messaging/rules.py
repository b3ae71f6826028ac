"""Decisions about messages: plain values in, plain values out."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from bothways.channels.enums import OutcomeKind, ReceiptState
from bothways.languages.codes import fallbacks
from bothways.messaging.enums import Purpose, State

# A carrier that is away: try again after 1, 2, 4 … minutes, at most an hour apart; then it is a failure
# that a person sees. An emergency tries at shorter steps.
MAX_TRIES = 8
REPLY_DAYS = 30


def version_for(reads: str, available: Iterable[str], default: str, purpose: Purpose) -> str | None:
    """Which written version a reader of this language gets; None: none that they can read.

    An empty ``reads`` means that nobody asked yet: the district's own language. An emergency goes out in the
    district's language rather than not at all.
    """
    have = set(available)
    for tag in (reads or default, *fallbacks(reads or default)):
        if tag in have:
            return tag
    if purpose is Purpose.EMERGENCY and have:
        return default if default in have else min(have)
    return None


def versions_by_reader(
    readers: Iterable[str], available: Iterable[str], default: str, purpose: Purpose
) -> Mapping[str, str | None]:
    """``version_for`` of each distinct language."""
    have = tuple(available)
    return {reads: version_for(reads, have, default, purpose) for reads in readers}


def state_of_outcome(kind: OutcomeKind) -> State | None:
    """What a carrier's answer makes of a claimed delivery; None: nothing is settled."""
    return {OutcomeKind.ACCEPTED: State.ACCEPTED, OutcomeKind.REJECTED: State.REJECTED}.get(kind)


def state_of_receipt(state: ReceiptState) -> State:
    return {
        ReceiptState.ACCEPTED: State.ACCEPTED,
        ReceiptState.UNDELIVERED: State.UNDELIVERED,
        ReceiptState.DELIVERED: State.DELIVERED,
    }[state]


def forward(now: State, news: State) -> State:
    """The state after this news: the higher rank stands, whatever came first."""
    return news if news.rank > now.rank else now


def retry_at(now: datetime, tries: int, purpose: Purpose, asked: float | None) -> datetime | None:
    """When to try a carrier that was away again; None: enough. ``asked``: its Retry-After in seconds."""
    if tries >= MAX_TRIES:
        return None
    unit = 10 if purpose is Purpose.EMERGENCY else 60
    wait = min(unit * 2 ** max(tries - 1, 0), 3600)
    return now + timedelta(seconds=max(wait, min(asked or 0, 3600)))
