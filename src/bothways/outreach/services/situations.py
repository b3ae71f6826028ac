"""What is known of a batch of families, read at once: what the climb decides from.

A fixed number of queries however many families; plain rows, since a hundred thousand models would cost
more than all decisions.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from django.db import connection

from bothways.barriers.enums import Effect
from bothways.barriers.queries import effects_of
from bothways.channels.enums import MACHINE, Channel
from bothways.channels.services import offered
from bothways.consent.queries import allowed
from bothways.core.sql import among, as_array, embed
from bothways.ledger.enums import Level
from bothways.messaging.enums import DIGEST_LANE, MessageKind, Purpose, State
from bothways.messaging.models import Message, Version
from bothways.messaging.rules import versions_by_reader
from bothways.messaging.speaking import languages_heard
from bothways.outreach.enums import DayPart, Result, TaskKind, TaskState
from bothways.outreach.enums import Way as Contacted
from bothways.outreach.leaning import lean_of
from bothways.outreach.likelihood import NONE, Record, likely
from bothways.outreach.models import PersonContact, Task
from bothways.outreach.rules import Evidence, Reachability, Try, Way, part_of
from bothways.outreach.services.records import REMEMBERED, records_of
from bothways.people.enums import PointKind
from bothways.reach.queries import period_start
from bothways.schools.models import District

LATEST = 60  # deliveries of a family that are looked at
STILL_SENT = timedelta(days=30)  # a message older than this is not sent again
# A message is sent, and its climb opened, within this time.
EARLIER = timedelta(hours=1)
WEEK = timedelta(days=7)
_KINDS: Mapping[str, tuple[Channel, ...]] = {
    PointKind.PHONE.value: (Channel.TEXT, Channel.VOICE),
    PointKind.WHATSAPP.value: (Channel.WHATSAPP,),
    PointKind.PUSH.value: (Channel.PUSH,),
    PointKind.EMAIL.value: (Channel.EMAIL,),
    PointKind.POSTAL.value: (Channel.LETTER,),
}
_STEPS = {
    Contacted.CALL.value: TaskKind.CALL,
    Contacted.VISIT.value: TaskKind.VISIT,
    Contacted.HANDOVER.value: TaskKind.HANDOVER,
    Contacted.GO_BETWEEN.value: TaskKind.GO_BETWEEN,
    Contacted.NEUTRAL_PLACE.value: TaskKind.NEUTRAL_PLACE,
    Contacted.AT_SCHOOL.value: TaskKind.NEUTRAL_PLACE,
}
_PROOFS = (
    (State.ANSWERED.rank, Level.ANSWERED),
    (State.SEEN.rank, Level.SEEN),
    (State.DELIVERED.rank, Level.DELIVERED),
    (State.ACCEPTED.rank, Level.ATTEMPTED),
)
# Asked hundreds of thousands of times: an enum's property each time would cost more than the comparison.
_ACCEPTED, _SEEN = State.ACCEPTED.rank, State.SEEN.rank
_IN_VAIN = (State.REJECTED.value, State.UNDELIVERED.value)
_NOT_MADE = (State.WITHHELD.value, "gathered")


class Row(NamedTuple):
    """A climb that is due."""

    pk: int
    household: int
    message: int | None
    purpose: str
    opened_at: datetime


class Sent(NamedTuple):
    """A delivery to a household."""

    message: int
    channel: str
    at: datetime
    state: str
    rank: int
    match: str
    hour: int
    error: str
    pk: int
    digest: int | None


class Point(NamedTuple):
    """An address that may be used, of somebody who may be told."""

    kind: str
    match: str
    landline: bool
    reads_at_all: bool
    tag: str
    spoken: str


@dataclass(slots=True)
class Home:
    """What is known of one household."""

    has_guardian: bool = False
    has_standing: bool = False
    answered_at: datetime | None = None  # words or a meeting
    seen_at: datetime | None = None
    delivered_at: datetime | None = None
    sent: list[Sent] = field(default_factory=list)
    points: dict[bool, list[Point]] = field(default_factory=lambda: {False: [], True: []})
    people: list[tuple[datetime, str, str]] = field(default_factory=list)  # at, way, result
    meant: int | None = None  # the newest message that could not be sent to it
    task_due: date | None = None
    effects: frozenset[Effect] = frozenset()  # of what stands in their way


@dataclass(frozen=True, slots=True)
class Known:
    """What all climbs of a batch have in common."""

    district: District
    now: datetime
    since: datetime  # start of the period in which a family counts as reached
    offered: frozenset[Channel]
    homes: Mapping[int, Home]
    messages: Mapping[int, Message]
    versions: Mapping[int, Mapping[str, str | None]]  # message → language of the reader → version
    heard: Mapping[int, frozenset[str]]  # message → languages of its versions that can be heard
    records: Mapping[str, Mapping[str, Record]]
    # Channel → parts of the day for the many families of whom nothing is known yet.
    parts: dict[Channel, tuple[DayPart, ...]] = field(default_factory=dict)
    totals: dict[Channel, Record] = field(default_factory=dict)
    untried: dict[Channel, float] = field(default_factory=dict)
    # Home → what a climb sends that has no message of its own.
    latest: dict[int, Message | None] = field(default_factory=dict)


_FACTS = """
SELECT h.id, coalesce(k.has_guardian, false), coalesce(k.has_standing, false),
    greatest(r.answered_at, r.met_at), r.seen_at, r.delivered_at, held.message_id
