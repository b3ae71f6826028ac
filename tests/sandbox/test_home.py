"""Staff who ring, knock, or bring something."""

import pytest

from bothways.sandbox.town import TownError, parse
from sandbox.school import CONTROL

EMILYS_HOME = "118 Tannery Lane\nCedar Hollow"


def a_try(how="call", to="+19505550101", who="gu-1", ref="7", **more):
    return {"how": how, "to": to, "who": who, "ref": ref, "purpose": "personal", "body": "", **more}


def home(**kinds):
    return {"home": {"call": {"person": 1.0}, "visit": {"met": 1.0}, **kinds}}


async def test_each_try_is_a_line_with_task_and_guardian(sandbox):
    driver = await sandbox(kinds=home(handover={"arrives": 1.0}))
    tries = [a_try(), a_try("visit", EMILYS_HOME, ref="8"), a_try("handover", "", ref="9")]
    status, found = await driver.control("tries", tries)
    assert status == 200
    assert found == [
        {"ref": "7", "outcome": "person"},
        {"ref": "8", "outcome": "met"},
        {"ref": "9", "outcome": "arrives"},
    ]
    lines = driver.lines("contacts")
    assert [(c["channel"], c["to"], c["who"], c["ref"]) for c in lines] == [
        ("call", "+19505550101", "gu-1", "7"),
        ("visit", EMILYS_HOME, "gu-1", "8"),
        ("handover", "", "gu-1", "9"),
    ]
    assert [e["what"] for e in driver.lines("events")] == ["answered", "met", "delivered"]
    assert (await driver.control("next"))[1]["next_due"] is None


async def test_what_came_to_nothing_shows_nothing(sandbox):
    driver = await sandbox(
        kinds=home(call={"wrong": 1.0}, visit={"moved": 1.0}, handover={"arrives": 0.0})
    )
    tries = [a_try(), a_try("visit", EMILYS_HOME), a_try("handover", "")]
    _, found = await driver.control("tries", tries)
    assert [one["outcome"] for one in found] == ["wrong", "moved", "missed"]
    assert driver.lines("events") == []


async def test_a_restart_adds_nothing_to_what_was_brought(sandbox):
    driver = await sandbox(after_arrival={"sees": 1.0})
    await driver.control("tries", [a_try("handover", "")])
    driver = await sandbox(after_arrival={"sees": 1.0})
    assert (await driver.control("next"))[1]["next_due"] is None
    assert [e["what"] for e in driver.lines("events")] == ["delivered"]


def test_the_same_call_has_the_same_end_whatever_was_tried_between():
    town = parse({})
    fates = [
        town.call_fate(to="+19505550101", who=None, column="sms", nth=n)
        for n in (0, 1, 2, 3, 0, 1, 2, 3)
    ]
    assert fates[:4] == fates[4:]


def test_a_dead_number_is_answered_by_nobody():
    town = parse({"people": {"+19505550101": {"kind": "dead"}}, "kinds": home()})
    assert town.call_fate(to="+19505550101", who=None, column="phone", nth=3) == "none"


def test_what_is_known_of_a_guardian_goes_before_the_town():
    town = parse(
        {
            "kinds": home(),
            "people": {"gu-emily": {"visit": {"none": 1.0}, "call": {"wrong": 1.0}}},
        }
    )
    assert town.visit_fate(to=EMILYS_HOME, who="gu-emily", nth=0) == "none"
    assert town.visit_fate(to=EMILYS_HOME, who="gu-other", nth=0) == "met"
    assert town.call_fate(to="+19505550101", who="gu-emily", column="sms", nth=0) == "wrong"


@pytest.mark.parametrize("part", ["call", "visit"])
def test_odds_that_cannot_be_are_refused_with_the_place(part):
    with pytest.raises(TownError, match=rf"kinds\.home\.{part}"):
        parse({"kinds": {"home": {part: {"teleported": 1.0}}}})
    with pytest.raises(TownError, match=rf"people\.gu-1\.{part}"):
        parse({"people": {"gu-1": {part: {}}}})


@pytest.mark.parametrize(
    "body",
    [
        {},
        ["7"],
        [a_try("shout")],
        [a_try(to=" ")],
        [a_try(to=5)],
        [a_try(who=["gu-1"])],
        [a_try(ref="")],
        [a_try("handover", "", who=None)],
        [a_try(), a_try("visit", "")],
    ],
)
async def test_a_list_that_makes_no_sense_tries_nobody(sandbox, body):
    driver = await sandbox()
    status, answer = await driver.control("tries", body)
    assert status == 400
    assert answer["error"].endswith(".")
    assert driver.lines("contacts") == []


async def test_tries_need_the_token(sandbox):
    driver = await sandbox()
    url = f"{driver.running.url}/control/tries"
    for headers, status in (({}, 401), (CONTROL, 200)):
        async with driver.http.post(url, json=[], headers=headers) as answer:
            assert answer.status == status
