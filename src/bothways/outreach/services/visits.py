"""Visits: planned with the family, in a pair, with check-in, check-out and somebody who notices."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from bothways.accounts.enums import Role
from bothways.accounts.models import User
from bothways.accounts.queries import duty_persons, role_holders
from bothways.audit.services import record
from bothways.barriers.enums import Effect
from bothways.barriers.queries import effects_of
from bothways.core import clock, jobs
from bothways.core.text import clean
from bothways.outreach.enums import Place, TaskState
from bothways.outreach.models import Task, Visit, VisitAlarm
from bothways.outreach.services.opening import NotPossible, must_be_here

SHORTEST, LONGEST = 10, 480  # minutes
GRACE = timedelta(minutes=10)  # a talk that goes well takes a little longer
AGAIN = timedelta(minutes=15)
EARLY = timedelta(hours=2)


@transaction.atomic
def plan_visit(
    *,
    task: Task,
    visitor: User,
    companion: User | None,
    agreed: bool,
    agreed_how: str,
    place: Place,
    place_words: str,
    planned_at: datetime,
    minutes: int,
    safety_asked: bool,
    safety_note: str,
    by: User,
) -> Visit:
    """Plan the task's visit, or change the plan of one that has not begun. Raises NotPossible.

    Without a companion it can be planned, and not begun.
    """
    task = Task.objects.select_for_update(of=("self",)).select_related("district").get(pk=task.pk)
    if task.state != TaskState.OPEN.value:
        raise NotPossible("This step is not open any more. Open a new one for another visit.")
    must_be_here(visitor, task.district_id)
    if companion is not None:
        must_be_here(companion, task.district_id)
        if companion.pk == visitor.pk:
            raise NotPossible("A pair is two people. Choose a colleague who goes along.")
    if not SHORTEST <= minutes <= LONGEST:
        raise NotPossible("A visit lasts from 10 minutes to 8 hours.")
    if planned_at < clock.now() - timedelta(hours=1):
        raise NotPossible("That hour is over. Choose a later one.")
    agreed_how, place_words = clean(agreed_how)[:300], clean(place_words)[:300]
    if not agreed and not agreed_how:
        raise NotPossible(
            "A visit is the family’s to want. If they could not be asked, say how they were told of it."
        )
    in_force = effects_of(task.district, [task.household_id]).get(task.household_id, frozenset())
    if place is Place.HOME and not agreed and Effect.NO_VISIT in in_force:
        raise NotPossible(
            "Strangers at the door are a worry for this family: nobody goes to their home unless they ask. "
            "Offer another place."
        )
    if place is Place.NEUTRAL and not place_words:
        raise NotPossible("Say where you meet: the library, a church, a shop.")
    found = Visit.objects.filter(task=task, checked_out_at=None, called_off_at=None).first()
    if found is not None and found.checked_in_at is not None:
        raise NotPossible("They are there right now. Plan another visit when they are back.")
    visit = found or Visit(task=task, district_id=task.district_id, planned_by=by)
    visit.visitor, visit.companion = visitor, companion
    visit.agreed, visit.agreed_how = agreed, agreed_how
    visit.place, visit.place_words = place.value, place_words
    visit.planned_at, visit.minutes = planned_at, minutes
    visit.expected_out = planned_at + timedelta(minutes=minutes)
    visit.safety_asked, visit.safety_note = safety_asked, safety_note.strip()
    visit.save()
    record("visit.planned", visit, by=by.pk, district=visit.district_id)
    return visit


def _locked(visit: Visit) -> Visit:
    return (
        Visit.objects.select_for_update(of=("self",))
        .select_related("visitor", "companion", "task")
        .get(pk=visit.pk)
    )


@transaction.atomic
def check_in(*, visit: Visit, by: User) -> Visit:
    """They are at the door, both; from now on somebody waits for them. Twice is once. Raises NotPossible."""
    visit = _locked(visit)
    if visit.checked_in_at is not None:
        return visit
    if visit.called_off_at is not None:
        raise NotPossible("This visit was called off. Plan a new one first.")
    if visit.companion is None:
        raise NotPossible("Nobody goes alone: first write down who goes along.")
    now = clock.now()
    if now < visit.planned_at - EARLY:
        raise NotPossible("This visit is planned for later. If you go now, change the plan first.")
    visit.checked_in_at, visit.checked_in_by = now, by
    visit.expected_out = now + timedelta(minutes=visit.minutes)
    visit.save()
    record("visit.began", visit, by=by.pk, district=visit.district_id)
    return visit


@transaction.atomic
def stay_longer(*, visit: Visit, minutes: int, by: User) -> Visit:
    """All is well and it takes longer: so many minutes from now."""
    visit = _locked(visit)
    if visit.checked_in_at is None or visit.checked_out_at is not None:
        raise NotPossible("Nobody is there right now.")
    if not 5 <= minutes <= 120:
        raise NotPossible("Ask for 5 to 120 minutes at a time.")
    visit.expected_out = clock.now() + timedelta(minutes=minutes)
    # Somebody is there and well: who was told is told anew only if they are late again.
    visit.told_at = visit.alarm_at = None
    visit.save()
    VisitAlarm.objects.filter(visit=visit).delete()
    record("visit.longer", visit, by=by.pk, district=visit.district_id, minutes=minutes)
    return visit


@transaction.atomic
def check_out(*, visit: Visit, by: User) -> Visit:
    """Both are out and well; whoever was told sees no alarm any more. Twice is once."""
    visit = _locked(visit)
    if visit.checked_out_at is not None:
        return visit
    if visit.checked_in_at is None:
        raise NotPossible("Nobody checked in yet. If they were there, check in first, then out.")
    # A clock that was set back must not keep anybody from being out.
    visit.checked_out_at = max(clock.now(), visit.checked_in_at)
    visit.checked_out_by = by
    visit.save()
    record("visit.ended", visit, by=by.pk, district=visit.district_id)
    return visit


@transaction.atomic
def call_off(*, visit: Visit, why: str, by: User) -> Visit:
    """They do not go this time; the task stays open."""
    visit = _locked(visit)
    if visit.called_off_at is not None:
        return visit
    if visit.checked_in_at is not None:
        raise NotPossible("They are there, or were. Check out instead.")
    why = clean(why)[:300]
    if not why:
        raise NotPossible("Say why: the next person plans with it.")
    visit.called_off_at, visit.called_off_why = clock.now(), why
    visit.save()
    record("visit.called_off", visit, by=by.pk, district=visit.district_id)
    return visit


def visit_alarms(user: User) -> QuerySet[VisitAlarm]:
    """Visits from which nobody is back, of which this person was told; they stand on top of every page."""
    return (
        VisitAlarm.objects.filter(user=user, visit__checked_out_at=None)
        .select_related("visit__visitor", "visit__companion")
        .order_by("at", "pk")
    )


def mind_visits(now: datetime) -> int:
    """Nobody checked out well after the hour: tell the pair, the office, whoever is on duty and the principal.

    Again every quarter of an hour until somebody checks out; how many visits.
    """
    late = Visit.objects.filter(
        Q(told_at=None) | Q(told_at__lte=now - AGAIN),
        checked_in_at__isnull=False,
        checked_out_at=None,
        expected_out__lte=now - GRACE,
    )
    told = 0
    for pk in list(late.order_by("pk").values_list("pk", flat=True)):
        with transaction.atomic():
            # Two workers at once: the second finds the row taken, or told.
            visit = (
                late.select_for_update(of=("self",), skip_locked=True)
                .select_related("task__school", "visitor", "companion")
                .filter(pk=pk)
                .first()
            )
            if visit is None:
                continue
            visit.alarm_at = visit.alarm_at or now
            visit.told_at = now
            visit.save(update_fields=["alarm_at", "told_at"])
            for user in whom_to_tell(visit):
                alarm, _ = VisitAlarm.objects.get_or_create(
                    visit=visit, user=user, defaults={"at": now}
                )
                jobs.enqueue("outreach.tell_visit_alarm", queue=jobs.URGENT, alarm_id=alarm.pk)
            record("visit.alarm", visit, by=None, district=visit.district_id)
            told += 1
    return told


def whom_to_tell(visit: Visit) -> list[User]:
    """The pair themselves, the school's office and principal, and whoever is on duty; each once."""
    school, district = visit.task.school, visit.district_id
    people = [visit.visitor, *([visit.companion] if visit.companion else [])]
    people += duty_persons(district, school)
    people += role_holders(district, Role.PRINCIPAL, school)
    people += role_holders(district, Role.OFFICE, school)
    return list({user.pk: user for user in people if user.is_active}.values())
