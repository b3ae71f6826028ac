"""The board: figures of all families from one statement, and the list of those not reached page by page.

Read ``docs/adr/0004-reach-facts.md`` first.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, overload

from django.db import connection
from django.db.models import QuerySet

from bothways.core.sql import embed
from bothways.ledger.enums import REACHED, Level
from bothways.people.models import Student
from bothways.reach.enums import Reason
from bothways.reach.facts import refresh
from bothways.reach.mirror import LEVEL, LISTED, REASON, REASONS, STATE
from bothways.reach.queries import DETAILS, FamilyRow, family_row
from bothways.schools.models import District


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose families, and which of them; ``students`` None: all of the district.

    ``homes``: the ids of these students' families, where they were read already.
    """

    district: District
    since: datetime
    now: datetime
    students: QuerySet[Student] | None = None
    school: int | None = None
    language: str | None = None
    reason: Reason | None = None  # narrows the list, never the figures
    homes: Sequence[int] | None = None

    @property
    def values(self) -> dict[str, Any]:
        return {
            "district": self.district.pk,
            "since": self.since,
            "now": self.now,
            "school": self.school,
            "language": self.language,
            "homes": None if self.homes is None else list(self.homes),
        }


@dataclass(slots=True)
class Share:
    """Families of one school or language."""

    families: int
    reached: int
    two_way: int


@dataclass(slots=True)
class Board:
    """Figures of the families that are wanted; ``known``, ``schools`` and ``languages`` of all there are."""

    known: int = 0
    nothing_sent: bool = True
    levels: Counter[Level] = field(default_factory=Counter)
    reasons: Counter[Reason] = field(default_factory=Counter)
    by_school: dict[int, Share] = field(default_factory=dict)
    by_language: dict[str, Share] = field(default_factory=dict)

    @property
    def families(self) -> int:
        return self.levels.total()

    def at_least(self, level: Level) -> int:
        return sum(n for its, n in self.levels.items() if its >= level)

    @property
    def reached(self) -> int:
        return self.at_least(REACHED)

    @property
    def unreached(self) -> int:
        return self.reasons.total()


_SCOPE = """
AND f.household_id IN (SELECT x.household_id FROM people_householdstudent x
    WHERE x.student_id IN ({students}))
"""
_HOMES = "AND f.household_id IN (SELECT unnest(%(homes)s::bigint[]))"

_KEEPS = """(%(school)s::bigint IS NULL OR %(school)s::bigint = ANY(k.school_ids))
    AND (%(language)s::text IS NULL OR k.language = %(language)s::text)"""

_FIGURES = f"""
WITH s AS MATERIALIZED (
    SELECT f.kind_id, {STATE} AS state, count(*) AS n FROM reach_familyfacts f
    LEFT JOIN ledger_familyreach r ON r.household_id = f.household_id
    WHERE f.district_id = %(district)s {{scope}} GROUP BY 1, 2
), kind AS MATERIALIZED (
    SELECT k.school_ids, k.language, {_KEEPS} AS keeps, sum(s.n) AS n,
        sum(s.n) FILTER (WHERE {LEVEL} >= 3) AS reached,
        sum(s.n) FILTER (WHERE {LEVEL} >= 4) AS two_way
    FROM s JOIN reach_familykind k ON k.id = s.kind_id GROUP BY k.id
)
SELECT 'total', NULL::bigint, NULL::text, {LEVEL}, {REASON}, sum(s.n), sum(s.n) FILTER (WHERE {_KEEPS}),
    NULL
FROM s JOIN reach_familykind k ON k.id = s.kind_id GROUP BY 4, 5
UNION ALL
SELECT 'school', school, NULL, NULL, NULL, sum(n) FILTER (WHERE keeps),
    sum(reached) FILTER (WHERE keeps), sum(two_way) FILTER (WHERE keeps)
FROM kind CROSS JOIN LATERAL unnest(school_ids) AS u(school) GROUP BY school
UNION ALL
SELECT 'language', NULL, language, NULL, NULL, sum(n) FILTER (WHERE keeps),
    sum(reached) FILTER (WHERE keeps), sum(two_way) FILTER (WHERE keeps)
FROM kind GROUP BY language
"""  # noqa: S608 - parts of ours


def figures(wanted: Wanted) -> Board:
    """All figures of the board, as things stand now."""
    refresh(wanted.district, wanted.now)
    found = Board()
    for what, school, language, level, reason, *counts in _rows(_FIGURES, wanted, wanted.values):
        first, second, third = (int(n or 0) for n in counts)
        if what == "total":
            found.known += first
            found.nothing_sent &= level == Level.NONE
            found.levels[Level(level)] += second
            if reason is not None:
                found.reasons[REASONS[reason]] += second
        elif what == "school":
            found.by_school[school] = Share(first, second, third)
        else:
            found.by_language[language] = Share(first, second, third)
    return found


