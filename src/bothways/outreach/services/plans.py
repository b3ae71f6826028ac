"""Plans for families hard to reach: notes, people they trust, and always what is next."""

from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef

from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.core import clock
from bothways.core.text import clean
from bothways.outreach.enums import ClimbState, NoteKind, PlanState, TaskKind, TaskState
from bothways.outreach.models import Climb, FamilyPlan, GoBetween, PlanNote, Task
from bothways.outreach.services.looking import look_again
from bothways.outreach.services.opening import NotPossible, must_be_here, open_task
from bothways.people.enums import WordClass
from bothways.people.models import ContactPerson, Household, Student
from bothways.schools.calendar import add_school_days
from bothways.schools.models import ClosedDay, District

DAYS_TO_DECIDE = 2  # school days in which somebody says what is next
_LONGEST_PAUSE = 366  # days; a year in which nobody looks is giving up by another name


def _closed(district: District) -> set[date]:
    return set(
        ClosedDay.objects.filter(district=district, school=None).values_list("day", flat=True)
    )


def _review(household: Household, owner: User | None, why: str) -> Task:
    """Somebody looks at the plan within days and says what is next."""
    district = household.district
    here = owner if owner and owner.is_active and owner.ended_at is None else None
    return open_task(
        household=household,
        kind=TaskKind.REVIEW,
        by=None,
        owner=here,
        role="principal",
        due=add_school_days(clock.today(district.timezone), DAYS_TO_DECIDE, _closed(district)),
        why=why,
    )


@transaction.atomic
def open_plan(*, household: Household, owner: User, by: User) -> FamilyPlan:
    """Begin a plan, or take one up again; its first step is what is open anyway, else to decide one."""
    plan = FamilyPlan.objects.select_for_update().filter(household=household).first()
    if plan is not None and plan.state != PlanState.IN_CONTACT.value:
        return plan
    must_be_here(owner, household.district_id)
    now = clock.now()
    step = _open_step(household) or _review(household, owner, "Decide what is next")
    if plan is None:
        plan = FamilyPlan(district_id=household.district_id, household=household)
    plan.state, plan.owner, plan.next_task = PlanState.OPEN.value, owner, step
    plan.opened_at, plan.opened_by, plan.closed_at = now, by, None
    plan.save()
    record("plan.opened", plan, by=by.pk, district=plan.district_id)
    return plan


def _open_step(household: Household) -> Task | None:
    return (
        Task.objects.filter(household=household, state=TaskState.OPEN.value)
        .exclude(kind=TaskKind.REVIEW.value)
        .order_by("due", "-pk")
        .first()
    )


@transaction.atomic
def go_on(household: Household, *, by: User | None) -> None:
    """Where the plan's next step is done, the next one is what is open, else somebody decides within days."""
    plan = (
        FamilyPlan.objects.select_for_update(of=("self",))
        .select_related("next_task", "owner")
        .filter(household=household, state=PlanState.OPEN.value)
        .first()
    )
    if plan is None or (plan.next_task and plan.next_task.state == TaskState.OPEN.value):
        return
    plan.next_task = _open_step(household) or _review(
        household, plan.owner or by, "The last step is done: decide what is next"
    )
    plan.save(update_fields=["next_task"])


@transaction.atomic
def note(
    *,
    plan: FamilyPlan,
    kind: NoteKind,
    words: str,
    by: User,
    student: Student | None = None,
    protected: bool = False,
) -> PlanNote:
    """Keep what was tried or learned. What a student suggests never reaches the family's pages."""
    if not words.strip():
        raise NotPossible("Write a few words: the next person starts from them.")
    word_class = WordClass.STUDENT_VOICE if kind is NoteKind.STUDENT else WordClass.FAMILY
    if protected:
        word_class = WordClass.PROTECTED
    made = PlanNote.objects.create(
        plan=plan,
        kind=kind.value,
        at=clock.now(),
        by=by,
        student=student if kind is NoteKind.STUDENT else None,
        words=words.strip(),
        word_class=word_class.value,
    )
    record("plan.noted", made, by=by.pk, district=plan.district_id)
    return made


