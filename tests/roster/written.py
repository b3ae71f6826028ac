"""A small roster of people with names, to be changed by each test."""

from dataclasses import replace
from datetime import date
from typing import Any

from bothways.people.models import Guardian as GuardianRow
from bothways.people.models import Link as LinkRow
from bothways.people.models import Student as StudentRow
from bothways.roster.records import (
    Address,
    ContactPerson,
    District,
    Enrollment,
    Guardian,
    Link,
    Parsed,
    Phone,
    School,
    Section,
    Staff,
    Student,
    Term,
)
from bothways.roster.report import Report
from bothways.roster.services import import_roster

MODES: dict[str, Any] = dict.fromkeys(
    (
        "school",
        "term",
        "section",
        "student",
        "guardian",
        "staff",
        "contact",
        "link",
        "enrollment",
        "birth_date",
    ),
    "bulk",
)
OAK_STREET = Address("12 Oak Street", "", "Springfield", "TX", "75001")
ELM_STREET = Address("9 Elm Street", "Apt 4", "Springfield", "TX", "75002")
ALICIAN_PHONE = Phone("+15125550101", texts=True)


def town() -> Parsed:
    """Troy and his mother Alician; Emily and her parents without a phone; Mrs. C, who teaches both."""
    return Parsed(
        format="oneroster",
        version="1.2",
        district=District("d1", "Springfield ISD"),
        schools=[School("lincoln", "Lincoln Middle")],
        terms=[Term("fall", "Fall", "semester", date(2026, 8, 24), date(2026, 12, 18))],
        sections=[Section("math", "lincoln", "Math 7")],
        students=[
            Student("troy", "Troy", "Jones", birth_date=date(2013, 5, 2), grade="07", school="lincoln"),
            Student("emily", "Emily", "Ruiz", birth_date=date(2013, 1, 9), grade="07", school="lincoln"),
        ],
        guardians=[
            Guardian("alician", "Alician", "Jones", emails=("Alician@mail.example",), phones=(ALICIAN_PHONE,)),
            Guardian("rosa", "Rosa", "Ruiz", address=OAK_STREET, speaks="es"),
            Guardian("luis", "Luis", "Ruiz", address=OAK_STREET, speaks="es"),
        ],
        links=[
            Link("troy", "alician", "mother", True, True, 1),
            Link("emily", "rosa", "mother", True, True, 1),
            Link("emily", "luis", "father", True, False, 2),
        ],
        contacts=[ContactPerson("drk", "troy", "doctor", "Dana", "Kim", phones=(Phone("+15125550900"),))],
        staff=[
            Staff("mrsc", "Carol", "C", emails=("c@school.example",), roles=(("lincoln", "teacher"),)),
            Staff("head", "Pat", "Lee", emails=("lee@school.example",), roles=(("lincoln", "principal"),)),
        ],
        enrollments=[
            Enrollment("e1", "math", "troy", "student"),
            Enrollment("e2", "math", "emily", "student"),
            Enrollment("e3", "math", "mrsc", "teacher"),
        ],
        modes=dict(MODES),
    )  # fmt: skip


def load(parsed: Parsed, **options: Any) -> Report:
    return import_roster(parsed, by=None, **options)


def change(records: list[Any], key: str, **values: Any) -> None:
    """Change the record with this id in place of the list."""
    place = next(n for n, record in enumerate(records) if record.id == key)
    records[place] = replace(records[place], **values)


def change_link(parsed: Parsed, student: str, guardian: str, **values: Any) -> None:
    place = next(
        n for n, x in enumerate(parsed.links) if (x.student, x.guardian) == (student, guardian)
    )
    parsed.links[place] = replace(parsed.links[place], **values)


def without(parsed: Parsed, *ids: str) -> Parsed:
    """The roster without these people and whatever speaks of them."""
    parsed.students = [x for x in parsed.students if x.id not in ids]
    parsed.guardians = [x for x in parsed.guardians if x.id not in ids]
    parsed.staff = [x for x in parsed.staff if x.id not in ids]
    parsed.links = [x for x in parsed.links if x.student not in ids and x.guardian not in ids]
    parsed.contacts = [x for x in parsed.contacts if x.student not in ids]
    parsed.enrollments = [x for x in parsed.enrollments if x.user not in ids]
    return parsed


def big_school(count: int = 40) -> Parsed:
    """A school of so many children with a mother each."""
    parsed = town()
    parsed.students = [
        Student(f"s{n}", "Child", f"Number{n}", grade="08" if n < 8 else "07", school="lincoln")
        for n in range(count)
    ]
    parsed.guardians = [Guardian(f"g{n}", "Mother", f"Number{n}") for n in range(count)]
    parsed.links = [Link(f"s{n}", f"g{n}", "mother") for n in range(count)]
    parsed.contacts, parsed.enrollments = [], []
    return parsed


def student(key: str) -> StudentRow:
    return StudentRow.objects.get(sis_id=key)


def guardian(key: str) -> GuardianRow:
    return GuardianRow.objects.get(sis_id=key)


def link(student_key: str, guardian_key: str) -> LinkRow:
    return LinkRow.objects.get(student__sis_id=student_key, guardian__sis_id=guardian_key)


def homes() -> set[tuple[frozenset[str], frozenset[str]]]:
    """Every live household by roster ids: its guardians, its children."""
    from bothways.people.models import Household

    return {
        (
            frozenset(str(g.sis_id) for g in home.guardians.all()),
            frozenset(str(c.student.sis_id) for c in home.children.select_related("student")),
        )
        for home in Household.objects.filter(ended_at=None)
    }
