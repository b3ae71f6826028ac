"""From queued deliveries to carriers, and their answers back.

Claim and commit; then call the carrier, with no transaction open; then write the answers every 50 or 200 ms.
A crash in between loses nothing: see ``recovery``.
"""

import asyncio
import queue as queues
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef

from bothways.channels.contract import Carrier, Misconfigured, Outcome, Outgoing
from bothways.channels.enums import Channel, OutcomeKind
from bothways.channels.models import RawEvent
from bothways.consent.models import Stop
from bothways.consent.queries import LOUD_KINDS, allowed, quiet
from bothways.consent.services import stop
from bothways.core import clock
from bothways.core.sql import embed
from bothways.ledger.enums import Direction, Level, SourceKind
from bothways.ledger.services import Line, write
from bothways.messaging.carriers import carrier_for
from bothways.messaging.enums import KIND_OF_CHANNEL, Purpose, State
from bothways.messaging.models import Delivery, Recipient
from bothways.messaging.rendering import outgoing
from bothways.messaging.rules import retry_at, state_of_outcome
from bothways.messaging.services.evidence import BLOCKED_CODES, refresh_families, refresh_points
from bothways.schools.models import District

BATCH = 500
FLUSH_EVERY = 50
PRINTED = (Channel.LETTER, Channel.HANDOVER)
FLUSH_AFTER = 0.2  # seconds
BEAT_EVERY = 30.0  # seconds; claims are taken for dead after recovery.STALE

# What may go out now is claimed; what may not go out any more is withheld. The allowed standing is asked in
# this very statement: an order that came after the fan-out holds.
_CLAIM = """
WITH due AS MATERIALIZED (
    SELECT id FROM messaging_delivery
    WHERE district_id = %(district)s AND state = 'queued' AND not_before <= %(now)s
        AND channel = ANY(%(channels)s) AND records = %(records)s AND (lane = 0) = %(urgent)s
    ORDER BY lane, not_before, id LIMIT %(batch)s FOR UPDATE SKIP LOCKED
), ok AS MATERIALIZED (
    SELECT DISTINCT r.id AS recipient_id, r.delivery_id FROM ({recipients}) r
    JOIN due ON due.id = r.delivery_id
    JOIN messaging_delivery d ON d.id = due.id
    JOIN messaging_message m ON m.id = d.message_id
    -- The address must still be this home's; an answer goes back to where the words came from.
    WHERE m.conversation_id IS NOT NULL OR EXISTS (
        SELECT FROM people_contactpoint p JOIN people_guardian g ON g.id = p.guardian_id
        WHERE g.household_id = d.household_id AND p.kind = d.kind AND p.match = d.match
            AND p.ended_at IS NULL AND p.why <> 'wrong_person')
), gone AS (
    DELETE FROM messaging_recipient r USING due WHERE r.delivery_id = due.id
        AND EXISTS (SELECT FROM ok WHERE ok.delivery_id = due.id)
        AND r.id NOT IN (SELECT recipient_id FROM ok)
)
UPDATE messaging_delivery d SET
    state = CASE WHEN ok.delivery_id IS NULL THEN 'withheld' ELSE 'claimed' END,
    rank = CASE WHEN ok.delivery_id IS NULL THEN {withheld} ELSE {claimed} END,
    claimed_at = %(now)s
FROM due LEFT JOIN (SELECT DISTINCT delivery_id FROM ok) ok ON ok.delivery_id = due.id
WHERE d.id = due.id
RETURNING d.id, d.state, d.household_id
"""


# A home that was hidden after the fan-out: its letter is handed over, without the address.
_HIDE = """
UPDATE messaging_delivery d SET channel = 'handover', address = ''
WHERE d.district_id = %(district)s AND d.state = 'queued' AND d.channel = 'letter' AND d.match IN (
    SELECT p.match FROM people_contactpoint p JOIN people_guardian g ON g.id = p.guardian_id
    WHERE p.district_id = %(district)s AND p.kind = 'postal' AND g.address_hidden)
"""


def claim(
    district: District,
    *,
    channel: Channel,
    urgent: bool,
    records: bool,
    at: datetime,
    batch: int = BATCH,
) -> tuple[list[int], int]:
    """Take up to a batch of what is due: ids of those to send now, and how many were withheld."""
    may = allowed(
        district=district,
        at=at,
        records=records,
        emergency=urgent,
        address=(OuterRef("delivery__kind"), OuterRef("delivery__match")),
    ).filter(pk=OuterRef("link_id"))
    recipients = Recipient.objects.filter(Exists(may), delivery__state=State.QUEUED.value)
    sql, params = embed(
        _CLAIM,
        {"recipients": recipients.values("id", "delivery_id").order_by()},
        {
            "district": district.pk,
            "now": at,
            "channels": [channel.value],
            "records": records,
            "urgent": urgent,
            "batch": batch,
        },
        withheld=State.WITHHELD.rank,
        claimed=State.CLAIMED.rank,
    )
    with transaction.atomic(), connection.cursor() as cursor:
        if channel is Channel.LETTER:
            cursor.execute(_HIDE, {"district": district.pk})
        cursor.execute(sql, params)
        rows = cursor.fetchall()
        withheld = [household for _, state, household in rows if state == State.WITHHELD.value]
        refresh_families(withheld)
    claimed = sorted(pk for pk, state, _ in rows if state == State.CLAIMED.value)
    return claimed, len(withheld)


