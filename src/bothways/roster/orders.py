"""Restrictions that a roster states in words. It can add one; only a person lifts one.

Words about a student ("do not release to father") do not say which adult is meant: they hold for every
adult of the child until a person has looked. What cannot be understood blocks all contact until then.
"""

from collections.abc import Iterable

from bothways.people.enums import RestrictionKind
from bothways.roster.records import ContactPerson, Link, Student
from bothways.roster.report import Conflict
from bothways.roster.restrictions import NOTHING, read
from bothways.roster.run import Run

UNREADABLE = (
    "this restriction cannot be read by a program; nothing goes to this adult about this child"
    " until a person has read it"
)
ABOUT_SOMEBODY = (
    "a restriction that does not say which adult it means; it holds for every adult of this child"
    " until a person has read it"
)
ABOUT_A_CONTACT = "a restriction on somebody who is no guardian: read it"

_TEXTS = """
SELECT DISTINCT l.roster->>'restriction_text' FROM people_link l
WHERE l.district_id = %(district)s AND l.ended_at IS NULL AND l.roster ? 'restriction_text'
UNION
SELECT DISTINCT s.roster->>'restriction_text' FROM people_student s
WHERE s.district_id = %(district)s AND s.ended_at IS NULL AND s.roster ? 'restriction_text'
"""
# What should hold: one row a link and kind, with all the words behind it.
_SAID = """
CREATE TEMPORARY TABLE said_order ON COMMIT DROP AS
SELECT x.link_id, r.kind, bool_or(r.unreadable) AS unreadable,
    string_agg(DISTINCT x.words, E'\\n' ORDER BY x.words) AS document
FROM (
    SELECT l.id AS link_id, l.roster->>'restriction_text' AS words FROM people_link l
    WHERE l.district_id = %(district)s AND l.ended_at IS NULL AND l.roster ? 'restriction_text'
    UNION ALL
    SELECT l.id, s.roster->>'restriction_text' FROM people_student s
    JOIN people_link l ON l.student_id = s.id AND l.ended_at IS NULL
    WHERE s.district_id = %(district)s AND s.ended_at IS NULL AND s.roster ? 'restriction_text'
) x JOIN read_text r ON r.words = x.words
GROUP BY x.link_id, r.kind
"""
# Other words than those under which a person lifted it: it holds again, and is to be looked at again.
_RENEW = """
UPDATE people_restriction r SET document = s.document, lifted_at = NULL, lifted_by_id = NULL,
    needs_review = s.unreadable OR (r.needs_review AND r.lifted_at IS NULL)
FROM said_order s
WHERE r.link_id = s.link_id AND r.kind = s.kind AND r.source = 'roster'
AND r.starts_on IS NULL AND r.ends_on IS NULL AND r.document <> s.document
"""
_ADD = """
INSERT INTO people_restriction (district_id, link_id, kind, document, source, needs_review)
SELECT %(district)s, link_id, kind, document, 'roster', unreadable FROM said_order
ON CONFLICT (link_id, kind, starts_on, ends_on, source) DO NOTHING
"""
_NO_LONGER_SAID = """
SELECT s.sis_id || '/' || g.sis_id, r.kind FROM people_restriction r
JOIN people_link l ON l.id = r.link_id AND l.ended_at IS NULL
JOIN people_student s ON s.id = l.student_id JOIN people_guardian g ON g.id = l.guardian_id
WHERE r.district_id = %(district)s AND r.source = 'roster' AND r.lifted_at IS NULL
AND NOT EXISTS (SELECT FROM said_order o WHERE o.link_id = r.link_id AND o.kind = r.kind)
ORDER BY 1, 2
"""
_STILL_SAID = """
SELECT s.sis_id || '/' || g.sis_id, r.kind FROM people_restriction r
JOIN people_link l ON l.id = r.link_id AND l.ended_at IS NULL
JOIN people_student s ON s.id = l.student_id JOIN people_guardian g ON g.id = l.guardian_id
JOIN said_order o ON o.link_id = r.link_id AND o.kind = r.kind
WHERE r.district_id = %(district)s AND r.source = 'roster' AND r.lifted_at IS NOT NULL
ORDER BY 1, 2
"""


def import_orders(run: Run) -> None:
    """Add what the words forbid; report what the roster no longer says, and what a person lifted."""
    texts = [text for (text,) in run.rows(_TEXTS)]
    run.stage("read_text", "words text, kind text, unreadable boolean", _read(texts))
    run.run("DROP TABLE IF EXISTS pg_temp.said_order")
    run.run(_SAID)
    touched = run.run(_RENEW) + run.run(_ADD)
    run.families_moved |= touched > 0
    for key, kind in run.rows(_NO_LONGER_SAID):
        # It stays until a person lifts it.
        run.conflicts.append(Conflict("restriction", key, kind, "no longer said", "stays"))
    for key, kind in run.rows(_STILL_SAID):
        run.conflicts.append(Conflict("restriction", key, kind, "said", "lifted"))
    _flag(run)


def _read(texts: Iterable[str]) -> Iterable[tuple[str, str, bool]]:
    for text in texts:
        reading = read(text)
        kinds: set[str] = set(reading.kinds)
        if reading.unreadable:
            kinds.add(RestrictionKind.CONTACT.value)
        for kind in sorted(kinds):
            held = reading.unreadable and kind == RestrictionKind.CONTACT
            yield text, kind, held


def _flag(run: Run) -> None:
    """The records of this roster whose words a person must read, where its reader did not say so."""
    told = {(f.file, f.line) for f in run.parsed.flagged if "restriction" in f.reason}

    def flag(record: Link | Student | ContactPerson, reason: str) -> None:
        if not record.file or (record.file, record.line) not in told:
            run.flag(record, "restriction", reason)

    for link in run.parsed.links:
        if link.restriction_text and read(link.restriction_text).unreadable:
            flag(link, UNREADABLE)
    for student in run.parsed.students:
        if student.restriction_text and read(student.restriction_text) != NOTHING:
            flag(student, ABOUT_SOMEBODY)
    for person in run.parsed.contacts:
        if person.restriction_text and read(person.restriction_text) != NOTHING:
            flag(person, ABOUT_A_CONTACT)
