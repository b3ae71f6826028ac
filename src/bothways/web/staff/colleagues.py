"""Who else serves a family, and so may take over what is to be done for it."""

from django.db.models import F, Q, QuerySet

from bothways.accounts.enums import CHOOSES_SCOPE, SCOPES, Scope
from bothways.accounts.models import Membership, Teaching, User
from bothways.people.models import CaseLoad, Student

_BY_ROLE = [role.value for role, scope in SCOPES.items() if scope is Scope.SCHOOL]
_CHOSEN = [role.value for role in CHOOSES_SCOPE]


def _whole_school(district: int) -> QuerySet[Membership]:
    """Live roles that serve every child of their school, by themselves or because the district says so."""
    return Membership.objects.filter(
        Q(role__in=_BY_ROLE, scope__in=["", Scope.SCHOOL.value])
        | Q(role__in=_CHOSEN, scope=Scope.SCHOOL.value),
        district=district,
        ended_at=None,
    )


def colleagues_of(district: int, household: int, student: int | None = None) -> QuerySet[User]:
    """Those who serve this child (None: any child of the family)."""
    children = Student.objects.live().filter(homes__household=household)
    if student is not None:
        children = children.filter(pk=student)
    # Ids of each kind, looked up from the few children: joined in one go, a school's staff would be
    # multiplied by all its children.
    at_school = _whole_school(district).filter(
        Q(school=None) | Q(school__in=children.order_by().values("school_id"))
    )
    assigned = CaseLoad.objects.filter(
        Q(user__memberships__school=None) | Q(user__memberships__school=F("student__school")),
        student__in=children,
        user__memberships__ended_at=None,
        user__memberships__role__in=_CHOSEN,
    )
    teaches = Teaching.objects.filter(
        ended_at=None,
        section__ended_at=None,
        section__enrollments__student__in=children,
        section__enrollments__ended_at=None,
    )
    return (
        _here(district)
        .filter(
            Q(pk__in=at_school.values("user_id"))
            | Q(pk__in=teaches.values("user_id"))
            | Q(pk__in=assigned.values("user_id"))
        )
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
    whole = _whole_school(user.district_id or 0).filter(Q(school=None) | Q(school__in=schools))
    mine = Teaching.objects.filter(user=user, ended_at=None)
    beside = Teaching.objects.filter(ended_at=None, section__in=mine.values("section_id"))
    return (
        _here(user.district_id or 0)
        .filter(Q(pk__in=whole.values("user_id")) | Q(pk__in=beside.values("user_id")))
        .exclude(pk=user.pk)
        .order_by("family", "given", "pk")
    )
