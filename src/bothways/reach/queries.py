"""Who is reached in a period and who is not: all families are the denominator."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from bothways.consent.queries import standing
from bothways.core.sql import embed
from bothways.ledger.enums import REACHED, TWO_WAY, Level
from bothways.people.models import Student
from bothways.reach.enums import Reason
from bothways.reach.rules import Facts, reason
from bothways.schools.models import District, Term

DEFAULT_DAYS = 90


@dataclass(frozen=True, slots=True)
class FamilyRow:
    """A family in a period."""

    household_id: int
    level: Level
    students: tuple[str, ...]  # roster ids, or our own where the roster has none
    school_ids: tuple[int, ...]
    language: str  # the first guardian's; "" if nobody asked
    reason: Reason | None  # None: reached
    last_tried: datetime | None
    waiting_until: datetime | None
    held_why: str


@dataclass(frozen=True, slots=True)
class Report:
    since: datetime
    rows: tuple[FamilyRow, ...]
    students: int
    students_two_way: int

    @property
    def families(self) -> int:
        return len(self.rows)

    @property
    def levels(self) -> dict[str, int]:
        counts = {level.name: 0 for level in Level}
        for row in self.rows:
            counts[row.level.name] += 1
        return counts

    @property
    def reached(self) -> int:
        return sum(row.level >= REACHED for row in self.rows)

    @property
    def delivered(self) -> int:
        return sum(row.level >= Level.DELIVERED for row in self.rows)

    @property
    def two_way(self) -> int:
        return sum(row.level >= TWO_WAY for row in self.rows)

    @property
    def unreached(self) -> list[FamilyRow]:
        return [row for row in self.rows if row.reason is not None]

    @property
    def reasons(self) -> dict[Reason, int]:
        counts = dict.fromkeys(Reason, 0)
        for row in self.rows:
            if row.reason is not None:
                counts[row.reason] += 1
        return counts


def period_start(district: District, now: datetime) -> datetime:
    """The start of the term in which we are (of several the one that began last), else 90 days ago."""
    today = now.astimezone(district.zone).date()
    term = (
        Term.objects.filter(
            district=district, ended_at=None, starts_on__lte=today, ends_on__gte=today
        )
        .order_by("-starts_on")
        .first()
    )
    day = term.starts_on if term and term.starts_on else today - timedelta(days=DEFAULT_DAYS)
    return datetime.combine(day, time.min, district.zone)


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


def report(
    district: District,
    *,
    students: QuerySet[Student],
    since: datetime,
    now: datetime,
    household: int | None = None,
) -> Report:
    """Reach of all families of these children since then; ``household``: of this family alone."""
    live = students.filter(district=district, ended_at=None)
    sql, params = embed(
        _FAMILIES,
        {
            "students": live.values("id").order_by(),
            "standing": standing(district=district, at=now).values("id").order_by(),
        },
        {"since": since, "household": household},
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        rows = tuple(_row(found, since, now) for found in cursor.fetchall())
    two_way = {child for row in rows if row.level >= TWO_WAY for child in row.students}
    wanted = {sis or str(pk) for sis, pk in live.values_list("sis_id", "pk")}
    return Report(
        since=since,
        rows=rows,
        students=len(wanted),
        students_two_way=len(two_way & wanted),
    )


def _row(found: tuple[Any, ...], since: datetime, now: datetime) -> FamilyRow:
    (
        household,
        students,
        schools,
        tag,
        level,
        linked,
        lawful,
        known,
        stopped,
        held,
        failed,
        wait,
        tried,
    ) = found
    facts = Facts(
        has_guardian=linked,
        has_standing=lawful,
        has_point=known,
        only_stopped=stopped,
        attempted=level >= Level.ATTEMPTED,
        held_why=held,
        failed=failed,
        waiting_until=wait,
    )
    return FamilyRow(
        household_id=household,
        level=Level(level),
        students=tuple(students),
        school_ids=tuple(schools or ()),
        language=tag,
        reason=None if level >= REACHED else reason(facts, since=since, now=now),
        last_tried=tried if level >= Level.ATTEMPTED else None,
        waiting_until=wait,
        held_why=held,
    )
