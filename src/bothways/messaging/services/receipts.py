"""Apply what carriers told: receipts to deliveries, words to conversations.

Raw events are stored before the carrier is answered; here they are applied in batches, each batch in one
transaction, so that dying in the middle applies them later and nothing twice.
"""

import logging
from collections.abc import Sequence
from datetime import datetime

from django.db import DatabaseError, transaction
from django.db.models import QuerySet

from bothways.channels.contract import Event
from bothways.channels.enums import EventKind, ReceiptState
from bothways.channels.models import RawEvent
from bothways.channels.services import read
from bothways.core import clock
from bothways.messaging.rules import state_of_receipt
from bothways.messaging.services.news import News, run, statement, take_in
from bothways.messaging.services.replies import receive_text

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
    """Apply up to a batch of stored receipts and one of families' words, oldest first."""
    now = clock.now()
    receipts = _apply_stored_receipts(now)
    return receipts + _take_in_words(now)


# Straight from the stored events to the deliveries: a burst of a hundred thousand receipts is not taken out
# of the database and put in again.
_STORED = """raw AS MATERIALIZED (
    SELECT id, event FROM channels_rawevent WHERE id = ANY(%(ids)s)
), told AS MATERIALIZED (
    SELECT raw.id AS raw_id, coalesce(event ->> 'key', '') AS key,
        left(coalesce(event ->> 'carrier_id', ''), 64) AS carrier_id, s.state, s.rank,
        left(coalesce(event ->> 'code', ''), 40) AS error, 0::smallint AS pages,
        coalesce((event ->> 'blocked')::boolean, false) AS blocked
    FROM raw JOIN unnest(%(receipt_states)s::text[], %(states)s::text[], %(ranks)s::smallint[])
        AS s(told, state, rank) ON s.told = event ->> 'state'
)"""
_APPLIED = """, applied AS (
    UPDATE channels_rawevent r SET applied_at = %(at)s,
        outcome = CASE WHEN r.id IN (SELECT raw_id FROM found) THEN 'applied' ELSE 'unmatched' END
    WHERE r.id = ANY(%(ids)s)
)"""
_APPLY = statement(_STORED, also=_APPLIED)


def _waiting() -> QuerySet[RawEvent]:
    return RawEvent.objects.select_for_update(skip_locked=True).filter(applied_at=None)


def _apply_stored_receipts(now: datetime) -> int:
    waiting = _waiting().filter(kind=EventKind.RECEIPT.value).order_by("pk")
    ids = list(waiting.values_list("pk", flat=True)[:BATCH])
    if not ids:
        return 0
    states = {state: state_of_receipt(state) for state in ReceiptState}
    run(
        _APPLY,
        at=now,
        ids=ids,
        receipt_states=[state.value for state in states],
        states=[state.value for state in states.values()],
        ranks=[state.rank for state in states.values()],
    )
    return len(ids)


@transaction.atomic
def apply_receipts(events: Sequence[Event], *, at: datetime) -> int:
    """Move deliveries forward by these receipts; how many deliveries were found."""
    return take_in(
        [
            News(
                event.key,
                state_of_receipt(event.state),
                event.carrier_id,
                event.code,
                blocked=event.blocked,
            )
            for event in events
            if event.state is not None
        ],
        at=at,
    )


def _take_in_words(now: datetime) -> int:
    raws = list(_waiting().exclude(kind=EventKind.RECEIPT.value).order_by("pk")[:BATCH])
    for raw in raws:
        raw.outcome = _receive(read(raw), raw, now)
        raw.applied_at = now
        raw.save(update_fields=["applied_at", "outcome"])
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
