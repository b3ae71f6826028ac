"""Which children are assigned to which counselor, social worker or family liaison."""

from collections.abc import Iterable

from django.db import transaction

from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.core import clock
from bothways.core.text import fold
from bothways.people.models import CaseLoad, HouseholdStudent, Student, StudentQuerySet


@transaction.atomic
def assign(*, to: User, children: Iterable[Student], by: int) -> int:
    """These children are this person's from now on; how many were not before."""
    now = clock.now()
    had = set(CaseLoad.objects.filter(user=to).values_list("student_id", flat=True))
    new = [child for child in children if child.pk not in had]
    CaseLoad.objects.bulk_create(
        [
            CaseLoad(district_id=child.district_id, user=to, student=child, by_id=by, at=now)
            for child in new
        ],
        ignore_conflicts=True,
        batch_size=1000,
    )
    record("case_load.assigned", to, by=by, district=to.district_id, students=len(new))
    return len(new)


@transaction.atomic
def take_back(*, of: User, children: Iterable[int], by: int) -> int:
    """These children (ids) are this person's no more; how many were."""
    gone, _ = CaseLoad.objects.filter(user=of, student__in=list(children)).delete()
    record("case_load.taken_back", of, by=by, district=of.district_id, students=gone)
    return gone


def with_siblings(child: Student, among: StudentQuerySet) -> StudentQuerySet:
    """The child, and those of these children who share a home with it."""
    homes = HouseholdStudent.objects.filter(student=child, household__ended_at=None)
    return (
        among.filter(
            homes__household__in=homes.values("household_id"), homes__household__ended_at=None
        ).distinct()
        | among.filter(pk=child.pk).distinct()
    )


def by_letters(children: Iterable[Student], first: str, last: str) -> list[Student]:
    """Those whose family name begins with one of these letters, both included; accents do not matter."""
    begin, end = fold(first)[:1], fold(last)[:1]
    return [child for child in children if begin <= fold(child.family)[:1] <= (end or "\uffff")]
