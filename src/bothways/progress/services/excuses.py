"""What the office knows about days off school, whatever the next file says."""

from datetime import date, timedelta

from django.db import transaction

from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.core import clock
from bothways.people.models import Student
from bothways.progress.models import Excuse

LONGEST = timedelta(days=60)


class UnusableExcuse(ValueError):
    """It cannot be kept as it is; the text says what to mend."""


@transaction.atomic
def excuse(*, student: Student, first: date, last: date, by: User) -> Excuse:
    """The school knows why this child is not there on these days: nobody is asked about them."""
    if last < first:
        raise UnusableExcuse("The last day lies before the first.")
    if last - first > LONGEST:
        raise UnusableExcuse("That is more than 60 days. Enter the first part, and the rest later.")
    found, made = Excuse.objects.get_or_create(
        student=student,
        first=first,
        last=last,
        withdrawn_at=None,
        defaults={"district_id": student.district_id, "by": by, "at": clock.now()},
    )
    if made:
        record("absence.excused", student, by=by.pk, district=student.district_id)
    return found


@transaction.atomic
def withdraw(*, excuse: Excuse, by: User) -> None:
    """It was not so after all."""
    if excuse.withdrawn_at is None:
        excuse.withdrawn_at = clock.now()
        excuse.save(update_fields=["withdrawn_at"])
        record("absence.excuse_withdrawn", excuse.student, by=by.pk, district=excuse.district_id)
