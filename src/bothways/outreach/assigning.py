"""Who takes a step and on which day: pure, fair, and never more in a day than somebody can do."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, timedelta

from bothways.schools.calendar import is_school_day

_AHEAD = 730  # days; as far as a calendar is looked through


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who could take a step.

    ``weekdays``: the days on which they are at school, Monday is 0; None where nobody said.
    ``away``: spans of days, the first and the last included.
    """

    user_id: int
    open_tasks: int
    weekdays: frozenset[int] | None = None
    away: tuple[tuple[date, date], ...] = ()

    def is_away(self, day: date) -> bool:
        return any(first <= day <= last for first, last in self.away)

    def works(self, day: date) -> bool:
        """Whether they are there on this day, as far as we know."""
        return not self.is_away(day) and (self.weekdays is None or day.weekday() in self.weekdays)


def choose(candidates: Sequence[Candidate], *, day: date) -> int | None:
    """Who takes a step that comes up on this day: of those present the one with the least to do.

    Where nobody is at school that day, somebody who is not away takes it on their next day. None: all are
    away, or there is nobody. Of two with as much to do the smaller id: the same question has one answer.
    """
    present = [one for one in candidates if one.works(day)]
    reachable = present or [one for one in candidates if not one.is_away(day)]
    if not reachable:
        return None
    return min(reachable, key=lambda one: (one.open_tasks, one.user_id)).user_id


def due_for(
    load: Mapping[date, int],
    per_day: int,
    today: date,
    closed: Set[date],
    *,
    who: Candidate | None = None,
) -> date:
    """The first school day from ``today`` on with less than ``per_day`` due for somebody.

    ``load``: how much is due for them on each day. ``who``: counts only their own days. Where two years
    hold no such day (a calendar closed for good, hours without a day) it is the least filled day there is,
    else ``today``: a step is never without a date.
    """
    school: list[date] = []
    theirs: list[date] = []
    for ahead in range(_AHEAD + 1):
        day = today + timedelta(days=ahead)
        if not is_school_day(day, closed):
            continue
        school.append(day)
        if who is None or who.works(day):
            # Nearly always one of the first days: two years are not written down for each step.
            if load.get(day, 0) < per_day:
                return day
            theirs.append(day)
    rest = theirs or school
    return min(rest, key=lambda day: (load.get(day, 0), day)) if rest else today
