"""How children are doing, and what families were told: read from the tables."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from bothways.accounts.enums import Role
from bothways.accounts.models import User
from bothways.accounts.queries import role_holders
from bothways.consent.queries import standing as links_standing
from bothways.outreach.services.hours import stand_ins
from bothways.people.models import Link, Student
from bothways.progress.enums import MISSED, Day, Kind, Standing, Work
from bothways.progress.models import (
    Attendance,
    Excuse,
    ProgressLoad,
    ProgressSettings,
    Result,
    Told,
)
from bothways.progress.rules import FRESH, LOOK_BACK, Asking, Piece, missing, standing
from bothways.schools.models import ClosedDay, District, School, Term


def settings_of(district: District) -> ProgressSettings:
    """What this district tells; all off where nobody has chosen yet."""
    found = ProgressSettings.objects.filter(district=district).first()
    return found or ProgressSettings(district=district)


def asking_of(chosen: ProgressSettings) -> Asking:
    return Asking(
        chosen.absences, frozenset(Day(kind) for kind in chosen.counted), chosen.absences_at
    )


def not_excused(rows: QuerySet[Attendance]) -> QuerySet[Attendance]:
    """Without the days for which somebody here knows why."""
    return rows.exclude(Exists(excuses_of(OuterRef("student"), OuterRef("day"))))


def excuses_of(student: Any, day: Any) -> QuerySet[Excuse]:
    return Excuse.objects.filter(student=student, first__lte=day, last__gte=day, withdrawn_at=None)


def school_year(district: District, today: date) -> tuple[date, date]:
    """First and last day of the school year in which today lies, or of the last one before.

    Without any on record: from the last first of July on. One query.
    """
    begun = list(
        Term.objects.filter(district=district, ended_at=None, starts_on__lte=today)
        .exclude(ends_on=None)
        .order_by("-starts_on")
    )
    for term in begun:
        if term.kind.lower() == "schoolyear" and term.starts_on and term.ends_on:
            return term.starts_on, term.ends_on
    spans = [
        (term.starts_on, term.ends_on)
        for term in begun
        if term.starts_on
        and term.ends_on
        and term.ends_on >= today
        and term.starts_on >= today - timedelta(days=400)
    ]
    if spans:
        return min(s for s, _ in spans), max(e for _, e in spans)
    july = date(today.year, 7, 1)
    first = july if today >= july else date(today.year - 1, 7, 1)
    return first, date(first.year + 1, 6, 30)


def hearers(district: District, students: Collection[int], at: datetime) -> dict[int, int]:
    """How many adults may be told about each child's records at this moment."""
    rows = (
        links_standing(district=district, at=at, records=True)
        .filter(student__in=students)
        .values_list("student_id")
        .annotate(n=Count("pk"))
        .order_by()
    )
    return dict(rows)


def tongues(students: Collection[int]) -> dict[int, list[str]]:
    """The languages that the adults of each child read or speak; "" where nobody asked yet."""
    found: dict[int, set[str]] = defaultdict(set)
    rows = Link.objects.filter(
        student__in=students, ended_at=None, guardian__ended_at=None
    ).values_list("student_id", "guardian__reads", "guardian__speaks", "student__home_language")
    for student, reads, speaks, home in rows:
        found[student] |= {reads or speaks or home, speaks or reads or home}
    return {student: sorted(tags) for student, tags in found.items()}


def closed_on(district: District, day: date) -> set[int | None]:
    """The schools that are closed on this day; None among them: all."""
    return set(
        ClosedDay.objects.filter(district=district, day=day).values_list("school_id", flat=True)
    )


def has_school(closed: Collection[int | None], day: date, school: int | None) -> bool:
    return day.weekday() < 5 and None not in closed and (school is None or school not in closed)


