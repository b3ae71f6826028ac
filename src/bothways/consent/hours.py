"""When a family may be contacted: quiet stretches and the next moment outside all of them. Pure.

All hours are those on the wall of the school: where a clock-change night drops or repeats an hour, the
wall counts.
"""

from collections.abc import Collection, Set
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

# No calendar may hold a step for longer than a summer: then it comes due, and a person sees it.
HORIZON = timedelta(days=120)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Hush:
    """A stretch in which nobody is contacted: every day, on one weekday, or on one date.

    From ``start`` up to, not including, ``end``; over midnight where the end is earlier. Both None: the
    whole day. Equal ends: never.
    """

    start: time | None = None
    end: time | None = None
    day: date | None = None
    weekday: int | None = None  # 0 is Monday

    def begins_on(self, day: date) -> bool:
        if self.day is not None:
            return day == self.day
        return self.weekday is None or day.weekday() == self.weekday

    def until(self, wall: datetime) -> datetime | None:
        """The wall time at which the stretch around ``wall`` ends; None outside of it."""
        for day in (wall.date(), wall.date() - _DAY):
            if not self.begins_on(day):
                continue
            midnight = datetime.combine(day, time())
            if self.start is None or self.end is None:
                first, last = midnight, midnight + _DAY
            else:
                first = datetime.combine(day, self.start)
                last = datetime.combine(day, self.end)
                if last < first:
                    last += _DAY
            if first <= wall < last:
                return last
        return None


def quiet_until(
    now: datetime, zone: ZoneInfo, hushes: Collection[Hush], closed: Set[date] = frozenset()
) -> datetime | None:
    """When the longest of the stretches around ``now`` ends; None: it is not quiet."""
    wall = now.astimezone(zone).replace(tzinfo=None, fold=0)
    ends = [end for hush in hushes if (end := hush.until(wall)) is not None]
    if wall.date() in closed:
        ends.append(datetime.combine(wall.date() + _DAY, time()))
    if not ends:
        return None
    end = max(ends)
    first = end.replace(tzinfo=zone, fold=0).astimezone(UTC)
    # In the hour that comes twice the first of two equal wall times may be over.
    return first if first > now else end.replace(tzinfo=zone, fold=1).astimezone(UTC)


def next_allowed(
    now: datetime, zone: ZoneInfo, hushes: Collection[Hush], closed: Set[date] = frozenset()
) -> datetime:
    """``now``, or the first moment after it outside all quiet stretches and closed days.

    At most HORIZON away, where nothing else is left open: what waits must come due for somebody.
    """
    last = now + HORIZON
    moment = now
    while moment < last:
        end = quiet_until(moment, zone, hushes, closed)
        if end is None:
            return moment
        moment = end
    return last


def open_minutes(hushes: Collection[Hush]) -> int:
    """How many minutes of the quietest weekday stay open; dated stretches do not count.

    >>> open_minutes([Hush(time(20), time(7))])
    780
    """
    weekly = [hush for hush in hushes if hush.day is None]
    monday = datetime.combine(date(2024, 1, 8), time())
    return min(
        sum(
            all(hush.until(monday + timedelta(days=day, minutes=minute)) is None for hush in weekly)
            for minute in range(0, 24 * 60, 5)
        )
        * 5
        for day in range(7)
    )
