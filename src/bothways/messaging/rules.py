"""Decisions about messages: plain values in, plain values out."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

from bothways.channels.enums import OutcomeKind, ReceiptState
from bothways.languages.codes import fallbacks
from bothways.messaging.enums import Origin, Purpose, State

# A carrier that is away is tried after 1, 2, 4 … minutes, at most an hour apart; an emergency after 10, 20, 40
# … seconds, at most five minutes apart. So long after they were written the words are not worth sending any
# more: “school is closed today” would do harm tomorrow. Then it is a failure that a person sees.
WORTH_SENDING_FOR = {
    Purpose.EMERGENCY: timedelta(hours=6),
    Purpose.TIMELY: timedelta(hours=24),
    Purpose.ROUTINE: timedelta(hours=72),
    Purpose.PERSONAL: timedelta(hours=72),
}
REPLY_DAYS = 30
# A translation that comes later is kept for the next time: “come today” would be wrong by then. A word about a
# child or an invitation is worth having a week later, too.
WORTH_RELEASING_FOR = {
    Purpose.EMERGENCY: timedelta(hours=6),
    Purpose.TIMELY: timedelta(hours=24),
    Purpose.ROUTINE: timedelta(days=14),
    Purpose.PERSONAL: timedelta(days=14),
}


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


def may_go(origin: Origin, *, reviewed: bool, purpose: str, vital: Collection[str]) -> bool:
    """Whether the words of a version may go out: a machine's wait for a person where the purpose is vital.

    ``vital``: the purposes that the district calls so. The same is said to the database by
    ``VersionQuerySet.may_go``; a test holds the two together.
    """
    return origin is not Origin.MACHINE or reviewed or purpose not in vital


def shown_as_machine(origin: Origin, *, reviewed: bool) -> bool:
    """Whether a reader is told that a machine made these words."""
    return origin is Origin.MACHINE and not reviewed


def worth_releasing(purpose: Purpose, sent_at: datetime, now: datetime) -> bool:
    """Whether words that were approved now still go to those who waited for them, so long after the others."""
    return now - sent_at < WORTH_RELEASING_FOR[purpose]


_OUTCOMES = {
    OutcomeKind.PRINTED: State.PRINTED,
    OutcomeKind.ACCEPTED: State.ACCEPTED,
    OutcomeKind.REJECTED: State.REJECTED,
}


def state_of_outcome(kind: OutcomeKind) -> State | None:
    """What a carrier's answer makes of a claimed delivery; None: nothing is settled."""
    return _OUTCOMES.get(kind)


def state_of_receipt(state: ReceiptState) -> State:
    return {
        ReceiptState.PRINTED: State.PRINTED,
        ReceiptState.ACCEPTED: State.ACCEPTED,
        ReceiptState.UNDELIVERED: State.UNDELIVERED,
        ReceiptState.DELIVERED: State.DELIVERED,
    }[state]


def forward(now: State, news: State) -> State:
    """The state after this news: the higher rank stands, whatever came first."""
    return news if news.rank > now.rank else now


def retry_at(
    now: datetime, tries: int, purpose: Purpose, asked: float | None, *, since: datetime
) -> datetime | None:
    """When to try a carrier that was away again; None: too late for these words.

    ``asked``: its Retry-After in seconds; ``since``: when the delivery was made. Not the number of tries ends
    it but the age: a weekend without internet must not use up a message that is still worth sending.
    """
    if now - since >= WORTH_SENDING_FOR[purpose]:
        return None
    unit, longest = (10, 300) if purpose is Purpose.EMERGENCY else (60, 3600)
    wait = min(unit * 2 ** min(max(tries - 1, 0), 12), longest)
    return now + timedelta(seconds=max(wait, min(asked or 0, longest)))
