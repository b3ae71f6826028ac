"""Keep the school calendar."""

from collections.abc import Iterable
from datetime import date, timedelta

from django.db import transaction

from bothways.audit.services import record
from bothways.schools.models import ClosedDay, District, School

LONGEST = 120  # days at a time: a summer


class Unusable(ValueError):
    """It cannot be kept as it is; the text says what to mend."""


def days_from(first: date, last: date) -> list[date]:
    """All days of a stretch. Raises Unusable."""
    if last < first:
        raise Unusable("The last day is before the first.")
    if (last - first).days >= LONGEST:
        raise Unusable(f"That is more than {LONGEST} days. Enter it in parts.")
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


@transaction.atomic
def close(
    *, district: District, school: School | None, days: Iterable[tuple[date, str]], by: int
) -> int:
    """No school on these days (with their titles), here or in the whole district; how many are new."""
    wanted = dict(days)
    known = set(
        ClosedDay.objects.filter(district=district, school=school, day__in=wanted).values_list(
            "day", flat=True
        )
    )
    made = ClosedDay.objects.bulk_create(
        [
            ClosedDay(
                district=district,
                school=school,
                day=day,
                title=title.replace("\x00", "").strip()[:200],
            )
            for day, title in sorted(wanted.items())
            if day not in known
        ],
        ignore_conflicts=True,
    )
    if made:
        record("calendar.closed", school or district, by=by, district=district.pk, days=len(made))
    return len(made)


@transaction.atomic
def reopen(*, closed: ClosedDay, by: int) -> None:
    """There is school on this day after all."""
    record("calendar.reopened", closed, by=by, district=closed.district_id)
    closed.delete()
