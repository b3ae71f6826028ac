"""Answers that are often right: kept by one person or a school, with places for names."""

import re
from collections.abc import Mapping
from typing import Final

from django.db import transaction
from django.db.models import Q, QuerySet

from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.core import clock
from bothways.messaging.models import Canned
from bothways.schools.models import District, School

PLACES: Final = ("child", "name", "school")
MOST: Final = 2000
_PLACE = re.compile(r"\{([^{}]*)\}")


class NotKeepable(ValueError):
    """This answer cannot be kept so; the text says why."""


def unknown_places(text: str) -> list[str]:
    """Words in braces that nothing is put in for.

    >>> unknown_places("Dear {Child}, {name} will call.")
    ['{Child}']
    """
    return [f"{{{found}}}" for found in _PLACE.findall(text) if found not in PLACES]


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with these in place of {child}, {name} and {school}; a place without a value stays."""
    return _PLACE.sub(lambda found: values.get(found[1]) or found[0], text)


@transaction.atomic
def keep(
    *,
    district: District,
    title: str,
    texts: Mapping[str, str],
    school: School | None,
    owner: User | None,
    by: User,
    canned: Canned | None = None,
) -> Canned:
    """Keep an answer for oneself (``owner``), a school, or, with neither, the district. Raises NotKeepable."""
    kept = {tag: text.strip() for tag, text in texts.items() if text.strip()}
    if not title.strip() or not kept:
        raise NotKeepable("Write a title and the answer, in one language at least.")
    for text in kept.values():
        if wrong := unknown_places(text):
            raise NotKeepable(
                f"Nothing is put in for {', '.join(wrong)}. Use {{child}}, {{name}} and {{school}}."
            )
        if len(text) > MOST:
            raise NotKeepable("An answer has up to 2,000 characters.")
    made = canned or Canned(district=district)
    made.title, made.texts = title.strip()[:80], kept
    made.school, made.owner = (None, owner) if owner else (school, None)
    made.at, made.by = clock.now(), by
    made.save()
    record("canned.kept", made, by=by.pk, district=district.pk)
    return made


@transaction.atomic
def forget(*, canned: Canned, by: User) -> None:
    """Nobody uses this answer any more."""
    record("canned.forgotten", canned, by=by.pk, district=canned.district_id)
    canned.delete()


def canned_for(user: User) -> QuerySet[Canned]:
    """What this user can fill in: their own, their schools', the district's."""
    schools = [member.school_id for member in user.roles() if member.school_id]
    shared = Q(owner=None) & (Q(school=None) | Q(school__in=schools))
    if user.is_district_wide:
        shared = Q(owner=None)
    return (
        Canned.objects.filter(Q(owner=user) | shared, district=user.district_id)
        .select_related("school", "owner")
        .order_by("title", "pk")
    )
