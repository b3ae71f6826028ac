"""Simulated school days on the bundled district: the contract's keys, sums, and no broken promise."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bothways.commands.simulate.calendar import (
    Child,
    ClassRoom,
    Item,
    SchoolHouse,
    plan,
    school_days,
)
from bothways.commands.simulate.costs import POSTAGE, PRINT, TEXT_SEGMENT, cost, segments
from bothways.commands.simulate.words import answer, marked, versions
from commands.test_demo import bothways, nothing_runs, only_object

LEVELS = ["NONE", "ATTEMPTED", "DELIVERED", "SEEN", "ANSWERED", "MET"]
FIGURES = {"families", "delivered", "reached", "two_way", "contacts", "contacts_by_channel",
           "staff_minutes", "cost", "contacts_per_reached", "staff_minutes_per_reached"}  # fmt: skip
PROMISES = {"contact_to_barred_adult", "contact_in_quiet_hours", "contact_after_sufficient_evidence",
            "contact_to_stopped_address", "family_without_next_step", "routine_above_budget",
            "deliveries_lost", "same_delivery_twice"}  # fmt: skip


@pytest.fixture(scope="module")
def three_days(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """Ours alone, for three school days."""
    home = tmp_path_factory.mktemp("simulated") / "home"
    done = bothways(home, "simulate", "--days", "3", "--policy", "default", "--json", timeout=900)
    found = only_object(done.stdout)
    assert done.returncode == 0, (found["invariants"], done.stderr)
    return home, found


class TestThreeDays:
    def test_no_promise_was_broken(self, three_days: tuple[Path, dict[str, Any]]) -> None:
        assert three_days[1]["invariants"] == dict.fromkeys(PROMISES, 0)

    def test_each_school_day_has_its_figures(self, three_days: tuple[Path, dict[str, Any]]) -> None:
        days = three_days[1]["days"]
        assert [day["date"] for day in days] == ["2026-09-14", "2026-09-15", "2026-09-16"]
        for day in days:
            assert set(day) == {"date", "levels", "contacts", "staff_minutes", "cost"}
            assert list(day["levels"]) == LEVELS
            assert sum(day["levels"].values()) == three_days[1]["policies"]["default"]["families"]

    def test_what_is_told_is_what_reached_people(
        self, three_days: tuple[Path, dict[str, Any]]
    ) -> None:
        home, found = three_days
        lines = (home / "sandbox" / "contacts.jsonl").read_text("utf-8").splitlines()
        told = found["policies"]["default"]
        assert set(told) == FIGURES
        assert told["contacts"] == len(lines) == sum(told["contacts_by_channel"].values())
        by_day = [sum(day["contacts"].values()) for day in found["days"]]
        assert sum(by_day) == len(lines)
        assert min(by_day) > 0
        last = found["days"][-1]["levels"]
        assert told["reached"] == last["SEEN"] + last["ANSWERED"] + last["MET"]
        assert told["two_way"] == last["ANSWERED"] + last["MET"]
        minutes = sum(sum(day["staff_minutes"].values()) for day in found["days"])
        assert told["staff_minutes"] == minutes
        calls = sum(json.loads(line)["channel"] == "call" for line in lines)
        rung = sum(day["staff_minutes"].get("call", 0) for day in found["days"])
        assert rung == 6 * calls

    def test_families_come_into_contact_and_staff_take_part(
        self, three_days: tuple[Path, dict[str, Any]]
    ) -> None:
        days = three_days[1]["days"]
        reached = [sum(day["levels"][level] for level in LEVELS[3:]) for day in days]
        assert reached == sorted(reached)
        assert reached[0] < reached[-1]
        done = {kind for day in days for kind in day["staff_minutes"]}
        assert {"answer", "call", "letter"} <= done

    def test_reach_says_the_same_afterwards_and_nothing_is_left_running(
        self, three_days: tuple[Path, dict[str, Any]]
    ) -> None:
        home, found = three_days
        again = only_object(bothways(home, "reach", "--json").stdout)
        assert again["levels"] == found["days"][-1]["levels"]
        evenings = (home / "sandbox" / "reach.jsonl").read_text("utf-8").splitlines()
        assert json.loads(evenings[-1])["reached"] == again["reached"]
        assert nothing_runs(home)


def test_without_a_name_the_plain_policies_stand_beside_ours(tmp_path: Path) -> None:
    done = bothways(tmp_path, "simulate", "--days", "1", "--json", timeout=900)
    found = only_object(done.stdout)
    assert found["policy"] == "default"
    assert set(found["policies"]) == {"default", "text_and_email", "text_call_nothing"}
    families = {one["families"] for one in found["policies"].values()}
    assert len(families) == 1
    plain = found["policies"]["text_and_email"]["contacts_by_channel"]
    assert set(plain) <= {"text", "email"}
    assert "letter" in found["policies"]["default"]["contacts_by_channel"]
    assert len(found["days"]) == 1


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--days", "0"], "days"),
        ([], "days"),
        (["--days", "3", "--policy", "hope"], "no policy “hope”"),
        (["--days", "3", "--roster", "nowhere"], "nowhere"),
        (["--days", "3", "--town", "nowhere.json"], "nowhere.json"),
        (["--days", "3", "--overlay", "nowhere.json"], "nowhere.json"),
    ],
)
def test_a_call_that_cannot_be_used_changes_nothing(
    tmp_path: Path, words: list[str], why: str
) -> None:
    done = bothways(tmp_path / "home", "simulate", *words, "--json")
    assert (done.returncode, done.stdout) == (2, "")
    assert why in done.stderr
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(
    ("town", "why"),
    [
        ("{", "cannot be read"),
        ("[]", "no JSON object"),
        ('{"timezone": "Mars/Base"}', "timezone"),
        ('{"start": "next week"}', "start"),
        ('{"seed": "seven"}', "seed must be a whole number"),
        ('{"kinds": {"home": {"call": {"teleported": 1}}}}', "kinds.home.call"),
    ],
)
def test_a_town_that_cannot_be_used_is_refused_with_the_reason(
    tmp_path: Path, town: str, why: str
) -> None:
    (tmp_path / "town.json").write_text(town, "utf-8")
    words = ["--days", "1", "--policy", "default", "--town", str(tmp_path / "town.json"), "--json"]
    done = bothways(tmp_path / "home", "simulate", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert why in done.stderr
    assert nothing_runs(tmp_path / "home")


def test_an_installation_that_is_no_demo_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("something")
    done = bothways(tmp_path, "simulate", "--days", "1")
    assert (done.returncode, done.stdout) == (2, "")
    assert (tmp_path / "kept").read_text() == "something"


# The calendar.

ZONE = ZoneInfo("America/Chicago")
CHILDREN = [Child(f"st-{n}", f"Child {n}", (7, 8)) for n in range(250)]
ROOMS = [ClassRoom(f"room-{n}", f"Room {n}", 7) for n in range(9)]
SCHOOL = SchoolHouse("sc-1", "Cedar Elementary", 1, ROOMS, CHILDREN)
NOBODY = SchoolHouse("sc-2", "Without anybody", None)


def weeks(count: int, seed: int = 7) -> list[Item]:
    days = school_days(date(2026, 9, 14), count)
    return plan(seed=seed, place="Cedar Hollow", schools=[SCHOOL, NOBODY], days=days, zone=ZONE)


def test_the_same_seed_plans_the_same_weeks_and_another_others() -> None:
    assert weeks(10) == weeks(10)
    assert weeks(10) != weeks(10, seed=8)


def test_messages_are_numbered_in_the_order_of_time_after_the_welcome() -> None:
    items = weeks(20)
    assert [item.number for item in items] == list(range(2, len(items) + 2))
    assert [item.at for item in items] == sorted(item.at for item in items)
    assert all(item.at.weekday() < 5 and 9 <= item.at.hour < 17 for item in items)


def test_four_weeks_have_every_kind_of_message() -> None:
    items = weeks(20)
    kinds = {item.kind: item.purpose for item in items}
    assert kinds == {
        "district": "routine", "school": "routine", "class": "routine", "good": "personal",
        "worry": "personal", "early": "timely", "emergency": "emergency",
    }  # fmt: skip
    assert sum(item.kind == "emergency" for item in items) == 1
    assert sum(item.kind == "district" for item in items) == 4
    assert sum(item.kind == "class" for item in items) == 16
    assert all(item.student and item.author for item in items if item.purpose == "personal")


def test_school_days_leave_out_weekends_and_closed_days() -> None:
    assert school_days(date(2026, 9, 17), 3, [date(2026, 9, 21)]) == [
        date(2026, 9, 17),
        date(2026, 9, 18),
        date(2026, 9, 22),
    ]


def test_one_day_has_no_news_beside_the_welcome() -> None:
    assert {item.purpose for item in weeks(1)} == {"personal"}


# Words and costs.


def test_every_kind_of_words_exists_in_every_language_with_all_its_parts() -> None:
    kinds = ("district", "school", "class", "good", "worry", "early", "emergency")
    languages = [set(versions(kind, place="Cedar", child="Troy")) for kind in kinds]
    assert all(found == languages[0] for found in languages)
    assert len(languages[0]) == 12
    for kind in kinds:
        words = marked(versions(kind, place="Cedar", child="Troy"), 12)
        assert all(("Cedar" in text) != ("Troy" in text) for text in words.values())
        assert all(text.endswith(" #12") and len(text) <= 320 for text in words.values())


def test_a_family_is_answered_in_its_language_or_in_english() -> None:
    assert answer("es").startswith("Gracias")
    assert answer("zh-Hans") == answer("zh-Hans")
    assert answer("pt-BR") == answer("pt")
    assert answer("tlh") == answer("en")


def a_contact(channel: str, body: str = "", outcome: str = "delivered") -> dict[str, str]:
    return {"channel": channel, "body": body, "outcome": outcome, "at": str(datetime.min)}


def test_contacts_cost_what_the_table_says() -> None:
    assert cost(a_contact("letter")) == PRINT + POSTAGE
    assert cost(a_contact("email")) == cost(a_contact("call")) == cost(a_contact("visit")) == 0
    assert cost(a_contact("text", "ok")) == TEXT_SEGMENT
    assert cost(a_contact("text", "ж" * 71)) == 2 * TEXT_SEGMENT
    assert cost(a_contact("text", "ok", outcome="blocked")) == 0


@pytest.mark.parametrize(
    ("body", "parts"),
    [("a" * 160, 1), ("a" * 161, 2), ("€" * 81, 2), ("ж" * 70, 1), ("ж" * 71, 2), ("😀" * 35, 1)],
)
def test_texts_are_counted_in_parts(body: str, parts: int) -> None:
    assert segments(body) == parts