FROM unnest(%(homes)s::bigint[]) AS h(id)
LEFT JOIN reach_familyfacts f ON f.household_id = h.id
LEFT JOIN reach_familykind k ON k.id = f.kind_id
LEFT JOIN ledger_familyreach r ON r.household_id = h.id
LEFT JOIN LATERAL (SELECT message_id FROM messaging_heldhome m WHERE m.household_id = h.id
    ORDER BY m.message_id DESC LIMIT 1) held ON true
"""
# The wait counts from when it goes out. What still waits for the next digest is no try yet.
_SENT = """
SELECT d.household_id, d.message_id, d.channel,
    greatest(d.created_at, d.accepted_at, d.not_before), d.state, d.rank, d.match,
    extract(hour FROM coalesce(d.accepted_at, d.created_at) AT TIME ZONE %(zone)s)::int, d.error, d.id,
    d.digest_id
FROM unnest(%(homes)s::bigint[]) AS h(id) CROSS JOIN LATERAL (
    SELECT * FROM messaging_delivery m WHERE m.household_id = h.id ORDER BY m.id DESC LIMIT %(latest)s
) d WHERE d.created_at >= %(since)s AND NOT (d.state = 'queued' AND d.lane = %(digest)s)
"""
_POINTS = """
SELECT DISTINCT g.household_id, p.kind, p.match, p.phone_kind = 'landline', g.can_read IS NOT FALSE,
    coalesce(nullif(g.reads, ''), nullif(g.speaks, ''), nullif(s.home_language, ''), ''),
    coalesce(nullif(g.speaks, ''), nullif(g.reads, ''), nullif(s.home_language, ''), '')
