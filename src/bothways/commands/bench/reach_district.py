"""A district for the reach benchmark, straight by SQL: families, their ledger, and what is under way.

Everything is drawn from hashes of ids, so two runs of one size are alike.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection

from bothways.core import clock

SCHOOLS = 40

# %% 100 of a hash of the household's id says how far a family came; of other numbers, the rest.
_PEOPLE = (
    """
INSERT INTO schools_district (sis_id, name, timezone, region, default_language, quiet_from,
    quiet_until, phone, email, emergencies_pass_stops, digest_at, routine_per_week)
VALUES ('bench', 'Bench District', 'America/Chicago', 'US', 'en', '20:00', '07:00', '', '', false,
    '16:00', 1)
""",
    """
INSERT INTO schools_school (district_id, sis_id, name, address, phone, email)
SELECT d.id, 'school-' || n, 'School ' || n, '', '', ''
FROM schools_district d, generate_series(1, %(schools)s) n
""",
    """
INSERT INTO people_household (district_id, created_at)
SELECT d.id, %(now)s - interval '200 days' FROM schools_district d, generate_series(1, %(families)s)
""",
    # One or two children; of two, four in ten go to different schools.
    """
INSERT INTO people_student (district_id, sis_id, roster, local, given, family, preferred, grade,
    school_id, home_language, search, shares_with_guardians)
SELECT h.district_id, 'st-' || h.id || '-' || k,
    jsonb_build_object('sourcedId', 'st-' || h.id, 'grade', '05', 'givenName', 'Troy'), '{}',
    'Troy', 'Dyer', '', '05', s.id, '', 'troy dyer', false
FROM people_household h CROSS JOIN generate_series(1, 2) k
JOIN schools_school s ON s.sis_id = 'school-' || ((abs(hashint8(h.id * 7 + 1)) %% %(schools)s
    + CASE WHEN k = 2 AND abs(hashint8(h.id * 7 + 2)) %% 10 < 4 THEN 1 ELSE 0 END)
    %% %(schools)s + 1)
WHERE k = 1 OR abs(hashint8(h.id * 7 + 3)) %% 2 = 0 ORDER BY h.id, k
""",
    """
INSERT INTO people_householdstudent (household_id, student_id)
SELECT split_part(sis_id, '-', 2)::bigint, id FROM people_student ORDER BY id
""",
    # One child in twenty has a second home.
    """
INSERT INTO people_householdstudent (household_id, student_id)
SELECT hs.household_id + 1, hs.student_id FROM people_householdstudent hs
JOIN people_household h ON h.id = hs.household_id + 1 WHERE hs.id %% 20 = 0
""",
    # 1.7 adults a family; twelve languages and some that nobody asked.
    """
INSERT INTO people_guardian (district_id, sis_id, roster, local, given, family, speaks, reads,
    address_hidden, household_id, search)
SELECT h.district_id, 'gu-' || h.id || '-' || k, jsonb_build_object('givenName', 'Alician'), '{}',
    'Alician', 'Dyer', l.tag, l.tag, false, h.id, 'alician dyer'
FROM people_household h CROSS JOIN generate_series(1, 2) k
CROSS JOIN LATERAL (SELECT abs(hashint8(h.id * 7 + 4)) %% 100 AS x) draw
CROSS JOIN LATERAL (SELECT CASE WHEN x < 60 THEN 'en' WHEN x < 80 THEN 'es' WHEN x < 84 THEN ''
    ELSE (ARRAY['ar', 'zh-Hans', 'vi', 'ht', 'so', 'am', 'prs', 'ps', 'uk', 'pt'])[x %% 10 + 1]
    END AS tag) l
WHERE CASE k WHEN 1 THEN abs(hashint8(h.id * 7 + 5)) %% 100 > 0
    ELSE abs(hashint8(h.id * 7 + 5)) %% 100 > 28 END
ORDER BY h.id, k
""",
    """
INSERT INTO people_link (district_id, student_id, guardian_id, relation, primary_contact, source,
    roster, local)