_LIST = f"""
WITH page AS MATERIALIZED (
    SELECT f.household_id, {{order}} AS place FROM reach_familyfacts f
    JOIN reach_familykind k ON k.id = f.kind_id
    LEFT JOIN ledger_familyreach r ON r.household_id = f.household_id
    CROSS JOIN LATERAL (SELECT {STATE} AS state OFFSET 0) s
    CROSS JOIN LATERAL (SELECT {REASON} AS reason OFFSET 0) w
    WHERE f.district_id = %(district)s {{scope}} AND {{standing}} AND {_KEEPS}
        AND w.reason {{reasons}}
    ORDER BY {{by}} LIMIT %(limit)s OFFSET %(offset)s
)
{DETAILS.replace("{families}", "JOIN page ON page.household_id = f.household_id")}
ORDER BY page.place, f.household_id
"""  # noqa: S608 - parts of ours


# The first two reasons are those of homes without standing, and only theirs.
_BY_KIND = 2


class Unreached(Sequence[FamilyRow]):
    """Families that are wanted and not reached, who only waits last; a slice reads just its rows."""

    def __init__(self, wanted: Wanted, board: Board) -> None:
        self._wanted = wanted
        self._board = board

    def __len__(self) -> int:
        only = self._wanted.reason
        return self._board.reasons[only] if only else self._board.unreached

    @overload
    def __getitem__(self, at: int) -> FamilyRow: ...
    @overload
    def __getitem__(self, at: slice) -> list[FamilyRow]: ...
    def __getitem__(self, at: int | slice) -> FamilyRow | list[FamilyRow]:
        if isinstance(at, int):
            return self[at : at + 1][0]
        start, stop, _ = at.indices(len(self))
        return self._read(start, stop)

    def _read(self, start: int, stop: int) -> list[FamilyRow]:
        """These places. The figures tell which reasons they fall under: only those are looked for.

        Who has nobody to be told is found by kind alone; of the others, one reason by itself is read in
        the order of households and ends when the page is full.
        """
        rows: list[FamilyRow] = []
        only = self._wanted.reason
        before = 0
        for group in ([only],) if only else (LISTED[:_BY_KIND], LISTED[_BY_KIND:]):
            touched: list[Reason] = []
            first = stop
            for reason in group:
                after = before + self._board.reasons[reason]
                if max(start, before) < min(stop, after):
                    first = first if touched else before
                    touched.append(reason)
                before = after
            if touched:
                at = max(start, first)
                rows += self._of(touched, at - first, min(stop, before) - at)
        return rows

    def _of(self, reasons: list[Reason], offset: int, limit: int) -> list[FamilyRow]:
        places = [REASONS.index(reason) for reason in reasons]  # our own numbers
        several = len(places) > 1
        known = set(reasons) <= set(LISTED[:_BY_KIND])
        found = _rows(
            _LIST,
            self._wanted,
            {**self._wanted.values, "limit": limit, "offset": offset},
            order=f"array_position(ARRAY{places}, w.reason)" if several else "1",
            by="place, f.household_id" if several else "f.household_id",
            reasons=f"IN ({', '.join(str(place) for place in places)})",
            standing="NOT k.has_standing" if known else "k.has_standing",
        )
        return [family_row(row, self._wanted.since, self._wanted.now) for row in found]


def _rows(
    statement: str, wanted: Wanted, values: dict[str, Any], **text: str
) -> list[tuple[Any, ...]]:
    parts = {}
    scope = ""
    if wanted.students is not None:
        served = wanted.students.filter(district=wanted.district, ended_at=None)
        parts["students"] = served.values("id").order_by()
        scope = _SCOPE if wanted.homes is None else _HOMES
    sql, params = embed(statement.replace("{scope}", scope), parts, values, **text)
    with connection.cursor() as cursor:
        # The look-ups for families with stopped addresses seem dear to the planner and are few: where
        # compiling is on, it would take longer than the statement. Sent together, both are one transaction.
        cursor.execute(f"SET LOCAL jit = off; {sql}", params)
        cursor.nextset()
        return list(cursor.fetchall())


_GRADES = f"""
WITH lv AS MATERIALIZED (
    SELECT f.household_id, CASE WHEN r.met_at >= %(since)s THEN 5 WHEN r.answered_at >= %(since)s THEN 4
        WHEN r.seen_at >= %(since)s THEN 3 ELSE 0 END AS level
    FROM reach_familyfacts f JOIN reach_familykind k ON k.id = f.kind_id
    LEFT JOIN ledger_familyreach r ON r.household_id = f.household_id
    WHERE f.district_id = %(district)s {{scope}} AND {_KEEPS}
), child AS (
    SELECT DISTINCT x.household_id, t.grade FROM people_householdstudent x
    JOIN people_student t ON t.id = x.student_id
    WHERE t.ended_at IS NULL AND t.district_id = %(district)s {{children}}
)
SELECT grade, count(*), count(*) FILTER (WHERE level >= 3), count(*) FILTER (WHERE level >= 4)
FROM child JOIN lv USING (household_id) GROUP BY grade
"""  # noqa: S608 - parts of ours


def by_grade(wanted: Wanted) -> dict[str, Share]:
    """Families by the grades of their children who are wanted; one with children in two counts in both.

    ``figures`` comes first: it works out what changed. Reads every child, so it takes longer than all of
    the board in a large district.
    """
    children = "" if wanted.students is None else "AND t.id IN ({students})"
    statement = _GRADES.replace("{children}", children)
    return {
        grade: Share(families, reached, two_way)
        for grade, families, reached, two_way in _rows(statement, wanted, wanted.values)
    }
