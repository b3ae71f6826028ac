"""Give and end roles."""

from django.db import transaction

from bothways.accounts.enums import Role
from bothways.accounts.models import Membership, User
from bothways.audit.services import record
from bothways.core import clock
from bothways.schools.models import School


@transaction.atomic
def give_role(
    *, user: User, role: Role, school: School | None, by: int | None = None
) -> Membership:
    """This user has this role there from now on, whatever a roster says later."""
    assert user.district_id is not None
    member, _ = Membership.objects.update_or_create(
        user=user,
        role=role.value,
        school=school,
        defaults={"district_id": user.district_id, "from_roster": False, "ended_at": None},
    )
    record("role.given", user, by=by, district=user.district_id, role=role.value)
    return member


@transaction.atomic
def end_role(*, user: User, role: Role, school: School | None, by: int | None = None) -> None:
    """This user has this role there no more, until somebody or a roster gives it again."""
    Membership.objects.filter(user=user, role=role.value, school=school, ended_at=None).update(
        ended_at=clock.now()
    )
    record("role.ended", user, by=by, district=user.district_id, role=role.value)
