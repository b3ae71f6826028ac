"""Keep the facts right: whoever reads them first works out anew what was noted as changed."""

from collections import defaultdict
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from bothways.consent.queries import standing
from bothways.core.sql import embed
from bothways.schools.models import District

# With more notes than this, all families of the district are worked out in one pass over its tables.
WHOLE = 10_000

_STALE = """
SELECT EXISTS (SELECT FROM reach_stale WHERE district_id = %(district)s)
    OR EXISTS (SELECT FROM reach_familyfacts
        WHERE district_id = %(district)s AND holds_until <= %(day)s)
    OR EXISTS (SELECT FROM reach_familyfacts
        WHERE district_id = %(district)s AND holds_from > %(day)s)
"""

_NOTED = """
SELECT unnest(%(household)s::bigint[]) AS id
UNION SELECT household_id FROM people_guardian WHERE id = ANY(%(guardian)s::bigint[])
UNION SELECT household_id FROM people_householdstudent WHERE student_id = ANY(%(student)s::bigint[])
UNION SELECT g.household_id FROM people_link k JOIN people_guardian g ON g.id = k.guardian_id
    WHERE k.student_id = ANY(%(student)s::bigint[])
UNION SELECT g.household_id FROM people_link k JOIN people_guardian g ON g.id = k.guardian_id
    WHERE k.id = ANY(%(link)s::bigint[])
UNION SELECT g.household_id FROM consent_stop s JOIN people_contactpoint p
        ON p.district_id = s.district_id AND p.kind = s.kind AND p.match = s.match
    JOIN people_guardian g ON g.id = p.guardian_id WHERE s.id = ANY(%(stop)s::bigint[])
UNION SELECT household_id FROM reach_familyfacts
    WHERE district_id = %(district)s AND holds_until <= %(day)s
UNION SELECT household_id FROM reach_familyfacts
    WHERE district_id = %(district)s AND holds_from > %(day)s
"""

_ALL = """
SELECT id FROM people_household WHERE district_id = %(district)s
UNION SELECT household_id FROM reach_familyfacts WHERE district_id = %(district)s
"""

# An order's first day, and the day after its last: on these, standing changes by itself.
_WORK_OUT = """
WITH wanted AS MATERIALIZED ({wanted}),
child AS MATERIALIZED (
    SELECT hs.household_id, coalesce(array_agg(DISTINCT s.school_id)
        FILTER (WHERE s.school_id IS NOT NULL), '{{}}') AS schools
    FROM wanted w JOIN people_household h ON h.id = w.id
        AND h.ended_at IS NULL AND h.district_id = %(district)s
    JOIN people_householdstudent hs ON hs.household_id = h.id
    JOIN people_student s ON s.id = hs.student_id AND s.ended_at IS NULL
    GROUP BY hs.household_id
), adult AS MATERIALIZED (
    SELECT g.household_id, g.id, g.reads, g.speaks,
        bool_or(ok.id IS NOT NULL) AS lawful, bool_or(k.primary_contact) AS first
    FROM child c JOIN people_guardian g ON g.household_id = c.household_id AND g.ended_at IS NULL
    JOIN people_link k ON k.guardian_id = g.id AND k.ended_at IS NULL
    LEFT JOIN ({standing}) ok ON ok.id = k.id
    GROUP BY g.household_id, g.id
), point AS MATERIALIZED (
    SELECT a.household_id, bool_or(p.why <> 'wrong_person') AS known,
        bool_or(s.id IS NOT NULL) AS some_stop,
        bool_or(s.id IS NULL AND p.state <> 'failing') AS some_way
    FROM adult a JOIN people_contactpoint p ON p.guardian_id = a.id AND p.ended_at IS NULL
    LEFT JOIN consent_stop s ON s.district_id = p.district_id AND s.kind = p.kind
        AND s.match = p.match AND s.lifted_at IS NULL
    WHERE a.lawful GROUP BY a.household_id
), home AS MATERIALIZED (
    SELECT household_id, bool_or(lawful) AS lawful,
        (array_agg(coalesce(nullif(reads, ''), speaks) ORDER BY first DESC, id))[1] AS tag
    FROM adult GROUP BY household_id
), bound AS MATERIALIZED (
    SELECT a.household_id, max(b.day) FILTER (WHERE b.day <= %(day)s) AS holds_from,
        min(b.day) FILTER (WHERE b.day > %(day)s) AS holds_until
    FROM adult a JOIN people_link k ON k.guardian_id = a.id
    JOIN people_restriction r ON r.link_id = k.id AND r.lifted_at IS NULL AND NOT r.needs_review
    CROSS JOIN LATERAL (VALUES (r.starts_on), (least(r.ends_on, '9999-12-30') + 1)) AS b(day)
    GROUP BY a.household_id
), fresh AS MATERIALIZED (
    SELECT c.household_id, %(district)s::bigint AS district_id, c.schools AS school_ids,
        coalesce(home.tag, '') AS language, home.household_id IS NOT NULL AS has_guardian,
        coalesce(home.lawful, false) AS has_standing, coalesce(point.known, false) AS has_point,
        coalesce(point.some_stop, false) AS some_stop, coalesce(point.some_way, false) AS some_way,
        bound.holds_from, bound.holds_until
    FROM child c LEFT JOIN home USING (household_id) LEFT JOIN point USING (household_id)
    LEFT JOIN bound USING (household_id)
), alike AS MATERIALIZED (
    SELECT DISTINCT {kind} FROM fresh
), known AS MATERIALIZED (
    SELECT id, {kind} FROM alike JOIN reach_familykind USING ({kind})
), made AS (
    INSERT INTO reach_familykind ({kind})
    SELECT {kind} FROM alike WHERE NOT EXISTS (SELECT FROM known
        WHERE ({known_kind}) = ({alike_kind}))
    RETURNING id, {kind}
), kind AS (
    SELECT * FROM known UNION ALL SELECT * FROM made
), gone AS (
    DELETE FROM reach_familyfacts f USING wanted w WHERE f.household_id = w.id
        AND f.district_id = %(district)s
        AND NOT EXISTS (SELECT FROM fresh WHERE fresh.household_id = f.household_id)
)
INSERT INTO reach_familyfacts AS f
    (household_id, district_id, kind_id, mixed, holds_from, holds_until)
SELECT household_id, district_id, kind.id, some_stop AND some_way, holds_from, holds_until
FROM fresh JOIN kind USING ({kind}) ORDER BY household_id
ON CONFLICT (household_id) DO UPDATE SET district_id = excluded.district_id,
    kind_id = excluded.kind_id, mixed = excluded.mixed, holds_from = excluded.holds_from,
    holds_until = excluded.holds_until
WHERE (f.district_id, f.kind_id, f.holds_from, f.holds_until) IS DISTINCT FROM
    (excluded.district_id, excluded.kind_id, excluded.holds_from, excluded.holds_until)
"""

