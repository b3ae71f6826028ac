"""Schools, terms and sections: rows without local corrections."""

from collections.abc import Iterable, Sequence
from typing import Any

from bothways.roster.run import Run
from bothways.schools.models import School

NAME = 200
TITLE = 300
KIND = 40


def import_places(run: Run) -> None:
    """All three, in the order in which they need each other."""
    _schools(run)
    _terms(run)
    _sections(run)


def _schools(run: Run) -> None:
    known = dict(School.objects.filter(district_id=run.district_id).values_list("sis_id", "name"))
    rows = []
    for school in run.parsed.schools:
        if run.usable_id(school):
            run.shorten(school, (("name", NAME),))
            # A roster without orgs.csv calls schools by their ids: the name we know is better.
            unnamed = school.name == school.id
            name = known.get(school.id, school.name) if unnamed else school.name
            rows.append((school.id, name[:NAME]))
    new = {"address": "''", "phone": "''", "email": "''"}
    _mirror(run, "school", "schools_school", "name text", rows, new)


def _terms(run: Run) -> None:
    rows = []
    for term in run.parsed.terms:
        if run.usable_id(term):
            run.shorten(term, (("title", NAME),))
            rows.append((term.id, term.title[:NAME], term.kind[:KIND], term.start, term.end))
    columns = "title text, kind text, starts_on date, ends_on date"
    _mirror(run, "term", "schools_term", columns, rows)


def _sections(run: Run) -> None:
    schools: dict[str, int] = dict(
        run.rows("SELECT sis_id, id FROM schools_school WHERE district_id = %(district)s")
    )
    # A roster of one school need not say which school its classes are in.
    only = next(iter(schools.values())) if len(schools) == 1 else None
    rows = []
    for section in run.parsed.sections:
        if not run.usable_id(section):
            continue
        school = schools.get(section.school) if section.school else only
        if school is None:
            run.reject(section, "schoolSourcedId", "no school of this district has this id")
            continue
        title = section.title or section.course_title or section.id
        if len(title) > TITLE:
            run.flag(section, "title", f"longer than {TITLE} characters; shown cut off")
        rows.append((section.id, school, title[:TITLE]))
    _mirror(run, "section", "schools_section", "school_id bigint, title text", rows)


_REVIVE = """
UPDATE <table> t SET <sets>, ended_at = NULL FROM stage_place s
WHERE t.district_id = %(district)s AND t.sis_id = s.sis_id AND t.ended_at IS NOT NULL
"""
_CHANGE = """
UPDATE <table> t SET <sets> FROM stage_place s
WHERE t.district_id = %(district)s AND t.sis_id = s.sis_id AND (<old>) IS DISTINCT FROM (<new>)
"""
_ADD = """
INSERT INTO <table> (district_id, sis_id, <own> <fixed>)
SELECT %(district)s, s.sis_id, <new> <values> FROM stage_place s
WHERE NOT EXISTS (
    SELECT FROM <table> t WHERE t.district_id = %(district)s AND t.sis_id = s.sis_id)
"""
_END = """
UPDATE <table> t SET ended_at = %(at)s
WHERE t.district_id = %(district)s AND t.ended_at IS NULL
AND (%(whole)s OR t.sis_id = ANY(%(ended)s))
AND NOT EXISTS (SELECT FROM stage_place s WHERE s.sis_id = t.sis_id)
"""


def _mirror(
    run: Run,
    kind: str,
    table: str,
    columns: str,
    rows: Iterable[Sequence[Any]],
    fixed: dict[str, str] | None = None,
) -> None:
    """Make the table say what the roster says; ``fixed``: what a new row starts with."""
    own = [column.split()[0] for column in columns.split(", ")]
    names = {
        "table": table,
        "own": ", ".join(own),
        "new": ", ".join(f"s.{name}" for name in own),
        "old": ", ".join(f"t.{name}" for name in own),
        "sets": ", ".join(f"{name} = s.{name}" for name in own),
        "fixed": "".join(f", {name}" for name in fixed or {}),
        "values": "".join(f", {value}" for value in (fixed or {}).values()),
    }
    once = {row[0]: row for row in reversed(list(rows))}
    run.stage("stage_place", f"sis_id text, {columns}", once.values())
    run.added += run.run(_REVIVE, names)
    run.changed += run.run(_CHANGE, names)
    run.added += run.grew(table, run.run(_ADD, names))
    run.removed += run.run(_END, names, whole=run.whole(kind), ended=run.ended(kind))
