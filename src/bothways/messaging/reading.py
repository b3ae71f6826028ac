"""When somebody will read, in the family's own language."""

from datetime import datetime, timedelta

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time

from bothways.languages.phrases import phrase
from bothways.messaging.hours import next_reading
from bothways.schools.models import ClosedDay, District, School


def reading_words(district: District, school: School | None, tag: str, at: datetime) -> str:
    """“today”, “tomorrow from 8:00” or “on Monday from 8:00”."""
    closed = set(
        ClosedDay.objects.filter(district=district, day__gte=at.date() - timedelta(days=1))
        .filter(school__in=[None, school] if school else [None])
        .values_list("day", flat=True)
    ) | set(
        ClosedDay.objects.filter(
            district=district, school=None, day__gte=at.date() - timedelta(days=1)
        ).values_list("day", flat=True)
    )
    reading = next_reading(at, district.zone, closed)
    locale = _locale(tag)
    if reading.today:
        return phrase(tag, "when_today")
    clock_time = format_time(reading.at, format="short", locale=locale)
    if reading.day == at.astimezone(district.zone).date() + timedelta(days=1):
        return phrase(tag, "when_tomorrow", time=clock_time)
    day = format_date(reading.day, format="EEEE", locale=locale)
    return phrase(tag, "when_day", day=day, time=clock_time)


def _locale(tag: str) -> Locale:
    try:
        return Locale.parse({"prs": "fa_AF"}.get(tag, tag.replace("-", "_")))
    except (UnknownLocaleError, ValueError):
        return Locale("en")
