"""One reason for each family that is not reached."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

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
