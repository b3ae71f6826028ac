"""A plan for a family hard to reach: always a next step, never given up."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction

from bothways.core import clock
from bothways.ledger.enums import Direction, Level, SourceKind
from bothways.ledger.services import Line, write
from bothways.outreach import tasks as work
from bothways.outreach.enums import (
    ClimbState,
    NoteKind,
    PlanState,
    Result,
    TaskKind,
    TaskState,
    Way,
)
from bothways.outreach.models import Climb, FamilyPlan, GoBetween, PlanNote, Task
from bothways.outreach.services import plans, tasks
from bothways.outreach.services.opening import NotPossible
from bothways.outreach.services.plan_proposals import proposed_homes
from people import Cast, cast

TODAY = date(2026, 9, 14)


@pytest.fixture
def everybody(db: None, at: Path) -> Cast:
    return cast()


def a_plan(cast: Cast) -> FamilyPlan:
    return plans.open_plan(household=cast.emilys_home, owner=cast.mrs_c, by=cast.mrs_c)


def a_task(cast: Cast, **given: object) -> Task:
    values: dict[str, object] = {
        "household": cast.emilys_home,
        "kind": TaskKind.VISIT,
        "by": None,
        "owner": cast.mrs_c,
        "due": TODAY,
    }
    return tasks.open_task(**{**values, **given})  # type: ignore[arg-type]


def paused(cast: Cast, plan: FamilyPlan, days: int = 30) -> FamilyPlan:
    plans.pause(
        plan=plan,
        until=TODAY + timedelta(days=days),
        why="The mother asked for quiet until the trial is over",
        reviewer=cast.principal,
        by=cast.mrs_c,
    )
    plan.refresh_from_db()
    return plan


def test_a_plan_begins_with_what_is_open_else_with_deciding(everybody: Cast) -> None:
    task = a_task(everybody)
    assert a_plan(everybody).next_task == task
    other = plans.open_plan(
        household=everybody.nours_home, owner=everybody.mrs_c, by=everybody.mrs_c
    )
    assert other.next_task is not None
    assert (other.next_task.kind, other.next_task.owner) == ("review", everybody.mrs_c)


def test_twice_begun_is_one_plan(everybody: Cast) -> None:
    assert a_plan(everybody) == a_plan(everybody)
    assert FamilyPlan.objects.count() == 1


def test_when_its_step_is_done_somebody_decides_within_two_school_days(everybody: Cast) -> None:
    task = a_task(everybody)
    plan = a_plan(everybody)
    tasks.finish(task=task, way=Way.VISIT, result=Result.NO_ANSWER, words="", by=everybody.mrs_c)
    plan.refresh_from_db()
    assert plan.next_task is not None
    assert (plan.next_task.kind, plan.next_task.due, plan.next_task.owner) == (
        "review",
        date(2026, 9, 16),
        everybody.mrs_c,
    )


def test_a_step_that_evidence_closed_is_followed_by_another(everybody: Cast) -> None:
    task = a_task(everybody)
    plan = a_plan(everybody)
    Task.objects.filter(pk=task.pk).update(state=TaskState.DROPPED.value)
    work.mind()
    plan.refresh_from_db()
    assert plan.next_task is not None
    assert (plan.next_task.state, plan.next_task.kind) == ("open", "review")


def test_deciding_what_is_next_closes_the_task_to_decide(everybody: Cast) -> None:
    plan = a_plan(everybody)
    step = plans.set_next(
        plan=plan,
        kind=TaskKind.NEUTRAL_PLACE,
        owner=everybody.counselor,
        due=TODAY + timedelta(days=3),
        why="At the laundry on Thursdays",
        by=everybody.mrs_c,
    )
    plan.refresh_from_db()
    assert plan.next_task == step
    assert list(Task.objects.filter(state="open")) == [step]


@pytest.mark.parametrize("days", [-1, 0, 400])
def test_a_pause_has_an_end_that_is_in_sight(everybody: Cast, days: int) -> None:
    with pytest.raises(NotPossible):
        paused(everybody, a_plan(everybody), days)


def test_the_database_knows_no_giving_up(everybody: Cast) -> None:
    plan = a_plan(everybody)
    rows = FamilyPlan.objects.filter(pk=plan.pk)
    for wrong in (
        {"state": "given_up"},
        {"state": "paused"},
        {"state": "paused", "paused_until": TODAY, "paused_why": "because"},
        {"state": "paused", "paused_until": TODAY, "reviewer": everybody.principal},
        {"state": "paused", "paused_why": "because", "reviewer": everybody.principal},
        {"next_task": None},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**wrong)


def test_while_paused_climbs_and_tasks_rest_and_the_reviewer_has_the_next_step(
    everybody: Cast, at: Path
) -> None:
    task = a_task(everybody, automatic=True)
    climb = Climb.objects.create(
        district=everybody.district,
        household=everybody.emilys_home,
        purpose="reach",
        opened_at=clock.now(),
        next_at=clock.now() + timedelta(days=90),
    )
    plan = paused(everybody, a_plan(everybody))
    for row in (task, climb):
        row.refresh_from_db()
    assert (task.state, climb.state) == (TaskState.PAUSED.value, ClimbState.PAUSED.value)
    assert plan.next_task is not None
    assert (plan.next_task.owner, plan.next_task.due, plan.next_task.state) == (
        everybody.principal,
        TODAY + timedelta(days=30),
        "open",
    )
    clock.stop_at(at, clock.now() + timedelta(days=29))
    work.mind()
    plan.refresh_from_db()
    assert plan.state == PlanState.PAUSED.value
    clock.stop_at(at, clock.now() + timedelta(days=1))
    work.mind()
    for row in (task, climb, plan):
        row.refresh_from_db()
    assert (task.state, climb.state, plan.state) == ("open", "open", "open")
    assert climb.next_at == clock.now()
    assert plan.next_task.owner == everybody.principal


def test_a_pause_ends_at_midnight_where_the_school_is(everybody: Cast, at: Path) -> None:
    plan = paused(everybody, a_plan(everybody), days=1)
    clock.stop_at(at, clock.now().replace(day=15, hour=4, minute=59))  # 23:59 in Chicago
    work.mind()
    plan.refresh_from_db()
    assert plan.state == PlanState.PAUSED.value
    clock.stop_at(at, clock.now().replace(hour=5, minute=0))
    work.mind()
    plan.refresh_from_db()
    assert plan.state == PlanState.OPEN.value


def test_of_two_automatic_steps_after_a_pause_one_goes_on(everybody: Cast) -> None:
    before = a_task(everybody, automatic=True)
    plan = paused(everybody, a_plan(everybody))
    meanwhile = a_task(everybody, automatic=True)
    plans.resume(plan=plan, by=everybody.mrs_c)
    before.refresh_from_db()
    meanwhile.refresh_from_db()
    assert (before.state, meanwhile.state) == (TaskState.DROPPED.value, TaskState.OPEN.value)


def test_what_was_paused_twice_wakes_as_one(everybody: Cast) -> None:
    plan = a_plan(everybody)
    a_task(everybody, automatic=True)
    paused(everybody, plan)
    a_task(everybody, automatic=True)
    paused(everybody, plan, 40)
    plans.resume(plan=plan, by=None)
    open_ = Task.objects.filter(household=everybody.emilys_home, automatic=True, state="open")
    assert open_.count() == 1


def test_a_plan_whose_reviewer_left_still_has_a_step(everybody: Cast, at: Path) -> None:
    plan = paused(everybody, a_plan(everybody))
    everybody.principal.is_active = False
    everybody.principal.save()
    clock.stop_at(at, clock.now() + timedelta(days=30))
    work.mind()
    plan.refresh_from_db()
    assert plan.state == PlanState.OPEN.value
    assert list(tasks.without_owner(everybody.office)) == [plan.next_task]


def test_a_task_to_decide_is_not_left_out(everybody: Cast) -> None:
    plan = a_plan(everybody)
    assert plan.next_task is not None
    with pytest.raises(NotPossible):
        tasks.drop(task=plan.next_task, why="no", by=everybody.principal)


def test_in_contact_keeps_all_that_was_learned(everybody: Cast) -> None:
    plan = a_plan(everybody)
    plans.note(plan=plan, kind=NoteKind.LEARNED, words="Evenings, after eight", by=everybody.mrs_c)
    plans.in_contact(plan=plan, by=everybody.mrs_c)
    plan.refresh_from_db()
    assert (plan.state, plan.next_task, plan.notes.count()) == ("in_contact", None, 1)
    again = a_plan(everybody)
    assert (again.pk, again.state, again.notes.count()) == (plan.pk, "open", 1)


def test_what_a_student_suggests_is_the_students_voice(everybody: Cast) -> None:
    plan = a_plan(everybody)
    note = plans.note(
        plan=plan,
        kind=NoteKind.STUDENT,
        words="My aunt Jo, she comes on Sundays",
        by=everybody.mrs_c,
        student=everybody.emily,
    )
    assert note.word_class == "student_voice"
    with pytest.raises(IntegrityError), transaction.atomic():
        PlanNote.objects.filter(pk=note.pk).update(word_class="family")


def test_a_go_between_passes_on_what_somebody_decided_and_nothing_else(everybody: Cast) -> None:
    plan = a_plan(everybody)
    for name, words in (("Aunt Jo", " "), ("", "Mrs. C would be glad to talk")):
        with pytest.raises(NotPossible):
            plans.trust(plan=plan, name=name, how="", may_say=words, by=everybody.mrs_c)
    made = plans.trust(
        plan=plan,
        name="Aunt Jo",
        how="Comes on Sundays",
        may_say="Mrs. C would be glad to talk",
        by=everybody.mrs_c,
    )
    assert made.decided_by == everybody.mrs_c
    plans.trust_ended(go_between=made, by=everybody.mrs_c)
    assert GoBetween.objects.get().ended_at == clock.now()


def _tried(cast: Cast, *channels: str, level: Level = Level.ATTEMPTED) -> None:
    write(
        [
            Line(
                district_id=cast.district.pk,
                household_id=cast.emilys_home.pk,
                at=clock.now(),
                level=level,
                direction=Direction.TO_FAMILY,
                channel=channel,
                source_kind=SourceKind.VISIT,
                source_id=10_000 + n + 100 * level,
            )
            for n, channel in enumerate(channels)
        ]
    )


def test_three_ways_in_vain_propose_a_plan_to_those_who_serve_the_child(everybody: Cast) -> None:
    a_task(everybody)
    _tried(everybody, "letter", "call")
    assert proposed_homes(everybody.mrs_c, at=clock.now()) == []
    _tried(everybody, "visit", level=Level.DELIVERED)
    assert proposed_homes(everybody.mrs_c, at=clock.now()) == [everybody.emilys_home.pk]
    assert proposed_homes(everybody.teacher_elsewhere, at=clock.now()) == []
    a_plan(everybody)
    assert proposed_homes(everybody.mrs_c, at=clock.now()) == []
