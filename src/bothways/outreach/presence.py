"""When a member of staff is there next: their hours, days away, days without school. Pure."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from bothways.schools.calendar import is_school_day

LOOK_AHEAD = 60  # days


@dataclass(frozen=True, slots=True)
class Week:
    """What somebody said of their hours; ``hours`` by weekday (Monday is 0), empty: they did not say."""

    hours: Mapping[int, tuple[time, time]]
    away: Sequence[tuple[date, date]] = ()  # both days included


@dataclass(frozen=True, slots=True)
class There:
    """When somebody is there next, in the school's own time; ``until`` where they are there now."""

    at: datetime | None  # None: not in the next weeks
    until: datetime | None = None
    away: bool = False  # away today


def next_there(week: Week, *, now: datetime, closed: Set[date]) -> There | None:
    """``now`` in local time. None where somebody said nothing of hours and is not away."""
    today = now.date()
    away = _away(week, today)
    if not week.hours and not away:
        return None
    for ahead in range(LOOK_AHEAD):
        day = today + timedelta(days=ahead)
        hours = week.hours.get(day.weekday())
        if not week.hours and day.weekday() < 5:
            hours = (time(8), time(16))  # they said only when they are away
        if hours is None or _away(week, day) or not is_school_day(day, closed):
            continue
        starts = datetime.combine(day, hours[0], now.tzinfo)
        ends = datetime.combine(day, hours[1], now.tzinfo)
        if now >= ends:
            continue
        if now >= starts:
            return There(now, until=ends, away=away)
        return There(starts, away=away)
    return There(None, away=away)


def _away(week: Week, day: date) -> bool:
    return any(first <= day <= last for first, last in week.away)
