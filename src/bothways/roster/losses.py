"""Whether so many people would end that somebody must say it is right."""

from bothways.roster.report import Loss
from bothways.roster.rules import asks_first, leaving_grade
from bothways.roster.run import Run

NO_SCHOOL = "no school"

_BEFORE = """
CREATE TEMPORARY TABLE student_before ON COMMIT DROP AS
SELECT id, school_id, grade FROM people_student
WHERE district_id = %(district)s AND ended_at IS NULL AND sis_id IS NOT NULL
"""
_LIVE = """
SELECT 'students', b.school_id, count(*) FROM student_before b GROUP BY 2
UNION ALL
SELECT 'links', b.school_id, count(*) FROM student_before b
JOIN people_link l ON l.student_id = b.id AND l.ended_at IS NULL AND l.source = 'roster' GROUP BY 2
UNION ALL
SELECT 'guardians', b.school_id, count(DISTINCT l.guardian_id) FROM student_before b
JOIN people_link l ON l.student_id = b.id AND l.ended_at IS NULL
JOIN people_guardian g ON g.id = l.guardian_id AND g.ended_at IS NULL AND g.sis_id IS NOT NULL
GROUP BY 2
"""
_GONE = """
SELECT 'students', b.school_id, count(*) FROM student_before b
JOIN gone_student x ON x.id = b.id LEFT JOIN leaver v ON v.id = b.id
WHERE v.id IS NULL GROUP BY 2
UNION ALL
SELECT 'links', b.school_id, count(*) FROM student_before b
JOIN gone_link x ON x.student_id = b.id LEFT JOIN leaver v ON v.id = b.id
WHERE v.id IS NULL GROUP BY 2
UNION ALL
SELECT 'guardians', b.school_id, count(DISTINCT l.guardian_id) FROM student_before b
JOIN people_link l ON l.student_id = b.id AND (l.ended_at IS NULL OR l.id IN (SELECT id FROM gone_link))
JOIN gone_guardian x ON x.id = l.guardian_id LEFT JOIN leaver v ON v.id = b.id
WHERE v.id IS NULL GROUP BY 2
"""


def remember(run: Run) -> dict[tuple[str, int | None], int]:
    """How many live students, links and guardians each school has before anything changes."""
    run.run("DROP TABLE IF EXISTS pg_temp.student_before")
    run.run(_BEFORE)
    return {(what, school): count for what, school, count in run.rows(_LIVE)}


def find_losses(run: Run, before: dict[tuple[str, int | None], int]) -> list[Loss]:
    """The schools that would lose more than a roster usually takes away."""
    run.stage("leaver", "id bigint", _leavers(run) if run.new_year else ())
    schools = dict(run.rows("SELECT id, name FROM schools_school WHERE district_id = %(district)s"))
    return [
        Loss(schools.get(school, NO_SCHOOL), what, gone, before[what, school])
        for what, school, gone in sorted(run.rows(_GONE), key=lambda row: (row[1] or 0, row[0]))
        if asks_first(gone, before[what, school])
    ]


def _leavers(run: Run) -> list[tuple[int]]:
    """At the change of school year: everybody who sat in the highest grade of a school."""
    by_school: dict[int | None, list[tuple[int, str]]] = {}
    for pk, school, grade in run.rows("SELECT id, school_id, grade FROM student_before"):
        by_school.setdefault(school, []).append((pk, grade))
    found = []
    for people in by_school.values():
        last = leaving_grade(grade for _, grade in people)
        found += [(pk,) for pk, grade in people if last and grade == last]
    return found
