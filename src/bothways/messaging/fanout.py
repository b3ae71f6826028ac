"""From one message to all its deliveries, in one statement.

For each home the best usable way: every guardian with a usable number, messaging app or email gets it there,
by the way that has worked for that guardian first; who does not read is called where the installation can
call. A home without any gets one letter (given by hand where the address is hidden), and its phones of
unknown kind are tried besides, never instead; so is what stands in that family's way: email where there is no
internet, texts where there is no phone. Homes that cannot be written to are kept with the reason.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Count, QuerySet

from bothways.barriers.enums import Effect
from bothways.barriers.queries import with_effects
from bothways.channels.enums import Channel
from bothways.channels.services import offered
from bothways.consent.queries import allowed, standing
from bothways.core.sql import embed
from bothways.ledger.queries import reached_since
from bothways.messaging.audience import Audience, children
from bothways.messaging.enums import AT_ONCE, MessageKind, Purpose
from bothways.messaging.models import Delivery, FirstWays, HeldHome, Message, Recipient
from bothways.messaging.rules import versions_by_reader
from bothways.messaging.speaking import languages_heard
from bothways.people.enums import PointKind
from bothways.people.models import Guardian, Student
from bothways.schools.models import District


@dataclass(frozen=True, slots=True)
class Fanned:
    """What became of an audience: homes meant, adults written to, homes held by reason."""

    families: int
    recipients: int
    deliveries: dict[str, int]
    blocked: dict[str, int]
    without_translation: int
    digest: int = 0  # of the deliveries: those that wait for their family's digest
    digest_families: int = 0
    digest_first: datetime | None = None  # when the first of them go out
    by_language: dict[str, int] = field(default_factory=dict)  # homes that get each version
    missing: dict[str, int] = field(default_factory=dict)  # homes by a language without a version


@dataclass(frozen=True, slots=True)
class Aim:
    """Whom a message means and what it is: all that decides about its deliveries."""

    district: District
    purpose: Purpose
    audience: Audience
    student: int | None  # its subject
    records: bool  # whether it is about one child's own records
    languages: Collection[str] | None  # of its versions; None: as if there were one in each
    heard: Collection[str]  # languages in which a call can say it
    paper: bool = False  # a card: on paper or not at all


@dataclass(frozen=True, slots=True)
class Digests:
    """When routine words wait: the district's next hour, and the homes that have their own."""

    default: datetime | None
    homes: list[int]
    own: list[datetime]


