"""Links: an adult's standing for a child, as the roster says it."""

import json
from collections.abc import Iterable
from typing import Any

from bothways.roster import rows
from bothways.roster.report import Conflict
from bothways.roster.run import Run, as_json

RELATION = 60

# A link that people here ended (source local) stays ended, whatever the roster says.
_UPDATE = """
UPDATE people_link t SET roster = said,
    ended_at = CASE WHEN t.source = 'roster' THEN NULL ELSE t.ended_at END,
    relation = left(coalesce(e->>'relation', ''), 60),
    lives_with = (e->>'lives_with')::boolean,
    primary_contact = coalesce((e->>'primary_contact')::boolean, false),
    priority = (e->>'priority')::smallint,
    legal_guardian = (e->>'legal_guardian')::boolean,
    emergency_contact = (e->>'emergency_contact')::boolean
FROM (
    SELECT t.id, s.roster AS said, s.roster || t.local AS e FROM stage_link s
    JOIN people_link t ON t.student_id = s.student_id AND t.guardian_id = s.guardian_id
    WHERE <which>
) n WHERE t.id = n.id
"""
_ADD = """
INSERT INTO people_link (district_id, student_id, guardian_id, source, roster, local, relation,
    lives_with, primary_contact, priority, legal_guardian, emergency_contact)
SELECT %(district)s, s.student_id, s.guardian_id, 'roster', e, '{}',
    left(coalesce(e->>'relation', ''), 60), (e->>'lives_with')::boolean,
    coalesce((e->>'primary_contact')::boolean, false), (e->>'priority')::smallint,
    (e->>'legal_guardian')::boolean, (e->>'emergency_contact')::boolean
FROM (SELECT student_id, guardian_id, roster AS e FROM stage_link) s
WHERE NOT EXISTS (
    SELECT FROM people_link t WHERE t.student_id = s.student_id AND t.guardian_id = s.guardian_id)
"""
_END = """
WITH x AS (
    UPDATE people_link t SET ended_at = %(at)s
    WHERE t.district_id = %(district)s AND t.ended_at IS NULL AND t.source = 'roster'
    AND (
        t.student_id IN (SELECT id FROM gone_student)
        OR t.guardian_id IN (SELECT id FROM gone_guardian)
        OR t.id IN (SELECT id FROM ended_link)
        OR (%(whole)s AND NOT EXISTS (
            SELECT FROM stage_link s
            WHERE s.student_id = t.student_id AND s.guardian_id = t.guardian_id))
    )
    RETURNING t.id, t.student_id
)
INSERT INTO gone_link SELECT id, student_id FROM x
"""
_ENDED = """
INSERT INTO ended_link
SELECT t.id FROM stage_ended_link e
JOIN people_student s ON s.district_id = %(district)s AND s.sis_id = e.student
JOIN people_guardian g ON g.district_id = %(district)s AND g.sis_id = e.guardian
JOIN people_link t ON t.student_id = s.id AND t.guardian_id = g.id
WHERE NOT EXISTS (
    SELECT FROM stage_link l WHERE l.student_id = s.id AND l.guardian_id = g.id)
"""
_CONFLICTS = """
SELECT st.sis_id || '/' || g.sis_id, l.key, s.roster->l.key, l.value
FROM people_link t
JOIN stage_link s ON s.student_id = t.student_id AND s.guardian_id = t.guardian_id
JOIN people_student st ON st.id = t.student_id JOIN people_guardian g ON g.id = t.guardian_id,
    jsonb_each(t.local) l
WHERE t.district_id = %(district)s AND t.local <> '{}'
AND s.roster ? l.key AND s.roster->l.key <> l.value
UNION ALL
SELECT st.sis_id || '/' || g.sis_id, 'ended', 'false', 'true'
FROM people_link t
JOIN stage_link s ON s.student_id = t.student_id AND s.guardian_id = t.guardian_id
JOIN people_student st ON st.id = t.student_id JOIN people_guardian g ON g.id = t.guardian_id
WHERE t.district_id = %(district)s AND t.source = 'local' AND t.ended_at IS NOT NULL
ORDER BY 1, 2
"""


def import_links(run: Run, students: dict[str, int], guardians: dict[str, int]) -> None:
    """``students`` and ``guardians``: roster id → id of the live ones. Leaves ``gone_link``."""
    run.stage(
        "stage_link",
        "student_id bigint, guardian_id bigint, roster jsonb",
        _staged(run, students, guardians),
    )
    run.stage("stage_ended_link", "student text, guardian text", sorted(run.parsed.ended_links))
    run.stage("ended_link", "id bigint")
    run.stage("gone_link", "id bigint, student_id bigint")
    if run.parsed.ended_links:
        run.run(_ENDED)
    for key, name, said, local in run.rows(_CONFLICTS):
        run.conflicts.append(Conflict("link", key, name, json.loads(said), json.loads(local)))
    revived = run.run(_UPDATE, {"which": "t.ended_at IS NOT NULL AND t.source = 'roster'"})
    changed = run.run(_UPDATE, {"which": "t.roster <> s.roster"})
    new = run.grew("people_link", run.run(_ADD))
    gone = run.run(_END, whole=run.whole("link"))
    run.added += revived + new
    run.changed += changed
    run.removed += gone
    run.families_moved |= bool(revived or changed or new or gone)


def _staged(
    run: Run, students: dict[str, int], guardians: dict[str, int]
) -> Iterable[tuple[int, int, str]]:
    """Each pair once. What a second line says is added; a restriction on it is never lost."""
    found: dict[tuple[int, int], dict[str, Any]] = {}
    for link in run.parsed.links:
        student, guardian = students.get(link.student), guardians.get(link.guardian)
        if student is None or guardian is None:
            who = "student" if student is None else "guardian"
            run.reject(link, who, f"no {who} of this district has this id")
            continue
        row = rows.link(link)
        if len(link.relation) > RELATION:
            run.flag(link, "relation", f"longer than {RELATION} characters; shown cut off")
        if link.priority is not None and not 0 <= link.priority < 2**15:
            run.flag(link, "priority", "not a number of order; not used")
            del row["priority"]
        before = found.get((student, guardian))
        if before is None:
            found[student, guardian] = row
            continue
        texts = dict.fromkeys(filter(None, map(_restriction, (before, row))))
        merged = row | before
        if texts:
            merged["restriction_text"] = "; ".join(texts)
        if merged != before:
            run.flag(
                link, "guardian", "this pair stands twice; the first counts, with what it lacks"
            )
        found[student, guardian] = merged
    for (student, guardian), row in found.items():
        yield student, guardian, as_json(row)


def _restriction(row: dict[str, Any]) -> str:
    return str(row.get("restriction_text", ""))
