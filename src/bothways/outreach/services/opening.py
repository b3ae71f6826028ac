"""Open a step for a person."""

from datetime import date, datetime

from django.db import transaction

from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.consent.queries import standing
from bothways.core import clock
from bothways.core.text import clean
from bothways.outreach.enums import REACHING_OUT, TaskKind
from bothways.outreach.models import Task
from bothways.outreach.services.contacts import NotAllowed
from bothways.people.models import Guardian, Household, Student
from bothways.schools.models import School


class NotPossible(ValueError):
    """This cannot be done with this task, visit or plan; the text says what to do instead."""


@transaction.atomic
def open_task(
    *,
    household: Household,
    kind: TaskKind,
    by: User | None,
    owner: User | None,
    due: date,
    role: str = "",
    school: School | None = None,
    student: Student | None = None,
    guardian: Guardian | None = None,
    not_before: datetime | None = None,
    interpreter: str = "",
    why: str = "",
    automatic: bool = False,
) -> Task:
    """Give somebody a step for a family. Raises NotAllowed for an adult who may not be contacted."""
    now = clock.now()
    if guardian is not None and kind in REACHING_OUT:
        lawful = standing(district=household.district, at=now)
        if not lawful.filter(guardian=guardian, student__homes__household=household).exists():
            raise NotAllowed(
                f"{guardian.name} may not be contacted about the children of this family. "
                "Ask the principal."
            )
    if owner is not None:
        must_be_here(owner, household.district_id)
    task = Task.objects.create(
        district_id=household.district_id,
        household=household,
        school=school or _school(household, student),
        student=student,
        guardian=guardian,
        kind=kind.value,
        owner=owner,
        role=role,
        due=due,
        not_before=not_before,
        interpreter=interpreter,
        why=clean(why)[:300],
        automatic=automatic,
        opened_at=now,
        opened_by=by,
    )
    record("task.opened", task, by=by.pk if by else None, district=task.district_id)
    return task


def _school(household: Household, student: Student | None) -> School | None:
    if student is not None:
        return student.school
    first = (
        household.children.filter(student__ended_at=None, student__school__isnull=False)
        .select_related("student__school")
        .order_by("student_id")
        .first()
    )
    return first.student.school if first else None


def must_be_here(user: User, district_id: int) -> None:
    if user.district_id != district_id or not user.is_active or user.ended_at is not None:
        raise NotPossible(f"{user.name} is not at this school any more. Choose somebody else.")
