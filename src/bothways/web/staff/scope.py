"""Where a member of staff may do what: the children they serve, and the roles they hold there."""

from collections.abc import Collection

from django.db.models import QuerySet

from bothways.accounts.enums import PERMISSIONS, Permission, Role
from bothways.accounts.models import User
from bothways.people.models import Household, HouseholdStudent, Student


def children_of(user: User) -> QuerySet[Student]:
    """The children this user serves today."""
    return Student.objects.live().visible_to(user)


def homes_of(user: User) -> QuerySet[Household]:
    """The families of these children."""
    served = HouseholdStudent.objects.filter(student__in=children_of(user)).values("household_id")
    return Household.objects.filter(district=user.district, ended_at=None, pk__in=served)


def may(user: User, permission: Permission, schools: Collection[int | None]) -> bool:
    """Whether a role that this user holds at one of these schools allows it.

    Somebody may be in the office of one school and teach in another: what the office may do stays there.
    """
    return any(
        permission in PERMISSIONS[Role(member.role)]
        and (member.school_id is None or member.school_id in schools)
        for member in user.roles()
    )


def schools_where(user: User, permission: Permission) -> set[int] | None:
    """Ids of the schools in which a role allows it; None: in the whole district."""
    held = [m for m in user.roles() if permission in PERMISSIONS[Role(m.role)]]
    if any(m.school_id is None for m in held):
        return None
    return {m.school_id for m in held if m.school_id is not None}
