"""Reach worked out from the tables themselves, nothing prepared: what prepared facts are held against."""

from datetime import datetime
from typing import Any

from django.db import connection

from bothways.consent.queries import standing
from bothways.core.sql import embed
from bothways.people.models import Student
from bothways.reach.queries import FamilyRow, family_row
from bothways.schools.models import District

_FAMILIES = """
WITH seen AS MATERIALIZED ({students}),
child AS MATERIALIZED (
    SELECT hs.household_id,
        array_agg(coalesce(s.sis_id, s.id::text) ORDER BY coalesce(s.sis_id, s.id::text)) AS students,
        array_agg(DISTINCT s.school_id) FILTER (WHERE s.school_id IS NOT NULL) AS schools
    FROM people_householdstudent hs
    JOIN people_household h ON h.id = hs.household_id AND h.ended_at IS NULL
    JOIN people_student s ON s.id = hs.student_id AND s.ended_at IS NULL
    WHERE EXISTS (SELECT FROM people_householdstudent x JOIN seen ON seen.id = x.student_id
        WHERE x.household_id = hs.household_id)
      AND (%(household)s::bigint IS NULL OR hs.household_id = %(household)s::bigint)
    GROUP BY hs.household_id
), adult AS MATERIALIZED (
    SELECT g.household_id, g.id, g.reads, g.speaks,
        bool_or(k.ended_at IS NULL) AS linked, bool_or(ok.id IS NOT NULL) AS lawful,
        bool_or(k.primary_contact) AS first
    FROM people_guardian g JOIN child c ON c.household_id = g.household_id
    JOIN people_link k ON k.guardian_id = g.id AND k.ended_at IS NULL
    LEFT JOIN ({standing}) ok ON ok.id = k.id
    WHERE g.ended_at IS NULL GROUP BY g.household_id, g.id
), point AS MATERIALIZED (
    SELECT a.household_id, count(*) FILTER (WHERE p.why <> 'wrong_person') AS known,
        bool_or(s.id IS NOT NULL) AS some_stop,
        bool_or(s.id IS NULL AND p.state <> 'failing') AS some_way
    FROM adult a JOIN people_contactpoint p ON p.guardian_id = a.id AND p.ended_at IS NULL
    LEFT JOIN consent_stop s ON s.district_id = p.district_id AND s.kind = p.kind
        AND s.match = p.match AND s.lifted_at IS NULL
    WHERE a.lawful GROUP BY a.household_id
), home AS MATERIALIZED (
    SELECT household_id, bool_or(linked) AS linked, bool_or(lawful) AS lawful,
        (array_agg(coalesce(nullif(reads, ''), speaks) ORDER BY first DESC, id))[1] AS tag
    FROM adult GROUP BY household_id
)
SELECT c.household_id, c.students, c.schools, coalesce(home.tag, ''),
    CASE WHEN r.met_at >= %(since)s THEN 5 WHEN r.answered_at >= %(since)s THEN 4
        WHEN r.seen_at >= %(since)s THEN 3 WHEN r.delivered_at >= %(since)s THEN 2
        WHEN r.attempted_at >= %(since)s THEN 1 ELSE 0 END,
    coalesce(home.linked, false), coalesce(home.lawful, false), coalesce(point.known, 0) > 0,
    coalesce(point.some_stop, false) AND (NOT coalesce(point.some_way, false)
        OR NOT EXISTS (SELECT FROM messaging_delivery d WHERE d.household_id = c.household_id
            AND d.created_at >= %(since)s
            AND d.state IN ('queued', 'claimed', 'held', 'accepted', 'delivered')
            AND NOT EXISTS (SELECT FROM consent_stop s WHERE s.district_id = d.district_id
                AND s.kind = d.kind AND s.match = d.match AND s.lifted_at IS NULL))),
    CASE WHEN r.held_at >= %(since)s THEN r.held_why ELSE '' END,
    coalesce(r.failed_at >= %(since)s, false), r.waiting_until, r.attempted_at
FROM child c LEFT JOIN home USING (household_id) LEFT JOIN point USING (household_id)
LEFT JOIN ledger_familyreach r ON r.household_id = c.household_id
ORDER BY c.household_id
"""


def live_rows(
    district: District, *, students: Any = None, since: datetime, now: datetime
) -> tuple[FamilyRow, ...]:
    """All families of these children, by household."""
    served = Student.objects.filter(district=district) if students is None else students
    sql, params = embed(
        _FAMILIES,
        {
            "students": served.filter(ended_at=None).values("id").order_by(),
            "standing": standing(district=district, at=now).values("id").order_by(),
        },
        {"since": since, "household": None},
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return tuple(family_row(_in_order(row), since, now) for row in cursor.fetchall())


def _in_order(row: tuple[Any, ...]) -> tuple[Any, ...]:
    household, students, schools, tag, level, linked, lawful, known, stopped, *rest = row
    return (
        household,
        students,
        sorted(schools or ()),
        tag,
        level,
        linked,
        lawful,
        known,
        stopped,
        *rest,
    )
