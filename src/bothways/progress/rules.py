"""Who is told what of a child, and when: plain values in, plain values out. Pure."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from statistics import median_low

from bothways.core.text import fold
from bothways.progress.enums import NEVER_ASKED, Ask, Day, Standing, Work

# A question about this morning is no use in the evening, and would wait for the quiet hours to end.
ASKED_UNTIL = time(18)
# A weekly or monthly word goes out at its hour or a few hours later, where the machine was down; else not.
LATE = timedelta(hours=4)
# Older files say nothing of this week.
FRESH = timedelta(days=7)
# Work that is longer due is not brought up any more: it cannot be made good.
LOOK_BACK = timedelta(days=28)
MOST_ITEMS = 8
# Fewer children and a figure would speak of single ones.
SMALLEST_GROUP = 10
# What calls for a talk instead of a list.
MANY_MISSING = 5
MUCH_MISSING = Decimal("0.4")
FEW_POINTS = Decimal("0.6")
ENOUGH_SCORED = 3


@dataclass(frozen=True, slots=True)
class Absence:
    """One child on one day, as the rule sees it."""

    day: date
    kind: Day
    excused: bool = False  # by somebody here
    asked: bool = False  # the family was asked about this day before
    hearers: int = 1  # adults who may be told about this child's records


@dataclass(frozen=True, slots=True)
class Asking:
    """How a district asks."""

    on: bool
    counted: Collection[Day]
    at: time


def ask(absence: Absence, *, asking: Asking, now: datetime, school: bool) -> Ask:
    """What is done about this absence at this moment.

    ``now`` is on the school's wall; ``school``: whether there is school on that day.
    """
    if absence.asked:
        return Ask.ASKED
    if absence.excused or absence.kind is Day.EXCUSED:
        return Ask.EXCUSED
    if absence.kind in NEVER_ASKED or absence.kind not in asking.counted:
        return Ask.NOT_COUNTED
    if absence.day != now.date():
        return Ask.NOT_TODAY
    if not school:
        return Ask.NO_SCHOOL
    if absence.hearers < 1:
        return Ask.NOBODY
    if not asking.on:
        return Ask.SWITCHED_OFF
    if now.time() < asking.at:
        return Ask.TOO_EARLY
    if now.time() >= ASKED_UNTIL:
        return Ask.TOO_LATE
    return Ask.ASK


def is_hour(now: datetime, day_fits: bool, at: time) -> bool:
    """Whether a word of this day and hour goes out now; ``now`` on the school's wall."""
    begun = datetime.combine(now.date(), at, now.tzinfo)
    return day_fits and begun <= now < begun + LATE


@dataclass(frozen=True, slots=True)
class Piece:
    """One assignment of one child."""

    course: str
    title: str
    due: date | None
    work: Work
    share: Decimal | None = None


def is_missing(piece: Piece, today: date) -> bool:
    """Whether it should be here by now and is worth asking for."""
    if piece.work is not Work.MISSING:
        return False
    return piece.due is None or today - LOOK_BACK <= piece.due < today


def missing(pieces: Iterable[Piece], today: date) -> list[Piece]:
    """What is missing, the newest first: it is the easiest to make good."""
    found = [piece for piece in pieces if is_missing(piece, today)]
    return sorted(found, key=lambda p: (-(p.due or date.min).toordinal(), p.course, p.title))


def standing(pieces: Sequence[Piece], today: date) -> Standing:
    """How one course, or all of them, goes."""
    lately = [
        piece
        for piece in pieces
        if piece.work is not Work.EXEMPT
        and (piece.due is None or today - LOOK_BACK <= piece.due <= today)
    ]
    settled = [piece for piece in lately if piece.work is not Work.OPEN]
    if not settled:
        return Standing.UNKNOWN
    lacking = len(missing(settled, today))
    scored = [piece.share for piece in settled if piece.share is not None]
    low = len(scored) >= ENOUGH_SCORED and sum(scored) / len(scored) < FEW_POINTS
    if (
        low
        or lacking >= MANY_MISSING
        or (lacking >= ENOUGH_SCORED and lacking >= MUCH_MISSING * len(settled))
    ):
        return Standing.NEEDS_TALK
    return Standing.SOME_MISSING if lacking else Standing.GOING_WELL


def by_course(pieces: Iterable[Piece]) -> dict[str, list[Piece]]:
    found: dict[str, list[Piece]] = {}
    for piece in pieces:
        found.setdefault(piece.course, []).append(piece)
    return dict(sorted(found.items()))


@dataclass(frozen=True, slots=True)
class Week:
    """What one child's family is told this week."""

    missing: tuple[Piece, ...]
    more: int  # missing pieces beyond those named
    going_well: tuple[str, ...]
    standing: Standing


def week(pieces: Sequence[Piece], today: date) -> Week:
    lacking = missing(pieces, today)
    courses = {name: standing(own, today) for name, own in by_course(pieces).items() if name}
    return Week(
        missing=tuple(lacking[:MOST_ITEMS]),
        more=max(len(lacking) - MOST_ITEMS, 0),
        going_well=tuple(name for name, how in courses.items() if how is Standing.GOING_WELL),
        standing=max((standing(pieces, today), *courses.values()), default=Standing.UNKNOWN),
    )


def all_handed_in(pieces: Iterable[Piece], today: date) -> bool:
    """Whether something was due in the last seven days, all of it is here, and nothing older is missing."""
    own = list(pieces)
    lately = [p for p in own if p.due is not None and today - timedelta(days=7) < p.due <= today]
    handed_in = [p for p in lately if p.work in (Work.DONE, Work.LATE)]
    waiting = [p for p in lately if p.work is Work.MISSING]
    return bool(handed_in) and not waiting and not missing(own, today)


def typical(counts: Sequence[int]) -> int | None:
    """The number in the middle; None where the group is too small to be spoken of."""
    return median_low(counts) if len(counts) >= SMALLEST_GROUP else None


def days_told(missed: int, usual: int | None, least: int) -> tuple[bool, int | None]:
    """Whether a child's total is told, and beside which usual number.

    The usual number helps where a child misses more than it; below it, it would say that there is room.
    """
    return missed >= max(least, 1), usual if usual is not None and usual < missed else None


def until_in(words: str, today: date, weekdays: Mapping[str, int]) -> date | None:
    """The last day off school that words name, at most two weeks ahead; None where they name none.

    ``weekdays``: folded names of days to their number (0 is Monday). “Until Thursday” includes Thursday: who
    comes earlier loses nothing by it, and who was asked too early feels accused.
    """
    plain = fold(words)
    if match := re.search(r"\b(\d{1,2}) (\d{1,2})\b", plain):
        for month, day in ((int(match[1]), int(match[2])), (int(match[2]), int(match[1]))):
            found = _near(month, day, today)
            if found is not None:
                return found
    named = [weekdays[word] for word in plain.split() if word in weekdays]
    named += [day for name, day in weekdays.items() if _runs_on(name) and name in plain]
    if not named:
        return None
    return today + timedelta(days=(named[-1] - today.weekday()) % 7)


def _runs_on(name: str) -> bool:
    """Whether it is no single word between blanks: two words, or a script that sets no blanks."""
    return " " in name or name[:1] >= "\u3000"


def _near(month: int, day: int, today: date) -> date | None:
    for year in (today.year, today.year + 1):
        try:
            found = date(year, month, day)
        except ValueError:
            continue
        if timedelta(0) <= found - today <= timedelta(days=14):
            return found
    return None