SELECT g.district_id, hs.student_id, g.id, 'parent', g.sis_id LIKE '%%-1', 'roster', '{}', '{}'
FROM people_guardian g JOIN people_householdstudent hs ON hs.household_id = g.household_id
ORDER BY g.id
""",
    """
INSERT INTO people_contactpoint (district_id, guardian_id, kind, address, match, phone_kind,
    said_mobile, state, why, position, source)
SELECT g.district_id, g.id, p.kind, p.address, p.address, 'unknown', true,
    CASE WHEN x < 5 THEN 'failing' WHEN x < 50 THEN 'working' ELSE 'unknown' END,
    CASE WHEN x < 1 THEN 'wrong_person' ELSE '' END, p.n, 'roster'
FROM people_guardian g CROSS JOIN LATERAL (VALUES
    (0, 'phone', '+1312' || lpad(g.id::text, 7, '0'), 90),
    (1, 'email', 'g' || g.id || '@example.org', 60),
    -- One home in eight stands in a street of one name, the others in 700 others.
    (2, 'postal', g.household_id || ' ' || CASE WHEN g.household_id %% 8 = 0 THEN 'elm st'
        ELSE substr(md5((g.household_id %% 700)::text), 1, 6) || ' ave' END, 95))
    p(n, kind, address, share)
CROSS JOIN LATERAL (SELECT abs(hashint8(g.id * 13 + p.n)) %% 100 AS x) draw
WHERE abs(hashint8(g.id * 17 + p.n)) %% 100 < p.share ORDER BY g.id, p.n
""",
    """
INSERT INTO consent_stop (district_id, kind, match, by, at, language, asked_by)
SELECT district_id, kind, match, 'ours', %(now)s - interval '20 days', '', '' FROM people_contactpoint
WHERE kind = 'phone' AND abs(hashint8(id)) %% 100 < 2
""",
    """
INSERT INTO people_restriction (district_id, link_id, kind, starts_on, ends_on, document, source,
    needs_review)
SELECT district_id, id, 'contact', CASE WHEN id %% 3 = 0 THEN %(now)s::date - 30 END,
    CASE WHEN id %% 2 = 0 THEN %(now)s::date + 60 END, '', 'local', false
FROM people_link WHERE abs(hashint8(id * 3)) %% 100 < 1
""",
)

# How far a family came since the term began: 4 met, 21 answered, 25 seen, 30 delivered, 12 tried, and
# 8 of a hundred with nothing, six of them because a message could not be written to them.
_TOP = """CASE WHEN x < 4 THEN 5 WHEN x < 25 THEN 4 WHEN x < 50 THEN 3 WHEN x < 80 THEN 2
    WHEN x < 92 THEN 1 ELSE 0 END"""

_LEDGER = (
    # Two years of lines a family; in the last 90 days none above how far it came.
    f"""
INSERT INTO ledger_contactevent (district_id, household_id, at, level, direction, channel,
    source_kind, source_id, word_class, note)
SELECT h.district_id, h.id, %(now)s - age.days * interval '1 day',
    1 + abs(hashint8(h.id * 31 + n)) %% CASE WHEN age.days > 100 THEN 5 ELSE top.level END,
    'to_family', 'text', 'delivery', h.id * 1000 + n, 'family', ''
FROM people_household h CROSS JOIN generate_series(1, %(each)s) n
CROSS JOIN LATERAL (SELECT abs(hashint8(h.id * 23)) %% 100 AS x) draw
CROSS JOIN LATERAL (SELECT {_TOP} AS level) top
CROSS JOIN LATERAL (SELECT 1 + (n - 1) * 700.0 / %(each)s + x %% 7 AS days) age
WHERE age.days > 100 OR top.level > 0
""",  # noqa: S608 - parts of ours
    """
INSERT INTO ledger_familyreach (household_id, district_id, attempted_at, delivered_at, seen_at,
    answered_at, met_at, held_why)
