"""Find classes, their work, and who seems to be at a number."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import Count, Q, Value

from bothways.accounts.models import User
from bothways.consent.queries import allowed, standing
from bothways.core.phone import to_e164
from bothways.hotline.models import ClassCode, Posting
from bothways.hotline.rules import MOST_BACK, last_school_day
from bothways.people.enums import PointKind
from bothways.people.models import ContactPoint, Enrollment, Link, Student
from bothways.schools.models import ClosedDay, District, Section

# A person found that the number is not theirs: it is no way to ask for their children either.
_NOT_THEIRS = ("wrong_person", "marked", "moved")


def sections_of(user: User) -> list[Section]:
    """The classes this person teaches today, by title."""
    if user.district_id is None or not user.is_active:
        return []
    return list(
        Section.objects.filter(
            district=user.district_id,
            ended_at=None,
            teaching__user=user,
            teaching__ended_at=None,
        )
        .select_related("school", "district")
        .distinct()
        .order_by("title", "pk")
    )


def section_with(code: str) -> Section | None:
    """The class whose code this is; None where none has it."""
    if not (code.isascii() and code.isdecimal() and len(code) <= 8):
        return None
    found = (
        ClassCode.objects.filter(code=code, section__ended_at=None)
        .select_related("section__school", "section__district")
        .first()
    )
    return found.section if found else None


def closed_days(district: District, school: int | None, around: date) -> set[date]:
    """Days without school for this school within two weeks of a day."""
    span = timedelta(days=MOST_BACK + 2)
    return set(
        ClosedDay.objects.filter(
            Q(school=None) | Q(school=school),
            district=district,
            day__range=(around - span, around + span),
        ).values_list("day", flat=True)
    )


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be done for one class: of ``day``, its postings where there are any."""

    section: Section
    day: date
    posting: Posting | None


def work_of(sections: Sequence[Section], *, today: date) -> list[Work]:
    """Today's work of each class; where nothing is posted today yet, that of the last school day.

    Two queries whatever their number.
    """
    if not sections:
        return []
    since = today - timedelta(days=MOST_BACK)
    posted: dict[int, dict[date, Posting]] = defaultdict(dict)
    for posting in Posting.objects.filter(
        section__in=[section.pk for section in sections], day__range=(since, today)
    ).select_related("spoken"):
        if posting.says_something:
            posted[posting.section_id][posting.day] = posting
    closed = _closed_of(sections, today)
    found = []
    for section in sections:
        no_school = closed[None] | closed[section.school_id]
        day = last_school_day(today, no_school)
        has = posted[section.pk]
        if today in has:
            day = today
        elif day not in has:
            before = last_school_day(day - timedelta(days=1), no_school)
            day = before if before in has else day
        found.append(Work(section, day, has.get(day)))
    return found


def _closed_of(sections: Sequence[Section], today: date) -> dict[int | None, set[date]]:
    closed: dict[int | None, set[date]] = defaultdict(set)
    for school, day in ClosedDay.objects.filter(
        district__in={section.district_id for section in sections},
        day__range=(today - timedelta(days=2 * MOST_BACK), today),
    ).values_list("school_id", "day"):
        closed[school].add(day)
    return closed


@dataclass(slots=True)
class Home:
    """One family in which an adult has this number and standing for these children."""

    district: District
    household: int
    languages: list[str] = field(default_factory=list)  # of those adults, what they hear or read
    links: list[Link] = field(default_factory=list)
    children: list[Student] = field(default_factory=list)


def homes_at(number: str, *, at: datetime, may_write: bool = False) -> list[Home]:
    """The families behind a phone number, each with the children for whom its adult has standing now.

    ``may_write``: only where a text may go to this number: no stop. A number of two families gives both,
    apart. A barred parent has no standing: nothing of that child.
    """
    points = (
        ContactPoint.objects.filter(
            kind=PointKind.PHONE.value,
            match=number,
            ended_at=None,
            guardian__ended_at=None,
            guardian__household__isnull=False,
        )
        .exclude(why__in=_NOT_THEIRS)
        .select_related("district")
    )
    guardians: dict[District, set[int]] = defaultdict(set)
    for point in points:
        guardians[point.district].add(point.guardian_id)
    found: dict[int, Home] = {}
    for district, ids in guardians.items():
        links = (
            allowed(district=district, at=at, address=(Value(PointKind.PHONE.value), Value(number)))
            if may_write
            else standing(district=district, at=at)
        )
        for link in (
            links.filter(guardian__in=ids)
            .select_related("guardian", "student")
            .order_by("guardian__household_id", "student__given", "student_id", "pk")
        ):
            home_id = link.guardian.household_id
            assert home_id is not None
            home = found.setdefault(home_id, Home(district, home_id))
            home.links.append(link)
            if link.student not in home.children:
                home.children.append(link.student)
            tag = link.guardian.reads or link.guardian.speaks
            if tag and tag not in home.languages:
                home.languages.append(tag)
    return list(found.values())


def sections_of_children(children: Iterable[Student]) -> dict[int, list[Section]]:
    """Child → its classes, by title."""
    found: dict[int, list[Section]] = defaultdict(list)
    for seat in (
        Enrollment.objects.filter(
            student__in=[child.pk for child in children],
            ended_at=None,
            section__ended_at=None,
        )
        .select_related("section__school", "section__district")
        .order_by("section__title", "section_id")
    ):
        found[seat.student_id].append(seat.section)
    return found


def staff_at(number: str) -> User | None:
    """The one member of staff whose account has this number; None for nobody, and for two."""
    digits = re.sub(r"\D", "", number)
    if len(digits) < 7 or not number.startswith("+"):
        return None
    # Accounts hold numbers as somebody typed them: the last digits find the few, the country decides.
    loosely = r"\D*".join(digits[-7:])
    found = [
        user
        for user in User.objects.filter(
            phone__regex=loosely, is_active=True, ended_at=None, district__isnull=False
        ).select_related("district")
        if user.district is not None and to_e164(user.phone, user.district.region) == number
    ]
    return found[0] if len(found) == 1 else None


def languages_of_families() -> list[str]:
    """What adults of families here hear, by how many speak it."""
    rows = (
        Link.objects.filter(ended_at=None, guardian__ended_at=None)
        .exclude(guardian__speaks="")
        .order_by()
        .values_list("guardian__speaks")
        .annotate(n=Count("guardian_id", distinct=True))
    )
    return [tag for tag, _n in sorted(rows, key=lambda row: (-row[1], row[0]))]
