"""Take what may go out now; withhold what may not go out any more."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Exists, OuterRef

from bothways.channels.enums import Channel
from bothways.consent.queries import LOUD_KINDS, Hushed, allowed, quiet
from bothways.core import clock
from bothways.core.sql import embed
from bothways.messaging.enums import EMERGENCY_LANE, KIND_OF_CHANNEL, LANES, State
from bothways.messaging.models import Delivery, Recipient
from bothways.messaging.services.bagging import put_in_bags
from bothways.messaging.services.digests import settle_members
from bothways.messaging.services.evidence import refresh_families
from bothways.schools.models import District

BATCH = 500
NOBODY_HUSHED = Hushed()


@dataclass(frozen=True, slots=True, order=True)
class Queue:
    """What is claimed together: one lane, one channel, about one child's records or not."""

    lane: int
    channel: Channel
    records: bool


Place = tuple[datetime, int]
BEGINNING: Place = (datetime.min.replace(tzinfo=UTC), 0)


@dataclass(frozen=True, slots=True)
class Claimed:
    """What one claim took: ``ids`` to send now; how many ``others`` do not go this way (withheld, or letters to
    be handed over); and the ``last`` place of the queue that was looked at.

    To go on from there spares walking past all that is done: the index keeps them for a while.
    """

    ids: list[int]
    others: int
    last: Place

    @property
    def count(self) -> int:
        return len(self.ids) + self.others


# The allowed standing is asked in this very statement: an order that came after the fan-out holds.
# “ok” is asked through hashes, never joined: nobody can tell the planner how long a CTE will be, and a loop
# over it takes batch × batch steps.
_CLAIM = """
WITH due AS MATERIALIZED (
    SELECT id FROM messaging_delivery
    WHERE district_id = %(district)s AND state = 'queued' AND not_before <= %(now)s
        AND channel = %(channel)s AND records = %(records)s AND lane = %(lane)s
        AND (not_before, id) > (%(after)s, %(after_id)s){peace}
    ORDER BY not_before, id LIMIT %(batch)s FOR UPDATE SKIP LOCKED
), ok AS MATERIALIZED (
    SELECT DISTINCT r.id AS recipient_id, r.delivery_id FROM ({recipients}) r
    JOIN due ON due.id = r.delivery_id
    JOIN messaging_delivery d ON d.id = due.id
    JOIN messaging_message m ON m.id = d.message_id
    -- The address must still be this home's, unless it hears that it is not any more; an answer goes back to
    -- where the words came from.
    WHERE m.conversation_id IS NOT NULL OR EXISTS (
        SELECT FROM people_contactpoint p JOIN people_guardian g ON g.id = p.guardian_id
        WHERE g.household_id = d.household_id AND p.kind = d.kind AND p.match = d.match
            AND (p.ended_at IS NULL OR m.kind = 'changed') AND p.why <> 'wrong_person')
), gone AS (
    DELETE FROM messaging_recipient r USING due WHERE r.delivery_id = due.id
        AND (r.delivery_id IN (SELECT delivery_id FROM ok)) IS TRUE
        AND r.id NOT IN (SELECT recipient_id FROM ok)
)
UPDATE messaging_delivery d SET
    state = CASE WHEN d.id IN (SELECT delivery_id FROM ok) THEN 'claimed' ELSE 'withheld' END,
    rank = CASE WHEN d.id IN (SELECT delivery_id FROM ok) THEN {claimed} ELSE {withheld} END,
    claimed_at = %(now)s
FROM due WHERE d.id = due.id
RETURNING d.id, d.state, d.household_id, d.not_before, d.digest_id = d.id
"""

# Families in their own quiet hours or on their quiet day are passed over: few, and mostly none.
_LOUD_PEACE = " AND household_id <> ALL(%(loud)s)"
_STILL_PEACE = (
    " AND NOT ((lane >= 2 OR attempt > 1) AND (%(everybody)s OR household_id = ANY(%(still)s)))"
)

# A home that was hidden after the fan-out: its letter is handed over, without the address.
_HIDE = """
UPDATE messaging_delivery d SET channel = 'handover', address = ''
WHERE d.district_id = %(district)s AND d.state = 'queued' AND d.channel = 'letter' AND d.match IN (
    SELECT p.match FROM people_contactpoint p JOIN people_guardian g ON g.id = p.guardian_id
    WHERE p.district_id = %(district)s AND p.kind = 'postal' AND g.address_hidden)
"""

