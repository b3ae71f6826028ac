"""What the office has to mend: read for one user, in a fixed number of queries."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from bothways.accounts.enums import Permission
from bothways.accounts.models import User
from bothways.people.enums import PointKind, PointState
from bothways.people.models import (
    ContactPoint,
    Guardian,
    Household,
    HouseholdStudent,
    Link,
    Merge,
    PointAsked,
    PointChange,
    PossiblySame,
    Student,
)
from bothways.web.staff.scope import children_of, schools_where

# What people can be asked about; a browser asks for its notices itself.
_KINDS = (
    PointKind.PHONE.value,
    PointKind.EMAIL.value,
    PointKind.POSTAL.value,
    PointKind.WHATSAPP.value,
)


def children_to_mend(user: User) -> QuerySet[Student]:
    """The children of schools where this user may change contact data."""
    schools = schools_where(user, Permission.CONTACT_EDIT)
    served = children_of(user, Permission.CONTACT_EDIT)
    return served if schools is None else served.filter(school__in=schools)


def homes_to_mend(user: User) -> QuerySet[Household]:
    mine = HouseholdStudent.objects.filter(student__in=children_to_mend(user)).values(
        "household_id"
    )
    return Household.objects.filter(district=user.district, ended_at=None, pk__in=mine)


def adults_to_mend(user: User) -> QuerySet[Guardian]:
    """Adults with a tie to one of these children."""
    mine = Link.objects.filter(student__in=children_to_mend(user), ended_at=None).values(
        "guardian_id"
    )
    return Guardian.objects.filter(district=user.district, ended_at=None, pk__in=mine)


def proposed(user: User) -> QuerySet[PointChange]:
    """What was said and waits for somebody to make sure, the longest wait first."""
    return (
        PointChange.objects.filter(
            district=user.district,
            confirmed_at=None,
            refused_at=None,
            guardian__in=adults_to_mend(user),
        )
        .select_related("guardian", "point")
        .order_by("at", "pk")
    )


def failing(user: User) -> QuerySet[Household]:
    """Families with a way that does not work, or without any way; those without any first."""
    points = ContactPoint.objects.filter(
        guardian__household=OuterRef("pk"), guardian__ended_at=None, ended_at=None, kind__in=_KINDS
    )
    return (
        homes_to_mend(user)
        .filter(Exists(Guardian.objects.filter(household=OuterRef("pk"), ended_at=None)))
        .annotate(
            fails=Exists(points.filter(state=PointState.FAILING.value)),
            strange=Exists(points.filter(why="wrong_person")),
            reachable=Exists(points.exclude(state=PointState.FAILING.value)),
        )
        .filter(Q(fails=True) | Q(reachable=False))
        .order_by("reachable", "-strange", "pk")
    )


@dataclass(slots=True)
class Broken:
    """What does not work in one family."""

    points: list[ContactPoint] = field(default_factory=list)
    asked: PointAsked | None = None  # the last question
    proposed: bool = False


def broken(homes: Iterable[int]) -> dict[int, Broken]:
    """Two queries whatever their number."""
    wanted = list(homes)
    found: dict[int, Broken] = defaultdict(Broken)
    points = (
        ContactPoint.objects.filter(
            guardian__household__in=wanted,
            guardian__ended_at=None,
            ended_at=None,
            state=PointState.FAILING.value,
            kind__in=_KINDS,
        )
        .select_related("guardian")
        .order_by("guardian_id", "position", "pk")
    )
    for point in points:
        found[point.guardian.household_id or 0].points.append(point)
    asked = PointAsked.objects.filter(
        point__guardian__household__in=wanted, mended_at=None
    ).select_related("point__guardian")
    for question in asked.order_by("at", "pk"):
        found[question.point.guardian.household_id or 0].asked = question
    return found


@dataclass(frozen=True, slots=True)
class Shared:
    """One number that several families gave."""

    kind: str
    address: str
    homes: tuple[int, ...]


def shared(user: User, most: int = 50) -> list[Shared]:
    """Numbers and mailboxes of more than one family, of which the user serves each."""
    mine = homes_to_mend(user)
    points = ContactPoint.objects.filter(
        guardian__household__in=mine,
        guardian__ended_at=None,
        ended_at=None,
        kind__in=[PointKind.PHONE.value, PointKind.EMAIL.value],
    ).exclude(why="wrong_person")
    twice = (
        points.values("kind", "match")
        .annotate(n=Count("guardian__household", distinct=True))
        .filter(n__gt=1)
        .order_by("kind", "match")[:most]
    )
    keys = [(row["kind"], row["match"]) for row in twice]
    homes: dict[tuple[str, str], set[int]] = defaultdict(set)
    for kind, match, home in points.filter(match__in=[match for _, match in keys]).values_list(
        "kind", "match", "guardian__household"
    ):
        homes[kind, match].add(home)
    return [Shared(kind, match, tuple(sorted(homes[kind, match]))) for kind, match in keys]


def alike(user: User) -> QuerySet[PossiblySame]:
    """Undecided pairs of whom this user serves both; of another school's parent nothing is shown."""
    mine = adults_to_mend(user).values("pk")
    return (
        PossiblySame.objects.filter(
            district=user.district, decided_at=None, one__in=mine, other__in=mine
        )
        .select_related("one", "other")
        .order_by("pk")
    )


def merges(user: User) -> QuerySet[Merge]:
    """Merges that stand, of people whom this user serves, the latest first."""
    return (
        Merge.objects.filter(
            district=user.district, undone_at=None, kept__in=adults_to_mend(user).values("pk")
        )
        .select_related("kept", "away", "by")
        .order_by("-pk")
    )
