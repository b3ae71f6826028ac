"""Guardians' phones, email addresses and homes as contact points; what was learned of them stays."""

import json
from collections.abc import Iterable

from bothways.roster import rows
from bothways.roster.records import Guardian
from bothways.roster.report import Conflict
from bothways.roster.rules import LONGEST_EMAIL, can_be_posted, points
from bothways.roster.run import Run

_COLUMNS = (
    "guardian_id bigint, kind text, address text, match text, said_mobile boolean,"
    " phone_kind text, position smallint"
)
# A row of source local is people's here: not changed, not ended, and not revived once they ended it.
_KEEP = """
UPDATE people_contactpoint p
SET address = s.address, said_mobile = s.said_mobile, position = s.position, ended_at = NULL
FROM stage_point s
WHERE p.guardian_id = s.guardian_id AND p.kind = s.kind AND p.match = s.match AND p.source = 'roster'
AND (p.ended_at IS NOT NULL OR (p.address, p.said_mobile, p.position)
     IS DISTINCT FROM (s.address, s.said_mobile, s.position))
"""
_ADD = """
INSERT INTO people_contactpoint (district_id, guardian_id, kind, address, match, phone_kind,
    said_mobile, state, why, position, source)
SELECT %(district)s, guardian_id, kind, address, match, phone_kind, said_mobile, 'unknown', '',
    position, 'roster'
FROM stage_point ON CONFLICT (guardian_id, kind, match) DO NOTHING
"""
_END = """
UPDATE people_contactpoint p SET ended_at = %(at)s FROM touched_guardian t
WHERE p.guardian_id = t.id AND p.source = 'roster' AND p.ended_at IS NULL
AND NOT EXISTS (SELECT FROM stage_point s
    WHERE s.guardian_id = p.guardian_id AND s.kind = p.kind AND s.match = p.match)
"""
_DISOWNED = """
SELECT g.sis_id, p.kind, p.match, g.roster FROM people_contactpoint p
JOIN people_guardian g ON g.id = p.guardian_id
WHERE p.district_id = %(district)s AND p.source = 'local' AND p.ended_at IS NOT NULL
AND g.ended_at IS NULL AND g.sis_id IS NOT NULL ORDER BY p.id
"""


def import_points(run: Run) -> None:
    """Contact points of the guardians that this import wrote; the others' cannot have changed."""
    ids: dict[str, int] = dict(run.rows("SELECT sis_id, id FROM touched_guardian"))
    flag_addresses(run, run.parsed.guardians)

    def staged() -> Iterable[tuple[object, ...]]:
        done: set[str] = set()
        for person in run.parsed.guardians:
            if person.id in ids and person.id not in done:
                done.add(person.id)
                for p in points(person.phones, person.emails, person.address, run.region):
                    yield (
                        ids[person.id],
                        p.kind,
                        p.address,
                        p.match,
                        p.said_mobile,
                        p.phone_kind,
                        p.position,
                    )

    if ids:
        run.stage("stage_point", _COLUMNS, staged())
        run.run(_KEEP)
        run.grew("people_contactpoint", run.run(_ADD))
        run.run(_END)
    _note_disowned(run)


def flag_addresses(run: Run, people: Iterable[Guardian]) -> None:
    """What cannot become a contact point as it stands."""
    for person in people:
        if any(person.address) and not can_be_posted(person.address):
            run.flag(
                person, "address", "no street, or no town and postal code: no letter can be sent"
            )
        for email in person.emails:
            if len(email) > LONGEST_EMAIL:
                run.flag(person, "email", f"longer than {LONGEST_EMAIL} characters; not used")


def _note_disowned(run: Run) -> None:
    """Addresses that people here took away and the roster still has."""
    for sis_id, kind, match, roster in run.rows(_DISOWNED):
        person = rows.to_guardian(sis_id, json.loads(roster))
        for p in points(person.phones, person.emails, person.address, run.region):
            if (p.kind, p.match) == (kind, match):
                run.conflicts.append(Conflict("guardian", sis_id, kind, p.address, None))
