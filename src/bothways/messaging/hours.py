"""When a person will read: what a family is told while it waits. Pure."""

from collections.abc import Set
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from bothways.schools.calendar import add_school_days, is_school_day

OPENS, CLOSES = time(8), time(16)


@dataclass(frozen=True, slots=True)
class Reading:
    """The next time at which somebody reads: ``today`` means before the office closes."""

    today: bool
    day: date
    at: time


def next_reading(now: datetime, zone: ZoneInfo, closed: Set[date]) -> Reading:
    """When staff will next read messages, in the school's own time."""
    local = now.astimezone(zone)
    if is_school_day(local.date(), closed) and local.time() < CLOSES:
        return Reading(today=True, day=local.date(), at=max(local.time(), OPENS))
    ahead = 1 if is_school_day(local.date(), closed) else 0
    return Reading(today=False, day=add_school_days(local.date(), ahead, closed), at=OPENS)
