"""Where a member of staff may do what: the children they serve, and the roles they hold there."""

from collections.abc import Collection

from django.contrib.postgres.aggregates import ArrayAgg
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


def home_ids(user: User) -> list[int] | None:
    """The ids of these families, read once a page; None: all of the district."""
    if user.is_district_wide:
        return None
    return user.once("homes", lambda: _ids(homes_of(user)))


def _ids(families: QuerySet[Household]) -> list[int]:
    # As one array: thousands of rows of one number each take longer to read than to find.
    found: list[int] = families.order_by().aggregate(ids=ArrayAgg("pk", default=[]))["ids"]
    return found


def may(user: User, permission: Permission, schools: Collection[int | None]) -> bool:
    """Whether a role that this user holds at one of these schools allows it."""
    return user.may(permission, schools)


def schools_where(user: User, permission: Permission) -> set[int] | None:
    """Ids of the schools in which a role allows it; None: in the whole district."""
    return user.schools_where(permission)
