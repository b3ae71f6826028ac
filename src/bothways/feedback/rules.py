"""Decisions about what families said: days, warnings before something is public, figures of waiting.

Pure: plain values in, plain values out.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime
from statistics import median
from zoneinfo import ZoneInfo

from bothways.core.text import fold
from bothways.feedback.enums import Kind
from bothways.schools.calendar import add_school_days, is_school_day

# School days until the family hears what came of it, where nobody said another day.
DAYS = {Kind.REQUEST: 5, Kind.SUGGESTION: 10, Kind.OBSERVATION: 10}
MOST_WORDS = 5000
PROMPT = 2  # school days within which an answer is prompt
FEWEST = 10  # families: a smaller group would show single ones
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_NUMBER = re.compile(r"\d[\d\s().-]*")
# A class, a room, a bus: with few families in it everybody knows who said it.
_SMALL = re.compile(
    r"\b(?i:room|class|grade|bus|section|period|salón|aula|grado|clase|autobús)"
    r"\s*(?:(?i:no)\.?|#)?\s*(?:\d{1,2}\w?|[A-Z])\b"
)


def due_on(kind: Kind, today: date, closed: Set[date]) -> date:
    """By when the family is to hear what came of it."""
    return add_school_days(today, DAYS[kind], closed)


def is_overdue(due: date, today: date, *, closed: bool) -> bool:
    return not closed and due < today


@dataclass(frozen=True, slots=True)
class Caution:
    """What somebody should look at before words are public: ``what`` is name, number or few."""

    what: str
    found: str


def cautions(text: str, *, names: Collection[str], families: int) -> list[Caution]:
    """What in these words could lead to somebody. ``names``: folded, of all at the school.

    A word counts as a name where it is written like one: with a capital, or in a script that has none.
    ``families``: how many said it.
    """
    known = frozenset(names)
    found: dict[str, Caution] = {}
    for match in _WORD.finditer(text):
        word = match.group()
        written_as_name = word[0].isupper() or word.lower() == word.upper()
        if written_as_name and fold(word.removesuffix("’s").removesuffix("'s")) in known:
            found.setdefault(word, Caution("name", word))
    for match in _NUMBER.finditer(text):
        digits = re.sub(r"\D", "", match.group())
        # Two digits are a day or an hour; with more it may be a telephone, a house or a child's number.
        if len(digits) > 4 or len(digits) == 3:
            number = match.group().strip(" .(-\n\t")
            found.setdefault(number, Caution("number", number))
    small = _SMALL.search(text)
    if small is not None and families < FEWEST:
        found.setdefault(small.group(), Caution("few", small.group()))
    return list(found.values())


@dataclass(frozen=True, slots=True)
class Wait:
    """Somebody waited, or waits: ``until`` is None where nobody has answered yet."""

    language: str
    family: int
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Promptness:
    """How long families of one language wait; "" is all languages."""

    language: str
    families: int
    answered: int
    median_hours: float | None  # of those answered
    within: int  # of ``decided``: answered within two school days
    decided: int  # answered, or waiting for longer than that
    waiting: int

    @property
    def percent(self) -> int:
        return round(100 * self.within / self.decided) if self.decided else 0


def promptness(
    waits: Iterable[Wait], *, now: datetime, zone: ZoneInfo, closed: Set[date]
) -> tuple[Promptness | None, list[Promptness]]:
    """All languages together, and each of ten families or more, the slowest first.

    None where fewer than ten families waited at all. Where the families of the languages that are left out are
    fewer than ten together, the smallest shown one is left out, too: else they were the difference.
    """
    groups: dict[str, list[Wait]] = defaultdict(list)
    every = []
    for wait in waits:
        groups[wait.language].append(wait)
        every.append(wait)
    whole = _prompt("", every, now=now, zone=zone, closed=closed)
    if whole.families < FEWEST:
        return None, []
    each = [
        _prompt(language, rows, now=now, zone=zone, closed=closed)
        for language, rows in groups.items()
        if language
    ]
    shown = sorted((one for one in each if one.families >= FEWEST), key=lambda one: one.families)
    hidden = {
        row.family
        for language, rows in groups.items()
        if language not in {one.language for one in shown}
        for row in rows
    }
    if shown and 0 < len(hidden) < FEWEST:
        shown = shown[1:]
    shown.sort(key=lambda one: (one.percent, -(one.median_hours or 0), one.language))
    return whole, shown


def _prompt(
    language: str, rows: Sequence[Wait], *, now: datetime, zone: ZoneInfo, closed: Set[date]
) -> Promptness:
    hours = [
        (row.until - row.since).total_seconds() / 3600 for row in rows if row.until is not None
    ]
    within = decided = 0
    for row in rows:
        days = school_days(row.since, row.until or now, zone=zone, closed=closed)
        if row.until is not None:
            decided += 1
            within += days <= PROMPT
        elif days > PROMPT:
            decided += 1
    return Promptness(
        language=language,
        families=len({row.family for row in rows}),
        answered=len(hours),
        median_hours=round(median(hours), 1) if hours else None,
        within=within,
        decided=decided,
        waiting=sum(row.until is None for row in rows),
    )


def school_days(since: datetime, until: datetime, *, zone: ZoneInfo, closed: Set[date]) -> int:
    """School days that began between the two: what came on Friday and is answered on Monday took one."""
    first, last = since.astimezone(zone).date(), until.astimezone(zone).date()
    # More than a few weeks are late whatever the calendar says.
    days = min((last - first).days, 40)
    return sum(
        is_school_day(date.fromordinal(first.toordinal() + n), closed) for n in range(1, days + 1)
    )