FROM ({allowed}) w JOIN people_link k ON k.id = w.id
JOIN people_student s ON s.id = k.student_id
JOIN people_contactpoint p ON p.id = w.point_id
JOIN people_guardian g ON g.id = p.guardian_id
WHERE p.state <> 'failing'
"""


def look(district: District, rows: Sequence[Row], *, now: datetime) -> Known:
    """Everything that deciding about these climbs needs."""
    ids = sorted({row.household for row in rows})
    homes = {pk: Home() for pk in ids}
    values: dict[str, Any] = {
        "homes": as_array(ids),
        "zone": district.timezone,
        "latest": LATEST,
        "since": now - REMEMBERED,
        "digest": DIGEST_LANE,
    }
    with connection.cursor() as cursor:
        cursor.execute(_FACTS, values)
        for pk, guardian, may, answered, seen, delivered, meant in cursor.fetchall():
            home = homes[pk]
            home.has_guardian, home.has_standing = guardian, may
            home.answered_at, home.seen_at, home.delivered_at = answered, seen, delivered
            home.meant = meant
        cursor.execute(_SENT, values)
        for pk, *sent in cursor.fetchall():
            homes[pk].sent.append(Sent(*sent))
    messages = _messages(rows, homes)
    _read_points(district, rows, homes, messages, now)
    _read_people(ids, homes, now)
    for pk, effects in effects_of(district, ids).items():
        homes[pk].effects = effects
    return Known(
        district=district,
        now=now,
        since=period_start(district, now),
        offered=offered(),
        homes=homes,
        messages=messages,
        versions=_versions(district, messages.values(), _tags(homes.values())),
        heard=languages_heard(list(messages)),
        records=records_of(district),
    )


def _messages(rows: Sequence[Row], homes: Mapping[int, Home]) -> dict[int, Message]:
    wanted = {row.message for row in rows if row.message}
    wanted |= {sent.message for home in homes.values() for sent in home.sent}
    wanted |= {home.meant for home in homes.values() if home.meant}
    return {
        message.pk: message
        for message in Message.objects.filter(pk__in=wanted).select_related("author", "district")
    }


def _tags(homes: Iterable[Home]) -> set[str]:
    """The languages that somebody reads or hears at one of these families' addresses."""
    return {
        tag
        for home in homes
        for points in home.points.values()
        for point in points
        for tag in (point.tag, point.spoken)
    }


def _versions(
    district: District, messages: Iterable[Message], tags: Iterable[str]
) -> dict[int, Mapping[str, str | None]]:
    written: dict[int, list[str]] = defaultdict(list)
    by_id = {message.pk: message for message in messages}
    for message, language in (
        Version.objects.may_go().filter(message__in=by_id).values_list("message_id", "language")
    ):
        written[message].append(language)
    return {
        pk: versions_by_reader(
            tags, written.get(pk, []), district.default_language, Purpose(message.purpose)
        )
        for pk, message in by_id.items()
    }


def _read_points(
    district: District,
    rows: Sequence[Row],
    homes: Mapping[int, Home],
    messages: Mapping[int, Message],
    now: datetime,
) -> None:
    """The addresses through which each home may be told, for news and for one child's own records."""
    about: dict[bool, set[int]] = {False: set(), True: set()}
    for row in rows:
        message = _message_for(row, homes[row.household], messages, now)
        if message is not None:
            about[message.records].add(row.household)
        else:
            about[False].add(row.household)
    for records, ids in about.items():
        if not ids:
            continue
        may = allowed(district=district, at=now, records=records).filter(
            guardian__household__in=among(sorted(ids))
        )
        sql, params = embed(_POINTS, {"allowed": may.values("id", "point_id").order_by()}, {})  # type: ignore[misc]
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
            for pk, *point in cursor.fetchall():
                homes[pk].points[records].append(Point(*point))


def _read_people(ids: Sequence[int], homes: Mapping[int, Home], now: datetime) -> None:
    for pk, at, way, result in PersonContact.objects.filter(
        household__in=among(ids), at__gte=now - REMEMBERED
    ).values_list("household_id", "at", "way", "result"):
        homes[pk].people.append((at, way, result))
    for pk, due in Task.objects.filter(
        household__in=among(ids), state=TaskState.OPEN.value, automatic=True
    ).values_list("household_id", "due"):
        homes[pk].task_due = due


def message_of(row: Row, known: Known) -> Message | None:
    """What this climb sends: its own message, or the latest news that meant this family."""
    if row.message is not None:
        return known.messages[row.message]
    pk = row.household
    if pk not in known.latest:
        known.latest[pk] = _message_for(row, known.homes[pk], known.messages, known.now)
    return known.latest[pk]


def _message_for(
    row: Row, home: Home, messages: Mapping[int, Message], now: datetime
) -> Message | None:
    if row.message is not None:
        return messages[row.message]
    latest = max(
        (
            pk
            for pk in {sent.message for sent in home.sent} | {home.meant or 0}
            if pk in messages and messages[pk].kind == MessageKind.NEWS
        ),
        default=None,
    )
    if latest is None:
        return None
    message = messages[latest]
    fresh = message.sent_at is not None and now - message.sent_at < STILL_SENT
    # What loses its worth within a day is not read out a week later.
    return message if fresh and message.purpose in LASTING else None