def send_due(district: District, *, urgent: bool) -> int:
    """Send everything of this lane that is due, batch after batch; how many deliveries were taken."""
    total = 0
    for channel in Channel:
        for records in (False, True):
            while True:
                now = clock.now()
                if (
                    not urgent
                    and KIND_OF_CHANNEL[channel].value in LOUD_KINDS
                    and quiet(district, now)
                ):
                    break
                claimed, withheld = claim(
                    district, channel=channel, urgent=urgent, records=records, at=now
                )
                if not claimed and not withheld:
                    break
                total += len(claimed) + withheld
                if claimed:
                    send_claimed(claimed, channel, district)
    return total


def send_claimed(ids: Sequence[int], channel: Channel, district: District) -> None:
    """Give claimed deliveries to their carrier and write what it says as it says it."""
    try:
        carrier = carrier_for(channel, district)
        batch = outgoing(ids)
    except Misconfigured as error:
        flush(_unavailable(ids, str(error)), "")
        return
    beat = time.monotonic()
    for part in _by_school(batch) if channel in PRINTED else [batch]:
        for outcomes in _in_chunks(_outcomes(carrier, part)):
            if outcomes:
                flush(outcomes, carrier.name)
            if time.monotonic() - beat > BEAT_EVERY:
                still_mine(ids)
                beat = time.monotonic()


def still_mine(ids: Sequence[int]) -> None:
    """Say that we are still at it: a slow carrier must not make a claim look like a dead worker's."""
    Delivery.objects.filter(pk__in=ids, state=State.CLAIMED.value).update(claimed_at=clock.now())


def _by_school(batch: Sequence[Outgoing]) -> list[list[Outgoing]]:
    """Letters are printed where they are sent from, by people who serve that school's families alone."""
    schools: dict[str, list[Outgoing]] = defaultdict(list)
    for out in batch:
        schools[out.sender.school].append(out)
    return list(schools.values())


def _unavailable(ids: Sequence[int], why: str) -> list[Outcome]:
    keys = Delivery.objects.filter(pk__in=ids).values_list("key", flat=True)
    return [Outcome(key, OutcomeKind.UNAVAILABLE, code="setup", detail=why) for key in keys]


def _outcomes(carrier: Carrier, batch: Sequence[Outgoing]) -> Iterator[Outcome | None]:
    """The carrier's answers as they come, None each time nothing came for a while.

    The network has a thread of its own, so that writing answers and calling the carrier overlap.
    """
    answers: queues.Queue[Outcome | BaseException | None] = queues.Queue()

    async def ask() -> None:
        async for outcome in carrier.send(batch):
            answers.put(outcome)

    def run() -> None:
        try:
            asyncio.run(ask())
            answers.put(None)
        except BaseException as error:
            answers.put(error)

    thread = threading.Thread(target=run, name=f"carrier-{carrier.name}", daemon=True)
    thread.start()
    while True:
        try:
            answer = answers.get(timeout=FLUSH_AFTER)
        except queues.Empty:
            yield None
            continue
        if answer is None:
            break
        if isinstance(answer, BaseException):
            raise answer
        yield answer
    thread.join()


def _in_chunks(outcomes: Iterable[Outcome | None]) -> Iterator[list[Outcome]]:
    """Chunks of FLUSH_EVERY, or of what came within FLUSH_AFTER; empty ones while nothing comes."""
    chunk: list[Outcome] = []
    started = time.monotonic()
    try:
        for outcome in outcomes:
            if outcome is not None:
                chunk.append(outcome)
            if len(chunk) >= FLUSH_EVERY or (chunk and time.monotonic() - started > FLUSH_AFTER):
                yield chunk
                chunk, started = [], time.monotonic()
            elif outcome is None:
                yield []
    finally:
        # Also when the carrier's code broke: what it said before that is true.
        if chunk:
            yield chunk


