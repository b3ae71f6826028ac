"""Which letters a child takes home, and with whom they are given out.

Decided when a letter is claimed: what the family asked for comes first, then its child's school, then the
district. A child about whom a court order or a safety block stands carries nothing: whose home the bag is
opened in, nobody at school can know. A hidden home gets the bag only where the family asked for it.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Q

from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.consent.models import Preference
from bothways.consent.paper import Paper
from bothways.consent.queries import in_force
from bothways.core.sql import embed
from bothways.messaging.enums import State
from bothways.people.enums import RestrictionKind
from bothways.schools.models import District, School

# The words by which classes that begin the day are known; else the first by title gives out the letters.
HOMEROOM = r"\m(home ?room|advisory|homeroom|hr|tutor|form)\M"

_CHOOSE = """
WITH letter AS MATERIALIZED (
    SELECT d.id, d.household_id, d.student_id, d.channel, d.match, d.message_id, d.attempt
    FROM messaging_delivery d WHERE d.id = ANY(%(ids)s) AND d.kind = 'postal' AND d.state = ANY(%(states)s)
        AND NOT EXISTS (SELECT FROM messaging_bag b WHERE b.delivery_id = d.id)
    ORDER BY d.id FOR UPDATE
), child AS (
    SELECT DISTINCT ON (l.id) l.id, s.id AS student_id, s.school_id
    FROM letter l JOIN messaging_recipient r ON r.delivery_id = l.id
    JOIN people_link k ON k.id = r.link_id
    JOIN people_student s ON s.id = k.student_id AND s.ended_at IS NULL
    JOIN people_householdstudent hs ON hs.student_id = s.id AND hs.household_id = l.household_id
    JOIN schools_school sc ON sc.id = s.school_id AND sc.ended_at IS NULL
    JOIN schools_district di ON di.id = sc.district_id
    LEFT JOIN consent_preference w ON w.household_id = l.household_id
    WHERE (l.student_id IS NULL OR s.id = l.student_id)
        AND CASE WHEN coalesce(w.paper, '') <> '' THEN w.paper WHEN l.channel = 'handover' THEN 'post'
            WHEN %(asked)s THEN 'bag' ELSE coalesce(nullif(sc.paper, ''), di.paper) END = 'bag'
        AND s.id NOT IN (SELECT x.student_id FROM people_link x JOIN ({guarded}) g ON g.link_id = x.id)
    -- The youngest: in the lower grades bags are looked through at home.
    ORDER BY l.id, s.birth_date DESC NULLS LAST, s.grade, s.id
), chosen AS (
    SELECT c.id, c.student_id, (
        SELECT n.id FROM people_enrollment e JOIN schools_section n ON n.id = e.section_id
        WHERE e.student_id = c.student_id AND e.ended_at IS NULL AND n.ended_at IS NULL
            AND n.school_id = c.school_id
        ORDER BY n.title !~* %(homeroom)s, n.title, n.id LIMIT 1) AS section_id
    FROM child c JOIN letter l ON l.id = c.id
    WHERE NOT EXISTS (SELECT FROM messaging_delivery o WHERE l.channel = 'letter'
        AND o.message_id = l.message_id AND o.household_id = l.household_id AND o.channel = 'handover'
        AND o.match = l.match AND o.attempt = l.attempt
        AND o.student_id IS NOT DISTINCT FROM l.student_id)
), moved AS (
    UPDATE messaging_delivery d SET channel = 'handover', address = '' FROM chosen c WHERE d.id = c.id
)
INSERT INTO messaging_bag (delivery_id, student_id, section_id, missed)
SELECT id, student_id, section_id, 0 FROM chosen ON CONFLICT DO NOTHING RETURNING delivery_id
"""


def put_in_bags(
    district: District, ids: Sequence[int], *, at: datetime, asked: bool = False
) -> list[int]:
    """Let those of these letters go home with a child that are to; their ids. Call it in a transaction.

    ``asked``: staff want all of these in the bag, whatever the school's rule; a family's own wish stands.
    """
    if not ids or not (asked or _anywhere(district)):
        return []
    day = at.astimezone(district.zone).date()
    guarded = in_force(day).filter(
        Q(kind__in=[RestrictionKind.CONTACT.value, RestrictionKind.ADDRESS.value])
        | Q(needs_review=True),
        district=district,
    )
    sql, params = embed(
        _CHOOSE,
        {"guarded": guarded.values("link_id").order_by()},
        {
            "ids": list(ids),
            "asked": asked,
            "homeroom": HOMEROOM,
            "states": [State.CLAIMED.value, State.PRINTED.value],
        },
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return sorted(row[0] for row in cursor.fetchall())


def _anywhere(district: District) -> bool:
    """Whether any letter of this district goes in a bag: most districts are spared the question."""
    bag = Paper.BAG.value
    return (
        district.paper == bag
        or School.objects.filter(district=district, paper=bag).exists()
        or Preference.objects.filter(district=district, paper=bag).exists()
    )


# Back to the post: the address as it stands now, of those whom the letter is for; never a hidden one.
_POST = """
WITH mine AS MATERIALIZED (
    SELECT d.id, d.district_id, d.household_id, d.match FROM messaging_delivery d
    JOIN messaging_bag b ON b.delivery_id = d.id
    WHERE d.id = ANY(%(ids)s) AND d.state = 'printed' ORDER BY d.id FOR UPDATE OF d
), found AS (
    SELECT DISTINCT ON (m.id) m.id, p.address FROM mine m
    JOIN people_guardian g ON g.household_id = m.household_id
    JOIN people_contactpoint p ON p.guardian_id = g.id AND p.kind = 'postal' AND p.match = m.match
        AND p.ended_at IS NULL AND p.why <> 'wrong_person' AND p.address <> ''
    WHERE NOT EXISTS (SELECT FROM people_contactpoint o JOIN people_guardian h ON h.id = o.guardian_id
        WHERE o.district_id = m.district_id AND o.kind = 'postal' AND o.match = m.match
            AND h.address_hidden)
    ORDER BY m.id, p.position, p.id
), gone AS (
    DELETE FROM messaging_bag b USING found f WHERE b.delivery_id = f.id
)
UPDATE messaging_delivery d SET channel = 'letter', address = f.address FROM found f WHERE d.id = f.id
RETURNING d.id
"""


@transaction.atomic
def change_way(
    district: District, ids: Sequence[int], paper: Paper, *, by: User, at: datetime
) -> list[int]:
    """Let printed letters go the other way; the ids of those that can. They have to be printed anew."""
    if paper is Paper.BAG:
        moved = put_in_bags(district, ids, at=at, asked=True)
    else:
        with connection.cursor() as cursor:
            cursor.execute(_POST, {"ids": list(ids)})
            moved = sorted(row[0] for row in cursor.fetchall())
    if moved:
        record(
            "letters.way_changed", by=by.pk, district=district.pk, paper=paper.value, letters=moved
        )
    return moved
