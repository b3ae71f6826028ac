"""Where a member of staff may do what: the children they serve, and the roles they hold there."""

from collections.abc import Collection

from django.db.models import QuerySet

from bothways.accounts.enums import Permission
from bothways.accounts.models import User
from bothways.people.models import Household, HouseholdStudent, Student


def children_of(user: User, permission: Permission | None = None) -> QuerySet[Student]:
    """The children this user serves today; with a permission: in a role that allows it."""
    return Student.objects.live().visible_to(user, permission)


def homes_of(user: User, permission: Permission | None = None) -> QuerySet[Household]:
    """The families of these children."""
    children = children_of(user, permission)
    served = HouseholdStudent.objects.filter(student__in=children).values("household_id")
    return Household.objects.filter(district=user.district, ended_at=None, pk__in=served)


def may(user: User, permission: Permission, schools: Collection[int | None]) -> bool:
    """Whether a role that this user holds at one of these schools allows it."""
    return user.may(permission, schools)


def schools_where(user: User, permission: Permission) -> set[int] | None:
    """Ids of the schools in which a role allows it; None: in the whole district."""
    return user.schools_where(permission)
