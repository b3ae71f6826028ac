"""Households in the database, made to agree with ``people.households``."""

from datetime import datetime
from typing import Any

from django.db.backends.utils import CursorWrapper

from bothways.people.households import Adult, Family, Tie, families
from bothways.roster.run import stage

# Without a list of people: everybody. With one: these and all who are tied to them.
_TIES = """
SELECT l.student_id, l.guardian_id, l.lives_with, l.primary_contact FROM people_link l
JOIN people_student s ON s.id = l.student_id AND s.ended_at IS NULL
JOIN people_guardian g ON g.id = l.guardian_id AND g.ended_at IS NULL
WHERE l.district_id = %(district)s AND l.ended_at IS NULL
AND (%(adults)s::bigint[] IS NULL OR l.guardian_id = ANY(%(adults)s))
"""
# Whatever its dates and its link: until a person lifts it, a restriction keeps homes apart.
_RESTRICTED = """
SELECT DISTINCT l.guardian_id FROM people_restriction r JOIN people_link l ON l.id = r.link_id
WHERE r.district_id = %(district)s AND r.lifted_at IS NULL
"""
# The address that people here entered counts before the roster's.
_ADULTS = """
SELECT g.id, coalesce(h.match, ''), g.household_id FROM people_guardian g
LEFT JOIN (
    SELECT DISTINCT ON (guardian_id) guardian_id, match FROM people_contactpoint
    WHERE district_id = %(district)s AND kind = 'postal' AND ended_at IS NULL
    AND (%(adults)s::bigint[] IS NULL OR guardian_id = ANY(%(adults)s))
    ORDER BY guardian_id, source <> 'local', position, id
) h ON h.guardian_id = g.id
WHERE g.district_id = %(district)s AND g.ended_at IS NULL
AND (%(adults)s::bigint[] IS NULL OR g.id = ANY(%(adults)s))
"""
_STUDENTS = """
SELECT id FROM people_student WHERE district_id = %(district)s AND ended_at IS NULL
AND (%(students)s::bigint[] IS NULL OR id = ANY(%(students)s))
"""
_ALONE = """
SELECT c.student_id, c.household_id FROM people_householdstudent c
JOIN people_household h ON h.id = c.household_id AND h.ended_at IS NULL
WHERE h.district_id = %(district)s
AND (%(students)s::bigint[] IS NULL OR c.student_id = ANY(%(students)s))
AND NOT EXISTS (SELECT FROM people_guardian g WHERE g.household_id = h.id)
"""
_NEW = """
INSERT INTO people_household (district_id, created_at)
SELECT %(district)s, %(at)s FROM generate_series(1, %(count)s) RETURNING id
"""
# Who carries on with a home in which nobody will be left: where most of its adults go; of a student who was
# alone, where the student goes. Never where a child of it merely has its other home: that is another family.
_SUCCESSORS = """
INSERT INTO roster_successor (old_id, new_id, district_id, at)
SELECT DISTINCT ON (old) old, new, %(district)s, %(at)s FROM (
    SELECT g.household_id AS old, s.household_id AS new, count(*) AS people FROM stage_adult s
    JOIN people_guardian g ON g.id = s.guardian_id
    WHERE g.household_id <> s.household_id GROUP BY 1, 2
    UNION ALL
    SELECT c.household_id, s.household_id, count(*) FROM people_householdstudent c
    JOIN stage_child s ON s.student_id = c.student_id
    WHERE c.household_id <> s.household_id AND NOT EXISTS (
        SELECT FROM people_guardian g WHERE g.household_id = c.household_id)
    GROUP BY 1, 2
) x
JOIN people_household h ON h.id = x.old AND h.district_id = %(district)s AND h.ended_at IS NULL
WHERE (%(homes)s::bigint[] IS NULL OR x.old = ANY(%(homes)s))
AND NOT EXISTS (SELECT FROM stage_child s WHERE s.household_id = x.old)
ORDER BY old, people DESC, new
ON CONFLICT (old_id) DO UPDATE SET new_id = excluded.new_id, at = excluded.at
"""
_WRITE = (
    # Homes that were revived carry on with themselves.
    """
DELETE FROM roster_successor t USING people_household h
WHERE h.id = t.old_id AND h.district_id = %(district)s AND h.ended_at IS NULL
""",
    _SUCCESSORS,
    """
UPDATE people_guardian g SET household_id = s.household_id FROM stage_adult s
WHERE g.id = s.guardian_id AND g.household_id IS DISTINCT FROM s.household_id
""",
    """
UPDATE people_guardian g SET household_id = NULL
WHERE g.district_id = %(district)s AND g.household_id IS NOT NULL
AND (%(adults)s::bigint[] IS NULL OR g.id = ANY(%(adults)s))
AND NOT EXISTS (SELECT FROM stage_adult s WHERE s.guardian_id = g.id)
""",
    """
DELETE FROM people_householdstudent c USING people_household h
WHERE h.id = c.household_id AND h.district_id = %(district)s
AND (%(homes)s::bigint[] IS NULL OR h.id = ANY(%(homes)s))
AND NOT EXISTS (SELECT FROM stage_child s
    WHERE s.household_id = c.household_id AND s.student_id = c.student_id)
""",
    """
INSERT INTO people_householdstudent (household_id, student_id)
SELECT s.household_id, s.student_id FROM stage_child s
WHERE NOT EXISTS (SELECT FROM people_householdstudent c
    WHERE c.household_id = s.household_id AND c.student_id = s.student_id)
""",
    # Empty: kept for its history, counted no more.
    """
UPDATE people_household h SET ended_at = %(at)s
WHERE h.district_id = %(district)s AND h.ended_at IS NULL
AND (%(homes)s::bigint[] IS NULL OR h.id = ANY(%(homes)s))
AND NOT EXISTS (SELECT FROM stage_child s WHERE s.household_id = h.id)
""",
)
_STEP = """
SELECT array_agg(DISTINCT a), array_agg(DISTINCT s), array_agg(DISTINCT h) FROM (
    SELECT l.guardian_id AS a, l.student_id AS s, NULL::bigint AS h FROM people_link l
    WHERE l.district_id = %(district)s
    AND (l.guardian_id = ANY(%(adults)s) OR l.student_id = ANY(%(students)s))
    UNION ALL
    SELECT g.id, NULL, g.household_id FROM people_guardian g
    WHERE g.id = ANY(%(adults)s) OR g.household_id = ANY(%(homes)s)
    UNION ALL
    SELECT NULL, c.student_id, c.household_id FROM people_householdstudent c
    WHERE c.student_id = ANY(%(students)s) OR c.household_id = ANY(%(homes)s)
) x
"""


