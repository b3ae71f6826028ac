"""What is counted, and each day's number."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal

from django.db import transaction

from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.cases import rules
from bothways.cases.enums import Better, Every, How, Kind, Part, Side
from bothways.cases.models import Case, Measure, MeasurePoint, Member, PointBefore
from bothways.cases.refusals import Unusable
from bothways.cases.services.entering import (
    MOST_TITLE,
    family_member,
    opened,
    said,
    staff_member,
)
from bothways.core import clock
from bothways.people.models import Guardian


@dataclass(frozen=True, slots=True)
class Counted:
    """A measure as it is chosen."""

    what: str
    kind: Kind
    better: Better
    starts_on: date
    ends_on: date
    home: bool = False
    school: bool = False
    gradebook: bool = False
    ask_home: Every = Every.NEVER
    ask_at: time = time(18)
    said_in: Mapping[str, str] = field(default_factory=dict)


@transaction.atomic
def count(*, case: Case, counted: Counted, by: User) -> Measure:
    """Begin to count this. Raises Unusable."""
    case = opened(case)
    staff_member(case, by)
    what = said(
        counted.what,
        "Write what is counted, so that two people would count the same.",
        most=MOST_TITLE,
    )
    if not (counted.home or counted.school):
        raise Unusable("Choose who says the number: home, school or both.")
    if counted.ends_on < counted.starts_on:
        raise Unusable("The last day is before the first.")
    if (counted.ends_on - counted.starts_on).days > 366:
        raise Unusable("Count for a year at most; it can be made longer when it is looked at.")
    if counted.gradebook and counted.kind is not Kind.PERCENT:
        raise Unusable("The gradebook gives the percentage handed in on time: choose “percent”.")
    if case.measures.count() >= 4:
        raise Unusable("Four things are counted already. Fewer are done more faithfully.")
    measure = Measure.objects.create(
        district_id=case.district_id,
        case=case,
        what=what,
        said_in={tag: said(words, most=MOST_TITLE) for tag, words in counted.said_in.items()},
        kind=counted.kind.value,
        better=counted.better.value,
        home=counted.home,
        school=counted.school,
        gradebook=counted.gradebook and counted.school,
        ask_home=(counted.ask_home if counted.home else Every.NEVER).value,
        ask_at=counted.ask_at,
        starts_on=counted.starts_on,
        ends_on=counted.ends_on,
        made_at=clock.now(),
    )
    record("case.measure", case, by=by.pk, district=case.district_id, measure=measure.pk)
    return measure


@transaction.atomic
def stop_counting(*, measure: Measure, by: User) -> None:
    """From tomorrow on nobody is asked for it."""
    case = opened(measure.case)
    staff_member(case, by)
    today = clock.today(case.district.timezone)
    Measure.objects.filter(pk=measure.pk).update(
        stopped=True, ends_on=min(measure.ends_on, max(today, measure.starts_on))
    )
    record("case.measure_ended", case, by=by.pk, district=case.district_id, measure=measure.pk)


@transaction.atomic
def give(
    *, measure: Measure, day: date, value: Decimal, side: Side, how: How, by: User, words: str = ""
) -> MeasurePoint:
    """A number that staff give, or type in for home from paper or a call. Raises Unusable."""
    case = opened(measure.case)
    member = staff_member(case, by)
    if member.part == Part.INTERPRETER.value and side is Side.SCHOOL:
        raise Unusable("School’s number is for somebody of the school to give.")
    return put(
        measure,
        day,
        value,
        side,
        how,
        member=member if side is Side.SCHOOL else None,
        typed_by=by,
        words=words,
    )


@transaction.atomic
def give_at_home(
    *, measure: Measure, day: date, value: Decimal, guardian: Guardian
) -> MeasurePoint:
    """A number from a parent's own page. Raises Unusable, NotYours."""
    case = opened(measure.case)
    member = family_member(case, guardian)
    return put(measure, day, value, Side.HOME, How.PAGE, member=member)


def put(
    measure: Measure,
    day: date,
    value: Decimal,
    side: Side,
    how: How,
    *,
    member: Member | None = None,
    typed_by: User | None = None,
    words: str = "",
) -> MeasurePoint:
    """Keep the number of one day; what stood there before stays in its history. Raises Unusable.

    A day off is kept, too: it is marked where it is shown, and the comparison leaves it out.
    """
    case = measure.case
    today = clock.today(case.district.timezone)
    if not getattr(measure, side.value):
        raise Unusable("This side gives no number for this.")
    if not rules.fits(value, Kind(measure.kind)):
        least, most = Kind(measure.kind).bounds
        raise Unusable(f"A number from {least} to {most} is expected here.")
    if day > today:
        raise Unusable("That day is still to come.")
    if not measure.starts_on <= day <= measure.ends_on:
        raise Unusable(
            f"Counted from {measure.starts_on:%B} {measure.starts_on.day} to {measure.ends_on:%B} "
            f"{measure.ends_on.day}."
        )
    value = value.quantize(Decimal("0.01"))
    now = clock.now()
    point, made = MeasurePoint.objects.select_for_update().get_or_create(
        measure=measure,
        day=day,
        side=side.value,
        defaults={
            "value": value,
            "how": how.value,
            "at": now,
            "member": member,
            "typed_by": typed_by,
            "words": said(words)[:500],
        },
    )
    if made:
        _note(case, point, typed_by)
    elif point.value != value:
        PointBefore.objects.create(
            point=point, value=point.value, how=point.how, at=point.at, until=now
        )
        point.value, point.how, point.at = value, how.value, now
        point.member, point.typed_by = member, typed_by
        point.save(update_fields=["value", "how", "at", "member", "typed_by"])
        _note(case, point, typed_by)
    return point


def _note(case: Case, point: MeasurePoint, by: User | None) -> None:
    record("case.number", case, by=by.pk if by else None, district=case.district_id, point=point.pk)
