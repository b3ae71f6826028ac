"""One person under two ids: joined where that is sure, listed for a person to decide where it is not."""

from collections import Counter
from collections.abc import Iterable

from bothways.audit.models import Entry
from bothways.people.enums import PointKind
from bothways.roster.persons import GUARDIAN, STUDENT, Kind
from bothways.roster.records import Guardian, Student
from bothways.roster.report import Same
from bothways.roster.restrictions import NOTHING, read
from bothways.roster.rules import folded
from bothways.roster.run import Run

_NEW = """
SELECT s.sis_id FROM stage_<kind> s WHERE NOT EXISTS (
    SELECT FROM <table> t WHERE t.district_id = %(district)s AND t.sis_id = s.sis_id)
"""
_ANY_GONE = """
SELECT EXISTS (
    SELECT FROM <table> t WHERE t.district_id = %(district)s AND t.sis_id IS NOT NULL <itself>
    AND NOT EXISTS (SELECT FROM stage_<kind> s WHERE s.sis_id = t.sis_id))
"""
# Rows whose id is gone from the roster, under the same name and the same phone or email.
_MATCHES = {
    "guardian": """
SELECT DISTINCT n.sis_id, t.id, t.sis_id FROM newcomer n
JOIN people_guardian t ON t.district_id = %(district)s AND t.search = n.search
JOIN people_contactpoint p ON p.guardian_id = t.id AND p.kind = n.kind AND p.match = n.match
    AND p.ended_at IS NULL
WHERE t.sis_id IS NOT NULL AND t.merged_into_id IS NULL
AND NOT EXISTS (SELECT FROM stage_guardian s WHERE s.sis_id = t.sis_id)
""",
    "student": """
SELECT DISTINCT n.sis_id, t.id, t.sis_id FROM newcomer n
JOIN people_student t ON t.district_id = %(district)s AND t.search = n.search
WHERE t.sis_id IS NOT NULL AND NOT EXISTS (SELECT FROM stage_student s WHERE s.sis_id = t.sis_id)
AND CASE n.kind
    WHEN 'email' THEN EXISTS (
        SELECT FROM jsonb_array_elements_text(t.roster->'emails') e WHERE lower(e) = n.match)
    ELSE EXISTS (SELECT FROM jsonb_array_elements(t.roster->'phones') e WHERE e->>0 = n.match)
END
AND (t.roster->>'birth_date') IS NOT DISTINCT FROM
    (SELECT s.roster->>'birth_date' FROM stage_student s WHERE s.sis_id = n.sis_id)
""",
}
_RENAME = """
UPDATE <table> t SET sis_id = n.sis_id
FROM unnest(%(ids)s::bigint[], %(new)s::text[]) AS n (id, sis_id) WHERE t.id = n.id
"""
_RESTRICTED = """
SELECT DISTINCT l.<kind>_id FROM people_restriction r JOIN people_link l ON l.id = r.link_id
WHERE r.lifted_at IS NULL AND l.<kind>_id = ANY(%(ids)s)
"""
_LIVES = """
SELECT l.guardian_id, s.sis_id, l.lives_with FROM people_link l
JOIN people_student s ON s.id = l.student_id WHERE l.guardian_id = ANY(%(ids)s)
"""


def follow_new_ids(run: Run, kind: Kind) -> None:
    """Give rows their new roster ids where the roster changed these, so that no second person is made.

    Only on the same name with the same phone or email, one to one, when the old id is gone from the
    whole roster, nothing restricts either, and nothing says that they are two.
    """
    # Rows that were merged into another are read as that one: their ids are not gone.
    itself = "AND t.merged_into_id IS NULL" if kind is GUARDIAN else ""
    names = {"kind": kind.name, "table": kind.table, "itself": itself}
    if not run.whole(kind.name) or not run.rows(_ANY_GONE, names)[0][0]:
        return
    new = {sis_id for (sis_id,) in run.rows(_NEW, names)}
    people: list[Student] | list[Guardian] = (
        run.parsed.students if kind is STUDENT else run.parsed.guardians
    )
    run.stage(
        "newcomer",
        "sis_id text, search text, kind text, match text",
        (row for person in people if person.id in new for row in _ways(person)),
    )
    matches = run.rows(_MATCHES[kind.name])
    news, olds = Counter(m[0] for m in matches), Counter(m[1] for m in matches)
    pairs = {m[0]: (m[1], m[2]) for m in matches if news[m[0]] == 1 == olds[m[1]]}
    if not pairs:
        return
    ids = [pk for pk, _ in pairs.values()]
    restricted = {pk for (pk,) in run.rows(_RESTRICTED, names, ids=ids)}
    unsure = _restricted_by_this_roster(run, kind, set(pairs))
    if kind is GUARDIAN:
        unsure |= _lives_elsewhere(run, pairs)
    sure = [
        (sis_id, pk, old)
        for sis_id, (pk, old) in sorted(pairs.items())
        if pk not in restricted and sis_id not in unsure
    ]
    run.run(_RENAME, names, ids=[pk for _, pk, _ in sure], new=[new for new, _, _ in sure])
    Entry.objects.bulk_create(
        Entry(
            at=run.at,
            district_id=run.district_id,
            user_id=run.by,
            event="roster.id_changed",
            object_type=f"people.{kind.name}",
            object_id=pk,
            details={"old": old, "new": new},
        )
        for new, pk, old in sure
    )