LASTING = (Purpose.ROUTINE.value, Purpose.PERSONAL.value)


def evidence_of(row: Row, known: Known) -> Evidence:
    """What was done in this climb and what shows that it arrived."""
    home = known.homes[row.household]
    if row.message is None:
        sent = [one for one in home.sent if one.at >= row.opened_at - EARLIER]
        level = _family_level(home, known.since)
    else:
        sent = [one for one in home.sent if one.message == row.message]
        # A talk since then tells more about this family than any receipt.
        level = max(_level(sent), _talked(home, row.opened_at))
    counts = Counter(
        _STEPS[way] for at, way, _ in home.people if at >= row.opened_at and way in _STEPS
    )
    zone = known.district.zone
    last = max((at for at, _, _ in home.people if at >= row.opened_at), default=None)
    return Evidence(
        level=level,
        since=row.opened_at,
        tries=tuple(
            Try(
                Channel(one.channel),
                one.at.astimezone(UTC),
                failed=one.state in _IN_VAIN,
                unheard=one.error == MACHINE,
            )
            for one in sent
            if one.state not in _NOT_MADE
        ),
        people=counts,
        last_person=last.astimezone(zone).date() if last else None,
        task_due=home.task_due,
    )


def _level(sent: Sequence[Sent]) -> Level:
    rank = max((one.rank for one in sent if one.state not in _IN_VAIN), default=0)
    return next((level for least, level in _PROOFS if rank >= least), Level.NONE)


def _family_level(home: Home, since: datetime) -> Level:
    if home.answered_at and home.answered_at >= since:
        return Level.ANSWERED
    if home.seen_at and home.seen_at >= since:
        return Level.SEEN
    if home.delivered_at and home.delivered_at >= since:
        return Level.DELIVERED
    return Level.ATTEMPTED if any(one.rank >= _ACCEPTED for one in home.sent) else Level.NONE


def _talked(home: Home, since: datetime) -> Level:
    return Level.ANSWERED if home.answered_at and home.answered_at >= since else Level.NONE


def reachability_of(
    row: Row, known: Known, *, without: frozenset[Channel] = frozenset()
) -> Reachability:
    """By which ways the machine and people can reach this family now; ``without``: ways that failed us."""
    home = known.homes[row.household]
    message = message_of(row, known)
    records = message.records if message is not None else False
    points = home.points[records]
    ways = () if message is None else _ways(row, known, home, message, points, without)
    return Reachability(
        has_guardian=home.has_guardian,
        may=home.has_standing,
        ways=ways,
        phone=any(point.kind == PointKind.PHONE for point in points),
        address=any(point.kind == PointKind.POSTAL for point in points),
        unsafe=any(
            way == Contacted.VISIT.value and result == Result.NOT_SAFE.value
            for _, way, result in home.people
        ),
        lean=lean_of(home.effects),
    )


def _ways(
    row: Row,
    known: Known,
    home: Home,
    message: Message,
    points: Sequence[Point],
    without: frozenset[Channel],
) -> tuple[Way, ...]:
    versions = known.versions[message.pk]
    heard = known.heard.get(message.pk, frozenset())
    begun = row.opened_at - EARLIER
    used = {
        (_PAPER.get(one.channel, one.channel), one.match)
        for one in home.sent
        if (one.message == row.message if row.message else one.at >= begun)
        and one.state not in _NOT_MADE
    }
    heard_this_week = _heard_this_week(message, home, known)
    lean = lean_of(home.effects)
    later: dict[Channel, datetime] = {}
    fresh: Counter[Channel] = Counter()
    again: Counter[Channel] = Counter()
    for point in points:
        for channel in _KINDS.get(point.kind, ()):
            if channel not in known.offered or channel in without:
                continue
            if channel is Channel.VOICE:
                readable = versions.get(point.spoken) in heard
            else:
                readable = point.reads_at_all and versions.get(point.tag) is not None
            if not readable or (channel is Channel.TEXT and point.landline):
                continue
            busy = heard_this_week.get(point.match)
            if busy is not None:
                later[channel] = min(later.get(channel, busy), busy)
                continue
            counted = again if (channel.value, point.match) in used else fresh
            counted[channel] += 1
    return tuple(
        Way(
            channel=channel,
            fresh=fresh[channel],
            used=again[channel],
            likely=_likely(home, channel, known),
            parts=lean.parts(_parts(home, known, channel)) if channel is Channel.VOICE else (),
        )
        for channel in sorted(set(fresh) | set(again))
    ) + tuple(
        Way(channel=channel, fresh=1, used=1, likely=0.0, ready=ready)
        for channel, ready in sorted(later.items())
        if channel not in fresh and channel not in again
    )


