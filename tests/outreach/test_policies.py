"""Policies as data: read, refused with a word that helps, and kept by a district."""

import json
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from bothways.channels.enums import Channel
from bothways.commands.main import main
from bothways.ledger.enums import Level
from bothways.messaging.models import FirstWays
from bothways.outreach.enums import TaskKind
from bothways.outreach.likelihood import NONE, Record, explain, likely, share
from bothways.outreach.models import PolicyChoice
from bothways.outreach.policies import (
    POLICY_SETS,
    PURPOSES,
    REACH,
    UnusablePolicy,
    bundled,
    read,
)
from bothways.outreach.services.policies import choose_policy, policies_of, use
from messaging.world import World


@pytest.mark.parametrize("name", sorted(POLICY_SETS))
def test_each_set_has_a_policy_for_each_purpose(name: str) -> None:
    assert set(bundled(name)) == set(PURPOSES)


def test_being_in_contact_is_climbed_for_without_end() -> None:
    policy = bundled()[REACH]
    assert (policy.worth, policy.enough) == (None, Level.SEEN)
    assert policy.people[:3] == (TaskKind.CALL, TaskKind.HANDOVER, TaskKind.VISIT)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"waits": {"pigeon": 5}}, "pigeon"),
        ({"people": ["find_guardian"]}, "find_guardian"),
        ({"people": ["shout"]}, "shout"),
        ({"enough": "attempted"}, "enough"),
        ({"enough": 3}, "enough"),
        ({"waits": {"text": -1}}, "waits.text"),
        ({"waits": {"text": True}}, "waits.text"),
        ({"waits": [["text", 5]]}, "waits"),
        ({"worth": "a week"}, "worth"),
        ({"tries": {"voice": 11}}, "tries.voice"),
        ({"gives_up_after": 3}, "gives_up_after"),
        ([], ""),
    ],
)
def test_a_policy_that_cannot_be_used_is_refused_with_the_place(values: Any, said: str) -> None:
    with pytest.raises(UnusablePolicy, match=said):
        read("personal", values)


@given(
    values=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["waits", "tries", "people", "days", "worth", "enough", "first", "text"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=8,
    )
)
def test_whatever_stands_in_the_file_it_is_a_policy_or_refused(values: Any) -> None:
    with suppress(UnusablePolicy):
        assert read("timely", values).purpose == "timely"


@pytest.mark.django_db
def test_a_district_keeps_its_own_and_goes_back_to_the_bundled(world: World) -> None:
    use(world.district, "text_and_email")
    assert FirstWays.objects.filter(district=world.district).count() == len(PURPOSES)
    choose_policy(district=world.district, purpose="timely", values={"waits": {"text": 5}}, by=None)
    assert set(policies_of(world.district)["timely"].waits) == {Channel.TEXT}
    assert FirstWays.objects.filter(purpose="timely").count() == 0
    use(world.district, "default")
    assert (PolicyChoice.objects.count(), FirstWays.objects.count()) == (0, 0)
    assert policies_of(world.district) == bundled()


@pytest.mark.django_db
def test_what_cannot_be_used_changes_nothing(world: World) -> None:
    with pytest.raises(UnusablePolicy):
        choose_policy(
            district=world.district, purpose="timely", values={"waits": {"x": 1}}, by=None
        )
    assert PolicyChoice.objects.count() == 0


@pytest.mark.django_db
def test_the_command_refuses_what_is_no_policy(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bothways.commands.policy.installation", nullcontext)
    for words in ("[]", "{", '{"waits": {"pigeon": 1}}'):
        file = tmp_path / "p.json"
        file.write_text(words)
        result = CliRunner().invoke(main, ["policy", "timely", "--file", str(file)])
        assert result.exit_code == 2
    assert CliRunner().invoke(main, ["policy", "gossip"]).exit_code == 2
    assert CliRunner().invoke(main, ["policy", "--use", "shouting"]).exit_code == 2
    told = CliRunner().invoke(main, ["policy", "timely", "--json"])
    assert json.loads(told.stdout) == {"timely": POLICY_SETS["default"]["timely"]}


counts = st.integers(0, 50).flatmap(
    lambda tried: st.integers(0, tried).map(lambda seen: Record(tried, seen))
)


@given(family=counts, district=counts)
def test_more_signs_make_a_way_likelier_and_more_silence_less(
    family: Record, district: Record
) -> None:
    now = likely(family, district)
    assert 0 < now < 1
    assert likely(family + Record(1, 1), district) > now > likely(family + Record(1, 0), district)


@given(family=counts, district=counts)
def test_it_lies_between_the_family_and_the_district(family: Record, district: Record) -> None:
    if family.tried:
        own, theirs = family.seen / family.tried, share(district)
        assert min(own, theirs) - 1e-9 <= likely(family, district) <= max(own, theirs) + 1e-9
    else:
        assert likely(family, district) == share(district)


def test_it_is_said_in_one_sentence() -> None:
    assert (
        explain("Texts", Record(4, 3), Record(100, 61))
        == "Texts: seen 3 of 4 times by this family; in the district 61 of 100."
    )
    assert (
        explain("Letters", NONE, NONE)
        == "Letters: not tried with this family yet; seen in the district not tried yet."
    )


def test_the_sets_are_plain_json() -> None:
    assert json.loads(json.dumps(POLICY_SETS)) == {
        name: {purpose: dict(values) for purpose, values in chosen.items()}
        for name, chosen in POLICY_SETS.items()
    }
