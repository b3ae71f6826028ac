"""People's tasks: open, take, pass on, finish with an outcome, drop by somebody's decision."""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.core import clock
from bothways.core.text import clean
from bothways.outreach.enums import REACHING_OUT, Result, TaskKind, TaskState, Way
from bothways.outreach.models import Away, PersonContact, Task, Visit
from bothways.outreach.ringing import homes_addresses, numbers
from bothways.outreach.services.contacts import note_contact
from bothways.outreach.services.looking import look_again
from bothways.outreach.services.opening import NotPossible, must_be_here, open_task
from bothways.outreach.services.plans import go_on
from bothways.people.enums import PointKind
from bothways.people.models import ContactPoint, Guardian, HouseholdStudent, Student
from bothways.people.services import mark_moved, mark_wrong
from bothways.schools.calendar import add_school_days

__all__ = [
    "NotPossible",
    "drop",
    "due_for",
    "finish",
    "finish_with",
    "follow_families",
    "hand_over_all",
    "open_again",
    "open_for",
    "open_task",
    "reassign",
    "settle",
    "stands_in_for",
    "tasks_for",
    "without_owner",
]


# Whoever is at one of these places with the family found the address to be right, or not.
_AT_HOME = (Way.VISIT, Way.HANDOVER)


@transaction.atomic
def finish(
    *,
    task: Task,
    way: Way,
    result: Result,
    words: str,
    by: User,
    guardian: Guardian | None = None,
    again_at: datetime | None = None,
    form_key: str | None = None,
    point: ContactPoint | None = None,
    typed_by: User | None = None,
) -> PersonContact:
    """Write down what came of a task, close it, and let the climb look at the family again at once.

    ``again_at``: nobody answered, and it is tried again then; the task stays open with its owner. ``point``:
    the number that was rung; without it the one that stands first. ``typed_by``: who typed it in, where
    that is not who did it. Somebody may finish a task that
    evidence has closed meanwhile: what they did is in the ledger all the same. The same form twice is one
    contact. Raises NotAllowed for an adult without standing, and then nothing has changed.
    """
    # Two who press the button at once: the second waits here and finds the first one's contact.
    task = Task.objects.select_for_update(of=("self",)).select_related("household").get(pk=task.pk)
    if form_key:
        found = PersonContact.objects.filter(form_key=form_key).first()
        if found is not None:
            return found
    contact = note_contact(
        household=task.household,
        guardian=guardian,
        way=way,
        result=result,
        words=words,
        by=by,
        form_key=form_key,
        typed_by=typed_by,
    )
    now = contact.at
    _learn(task, way, result, guardian, point, by)
    if task.state in (TaskState.OPEN.value, TaskState.PAUSED.value):
        if result is Result.NO_ANSWER and again_at is not None and again_at > now:
            task.not_before = again_at
            task.due = again_at.astimezone(task.household.district.zone).date()
        else:
            _close(task, by, now)
    _came_of(task, contact, by, typed_by or by)
    return contact


@transaction.atomic
def finish_with(*, task: Task, contact: PersonContact, by: User) -> bool:
    """Close an open step by a contact with this family that was noted on its own; whether it was open.

    The contact counts once: nothing is added to the ledger.
    """
    task = Task.objects.select_for_update(of=("self",)).select_related("household").get(pk=task.pk)
    if contact.household_id != task.household_id or task.state not in (
        TaskState.OPEN.value,
        TaskState.PAUSED.value,
    ):
        return False
    _close(task, by, clock.now())
    _came_of(task, contact, by, by)
    return True


def _close(task: Task, by: User, at: datetime) -> None:
    task.state = TaskState.DONE.value
    task.closed_at, task.closed_by = at, by
    Visit.objects.filter(task=task, checked_in_at=None, called_off_at=None).update(
        called_off_at=at, called_off_why="The step was done another way"
    )


def _came_of(task: Task, contact: PersonContact, by: User, typed_by: User) -> None:
    """Keep what came of a step, and let the climb and its plan look at the family again."""
    task.contact = contact
    task.save()
    record(
        "task.outcome",
        task,
        by=typed_by.pk,
        district=task.district_id,
        result=contact.result,
        contact=contact.pk,
    )
    go_on(task.household, by=by)
    look_again(task.household_id, at=clock.now())