@transaction.atomic
def trust(
    *,
    plan: FamilyPlan,
    name: str,
    how: str,
    may_say: str,
    by: User,
    contact: ContactPerson | None = None,
) -> GoBetween:
    """Somebody whom the family trusts may pass word on: exactly these words, by this person's decision."""
    name = clean(name)[:200] or (contact.name if contact else "")
    may_say = clean(may_say)[:500]
    if not name:
        raise NotPossible("Say who it is.")
    if not may_say:
        raise NotPossible(
            "Write what they may pass on, word for word. They are told nothing else about the child."
        )
    made = GoBetween.objects.create(
        plan=plan,
        contact=contact,
        name=name,
        how=clean(how)[:300],
        may_say=may_say,
        decided_by=by,
        at=clock.now(),
    )
    record("plan.go_between", made, by=by.pk, district=plan.district_id)
    return made


@transaction.atomic
def trust_ended(*, go_between: GoBetween, by: User) -> None:
    """This person is not asked any more."""
    if go_between.ended_at is None:
        go_between.ended_at = clock.now()
        go_between.save(update_fields=["ended_at"])
        record("plan.go_between_ended", go_between, by=by.pk, district=go_between.plan.district_id)


@transaction.atomic
def set_next(
    *, plan: FamilyPlan, kind: TaskKind, owner: User, due: date, why: str, by: User
) -> Task:
    """Decide what is next, whose it is and by when; a paused plan goes on. Raises NotPossible."""
    plan = _locked(plan)
    if due < clock.today(plan.district.timezone):
        raise NotPossible("That day is over. Choose today or a later one.")
    before = plan.next_task
    if kind is TaskKind.REVIEW:
        raise NotPossible("Choose a step that reaches out, or pause the plan until a date.")
    step = open_task(
        household=plan.household, kind=kind, by=by, owner=owner, due=due, role="", why=why
    )
    if plan.state != PlanState.OPEN.value:
        _wake(plan, clock.now())
    plan.next_task, plan.state = step, PlanState.OPEN.value
    plan.closed_at = None
    plan.save(update_fields=["next_task", "state", "closed_at"])
    _decided(before, by)
    record("plan.next", plan, by=by.pk, district=plan.district_id, task=step.pk)
    return step


def _locked(plan: FamilyPlan) -> FamilyPlan:
    return (
        FamilyPlan.objects.select_for_update(of=("self",))
        .select_related("household__district", "district", "next_task", "reviewer", "owner")
        .get(pk=plan.pk)
    )


def _decided(task: Task | None, by: User | None) -> None:
    """A task to decide what is next is done once it is decided."""
    if task is not None and task.kind == TaskKind.REVIEW.value:
        Task.objects.filter(pk=task.pk, state=TaskState.OPEN.value).update(
            state=TaskState.DONE.value, closed_at=clock.now(), closed_by=by
        )


@transaction.atomic
def pause(*, plan: FamilyPlan, until: date, why: str, reviewer: User, by: User) -> None:
    """Leave the family in peace until a date, for a reason; a named person looks again on that day.

    Climbs and tasks rest; the reviewer's task is open all the time, so that there is always a next step.
    Emergencies do not ask. Raises NotPossible.
    """
    plan = _locked(plan)
    why = clean(why)[:300]
    days = (until - clock.today(plan.district.timezone)).days
    if not why:
        raise NotPossible("Say why: whoever looks again must know what was meant.")
    if days < 1:
        raise NotPossible("Choose a day from tomorrow on.")
    if days > _LONGEST_PAUSE:
        raise NotPossible("Choose a day within a year: nobody is left without a step for longer.")
    must_be_here(reviewer, plan.district_id)
    household = plan.household
    before = plan.next_task
    Climb.objects.filter(household=household, state=ClimbState.OPEN.value).update(
        state=ClimbState.PAUSED.value
    )
    Task.objects.filter(household=household, state=TaskState.OPEN.value).exclude(
        kind=TaskKind.REVIEW.value
    ).update(state=TaskState.PAUSED.value)
    plan.next_task = open_task(
        household=household,
        kind=TaskKind.REVIEW,
        by=by,
        owner=reviewer,
        due=until,
        not_before=datetime.combine(until, time.min, plan.district.zone),
        why=why,
    )
    plan.state, plan.paused_until, plan.paused_why = PlanState.PAUSED.value, until, why
    plan.reviewer, plan.closed_at = reviewer, None
    plan.save()
    _decided(before, by)
    record("plan.paused", plan, by=by.pk, district=plan.district_id, reviewer=reviewer.pk)


