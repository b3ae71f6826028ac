"""Gradebooks: what is missing, and what only looks like it."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bothways.people.models import Student
from bothways.progress.enums import Work
from bothways.progress.models import Assignment, Result
from bothways.progress.readers.words import share_of, work_of
from bothways.progress.services.gradebook import load_gradebook
from bothways.roster.readers import UnusableRoster
from bothways.schools.models import Section

if TYPE_CHECKING:
    from messaging.world import World

HEADER = "Student ID,Course,Assignment,Due Date,Score,Points Possible,Status\n"


@pytest.fixture
def troy(world: "World") -> Student:
    return world.student("Troy")


@pytest.mark.parametrize(
    ("status", "missing", "late", "score", "work"),
    [
        ("Missing", "", "", "", Work.MISSING),
        ("not submitted", "", "", "", Work.MISSING),
        ("", "true", "", "0", Work.MISSING),
        ("", "", "", "M", Work.MISSING),
        ("", "", "", "", Work.OPEN),  # the teacher may not have looked yet
        ("", "", "", "0", Work.DONE),
        ("", "", "Yes", "8", Work.LATE),
        ("late", "", "", "", Work.LATE),
        ("fully graded", "", "", "8", Work.DONE),
        ("exempt", "", "", "", Work.EXEMPT),
        ("Excused", "", "", "", Work.EXEMPT),
    ],
)
def test_what_became_of_an_assignment(
    status: str, missing: str, late: str, score: str, work: Work
) -> None:
    assert work_of(status=status, missing=missing, late=late, score=score) is work


@pytest.mark.parametrize(
    ("score", "possible", "share"),
    [
        ("8", "10", Decimal("0.8")),
        ("8,5", "10", Decimal("0.85")),
        ("85%", "", Decimal("0.85")),
        ("8", "", None),
        ("8", "0", None),
        ("-3", "10", None),
        ("NaN", "10", None),
        ("1e999", "10", None),
        ("1000", "1", Decimal("9.999")),
    ],
)
def test_the_share_of_points(score: str, possible: str, share: Decimal | None) -> None:
    assert share_of(score, possible) == share


def test_a_plain_gradebook_twice_and_corrected(troy: Student, tmp_path: Path) -> None:
    path = tmp_path / "grades.csv"
    row = f"{troy.sis_id},Math,Fractions p. 12,9/10/2026,"
    path.write_text(f"{HEADER}{row},10,Missing\n")
    first = load_gradebook(path, district=troy.district)
    again = load_gradebook(path, district=troy.district)
    path.write_text(f"{HEADER}{row}9,10,\n")
    mended = load_gradebook(path, district=troy.district)
    assert [(r.added, r.changed, r.unchanged) for r in (first, again, mended)] == [
        (1, 0, 0),
        (0, 0, 1),
        (0, 1, 0),
    ]
    result = Result.objects.select_related("assignment").get()
    assert (result.work, result.share) == ("done", Decimal("0.900"))
    assert (result.assignment.course, result.assignment.title, result.assignment.due_on) == (
        "Math",
        "Fractions p. 12",
        date(2026, 9, 10),
    )


def test_rows_without_student_or_assignment_are_told(troy: Student, tmp_path: Path) -> None:
    path = tmp_path / "grades.csv"
    path.write_text(f"{HEADER}{troy.sis_id},Math,,,,,\n,Math,Essay,,,,\nx,Math,Essay,,,,\n")
    report = load_gradebook(path, district=troy.district)
    assert [(r.line, r.column, r.reason) for r in report.findings.rejected] == [
        (2, "Assignment", "there is no assignment in this line"),
        (3, "Student ID", "there is no student in this line"),
        (4, "Student ID", "no student of the roster has this number"),
    ]


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_oneroster_is_read_with_its_classes_names(
    troy: Student, world: "World", tmp_path: Path, version: str
) -> None:
    Section.objects.create(
        district=world.district, school=world.school, sis_id="cl-1", title="Reading 5"
    )
    (tmp_path / "lineItems.csv").write_text(
        "sourcedId,status,dateLastModified,title,description,assignDate,dueDate,classSourcedId,"
        "categorySourcedId,gradingPeriodSourcedId,resultValueMin,resultValueMax\n"
        "li-1,active,2026-09-01,My book,,2026-09-01,2026-09-10,cl-1,c,g,0,10\n"
        "li-2,tobedeleted,2026-09-01,Old,,2026-09-01,2026-09-10,cl-1,c,g,0,10\n"
    )
    more = ",late,missing" if version == "1.2" else ""
    (tmp_path / "results.csv").write_text(
        f"sourcedId,status,dateLastModified,lineItemSourcedId,studentSourcedId,scoreStatus,score,scoreDate,"
        f"comment{more}\n"
        f"r-1,active,2026-09-01,li-1,{troy.sis_id},not submitted,,,{',false,true' if more else ''}\n"
        f"r-2,active,2026-09-01,li-2,{troy.sis_id},not submitted,,,{',false,false' if more else ''}\n"
        f"r-3,active,2026-09-01,li-9,{troy.sis_id},not submitted,,,{',false,false' if more else ''}\n"
    )
    report = load_gradebook(tmp_path, district=world.district)
    assert {r.assignment.title: r.work for r in Result.objects.select_related("assignment")} == {
        "My book": "missing",
        "Old": "exempt",
    }
    assert Assignment.objects.get(key="li-1").course == "Reading 5"
    assert [(r.line, r.reason) for r in report.findings.rejected] == [
        (4, "lineItems.csv has no such assignment")
    ]


def test_half_of_oneroster_is_told_plainly(troy: Student, tmp_path: Path) -> None:
    (tmp_path / "results.csv").write_text("sourcedId\n1\n")
    (tmp_path / "users.csv").write_text("sourcedId\n1\n")
    with pytest.raises(UnusableRoster, match="Name the one file"):
        load_gradebook(tmp_path, district=troy.district)