@transaction.atomic
def open_again(*, task: Task, why: str, by: User) -> Task:
    """It was noted by mistake: the same step once more, with the same owner, for the next school day.

    What was noted stays in the ledger, which only grows; the reason stands beside it on the new task, which
    no evidence closes by itself.
    """
    why = clean(why)[:200]
    if not why:
        raise NotPossible("Say what was wrong, so that nobody builds on it.")
    if task.state not in (TaskState.DONE.value, TaskState.DROPPED.value):
        raise NotPossible("This step is still open.")
    owner = task.owner if task.owner and task.owner.is_active else by
    return open_task(
        household=task.household,
        kind=TaskKind(task.kind),
        by=by,
        owner=owner,
        due=add_school_days(clock.today(task.household.district.timezone), 1, set()),
        role=task.role,
        school=task.school,
        student=task.student,
        interpreter=task.interpreter,
        why=f"Number {task.pk} was noted by mistake: {why}",
    )


@transaction.atomic
def settle(*, task: Task, words: str, by: User) -> None:
    """Something that was to be found out or decided is done; raises NotPossible.

    Steps that reach out to the family end with ``finish``: what came of them is evidence.
    """
    task = Task.objects.select_for_update(of=("self",)).select_related("household").get(pk=task.pk)
    if task.kind in REACHING_OUT:
        raise NotPossible("Say what came of it: whom you reached, and what you learned.")
    if task.state not in (TaskState.OPEN.value, TaskState.PAUSED.value):
        return
    words = clean(words)[:300]
    if not words:
        raise NotPossible("Write in a few words what you found out or decided.")
    now = clock.now()
    task.state = TaskState.DONE.value
    task.closed_at, task.closed_by, task.closed_why = now, by, words
    task.save(update_fields=["state", "closed_at", "closed_by", "closed_why"])
    record("task.settled", task, by=by.pk, district=task.district_id)
    go_on(task.household, by=by)
    look_again(task.household_id, at=now)


def _learn(
    task: Task,
    way: Way,
    result: Result,
    guardian: Guardian | None,
    point: ContactPoint | None,
    by: User,
) -> None:
    """What the outcome says about numbers and addresses."""
    now = clock.now()
    adult = guardian or task.guardian
    if result is Result.WRONG_PERSON and way is Way.CALL:
        rung = point or next(iter(numbers(task.household, at=now, guardian=adult)), None)
        if rung is not None and rung.kind == PointKind.PHONE.value:
            mark_wrong(point=rung, by=by)
    elif result is Result.MOVED:
        for address in homes_addresses(task.household):
            mark_moved(point=address, by=by)
    elif result is Result.WRONG_PERSON and way in _AT_HOME:
        for address in homes_addresses(task.household):
            mark_wrong(point=address, by=by)


@transaction.atomic
def reassign(*, task: Task, to: User, by: User) -> None:
    """From now on it is theirs; raises NotPossible."""
    task = Task.objects.select_for_update().get(pk=task.pk)
    if task.state not in (TaskState.OPEN.value, TaskState.PAUSED.value):
        raise NotPossible("This is done already: there is nothing left to hand over.")
    must_be_here(to, task.district_id)
    under_way = Visit.objects.filter(
        task=task, checked_in_at__isnull=False, checked_out_at=None
    ).exists()
    if under_way:
        raise NotPossible("They are there right now. Hand it over when they have checked out.")
    before = task.owner_id
    if before == to.pk:
        return
    task.owner = to
    task.save(update_fields=["owner"])
    record(
        "task.handed_over", task, by=by.pk, district=task.district_id, before=before or 0, to=to.pk
    )


@transaction.atomic
def drop(*, task: Task, why: str, by: User) -> None:
    """A named person decides that this step is not taken; the family is looked at again at once."""
    why = clean(why)[:300]
    if not why:
        raise NotPossible("Say why this step is not taken: the next person starts from there.")
    task = Task.objects.select_for_update(of=("self",)).select_related("household").get(pk=task.pk)
    if task.state not in (TaskState.OPEN.value, TaskState.PAUSED.value):
        return
    if task.kind == TaskKind.REVIEW.value:
        raise NotPossible("A plan always has a next step. Decide on its page what that is.")
    now = clock.now()
    task.state = TaskState.DROPPED.value
    task.closed_at, task.closed_by, task.closed_why = now, by, why
    task.save(update_fields=["state", "closed_at", "closed_by", "closed_why"])
    Visit.objects.filter(task=task, checked_in_at=None, called_off_at=None).update(
        called_off_at=now, called_off_why=why
    )
    record("task.dropped", task, by=by.pk, district=task.district_id)
    go_on(task.household, by=by)
    look_again(task.household_id, at=now)