def _heard_this_week(message: Message, home: Home, known: Known) -> Mapping[str, datetime]:
    """Addresses that had other routine words within a week, and until when they are left in peace.

    The same words by another channel are the climb; others besides would be noise.
    """
    if message.purpose != Purpose.ROUTINE or all(one.message == message.pk for one in home.sent):
        return {}
    carried = {one.digest for one in home.sent if one.message == message.pk and one.digest}
    found: dict[str, datetime] = {}
    for one in home.sent:
        other = known.messages[one.message]
        if (
            one.message != message.pk
            and one.pk not in carried
            and other.purpose == Purpose.ROUTINE
            and other.kind == MessageKind.NEWS
            and one.rank >= _ACCEPTED
            and one.state not in _IN_VAIN
            and known.now - one.at < WEEK
        ):
            free = one.at.astimezone(UTC) + WEEK
            found[one.match] = max(found.get(one.match, free), free)
    return found


# A hidden home's letter is handed over: the same paper.
_PAPER = {Channel.HANDOVER.value: Channel.LETTER.value}


def record_of(home: Home, channel: Channel) -> Record:
    """What has come of this channel with this family."""
    made = [
        one
        for one in home.sent
        if one.rank >= _ACCEPTED and _PAPER.get(one.channel, one.channel) == channel
    ]
    if not made:
        return NONE
    return Record(len(made), sum(one.rank >= _SEEN for one in made))


def _likely(home: Home, channel: Channel, known: Known) -> float:
    """Most families were never written to by most channels: for them it is the same number."""
    own = record_of(home, channel)
    if own.tried:
        return likely(own, district_record(known, channel))
    if channel not in known.untried:
        known.untried[channel] = likely(NONE, district_record(known, channel))
    return known.untried[channel]


def district_record(known: Known, channel: Channel) -> Record:
    """What has come of this channel in the district."""
    if channel not in known.totals:
        known.totals[channel] = sum(known.records.get(channel.value, {}).values(), NONE)
    return known.totals[channel]


def _parts(home: Home, known: Known, channel: Channel) -> tuple[DayPart, ...]:
    """The parts of the day, the one in which this family gives a sign most likely first."""
    made = [one for one in home.sent if one.channel == channel and one.rank >= _ACCEPTED]
    if not made and channel in known.parts:
        return known.parts[channel]
    own: dict[DayPart, Record] = dict.fromkeys(DayPart, NONE)
    for one in made:
        part = part_of(time(one.hour))
        own[part] = own[part] + Record(1, int(one.rank >= _SEEN))
    district = known.records.get(channel.value, {})
    order = list(_CALLING_HOURS)
    found = tuple(
        sorted(
            order,
            key=lambda part: (
                -likely(own[part], district.get(part.value, NONE)),
                order.index(part),
            ),
        )
    )
    if not made:
        known.parts[channel] = found
    return found


# Before anything is known: after work somebody is likelier to be at home.
_CALLING_HOURS = (DayPart.EVENING, DayPart.AFTERNOON, DayPart.MORNING)


def spared(row: Row, known: Known) -> tuple[str, ...]:
    """The addresses of this family that are left in peace for now, since they had routine words this week."""
    message = message_of(row, known)
    if message is None:
        return ()
    return tuple(sorted(_heard_this_week(message, known.homes[row.household], known)))
