"""Give and end roles, accounts and duties."""

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db import transaction

from bothways.accounts import rules
from bothways.accounts.enums import Role, Scope
from bothways.accounts.models import Duty, Membership, User
from bothways.audit.services import record
from bothways.core import clock
from bothways.schools.models import District, School


class CannotChangeRole(ValueError):
    """Says why, in words for whoever asked."""


class LastAdmin(CannotChangeRole):
    """Without a district admin nobody could put it right again."""

    def __init__(self) -> None:
        super().__init__(
            "This is the last district admin. Make somebody else district admin first."
        )


class AddressTaken(ValueError):
    """Somebody signs in with this address already."""


@transaction.atomic
def give_role(
    *, user: User, role: Role, school: School | None, by: int | None = None, scope: str = ""
) -> Membership:
    """This user has this role there from now on, whatever a roster says later.

    ``scope``: ``school`` or ``case_load`` where the role lets it be chosen; empty: as the role has it.
    """
    assert user.district_id is not None
    member, _ = Membership.objects.update_or_create(
        user=user,
        role=role.value,
        school=school,
        defaults={
            "district_id": user.district_id,
            "from_roster": False,
            "ended_at": None,
            "scope": scope,
        },
    )
    record("role.given", user, by=by, district=user.district_id, role=role.value, **_at(school))
    return member


@transaction.atomic
def set_scope(*, member: Membership, scope: Scope, by: int) -> None:
    """Let a counselor or liaison serve the whole school, or the families assigned; a roster keeps it."""
    if not rules.fits(Role(member.role), member.school_id, scope.value):
        raise CannotChangeRole("This role has no choice of families.")
    member.scope = scope.value
    member.save(update_fields=["scope"])
    record(
        "role.scope", member.user, by=by, district=member.district_id, role=member.role, scope=scope
    )


@transaction.atomic
def end_role(*, user: User, role: Role, school: School | None, by: int | None = None) -> None:
    """This user has this role there no more, until somebody or a roster gives it again; or LastAdmin."""
    live = Membership.objects.filter(user=user, role=role.value, school=school, ended_at=None)
    if role is Role.DISTRICT_ADMIN and live.exists():
        _keep_an_admin(user)
    live.update(ended_at=clock.now())
    if role is Role.DUTY:
        Duty.objects.filter(user=user, school=school).delete()
    record("role.ended", user, by=by, district=user.district_id, role=role.value, **_at(school))


@transaction.atomic
def add_person(*, district: District, given: str, family: str, email: str, by: int) -> User:
    """Somebody who stands in no roster; or AddressTaken."""
    if User.objects.filter(email__iexact=email).exists():
        raise AddressTaken
    user = User.objects.create_user(email, district=district, given=given, family=family)
    record("staff.added", user, by=by, district=district.pk)
    return user


@transaction.atomic
def set_reach(*, user: User, email: str, phone: str, by: int) -> None:
    """Another address or number; whoever is signed in by the old address is signed out."""
    moved = (user.email or "") != email
    user.email, user.phone = email or None, phone
    user.save(update_fields=["email", "phone"])
    if moved:
        sign_out_everywhere(user=user, by=by)
    record("staff.reach", user, by=by, district=user.district_id)


@transaction.atomic
def end_account(*, user: User, by: int) -> None:
    """No sign-in any more, no role, no duty, and signed out everywhere; or LastAdmin."""
    now = clock.now()
    if user.has_role(Role.DISTRICT_ADMIN):
        _keep_an_admin(user)
    user.memberships.filter(ended_at=None).update(ended_at=now)
    user.duties.all().delete()
    user.is_active, user.ended_at = False, now
    user.save(update_fields=["is_active", "ended_at"])
    sign_out_everywhere(user=user, by=by)
    record("staff.ended", user, by=by, district=user.district_id)


@transaction.atomic
def open_account(*, user: User, by: int) -> None:
    """Back again, without any role."""
    user.is_active, user.ended_at = True, None
    user.save(update_fields=["is_active", "ended_at"])
    record("staff.back", user, by=by, district=user.district_id)


@transaction.atomic
def sign_out_everywhere(*, user: User, by: int) -> int:
    """End every session of this person; how many there were."""
    sessions = list(UserSession.objects.filter(user_id=user.pk))
    for session in sessions:
        session.end()
    record("sign_in.ended", user, by=by, district=user.district_id, sessions=len(sessions))
    return len(sessions)


@transaction.atomic
def take_second_step_away(*, user: User, by: int) -> int:
    """For whoever lost phone and key: a code by email is enough again; how many steps there were."""
    gone: int = Authenticator.objects.filter(user_id=user.pk).delete()[0]
    record("second_step.removed", user, by=by, district=user.district_id)
    return gone


@transaction.atomic
def name_duty(*, user: User, school: School | None, phone: str, by: int) -> None:
    """This person is told at once of words of danger there, may read them, and can be called."""
    assert user.district is not None
    Duty.objects.get_or_create(district=user.district, school=school, user=user)
    if user.phone != phone:
        user.phone = phone
        user.save(update_fields=["phone"])
    give_role(user=user, role=Role.DUTY, school=school, by=by)


@transaction.atomic
def end_duty(*, duty: Duty, by: int) -> None:
    """Not told any more; the rights that came with it end, too."""
    user, school = duty.user, duty.school
    duty.delete()
    end_role(user=user, role=Role.DUTY, school=school, by=by)


def _keep_an_admin(leaving: User) -> None:
    """Somebody else has to be there who can give roles; two who leave at once see each other."""
    assert leaving.district_id is not None
    District.objects.select_for_update().get(pk=leaving.district_id)
    others = Membership.objects.filter(
        district_id=leaving.district_id,
        role=Role.DISTRICT_ADMIN.value,
        ended_at=None,
        user__is_active=True,
        user__email__isnull=False,
    ).exclude(user=leaving)
    if not others.exists():
        raise LastAdmin


def _at(school: School | None) -> dict[str, int]:
    return {"school": school.pk} if school is not None else {}
