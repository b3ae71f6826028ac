"""Attendance files: what is taken in, what is not, and why."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bothways.core import clock
from bothways.people.models import Student
from bothways.progress.enums import Day, Kind
from bothways.progress.models import Attendance, ProgressLoad
from bothways.progress.readers.columns import from_json
from bothways.progress.services.attendance import load_attendance, school_year
from bothways.roster.readers import UnusableRoster, open_roster
from bothways.roster.services import import_roster
from bothways.schools.models import District, Term

if TYPE_CHECKING:
    from messaging.world import World

GRAND_BEND = Path(__file__).parents[2].parent / "shared" / "data" / "rosters" / "grand-bend"
HEADER = "studentSourcedId,date,category,reason,duration,schoolSourcedId\n"


@pytest.fixture
def troy(world: "World") -> Student:
    return world.student("Troy")


def written(place: Path, text: str, name: str = "attendance.csv", encoding: str = "utf-8") -> Path:
    path = place / name
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.skipif(not GRAND_BEND.exists(), reason="the shared rosters are not here")
def test_a_years_file_of_grand_bend_as_it_is(db: None, tmp_path: Path) -> None:
    clock.stop_at(tmp_path / "clock", datetime(2022, 5, 27, 22, tzinfo=UTC))
    clock.follow(tmp_path / "clock")
    import_roster(open_roster(GRAND_BEND), by=None)
    district = District.objects.get()
    first = load_attendance(GRAND_BEND / "attendance.csv", district=district)
    assert (first.rows, first.added, first.changed) == (1917, 1916, 0)
    assert first.totals == {"unexcused": 773, "excused": 1077, "partial": 1, "tardy": 66}
    assert first.findings.rejected == []
    assert [flag.reason for flag in first.findings.flagged] == [
        "this day stands in line 5 as well, which says more"
    ]
    again = load_attendance(GRAND_BEND / "attendance.csv", district=district)
    assert (again.added, again.changed, again.unchanged) == (0, 0, 1916)
    assert Attendance.objects.filter(kind=Day.UNEXCUSED.value).count() == 773


def test_the_same_file_twice_changes_nothing_and_a_correction_is_noted(
    troy: Student, tmp_path: Path
) -> None:
    path = written(tmp_path, f"{HEADER}{troy.sis_id},2026-09-11,Unexcused Absence,,1,s\n")
    district = troy.district
    first = load_attendance(path, district=district)
    again = load_attendance(path, district=district)
    assert [(r.added, r.changed, r.unchanged) for r in (first, again)] == [(1, 0, 0), (0, 0, 1)]
    written(tmp_path, f"{HEADER}{troy.sis_id},2026-09-11,Excused Absence,Ill,1,s\n")
    mended = load_attendance(path, district=district)
    row = Attendance.objects.get()
    assert (mended.added, mended.changed) == (0, 1)
    assert (row.kind, row.before, row.changed_at) == ("excused", "unexcused", clock.now())
    assert ProgressLoad.objects.count() == 3


def test_every_row_that_is_not_taken_in_is_told_with_line_column_and_reason(
    troy: Student, world: "World", tmp_path: Path
) -> None:
    gone = world.student("Emily")
    gone.ended_at = clock.now()
    gone.save()
    rows = [
        f"{troy.sis_id},2026-09-14,Absent,,,s",
        f"{troy.sis_id},14.13.2026,Absent,,,s",
        f"{troy.sis_id},2026-05-14,Absent,,,s",
        f"{troy.sis_id},2026-09-15,Absent,,,s",
        f"{troy.sis_id},2026-09-16,Excused,Doctor,,s",
        "st-nobody,2026-09-14,Absent,,,s",
        f"{gone.sis_id},2026-09-14,Absent,,,s",
        ",2026-09-14,Absent,,,s",
        f"{troy.sis_id},2026-09-10,,,,s",
    ]
    report = load_attendance(written(tmp_path, HEADER + "\n".join(rows)), district=world.district)
    assert [(r.line, r.column, r.reason) for r in report.findings.rejected] == [
        (3, "date", "this is no date"),
        (4, "date", "this day is not in the current school year"),
        (5, "date", "this day lies in the future"),
        (7, "studentSourcedId", "no student of the roster has this number"),
        (8, "studentSourcedId", "this student has left"),
        (9, "studentSourcedId", "there is no student in this line"),
        (10, "category", "it does not say what happened"),
    ]
    assert report.added == 2


def test_the_weightier_of_two_rows_for_a_day_counts(troy: Student, tmp_path: Path) -> None:
    rows = [
        f"{troy.sis_id},2026-09-11,Tardy,,,s",
        f"{troy.sis_id},2026-09-11,Unexcused,,,s",
        f"{troy.sis_id},2026-09-11,Partial,,,s",
    ]
    report = load_attendance(written(tmp_path, HEADER + "\n".join(rows)), district=troy.district)
    assert Attendance.objects.get().kind == "unexcused"
    assert sorted(flag.line for flag in report.findings.flagged) == [2, 4]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Student ID;Absence Date;Code\n{id};9/11/2026;UNX\n", "utf-8-sig"),
        ("student number\tDate\tAttendance Code\n{id}\t11 Sep 2026\tUnexcused – café\n", "utf-16"),
        ("STUDENT_ID|DATE|STATUS\n{id}|2026-09-11T00:00:00|Unexcused très\n", "cp1252"),
    ],
)
def test_tables_are_read_as_systems_write_them(
    troy: Student, tmp_path: Path, text: str, encoding: str
) -> None:
    path = written(tmp_path, text.format(id=troy.sis_id), encoding=encoding)
    load_attendance(path, district=troy.district)
    row = Attendance.objects.get()
    assert (row.day, row.kind) == (date(2026, 9, 11), "unexcused")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"PK\x03\x04 nothing", "zip"),
        (b"a,b\n1,2\n", "Say which column"),
        (b"\x00\x01\x02,\n", "NUL"),
        (b'studentSourcedId,date,category\n"st-1,2026-09-11', "quotation mark"),
    ],
)
def test_what_is_no_attendance_file_changes_nothing(
    troy: Student, tmp_path: Path, content: bytes, says: str
) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    with pytest.raises(UnusableRoster, match=says):
        load_attendance(path, district=troy.district)
    assert (Attendance.objects.count(), ProgressLoad.objects.count()) == (0, 0)


def test_a_file_about_other_peoples_children_is_refused_whole(
    troy: Student, tmp_path: Path
) -> None:
    rows = [f"x-{n},2026-09-11,Absent,,,s" for n in range(30)]
    rows.append(f"{troy.sis_id},2026-09-11,Absent,,,s")
    with pytest.raises(UnusableRoster, match="30 of 31 rows"):
        load_attendance(written(tmp_path, HEADER + "\n".join(rows)), district=troy.district)
    assert Attendance.objects.count() == 0


def test_a_word_nobody_knows_asks_nobody_until_the_mapping_says_what_it_means(
    troy: Student, tmp_path: Path
) -> None:
    path = written(tmp_path, f"{HEADER}{troy.sis_id},2026-09-11,QZ,,,s\n")
    report = load_attendance(path, district=troy.district)
    assert (Attendance.objects.get().kind, len(report.findings.flagged)) == ("other", 1)
    meaning = from_json(
        {
            "columns": {"student": "studentSourcedId", "date": "date", "category": "category"},
            "words": {"qz": "unexcused"},
        },
        Kind.ATTENDANCE,
    )
    load_attendance(path, district=troy.district, meaning=meaning)
    assert Attendance.objects.get().kind == "unexcused"


def test_a_trial_changes_nothing_and_counts_the_same(troy: Student, tmp_path: Path) -> None:
    path = written(tmp_path, f"{HEADER}{troy.sis_id},2026-09-11,Absent,,,s\n")
    tried = load_attendance(path, district=troy.district, dry_run=True)
    assert (tried.added, Attendance.objects.count(), ProgressLoad.objects.count()) == (1, 0, 0)
    assert load_attendance(path, district=troy.district).added == 1


def test_an_office_loads_only_its_own_schools_children(
    troy: Student, world: "World", tmp_path: Path
) -> None:
    path = written(tmp_path, f"{HEADER}{troy.sis_id},2026-09-11,Absent,,,s\n")
    elsewhere = load_attendance(path, district=world.district, schools={world.school.pk + 1})
    assert [r.reason for r in elsewhere.findings.rejected] == [
        "this student is at a school whose files you do not load"
    ]
    assert Attendance.objects.count() == 0


def test_a_hundred_rows_cost_as_many_queries_as_one(troy: Student, tmp_path: Path) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for days in (1, 40):
        rows = [f"{troy.sis_id},{date(2026, 7, 1 + n % 30)},Absent,,,s" for n in range(days)]
        path = written(tmp_path, HEADER + "\n".join(rows))
        with CaptureQueriesContext(connection) as asked:
            load_attendance(path, district=troy.district)
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_the_school_year_is_the_roster_s(world: "World") -> None:
    assert school_year(world.district, date(2026, 9, 14)) == (date(2026, 7, 1), date(2027, 6, 30))
    Term.objects.create(
        district=world.district,
        sis_id="y",
        title="2026-27",
        kind="schoolYear",
        starts_on=date(2026, 8, 20),
        ends_on=date(2027, 5, 28),
    )
    assert school_year(world.district, date(2026, 9, 14)) == (date(2026, 8, 20), date(2027, 5, 28))
    # In summer the year that has ended.
    assert school_year(world.district, date(2027, 7, 4)) == (date(2026, 8, 20), date(2027, 5, 28))


def test_what_a_code_means_is_said_once(troy: Student, tmp_path: Path) -> None:
    path = written(tmp_path, f"{HEADER}{troy.sis_id},2026-09-11,QZ,,,s\n")
    assert load_attendance(path, district=troy.district).unknown == {"QZ": 1}
    columns = {"student": "studentSourcedId", "date": "date", "category": "category"}
    meaning = from_json({"columns": columns, "words": {"QZ": "tardy"}}, Kind.ATTENDANCE)
    load_attendance(path, district=troy.district, meaning=meaning)
    written(tmp_path, f"{HEADER}{troy.sis_id},2026-09-10,qz,,,s\n")
    load_attendance(path, district=troy.district)
    assert [row.kind for row in Attendance.objects.order_by("day")] == ["tardy", "tardy"]
