"""``bothways roster`` as other programs call it."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bothways.commands.roster import roster
from bothways.people.models import Student
from bothways.roster.models import ImportRun
from bothways.roster.readers import write_oneroster
from bothways.roster.records import Parsed
from roster.written import big_school, town, without

pytestmark = pytest.mark.django_db

KEYS = [
    "students",
    "guardians",
    "staff",
    "households",
    "links",
    "added",
    "changed",
    "removed",
    "rejected",
    "flagged",
    "conflicts",
    "possibly_same",
    "seconds",
]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Call the command on a roster written as files, or on a path."""
    monkeypatch.setenv("BOTHWAYS_HOME", str(tmp_path / "home"))

    def call(what: Parsed | Path, *options: str) -> Result:
        if isinstance(what, Parsed):
            folder = tmp_path / "roster"
            write_oneroster(what, folder)
            what = folder
        return CliRunner().invoke(roster, [str(what), *options])

    return call


def test_one_json_object_with_the_contracts_keys_on_one_line(run: Any) -> None:
    result = run(town(), "--json")
    assert (result.exit_code, result.stdout.count("\n")) == (0, 1)
    report = json.loads(result.stdout)
    assert list(report) == KEYS
    assert (report["students"], report["guardians"], report["households"]) == (2, 3, 2)
    assert "students …" in result.stderr
    assert ImportRun.objects.get().source == "roster"


def test_words_go_to_stderr_and_nothing_to_stdout(run: Any) -> None:
    result = run(town())
    assert (result.exit_code, result.stdout) == (0, "")
    assert "students    2\n" in result.stderr


def test_a_dry_run_changes_nothing(run: Any) -> None:
    result = run(town(), "--dry-run", "--json")
    assert (result.exit_code, json.loads(result.stdout)["students"]) == (0, 2)
    assert not Student.objects.exists()


def test_a_path_that_is_no_roster_is_one_clear_line(run: Any, tmp_path: Path) -> None:
    result = run(tmp_path / "nothing", "--json")
    assert (result.exit_code, result.stdout) == (2, "")
    assert len(result.stderr.strip().splitlines()) == 2  # what is read, and what is wrong
    assert "Traceback" not in result.stderr


def test_another_district_is_refused(run: Any) -> None:
    run(town())
    other = town()
    assert other.district is not None
    other.district = type(other.district)("d2", "Shelby ISD")
    result = run(other)
    assert result.exit_code == 2
    assert "--new-district" in result.stderr
    assert run(other, "--new-district").exit_code == 0


def test_too_many_gone_asks_with_status_three(run: Any) -> None:
    run(big_school())
    less = without(big_school(), *(f"s{n}" for n in range(9)))
    result = run(less, "--json")
    assert (result.exit_code, result.stdout) == (3, "")
    assert "Lincoln Middle: 9 of 40 students" in result.stderr
    assert Student.objects.filter(ended_at=None).count() == 40
    tried = run(less, "--json", "--dry-run")
    assert (tried.exit_code, json.loads(tried.stdout)["students"]) == (3, 31)
    done = run(less, "--json", "--allow-removals")
    assert (done.exit_code, json.loads(done.stdout)["students"]) == (0, 31)


def test_findings_are_shown_in_words(run: Any) -> None:
    parsed = town()
    parsed.links[2] = type(parsed.links[2])("emily", "luis", "father", restriction_text="see file")
    result = run(parsed)
    assert "1 imported, and worth a look:" in result.stderr
    assert "relationships.csv line 4" in result.stderr
