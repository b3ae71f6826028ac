"""Backup, restore, doctor and district, as an office would call them."""

import json
from pathlib import Path

import pytest

from bothways.core.pg import attach
from commands.test_demo import bothways

ROSTER = """Student ID,First,Last,Grade,School,Guardian 1 First Name,Guardian 1 Last Name,Guardian 1 Cell
1,Troy,Brooks,05,Elm Street School,Alician,Brooks,312-555-0101
2,Emily,Hart,05,Elm Street School,Ruth,Hart,
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small installation with two students; no test here takes anything from it."""
    tmp_path = tmp_path_factory.mktemp("care")
    from bothways.roster.readers import guess_mapping

    (tmp_path / "roster.csv").write_text(ROSTER)
    header, *rows = (line.split(",") for line in ROSTER.splitlines())
    (tmp_path / "mapping.json").write_text(json.dumps(guess_mapping(header, rows).to_json()))
    done = bothways(
        tmp_path / "home",
        "roster",
        str(tmp_path / "roster.csv"),
        *("--mapping", str(tmp_path / "mapping.json"), "--json"),
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["students"] == 2
    return tmp_path / "home"


def families(home: Path) -> int:
    done = bothways(home, "reach", "--json")
    assert done.returncode == 0, done.stderr
    return int(json.loads(done.stdout)["families"])


def test_a_backup_comes_back_into_an_empty_installation_and_goes_on_working(
    home: Path, tmp_path: Path
) -> None:
    file = tmp_path / "kept.backup"
    assert bothways(home, "backup", str(file)).returncode == 0
    other = tmp_path / "other home"
    done = bothways(other, "restore", str(file))
    assert done.returncode == 0, done.stderr
    assert families(other) == families(home) == 2
    again = bothways(other, "restore", str(file))
    assert again.returncode == 2
    assert "--replace" in again.stderr
    assert bothways(other, "restore", str(file), "--replace").returncode == 0
    assert families(other) == 2


def test_nothing_is_restored_under_a_running_installation(home: Path, tmp_path: Path) -> None:
    import psycopg

    file = tmp_path / "kept.backup"
    assert bothways(home, "backup", str(file)).returncode == 0
    with attach(home) as server, psycopg.connect(server.url):
        done = bothways(home, "restore", str(file), "--replace")
    assert done.returncode == 2
    assert "Stop it first" in done.stderr
    assert families(home) == 2


def test_what_is_no_backup_and_no_place_for_one_changes_nothing(home: Path, tmp_path: Path) -> None:
    (tmp_path / "garbage").write_bytes(b"\x00\xff" * 500)
    for words in (("restore", str(tmp_path / "garbage"), "--replace"), ("backup", "/dev/null")):
        done = bothways(home, *words)
        assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert Path("/dev/null").is_char_device()
    assert families(home) == 2


def test_a_district_is_told_what_no_roster_says(home: Path) -> None:
    done = bothways(
        home,
        "district",
        *("--quiet", "21:00-06:30", "--closed", "2026-11-26=Thanksgiving", "--language", "Spanish"),
    )
    assert done.returncode == 0, done.stderr
    assert "21:00-06:30" in done.stderr
    for wrong in (("--quiet", "late"), ("--closed", "tomorrow"), ("--duty", "nobody@example.org")):
        refused = bothways(home, "district", *wrong)
        assert (refused.returncode, "Traceback" in refused.stderr) == (2, False)
    assert "21:00-06:30" in bothways(home, "district").stderr


def test_the_doctor_finds_a_healthy_installation_well(home: Path) -> None:
    done = bothways(home, "doctor", "--json")
    found = json.loads(done.stdout)
    assert (done.returncode, found["ok"]) == (0, True)
    assert all(check["ok"] and check["words"] for check in found["checks"])


def test_the_first_district_admin_is_made_on_the_machine(home: Path) -> None:
    refused = bothways(home, "staff", "gloria@example.org", "--role", "district_admin")
    assert refused.returncode == 2
    assert "--name" in refused.stderr
    given = bothways(
        home,
        *("staff", "gloria@example.org", "--role", "district_admin", "--name", "Gloria Whitfield"),
    )
    assert given.returncode == 0, given.stderr
    assert "Gloria Whitfield <gloria@example.org>" in given.stderr
    link = bothways(home, "sign-in", "gloria@example.org")
    assert link.stdout.startswith("http://127.0.0.1:8000/sign-in/link/")
    ended = bothways(home, "staff", "gloria@example.org", "--role", "district_admin", "--end")
    assert ended.returncode == 2
    assert "the last district admin" in ended.stderr
