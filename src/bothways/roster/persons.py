"""Students and guardians: what the roster says beside what people here corrected."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from bothways.roster import rows
from bothways.roster.records import Guardian, Student
from bothways.roster.report import Conflict
from bothways.roster.rules import folded
from bothways.roster.run import Run, as_json


@dataclass(frozen=True, slots=True)
class Kind:
    """``columns``: column → what it holds, out of ``e``: the roster's words under the local ones."""

    name: str  # student, guardian
    table: str
    columns: dict[str, str]
    limits: tuple[tuple[str, int], ...]
    fixed: dict[str, str]  # columns that only a new row sets


def _text(name: str, most: int) -> str:
    return f"left(coalesce(e->>'{name}', ''), {most})"


STUDENT = Kind(
    name="student",
    table="people_student",
    columns={
        "given": _text("given", 200),
        "family": _text("family", 200),
        "preferred": _text("preferred", 200),
        "birth_date": "(e->>'birth_date')::date",
        "grade": _text("grade", 40),
        "school_id": "school",
        "home_language": _text("home_language", 20),
    },
    limits=(("given", 200), ("family", 200), ("preferred_given", 200), ("grade", 40)),
    fixed={"shares_with_guardians": "false"},
)
GUARDIAN = Kind(
    name="guardian",
    table="people_guardian",
    columns={
        "given": _text("given", 200),
        "family": _text("family", 200),
        "speaks": _text("speaks", 20),
        "reads": _text("reads", 20),
        "can_read": "(e->>'can_read')::boolean",
    },
    limits=(("given", 200), ("family", 200), ("speaks", 20), ("reads", 20)),
    fixed={"address_hidden": "false"},
)

_KEEP_BIRTH_DATES = """
UPDATE stage_student s
SET roster = s.roster || jsonb_build_object('birth_date', t.roster->'birth_date')
FROM people_student t
WHERE t.district_id = %(district)s AND t.sis_id = s.sis_id
AND NOT s.roster ? 'birth_date' AND t.roster ? 'birth_date'
"""


def stage_people(run: Run, kind: Kind, people: Iterable[Student | Guardian]) -> None:
    """``stage_student`` or ``stage_guardian``: each id once, the first of several."""
    seen: set[str] = set()

    def staged() -> Iterable[tuple[str, str, str]]:
        for person in people:
            if person.id in seen:
                run.reject(person, "sourcedId", "this id stands twice; the first was taken")
                continue
            if not run.usable_id(person):
                continue
            seen.add(person.id)
            run.shorten(person, kind.limits)
            row = rows.student(person) if isinstance(person, Student) else rows.guardian(person)
            search = folded(
                person.given, person.preferred_given, person.family, person.preferred_family
            )
            yield person.id, as_json(row), search

    run.stage(f"stage_{kind.name}", "sis_id text, roster jsonb, search text", staged())
    if kind is STUDENT and not run.whole("birth_date"):
        # A roster without birth dates does not say that there are none.
        run.run(_KEEP_BIRTH_DATES)


# ``touched_…`` lists who was written, ``gone_…`` who ended: later steps look at these only.
_UPDATE = """
WITH x AS (
    UPDATE <table> t SET roster = said, search = words, ended_at = NULL, <sets>
    FROM (
        SELECT t.id, s.roster AS said, s.search AS words, s.roster || t.local AS e <school>
        FROM stage_<kind> s
        JOIN <table> t ON t.district_id = %(district)s AND t.sis_id = s.sis_id <schools>
        WHERE <which>
    ) n WHERE t.id = n.id RETURNING t.id, t.sis_id
)
INSERT INTO touched_<kind> SELECT id, sis_id FROM x
"""
# For students only: the school that counts, which may be one that people here entered.
_SCHOOLS = """
LEFT JOIN schools_school c ON c.district_id = %(district)s
    AND c.sis_id = coalesce(<local> s.roster->>'school')
"""
_ADD = """
WITH x AS (
    INSERT INTO <table> (district_id, sis_id, roster, local, search, <columns>)
    SELECT %(district)s, sis_id, e, '{}', search, <values>
    FROM (
        SELECT s.sis_id, s.roster AS e, s.search <school> FROM stage_<kind> s <schools>
        WHERE NOT EXISTS (
            SELECT FROM <table> t WHERE t.district_id = %(district)s AND t.sis_id = s.sis_id)
    ) n RETURNING id, sis_id
)
INSERT INTO touched_<kind> SELECT id, sis_id FROM x
"""
_END = """
WITH x AS (
    UPDATE <table> t SET ended_at = %(at)s
    WHERE t.district_id = %(district)s AND t.ended_at IS NULL AND t.sis_id IS NOT NULL
    AND (%(whole)s OR t.sis_id = ANY(%(ended)s))
    AND NOT EXISTS (SELECT FROM stage_<kind> s WHERE s.sis_id = t.sis_id)
    RETURNING t.id
)
INSERT INTO gone_<kind> SELECT id FROM x
"""


