"""Three for this week: of the children one teaches, whose turn it is to hear something good."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Exists, Max, OuterRef, Q

from bothways.accounts.models import User
from bothways.consent.queries import standing
from bothways.messaging.enums import State, Tone
from bothways.messaging.models import Delivery, Message
from bothways.outreach.enums import Result
from bothways.outreach.models import PersonContact
from bothways.outreach.suggesting import Child, for_this_week
from bothways.people.models import Student
from bothways.web.staff.scope import children_of

MOST_CHILDREN = (
    400  # of somebody's classes: whoever serves a whole school has no class of their own
)
_TOLD = (Result.TALKED.value, Result.GIVEN.value)
_LOST = (State.WITHHELD.value, State.REJECTED.value, State.UNDELIVERED.value)


@dataclass(frozen=True, slots=True)
class Turn:
    """A child whose turn it is, and the home to tell."""

    student: Student
    home: int
    last_good: date | None
    only_worries: bool


def turns(user: User, now: datetime, *, apart: Collection[int] = ()) -> list[Turn]:
    """At most three children, not of the homes ``apart``; a fixed number of queries."""
    if user.district is None:
        return []
    zone = user.district.zone
    today = now.astimezone(zone).date()
    taught = {
        child.pk: child
        for child in children_of(user)
        .filter(
            enrollments__ended_at=None,
            enrollments__section__ended_at=None,
            enrollments__section__teaching__user=user,
            enrollments__section__teaching__ended_at=None,
        )
        .distinct()[: MOST_CHILDREN + 1]
    }
    if not taught or len(taught) > MOST_CHILDREN:
        return []
    homes: dict[int, set[int]] = defaultdict(set)
    for child, home in (
        standing(district=user.district, at=now, records=True)
        .filter(student__in=taught, guardian__household__isnull=False)
        .values_list("student", "guardian__household")
    ):
        if home is not None:
            homes[child].add(home)
    went = Exists(Delivery.objects.filter(message=OuterRef("pk")).exclude(state__in=_LOST))
    about: dict[int, dict[str, tuple[datetime, int]]] = defaultdict(dict)
    for child, tone, at, n in (
        Message.objects.filter(
            went,
            student__in=taught,
            tone__in=[Tone.GOOD.value, Tone.CONCERN.value],
            sent_at__isnull=False,
        )
        .order_by()
        .values("student", "tone")
        .annotate(at=Max("sent_at"), n=Count("pk"))
        .values_list("student", "tone", "at", "n")
    ):
        if child is not None:
            about[child][tone] = at, n
    every_home = {home for some in homes.values() for home in some}
    talked: dict[int, dict[str, tuple[datetime, int]]] = defaultdict(dict)
    for home, tone, at, n in (
        PersonContact.objects.filter(
            household__in=every_home,
            result__in=_TOLD,
            tone__in=[Tone.GOOD.value, Tone.CONCERN.value],
        )
        .order_by()
        .values("household", "tone")
        .annotate(at=Max("at"), n=Count("pk"))
        .values_list("household", "tone", "at", "n")
    ):
        talked[home][tone] = at, n
    this_week = _heard_since(every_home, now - timedelta(days=7))
    rows = [_child(pk, homes[pk], about[pk], talked, this_week, user) for pk in taught]
    known = {one.student: one for one in rows}
    week = today - timedelta(days=today.weekday())
    return [
        Turn(taught[pk], min(known[pk].homes), known[pk].last_good, known[pk].only_worries)
        for pk in for_this_week(rows, seed=f"{user.pk}:{week}", taken=apart)
    ]


def _child(
    pk: int,
    homes: set[int],
    about: dict[str, tuple[datetime, int]],
    talked: dict[int, dict[str, tuple[datetime, int]]],
    this_week: set[int],
    user: User,
) -> Child:
    """What was told: in notes about this child, and in talks with its homes."""
    assert user.district is not None
    zone = user.district.zone

    def told(tone: Tone) -> list[tuple[datetime, int]]:
        found = [about[tone.value]] if tone.value in about else []
        return found + [talked[home][tone.value] for home in homes if tone.value in talked[home]]

    def latest(tone: Tone) -> date | None:
        times = [at for at, _n in told(tone)]
        return max(times).astimezone(zone).date() if times else None

    return Child(
        pk,
        frozenset(homes),
        latest(Tone.GOOD),
        latest(Tone.CONCERN),
        sum(n for _at, n in told(Tone.GOOD)),
        bool(homes & this_week),
    )


def _heard_since(homes: set[int], since: datetime) -> set[int]:
    notes = (
        Delivery.objects.filter(
            household__in=homes, message__tone=Tone.GOOD.value, message__sent_at__gte=since
        )
        .exclude(state__in=_LOST)
        .values_list("household", flat=True)
    )
    talks = PersonContact.objects.filter(
        Q(tone=Tone.GOOD.value, result__in=_TOLD), household__in=homes, at__gte=since
    ).values_list("household", flat=True)
    return {*notes, *talks}
