"""What became of one message, in figures and family by family: each asked in one look at its deliveries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, overload

from django.db import connection
from django.db.models import QuerySet

from bothways.core.sql import embed
from bothways.messaging.enums import DIGEST_LANE, FAILED, State
from bothways.messaging.models import Message
from bothways.people.models import Household


@dataclass(frozen=True, slots=True)
class ByLanguage:
    """Families whose first delivery was in this language, and of them who saw it or answered."""

    tag: str
    families: int
    saw: int


@dataclass(frozen=True, slots=True)
class Became:
    """A message in figures. Words that went with a digest count as that digest did."""

    families: int  # written to
    saw: int  # of them: saw it or answered
    missed: int  # nothing arrived there by any way, or nothing could be sent
    by_way: dict[tuple[str, str], int]  # (channel, state) → deliveries
    by_language: list[ByLanguage]  # most families first
    waiting: int  # deliveries that have not left, those for a digest included
    digest: int  # of them: wait for the family's digest
    digest_first: datetime | None  # when the first of those goes
    gathered: int  # went with a digest

    @property
    def total(self) -> int:
        return sum(self.by_way.values())


# Each delivery with what became of it, then what became of it in each family.
_FATES = """
WITH mine AS MATERIALIZED (
    SELECT d.household_id, d.channel, d.state, d.lane, d.not_before, coalesce(d.languages[1], '') AS tag,
        CASE WHEN g.id IS NULL THEN d.state ELSE g.state END AS fate,
        CASE WHEN g.id IS NULL THEN d.rank ELSE g.rank END AS best
    FROM messaging_delivery d
    LEFT JOIN messaging_delivery g ON d.state = 'gathered' AND g.id = d.digest_id
    WHERE d.message_id = %(message)s {served}
), pair AS MATERIALIZED (
    SELECT household_id, tag, bool_or(fate = ANY(%(saw)s)) AS saw, max(best) AS best,
        bool_or(fate = ANY(%(lost)s)) AS lost
    FROM mine GROUP BY household_id, tag
), home AS MATERIALIZED (
    SELECT household_id, bool_or(saw) AS saw, bool_or(lost) AND max(best) < %(arrived)s AS missed
    FROM pair GROUP BY household_id
), held AS (
    SELECT d.household_id FROM messaging_heldhome d WHERE d.message_id = %(message)s {served}
        AND NOT EXISTS (SELECT FROM home WHERE home.household_id = d.household_id AND home.missed)
)
"""
_FIGURES = """
SELECT (SELECT count(*) FROM home), (SELECT count(*) FILTER (WHERE saw) FROM home),
    (SELECT count(*) FILTER (WHERE missed) FROM home) + (SELECT count(*) FROM held),
    (SELECT coalesce(json_agg(json_build_array(channel, fate, n)), '[]')
        FROM (SELECT channel, fate, count(*) AS n FROM mine GROUP BY channel, fate) w),
    (SELECT coalesce(json_agg(json_build_array(tag, n, saw) ORDER BY n DESC, tag), '[]')
        FROM (SELECT tag, count(*) AS n, count(*) FILTER (WHERE saw) AS saw
            FROM pair GROUP BY tag) l),
    count(*) FILTER (WHERE state = ANY(%(waiting)s)),
    count(*) FILTER (WHERE state = 'queued' AND lane = %(digest)s),
    min(not_before) FILTER (WHERE state = 'queued' AND lane = %(digest)s),
    count(*) FILTER (WHERE state = 'gathered')
FROM mine
"""
# Only those that came to nothing are looked at: the states stand here as in the index delivery_lost.
_MISSED = """
WITH lost AS (
    SELECT d.household_id FROM messaging_delivery d WHERE d.message_id = %(message)s
        AND d.state IN ('rejected', 'undelivered', 'withheld') {served}
    UNION ALL
    SELECT d.household_id FROM messaging_delivery g
    JOIN messaging_delivery d ON d.digest_id = g.id AND d.message_id = %(message)s
        AND d.state = 'gathered' {served}
    WHERE g.state IN ('rejected', 'undelivered', 'withheld') AND g.id IN (
        SELECT x.digest_id FROM messaging_delivery x
        WHERE x.message_id = %(message)s AND x.state = 'gathered' AND x.digest_id IS NOT NULL)
), missed AS (
    SELECT DISTINCT lost.household_id FROM lost WHERE NOT EXISTS (
        SELECT FROM messaging_delivery b
        LEFT JOIN messaging_delivery g ON b.state = 'gathered' AND g.id = b.digest_id
        WHERE b.message_id = %(message)s AND b.household_id = lost.household_id
            AND CASE WHEN g.id IS NULL THEN b.rank ELSE g.rank END >= %(arrived)s)
)
SELECT household_id FROM missed
UNION SELECT d.household_id FROM messaging_heldhome d WHERE d.message_id = %(message)s {served}
ORDER BY household_id LIMIT %(most)s OFFSET %(first)s
"""


def became(message: Message, homes: QuerySet[Household] | None) -> Became:
    """Its figures, of these families (None: of all); one query."""
    families, saw, missed, ways, languages, *rest = _ask(_FATES + _FIGURES, message, homes)[0]
    return Became(
        families,
        saw,
        missed,
        {(channel, fate): n for channel, fate, n in ways},
        [ByLanguage(*row) for row in languages],
        *rest,
    )


class MissedHomes(Sequence[int]):
    """Ids of the families that did not get it, in order; only what is shown is read."""

    def __init__(self, message: Message, homes: QuerySet[Household] | None, count: int) -> None:
        self._message, self._homes, self._count = message, homes, count

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> list[int]: ...
    def __getitem__(self, index: int | slice) -> int | list[int]:
        if isinstance(index, int):
            place = range(self._count)[index]
            return self[place : place + 1][0]
        first, last, _step = index.indices(self._count)
        if last <= first:
            return []
        rows = _ask(_MISSED, self._message, self._homes, first=first, most=last - first)
        return [pk for (pk,) in rows]


def _ask(
    statement: str, message: Message, homes: QuerySet[Household] | None, **more: int
) -> list[tuple[Any, ...]]:
    served = "" if homes is None else "AND d.household_id IN ({homes})"
    sql, params = embed(
        statement.replace("{served}", served),
        {} if homes is None else {"homes": homes.values("pk").order_by()},
        {
            "message": message.pk,
            "saw": [State.SEEN.value, State.ANSWERED.value],
            "lost": [*(state.value for state in FAILED), State.WITHHELD.value],
            "waiting": [State.QUEUED.value, State.CLAIMED.value],
            "arrived": State.DELIVERED.rank,
            "digest": DIGEST_LANE,
            **more,
        },
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())
