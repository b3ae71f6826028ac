import json
from pathlib import Path

import pytest

from bothways.sandbox.town import TownError, load, parse

SHARED = Path(__file__).parents[2].parent / "shared" / "data" / "towns" / "grand-bend.json"


def test_a_town_without_anything_is_the_built_in_one():
    town = parse({})
    assert (town.seed, str(town.zone), town.start.isoformat()) == (
        7,
        "America/Chicago",
        "2021-09-13",
    )
    assert town.habits_of(channel="text", to="+19505550101", who=None).minutes == (3, 900)
    assert town.habits_of(channel="email", to="a@b.example", who=None).sees == 0.45
    assert town.habits_of(channel="letter", to="1 Main St", who=None).minutes == (600, 6000)


def test_a_letter_handed_over_is_read_as_a_letter():
    assert parse({}).habits_of(channel="handover", to="gu-1", who="gu-1").sees == 0.85


def test_the_address_overrides_the_guardian_who_overrides_the_channel():
    town = parse(
        {
            "people": {
                "gu-emily": {"sees": 0.0, "answers": 0.5, "visit": {"none": 1.0}},
                "+19505550101": {"sees": 1.0, "text": {"undelivered": 1.0}},
            }
        }
    )
    habits = town.habits_of(channel="text", to="+19505550101", who="gu-emily")
    assert (habits.sees, habits.answers) == (1.0, 0.5)
    assert town.habits_of(channel="email", to="e@b.example", who="gu-emily").sees == 0.0
    fates = {
        town.text_fate(to="+19505550101", who="gu-emily", column="sms", nth=n)[1] for n in range(9)
    }
    assert fates == {"undelivered"}


def test_a_phone_keeps_its_kind_through_all_messages():
    town = parse({})
    numbers = [f"+1950555{n:04d}" for n in range(300)]
    kinds = [
        {town.text_fate(to=one, who=None, column="phone", nth=n)[0] for n in range(5)}
        for one in numbers
    ]
    assert {len(found) for found in kinds} == {1}
    assert set().union(*kinds) == {"mobile", "landline", "dead"}
    landlines = [one for one, found in zip(numbers, kinds, strict=True) if found == {"landline"}]
    assert {town.text_fate(to=one, who=None, column=None, nth=0)[1] for one in landlines} == {
        "landline"
    }


def test_one_home_written_in_two_ways_has_one_fate():
    town = parse({})
    first = [
        town.post_fate(to="12 Dune Rd\nGrand Bend, MI 48001", who=None, nth=n) for n in range(30)
    ]
    second = [
        town.post_fate(to="12 dune rd, Grand Bend MI  48001", who=None, nth=n) for n in range(30)
    ]
    assert first == second
    assert {outcome for outcome, _ in first} == {"arrives", "returned"}


def test_the_order_of_outcomes_in_the_file_changes_nothing():
    one = parse({"kinds": {"email": {"delivered": 0.5, "bounced": 0.5}}})
    other = parse({"kinds": {"email": {"bounced": 0.5, "delivered": 0.5}}})
    assert [one.email_fate(to="a@b.example", who=None, nth=n) for n in range(20)] == [
        other.email_fate(to="a@b.example", who=None, nth=n) for n in range(20)
    ]


def test_one_share_of_the_post_is_enough():
    town = parse({"kinds": {"address": {"arrives": 0.0}}})
    assert {town.post_fate(to="1 Main St", who=None, nth=n)[0] for n in range(20)} == {"returned"}


@pytest.mark.parametrize(
    ("raw", "place"),
    [
        ([], "the town"),
        ({"seed": "x"}, "seed"),
        ({"timezone": "Mars/Base"}, "timezone"),
        ({"timezone": "../../etc/passwd"}, "timezone"),
        ({"start": "next week"}, "start"),
        ({"kinds": {"mobile": {"text": {"teleported": 1.0}}}}, "kinds.mobile.text"),
        ({"kinds": {"mobile": {"text": {}}}}, "kinds.mobile.text"),
        ({"kinds": {"email": {"delivered": 1.5}}}, "kinds.email.delivered"),
        ({"kinds": {"address": {"days": [4, 1]}}}, "kinds.address.days"),
        ({"after_arrival": {"sees": True}}, "after_arrival.sees"),
        ({"after_arrival": {"words": ["\ud800"]}}, "after_arrival.words"),
        ({"after_arrival": {"keys": ["4", "five"]}}, "after_arrival.keys"),
        ({"people": {"gu-1": {"kind": "carrier pigeon"}}}, "people.gu-1.kind"),
    ],
)
def test_a_town_that_cannot_be_is_refused_with_the_place(raw, place):
    with pytest.raises(TownError, match=place.replace(".", r"\.")):
        parse(raw)


def test_a_file_that_is_no_town_is_refused(tmp_path):
    file = tmp_path / "town.json"
    for content in (b"{", b"\xff\xfe", b"[" * 100_000):
        file.write_bytes(content)
        with pytest.raises(TownError):
            load(file)
    with pytest.raises(TownError):
        load(tmp_path / "nowhere.json")


def test_the_town_of_grand_bend_can_be_read():
    if not SHARED.exists():
        pytest.skip("the shared town of Grand Bend is not beside this project")
    town = load(SHARED)
    raw = json.loads(SHARED.read_text("utf-8"))
    assert (
        list(town.habits_of(channel="text", to="x", who=None).words)
        == raw["after_arrival"]["words"]
    )
