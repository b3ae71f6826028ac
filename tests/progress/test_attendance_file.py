"""Attendance files: what is taken in, what is not, and why."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bothways.core import clock
from bothways.people.models import Student
from bothways.progress.enums import Day
from bothways.progress.models import Attendance, ProgressLoad
from bothways.progress.readers.columns import from_json
from bothways.progress.enums import Kind
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