def tied_to(cursor: CursorWrapper, district_id: int, guardians: list[int]) -> dict[str, Any]:
    """Everybody whose family could change with these guardians, and their households until now."""
    found: dict[str, Any] = {"adults": guardians, "students": [], "homes": []}
    while True:
        cursor.execute(_STEP, {"district": district_id, **found})
        row = [sorted(set(part or ()) - {None}) for part in cursor.fetchone()]
        wider = dict(zip(("adults", "students", "homes"), row, strict=True))
        if wider == found:
            return found
        found = wider


def rebuild(
    cursor: CursorWrapper, district_id: int, at: datetime, guardians: list[int] | None = None
) -> None:
    """Write every family of the district, or only those that these guardians have a part in.

    Rows that are right already are not touched.
    """
    known: dict[str, Any] = {"district": district_id, "at": at}
    if guardians is None:
        known |= {"adults": None, "students": None, "homes": None}
    else:
        known |= tied_to(cursor, district_id, sorted(set(guardians)))

    def rows(sql: str, **parts: int) -> list[Any]:
        cursor.execute(sql, {**known, **parts})
        return list(cursor.fetchall())

    ties = [Tie(*row) for row in rows(_TIES)]
    with_child = {tie.adult for tie in ties}
    restricted = {pk for (pk,) in rows(_RESTRICTED)}
    adults = [
        Adult(pk, home, pk in restricted, household)
        for pk, home, household in rows(_ADULTS)
        if pk in with_child
    ]
    alone: dict[int, int] = dict(sorted(rows(_ALONE), reverse=True))
    found = families(adults, ties, (pk for (pk,) in rows(_STUDENTS)), alone)
    fresh = sum(family.household is None for family in found)
    ids = iter(sorted(pk for (pk,) in rows(_NEW, count=fresh)) if fresh else ())
    settled = [f if f.household is not None else Family(f[0], f[1], next(ids)) for f in found]
    stage(
        cursor,
        "stage_adult",
        "guardian_id bigint, household_id bigint",
        ((adult, f.household) for f in settled for adult in f.adults),
    )
    stage(
        cursor,
        "stage_child",
        "household_id bigint, student_id bigint",
        ((f.household, child) for f in settled for child in f.children),
    )
    for sql in _WRITE:
        cursor.execute(sql, known)
