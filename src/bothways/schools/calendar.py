"""School days: pure functions of dates."""

from collections.abc import Set
from datetime import date, timedelta


def is_school_day(day: date, closed: Set[date]) -> bool:
    """Monday to Friday, and not closed."""
    return day.weekday() < 5 and day not in closed


def add_school_days(day: date, count: int, closed: Set[date]) -> date:
    """The date ``count`` school days after ``day``; with 0 the next school day from ``day`` on."""
    # A calendar closed for good must not hang us: two years ahead is far enough to say so.
    last = day + timedelta(days=730)
    while not is_school_day(day, closed) and day < last:
        day += timedelta(days=1)
    while count > 0 and day < last:
        day += timedelta(days=1)
        if is_school_day(day, closed):
            count -= 1
    return day
