"""Write what carriers answered: states, ledger lines and the roll-up in one transaction."""

import logging
import time
from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db import InterfaceError, OperationalError, connection, transaction

from bothways.channels.contract import Outcome
from bothways.channels.enums import OutcomeKind
from bothways.core import clock
from bothways.messaging.enums import Purpose, State
from bothways.messaging.models import Delivery
from bothways.messaging.rules import retry_at, state_of_outcome
from bothways.messaging.services.evidence import BLOCKED_CODES, refresh_families
from bothways.messaging.services.news import News, take_in

log = logging.getLogger(__name__)

# While the database is away the answers are kept in memory and tried again so long: they cannot be had twice.
HELD_FOR = 900.0  # seconds


def write_down(outcomes: Sequence[Outcome], carrier: str) -> None:
    """``flush``, through a database that is away for a while: what a carrier took must not be forgotten."""
    for wait in _pauses():
        try:
            flush(outcomes, carrier)
            return
        except (OperationalError, InterfaceError) as error:
            if connection.in_atomic_block or wait is None:
                raise
            log.warning("%d answers wait for the database: %s", len(outcomes), type(error).__name__)
            connection.close()
            time.sleep(wait)


def _pauses() -> Iterator[float | None]:
    """Seconds between tries: short at first, then every two; None: this was the last."""
    left, pause = HELD_FOR, 0.1
    while left > 0:
        yield pause
        left -= pause
        pause = min(pause * 2, 2.0)
    yield None


@transaction.atomic
def flush(outcomes: Sequence[Outcome], carrier: str) -> None:
    """Write carriers' answers with their ledger lines; the same answer twice changes nothing.

    A refusal is an attempt too: the school did try, and contacts show it.
    """
    now = clock.now()
    take_in(
        [
            News(
                o.key,
                state,
                carrier_id=o.carrier_id,
                error=o.code,
                pages=o.pages,
                blocked=state is State.REJECTED and o.code in BLOCKED_CODES,
            )
            for o in outcomes
            if (state := state_of_outcome(o.kind)) is not None
        ],
        at=now,
        carrier=carrier,
    )
    _reopen_early_receipts([o.carrier_id for o in outcomes if o.carrier_id])
    _put_back([o for o in outcomes if o.kind is OutcomeKind.UNAVAILABLE], now)


def _reopen_early_receipts(carrier_ids: Sequence[str]) -> None:
    """Receipts known by the carrier's id alone that came before we had written that id."""
    if not carrier_ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE channels_rawevent SET applied_at = NULL, outcome = ''"
            " WHERE outcome = 'unmatched' AND event ->> 'carrier_id' = ANY(%s)",
            [list(carrier_ids)],
        )


def _put_back(outcomes: Sequence[Outcome], now: datetime) -> None:
    """The carrier was away: queue again for later, or call it a failure where it is too late for the words."""
    by_key = {o.key: o for o in outcomes}
    if not by_key:
        return
    waiting = list(
        Delivery.objects.select_for_update(of=("self",))
        .filter(key__in=by_key, state=State.CLAIMED.value)
        .select_related("message")
        .order_by("pk")
    )
    for delivery in waiting:
        outcome = by_key[delivery.key]
        delivery.tries += 1
        delivery.error = (outcome.code or "unavailable")[:40]
        again = retry_at(
            now,
            delivery.tries,
            Purpose(delivery.message.purpose),
            outcome.retry_after,
            since=delivery.released_at or delivery.created_at,
        )
        if again is None:
            # Our trouble, not the address's: it stays as good as it was.
            delivery.state, delivery.rank = State.UNDELIVERED.value, State.UNDELIVERED.rank
            delivery.error = "unavailable"
        else:
            delivery.state, delivery.rank = State.QUEUED.value, State.QUEUED.rank
            delivery.not_before = again
    Delivery.objects.bulk_update(waiting, ["tries", "error", "state", "rank", "not_before"])
    refresh_families([delivery.household_id for delivery in waiting])
