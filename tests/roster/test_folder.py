"""The nightly folder: what is laid down there comes in once, and nothing comes in half."""

import os
import time
import zipfile
from pathlib import Path

import pytest

from bothways.commands.demo_district import generate
from bothways.core import jobs
from bothways.people.models import Student
from bothways.roster import folder
from bothways.roster.models import ImportRun, NightlyFolder
from bothways.roster.tasks import folders
from bothways.schools.models import District

LONG_AGO = time.time() - 3600


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    there = tmp_path_factory.mktemp("export")
    generate(there)
    for name in ("overlay.json", "town.json"):
        (there / name).unlink()
    return there


@pytest.fixture
def district(db: None, at: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> District:
    monkeypatch.setenv("BOTHWAYS_HOME", str(tmp_path / "home"))
    found = District.objects.create(sis_id="district", name="Cedar Hollow")
    folder.switch(found, on=True)
    return found


def lay_down(
    district: District, exported: Path, *, at: float = LONG_AGO, name: str = "n.zip"
) -> Path:
    there = folder.place(district) / name
    with zipfile.ZipFile(there, "w") as packed:
        for table in sorted(exported.iterdir()):
            packed.write(table, table.name)
    os.utime(there, (at, at))
    return there


def a_minute(district: District) -> NightlyFolder:
    folders()
    jobs.run_all()
    return NightlyFolder.objects.get(district=district)


def test_what_is_laid_down_comes_in_once(district: District, exported: Path) -> None:
    assert a_minute(district).state == "empty"
    lay_down(district, exported)
    assert a_minute(district).state == "taken"
    assert Student.objects.live().count() == 598
    run = ImportRun.objects.get()
    assert (run.source, run.by) == ("n.zip", None)
    a_minute(district)
    assert ImportRun.objects.count() == 1
    lay_down(district, exported, at=LONG_AGO + 60)
    a_minute(district)
    assert [r.counts["added"] for r in ImportRun.objects.order_by("pk")][1:] == [0]


def test_what_is_still_being_written_waits(district: District, exported: Path) -> None:
    lay_down(district, exported, at=time.time())
    assert a_minute(district).state == "empty"
    assert ImportRun.objects.count() == 0


def test_plain_tables_in_the_folder_come_in_too(district: District, exported: Path) -> None:
    for table in exported.iterdir():
        there = folder.place(district) / table.name
        there.write_bytes(table.read_bytes())
        os.utime(there, (LONG_AGO, LONG_AGO))
    assert a_minute(district).state == "taken"


def test_half_a_school_gone_is_asked_and_changes_nothing(
    district: District, exported: Path, tmp_path: Path
) -> None:
    lay_down(district, exported)
    a_minute(district)
    half = tmp_path / "half"
    half.mkdir()
    for table in exported.iterdir():
        lines = table.read_text("utf-8").splitlines(keepends=True)
        students = [line for line in lines if line.lstrip('"').startswith("st-")]
        gone = set(students[len(students) // 2 :]) if table.name == "users.csv" else set()
        (half / table.name).write_text("".join(x for x in lines if x not in gone), "utf-8")
    lay_down(district, half, at=LONG_AGO + 60)
    found = a_minute(district)
    assert found.state == "asks"
    assert "students" in found.words
    assert Student.objects.live().count() == 598


@pytest.mark.parametrize("nonsense", [b"", b"PK\x03\x04 no zip at all", b"\x00" * 999])
def test_nonsense_is_said_and_changes_nothing(district: District, nonsense: bytes) -> None:
    there = folder.place(district) / "n.zip"
    there.write_bytes(nonsense)
    os.utime(there, (LONG_AGO, LONG_AGO))
    found = a_minute(district)
    assert found.state == "unusable"
    assert found.words != ""
    assert ImportRun.objects.count() == 0


def test_a_neighbours_roster_is_refused(district: District, exported: Path) -> None:
    orgs = (exported / "orgs.csv").read_text("utf-8").splitlines()
    theirs = next(line for line in orgs if ",district," in line).split(",")[0].strip('"')
    District.objects.create(sis_id=theirs, name="Next door")
    lay_down(district, exported)
    found = a_minute(district)
    assert (found.state, Student.objects.count()) == ("unusable", 0)
    assert "not of your district" in found.words


def test_a_link_to_somewhere_else_is_not_followed(district: District, exported: Path) -> None:
    elsewhere = lay_down(district, exported, name="kept.zip").rename(exported.parent / "other.zip")
    (folder.place(district) / "n.zip").symlink_to(elsewhere)
    assert a_minute(district).state == "empty"


def test_switched_off_nothing_is_looked_at(district: District, exported: Path) -> None:
    lay_down(district, exported)
    folder.switch(district, on=False)
    assert a_minute(district).state == "empty"
    folder.switch(district, on=True)
    folder.look_again(district)
    assert a_minute(district).state == "taken"
