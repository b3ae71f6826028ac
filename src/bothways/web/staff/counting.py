"""Whom a message would reach, counted anew; of a large audience not twice within a minute.

Counting looks at every adult and address of the audience: of a hundred thousand families that takes seconds,
and whoever writes asks again and again. What is kept are figures, of nobody.
"""

import hashlib
import json
import time
from collections.abc import Callable

from django.core.cache import cache

from bothways.accounts.models import User
from bothways.messaging.enums import Purpose
from bothways.messaging.fanout import Fanned
from bothways.messaging.services.messages import Draft

SLOW = 0.5  # seconds; what is counted faster is counted each time
KEPT = 60  # seconds


def counted(draft: Draft, *, by: User, words: bool, count: Callable[[], Fanned]) -> Fanned:
    """What ``count`` gives for this draft, or gave to this person in the last minute.

    ``words``: as it is written; else as if there were words in every language. An emergency is always
    counted anew.
    """
    if draft.purpose is Purpose.EMERGENCY:
        return count()
    key = _key(draft, by, words)
    found: Fanned | None = cache.get(key)
    if found is not None:
        return found
    started = time.perf_counter()
    found = count()
    if time.perf_counter() - started > SLOW:
        cache.set(key, found, KEPT)
    return found


def _key(draft: Draft, by: User, words: bool) -> str:
    """Of all that decides who gets it and how; the words themselves do not."""
    decides = {
        "by": by.pk,
        "purpose": draft.purpose.value,
        "audience": draft.audience.to_json(),
        "student": draft.student.pk if draft.student else None,
        "school": draft.school.pk if draft.school else None,
        "words": words
        and {
            tag: (source.origin.value, source.reviewed_by is not None)
            if (source := draft.sources.get(tag))
            else None
            for tag, body in draft.bodies.items()
            if body.strip()
        },
    }
    told = json.dumps(decides, sort_keys=True).encode()
    return f"count-{hashlib.sha256(told).hexdigest()}"
