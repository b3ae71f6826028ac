"""A message again, to families that gave no sign of it yet, by another way.

One statement for all families of a message. Evidence and consent are asked in it: who gave a sign a second
ago, or was barred, gets nothing more.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction

from bothways.channels.enums import Channel
from bothways.consent.queries import allowed, standing
from bothways.core.sql import among, as_array, embed
from bothways.messaging.audience import Audience, children
from bothways.messaging.enums import AT_ONCE, KIND_OF_CHANNEL, Purpose, State
from bothways.messaging.fanout import heard, languages_read
from bothways.messaging.models import Message
from bothways.messaging.rules import versions_by_reader
from bothways.messaging.services.evidence import refresh_families
from bothways.messaging.services.messages import queue
from bothways.people.models import Student

# Nobody can tell the planner how long the parts of this statement will be: it takes them for single rows and
# joins thousands with thousands in a loop. From so many homes on it must not.
MANY = 200

_STATEMENT = """
WITH want AS MATERIALIZED (
    SELECT DISTINCT w.household_id, w.channel, w.kind, 1 + greatest(1, (
        SELECT max(d.attempt) FROM messaging_delivery d
        WHERE d.household_id = w.household_id AND d.message_id = %(message)s)) AS attempt
    FROM unnest(%(homes)s::bigint[], %(channels)s::text[], %(kinds)s::text[])
        AS w(household_id, channel, kind)
    WHERE NOT EXISTS (SELECT FROM messaging_delivery d WHERE d.household_id = w.household_id
        AND d.message_id = %(message)s AND d.rank >= {seen})
), standing AS MATERIALIZED (
    SELECT k.id AS link_id, k.guardian_id, g.household_id, k.primary_contact,
        g.can_read IS NOT FALSE OR %(emergency)s AS reads_at_all,
        coalesce(nullif(g.reads, ''), nullif(g.speaks, ''), nullif(s.home_language, ''), '') AS tag,
        coalesce(nullif(g.speaks, ''), nullif(g.reads, ''), nullif(s.home_language, ''), '') AS spoken
    FROM ({standing}) ok JOIN people_link k ON k.id = ok.id
    JOIN people_student s ON s.id = k.student_id
    JOIN people_guardian g ON g.id = k.guardian_id
    WHERE g.household_id IN (SELECT household_id FROM want) AND k.student_id IN ({students})
), reader AS MATERIALIZED (
    SELECT s.guardian_id, s.household_id, s.reads_at_all, bool_or(s.primary_contact) AS first,
        min(v.version) AS version, min(t.version) AS told
    FROM standing s LEFT JOIN unnest(%(tags)s::text[], %(versions)s::text[]) AS v(tag, version)
        ON v.tag = s.tag
    LEFT JOIN unnest(%(tags)s::text[], %(versions)s::text[]) AS t(tag, version) ON t.tag = s.spoken
    GROUP BY s.guardian_id, s.household_id, s.reads_at_all
), usable AS MATERIALIZED (
    -- Worked out once and asked through a hash: asked at each address it would take most of the time.
    SELECT DISTINCT point_id FROM ({allowed}) w
), way AS MATERIALIZED (
    SELECT want.channel, want.attempt, p.id, p.kind, p.match, p.address, r.guardian_id, r.household_id,
        r.first, CASE want.channel WHEN 'voice' THEN r.told ELSE r.version END AS version,
        (SELECT count(*) FROM messaging_delivery d WHERE d.message_id = %(message)s
            AND d.kind = p.kind AND d.match = p.match AND d.channel = want.channel) AS used,
        p.likely, p.state, p.position
    FROM reader r JOIN want ON want.household_id = r.household_id
    JOIN people_contactpoint p ON p.guardian_id = r.guardian_id AND p.kind = want.kind
    WHERE p.state <> 'failing' AND p.ended_at IS NULL
        AND (want.channel <> 'text' OR p.phone_kind <> 'landline')
        AND CASE want.channel WHEN 'voice' THEN r.told = ANY(%(heard)s::text[])
            ELSE r.version IS NOT NULL AND r.reads_at_all END
        AND (r.household_id, p.match) NOT IN (
            SELECT * FROM unnest(%(spare_homes)s::bigint[], %(spare)s::text[]) AS s(home, match))
        AND p.id IN (SELECT point_id FROM usable)
), chosen AS MATERIALIZED (
    -- Each guardian by the address that was used least; one letter a home.
    SELECT * FROM (
        SELECT *, row_number() OVER (
            PARTITION BY household_id, channel, CASE kind WHEN 'postal' THEN NULL ELSE guardian_id END
            ORDER BY used, likely DESC NULLS LAST, (state = 'working') DESC, first DESC, position, id
        ) AS place FROM way
    ) best WHERE place = 1
), hidden AS MATERIALIZED (
    SELECT DISTINCT p.match FROM people_contactpoint p
    JOIN people_guardian g ON g.id = p.guardian_id
    WHERE p.district_id = %(district)s AND g.district_id = %(district)s AND g.address_hidden
        AND p.kind = 'postal' AND p.match IN (SELECT match FROM chosen)
), plan AS MATERIALIZED (
    SELECT household_id, channel, attempt, kind, match, address, guardian_id, version, first
    FROM chosen WHERE kind <> 'postal'
    UNION ALL
    SELECT c.household_id, CASE WHEN h.match IS NULL THEN 'letter' ELSE 'handover' END, c.attempt, c.kind,
        c.match, CASE WHEN h.match IS NULL THEN c.address ELSE '' END, r.guardian_id, r.version, r.first
    FROM chosen c JOIN reader r ON r.household_id = c.household_id AND r.version IS NOT NULL
        AND r.reads_at_all
    LEFT JOIN hidden h ON h.match = c.match WHERE c.kind = 'postal'
), made AS (
    INSERT INTO messaging_delivery (district_id, message_id, household_id, student_id, channel, kind,
        match, address, languages, attempt, lane, records, key, code, state, rank, carrier, carrier_id,
        error, tries, pages, not_before, created_at)
    SELECT %(district)s, %(message)s, household_id, %(student)s, channel, kind, match, address, languages,
        attempt, %(lane)s, %(records)s, left(encode(sha256(uuid::text::bytea), 'hex'), 32),
        translate(right(uuid::text, 12), '0123456789abcdef', 'BCDFGHJKMNPQRTVW'),
        'queued', 0, '', '', '', 0, 0, %(at_once)s, %(now)s
    FROM (
        SELECT household_id, channel, match, attempt, min(kind) AS kind, min(address) AS address,
            CASE WHEN min(kind) <> 'postal'
                THEN (array_agg(version::text ORDER BY first DESC, guardian_id))[1:1]
                ELSE array_agg(DISTINCT version::text) END AS languages,
            gen_random_uuid() AS uuid
        FROM plan GROUP BY household_id, channel, match, attempt
    ) one
    ON CONFLICT ON CONSTRAINT delivery_once DO NOTHING
    RETURNING id, household_id, channel, match
), named AS (
    INSERT INTO messaging_recipient (delivery_id, link_id)
    SELECT DISTINCT m.id, s.link_id FROM made m
    JOIN plan p ON p.household_id = m.household_id AND p.channel = m.channel AND p.match = m.match
    JOIN standing s ON s.guardian_id = p.guardian_id AND s.household_id = m.household_id
)
SELECT DISTINCT household_id FROM made
"""


@transaction.atomic
def send_further(
    message: Message,
    wanted: Sequence[tuple[int, Channel]],
    *,
    at: datetime,
    spare: Sequence[tuple[int, str]] = (),
) -> set[int]:
    """Send this message by these channels to these homes; the ids of those for whom something was made.

    ``wanted``: (household, channel); ``spare``: (household, address as compared) that are left in peace.
    Nothing is made where there is a sign already, where nobody may be told
    any more, or where the channel has no usable address; a hidden home gets a handover in place of a letter.
    """
    if not wanted:
        return set()
    district = message.district
    purpose = Purpose(message.purpose)
    emergency = purpose is Purpose.EMERGENCY
    homes = [home for home, _ in wanted]
    everybody = Student.objects.filter(district=district)
    served = everybody.visible_to(message.author) if message.author else everybody
    students = children(Audience.from_json(message.audience), served).filter(
        homes__household__in=among(homes)
    )
    tags = versions_by_reader(
        languages_read(district.pk),
        message.versions.may_go().values_list("language", flat=True),
        district.default_language,
        purpose,
    )
    sql, params = embed(
        _STATEMENT,
        {
            "students": students.values("id").order_by(),
            "standing": standing(district=district, at=at, records=message.records)
            .filter(guardian__household__in=among(homes))
            .values("id")
            .order_by(),
            "allowed": allowed(
                district=district, at=at, records=message.records, emergency=emergency
            )
            .filter(guardian__household__in=among(homes))
            .values("point_id")  # type: ignore[misc]  # an annotation
            .order_by(),
        },
        {
            "homes": as_array(homes),
            "channels": [channel.value for _, channel in wanted],
            "kinds": [KIND_OF_CHANNEL[channel].value for _, channel in wanted],
            "spare_homes": [home for home, _ in spare],
            "spare": [match for _, match in spare],
            "message": message.pk,
            "district": district.pk,
            "student": message.student_id,
            "emergency": emergency,
            "heard": sorted(heard(message)),
            "tags": list(tags),
            "versions": list(tags.values()),
            "lane": purpose.lane,
            "records": message.records,
            "now": at,
            "at_once": AT_ONCE,
        },
        seen=State.SEEN.rank,
    )
    with connection.cursor() as cursor:
        if len(homes) >= MANY:
            cursor.execute("SET LOCAL enable_nestloop = off")
        cursor.execute(sql, params)
        made = {row[0] for row in cursor.fetchall()}
        cursor.execute("SET LOCAL enable_nestloop TO DEFAULT")
    if made:
        refresh_families(made)
        queue(message, len(made))
    return made


@transaction.atomic
def call_off(pairs: Sequence[tuple[int, int]]) -> int:
    """Take back what waits to be sent again: (message, household) gave a sign. How many that were.

    First sendings stay: another guardian of the home may not have heard it yet.
    """
    if not pairs:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            _CALL_OFF,
            {
                "messages": [message for message, _ in pairs],
                "homes": [home for _, home in pairs],
                "rank": State.WITHHELD.rank,
            },
        )
        homes = [row[0] for row in cursor.fetchall()]
    refresh_families(homes)
    return len(homes)


_CALL_OFF = """
UPDATE messaging_delivery d SET state = 'withheld', rank = %(rank)s, error = 'sign_came'
FROM unnest(%(messages)s::bigint[], %(homes)s::bigint[]) AS p(message_id, household_id)
WHERE d.message_id = p.message_id AND d.household_id = p.household_id AND d.state = 'queued'
    AND d.attempt > 1
RETURNING d.household_id
"""


@transaction.atomic
def call_off_paper(district_id: int) -> int:
    """Take back letters that still wait for families that gave a sign of these very words by another way.

    A letter stands beside a text to a number of which nobody knows yet whether it takes texts: seen there, the
    paper would say it again a week later. How many that were.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _CALL_OFF_PAPER,
            {"district": district_id, "rank": State.WITHHELD.rank, "seen": State.SEEN.rank},
        )
        homes = [row[0] for row in cursor.fetchall()]
    refresh_families(homes)
    return len(homes)


_CALL_OFF_PAPER = """
UPDATE messaging_delivery d SET state = 'withheld', rank = %(rank)s, error = 'sign_came'
WHERE d.district_id = %(district)s AND d.state = 'queued' AND d.channel IN ('letter', 'handover')
    AND EXISTS (SELECT FROM messaging_delivery o LEFT JOIN messaging_delivery lead ON lead.id = o.digest_id
        WHERE o.household_id = d.household_id AND o.message_id = d.message_id
        AND greatest(o.rank, lead.rank) >= %(seen)s)
RETURNING d.household_id
"""
