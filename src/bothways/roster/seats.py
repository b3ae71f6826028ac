"""Who sits in which section, and who teaches it: the largest part of a roster."""

from collections.abc import Iterable
from datetime import date

from bothways.roster.records import Enrollment
from bothways.roster.rules import TEACHING
from bothways.roster.run import LONGEST_ID, Run

# A row without an id keeps the one that it had: another way of writing the same roster ends nothing.
_UPDATE = """
UPDATE <table> t SET sis_id = s.sis_id, ended_at = NULL FROM stage_<table> s
WHERE t.<who>_id = s.who AND t.section_id = s.section AND <which>
"""
_ADD = """
INSERT INTO <table> (district_id, <who>_id, section_id, sis_id)
SELECT %(district)s, s.who, s.section, s.sis_id FROM stage_<table> s
LEFT JOIN <table> t ON t.<who>_id = s.who AND t.section_id = s.section
WHERE t.id IS NULL ON CONFLICT (<who>_id, section_id) DO NOTHING
"""
_END = """
UPDATE <table> t SET ended_at = %(at)s
WHERE t.district_id = %(district)s AND t.ended_at IS NULL
AND (%(whole)s OR t.sis_id = ANY(%(ended)s) OR t.<who>_id = ANY(%(gone)s)
    OR (t.<who>_id, t.section_id) IN (SELECT who, section FROM over_<table>)
    OR t.section_id IN (SELECT id FROM schools_section
        WHERE district_id = %(district)s AND ended_at IS NOT NULL))
AND NOT EXISTS (SELECT FROM stage_<table> s WHERE s.who = t.<who>_id AND s.section = t.section_id)
"""
_COLUMNS = "who bigint, section bigint, sis_id text"


def import_seats(run: Run, students: dict[str, int], staff: dict[str, int], today: date) -> None:
    """``students`` and ``staff``: roster id → id of the live ones."""
    sections: dict[str, int] = dict(
        run.rows(
            "SELECT sis_id, id FROM schools_section"
            " WHERE district_id = %(district)s AND ended_at IS NULL"
        )
    )
    sitting = _Seats(run, "people_enrollment", "student", students, sections, today)
    teaching = _Seats(run, "accounts_teaching", "user", staff, sections, today)
    sitting.write(
        (one for one in run.parsed.enrollments if one.role == "student"),
        gone=[pk for (pk,) in run.rows("SELECT id FROM gone_student")],
    )
    teaching.write(
        (one for one in run.parsed.enrollments if one.role in TEACHING),
        gone=[
            pk
            for (pk,) in run.rows(
                "SELECT id FROM accounts_user"
                " WHERE district_id = %(district)s AND ended_at IS NOT NULL"
            )
        ],
    )


class _Seats:
    def __init__(
        self,
        run: Run,
        table: str,
        who: str,
        people: dict[str, int],
        sections: dict[str, int],
        today: date,
    ) -> None:
        self._run, self._people, self._sections, self._today = run, people, sections, today
        self._names = {"table": table, "who": who}
        self._over: list[tuple[int, int]] = []

    def write(self, enrollments: Iterable[Enrollment], gone: list[int]) -> None:
        run, names, table = self._run, self._names, self._names["table"]
        run.stage(f"stage_{table}", _COLUMNS, self._staged(enrollments))
        run.stage(f"over_{table}", "who bigint, section bigint", self._over)
        run.added += run.run(_UPDATE, names | {"which": "t.ended_at IS NOT NULL"})
        run.changed += run.run(
            _UPDATE, names | {"which": "t.sis_id <> s.sis_id AND s.sis_id <> ''"}
        )
        run.added += run.grew(table, run.run(_ADD, names))
        run.removed += run.run(
            _END,
            names,
            whole=run.whole("enrollment"),
            ended=run.ended("enrollment"),
            gone=gone,
        )

    def _staged(self, enrollments: Iterable[Enrollment]) -> Iterable[tuple[int, int, str]]:
        people, sections, today = self._people, self._sections, self._today
        for one in enrollments:
            who, section = people.get(one.user), sections.get(one.section)
            if who is None or section is None:
                column = "userSourcedId" if who is None else "classSourcedId"
                self._run.reject(one, column, "nobody and no class of this district has this id")
            elif one.end is not None and one.end < today:
                self._over.append((who, section))  # left the class: a teacher's view ends with it
            else:
                yield who, section, one.id if len(one.id) <= LONGEST_ID else ""
