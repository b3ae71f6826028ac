"""Days of a calendar file (.ics, RFC 5545) that a school might be closed on. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import icalendar
from icalendar.error import BrokenCalendarProperty

MOST_BYTES = 2 * 1024 * 1024
MOST_DAYS = 400  # of one event: a whole year off is a mistake of the file
MOST_EVENTS = 2000

_OFF = re.compile(
    r"\bno (school|class|classes|students)\b|\bschools? closed\b|\bclosed\b|\bclosure\b|\bholiday|"
    r"\b(winter|spring|fall|summer|thanksgiving|christmas|mid-?winter) (break|recess)\b|"
    r"\bvacation\b|\brecess\b|\bday off\b|\bstudent holiday\b",
    re.IGNORECASE,
)


class UnusableCalendar(ValueError):
    """The file cannot be read; the text says what to send instead."""


@dataclass(frozen=True, slots=True)
class AllDay:
    """One event that lasts whole days."""

    first: date
    last: date  # inclusive
    title: str

    @property
    def off(self) -> bool:
        """Whether its title sounds like a day without school."""
        return _OFF.search(self.title) is not None

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]


def all_day_events(data: bytes) -> list[AllDay]:
    """The whole-day events of the file, in order, each once. Raises UnusableCalendar."""
    if len(data) > MOST_BYTES:
        raise UnusableCalendar("This file is larger than 2 MB. Export one school year alone.")
    try:
        calendars: Sequence[icalendar.Component] = icalendar.Calendar.from_ical(data, multiple=True)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise UnusableCalendar(
            "This is not a calendar file. Export the school calendar as .ics (iCalendar)."
        ) from error
    events = [event for calendar in calendars for event in calendar.walk("VEVENT")]
    if not any(calendar.name == "VCALENDAR" for calendar in calendars):
        raise UnusableCalendar(
            "This is not a calendar file. Export the school calendar as .ics (iCalendar)."
        )
    if len(events) > MOST_EVENTS:
        raise UnusableCalendar(
            f"This calendar has more than {MOST_EVENTS} events. Export one school year alone."
        )
    return sorted(
        {found for event in events if (found := _all_day(event)) is not None},
        key=lambda one: (one.first, one.last, one.title),
    )


def _all_day(event: icalendar.Component) -> AllDay | None:
    first = _date(event.get("DTSTART"))
    title = " ".join(str(event.get("SUMMARY", "")).replace("\x00", "").split())[:200]
    # What repeats (a late start each Wednesday) is no closure, and says so only by its first day.
    if first is None or not title or event.get("RRULE") is not None:
        return None
    end = _date(event.get("DTEND"))
    last = max(first, end - timedelta(days=1)) if end is not None else first
    if (last - first).days >= MOST_DAYS:
        return None
    return AllDay(first, last, title)


def _date(value: object) -> date | None:
    try:
        found = getattr(value, "dt", None)
    except BrokenCalendarProperty:
        return None
    return found if isinstance(found, date) and not isinstance(found, datetime) else None
