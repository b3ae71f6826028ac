"""One reason for each family that is not reached, and always a next step."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bothways.outreach.enums import StepChannel
from bothways.outreach.rules import Ways, next_step
from bothways.reach.enums import Reason
from bothways.reach.rules import Facts, reason

SINCE = datetime(2026, 8, 24, tzinfo=UTC)
NOW = datetime(2026, 9, 17, tzinfo=UTC)
SENT = Facts(
    has_guardian=True,
    has_standing=True,
    has_point=True,
    only_stopped=False,
    attempted=True,
    held_why="",
    failed=False,
    waiting_until=NOW + timedelta(days=2),
)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, Reason.WAITING),
        ({"waiting_until": NOW - timedelta(days=1)}, Reason.NO_SIGN),
        ({"failed": True, "waiting_until": None}, Reason.UNDELIVERED),
        ({"failed": True, "waiting_until": SINCE - timedelta(days=40)}, Reason.UNDELIVERED),
        ({"failed": True}, Reason.WAITING),
        ({"has_guardian": False, "has_standing": False}, Reason.NO_GUARDIAN),
        ({"has_standing": False}, Reason.NO_LAWFUL_CONTACT),
        ({"attempted": False, "waiting_until": None}, Reason.NOT_ATTEMPTED),
        ({"attempted": False, "has_point": False, "waiting_until": None}, Reason.NOT_ATTEMPTED),
        (
            {"attempted": False, "held_why": "no_contact_point", "waiting_until": None},
            Reason.NO_CONTACT_POINT,
        ),
        ({"attempted": False, "held_why": "stopped", "waiting_until": None}, Reason.STOPPED),
        ({"only_stopped": True}, Reason.STOPPED),
        (
            {"attempted": False, "held_why": "no_translation", "waiting_until": None},
            Reason.NO_TRANSLATION,
        ),
        (
            {"attempted": False, "held_why": "spoken_needed", "waiting_until": None},
            Reason.NO_TRANSLATION,
        ),
        # Queued in the quiet hours: nothing failed, nothing is forgotten.
        ({"attempted": False}, Reason.WAITING),
    ],
)
def test_the_first_reason_that_applies(change: dict[str, object], expected: Reason) -> None:
    assert reason(replace(SENT, **change), since=SINCE, now=NOW) == expected  # type: ignore[arg-type]


FACTS = st.builds(
    Facts,
    has_guardian=st.booleans(),
    has_standing=st.booleans(),
    has_point=st.booleans(),
    only_stopped=st.booleans(),
    attempted=st.booleans(),
    held_why=st.sampled_from(
        ["", "no_contact_point", "stopped", "no_translation", "spoken_needed", "no_guardian"]
    ),
    failed=st.booleans(),
    waiting_until=st.none() | st.datetimes(timezones=st.just(UTC)),
)
WAYS = st.builds(
    Ways,
    phone=st.booleans(),
    address=st.booleans(),
    letters=st.integers(0, 5),
    calls=st.integers(0, 5),
    visits=st.integers(0, 5),
    handovers=st.integers(0, 5),
)


@given(
    facts=FACTS, ways=WAYS, today=st.dates(date(2020, 1, 1), date(2040, 1, 1)), spoken=st.booleans()
)
def test_every_family_has_a_step_with_a_school_day_and_an_owner(
    facts: Facts, ways: Ways, today: date, spoken: bool
) -> None:
    why = reason(facts, since=SINCE, now=NOW)
    step = next_step(
        why,
        ways,
        today=today,
        last_tried=None,
        waiting_until=today + timedelta(days=3) if why is Reason.WAITING else None,
        spoken=spoken,
        language="",
        closed=frozenset(),
    )
    assert step.what
    assert step.role in ("teacher", "office", "principal")
    assert step.due > today
    assert step.due.weekday() < 5
    if step.channel is StepChannel.CALL:
        assert ways.phone
    if step.channel is StepChannel.LETTER:
        assert ways.address


def test_the_default_ladder_is_letter_call_visit_and_goes_on() -> None:
    climbed = []
    ways = Ways(phone=True, address=True)
    for _ in range(5):
        step = next_step(
            Reason.NO_SIGN,
            ways,
            today=date(2026, 9, 14),
            last_tried=None,
            waiting_until=None,
            spoken=False,
            language="",
            closed=frozenset(),
        )
        climbed.append(step.channel.value)
        name = step.channel.value + "s"
        ways = replace(ways, **{name: getattr(ways, name) + 1})
    assert climbed == ["letter", "call", "visit", "handover", "letter"]


def test_emilys_parents_without_a_phone_are_visited_after_a_letter() -> None:
    step = next_step(
        Reason.NO_SIGN,
        Ways(phone=False, address=True, letters=1),
        today=date(2026, 9, 18),
        last_tried=date(2026, 9, 18),
        waiting_until=None,
        spoken=False,
        language="",
        closed={date(2026, 9, 21)},
    )
    assert step.channel is StepChannel.VISIT
    assert step.due == date(2026, 9, 28)
