"""The made-up town: the same for the same seed, harmless, and hard in the ways that real ones are."""

import csv
import json
import re
from collections import Counter, defaultdict
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bothways.commands.demo_district import generate
from bothways.commands.demo_district.messages import WELCOME, welcome
from bothways.commands.main import main
from bothways.languages.codes import LANGUAGES, normalise
from bothways.languages.meaning import read_reply
from bothways.roster.readers import open_roster
from bothways.sandbox.town import load

Row = dict[str, str]


class Roster:
    """A generated district, read back as its files say it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        users = self.table("users")
        self.students = {u["sourcedId"]: u for u in users if u["sourcedId"].startswith("st-")}
        self.guardians = {u["sourcedId"]: u for u in users if u["sourcedId"].startswith("gu-")}
        self.staff = {u["sourcedId"]: u for u in users if u["sourcedId"].startswith("sf-")}
        self.ties = self.table("relationships")
        self.overlay: dict[str, Any] = json.loads((folder / "overlay.json").read_text("utf-8"))
        self.town: dict[str, Any] = json.loads((folder / "town.json").read_text("utf-8"))

    def table(self, name: str) -> list[Row]:
        with (self.folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def student(self, given: str, family: str) -> Row:
        (found,) = (
            s
            for s in self.students.values()
            if (s["givenName"], s["familyName"]) == (given, family)
        )
        return found

    def guardians_of(self, student: str) -> list[Row]:
        return [
            self.guardians[tie["relationshipUserSourcedId"]]
            for tie in self.ties
            if tie["userSourcedId"] == student
        ]

    def children_of(self, guardian: str) -> list[Row]:
        return [
            self.students[tie["userSourcedId"]]
            for tie in self.ties
            if tie["relationshipUserSourcedId"] == guardian
        ]


@pytest.fixture(scope="module")
def roster(tmp_path_factory: pytest.TempPathFactory) -> Roster:
    folder = tmp_path_factory.mktemp("district")
    generate(folder)
    return Roster(folder)


def _bytes(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_one_seed_gives_the_same_bytes_and_another_gives_others(tmp_path: Path) -> None:
    for name, seed in (("first", 1), ("again", 1), ("other", 2)):
        generate(tmp_path / name, seed)
    assert _bytes(tmp_path / "first") == _bytes(tmp_path / "again")
    assert _bytes(tmp_path / "first") != _bytes(tmp_path / "other")


@pytest.mark.parametrize("seed", range(1, 6))
def test_every_seed_makes_a_district_that_can_be_imported(tmp_path: Path, seed: int) -> None:
    generate(tmp_path, seed)
    parsed = open_roster(tmp_path)
    assert parsed.rejected == []
    assert [flag.file for flag in parsed.flagged] == ["relationships.csv"]  # "see file, ask …"
    assert 590 <= len(parsed.students) <= 610


def test_the_size_of_the_district(roster: Roster) -> None:
    assert len(roster.students) == 598
    assert 40 <= len(roster.staff) <= 50
    assert len(roster.table("orgs")) == 4
    assert Counter(s["grades"] for s in roster.students.values()) == dict.fromkeys(
        ["KG", *(f"{grade:02}" for grade in range(1, 13))], 46
    )


def test_ten_home_languages_are_spoken(roster: Roster) -> None:
    spoken = {normalise(s["metadata.homeLanguage"]) for s in roster.students.values()}
    assert spoken == {"en", "es", "so", "ar", "vi", "ht", "am", "prs", "ps", "uk"}
    assert spoken < set(LANGUAGES)


def test_every_line_points_at_somebody_who_is_there(roster: Roster) -> None:
    people = roster.students | roster.guardians | roster.staff
    sections = {row["sourcedId"] for row in roster.table("classes")}
    courses = {row["sourcedId"] for row in roster.table("courses")}
    assert {row["courseSourcedId"] for row in roster.table("classes")} == courses
    for row in roster.table("enrollments"):
        assert row["userSourcedId"] in people
        assert row["classSourcedId"] in sections
    assert {row["userSourcedId"] for row in roster.table("roles")} == set(people)
    assert {row["sourcedId"] for row in roster.table("demographics")} == set(roster.students)
    for student in roster.students.values():
        agents = [key for key in student["agentSourcedIds"].split(",") if key]
        assert agents == [g["sourcedId"] for g in roster.guardians_of(student["sourcedId"])]
    for name in ("users", "classes", "courses", "enrollments", "roles", "relationships"):
        keys = [row["sourcedId"] for row in roster.table(name)]
        assert len(keys) == len(set(keys))
    assert all(roster.children_of(key) for key in roster.guardians)


def test_nobody_real_can_be_reached(roster: Roster) -> None:
    for person in (*roster.students.values(), *roster.guardians.values(), *roster.staff.values()):
        for number in filter(None, (person["sms"], person["phone"])):
            assert re.fullmatch(r"\(\d{3}\) 555-01\d\d", number)
        if person["email"]:
            assert re.fullmatch(
                r"[a-z.]+\d*@(cedarhollow\.)?example\.(org|com|net)", person["email"]
            )
        if person["metadata.street"]:
            assert person["metadata.city"] == "Cedar Hollow"
    for key in roster.town["people"]:
        assert re.fullmatch(r"gu-\d+|\+1\d{3}55501\d\d", key)


def test_emilys_parents_have_an_address_and_nothing_else(roster: Roster) -> None:
    emily = roster.student("Emily", "Pruitt")
    parents = roster.guardians_of(emily["sourcedId"])
    assert len(parents) == 2
    for parent in parents:
        assert (parent["sms"], parent["phone"], parent["email"]) == ("", "", "")
        assert parent["metadata.street"] == "118 Tannery Lane"
        assert roster.town["people"][parent["sourcedId"]]["visit"] == {"none": 1.0}


def test_alician_has_four_children_and_troy_sits_with_mrs_c(roster: Roster) -> None:
    troy = roster.student("Troy", "Brooks")
    (alician,) = roster.guardians_of(troy["sourcedId"])
    assert (alician["givenName"], len(roster.children_of(alician["sourcedId"]))) == ("Alician", 4)
    (mrs_c,) = (s for s in roster.staff.values() if s["preferredGivenName"] == "Mrs.")
    assert mrs_c["preferredFamilyName"] == "C"
    seats = defaultdict(set)
    for row in roster.table("enrollments"):
        seats[row["classSourcedId"]].add(row["userSourcedId"])
    (homeroom,) = (
        row["sourcedId"]
        for row in roster.table("classes")
        if row["classType"] == "homeroom" and troy["sourcedId"] in seats[row["sourcedId"]]
    )
    assert mrs_c["sourcedId"] in seats[homeroom]
    assert troy["grades"] == "05"


def test_every_student_has_classes_at_their_own_school(roster: Roster) -> None:
    schools = {row["sourcedId"]: row["schoolSourcedId"] for row in roster.table("classes")}
    taught: Counter[str] = Counter()
    for row in roster.table("enrollments"):
        if row["role"] == "student":
            taught[row["userSourcedId"]] += 1
            own = roster.students[row["userSourcedId"]]["primaryOrgSourcedId"]
            assert schools[row["classSourcedId"]] == own
    assert set(taught) == set(roster.students)
    assert min(taught.values()) >= 3


def test_families_of_every_shape_are_there(roster: Roster) -> None:
    children = {key: roster.children_of(key) for key in roster.guardians}
    relations = Counter(tie["relationshipRole"] for tie in roster.ties)
    assert {"mother", "father", "stepparent", "grandparent", "relative", "guardian"} == set(
        relations
    )
    assert max(map(len, children.values())) == 9
    assert sum(not s["agentSourcedIds"] for s in roster.students.values()) == 5
    assert sum(tie["metadata.livesWith"] == "false" for tie in roster.ties) >= 60
    assert any(
        len({child["primaryOrgSourcedId"] for child in siblings}) == 3
        for siblings in children.values()
    )
    # Half siblings: one mother, two fathers at two addresses.
    fathers = {
        key: {
            tie["relationshipUserSourcedId"]
            for child in siblings
            for tie in roster.ties
            if tie["userSourcedId"] == child["sourcedId"] and tie["relationshipRole"] == "father"
        }
        for key, siblings in children.items()
    }
    assert any(len(found) == 2 for found in fathers.values())


def test_siblings_are_twins_or_nine_months_apart(roster: Roster) -> None:
    born = {
        row["sourcedId"]: date.fromisoformat(row["birthDate"])
        for row in roster.table("demographics")
    }
    mothers = {
        tie["relationshipUserSourcedId"]
        for tie in roster.ties
        if tie["relationshipRole"] == "mother"
    }
    gaps = []
    for mother in mothers:
        days = sorted(born[child["sourcedId"]] for child in roster.children_of(mother))
        gaps += [(later - earlier).days for earlier, later in pairwise(days)]
    assert 0 in gaps
    assert min(gap for gap in gaps if gap) >= 270


def test_the_hard_ways_of_being_reached_are_there(roster: Roster) -> None:
    ways: Counter[frozenset[str]] = Counter()
    for student in roster.students:
        adults = roster.guardians_of(student)
        ways[frozenset(w for a in adults for w in ("sms", "phone", "email") if a[w])] += 1
    assert ways[frozenset()] >= 20
    assert ways[frozenset({"email"})] >= 5
    assert ways[frozenset({"phone"})] >= 20
    landlines = [who for who, how in roster.town["people"].items() if how.get("kind") == "landline"]
    assert len(landlines) >= 10
    numbers: defaultdict[str, set[str]] = defaultdict(set)
    homes: defaultdict[str, set[str]] = defaultdict(set)
    for guardian in roster.guardians.values():
        if guardian["sms"]:
            numbers[guardian["sms"]].add(guardian["familyName"])
        homes[guardian["metadata.street"]].add(guardian["familyName"])
    assert [names for names in numbers.values() if len(names) > 1] == [{"Rahimi", "Nazari"}]
    assert homes["612 Foundry Street"] == {"Aguilar", "Worku", "Tucker"}
    assert len({street for street in homes if street.startswith("840 Depot Street, Apt ")}) >= 5


def test_restrictions_of_all_four_kinds_are_there(roster: Roster) -> None:
    stated = {tie["metadata.contactRestrictions"] for tie in roster.ties} - {""}
    assert stated == {
        "No contact",
        "No access to records",
        "No pick up",
        "Home address confidential",
        "see file, ask Ms. Ahrens first",
    }
    assert {order["kind"] for order in roster.overlay["restrictions"]} == {
        "contact",
        "address",
        "pick_up",
    }


def test_the_overlay_speaks_of_people_in_the_roster(roster: Roster) -> None:
    pairs = {(t["userSourcedId"], t["relationshipUserSourcedId"]) for t in roster.ties}
    for order in roster.overlay["restrictions"]:
        assert (order["student"], order["guardian"]) in pairs
    for kind in ("hidden_addresses", "languages", "reads"):
        assert roster.overlay[kind]
        assert set(roster.overlay[kind]) <= set(roster.guardians)
    numbers = {"+1" + re.sub(r"\D", "", g["sms"]) for g in roster.guardians.values()}
    assert {stop["address"] for stop in roster.overlay["stops"]} < numbers


def test_names_are_written_in_four_scripts_and_with_all_their_marks(roster: Roster) -> None:
    names = " ".join(s["givenName"] + " " + s["familyName"] for s in roster.students.values())
    for letter in ("e", "е", "م", "ዮ", "'", "-", "ñ", "ả"):
        assert letter in names
    assert "de la Cruz Peña" in names


def test_the_sandbox_can_live_in_the_town(roster: Roster) -> None:
    town = load(roster.folder / "town.json")
    assert (town.start, town.seed) == (date(2026, 9, 14), 1)
    assert town.start.weekday() == 0


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_welcome_is_short_and_in_every_language(language: str) -> None:
    assert 100 <= len(WELCOME[language]) <= 300
    assert "24" in WELCOME[language]
    assert "Cedar Hollow" in WELCOME[language]
    assert not read_reply(WELCOME[language], language).danger
    elsewhere = welcome("Grand Bend")[language]
    assert "Grand Bend" in elsewhere
    assert "24" not in elsewhere
    assert len(elsewhere) > 50
    assert set(WELCOME) == set(LANGUAGES)


def test_the_sample_is_a_roster_that_can_be_loaded_and_is_never_written_over(
    tmp_path: Path,
) -> None:
    there = tmp_path / "cedar hollow.zip"
    assert CliRunner().invoke(main, ["sample", str(there)]).exit_code == 0
    parsed = open_roster(there, None, region="US")
    assert len(parsed.students) == 598
    before = there.read_bytes()
    again = CliRunner().invoke(main, ["sample", str(there)])
    assert (again.exit_code, there.read_bytes()) == (2, before)
    assert CliRunner().invoke(main, ["sample", str(tmp_path / "x.csv")]).exit_code == 2