# Who gets it, and how; who does not, and why. Made and counted by the same words.
_PLAN = """
WITH audience AS MATERIALIZED ({students}),
home AS MATERIALIZED (
    SELECT hs.household_id FROM people_householdstudent hs
    JOIN audience a ON a.id = hs.student_id
    JOIN people_household h ON h.id = hs.household_id AND h.ended_at IS NULL
    WHERE %(homes)s::bigint[] IS NULL OR hs.household_id = ANY(%(homes)s::bigint[])
    EXCEPT SELECT x.household_id FROM ({reached}) x WHERE %(since)s::timestamptz IS NOT NULL
), standing AS MATERIALIZED (
    SELECT k.id AS link_id, k.guardian_id, g.household_id, k.primary_contact,
        g.can_read IS NOT FALSE OR %(emergency)s AS reads_at_all,
        coalesce(nullif(g.reads, ''), nullif(g.speaks, ''), nullif(s.home_language, ''), '') AS tag,
        coalesce(nullif(g.speaks, ''), nullif(g.reads, ''), nullif(s.home_language, ''), '') AS spoken
    FROM ({standing}) ok JOIN people_link k ON k.id = ok.id
    {of_audience}
    JOIN people_student s ON s.id = k.student_id
    JOIN people_guardian g ON g.id = k.guardian_id
    {of_home}
), reader AS MATERIALIZED (
    SELECT s.guardian_id, s.household_id, s.reads_at_all, bool_or(s.primary_contact) AS first,
        min(v.version) AS version, min(t.version) AS told, min(s.tag) AS tag
    FROM standing s LEFT JOIN unnest(%(tags)s::text[], %(versions)s::text[]) AS v(tag, version)
        ON v.tag = s.tag
    LEFT JOIN unnest(%(tags)s::text[], %(versions)s::text[]) AS t(tag, version) ON t.tag = s.spoken
    GROUP BY s.guardian_id, s.household_id, s.reads_at_all
), later AS MATERIALIZED (
    SELECT DISTINCT home, kind FROM unnest(%(later_homes)s::bigint[], %(later_kinds)s::text[]) AS x(home, kind)
), way AS MATERIALIZED (
    SELECT p.id, p.kind, p.match, p.address, p.position, p.state, p.likely, p.phone_kind, r.guardian_id,
        r.household_id, r.first, r.version, r.told, r.reads_at_all,
        r.version IS NOT NULL AND r.reads_at_all AS readable,
        NOT %(paper)s AND p.state <> 'failing' AND later.home IS NULL
            AND (p.kind IN ('email', 'whatsapp', 'push')
            OR (p.kind = 'phone' AND p.phone_kind <> 'landline'
                AND (p.said_mobile OR p.phone_kind = 'mobile'))) AS sure,
        NOT %(paper)s AND p.state <> 'failing'
            AND CASE WHEN later.home IS NOT NULL THEN p.phone_kind <> 'landline'
            ELSE p.kind = 'phone' AND p.phone_kind = 'unknown' AND NOT p.said_mobile END AS unsure
    FROM (SELECT DISTINCT point_id FROM ({allowed}) w) w
    JOIN people_contactpoint p ON p.id = w.point_id
    JOIN reader r ON r.guardian_id = p.guardian_id
    LEFT JOIN later ON later.home = r.household_id AND later.kind = p.kind
), digital AS MATERIALIZED (
    SELECT * FROM (
        SELECT *, row_number() OVER (PARTITION BY guardian_id
            ORDER BY likely DESC NULLS LAST, (state = 'working') DESC, kind = 'email', kind = 'push',
                position, id) AS place
        FROM way WHERE sure AND readable
    ) best WHERE place = 1 OR %(every)s
), spoken AS MATERIALIZED (
    SELECT * FROM (
        SELECT *, row_number() OVER (PARTITION BY guardian_id
            ORDER BY likely DESC NULLS LAST, (state = 'working') DESC, position, id) AS place
        FROM way WHERE told = ANY(%(heard)s::text[]) AND kind = 'phone' AND state <> 'failing' AND NOT %(paper)s
            AND (NOT reads_at_all OR (%(quick)s AND phone_kind = 'landline'
                AND household_id NOT IN (SELECT household_id FROM digital)))
    ) best WHERE place = 1
), tried AS (
    SELECT * FROM (
        SELECT *, row_number() OVER (PARTITION BY guardian_id ORDER BY position, id) AS place
        FROM way WHERE unsure AND readable
            AND household_id NOT IN (SELECT household_id FROM digital)
    ) best WHERE place = 1
), postal AS (
    SELECT DISTINCT ON (household_id) * FROM way
    WHERE kind = 'postal' AND state <> 'failing'
        AND household_id NOT IN (SELECT household_id FROM digital)
    ORDER BY household_id, first DESC, position, id
), hidden AS MATERIALIZED (
    SELECT DISTINCT p.match FROM people_contactpoint p
    JOIN people_guardian g ON g.id = p.guardian_id
    WHERE p.district_id = %(district)s AND g.district_id = %(district)s AND g.address_hidden
        AND p.kind = 'postal' AND p.match IN (SELECT match FROM postal)
), every_way AS MATERIALIZED (
    SELECT household_id, CASE kind WHEN 'phone' THEN 'text' ELSE kind END AS channel,
        kind, match, address, guardian_id, version, first
    FROM (SELECT household_id, kind, match, address, guardian_id, version, first FROM digital
        UNION ALL SELECT household_id, kind, match, address, guardian_id, version, first FROM tried) d
    UNION ALL
    SELECT household_id, 'voice', kind, match, address, guardian_id, told, first FROM spoken
    UNION ALL
    -- One letter a home, for all in it who read. A hidden address is never printed, whoever gave it.
    SELECT l.household_id, CASE WHEN h.match IS NULL THEN 'letter' ELSE 'handover' END,
        l.kind, l.match, CASE WHEN h.match IS NULL THEN l.address ELSE '' END,
        r.guardian_id, r.version, r.first
    FROM postal l JOIN reader r ON r.household_id = l.household_id
        AND r.version IS NOT NULL AND r.reads_at_all
    LEFT JOIN hidden h ON h.match = l.match
), plan AS MATERIALIZED (
    -- What is worth nothing the day after does not travel by post.
    SELECT * FROM every_way WHERE (%(ways)s::text[] IS NULL OR channel = ANY(%(ways)s::text[]))
        AND NOT (%(quick)s AND kind = 'postal')
), left_over AS MATERIALIZED (
    SELECT household_id FROM home EXCEPT SELECT household_id FROM plan
    EXCEPT SELECT unnest(%(told)s::bigint[])
), reason AS MATERIALIZED (
    -- Joined, each list read once: asked family by family, a hundred thousand of them would take hours.
    SELECT home.household_id, CASE
        WHEN linked.household_id IS NULL THEN 'no_guardian'
        WHEN lawful.household_id IS NULL THEN 'no_lawful_contact'
        WHEN known.household_id IS NULL THEN 'no_contact_point'
        WHEN ways.household_id IS NULL THEN 'stopped'
        WHEN written.household_id IS NULL THEN 'no_translation'
        WHEN NOT written.readable THEN 'spoken_needed'
        WHEN %(quick)s AND ways.postal THEN 'too_slow'
        ELSE 'no_contact_point' END AS why
    FROM left_over home
    LEFT JOIN (SELECT DISTINCT g.household_id FROM left_over h
        JOIN people_guardian g ON g.household_id = h.household_id AND g.ended_at IS NULL
        JOIN people_link k ON k.guardian_id = g.id AND k.ended_at IS NULL
    ) linked ON linked.household_id = home.household_id
    LEFT JOIN (SELECT DISTINCT household_id FROM standing) lawful
        ON lawful.household_id = home.household_id
    LEFT JOIN (SELECT DISTINCT h.household_id FROM left_over h
        JOIN standing s ON s.household_id = h.household_id
        JOIN people_contactpoint p ON p.guardian_id = s.guardian_id
        WHERE p.ended_at IS NULL AND p.state <> 'failing'
    ) known ON known.household_id = home.household_id
    LEFT JOIN (SELECT household_id, bool_or(kind = 'postal') AS postal FROM way
        WHERE state <> 'failing' GROUP BY household_id
    ) ways ON ways.household_id = home.household_id
    LEFT JOIN (SELECT household_id, bool_or(reads_at_all) AS readable FROM reader
        WHERE version IS NOT NULL GROUP BY household_id
    ) written ON written.household_id = home.household_id
), one AS MATERIALIZED (
    SELECT household_id, channel, match, min(kind) AS kind, min(address) AS address,
        CASE WHEN channel NOT IN ('letter', 'handover')
            THEN (array_agg(version::text ORDER BY first DESC, guardian_id))[1:1]
            ELSE array_agg(DISTINCT version::text) END AS languages
    FROM plan GROUP BY household_id, channel, match
"""
# Of a whole district.
_WIDE = {
    "of_audience": "JOIN audience a ON a.id = k.student_id",
    "of_home": "JOIN home ON home.household_id = g.household_id",
}
# Of some schools or classes the links are those of the audience already, and hardly an adult lives elsewhere:
# joined twice, the planner takes them for a handful and compares each with each.
_NARROW = {
    "of_audience": "",
    "of_home": "WHERE (g.household_id IN (SELECT household_id FROM home)) IS TRUE",
}
_MAKE = """
), made AS (
    INSERT INTO messaging_delivery (district_id, message_id, household_id, student_id, channel, kind,
        match, address, languages, attempt, lane, records, key, code, state, rank, carrier, carrier_id,
        error, tries, pages, not_before, created_at)
    -- Random numbers are dear: the code is 48 bits of one, the key a digest of all of it that tells nothing
    -- about the code.
    SELECT %(district)s, %(message)s, household_id, %(student)s, channel, kind, match, address, languages,
        1, %(lane)s, %(records)s, left(encode(sha256(uuid::text::bytea), 'hex'), 32),
        translate(right(uuid::text, 12), '0123456789abcdef', 'BCDFGHJKMNPQRTVW'),
        'queued', 0, '', '', '', 0, 0, %(at_once)s, %(now)s
    FROM (SELECT *, gen_random_uuid() AS uuid FROM one) one
    ON CONFLICT ON CONSTRAINT delivery_once DO NOTHING
    RETURNING id, household_id, channel, match
), named AS (
    INSERT INTO messaging_recipient (delivery_id, link_id)
    SELECT DISTINCT m.id, s.link_id FROM made m
    JOIN plan p ON p.household_id = m.household_id AND p.channel = m.channel AND p.match = m.match
    JOIN standing s ON s.guardian_id = p.guardian_id
), held AS (
    INSERT INTO messaging_heldhome (district_id, message_id, household_id, why)
    SELECT %(district)s, %(message)s, household_id, why FROM reason
    ON CONFLICT ON CONSTRAINT held_home_once DO NOTHING
), aimed AS (
    INSERT INTO ledger_familyreach AS r (household_id, district_id, aimed_at, held_at, held_why)
    SELECT home.household_id, %(district)s, %(now)s::timestamptz,
        CASE WHEN reason.why IS NULL THEN NULL ELSE %(now)s::timestamptz END, coalesce(reason.why, '')
    -- That the post is too slow for this message says nothing about being in contact at all.
    FROM home LEFT JOIN (SELECT * FROM reason WHERE why <> 'too_slow') reason USING (household_id)
    ORDER BY home.household_id
    ON CONFLICT (household_id) DO UPDATE SET aimed_at = greatest(r.aimed_at, excluded.aimed_at),
        held_at = excluded.held_at, held_why = excluded.held_why
)
SELECT (SELECT count(*) FROM home),
    (SELECT count(*) FROM reader r WHERE r.version IS NULL)
"""
_COUNT = """
)
SELECT (SELECT count(*) FROM home),
    (SELECT count(*) FROM reader r WHERE r.version IS NULL),
    (SELECT count(DISTINCT guardian_id) FROM plan),
    (SELECT json_object_agg(channel, n ORDER BY channel)
        FROM (SELECT channel, count(*) AS n FROM one GROUP BY channel) c),
    (SELECT json_object_agg(why, n ORDER BY why)
        FROM (SELECT why, count(*) AS n FROM reason GROUP BY why) w),
    (SELECT json_object_agg(version, n)
        FROM (SELECT version, count(DISTINCT household_id) AS n FROM plan GROUP BY version) v),
    (SELECT json_object_agg(tag, n) FROM (SELECT tag, count(DISTINCT household_id) AS n FROM reader
        WHERE version IS NULL GROUP BY tag) t),
    digest.deliveries, digest.homes, digest.first
FROM (
    SELECT count(*) AS deliveries, count(DISTINCT one.household_id) AS homes,
        min(coalesce(o.at, %(digest)s::timestamptz)) AS first
    FROM one LEFT JOIN unnest(%(digest_homes)s::bigint[], %(digest_own)s::timestamptz[]) AS o(home, at)
        ON o.home = one.household_id
    WHERE coalesce(o.at, %(digest)s::timestamptz) IS NOT NULL
        AND EXISTS (SELECT FROM messaging_delivery e WHERE e.household_id = one.household_id
            AND e.state <> 'withheld')
) digest
"""


