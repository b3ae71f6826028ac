"""Doctors, neighbours, aides: kept for emergencies, told nothing about the child."""

from collections.abc import Iterable

from bothways.roster import rows
from bothways.roster.run import Run, as_json

NAME = 400
RELATION = 60

_UPDATE = """
UPDATE people_contactperson t SET roster = s.roster, name = s.name, relation = s.relation,
    phone = s.phone, email = s.email, ended_at = NULL
FROM stage_contact s WHERE t.student_id = s.student_id AND t.sis_id = s.sis_id AND <which>
"""
_ADD = """
INSERT INTO people_contactperson (district_id, student_id, sis_id, roster, name, relation, phone, email)
SELECT %(district)s, s.student_id, s.sis_id, s.roster, s.name, s.relation, s.phone, s.email
FROM stage_contact s WHERE NOT EXISTS (
    SELECT FROM people_contactperson t WHERE t.student_id = s.student_id AND t.sis_id = s.sis_id)
"""
_END = """
UPDATE people_contactperson t SET ended_at = %(at)s
WHERE t.district_id = %(district)s AND t.ended_at IS NULL
AND (t.student_id IN (SELECT id FROM gone_student)
    -- whom a family named in a talk, no roster ends
    OR (t.sis_id NOT LIKE 'told-%%' AND (%(whole)s OR t.sis_id = ANY(%(ended)s)) AND NOT EXISTS (
        SELECT FROM stage_contact s WHERE s.student_id = t.student_id AND s.sis_id = t.sis_id)))
"""


def import_contacts(run: Run, students: dict[str, int]) -> None:
    run.stage(
        "stage_contact",
        "student_id bigint, sis_id text, roster jsonb, name text, relation text, phone text, email text",
        _staged(run, students),
    )
    run.added += run.run(_UPDATE, {"which": "t.ended_at IS NOT NULL"})
    run.changed += run.run(_UPDATE, {"which": "t.roster <> s.roster"})
    run.added += run.grew("people_contactperson", run.run(_ADD))
    run.removed += run.run(_END, whole=run.whole("contact"), ended=run.ended("user"))


def _staged(run: Run, students: dict[str, int]) -> Iterable[tuple[object, ...]]:
    seen: set[tuple[int, str]] = set()
    for person in run.parsed.contacts:
        student = students.get(person.student)
        if student is None:
            run.reject(person, "student", "no student of this district has this id")
            continue
        if not run.usable_id(person) or (student, person.id) in seen:
            continue
        seen.add((student, person.id))
        name = f"{person.preferred_given or person.given} {person.family}".strip()
        if len(name) > NAME:
            run.flag(person, "name", f"longer than {NAME} characters; shown cut off")
        yield (
            student,
            person.id,
            as_json(rows.contact(person)),
            name[:NAME],
            person.relation[:RELATION],
            person.phones[0].number[:40] if person.phones else "",
            person.emails[0].lower()[:320] if person.emails else "",
        )
