"""Somebody is asked to hold a talk with a family that has no open step for one yet."""

from collections.abc import Sequence
from datetime import date, timedelta

from django.db import transaction

from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.core import clock
from bothways.core.sql import among
from bothways.outreach.enums import TaskKind, TaskState
from bothways.outreach.models import Task
from bothways.outreach.owners import Owners
from bothways.outreach.services.climbing import calendar_of
from bothways.people.models import Guardian
from bothways.schools.models import District

DUE_WITHIN = timedelta(days=14)


@transaction.atomic
def ask_for_talks(
    *,
    district: District,
    households: Sequence[int],
    why: str,
    by: User,
    to: User | None = None,
    due: date | None = None,
) -> list[Task]:
    """One call a family, due in two weeks: each the child's teacher's, else the office's, evenly.

    ``to``: all for this person. Who may be asked for which family is the caller's to know.
    """
    homes = sorted(set(households))
    if not homes:
        return []
    now = clock.now()
    wished = due or (now.astimezone(district.zone).date() + DUE_WITHIN)
    owners = Owners(district, homes)
    closed = set(calendar_of(district, now).closed)
    tongues = _tongues(district, homes)
    made = []
    for home in homes:
        if to is None:
            owner, day = owners.give(home, "teacher", wished, closed)
        else:
            owner, day = to.pk, wished
        schools = owners.schools.get(home, [])
        made.append(
            Task(
                district=district,
                household_id=home,
                school_id=schools[0] if schools else None,
                student_id=owners.children.get(home),
                kind=TaskKind.CALL.value,
                owner_id=owner,
                role="teacher",
                due=day,
                interpreter=tongues.get(home, ""),
                why=why[:300],
                state=TaskState.OPEN.value,
                opened_at=now,
                opened_by=by,
            )
        )
    Task.objects.bulk_create(made, batch_size=1000)
    record("task.talks_asked", by=by.pk, district=district.pk, count=len(made))
    return made


def _tongues(district: District, homes: Sequence[int]) -> dict[int, str]:
    """The language of each home in which an interpreter is needed."""
    found: dict[int, str] = {}
    for home, speaks, reads in (
        Guardian.objects.filter(household__in=among(homes), ended_at=None)
        .order_by("household_id", "pk")
        .values_list("household_id", "speaks", "reads")
    ):
        tongue = speaks or reads
        if home is not None and tongue and tongue != district.default_language:
            found.setdefault(home, tongue)
    return found
