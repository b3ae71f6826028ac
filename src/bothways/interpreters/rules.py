"""When somebody can interpret: hours, travel, and what is booked already. Pure.

Times of bookings are whole minutes since 1970 in UTC, from the first (included) to the last (excluded): the
database compares them, too, and lets no two bookings of one person touch.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
LONGEST: Final = timedelta(hours=8)
SHORTEST: Final = timedelta(minutes=5)
MOST_TRAVEL: Final = 180  # minutes, one way


@dataclass(frozen=True, slots=True)
class Hours:
    """On this weekday (Monday is 0) between these times of the district's clock."""

    weekday: int
    starts: time
    ends: time


@dataclass(frozen=True, slots=True)
class Span:
    """Minutes since 1970, the end not included."""

    first: int
    last: int

    def meets(self, other: "Span") -> bool:
        """Whether there is a minute that both hold."""
        return self.first < other.last and other.first < self.last


def minute(at: datetime) -> int:
    """The minute in which this moment lies.

    >>> minute(datetime(1970, 1, 1, 0, 2, 59, tzinfo=UTC))
    2
    """
    return int((at - _EPOCH).total_seconds() // 60)


def busy(starts: datetime, ends: datetime, *, travel: int) -> Span:
    """What a booking takes of somebody's time: getting there, being there, getting back (minutes one way)."""
    # A minute that has begun is taken whole.
    last = minute(ends) + (1 if ends.second or ends.microsecond else 0)
    return Span(minute(starts) - travel, last + travel)


def unusable(starts: datetime, ends: datetime, *, now: datetime) -> str | None:
    """Why nobody can be booked for this time; None where somebody can."""
    if ends <= starts:
        return "The end lies before the beginning."
    if ends - starts < SHORTEST:
        return (
            "That is shorter than five minutes. Allow for greeting and for saying everything twice."
        )
    if ends - starts > LONGEST:
        return "That is longer than eight hours. Book two people, or two days."
    if starts < now:
        return "That time has passed. Choose one that lies ahead."
    if starts - now > timedelta(days=400):
        return "That is more than a year ahead. Check the year."
    return None


def in_hours(hours: Sequence[Hours], starts: datetime, ends: datetime) -> bool:
    """Whether the whole time lies in one stretch of somebody's hours; local times. Without hours: always."""
    if not hours:
        return True
    if starts.date() != ends.date():
        return False
    return any(
        one.weekday == starts.weekday() and one.starts <= starts.time() and ends.time() <= one.ends
        for one in hours
    )


def clash(wanted: Span, taken: Iterable[Span]) -> Span | None:
    """The first booking that is in the way."""
    return min((one for one in taken if wanted.meets(one)), key=lambda one: one.first, default=None)