def fan_out(
    message: Message,
    *,
    among: QuerySet[Student],
    at: datetime,
    only: Collection[str] | None = None,
    homes: Sequence[int] | None = None,
    told: Sequence[int] = (),
    links: Collection[int] | None = None,
) -> Fanned:
    """Make all deliveries of this message; call it in the transaction that marks it as sent.

    Later, when a translation is there: ``only`` its versions, to these ``homes``, of which ``told`` have the
    message already through somebody else and are not held. ``links``: through these standings only.
    """
    aim = Aim(
        district=message.district,
        purpose=Purpose(message.purpose),
        audience=Audience.from_json(message.audience),
        student=message.student_id,
        records=message.records,
        languages=list(message.versions.may_go().values_list("language", flat=True)),
        heard=heard(message) if Channel.VOICE in offered() else frozenset(),
        paper=message.kind == MessageKind.CARD.value,
    )
    more: dict[str, object] = {
        "message": message.pk,
        "lane": aim.purpose.lane,
        "at_once": AT_ONCE,
        "told": list(told),
    }
    if homes is not None:
        more["homes"] = list(homes)
    row = _run(_PLAN + _MAKE, aim, among=among, at=at, more=more, only=only, links=links)
    families, without = (row[0], row[1]) if row else (0, 0)
    return _count(message, families, without)


