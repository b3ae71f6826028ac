"""Figures over a whole district: what is of many families is not counted twice within a minute.

Whom a message would reach is counted over every adult and address of the audience, what became of it over all
its deliveries: of a hundred thousand families that takes seconds, and people look again and again. What is
kept are figures, of nobody; those of few families are counted each time.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from django.core.cache import cache

from bothways.accounts.models import User
from bothways.messaging.enums import Purpose
from bothways.messaging.services.messages import Draft

MANY = 1_000  # families
KEPT = 60  # seconds


class Figures(Protocol):
    @property
    def families(self) -> int: ...


T = TypeVar("T", bound=Figures)


def of_draft(what: str, draft: Draft, *, by: User, words: bool, count: Callable[[], T]) -> T:
    """What ``count`` gives for this draft, or gave to this person in the last minute.

    ``words``: as it is written; else as if there were words in every language. An emergency is always
    counted anew.
    """
    if draft.purpose is Purpose.EMERGENCY:
        return count()
    key = _key(what, draft, by, words)
    kept: T | None = cache.get(key)
    if kept is not None:
        return kept
    found = count()
    if found.families > MANY:
        cache.set(key, found, KEPT)
    return found


def of_each(
    what: str, ids: Sequence[int], *, count: Callable[[Sequence[int]], Mapping[int, T]]
) -> dict[int, T]:
    """For each id what ``count`` gives for those of whom nothing was kept in the last minute; one look."""
    keys = {pk: f"count-{what}-{pk}" for pk in ids}
    kept = cache.get_many(keys.values()) if ids else {}
    found: dict[int, T] = {pk: kept[key] for pk, key in keys.items() if key in kept}
    rest = [pk for pk in ids if pk not in found]
    if rest:
        counted = count(rest)
        large = {keys[pk]: one for pk, one in counted.items() if one.families > MANY}
        if large:
            cache.set_many(large, KEPT)
        found |= counted
    return found


def forget(pk: int, *, by: User) -> None:
    """This person did something to this message: its figures are counted anew at the next look."""
    cache.delete_many([f"count-{what}-{pk}" for what in ("sent", f"became-{by.pk}")])


def _key(what: str, draft: Draft, by: User, words: bool) -> str:
    """Of all that decides who gets it and how; the words themselves do not."""
    written: dict[str, Any] = {}
    for tag, body in draft.bodies.items() if words else ():
        if body.strip():
            source = draft.sources.get(tag)
            written[tag] = source and [source.origin.value, source.reviewed_by is not None]
    decides = {
        "by": by.pk,
        "purpose": draft.purpose.value,
        "audience": draft.audience.to_json(),
        "student": draft.student.pk if draft.student else None,
        "school": draft.school.pk if draft.school else None,
        "words": written if words else None,
    }
    told = json.dumps(decides, sort_keys=True).encode()
    return f"count-{what}-{hashlib.sha256(told).hexdigest()}"