# One look into the index for each queue there may be, however many deliveries wait in the others.
_DUE = """
SELECT lane, channel, records
FROM unnest(%(lanes)s::smallint[], %(channels)s::text[], %(records)s::boolean[]) AS q(lane, channel, records)
WHERE EXISTS (SELECT FROM messaging_delivery d WHERE d.district_id = %(district)s AND d.state = 'queued'
    AND d.lane = q.lane AND d.channel = q.channel AND d.records = q.records AND d.not_before <= %(now)s)
"""


def is_loud(channel: Channel) -> bool:
    """Whether what comes by this channel rings or buzzes."""
    return KIND_OF_CHANNEL[channel].value in LOUD_KINDS


def _peace(queue: Queue, hushed: Hushed) -> str:
    if queue.lane == EMERGENCY_LANE:
        return ""
    loud = _LOUD_PEACE if hushed.loud and is_loud(queue.channel) else ""
    still = (hushed.still or hushed.everybody_still) and queue.channel not in (
        Channel.LETTER,
        Channel.HANDOVER,
    )
    return loud + (_STILL_PEACE if still else "")


def due(district: District, *, lanes: Sequence[int] = LANES, at: datetime) -> list[Queue]:
    """The queues in which something may go out now, the most urgent first; nothing loud in quiet hours."""
    hushed = quiet(district, at)
    wanted = [
        Queue(lane, channel, records)
        for lane in lanes
        for channel in Channel
        for records in (False, True)
        if lane == EMERGENCY_LANE or not hushed or not is_loud(channel)
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            _DUE,
            {
                "district": district.pk,
                "now": at,
                "lanes": [q.lane for q in wanted],
                "channels": [q.channel.value for q in wanted],
                "records": [q.records for q in wanted],
            },
        )
        return sorted(Queue(lane, Channel(name), records) for lane, name, records in cursor)


def claim(
    district: District,
    queue: Queue,
    *,
    at: datetime,
    batch: int = BATCH,
    after: Place = BEGINNING,
    hushed: Hushed = NOBODY_HUSHED,
) -> Claimed:
    """Take up to a batch of what is due, from this place of the queue on; nothing for those who are hushed."""
    may = allowed(
        district=district,
        at=at,
        records=queue.records,
        emergency=queue.lane == EMERGENCY_LANE,
        address=(OuterRef("delivery__kind"), OuterRef("delivery__match")),
    ).filter(pk=OuterRef("link_id"))
    recipients = Recipient.objects.filter(Exists(may), delivery__state=State.QUEUED.value)
    sql, params = embed(
        _CLAIM,
        {"recipients": recipients.values("id", "delivery_id").order_by()},
        {
            "district": district.pk,
            "now": at,
            "channel": queue.channel.value,
            "records": queue.records,
            "lane": queue.lane,
            "batch": batch,
            "after": after[0],
            "after_id": after[1],
            "loud": list(hushed.loud),
            "still": list(hushed.still),
            "everybody": hushed.everybody_still is not None,
        },
        peace=_peace(queue, hushed),
        withheld=State.WITHHELD.rank,
        claimed=State.CLAIMED.rank,
    )
    with transaction.atomic(), connection.cursor() as cursor:
        hidden = 0
        if queue.channel is Channel.LETTER:
            cursor.execute(_HIDE, {"district": district.pk})
            hidden = cursor.rowcount
        cursor.execute(sql, params)
        rows = cursor.fetchall()
        ids = sorted(pk for pk, state, *_ in rows if state == State.CLAIMED.value)
        silenced = settle_members(
            district,
            leads=[pk for pk, *_, leads in rows if leads],
            claimed=[pk for pk, state, *_, leads in rows if leads and state == State.CLAIMED.value],
            records=queue.records,
            at=at,
        )
        withheld = [home for _, state, home, *_ in rows if state == State.WITHHELD.value]
        refresh_families([*withheld, *silenced])
        if queue.channel in (Channel.LETTER, Channel.HANDOVER):
            put_in_bags(district, ids, at=at)
    return Claimed(
        ids=ids,
        others=len(rows) - len(ids) + hidden,
        last=max(((when, pk) for pk, _, _, when, _ in rows), default=BEGINNING),
    )


def still_mine(ids: Sequence[int]) -> None:
    """Say that we are still at it: a slow carrier must not make a claim look like a dead worker's.

    A beat that the database misses is left out: breaking off would lose the answers that are under way.
    """
    try:
        Delivery.objects.filter(pk__in=ids, state=State.CLAIMED.value).update(
            claimed_at=clock.now()
        )
    except (OperationalError, InterfaceError):
        if connection.in_atomic_block:
            raise
        connection.close()