def apply_people(run: Run, kind: Kind) -> None:
    """Revive, change, add and end."""
    _note_conflicts(run, kind)
    run.stage(f"touched_{kind.name}", "id bigint, sis_id text")
    run.stage(f"gone_{kind.name}", "id bigint")
    columns = {**kind.columns, **kind.fixed}
    names = {
        "sets": ", ".join(f"{column} = {value}" for column, value in kind.columns.items()),
        "columns": ", ".join(columns),
        "values": ", ".join(columns.values()),
        "schools": _SCHOOLS if kind is STUDENT else "",
        "school": ", c.id AS school" if kind is STUDENT else "",
        "local": "t.local->>'school',",
        "table": kind.table,
        "kind": kind.name,
    }
    differs = "t.roster <> s.roster"
    if kind is STUDENT:
        # The same school id may have become known only now.
        differs += " OR t.school_id IS DISTINCT FROM c.id"
    revived = run.run(_UPDATE, names | {"which": "t.ended_at IS NOT NULL"})
    changed = run.run(_UPDATE, names | {"which": f"t.ended_at IS NULL AND ({differs})"})
    new = run.grew(kind.table, run.run(_ADD, names | {"local": ""}))
    gone = run.run(_END, names, whole=run.whole(kind.name), ended=run.ended("user"))
    run.added += revived + new
    run.changed += changed
    run.removed += gone
    run.families_moved |= bool(revived or changed or new or gone)
    if revived or changed:
        _search_corrected_names(run, kind)
    run.run("ANALYZE touched_<kind>", names)


_CONFLICTS = """
SELECT t.sis_id, l.key, s.roster->l.key, l.value
FROM <table> t JOIN stage_<kind> s ON s.sis_id = t.sis_id, jsonb_each(t.local) l
WHERE t.district_id = %(district)s AND t.local <> '{}'
AND s.roster ? l.key AND s.roster->l.key <> l.value
ORDER BY 1, 2
"""


def _note_conflicts(run: Run, kind: Kind) -> None:
    """What the roster says otherwise than people here. Where it says nothing there is no conflict."""
    for sis_id, name, said, local in run.rows(_CONFLICTS, {"table": kind.table, "kind": kind.name}):
        run.conflicts.append(Conflict(kind.name, sis_id, name, json.loads(said), json.loads(local)))


_CORRECTED = """
SELECT t.id, t.roster || t.local FROM <table> t JOIN touched_<kind> x ON x.id = t.id
WHERE t.local ?| ARRAY['given', 'family', 'preferred']
"""


def _search_corrected_names(run: Run, kind: Kind) -> None:
    """People whose names were corrected here are found by these."""
    names = {"table": kind.table, "kind": kind.name}
    for pk, counts in run.rows(_CORRECTED, names):
        row = json.loads(counts)
        parts = (row.get(name) for name in ("given", "preferred", "family", "preferred_family"))
        run.run(
            "UPDATE <table> SET search = %(words)s WHERE id = %(pk)s",
            names,
            words=folded(*(str(part) for part in parts if part)),
            pk=pk,
        )
