"""The readers on public sample sets, where they lie beside the project."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bothways.roster.readers import open_roster, write_oneroster
from bothways.roster.records import Parsed

ROSTERS = Path(__file__).parents[2].parent / "shared" / "data" / "rosters"

pytestmark = pytest.mark.skipif(
    not ROSTERS.is_dir(), reason="the public sample rosters are not here"
)


@pytest.fixture(scope="module")
def grand_bend() -> Parsed:
    return open_roster(ROSTERS / "grand-bend")


def test_grand_bend_is_found_whole(grand_bend: Parsed) -> None:
    assert len(grand_bend.students) == 960
    assert len(grand_bend.guardians) == 1873
    assert len(grand_bend.staff) == 68
    assert len(grand_bend.sections) == 520
    assert len(grand_bend.enrollments) == 7170
    assert len(grand_bend.schools) == 3
    assert grand_bend.rejected == []
    assert all(student.birth_date for student in grand_bend.students)


def test_grand_bends_contact_data(grand_bend: Parsed) -> None:
    guardians = grand_bend.guardians
    assert sum(any(phone.texts for phone in g.phones) for g in guardians) == 288
    assert sum(any(not phone.texts for phone in g.phones) for g in guardians) == 811
    assert sum(bool(g.emails) for g in guardians) == 97  # of 100, three hold a space
    assert sum(g.address.postal_code == "78834" for g in guardians) == 1872


def test_grand_bends_links(grand_bend: Parsed) -> None:
    linked = {link.guardian for link in grand_bend.links}
    assert len([g for g in grand_bend.guardians if g.id not in linked]) == 1
    assert Counter(link.lives_with for link in grand_bend.links) == {
        True: 1679,
        False: 192,
        None: 1,
    }
    assert Counter(link.relation for link in grand_bend.links) == {"father": 960, "mother": 912}


def test_grand_bend_flags_each_number_and_counts_them(grand_bend: Parsed) -> None:
    doubted = [flag for flag in grand_bend.flagged if flag.column in ("sms", "phone")]
    assert len(doubted) == 1099
    assert [flag.reason for flag in grand_bend.flagged if flag.line == 1] == [
        "1,099 phone numbers are possible, but in no numbering plan: perhaps from test data"
    ]


def test_sample_u_says_that_students_teach_and_is_not_believed() -> None:
    parsed = open_roster(ROSTERS / "sample-u-oneroster-1.1")
    assert (parsed.version, len(parsed.students), len(parsed.guardians)) == ("1.1", 20, 0)
    assert len(parsed.enrollments) == 25
    assert [(r.file, r.column) for r in parsed.rejected] == [("enrollments.csv", "role")] * 5


def test_school_data_sync() -> None:
    parsed = open_roster(ROSTERS / "school-data-sync-2.1")
    assert (parsed.format, parsed.version) == ("sds", "2.1")
    assert [(link.student, link.guardian, link.relation) for link in parsed.links] == [
        ("114001", "114002", "guardian"),
        ("114003", "114002", "relative"),
        ("114004", "114005", "guardian"),
    ]
    assert [g.given for g in parsed.guardians] == ["Jean", "Bob"]
    assert len(parsed.students) == 4
    assert parsed.rejected == []
    assert "P@ssword123" not in repr(parsed)


@pytest.mark.parametrize("name", ["grand-bend", "sample-u-oneroster-1.1", "school-data-sync-2.1"])
def test_out_and_in_again_changes_nothing(tmp_path: Path, name: str) -> None:
    parsed = open_roster(ROSTERS / name)
    write_oneroster(parsed, tmp_path)
    again = open_roster(tmp_path)
    assert again.rejected == []
    kept: Any = {"rejected": [], "flagged": [], "format": "oneroster", "version": "1.2"}
    assert replace(again, **kept) == replace(parsed, **kept)
