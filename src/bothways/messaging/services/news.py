"""News of deliveries, whoever brings it: one statement moves them forward, writes the ledger and the roll-up.

A carrier's answer and a receipt say the same kind of thing, may come in any order and more than once, and
are written alike: the highest rank stands.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from bothways.consent.models import Stop
from bothways.consent.services import stop
from bothways.ledger.services import lines_from
from bothways.messaging.enums import DAYS_TO_WAIT, FAILED, OPEN, RANKS, State
from bothways.messaging.services.evidence import refresh_families, refresh_points
from bothways.schools.models import District


@dataclass(frozen=True, slots=True)
class News:
    """What became of one delivery: found by our key, or where that is empty by the carrier's id."""

    key: str
    state: State
    carrier_id: str = ""
    error: str = ""  # the carrier's own code
    pages: int = 0
    blocked: bool = False  # the carrier refuses this address until the family lifts it


# ``{told}`` names rows with a key, the carrier's id, state, rank, error, pages, blocked and where they come
# from. Several of one delivery: only the highest counts. Rows are locked in the order of their ids, families
# in the order of theirs: two batches never wait in a ring.
_NEWS = """
WITH {told}, found AS MATERIALIZED (
    SELECT d.id, t.* FROM told t JOIN messaging_delivery d ON d.key = t.key WHERE t.key <> ''
    UNION ALL
    SELECT d.id, t.* FROM told t JOIN messaging_delivery d ON d.carrier_id = t.carrier_id
        AND d.carrier_id <> ''
    WHERE t.key = '' AND t.carrier_id <> ''
), news AS MATERIALIZED (
    SELECT DISTINCT ON (id) *, bool_or(blocked) OVER (PARTITION BY id) AS any_blocked
    FROM found ORDER BY id, rank DESC, error DESC
), locked AS MATERIALIZED (
    SELECT d.id, d.state AS was FROM messaging_delivery d WHERE d.id IN (SELECT id FROM news)
    ORDER BY d.id FOR UPDATE
), moved AS (
    UPDATE messaging_delivery d SET
        state = CASE WHEN d.rank < n.rank THEN n.state ELSE d.state END,
        rank = greatest(d.rank, n.rank),
        error = CASE WHEN d.rank < n.rank THEN n.error WHEN d.rank = n.rank
            THEN greatest(d.error, n.error) ELSE d.error END,
        carrier = CASE WHEN %(carrier)s = '' THEN d.carrier ELSE %(carrier)s END,
        carrier_id = CASE WHEN d.carrier_id = '' OR (%(carrier)s <> '' AND n.carrier_id <> '')
            THEN n.carrier_id ELSE d.carrier_id END,
        pages = greatest(d.pages, n.pages),
        accepted_at = CASE WHEN greatest(d.rank, n.rank) <= {printed} THEN d.accepted_at
            ELSE coalesce(d.accepted_at, %(at)s) END
    FROM news n JOIN locked USING (id)
    WHERE d.id = n.id
    RETURNING d.id, d.district_id, d.household_id, d.student_id, d.channel, d.kind, d.match, d.rank,
        d.key, d.carrier_id, locked.was, d.state, d.accepted_at, n.state AS told, n.error AS told_error,
        n.any_blocked
), fresh AS (
    SELECT m.district_id, m.household_id, m.student_id, NULL::bigint AS guardian_id,
        %(at)s::timestamptz AS at, level.n AS level, 'to_family' AS direction, m.channel,
        'delivery' AS source_kind, m.id AS source_id, 'family' AS word_class, '' AS note,
        CASE WHEN m.state = ANY(%(open)s) THEN m.accepted_at + w.days * interval '1 day' END
            AS waiting_until
    FROM moved m
    -- What arrived was tried, too: receipts may come before our own record; mostly the line is there already.
    JOIN (VALUES (1::smallint), (2::smallint)) AS level(n)
        -- What lies in the print tray was not tried: somebody has to post it or give it out.
        ON CASE level.n WHEN 1 THEN m.was NOT IN ('accepted', 'delivered') AND m.rank > {printed}
            ELSE m.rank >= {delivered} END
    LEFT JOIN unnest(%(channels)s::text[], %(days)s::int[]) AS w(channel, days) ON w.channel = m.channel
), {lines}{also}
SELECT coalesce(array_agg(id), '{{}}'),
    coalesce(array_agg(id) FILTER (WHERE told NOT IN ('accepted', 'printed')), '{{}}'),
    coalesce(array_agg(household_id) FILTER (WHERE state = ANY(%(failed)s) OR was = ANY(%(failed)s)), '{{}}'),
    coalesce(array_agg(district_id) FILTER (WHERE any_blocked), '{{}}'),
    coalesce(array_agg(kind) FILTER (WHERE any_blocked), '{{}}'),
    coalesce(array_agg(match) FILTER (WHERE any_blocked), '{{}}')
FROM moved
"""
# One parameter for all: the driver takes a microsecond for each element of an array, and seven times.
_GIVEN = """told AS MATERIALIZED (
    SELECT t ->> 0 AS key, t ->> 1 AS carrier_id, t ->> 2 AS state, (t ->> 3)::smallint AS rank,
        t ->> 4 AS error, (t ->> 5)::smallint AS pages, (t ->> 6)::boolean AS blocked
    FROM jsonb_array_elements(%(told)s::jsonb) AS t
)"""


def statement(told: str, *, also: str = "") -> str:
    """The statement that takes in what the part ``told`` holds; ``also``: parts that use what was found."""
    return _NEWS.format(
        told=told,
        also=also,
        printed=State.PRINTED.rank,
        delivered=State.DELIVERED.rank,
        lines=lines_from("fresh"),
    )


_TAKE_IN = statement(_GIVEN)


def take_in(news: Sequence[News], *, at: datetime, carrier: str = "") -> int:
    """Move the deliveries forward; how many were found. ``carrier``: who answered, if it is an answer."""
    if not news:
        return 0
    return run(
        _TAKE_IN,
        at=at,
        carrier=carrier,
        told=json.dumps(
            [
                (
                    n.key,
                    n.carrier_id[:64],
                    n.state.value,
                    RANKS[n.state],
                    n.error[:40],
                    n.pages,
                    n.blocked,
                )
                for n in news
            ]
        ).replace("\\u0000", ""),
    )


def run(sql: str, *, at: datetime, carrier: str = "", **values: Any) -> int:
    """Run a ``statement`` with these values, and what follows from it; how many deliveries were found.

    Call it in a transaction.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            sql,
            {
                "carrier": carrier,
                "at": at,
                "open": [state.value for state in OPEN],
                "failed": [state.value for state in FAILED],
                "channels": [channel.value for channel in DAYS_TO_WAIT],
                "days": list(DAYS_TO_WAIT.values()),
                **values,
            },
        )
        # Nearly all simply went well: lists come back, not a row for each.
        row = cursor.fetchone()
    found, ended, troubled, *blocked = row or ([], [], [], [], [], [])
    refresh_points(ended, at=at)
    # Where something is, or was, a failure, what the family may still expect is read anew.
    refresh_families(troubled)
    _carrier_stops(list(zip(*blocked, strict=True)), at)
    return len(found)


def _carrier_stops(addresses: Sequence[tuple[int, str, str]], at: datetime) -> None:
    """The carrier's own block, kept beside our stops and never mixed with them.

    It refuses the number until the family writes START: the next message takes another way.
    """
    if not addresses:
        return
    districts = District.objects.in_bulk({district for district, _, _ in addresses})
    for district, kind, match in addresses:
        stop(district=districts[district], kind=kind, match=match, by=Stop.By.CARRIER, at=at)