SELECT household_id, min(district_id), max(at) FILTER (WHERE level = 1),
    max(at) FILTER (WHERE level = 2), max(at) FILTER (WHERE level = 3),
    max(at) FILTER (WHERE level = 4), max(at) FILTER (WHERE level = 5), ''
FROM ledger_contactevent GROUP BY household_id ORDER BY household_id
""",
    """
UPDATE ledger_familyreach SET held_at = %(now)s - interval '2 days', held_why =
    (ARRAY['no_contact_point', 'stopped', 'no_translation', 'spoken_needed'])[x.x %% 4 + 1]
FROM (SELECT id, abs(hashint8(id * 23)) %% 100 AS x FROM people_household) x
WHERE x.id = household_id AND x.x BETWEEN 92 AND 97
""",
    """
INSERT INTO messaging_message (district_id, kind, purpose, audience, evidence, created_at, sent_at)
SELECT id, 'news', 'routine', '{}', 3, %(now)s - interval '2 days', %(now)s - interval '2 days'
FROM schools_district
""",
    # What was last sent, to one address of each family that was written to.
    """
INSERT INTO messaging_delivery (district_id, message_id, household_id, channel, kind, match, address,
    languages, attempt, lane, records, key, code, state, rank, carrier, carrier_id, error, tries,
    pages, not_before, created_at, accepted_at)
SELECT DISTINCT ON (g.household_id) p.district_id, m.id, g.household_id,
    CASE p.kind WHEN 'phone' THEN 'text' WHEN 'email' THEN 'email' ELSE 'letter' END, p.kind,
    p.match, p.address, ARRAY['en'], 1, 2, false, 'key-' || g.household_id,
    'c' || g.household_id, s.state, s.rank, 'twilio', '', '', 1, 0,
    m.created_at, m.created_at, m.created_at
FROM people_guardian g JOIN people_contactpoint p ON p.guardian_id = g.id
CROSS JOIN messaging_message m
CROSS JOIN LATERAL (SELECT abs(hashint8(g.household_id * 23)) %% 100 AS x) draw
CROSS JOIN LATERAL (SELECT CASE WHEN x < 70 THEN 'delivered' WHEN x < 82 THEN 'undelivered'
    ELSE 'accepted' END AS state, CASE WHEN x < 70 THEN 40 WHEN x < 82 THEN 31 ELSE 20 END AS rank) s
WHERE x < 92 ORDER BY g.household_id, p.position
""",
)


def fill(families: int, lines: int) -> int:
    """Fill the empty database; how many ledger lines there are now."""
    from bothways.messaging.services.evidence import refresh_families

    values = {
        "families": families,
        "schools": SCHOOLS,
        "each": max(1, min(999, round(lines / families * 1.01))),
        "now": clock.now(),
    }
    _run(_PEOPLE, values)
    with _without_keys("ledger_contactevent"):
        _run(_LEDGER, values)
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM people_household ORDER BY id")
        homes = [row[0] for row in cursor.fetchall()]
        for first in range(0, len(homes), 5_000):
            refresh_families(homes[first : first + 5_000])
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("SELECT count(*) FROM ledger_contactevent")
        found = cursor.fetchone()
    return int(found[0]) if found else 0


def _run(statements: Sequence[str], values: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement, values)
            # The next statement joins what this one made.
            cursor.execute("ANALYZE")


@contextmanager
def _without_keys(table: str) -> Iterator[None]:
    """Millions of rows go in without this table's foreign keys and indexes, which come back after."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint "
            "WHERE conrelid = %s::regclass AND contype = 'f'",
            [table],
        )
        keys = cursor.fetchall()
        cursor.execute(
            "SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i "
            "WHERE i.indrelid = %s::regclass AND NOT EXISTS "
            "(SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid AND c.contype <> 'f')",
            [table],
        )
        indexes = cursor.fetchall()
        for name, _ in keys:
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        for name, _ in indexes:
            cursor.execute(f"DROP INDEX {name}")
    yield
    with connection.cursor() as cursor:
        for _, definition in indexes:
            cursor.execute(definition)
        for name, definition in keys:
            cursor.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')