@transaction.atomic
def hand_over_all(*, from_: User | None, to: User, by: User, among: QuerySet[Task]) -> int:
    """Somebody leaves: all that is open of theirs (None: of nobody) goes to a colleague; how many.

    ``among``: the tasks that ``by`` may hand over. Visits that are under way stay with those who are there.
    """
    ids = list(
        among.filter(owner=from_, state__in=[TaskState.OPEN.value, TaskState.PAUSED.value])
        .order_by()
        .values_list("pk", flat=True)
    )
    district_id = by.district_id or 0
    must_be_here(to, district_id)
    moving = (
        Task.objects.select_for_update(of=("self",))
        .filter(pk__in=ids, district_id=district_id)
        .exclude(visits__checked_in_at__isnull=False, visits__checked_out_at=None)
    )
    taken = [task.pk for task in moving.order_by("pk")]
    Task.objects.filter(pk__in=taken).update(owner=to)
    if taken:
        record(
            "task.all_handed_over",
            to,
            by=by.pk,
            district=district_id,
            before=from_.pk if from_ else 0,
            tasks=taken,
        )
    return len(taken)


@transaction.atomic
def follow_families() -> int:
    """Where a household ended (they moved, or were recorded as two), its open steps go along; how many.

    To the home of the child, else of the adult, that the step is about. Where neither is known nobody can be
    meant: it is dropped, and the family that is there has a climb of its own.
    """
    open_ = [TaskState.OPEN.value, TaskState.PAUSED.value]
    left = list(
        Task.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(state__in=open_, household__ended_at__isnull=False)
        .select_related("guardian")
        .order_by("pk")
    )
    now = clock.now()
    for task in left:
        home = (
            HouseholdStudent.objects.filter(student=task.student_id, household__ended_at=None)
            .order_by("-household_id")
            .values_list("household_id", flat=True)
            .first()
            if task.student_id is not None
            else task.guardian.household_id
            if task.guardian is not None
            else None
        )
        asked_already = (
            task.automatic
            and home is not None
            and Task.objects.filter(
                household=home, automatic=True, state=TaskState.OPEN.value
            ).exists()
        )
        if home is None or home == task.household_id or asked_already:
            task.state, task.closed_at = TaskState.DROPPED.value, now
            task.closed_why = "This family is recorded in another way now"
        else:
            task.household_id = home
        task.save(update_fields=["household", "state", "closed_at", "closed_why"])
        record("task.followed", task, by=None, district=task.district_id)
    return len(left)


def tasks_for(user: User) -> QuerySet[Task]:
    """Tasks, open or closed, that this person may see: of families with a child whom they serve.

    One about a certain child is for those who serve that child, its owner among them; and for whoever goes
    along on a visit for it.
    """
    if user.district_id is None or not user.is_active:
        return Task.objects.none()
    children = Student.objects.live().visible_to(user)
    if user.is_district_wide:
        # Asked of each family by itself: all children of a district are never gathered for it.
        served = Exists(
            HouseholdStudent.objects.filter(
                household=OuterRef("household_id"), student__ended_at=None
            )
        )
        about = Q(student__ended_at=None)
    else:
        served = Exists(children.filter(homes__household=OuterRef("household_id")))
        about = Q(student__in=children)
    goes_along = Exists(
        Visit.objects.filter(task=OuterRef("pk"), companion=user, called_off_at=None)
    )
    return Task.objects.filter(
        served,
        Q(student=None) | about | goes_along,
        district_id=user.district_id,
        household__ended_at=None,
    )


def open_for(user: User) -> QuerySet[Task]:
    """What is this person's to do: their own, and today those of colleagues for whom they stand in."""
    if user.district is None:
        return Task.objects.none()
    return tasks_for(user).filter(
        owner__in=[user.pk, *stands_in_for(user)], state=TaskState.OPEN.value
    )


def stands_in_for(user: User) -> list[int]:
    """Ids of the colleagues who are away today and for whom this person stands in; read once a page."""
    if user.district is None:
        return []
    today = clock.today(user.district.timezone)
    rows = Away.objects.filter(stand_in=user, first__lte=today, last__gte=today)
    return user.once("stands_in_for", lambda: list(rows.values_list("user_id", flat=True)))


def due_for(user: User, now: datetime) -> QuerySet[Task]:
    """Of these what is to be done today, or was, and not only at a later hour."""
    if user.district is None:
        return Task.objects.none()
    return open_for(user).filter(
        Q(not_before=None) | Q(not_before__lte=now),
        due__lte=now.astimezone(user.district.zone).date(),
    )


def without_owner(user: User) -> QuerySet[Task]:
    """Open tasks that are nobody's: never given to anyone, or of somebody who left."""
    return tasks_for(user).filter(
        Q(owner=None) | Q(owner__is_active=False) | Q(owner__ended_at__isnull=False),
        state__in=[TaskState.OPEN.value, TaskState.PAUSED.value],
    )
