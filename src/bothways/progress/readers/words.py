"""What the words and codes of attendance and gradebooks mean."""

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from bothways.core.text import fold
from bothways.progress.enums import Day, Work

# Short codes as most systems have them at first. Districts change them: a mapping's own words come before.
_CODES: dict[str, Day] = {
    "a": Day.UNKNOWN, "abs": Day.UNKNOWN, "u": Day.UNEXCUSED, "ua": Day.UNEXCUSED, "ux": Day.UNEXCUSED,
    "unx": Day.UNEXCUSED, "une": Day.UNEXCUSED, "e": Day.EXCUSED, "ea": Day.EXCUSED, "ex": Day.EXCUSED,
    "exc": Day.EXCUSED, "t": Day.TARDY, "l": Day.TARDY, "td": Day.TARDY, "tdy": Day.TARDY, "p": Day.PRESENT,
    "uv": Day.UNKNOWN, "nc": Day.UNKNOWN,
}  # fmt: skip
# In this order: “unexcused” holds “excused”, and “excused tardy” is a tardy.
_WORDS: tuple[tuple[re.Pattern[str], Day], ...] = tuple(
    (re.compile(pattern), day)
    for pattern, day in (
        (r"\b(tardy|tardies|late|lateness)\b", Day.TARDY),
        (r"\b(field trip|school activity|school business|school related|activity|excursion)\b", Day.ACTIVITY),
        (r"\b(partial|half day|early (dismissal|release|departure|checkout)|left early|part day)\b",
         Day.PARTIAL),
        (r"\b(unexcused|un excused|not excused|nonexcused|non excused|truan\w*|unauthori[sz]ed|skipp\w*)\b",
         Day.UNEXCUSED),
        (r"\b(unverified|unexplained|unknown|no call|not verified|no reason|uncleared|unresolved)\b",
         Day.UNKNOWN),
        (r"\b(excused|authori[sz]ed|ill|illness|sick|medical|doctor|funeral|bereavement|religious|suspen\w*"
         r"|homebound|quarantine|hospital\w*)\b", Day.EXCUSED),
        (r"\b(present|in attendance|remote|attended)\b", Day.PRESENT),
        (r"\b(absent|absence|away)\b", Day.UNKNOWN),
    )
)  # fmt: skip


def day_of(category: str, reason: str, duration: str, words: Mapping[str, Day]) -> Day:
    """What a row says; OTHER where nothing in it is known.

    The category decides; the reason only where the category says no more than “absent”. A duration below a
    whole day makes an absence a partial one.
    """
    told = words.get(category.strip().casefold())
    if told is not None:
        return told
    day = _day(category)
    if day in (Day.UNKNOWN, Day.OTHER) and reason:
        told = words.get(reason.strip().casefold()) or _day(reason)
        if told is not Day.OTHER and (day is Day.OTHER or told is not Day.PRESENT):
            day = told
    if day in (Day.UNEXCUSED, Day.UNKNOWN, Day.EXCUSED) and _part(duration):
        return Day.PARTIAL
    return day


@lru_cache(maxsize=4096)
def _day(text: str) -> Day:
    plain = fold(text)
    if plain in _CODES:
        return _CODES[plain]
    return next((day for pattern, day in _WORDS if pattern.search(plain)), Day.OTHER)


def _part(duration: str) -> bool:
    share = number(duration)
    return share is not None and 0 < share < 1


_YES = {"1", "true", "yes", "y", "x", "t"}
_MISSING = re.compile(
    r"\b(missing|not submitted|not handed in|not turned in|no submission|unsubmitted|incomplete)\b"
)
_LATE = re.compile(r"\b(late|submitted late|turned in late)\b")
_EXEMPT = re.compile(r"\b(exempt\w*|excused|not required|waived|tobedeleted|inactive|deleted)\b")
_DONE = re.compile(r"\b(graded|submitted|complete|completed|turned in|handed in|done|collected)\b")
_MISSING_CODES = {"m", "mi", "mis", "ns", "miss"}


def work_of(*, status: str, missing: str, late: str, score: str) -> Work:
    """What became of an assignment.

    An empty score alone is not missing: the teacher may not have looked yet. So is a zero: it was looked at.
    """
    word = fold(status)
    if _EXEMPT.search(word) or word in ("ex", "e"):
        return Work.EXEMPT
    if _true(missing) or _MISSING.search(word) or word in _MISSING_CODES:
        return Work.MISSING
    if fold(score) in (*_MISSING_CODES, "missing"):
        return Work.MISSING
    if _true(late) or _LATE.search(word) or word == "l":
        return Work.LATE
    if _DONE.search(word) or number(score) is not None:
        return Work.DONE
    return Work.OPEN


def _true(text: str) -> bool:
    return text.strip().casefold() in _YES


def number(text: str) -> Decimal | None:
    """“85”, “85.5”, “85,5”, “85 %”; None if it is none, or no number that points are."""
    plain = text.strip().rstrip("%").strip().replace(",", ".")
    if not plain or len(plain) > 20:
        return None
    try:
        found = Decimal(plain)
    except InvalidOperation:
        return None
    return found if found.is_finite() and abs(found) < 1_000_000 else None


def share_of(score: str, possible: str) -> Decimal | None:
    """Which part of the points, at most 9.999; None where it cannot be told."""
    earned, whole = number(score), number(possible)
    if earned is None:
        return None
    if whole is None and score.strip().endswith("%"):
        whole = Decimal(100)
    if whole is None or whole <= 0 or earned < 0:
        return None
    return min(earned / whole, Decimal("9.999")).quantize(Decimal("0.001"))
