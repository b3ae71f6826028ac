"""Plans: one at a time, each a phase of the plot; how far its aim was reached; keep or change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db import transaction

from bothways.accounts.models import User
from bothways.cases.enums import Consent, Event, Level, Part, Stage
from bothways.cases.models import Case, Measure, Member, Plan, Rating
from bothways.cases.refusals import AnotherPlanRuns, Unusable
from bothways.cases.services.entering import (
    family_member,
    happened,
    opened,
    said,
    staff_member,
)
from bothways.core import clock
from bothways.people.models import Guardian

MOST_PART = 2000
LONGEST = timedelta(days=200)


@dataclass(frozen=True, slots=True)
class Draft:
    """A plan as it is written: each side's part, and what reaching it would look like."""

    home_part: str
    school_part: str
    starts_on: date
    review_on: date
    student_part: str = ""
    levels: Sequence[str] = ()  # from −2 to +2, or none
    said_in: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@transaction.atomic
def begin_plan(*, case: Case, draft: Draft, by: User, end_running: bool = False) -> Plan:
    """Let this plan begin. Raises AnotherPlanRuns, unless the older one is to end the day before."""
    case = opened(case)
    staff_member(case, by)
    if case.consent != Consent.GIVEN.value:
        raise Unusable("The family has not said yet that it wants this.")
    home = said(
        draft.home_part, "Write what home does: small enough for a hard day.", most=MOST_PART
    )
    school = said(
        draft.school_part, "Write what school does: a plan has a part for both.", most=MOST_PART
    )
    student = said(draft.student_part, most=MOST_PART)
    levels = [said(level, most=300) for level in draft.levels]
    if any(levels) and (len(levels) != 5 or not all(levels)):
        raise Unusable("Write all five levels, or none.")
    _days(draft)
    last = case.plans.order_by("-number").first()
    if last is not None:
        if last.ended_on is None:
            if not end_running:
                raise AnotherPlanRuns(last.number, last.starts_on)
            _end(last, draft.starts_on - timedelta(days=1), by)
            last.refresh_from_db()
        if last.ended_on is not None and last.ended_on >= draft.starts_on:
            raise Unusable(
                f"Plan {last.number} ran until {last.ended_on:%B} {last.ended_on.day}. Begin the new one "
                "after it."
            )
    plan = Plan.objects.create(
        case=case,
        number=(last.number if last else 0) + 1,
        home_part=home,
        school_part=school,
        student_part=student,
        levels=levels if all(levels) else [],
        said_in={tag: dict(parts) for tag, parts in draft.said_in.items()},
        starts_on=draft.starts_on,
        review_on=draft.review_on,
        made_at=clock.now(),
        made_by=by,
    )
    # What is counted is counted until the review at least.
    Measure.objects.filter(case=case, ends_on__lt=draft.review_on, stopped=False).update(
        ends_on=draft.review_on
    )
    happened(case, Event.PLAN_BEGUN, user=by, words=str(plan.number))
    return plan


def _days(draft: Draft) -> None:
    if draft.review_on <= draft.starts_on:
        raise Unusable("The day of review comes after the first day.")
    if draft.review_on - draft.starts_on > LONGEST:
        raise Unusable("Look at it together sooner: within half a year.")


@transaction.atomic
def end_plan(*, plan: Plan, on: date, by: User) -> Plan:
    """This was the plan's last day; its phase closes with it."""
    case = opened(plan.case)
    staff_member(case, by)
    plan = Plan.objects.select_for_update().get(pk=plan.pk)
    if plan.ended_on is None:
        _end(plan, on, by)
    return plan


def _end(plan: Plan, on: date, by: User) -> None:
    if on < plan.starts_on:
        raise Unusable(
            f"Plan {plan.number} began on {plan.starts_on:%B} {plan.starts_on.day}: it cannot end before."
        )
    plan.ended_on = on
    plan.save(update_fields=["ended_on"])
    happened(plan.case, Event.PLAN_ENDED, user=by, words=str(plan.number))


@transaction.atomic
def keep_plan(*, plan: Plan, review_on: date, by: User) -> Case:
    """It goes on as it is, to be looked at again on this day; counting goes on with it."""
    case = opened(plan.case)
    staff_member(case, by)
    if plan.ended_on is not None:
        raise Unusable("This plan has ended. Write a new one.")
    today = clock.today(case.district.timezone)
    if review_on <= today or review_on - today > LONGEST:
        raise Unusable("Choose a day of review in the next half year.")
    Plan.objects.filter(pk=plan.pk).update(review_on=review_on)
    Measure.objects.filter(case=case, stopped=False).update(ends_on=review_on)
    before, case.stage = case.stage, Stage.TRY.value
    case.save(update_fields=["stage"])
    happened(case, Event.STAGE, user=by, before=before, after=Stage.TRY.value)
    return case


@transaction.atomic
def rate(*, plan: Plan, level: int, by: User | Guardian, said_by: Member | None = None) -> Rating:
    """How far this member finds the aim was reached; again: the newer counts.

    Staff may note what a member of the family said (``said_by``).
    """
    case = opened(plan.case)
    member = staff_member(case, by) if isinstance(by, User) else family_member(case, by)
    if said_by is not None and isinstance(by, User):
        if said_by.case_id != case.pk or said_by.user_id is not None:
            raise Unusable("Choose who said it.")
        member = said_by
    if level not in [one.value for one in Level] or member.part == Part.INTERPRETER.value:
        raise Unusable("Choose one of the five levels.")
    if not plan.levels:
        raise Unusable("The plan does not say what its five levels look like. Write them first.")
    found, _made = Rating.objects.update_or_create(
        plan=plan, member=member, defaults={"level": level, "at": clock.now()}
    )
    return found
