"""Who else serves a family, and so may take over what is to be done for it."""

from django.db.models import F, Q, QuerySet

from bothways.accounts.enums import CHOOSES_SCOPE, SCOPES, Scope
from bothways.accounts.models import User
from bothways.people.models import Student

_BY_ROLE = [role.value for role, scope in SCOPES.items() if scope is Scope.SCHOOL]
_CHOSEN = [role.value for role in CHOOSES_SCOPE]
# A live role that serves every child of its school, by itself or because the district says so.
_WHOLE_SCHOOL = Q(memberships__ended_at=None) & (
    Q(memberships__role__in=_BY_ROLE, memberships__scope__in=["", Scope.SCHOOL.value])
    | Q(memberships__role__in=_CHOSEN, memberships__scope=Scope.SCHOOL.value)
)


def colleagues_of(district: int, household: int, student: int | None = None) -> QuerySet[User]:
    """Those who serve this child (None: any child of the family)."""
    children = Student.objects.live().filter(homes__household=household)
    if student is not None:
        children = children.filter(pk=student)
    at_school = _WHOLE_SCHOOL & Q(memberships__school__students__in=children)
    wide = _WHOLE_SCHOOL & Q(memberships__school=None)
    assigned = Q(
        case_load__student__in=children,
        memberships__ended_at=None,
        memberships__role__in=_CHOSEN,
    ) & (Q(memberships__school=None) | Q(memberships__school=F("case_load__student__school")))
    teaches = Q(
        teaching__ended_at=None,
        teaching__section__ended_at=None,
        teaching__section__enrollments__student__in=children,
        teaching__section__enrollments__ended_at=None,
    )
    return (
        _here(district)
        .filter(at_school | wide | teaches | assigned)
        .distinct()
        .order_by("family", "given", "pk")
    )


def _here(district: int) -> QuerySet[User]:
    return User.objects.filter(district=district, is_active=True, ended_at=None)


def staff_where(user: User, schools: set[int] | None) -> QuerySet[User]:
    """Colleagues with a role at one of these schools (None: in the whole district)."""
    found = _here(user.district_id or 0).filter(memberships__ended_at=None)
    if schools is not None:
        found = found.filter(Q(memberships__school__in=schools) | Q(memberships__school=None))
    return found.filter(memberships__isnull=False).distinct().order_by("family", "given", "pk")


def may_stand_in_for(user: User) -> QuerySet[User]:
    """Colleagues who serve the whole of a school in which this person works: standing in opens no record
    that is not open to them anyway."""
    schools = {member.school_id for member in user.roles() if member.school_id}
    whole = _WHOLE_SCHOOL & Q(memberships__school__in=schools)
    beside = Q(
        teaching__ended_at=None,
        teaching__section__teaching__user=user,
        teaching__section__teaching__ended_at=None,
    )
    wide = _WHOLE_SCHOOL & Q(memberships__school=None)
    return (
        _here(user.district_id or 0)
        .filter(whole | beside | wide)
        .exclude(pk=user.pk)
        .distinct()
        .order_by("family", "given", "pk")
    )
