"""The benchmarks of rosters and letters, run small: what they time has really happened."""

import json
import subprocess
import sys
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from bothways.commands.bench import letters_work, roster_files
from bothways.roster.readers import open_roster

NUMBERS = ("ratio", "rate", "baseline_rate", "peak_mb")


def bench(name: str, *words: str) -> dict[str, Any]:
    """The one JSON object of a benchmark, run from the command line."""
    done = subprocess.run(
        [sys.executable, "-m", "bothways", "bench", name, *words, "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    told: dict[str, Any] = json.loads(line)
    return told


def assert_contract(told: dict[str, Any], name: str) -> None:
    assert told["name"] == name
    assert {key: told[key] > 0 for key in NUMBERS} == dict.fromkeys(NUMBERS, True)
    assert told["ratio"] == pytest.approx(
        told["rate"] / told["baseline_rate"], rel=0.02, abs=0.0006
    )


def test_roster_bench_imports_and_copies_every_row_of_its_files(tmp_path: Path) -> None:
    wrote = roster_files.write(tmp_path / "files", 60)
    told = bench("roster", "--students", "60")
    assert_contract(told, "roster")
    assert told["rows"] == told["rows_copied"]
    assert {
        "schools": told["rows"]["schools_school"],
        "sections": told["rows"]["schools_section"],
        "staff": told["rows"]["accounts_user"],
        "students": told["rows"]["people_student"],
        "guardians": told["rows"]["people_guardian"],
        "links": told["rows"]["people_link"],
        "seats": told["rows"]["people_enrollment"],
    } == {key: count for key, count in wrote.as_dict().items() if key != "restrictions"}
    assert told["rows"]["people_household"] > 0
    assert told["rows"]["people_contactpoint"] > wrote.guardians
    assert told["again_faster"] == pytest.approx(
        told["first_seconds"] / told["again_seconds"], abs=0.02
    )
    assert told["baseline_seconds"] == min(told["baselines"].values())


def test_roster_files_are_the_same_for_the_same_size_and_differ_by_seed(tmp_path: Path) -> None:
    for folder, seed in (("a", 1), ("b", 1), ("c", 2)):
        roster_files.write(tmp_path / folder, 30, seed)

    def users(folder: str) -> bytes:
        return (tmp_path / folder / "users.csv").read_bytes()

    assert users("a") == users("b") != users("c")


def test_roster_files_are_of_a_district_as_districts_are(tmp_path: Path) -> None:
    wrote = roster_files.write(tmp_path / "files", 3000)
    parsed = open_roster(tmp_path / "files")
    assert (len(parsed.students), len(parsed.guardians)) == (3000, wrote.guardians)
    assert 1.7 < wrote.guardians / 3000 < 1.9
    assert len(parsed.schools) == 5
    assert len(parsed.enrollments) == 10 * 3000 + wrote.sections
    assert parsed.rejected == []
    assert len({guardian.speaks for guardian in parsed.guardians}) > 8
    assert sum(bool(link.restriction_text) for link in parsed.links) == wrote.restrictions > 0


def test_letters_bench_prints_as_many_sheets_as_typst_alone() -> None:
    told = bench("letters", "--pages", "11")
    assert_contract(told, "letters")
    assert (told["sheets"], told["baseline_sheets"], told["letters"]) == (11, 11, 11)
    assert (told["batch"], told["baseline_batch"]) == (11, 11)


def test_letters_of_the_bench_are_in_ten_scripts_and_all_different(tmp_path: Path) -> None:
    written = letters_work.letters(20, seed=1)
    press = letters_work.Ours(tmp_path)
    press.go([written])
    (ticket,) = tmp_path.glob("*.json")
    lines = json.loads(ticket.read_text("utf-8"))["letters"]
    assert [line["languages"] for line in islice(lines, 10)] == [
        ["en"], ["ar"], ["am"], ["zh-Hans"], ["uk"], ["bn"], ["ta"], ["ko"], ["pa"], ["my"],
    ]  # fmt: skip
    assert len({(line["body"], line["to"], line["code"]) for line in lines}) == 20
    assert press.sheets() == 20
