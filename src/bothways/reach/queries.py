"""Who is reached in a period and who is not: all families are the denominator."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from bothways.core.sql import embed
from bothways.ledger.enums import REACHED, TWO_WAY, Level
from bothways.people.models import Student
from bothways.reach.enums import Reason
from bothways.reach.facts import refresh
from bothways.reach.mirror import UNDER_WAY
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


# What is known of each family; ``{families}`` says which.
DETAILS = f"""
SELECT f.household_id, ARRAY(
        SELECT coalesce(s.sis_id, s.id::text) FROM people_householdstudent hs
        JOIN people_student s ON s.id = hs.student_id AND s.ended_at IS NULL
        WHERE hs.household_id = f.household_id ORDER BY 1),
    k.school_ids, k.language,
    CASE WHEN r.met_at >= %(since)s THEN 5 WHEN r.answered_at >= %(since)s THEN 4
        WHEN r.seen_at >= %(since)s THEN 3 WHEN r.delivered_at >= %(since)s THEN 2
        WHEN r.attempted_at >= %(since)s THEN 1 ELSE 0 END,
    k.has_guardian, k.has_standing, k.has_point,
    k.some_stop AND (NOT k.some_way OR NOT {UNDER_WAY}),
    CASE WHEN r.held_at >= %(since)s THEN r.held_why ELSE '' END,
    coalesce(r.failed_at >= %(since)s, false), r.waiting_until, r.attempted_at
FROM reach_familyfacts f
JOIN reach_familykind k ON k.id = f.kind_id
LEFT JOIN ledger_familyreach r ON r.household_id = f.household_id
{{families}}
"""  # noqa: S608 - parts of ours

_SERVED = """
WHERE f.district_id = %(district)s
    AND (%(household)s::bigint IS NULL OR f.household_id = %(household)s::bigint)
    AND f.household_id IN (SELECT x.household_id FROM people_householdstudent x
        WHERE x.student_id IN ({students}))
ORDER BY f.household_id
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
    refresh(district, now)
    live = students.filter(district=district, ended_at=None)
    if household is not None:
        live = live.filter(homes__household=household)
    sql, params = embed(
        DETAILS.replace("{families}", _SERVED),
        {"students": live.values("id").order_by()},
        {"district": district.pk, "since": since, "household": household},
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        rows = tuple(family_row(found, since, now) for found in cursor.fetchall())
    two_way = {child for row in rows if row.level >= TWO_WAY for child in row.students}
    wanted = {sis or str(pk) for sis, pk in live.values_list("sis_id", "pk")}
    return Report(
        since=since,
        rows=rows,
        students=len(wanted),
        students_two_way=len(two_way & wanted),
    )


def family_row(found: tuple[Any, ...], since: datetime, now: datetime) -> FamilyRow:
    """A row of DETAILS as a family, with the first reason that applies."""
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
