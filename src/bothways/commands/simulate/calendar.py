"""Who writes what and when in the simulated weeks: pure, and the same for the same seed.

Believable rather than measured: a district writes once a week, each school once a week, a few classes a day;
teachers write about single children; now and then a school closes early, and once there is an emergency.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from hashlib import blake2b
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

# One personal note a day for so many children: a teacher of 25 writes one in four days.
CHILDREN_PER_NOTE: Final = 100
CLASSES_PER_WEEK: Final = 4  # of each school write news; all would be a flood that nobody has
ONE_IN_WORRIES: Final = 4  # of so many personal notes one is about something hard
EARLY_DAYS: Final = (2, 9, 16)  # school days on which some school closes early, then every 10th
EMERGENCY_DAY: Final = 6  # or the last day, if there are fewer


@dataclass(frozen=True, slots=True)
class ClassRoom:
    id: str  # roster id
    title: str
    teacher: int | None


@dataclass(frozen=True, slots=True)
class Child:
    id: str  # roster id
    called: str
    teachers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SchoolHouse:
    id: str  # roster id
    name: str
    head: int | None  # who writes for the school
    classes: Sequence[ClassRoom] = ()
    children: Sequence[Child] = ()


T = TypeVar("T", SchoolHouse, ClassRoom, Child)


@dataclass(frozen=True, slots=True)
class Item:
    """Something that is written at a moment. ``author`` None: the district itself."""

    at: datetime
    kind: str  # of the words
    purpose: str
    author: int | None
    number: int = 0  # in the order of time; 1 is the welcome
    parts: Mapping[str, str] = field(default_factory=dict)
    schools: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    student: str | None = None


def school_days(first: date, count: int, closed: Iterable[date] = ()) -> list[date]:
    """So many days from ``first`` on, without weekends and closed days (of those at most two years)."""
    days: list[date] = []
    shut, day = set(closed), first
    while len(days) < count and day < first + timedelta(days=count * 7 + 730):
        if day.weekday() < 5 and day not in shut:
            days.append(day)
        day += timedelta(days=1)
    return days


def plan(
    *, seed: int, place: str, schools: Sequence[SchoolHouse], days: Sequence[date], zone: ZoneInfo
) -> list[Item]:
    """Everything that is written after the welcome, in the order of time and numbered from 2."""
    found = _Plan(seed, zone)
    last = len(days) - 1
    for number, day in enumerate(days):
        if number:  # the first day has the welcome
            found.news(day, place, schools)
            if number + 1 in EARLY_DAYS or (number + 1 > EARLY_DAYS[-1] and number % 10 == 5):
                found.school_wide(day, time(11), "early", "timely", schools)
        if number == min(EMERGENCY_DAY - 1, last) and last:
            found.school_wide(day, time(10, 20), "emergency", "emergency", schools)
        for school in schools:
            found.notes(day, school)
    items = sorted(found.items, key=lambda item: item.at)
    return [replace(item, number=n) for n, item in enumerate(items, 2)]


@dataclass(slots=True)
class _Plan:
    seed: int
    zone: ZoneInfo
    items: list[Item] = field(default_factory=list)

    def news(self, day: date, place: str, schools: Sequence[SchoolHouse]) -> None:
        """District on Tuesdays, schools on Wednesdays, classes from Wednesday on."""
        if day.weekday() == 1:
            self._add(day, time(9), "district", "routine", None, {"place": place})
        for school in schools:
            if day.weekday() == 2:
                self._add(
                    day,
                    time(10, 30),
                    "school",
                    "routine",
                    school.head,
                    {"place": school.name},
                    schools=(school.id,),
                )
            if day.weekday() >= 2 and school.classes:
                week = day.isocalendar().week
                drawn = self._some(school.classes, CLASSES_PER_WEEK, f"{school.id} week {week}")
                for number, room in enumerate(drawn):
                    if 2 + number % 3 == day.weekday():
                        self._add(
                            day,
                            time(13, 30),
                            "class",
                            "routine",
                            room.teacher,
                            {"place": room.title},
                            sections=(room.id,),
                        )

    def school_wide(
        self, day: date, at: time, kind: str, purpose: str, schools: Sequence[SchoolHouse]
    ) -> None:
        """Something at one school of those where somebody may write it."""
        able = [school for school in schools if school.head is not None and school.children]
        for school in self._some(able, 1, f"{kind} {day}"):
            self._add(
                day,
                at,
                kind,
                purpose,
                school.head,
                {"place": school.name},
                schools=(school.id,),
            )

    def notes(self, day: date, school: SchoolHouse) -> None:
        """Teachers write about single children, after lessons."""
        able = [child for child in school.children if child.teachers]
        if not able:
            return
        count = max(1, len(able) // CHILDREN_PER_NOTE)
        for number, child in enumerate(self._some(able, count, f"notes {day}")):
            drawn = self._draw(f"{child.id} {day}")
            kind = "worry" if drawn % ONE_IN_WORRIES == 0 else "good"
            self._add(
                day,
                time(15, 30 if number % 2 else 50),
                kind,
                "personal",
                child.teachers[drawn % len(child.teachers)],
                {"child": child.called},
                student=child.id,
            )

    def _add(
        self,
        day: date,
        at: time,
        kind: str,
        purpose: str,
        author: int | None,
        parts: Mapping[str, str],
        *,
        schools: tuple[str, ...] = (),
        sections: tuple[str, ...] = (),
        student: str | None = None,
    ) -> None:
        moment = datetime.combine(day, at, self.zone)
        self.items.append(
            Item(
                at=moment,
                kind=kind,
                purpose=purpose,
                author=author,
                parts=parts,
                schools=schools,
                sections=sections,
                student=student,
            )
        )

    def _draw(self, asked: str) -> int:
        digest = blake2b(f"{self.seed}\x1f{asked}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big")

    def _some(self, among: Sequence[T], count: int, asked: str) -> list[T]:
        """So many of them, drawn by hash, whatever their order."""
        return sorted(among, key=lambda one: self._draw(f"{asked}\x1f{one.id}"))[:count]
