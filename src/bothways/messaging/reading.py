"""When somebody will read, in the family's own language."""

from datetime import datetime, timedelta

from django.db.models import Q

from bothways.languages.phrases import when
from bothways.messaging.hours import next_reading
from bothways.schools.models import ClosedDay, District, School


def reading_words(district: District, school: School | None, tag: str, at: datetime) -> str:
    """“today”, “tomorrow from 8:00 AM” or “on Monday from 8:00 AM”."""
    local = at.astimezone(district.zone)
    closed = ClosedDay.objects.filter(
        Q(school=None) | Q(school=school),
        district=district,
        day__range=(local.date(), local.date() + timedelta(days=60)),
    )
    reading = next_reading(at, district.zone, set(closed.values_list("day", flat=True)))
    return when(tag, reading, local)