# Receipts may have overtaken the answer: the higher rank stays, the carrier's id is kept all the same.
_FLUSH = """
WITH locked AS MATERIALIZED (
    SELECT id FROM messaging_delivery WHERE key = ANY(%(keys)s::text[]) ORDER BY id FOR UPDATE
)
UPDATE messaging_delivery d SET
    state = CASE WHEN d.rank < v.rank THEN v.state ELSE d.state END,
    rank = greatest(d.rank, v.rank),
    carrier = %(carrier)s,
    carrier_id = CASE WHEN v.carrier_id = '' THEN d.carrier_id ELSE v.carrier_id END,
    error = CASE WHEN d.rank < v.rank THEN v.error ELSE d.error END,
    pages = greatest(d.pages, v.pages),
    accepted_at = coalesce(d.accepted_at, %(now)s)
FROM unnest(%(keys)s::text[], %(states)s::text[], %(ranks)s::smallint[], %(ids)s::text[],
    %(errors)s::text[], %(pages)s::smallint[]) AS v(key, state, rank, carrier_id, error, pages)
WHERE d.key = v.key AND d.id IN (SELECT id FROM locked)
RETURNING d.id, d.district_id, d.household_id, d.student_id, d.channel, d.kind, d.match, v.state,
    v.error, v.carrier_id
"""


@transaction.atomic
def flush(outcomes: Sequence[Outcome], carrier: str) -> None:
    """Write carriers' answers with their ledger lines; the same answer twice changes nothing."""
    now = clock.now()
    settled = [(o, state) for o in outcomes if (state := state_of_outcome(o.kind)) is not None]
    if settled:
        with connection.cursor() as cursor:
            cursor.execute(
                _FLUSH,
                {
                    "carrier": carrier,
                    "now": now,
                    "keys": [o.key for o, _ in settled],
                    "states": [s.value for _, s in settled],
                    "ranks": [s.rank for _, s in settled],
                    "ids": [o.carrier_id[:64] for o, _ in settled],
                    "errors": [o.code[:40] for o, _ in settled],
                    "pages": [o.pages for o, _ in settled],
                },
            )
            rows = cursor.fetchall()
        # A refusal is an attempt too: the school did try, and contacts show it.
        write(
            [
                Line(
                    district_id=district,
                    household_id=household,
                    student_id=student,
                    at=now,
                    level=Level.ATTEMPTED,
                    direction=Direction.TO_FAMILY,
                    channel=channel,
                    source_kind=SourceKind.DELIVERY,
                    source_id=pk,
                )
                for pk, district, household, student, channel, *_ in rows
            ]
        )
        refresh_points({(r[1], r[5], r[6]) for r in rows if r[7] == State.REJECTED.value}, at=now)
        refresh_families([row[2] for row in rows])
        _carrier_stops(rows, now)
        _reopen_early_receipts([row[9] for row in rows if row[9]])
    _put_back([o for o in outcomes if o.kind is OutcomeKind.UNAVAILABLE], now)


def _carrier_stops(rows: Sequence[tuple[Any, ...]], at: datetime) -> None:
    """A number that the carrier refuses until the family writes START: the next message takes another way."""
    blocked = [row for row in rows if row[8] in BLOCKED_CODES]
    districts = District.objects.in_bulk({row[1] for row in blocked})
    for row in blocked:
        stop(district=districts[row[1]], kind=row[5], match=row[6], by=Stop.By.CARRIER, at=at)


def _reopen_early_receipts(carrier_ids: Sequence[str]) -> None:
    """Receipts known by the carrier's id alone that came before we had written that id."""
    if carrier_ids:
        RawEvent.objects.filter(outcome="unmatched", event__carrier_id__in=carrier_ids).update(
            applied_at=None, outcome=""
        )


def _put_back(outcomes: Sequence[Outcome], now: datetime) -> None:
    """The carrier was away: queue again for later, or call it a failure after the last try."""
    by_key = {o.key: o for o in outcomes}
    if not by_key:
        return
    waiting = (
        Delivery.objects.select_for_update()
        .filter(key__in=by_key, state=State.CLAIMED.value)
        .select_related("message")
    )
    for delivery in waiting:
        outcome = by_key[delivery.key]
        delivery.tries += 1
        delivery.error = (outcome.code or "unavailable")[:40]
        again = retry_at(
            now, delivery.tries, Purpose(delivery.message.purpose), outcome.retry_after
        )
        if again is None:
            # Our trouble, not the address's: it stays as good as it was.
            delivery.state, delivery.rank = State.UNDELIVERED.value, State.UNDELIVERED.rank
            delivery.error = "unavailable"
        else:
            delivery.state, delivery.rank = State.QUEUED.value, State.QUEUED.rank
            delivery.not_before = again
        delivery.save(update_fields=["tries", "error", "state", "rank", "not_before"])
    refresh_families(
        list(Delivery.objects.filter(key__in=by_key).values_list("household_id", flat=True))
    )
