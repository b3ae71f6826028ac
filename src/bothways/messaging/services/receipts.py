"""Apply what carriers told: receipts to deliveries, words to conversations.

Raw events are stored before the carrier is answered; here they are applied in batches, each batch in one
transaction, so that dying in the middle applies them later and nothing twice.
"""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import DatabaseError, connection, transaction

from bothways.channels.contract import Event
from bothways.channels.enums import EventKind, ReceiptState
from bothways.channels.models import RawEvent
from bothways.channels.services import read
from bothways.consent.models import Stop
from bothways.consent.services import stop
from bothways.core import clock
from bothways.ledger.enums import Direction, Level, SourceKind
from bothways.ledger.services import Line, write
from bothways.messaging.enums import State
from bothways.messaging.rules import state_of_receipt
from bothways.messaging.services.evidence import refresh_families, refresh_points
from bothways.messaging.services.replies import receive_text
from bothways.schools.models import District

log = logging.getLogger(__name__)

BATCH = 1000


def apply_waiting() -> int:
    """Apply stored events until none waits; how many were applied."""
    total = 0
    while applied := apply_batch():
        total += applied
    return total


@transaction.atomic
def apply_batch() -> int:
    """Apply up to a batch of stored events, oldest first."""
    raws = list(
        RawEvent.objects.select_for_update(skip_locked=True)
        .filter(applied_at=None)
        .order_by("pk")[:BATCH]
    )
    if not raws:
        return 0
    now = clock.now()
    events = [(raw, read(raw)) for raw in raws]
    receipts = [(raw, event) for raw, event in events if event.kind is EventKind.RECEIPT]
    matched = apply_receipts([event for _, event in receipts], at=now)
    for raw, event in receipts:
        raw.outcome = "applied" if (event.key or event.carrier_id) in matched else "unmatched"
    for raw, event in events:
        if event.kind is EventKind.INBOUND:
            raw.outcome = _receive(event, raw, now)
        raw.applied_at = now
    RawEvent.objects.bulk_update(raws, ["applied_at", "outcome"])
    return len(raws)


def _receive(event: Event, raw: RawEvent, now: datetime) -> str:
    """Take in one text; one that breaks us must not hold up all that came with it."""
    try:
        with transaction.atomic():
            return receive_text(event, raw=raw, at=now)
    except DatabaseError:
        raise
    except Exception:
        log.exception("raw event %s could not be taken in; it is kept", raw.pk)
        return "failed"


# A batch may hold several receipts of one delivery: only the highest counts. Its row is found by our own key,
# or, where the carrier does not give it back, by the carrier's id.
_RECEIPTS = """
WITH told AS (
    SELECT * FROM unnest(%(keys)s::text[], %(ids)s::text[], %(states)s::text[], %(ranks)s::smallint[],
        %(errors)s::text[]) AS t(key, carrier_id, state, rank, error)
), news AS (
    SELECT DISTINCT ON (id) * FROM (
        SELECT d.id, t.* FROM told t JOIN messaging_delivery d ON d.key = t.key WHERE t.key <> ''
        UNION ALL
        SELECT d.id, t.* FROM told t JOIN messaging_delivery d ON d.carrier_id = t.carrier_id
        WHERE t.key = '' AND t.carrier_id <> ''
    ) found ORDER BY id, rank DESC, error DESC
), locked AS (
    SELECT d.id FROM messaging_delivery d WHERE d.id IN (SELECT id FROM news) ORDER BY d.id FOR UPDATE
)
UPDATE messaging_delivery d SET
    state = CASE WHEN d.rank < n.rank THEN n.state ELSE d.state END,
    rank = greatest(d.rank, n.rank),
    error = CASE WHEN d.rank < n.rank THEN n.error WHEN d.rank = n.rank
        THEN greatest(d.error, n.error) ELSE d.error END,
    carrier_id = CASE WHEN d.carrier_id = '' THEN n.carrier_id ELSE d.carrier_id END,
    accepted_at = coalesce(d.accepted_at, %(now)s)
FROM news n JOIN locked USING (id)
WHERE d.id = n.id
RETURNING d.id, d.district_id, d.household_id, d.student_id, d.channel, d.kind, d.match, d.rank, d.key,
    d.carrier_id
"""


def apply_receipts(events: Sequence[Event], *, at: datetime) -> set[str]:
    """Move deliveries forward; the keys (and carrier ids) that were found."""
    told = [event for event in events if event.state is not None]
    if not told:
        return set()
    states = [state_of_receipt(event.state) for event in told if event.state is not None]
    with connection.cursor() as cursor:
        cursor.execute(
            _RECEIPTS,
            {
                "keys": [event.key for event in told],
                "ids": [event.carrier_id[:64] for event in told],
                "states": [state.value for state in states],
                "ranks": [state.rank for state in states],
                "errors": [event.code[:40] for event in told],
                "now": at,
            },
        )
        rows = cursor.fetchall()
    lines = [
        Line(
            district_id=district,
            household_id=household,
            student_id=student,
            at=at,
            level=level,
            direction=Direction.TO_FAMILY,
            channel=channel,
            source_kind=SourceKind.DELIVERY,
            source_id=pk,
        )
        for pk, district, household, student, channel, _, _, rank, _, _ in rows
        for level in _levels(rank)
    ]
    write(lines)
    refresh_points({(row[1], row[5], row[6]) for row in rows}, at=at)
    refresh_families([row[2] for row in rows])
    _carrier_stops(told, rows, at)
    return {row[8] for row in rows} | {row[9] for row in rows if row[9]}


def _levels(rank: int) -> Iterable[Level]:
    """The levels a delivery of this rank proves: a delivered text was attempted, too."""
    yield Level.ATTEMPTED
    if rank >= State.DELIVERED.rank:
        yield Level.DELIVERED


def _carrier_stops(
    events: Sequence[Event], rows: Sequence[tuple[object, ...]], at: datetime
) -> None:
    """The carrier's own block, kept beside our stops and never mixed with them."""
    blocked = {event.key or event.carrier_id for event in events if event.blocked}
    if not blocked:
        return
    districts = District.objects.in_bulk()
    for row in rows:
        if row[8] in blocked or row[9] in blocked:
            stop(
                district=districts[int(str(row[1]))],
                kind=str(row[5]),
                match=str(row[6]),
                by=Stop.By.CARRIER,
                at=at,
            )


def note_failure(*, key: str, code: str, at: datetime) -> bool:
    """A person's word that something did not arrive (returned mail): False for an unknown key."""
    event = Event(
        kind=EventKind.RECEIPT, dedupe="", key=key, state=ReceiptState.UNDELIVERED, code=code
    )
    return bool(apply_receipts([event], at=at))


def note_handed_over(*, key: str, at: datetime) -> bool:
    """A person's word that a letter was handed over: delivered, which no printer can claim."""
    event = Event(kind=EventKind.RECEIPT, dedupe="", key=key, state=ReceiptState.DELIVERED)
    return bool(apply_receipts([event], at=at))
