"""Who translates which languages."""

from collections.abc import Collection

from django.db.models import Q

from bothways.accounts.enums import PERMISSIONS, Permission, Role
from bothways.accounts.models import Membership, User
from bothways.interpreters.models import Tongue
from bothways.languages.codes import normalise
from bothways.messaging.models import Message


def languages_of(user: User) -> frozenset[str] | None:
    """The languages whose words this user sees here; None: all. Who only interprets sees the own ones."""
    if {held.role for held in user.roles()} != {Role.INTERPRETER.value}:
        return None
    pairs = Tongue.objects.filter(interpreter__user=user).values_list("language", "other")
    return frozenset(normalise(tag) or tag for pair in pairs for tag in pair)


_TRANSLATES = [role.value for role in Role if Permission.TRANSLATE in PERMISSIONS[role]]
_ASKED = 3  # names that are shown for a language


def who_reads(message: Message, languages: Collection[str]) -> dict[str, list[User]]:
    """Language → a few people who may go through a translation of this message; two queries."""
    held = Membership.objects.filter(
        Q(school=None) | Q(school=message.school_id) if message.school_id else Q(),
        district=message.district_id,
        role__in=_TRANSLATES,
        ended_at=None,
        user__is_active=True,
        user__ended_at=None,
    )
    speaks: dict[int, set[str]] = {}
    for user, *pair in Tongue.objects.filter(
        interpreter__user__in=held.values("user_id")
    ).values_list("interpreter__user_id", "language", "other"):
        speaks.setdefault(user, set()).update(normalise(tag) or tag for tag in pair)
    people = list(
        User.objects.filter(pk__in=held.values("user_id")).order_by("family", "given", "pk")
    )
    # Whoever interprets it comes before those who may do everything.
    return {
        tag: sorted(
            (one for one in people if tag in speaks.get(one.pk, {tag})),
            key=lambda one: tag not in speaks.get(one.pk, ()),
        )[:_ASKED]
        for tag in languages
    }