def _wake(plan: FamilyPlan, now: datetime) -> None:
    """What rested goes on; a step that the machine opened meanwhile takes the place of the one it had."""
    resting = Task.objects.filter(household=plan.household_id, state=TaskState.PAUSED.value)
    another = Task.objects.filter(
        household=OuterRef("household"), automatic=True, state=TaskState.OPEN.value
    )
    resting.filter(Exists(another), automatic=True).update(
        state=TaskState.DROPPED.value, closed_at=now, closed_why="Another step took its place"
    )
    # Of several that rest the newest goes on: a family is asked once.
    newest = resting.filter(automatic=True).order_by("-pk").values_list("pk", flat=True).first()
    resting.filter(automatic=True).exclude(pk=newest or 0).update(
        state=TaskState.DROPPED.value, closed_at=now, closed_why="Another step took its place"
    )
    resting.update(state=TaskState.OPEN.value)
    Climb.objects.filter(household=plan.household_id, state=ClimbState.PAUSED.value).update(
        state=ClimbState.OPEN.value, next_at=now
    )
    look_again(plan.household_id, at=now)


@transaction.atomic
def resume(*, plan: FamilyPlan, by: User | None) -> None:
    """The pause is over, by its date or by a person; the reviewer's task stays until it is decided."""
    plan = _locked(plan)
    if plan.state != PlanState.PAUSED.value:
        return
    _wake(plan, clock.now())
    plan.state = PlanState.OPEN.value
    plan.save(update_fields=["state"])
    if plan.next_task and plan.next_task.state == TaskState.OPEN.value:
        today = clock.today(plan.district.timezone)
        Task.objects.filter(pk=plan.next_task.pk, due__gt=today).update(
            due=add_school_days(today, DAYS_TO_DECIDE, _closed(plan.district)), not_before=None
        )
    else:
        go_on(plan.household, by=by)
    record("plan.resumed", plan, by=by.pk if by else None, district=plan.district_id)


@transaction.atomic
def in_contact(*, plan: FamilyPlan, by: User) -> None:
    """We talk with each other now: the plan rests, with all that was learned, until it is needed again."""
    plan = _locked(plan)
    if plan.state == PlanState.IN_CONTACT.value:
        return
    if plan.state == PlanState.PAUSED.value:
        _wake(plan, clock.now())
    before, plan.next_task = plan.next_task, None
    plan.state, plan.closed_at = PlanState.IN_CONTACT.value, clock.now()
    plan.save(update_fields=["state", "closed_at", "next_task"])
    _decided(before, by)
    record("plan.in_contact", plan, by=by.pk, district=plan.district_id)


def wake_due(now: datetime) -> int:
    """Plans whose pause ends today by their district's calendar go on; how many."""
    woken = 0
    waiting = FamilyPlan.objects.filter(state=PlanState.PAUSED.value).select_related("district")
    for plan in waiting.filter(paused_until__lte=_latest_day(now)).order_by("pk"):
        if plan.paused_until and plan.paused_until <= now.astimezone(plan.district.zone).date():
            resume(plan=plan, by=None)
            woken += 1
    return woken


def _latest_day(now: datetime) -> date:
    """The date where it is latest on earth: no district is further."""
    return (now + timedelta(hours=14)).date()


def tend() -> int:
    """Open plans whose step was closed without them (evidence came) get a next one; how many."""
    left = FamilyPlan.objects.filter(state=PlanState.OPEN.value, household__ended_at=None).exclude(
        next_task__state=TaskState.OPEN.value
    )
    plans = list(left.select_related("household__district"))
    for plan in plans:
        go_on(plan.household, by=None)
    return len(plans)
