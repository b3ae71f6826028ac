"""Apply what carriers told: receipts to deliveries, words to conversations.

Raw events are stored before the carrier is answered; here they are applied in batches, each batch in one
transaction, so that dying in the middle applies them later and nothing twice.
"""

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from django.db import DatabaseError, connection, transaction
from django.db.models import QuerySet

from bothways.channels.contract import Event
from bothways.channels.enums import EventKind, ReceiptState
from bothways.channels.models import RawEvent
from bothways.channels.services import read
from bothways.core import clock
from bothways.messaging.rules import state_of_receipt
from bothways.messaging.services import desks
from bothways.messaging.services.news import News, run, statement, take_in
from bothways.messaging.services.replies import receive_gesture, receive_text

log = logging.getLogger(__name__)

BATCH = 2500


def apply_all() -> int:
    """``apply_waiting``, with a second hand on a connection of its own where more than a batch waits."""
    applied, _ = apply_batch()
    if applied < BATCH:
        return applied + (apply_waiting() if applied else 0)
    with ThreadPoolExecutor(1, thread_name_prefix="receipts") as other:
        helping = other.submit(_help)
        applied += apply_waiting()
    return applied + helping.result()


def _help() -> int:
    try:
        return apply_waiting()
    finally:
        connection.close()


def apply_waiting() -> int:
    """Apply stored events until none waits; how many were applied."""
    total = 0
    after = 0
    while True:
        applied, last = apply_batch(after=after)
        total += applied
        if not applied and not after:
            return total
        # From there on first: the index keeps what is done for a while, and walking past it takes time. At the
        # end once more from the beginning, for what was stored late.
        after = last if applied else 0


@transaction.atomic
def apply_batch(*, after: int = 0) -> tuple[int, int]:
    """Apply up to a batch of stored receipts and one of families' words, oldest first, those above this id.

    How many, and the highest id.
    """
    now = clock.now()
    receipts = _apply_stored_receipts(now, after)
    words = _take_in_words(now, after)
    # Words and receipts go at their own pace: nothing of the slower kind is passed over.
    ends = [ids[-1] for ids in (receipts, words) if len(ids) == BATCH]
    reached = min(ends, default=max([*receipts[-1:], *words[-1:]], default=after))
    return len(receipts) + len(words), reached


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


def _waiting(after: int) -> QuerySet[RawEvent]:
    waiting = RawEvent.objects.select_for_update(skip_locked=True).filter(applied_at=None)
    return waiting.filter(pk__gt=after).order_by("pk")


def _apply_stored_receipts(now: datetime, after: int) -> list[int]:
    waiting = _waiting(after).filter(kind=EventKind.RECEIPT.value)
    ids = list(waiting.values_list("pk", flat=True)[:BATCH])
    if not ids:
        return []
    states = {state: state_of_receipt(state) for state in ReceiptState}
    run(
        _APPLY,
        at=now,
        ids=ids,
        receipt_states=[state.value for state in states],
        states=[state.value for state in states.values()],
        ranks=[state.rank for state in states.values()],
    )
    return ids


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


def _take_in_words(now: datetime, after: int) -> list[int]:
    raws = list(_waiting(after).filter(kind__in=_SAID)[:BATCH])
    for raw in raws:
        raw.outcome = _receive(read(raw), raw, now)
        raw.applied_at = now
        raw.save(update_fields=["applied_at", "outcome"])
    return [raw.pk for raw in raws]


_SAID = (EventKind.INBOUND.value, EventKind.GESTURE.value)


def _receive(event: Event, raw: RawEvent, now: datetime) -> str:
    """Take in one utterance; one that breaks us must not hold up all that came with it."""
    take = receive_gesture if event.kind is EventKind.GESTURE else receive_text
    try:
        with transaction.atomic():
            at_a_desk = desks.taken(event, at=now) if event.kind is EventKind.INBOUND else None
            return at_a_desk or take(event, raw=raw, at=now)
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