_KIND = (
    "district_id",
    "language",
    "school_ids",
    "has_guardian",
    "has_standing",
    "has_point",
    "some_stop",
    "some_way",
)

# Kinds that no family is of any more: a term of orders and stops leaves thousands.
_FORGET = """
DELETE FROM reach_familykind k WHERE district_id = %(district)s
AND NOT EXISTS (SELECT FROM reach_familyfacts f WHERE f.kind_id = k.id)
"""


def refresh(district: District, now: datetime) -> None:
    """Let the facts of this district be right at this moment.

    Costs one look where nothing changed. Two readers at once: the second waits for what the first
    works out, since it needs it. Writers wait for nobody.
    """
    values: dict[str, Any] = {"district": district.pk, "day": now.astimezone(district.zone).date()}
    with connection.cursor() as cursor:
        cursor.execute(_STALE, values)
        found = cursor.fetchone()
        if found is None or not found[0]:
            return
        with transaction.atomic():
            # Else an older look at the tables could be written over a newer one.
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtext('bothways.reach'), %(district)s)", values
            )
            _work_out(cursor, district, now, values)


def _work_out(
    cursor: CursorWrapper, district: District, now: datetime, values: dict[str, Any]
) -> None:
    # What committed a note that is taken here had committed its change: the next statement, which
    # looks anew, sees it. A note that comes later stays for the next reader.
    cursor.execute(
        "DELETE FROM reach_stale WHERE district_id = %(district)s RETURNING what, ref", values
    )
    notes = cursor.fetchall()
    whole = len(notes) > WHOLE or any(what == "all" for what, _ in notes)
    refs: dict[str, list[int]] = defaultdict(list)
    for what, ref in notes:
        refs[what].append(ref)
    sql, params = embed(
        _WORK_OUT,
        {"standing": standing(district=district, at=now).values("id").order_by()},
        {**values, **{w: refs[w] for w in ("household", "guardian", "student", "link", "stop")}},
        wanted=_ALL if whole else _NOTED,
        kind=", ".join(_KIND),
        known_kind=", ".join(f"known.{name}" for name in _KIND),
        alike_kind=", ".join(f"alike.{name}" for name in _KIND),
    )
    if whole:
        # Sorts and hashes of a whole district in memory; compiling costs more than it saves.
        cursor.execute("SET LOCAL work_mem = '64MB'; SET LOCAL jit = off")
    cursor.execute(sql, params)
    if whole:
        cursor.execute(_FORGET, values)
        cursor.execute("SET LOCAL work_mem TO DEFAULT; SET LOCAL jit TO DEFAULT")
        # The reader comes right behind us, long before autovacuum: the planner must know these rows.
        cursor.execute("ANALYZE reach_familyfacts, reach_familykind")
