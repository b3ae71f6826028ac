"""When a person will read: what a family is told while it waits. Pure."""

from collections.abc import Set
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from bothways.schools.calendar import add_school_days, is_school_day

OPENS, CLOSES = time(8), time(16)


def next_reading(now: datetime, zone: ZoneInfo, closed: Set[date]) -> datetime:
    """From when on staff read, in the school's own time; ``now`` itself in office hours."""
    local = now.astimezone(zone)
    if is_school_day(local.date(), closed) and local.time() < CLOSES:
        return max(local, datetime.combine(local.date(), OPENS, zone))
    ahead = 1 if is_school_day(local.date(), closed) else 0
    return datetime.combine(add_school_days(local.date(), ahead, closed), OPENS, zone)