def estimate(
    aim: Aim, *, among: QuerySet[Student], at: datetime, digests: Digests | None = None
) -> Fanned:
    """What ``fan_out`` would make of this, counted and not made: nothing is written or locked."""
    more = {
        "digest": digests.default if digests else None,
        "digest_homes": list(digests.homes) if digests else [],
        "digest_own": list(digests.own) if digests else [],
    }
    row = _run(_PLAN + _COUNT, aim, among=among, at=at, more=more)
    assert row is not None
    families, without, recipients, ways, blocked, languages, missing, digest, homes, first = row
    return Fanned(
        families=families,
        recipients=recipients,
        deliveries=ways or {},
        blocked=blocked or {},
        without_translation=without,
        digest=digest,
        digest_families=homes,
        digest_first=first,
        by_language=languages or {},
        missing=missing or {},
    )


def _run(
    statement: str,
    aim: Aim,
    *,
    among: QuerySet[Student],
    at: datetime,
    more: Mapping[str, object],
    only: Collection[str] | None = None,
    links: Collection[int] | None = None,
) -> tuple[Any, ...] | None:
    """Run one of the two statements; its one row."""
    district, audience = aim.district, aim.audience
    emergency = aim.purpose is Purpose.EMERGENCY
    students = children(audience, among).values("id").order_by()
    since = audience.since(district)
    ways = FirstWays.objects.filter(district=district, purpose=aim.purpose.value).first()
    standing_links = standing(district=district, at=at, records=aim.records)
    points = allowed(district=district, at=at, records=aim.records, emergency=emergency)
    if audience.students:
        # A few children's adults are found from these children, not sought among all of the district.
        named: dict[str, object] = {"student__sis_id__in": audience.students}
        standing_links, points = standing_links.filter(**named), points.filter(**named)
    if links is not None:
        standing_links, points = standing_links.filter(pk__in=links), points.filter(pk__in=links)
    narrow = not audience.students and bool(
        audience.schools or audience.sections or audience.households
    )
    if narrow:
        standing_links = standing_links.filter(student__in=students)
        points = points.filter(student__in=students)
    tags = languages_read(district.pk, students if narrow else audience.students)
    versions = (
        {tag: tag or district.default_language for tag in tags}
        if aim.languages is None
        else versions_by_reader(tags, aim.languages, district.default_language, aim.purpose)
    )
    if only is not None:
        versions = {tag: one if one in only else None for tag, one in versions.items()}
    later = [] if emergency else _later(district)
    values: dict[str, object] = {
        "later_homes": [home for home, _kind in later],
        "later_kinds": [kind for _home, kind in later],
        "since": since,
        "told": [],
        "homes": list(audience.households) or None,
        "emergency": emergency,
        "quick": aim.purpose in (Purpose.EMERGENCY, Purpose.TIMELY),
        "every": emergency or (ways is not None and ways.every),
        "ways": ways.channels if ways is not None and not emergency and not aim.paper else None,
        "paper": aim.paper,
        "heard": sorted(aim.heard),
        "tags": list(versions),
        "versions": list(versions.values()),
        "district": district.pk,
        "student": aim.student,
        "records": aim.records,
        "now": at,
        **more,
    }
    sql, params = embed(
        statement,
        {
            "students": students,
            "reached": reached_since(district.pk, since or at).values("household_id"),
            "standing": standing_links.values("id").order_by(),
            "allowed": points.values("point_id").order_by(),  # type: ignore[misc]  # an annotation
        },
        values,
        **(_NARROW if narrow else _WIDE),
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        row: tuple[Any, ...] | None = cursor.fetchone()
    return row


# In an emergency every address is used at once, whatever stands in the way.
_LATER: Mapping[Effect, Sequence[PointKind]] = {
    Effect.LINKS_LATER: (PointKind.EMAIL, PointKind.WHATSAPP, PointKind.PUSH),
    Effect.PHONE_LATER: (PointKind.PHONE, PointKind.WHATSAPP, PointKind.PUSH),
}


def _later(district: District) -> list[tuple[int, str]]:
    """Families with the kinds of address that paper comes before; one query."""
    return [
        (home, kind.value)
        for home, effects in sorted(with_effects(district, frozenset(_LATER)).items())
        for effect in effects
        for kind in _LATER[effect]
    ]


def heard(message: Message) -> frozenset[str]:
    """The languages of this message that can be heard: by a voice, or by a recording."""
    return languages_heard([message.pk]).get(message.pk, frozenset())


def languages_read(
    district_id: int, students: Sequence[str] | QuerySet[Student, Any] = ()
) -> list[str]:
    """All languages that somebody in the district reads or speaks; "" for those not asked.

    ``students``: only those of these children (roster ids, or the children) and their adults.
    """
    guardians = Guardian.objects.filter(district_id=district_id, ended_at=None)
    children_ = Student.objects.filter(district_id=district_id, ended_at=None)
    if isinstance(students, QuerySet):
        children_ = children_.filter(pk__in=students)
        guardians = guardians.filter(links__student__in=students)
    elif students:
        children_ = children_.filter(sis_id__in=students)
        guardians = guardians.filter(links__student__in=children_)
    found = {tag for pair in guardians.values_list("reads", "speaks").distinct() for tag in pair}
    found |= set(children_.values_list("home_language", flat=True).distinct())
    return sorted(found | {""})


def _count(message: Message, families: int, without: int) -> Fanned:
    channels = Delivery.objects.filter(message=message).values_list("channel")
    recipients = Recipient.objects.filter(delivery__message=message)
    return Fanned(
        families=families,
        recipients=recipients.values("link__guardian_id").distinct().count(),
        deliveries=dict(channels.annotate(n=Count("pk")).order_by("channel")),
        blocked=dict(
            HeldHome.objects.filter(message=message)
            .values_list("why")
            .annotate(n=Count("pk"))
            .order_by("why")
        ),
        without_translation=without,
    )
