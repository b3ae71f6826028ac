"""Whom to turn to."""

from bothways.accounts.enums import Role
from bothways.accounts.models import Duty, Membership, User
from bothways.schools.models import School


def duty_persons(district_id: int, school: School | None) -> list[User]:
    """Who is told of danger: the school's duty persons, else the district's, else its leaders."""
    duties = Duty.objects.filter(district_id=district_id, user__is_active=True).select_related(
        "user"
    )
    for scope in ([school] if school else []) + [None]:
        named = [duty.user for duty in duties.filter(school=scope).order_by("pk")]
        if named:
            return named
    order = (Role.PRINCIPAL, Role.COUNSELOR, Role.OFFICE, Role.DISTRICT_ADMIN)
    # Whose school is not known, or has no leader on record: any leader of the district, rather than nobody.
    for scope in (school, None):
        for role in order:
            leaders = role_holders(district_id, role, scope)
            if leaders:
                return leaders
    return []


def role_holders(district_id: int, role: Role, school: School | None) -> list[User]:
    """Active users with this role in this school (school None: anywhere in the district), steady order."""
    members = Membership.objects.filter(
        district_id=district_id, role=role, ended_at=None, user__is_active=True
    ).select_related("user")
    if school is not None and role != Role.DISTRICT_ADMIN:
        members = members.filter(school=school)
    return list({m.user_id: m.user for m in members.order_by("user_id")}.values())
