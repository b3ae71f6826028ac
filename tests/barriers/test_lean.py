"""What stands in a family's way changes what comes first, and never what is allowed."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bothways.barriers.catalogue import bundled
from bothways.barriers.enums import Effect
from bothways.barriers.rules import Open, covered, gap, in_force
from bothways.channels.enums import Channel
from bothways.outreach.enums import DayPart, StepKind, TaskKind
from bothways.outreach.leaning import NEUTRAL, lean_of
from bothways.outreach.policies import REACH
from bothways.outreach.policies import bundled as policies
from bothways.outreach.rules import Reachability, Way
from outreach.test_next_step import ALICIAN, CHICAGO, MONDAY, PARTS, Life, climb, lives

effects = st.frozensets(st.sampled_from(list(Effect)))
POLICIES = policies()
WELL_REACHED = replace(
    ALICIAN,
    ways=tuple(
        Way(channel, fresh=1, used=0, likely=likely)
        for channel, likely in (
            (Channel.TEXT, 0.7),
            (Channel.VOICE, 0.5),
            (Channel.EMAIL, 0.9),
            (Channel.LETTER, 0.6),
        )
    ),
)


def steps(family: Reachability, *told: Effect, of: str = "personal", most: int = 7) -> list[str]:
    leaning = replace(family, lean=lean_of(frozenset(told)))
    return climb(Life(leaning, POLICIES[of], MONDAY, machine=True), most)


def _lived(life: Life, told: frozenset[Effect], times: int = 60) -> Life:
    """The same family, with these things in its way, until nothing new comes."""
    found = Life(
        replace(life.family, lean=lean_of(told)),
        life.policy,
        life.now,
        life.calendar,
        fails=life.fails,
        machine=life.machine,
    )
    for _ in range(times):
        if found.step().kind is StepKind.DONE:
            break
    return found


@settings(max_examples=400, deadline=None)
@given(life=lives, told=effects)
def test_a_barrier_never_adds_a_way_which_consent_did_not_allow(
    life: Life, told: frozenset[Effect]
) -> None:
    """Whatever stands in the way: the same ways at most, as often at most, and nobody who may not be told."""
    allowed = {way.channel for way in life.family.ways if way.channel in life.policy.waits}
    lean = _lived(life, told)
    used = Counter(
        one.channel for one in lean.tries if not one.failed or one.channel is Channel.VOICE
    )
    assert set(used) <= allowed
    assert all(times <= life.policy.tries.get(channel, 1) for channel, times in used.items())
    if not (life.family.has_guardian and life.family.may):
        assert lean.tries == []
    assert life.family.phone or TaskKind.CALL not in lean.people
    assert (life.family.address and not life.family.unsafe) or TaskKind.VISIT not in lean.people
    first = {TaskKind.FIND_GUARDIAN, TaskKind.READ_ORDER}
    assert set(lean.people) <= {*life.policy.people, *first}
    assert Effect.NO_VISIT not in told or TaskKind.VISIT not in lean.people


@settings(max_examples=400, deadline=None)
@given(life=lives, told=effects)
def test_a_barrier_leaves_no_family_without_a_step(life: Life, told: frozenset[Effect]) -> None:
    """What comes later comes all the same, where people take their turns for ever."""
    patient = Life(
        life.family,
        POLICIES[REACH],
        life.now,
        life.calendar,
        fails=life.fails,
        machine=life.machine,
    )
    lean, without = _lived(patient, told, 120), _lived(patient, frozenset(), 120)
    assert lean.steps[-1].kind is not StepKind.DONE
    assert {one.channel for one in lean.tries} == {one.channel for one in without.tries}


def test_without_a_barrier_all_is_as_ever() -> None:
    assert steps(WELL_REACHED) == [
        "email",
        "text",
        "voice",
        "voice",
        "letter",
        "person: call",
        "person: handover",
    ]
    assert lean_of(frozenset()) == NEUTRAL


@pytest.mark.parametrize(
    ("told", "then"),
    [
        (Effect.LINKS_LATER, ["text", "voice", "voice", "letter", "email"]),
        (Effect.CALLS_LATER, ["email", "text", "letter", "voice", "voice"]),
        (Effect.PHONE_LATER, ["email", "letter", "text", "voice", "voice"]),
        (Effect.VOICE_FIRST, ["voice", "voice", "text", "person: call", "email"]),
        (Effect.PAPER_LATER, ["email", "text", "voice", "voice", "letter"]),
        (Effect.ANOTHER_FACE, ["email", "text", "voice", "voice", "person: go_between"]),
    ],
)
def test_what_stands_in_the_way_changes_what_comes_first(told: Effect, then: list[str]) -> None:
    assert steps(WELL_REACHED, told, most=5) == then


def test_who_cannot_come_to_school_is_met_elsewhere_after_the_first_call() -> None:
    family = replace(WELL_REACHED, ways=())
    assert steps(family, Effect.MEET_NEAR, of=REACH, most=5) == [
        "person: call",
        "person: neutral_place",
        "person: visit",
        "person: handover",
        "person: go_between",
    ]


def test_where_strangers_are_a_worry_nobody_goes_to_the_home() -> None:
    family = replace(WELL_REACHED, ways=())
    assert "person: visit" not in steps(family, Effect.NO_VISIT, of=REACH, most=30)


def test_evenings_that_are_taken_ring_at_another_hour() -> None:
    lean = lean_of(frozenset({Effect.NO_CALLS_IN_THE_EVENING}))
    voice = Way(Channel.VOICE, fresh=1, used=0, likely=0.9, parts=lean.parts(PARTS))
    life = Life(
        replace(ALICIAN, ways=(voice,), lean=lean),
        POLICIES["personal"],
        MONDAY,
        fails=frozenset({Channel.VOICE}),
    )
    assert climb(life, 2) == ["voice", "voice"]
    assert all(one.at.astimezone(CHICAGO).hour < 17 for one in life.tries)


def test_somebody_who_can_take_no_call_at_any_hour_is_rung_when_it_is_likeliest() -> None:
    told = frozenset({Effect.NO_CALLS_BY_DAY, Effect.NO_CALLS_IN_THE_EVENING})
    assert lean_of(told).parts(PARTS) == PARTS
    assert lean_of(frozenset({Effect.NO_CALLS_BY_DAY})).parts(PARTS) == (DayPart.EVENING,)


def test_an_emergency_waits_for_no_person() -> None:
    assert steps(WELL_REACHED, Effect.VOICE_FIRST, of="emergency", most=1) == ["voice"]
    family = replace(WELL_REACHED, ways=WELL_REACHED.ways[2:])
    assert steps(family, Effect.VOICE_FIRST, of="emergency", most=1) == ["email"]


def test_a_ride_takes_the_way_to_school_out_of_the_way_and_an_interpreter_comes_each_time() -> None:
    known = bundled().barriers
    transport, language = (
        Open(known[code].effects, frozenset(known[code].helps))
        for code in ("transport", "language")
    )
    removing = {code for code, one in bundled().solutions.items() if one.removes}
    assert in_force([transport, language], frozenset()) == {Effect.MEET_NEAR, Effect.INTERPRETER}
    assert in_force([transport, language], {"ride", "interpreter"} & removing) == {
        Effect.INTERPRETER
    }
    assert covered(language.helps, {"interpreter"})
    assert gap(known["transport"].helps, {"ride"}) == ("neutral_place", "visit_welcome", "by_phone")


def test_every_line_of_the_catalogue_helps_says_what_to_do_and_labels_nobody() -> None:
    """No line is without a solution; none speaks of what a person is."""
    catalogue = bundled()
    for barrier in catalogue.barriers.values():
        assert set(barrier.helps) <= set(catalogue.solutions)
        assert barrier.helps
        assert all(barrier.said.values())
        assert all(barrier.advised.values())
        for words in barrier.said["en"], barrier.advised["en"]:
            said = f" {words.lower()} "
            assert not any(
                label in said
                for label in (
                    " parent",
                    " uninvolved",
                    " does not care",
                    " refuse",
                    " lazy",
                    " they are ",
                )
            )
    assert {effect for barrier in catalogue.barriers.values() for effect in barrier.effects} == set(
        Effect
    )
    used = {code for barrier in catalogue.barriers.values() for code in barrier.helps}
    assert used == set(catalogue.solutions)
