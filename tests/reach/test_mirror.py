"""The rule in SQL is the rule in Python, for every family that could be."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bothways.ledger.enums import REACHED, Level
from bothways.reach.mirror import LEVEL, REASON, REASONS, STATE, UNDER_WAY
from bothways.reach.rules import Facts, reason

NOW = datetime(2026, 9, 17, 12, tzinfo=UTC)
SINCE = NOW - timedelta(days=20)
# On both sides of each moment that the rule knows, and on it.
MOMENTS = st.none() | st.sampled_from(
    [
        edge + timedelta(seconds=step)
        for edge in (SINCE, NOW, SINCE - timedelta(days=9), NOW + timedelta(days=9))
        for step in (-1, 0, 1)
    ]
)
HELD = ("", "no_contact_point", "stopped", "no_translation", "spoken_needed", "no_guardian", "?")


@dataclass(frozen=True)
class Family:
    met: datetime | None
    answered: datetime | None
    seen: datetime | None
    delivered: datetime | None
    attempted: datetime | None
    held: datetime | None
    held_why: str
    failed: datetime | None
    waiting: datetime | None
    has_guardian: bool
    has_standing: bool
    has_point: bool
    some_stop: bool
    some_way: bool
    under_way: bool

    @property
    def level(self) -> Level:
        for level, at in (
            (Level.MET, self.met),
            (Level.ANSWERED, self.answered),
            (Level.SEEN, self.seen),
            (Level.DELIVERED, self.delivered),
            (Level.ATTEMPTED, self.attempted),
        ):
            if at is not None and at >= SINCE:
                return level
        return Level.NONE

    @property
    def expected(self) -> tuple[int, int | None]:
        """(level, place of the reason)."""
        if self.level >= REACHED:
            return self.level, None
        facts = Facts(
            has_guardian=self.has_guardian,
            has_standing=self.has_standing,
            has_point=self.has_point,
            only_stopped=self.some_stop and (not self.some_way or not self.under_way),
            attempted=self.level >= Level.ATTEMPTED,
            held_why=self.held_why if self.held is not None and self.held >= SINCE else "",
            failed=self.failed is not None and self.failed >= SINCE,
            waiting_until=self.waiting,
        )
        return self.level, REASONS.index(reason(facts, since=SINCE, now=NOW))


OFTEN_NOT = st.none() | st.none() | MOMENTS
FAMILIES = st.builds(
    Family,
    met=OFTEN_NOT,
    answered=OFTEN_NOT,
    seen=OFTEN_NOT,
    delivered=OFTEN_NOT,
    attempted=MOMENTS,
    held=MOMENTS,
    held_why=st.sampled_from(HELD),
    failed=MOMENTS,
    waiting=MOMENTS,
    has_guardian=st.sampled_from([True, True, True, False]),
    has_standing=st.sampled_from([True, True, True, False]),
    has_point=st.sampled_from([True, True, True, False]),
    some_stop=st.booleans(),
    some_way=st.booleans(),
    under_way=st.booleans(),
)

_ASK = f"""
SELECT {LEVEL}, {REASON} FROM unnest(%(met)s::timestamptz[], %(answered)s::timestamptz[],
    %(seen)s::timestamptz[], %(delivered)s::timestamptz[], %(attempted)s::timestamptz[],
    %(held)s::timestamptz[], %(held_why)s::text[], %(failed)s::timestamptz[],
    %(waiting)s::timestamptz[], %(has_guardian)s::bool[], %(has_standing)s::bool[],
    %(has_point)s::bool[], %(some_stop)s::bool[], %(some_way)s::bool[], %(under_way)s::bool[])
    WITH ORDINALITY AS x(met_at, answered_at, seen_at, delivered_at, attempted_at, held_at, held_why,
        failed_at, waiting_until, has_guardian, has_standing, has_point, some_stop, some_way,
        under_way, place)
CROSS JOIN LATERAL (SELECT x.*) r
CROSS JOIN LATERAL (SELECT x.*) k
CROSS JOIN LATERAL (SELECT x.some_stop AND x.some_way AS mixed, x.under_way) f
CROSS JOIN LATERAL (SELECT {STATE.replace(UNDER_WAY, "f.under_way")} AS state) s
ORDER BY x.place
"""


@given(families=st.lists(FAMILIES, min_size=50, max_size=150))
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_level_and_reason_are_the_same_in_sql(db: None, families: list[Family]) -> None:
    columns: dict[str, Any] = {
        name: [getattr(family, name) for family in families] for name in Family.__annotations__
    }
    with connection.cursor() as cursor:
        cursor.execute(_ASK, {**columns, "since": SINCE, "now": NOW})
        assert [tuple(row) for row in cursor.fetchall()] == [f.expected for f in families]
