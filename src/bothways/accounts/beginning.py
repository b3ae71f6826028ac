"""The first account of an installation: whoever starts the program gets a link, nobody else can have one."""

from django.core import signing
from django.db import connection, transaction
from django.urls import reverse

from bothways.accounts.enums import Role
from bothways.accounts.models import Membership, User
from bothways.audit.services import record
from bothways.schools.models import District

_SALT = "bothways.begin"
# Real time. As long as somebody may need who starts a machine on a Friday.
SECONDS_VALID = 7 * 24 * 3600
NAMELESS = "district"  # until the first roster says its id


class Begun(Exception):
    """Somebody runs this installation already."""


def has_begun() -> bool:
    """Whether anybody could set things up here by signing in."""
    return Membership.objects.filter(
        role=Role.DISTRICT_ADMIN.value, ended_at=None, user__is_active=True
    ).exists()


def link() -> str:
    """The path of the page on which an installation begins."""
    return reverse("begin", kwargs={"token": signing.dumps("begin", salt=_SALT)})


def is_valid(token: str) -> bool:
    """Whether this link was made here, is not too old, and nobody runs this installation yet."""
    try:
        signing.loads(token, salt=_SALT, max_age=SECONDS_VALID)
    except signing.BadSignature:
        return False
    return not has_begun()


@transaction.atomic
def begin(*, district: str, timezone: str, phone: str, given: str, family: str, email: str) -> User:
    """The district, if a roster did not bring it yet, and its first admin. Raises Begun."""
    with connection.cursor() as cursor:
        # Two who press at once: the second waits, and then finds that it has begun.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('bothways.begin'))")
    if has_begun():
        raise Begun
    known = list(District.objects.order_by("pk")[:2])
    if len(known) > 1:
        raise Begun  # several districts: their admins are made on the machine
    here = known[0] if known else District(sis_id=NAMELESS)
    here.name, here.timezone, here.phone = district, timezone, phone
    here.save()
    user = User.objects.filter(email__iexact=email, district=here).first()
    if user is None:
        user = User.objects.create_user(email, district=here, given=given, family=family)
    Membership.objects.create(district=here, user=user, role=Role.DISTRICT_ADMIN.value)
    record("installation.begun", user, by=user.pk, district=here.pk)
    return user