class Offices:
    """Who at each school hears about absences: the office, and who stands in for it today."""

    def __init__(self, district: District, today: date) -> None:
        self._district, self._today = district, today
        self._known: dict[int | None, User | None] = {}

    def of(self, school: School | None) -> User | None:
        key = school.pk if school else None
        if key not in self._known:
            self._known[key] = self._find(school)
        return self._known[key]

    def _find(self, school: School | None) -> User | None:
        for role in (Role.OFFICE, Role.PRINCIPAL, Role.COUNSELOR):
            found = role_holders(self._district.pk, role, school) if school else []
            if found:
                away = stand_ins([user.pk for user in found], today=self._today)
                there = [user for user in found if user.pk not in away]
                return there[0] if there else away[found[0].pk] or found[0]
        admins = role_holders(self._district.pk, Role.DISTRICT_ADMIN, None)
        return admins[0] if admins else None


def is_fresh(district: District, kind: Kind, at: datetime) -> bool:
    """Whether a file of this kind came lately: what is told must be so today."""
    return ProgressLoad.objects.filter(
        district=district, kind=kind.value, at__gte=at - FRESH
    ).exists()


def pieces_of(students: Collection[int], today: date) -> dict[int, list[Piece]]:
    """Each child's schoolwork of the last weeks; one query."""
    rows = (
        Result.objects.filter(student__in=students)
        .filter(
            Q(assignment__due_on=None)
            | Q(assignment__due_on__gte=today - LOOK_BACK, assignment__due_on__lte=today)
        )
        .order_by("student_id", "assignment_id")
        .values_list(
            "student_id",
            "assignment__course",
            "assignment__title",
            "assignment__due_on",
            "work",
            "share",
        )
    )
    found: dict[int, list[Piece]] = defaultdict(list)
    for student, course, title, due, work, share in rows:
        found[student].append(Piece(course, title, due, Work(work), share))
    return found


def days_missed(
    district: District, students: Iterable[int] | None, since: date, today: date
) -> dict[int, int]:
    """Whole days missed since then, by child; who missed none is not in it."""
    rows = Attendance.objects.filter(
        district=district, day__gte=since, day__lte=today, kind__in=[k.value for k in MISSED]
    )
    if students is not None:
        rows = rows.filter(student__in=list(students))
    return dict(rows.values_list("student_id").annotate(n=Count("pk")).order_by())


@dataclass(slots=True)
class HowItGoes:
    """How one child is doing, for those who serve the child."""

    student: Student
    since: date
    missed: int = 0
    unexcused: int = 0
    tardy: int = 0
    today: Attendance | None = None
    excused_today: Excuse | None = None
    missing: list[Piece] = field(default_factory=list)
    standing: Standing = Standing.UNKNOWN
    known: bool = False  # whether any file ever spoke of this child


def how_it_goes(
    district: District, students: Collection[Student], *, today: date
) -> list[HowItGoes]:
    """Attendance since the school year began and schoolwork of the last weeks; a fixed number of queries."""
    since, _last = school_year(district, today)
    found = {student.pk: HowItGoes(student, since) for student in students}
    for row in Attendance.objects.filter(student__in=found, day__gte=since, day__lte=today):
        one = found[row.student_id]
        one.known = True
        kind = Day(row.kind)
        one.missed += kind.missed
        one.unexcused += kind in (Day.UNEXCUSED, Day.UNKNOWN)
        one.tardy += kind is Day.TARDY
        if row.day == today:
            one.today = row
    for excuse in Excuse.objects.filter(
        student__in=found, first__lte=today, last__gte=today, withdrawn_at=None
    ):
        found[excuse.student_id].excused_today = excuse
    for pk, pieces in pieces_of(found, today).items():
        one = found[pk]
        one.known = True
        one.missing = missing(pieces, today)
        one.standing = standing(pieces, today)
    return [found[student.pk] for student in students]


def told_about(district: District, what: str, period: date) -> QuerySet[Told]:
    return Told.objects.filter(district=district, what=what, period=period)


def told_good_since(students: Collection[int], weeks: int, monday: date) -> set[int]:
    """Who heard lately that all is handed in."""
    after = monday - timedelta(weeks=weeks)
    return set(
        Told.objects.filter(student__in=students, what="good", period__gt=after).values_list(
            "student_id", flat=True
        )
    )
