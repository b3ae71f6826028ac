"""Decisions about goals: which age, who reads, when a family is asked how it goes. Pure."""

from collections.abc import Collection, Iterable, Sequence, Set
from dataclasses import dataclass
from datetime import date, timedelta

from bothways.cases.goal_enums import AskEvery, Band, GoalState, SetBy
from bothways.people.enums import WordClass
from bothways.schools.calendar import is_school_day

LONGEST = timedelta(days=400)  # a school year and a summer
_YOUNG = ("IT", "PR", "PK", "TK", "KG")


def band_of(grade: str) -> Band:
    """Which templates fit; a grade that is not known counts as the youngest.

    >>> band_of("07"), band_of("12"), band_of("KG")
    (<Band.MIDDLE: 'middle'>, <Band.HIGH: 'high'>, <Band.ELEMENTARY: 'elementary'>)
    """
    if grade in _YOUNG or not grade.isdigit():
        return Band.ELEMENTARY
    return Band.HIGH if int(grade) >= 9 else Band.MIDDLE if int(grade) >= 6 else Band.ELEMENTARY


def shown_to_family(words: WordClass) -> bool:
    """A goal that a student keeps between themselves and school is not on the family's page."""
    return words is WordClass.FAMILY


def shown_to_student(words: WordClass, set_by: SetBy) -> bool:
    """What is agreed by all, and the student's own."""
    return words is WordClass.FAMILY or (
        words is WordClass.STUDENT_VOICE and set_by is SetBy.STUDENT
    )


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def due(
    every: AskEvery,
    weekday: int,
    today: date,
    *,
    last: date | None,
    until: date,
    closed: Set[date],
) -> bool:
    """Whether to ask today: on the first school day of a week from this weekday on, while the goal lasts.

    ``weekday``: 0 is Monday; ``last``: the day of the last question.
    """
    if every is AskEvery.NEVER or today > until or today.weekday() < weekday:
        return False
    if not is_school_day(today, closed):
        return False
    return last is None or monday(today) - monday(last) >= timedelta(weeks=every.weeks)


@dataclass(frozen=True, slots=True)
class Askable:
    """A goal of which its family could be asked today."""

    goal: int
    homes: frozenset[int]  # households with somebody who may be asked
    last: date | None


def one_each(due_today: Iterable[Askable], asked: Collection[int]) -> dict[int, frozenset[int]]:
    """Goal → households to ask: each household once a week at most, the goal that waited longest first.

    ``asked``: households that were asked of any goal this week.
    """
    taken = set(asked)
    found: dict[int, frozenset[int]] = {}
    for one in sorted(due_today, key=lambda a: (a.last or date.min, a.goal)):
        free = one.homes - taken
        if free:
            found[one.goal] = frozenset(free)
            taken |= free
    return found


def mean_of(values: Sequence[int]) -> float | None:
    return sum(values) / len(values) if values else None


def may_end(state: GoalState, to: GoalState) -> bool:
    """An open goal is reached or let go; an ended one is opened again."""
    return (state is GoalState.OPEN) != (to is GoalState.OPEN)
