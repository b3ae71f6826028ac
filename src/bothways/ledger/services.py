"""Write lines and keep the roll-up true, in the caller's transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from bothways.ledger.enums import Direction, Level, SourceKind
from bothways.ledger.models import Withdrawn
from bothways.people.enums import WordClass


@dataclass(frozen=True, slots=True)
class Line:
    """One contact, as it is to be written."""

    district_id: int
    household_id: int
    at: datetime
    level: Level
    direction: Direction
    channel: str
    source_kind: SourceKind
    source_id: int
    student_id: int | None = None
    guardian_id: int | None = None
    word_class: WordClass = WordClass.FAMILY
    note: str = ""


# One statement: the roll-up counts only lines that are new, so that the same receipt twice moves nothing.
_LINES = """
line AS (
    INSERT INTO ledger_contactevent (district_id, household_id, student_id, guardian_id, at, level,
        direction, channel, source_kind, source_id, word_class, note)
    SELECT district_id, household_id, student_id, guardian_id, at, level, direction, channel, source_kind,
        source_id, word_class, note
    FROM {source}
    ON CONFLICT (source_kind, source_id, level) DO NOTHING
    RETURNING household_id, at, level
), top AS (
    SELECT household_id,
        max(at) FILTER (WHERE level = 1) AS attempted, max(at) FILTER (WHERE level = 2) AS delivered,
        max(at) FILTER (WHERE level = 3) AS seen, max(at) FILTER (WHERE level = 4) AS answered,
        max(at) FILTER (WHERE level = 5) AS met
    FROM line GROUP BY household_id
), expected AS (
    SELECT household_id, min(district_id) AS district_id, max(waiting_until) AS waiting_until
    FROM {source} GROUP BY household_id
), rolled AS (
    INSERT INTO ledger_familyreach AS r (household_id, district_id, attempted_at, delivered_at, seen_at,
        answered_at, met_at, held_why, waiting_until)
    SELECT household_id, e.district_id, attempted, delivered, seen, answered, met, '', e.waiting_until
    FROM expected e LEFT JOIN top USING (household_id) ORDER BY household_id
    ON CONFLICT (household_id) DO UPDATE SET
        attempted_at = greatest(r.attempted_at, excluded.attempted_at),
        delivered_at = greatest(r.delivered_at, excluded.delivered_at),
        seen_at = greatest(r.seen_at, excluded.seen_at),
        answered_at = greatest(r.answered_at, excluded.answered_at),
        met_at = greatest(r.met_at, excluded.met_at),
        waiting_until = greatest(r.waiting_until, excluded.waiting_until)
)
"""


def lines_from(source: str) -> str:
    """The end of a WITH clause that writes the rows of its part ``source`` as lines, and rolls them up.

    ``source`` has the columns of a line, and ``waiting_until``: how long a sign may still be expected of this
    contact, or null. For statements that make many lines at once, without taking them out and in again.
    """
    return _LINES.format(source=source)


_WRITE = """
WITH given AS MATERIALIZED (
    SELECT *, NULL::timestamptz AS waiting_until FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[],
        %s::bigint[], %s::timestamptz[], %s::smallint[], %s::text[], %s::text[], %s::text[], %s::bigint[],
        %s::text[], %s::text[])
        AS g(district_id, household_id, student_id, guardian_id, at, level, direction, channel,
            source_kind, source_id, word_class, note)
), {lines}
SELECT
""".format(lines=lines_from("given"))  # noqa: S608 - our own words


def write(lines: Sequence[Line]) -> None:
    """Write these lines once each, and move their families' roll-up."""
    if not lines:
        return
    # A fixed order of households: two transactions that touch the same families never wait in a ring.
    ordered = sorted(lines, key=lambda line: line.household_id)
    columns: list[list[object]] = [
        [line.district_id for line in ordered],
        [line.household_id for line in ordered],
        [line.student_id for line in ordered],
        [line.guardian_id for line in ordered],
        [line.at for line in ordered],
        [int(line.level) for line in ordered],
        [line.direction.value for line in ordered],
        [line.channel for line in ordered],
        [line.source_kind.value for line in ordered],
        [line.source_id for line in ordered],
        [line.word_class.value for line in ordered],
        [line.note for line in ordered],
    ]
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, columns)


# Only the levels that lost a line are read anew, from the lines that are left: the others stand.
_ROLL_UP = """
WITH lost AS MATERIALIZED (
    SELECT DISTINCT household_id, level FROM ledger_contactevent WHERE id = ANY(%(events)s)
), locked AS MATERIALIZED (
    SELECT household_id FROM ledger_familyreach WHERE household_id IN (SELECT household_id FROM lost)
    ORDER BY household_id FOR UPDATE
), latest AS (
    SELECT l.household_id, l.level, (SELECT max(e.at) FROM ledger_contactevent e
        WHERE e.household_id = l.household_id AND e.level = l.level
        AND NOT EXISTS (SELECT FROM ledger_withdrawn w WHERE w.event_id = e.id)) AS at
    FROM lost l
), x AS (
    SELECT household_id,
        bool_or(level = 1) AS l1, max(at) FILTER (WHERE level = 1) AS attempted,
        bool_or(level = 2) AS l2, max(at) FILTER (WHERE level = 2) AS delivered,
        bool_or(level = 3) AS l3, max(at) FILTER (WHERE level = 3) AS seen,
        bool_or(level = 4) AS l4, max(at) FILTER (WHERE level = 4) AS answered,
        bool_or(level = 5) AS l5, max(at) FILTER (WHERE level = 5) AS met
    FROM latest GROUP BY household_id
)
UPDATE ledger_familyreach r SET
    attempted_at = CASE WHEN l1 THEN attempted ELSE r.attempted_at END,
    delivered_at = CASE WHEN l2 THEN delivered ELSE r.delivered_at END,
    seen_at = CASE WHEN l3 THEN seen ELSE r.seen_at END,
    answered_at = CASE WHEN l4 THEN answered ELSE r.answered_at END,
    met_at = CASE WHEN l5 THEN met ELSE r.met_at END
FROM x WHERE x.household_id = r.household_id AND x.household_id IN (SELECT household_id FROM locked)
"""


def withdraw(events: Iterable[int], *, why: str, by: int | None, at: datetime) -> None:
    """Let these lines count no more; their families' roll-up says what the others show.

    A line is never changed or removed: that it stood there, and who took it back when, can be read for as
    long as the line itself. What shall count in its place is a new line, from a source of its own. ``why``:
    a short code; ``by``: the id of the person who decided. Withdrawing twice is withdrawing once.
    """
    ids = sorted(set(events))
    if not ids:
        return
    Withdrawn.objects.bulk_create(
        [Withdrawn(event_id=pk, at=at, by_id=by, why=why) for pk in ids], ignore_conflicts=True
    )
    with connection.cursor() as cursor:
        cursor.execute(_ROLL_UP, {"events": ids})