def _ways(person: Student | Guardian) -> Iterable[tuple[str, str, str, str]]:
    name = folded(person.given, person.preferred_given, person.family, person.preferred_family)
    if not (person.given and person.family):
        return
    for phone in person.phones:
        yield person.id, name, PointKind.PHONE.value, phone.number
    for email in person.emails:
        yield person.id, name, PointKind.EMAIL.value, email.lower()


def _restricted_by_this_roster(run: Run, kind: Kind, ids: set[str]) -> set[str]:
    barred_children = {
        student.id for student in run.parsed.students if _restricts(student.restriction_text)
    }
    found = barred_children & ids if kind is STUDENT else set()
    for link in run.parsed.links:
        person = link.student if kind is STUDENT else link.guardian
        if person in ids and (link.student in barred_children or _restricts(link.restriction_text)):
            found.add(person)
    return found


def _restricts(text: str) -> bool:
    return bool(text) and read(text) != NOTHING


def _lives_elsewhere(run: Run, pairs: dict[str, tuple[int, str]]) -> set[str]:
    """New ids whose "lives with" contradicts the old row's for the same child."""
    new_of = {pk: sis_id for sis_id, (pk, _) in pairs.items()}
    lives = {
        (new_of[pk], student): value for pk, student, value in run.rows(_LIVES, ids=list(new_of))
    }
    return {
        link.guardian
        for link in run.parsed.links
        if {link.lives_with, lives.get((link.guardian, link.student))} == {True, False}
    }


# Each group of alike people gives pairs with its first only: a thousand "Unknown Unknown" stay a thousand.
_ALIKE = """
WITH live AS (
    SELECT id, search FROM people_guardian
    WHERE district_id = %(district)s AND ended_at IS NULL AND search LIKE '%% %%'
), alike AS (
    SELECT CASE p.kind WHEN 'postal' THEN 3 WHEN 'email' THEN 2 ELSE 1 END AS weight, g.id,
        min(g.id) OVER (PARTITION BY g.search, p.kind, p.match) AS first
    FROM live g JOIN people_contactpoint p ON p.guardian_id = g.id AND p.ended_at IS NULL
    UNION ALL
    SELECT 4, g.id, min(g.id) OVER (PARTITION BY g.search, l.student_id)
    FROM live g JOIN people_link l ON l.guardian_id = g.id AND l.ended_at IS NULL
)
INSERT INTO people_possiblysame (district_id, one_id, other_id, why)
SELECT DISTINCT ON (first, id) %(district)s, first, id,
    (ARRAY['same name and phone', 'same name and email', 'same name and address',
        'same name and child'])[weight]
FROM alike WHERE first <> id ORDER BY first, id, weight
ON CONFLICT (one_id, other_id) DO NOTHING
"""
_UNDECIDED = """
SELECT coalesce(a.sis_id, '#' || a.id), coalesce(b.sis_id, '#' || b.id), p.why
FROM people_possiblysame p
JOIN people_guardian a ON a.id = p.one_id AND a.ended_at IS NULL
JOIN people_guardian b ON b.id = p.other_id AND b.ended_at IS NULL
WHERE p.district_id = %(district)s AND p.decided_at IS NULL ORDER BY 1, 2
"""


def list_possibly_same(run: Run) -> None:
    """Guardians with the same name and one thing more in common, for a person to decide."""
    if run.families_moved:
        run.run(_ALIKE)
    run.possibly_same += [Same(*row) for row in run.rows(_UNDECIDED)]
