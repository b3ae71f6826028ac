"""Decisions of a welcome conversation: pure."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from bothways.people.enums import WordClass
from bothways.welcome.enums import Asked, Band

# What is typed, looked at and typed on within this time is one way of saying it, not a correction.
ONE_SITTING = timedelta(minutes=30)
# Whom a school talked with so lately it does not ask everything again.
STILL_FRESH = timedelta(days=300)
# The family may choose these; a child's own words are no part of this talk.
CHOICES = (WordClass.FAMILY, WordClass.SPEAKER_ONLY, WordClass.PROTECTED)

_NUMBER = re.compile(r"\d{1,2}")
_MIDDLE_FROM, _HIGH_FROM, _LAST = 6, 9, 13


def band_of(grade: str) -> Band:
    """The age band of a grade as rosters write it; elementary where nothing can be read.

    >>> [band_of(g).value for g in ("KG", "05", "7", "Grade 11", "")]
    ['elementary', 'elementary', 'middle', 'high', 'elementary']
    """
    found = _NUMBER.search(grade)
    if found is None:
        return Band.ELEMENTARY
    year = int(found[0])
    if _HIGH_FROM <= year <= _LAST:
        return Band.HIGH
    return Band.MIDDLE if _MIDDLE_FROM <= year < _HIGH_FROM else Band.ELEMENTARY


def is_correction(
    *, before: str, after: str, same_person: bool, ended: bool, since: timedelta
) -> bool:
    """Whether what stood there before is kept beside what is said now.

    Nothing is kept of an empty box, nor of a sentence that grows while the same person types it.
    """
    if not before or before == after:
        return False
    return ended or not same_person or since > ONE_SITTING


def may_read(word_class: str, *, protected: bool, wrote_it: bool) -> bool:
    """Whether staff who serve the child read this answer. ``protected``: may read protected words there."""
    if word_class in (WordClass.FAMILY.value, WordClass.SPEAKER_ONLY.value):
        return True
    return protected or wrote_it


def others_may_read(word_class: str) -> bool:
    """Whether another adult of the same home reads it."""
    return word_class == WordClass.FAMILY.value


def asked_of(
    talks: Iterable[tuple[datetime | None, datetime | None, bool]], *, invited: bool
) -> Asked:
    """How far a family has come; ``talks``: (ended, declined, has answers) of each of its adults' talks.

    The furthest counts: where one adult preferred not to and the other told everything, the talk was held.
    """
    found = Asked.INVITED if invited else Asked.NOT_YET
    order = (Asked.NOT_YET, Asked.INVITED, Asked.PREFERRED_NOT, Asked.HALF, Asked.HELD)
    for ended, declined, answered in talks:
        if ended is not None and answered:
            one = Asked.HELD
        elif answered:
            one = Asked.HALF
        elif declined is not None:
            one = Asked.PREFERRED_NOT
        else:
            continue
        found = max(found, one, key=order.index)
    return found
