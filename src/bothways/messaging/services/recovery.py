"""After a crash: what was in flight, what became of it, and what a person must decide.

A claim that nobody finished is old after a while. Its receipt may have come by itself; else the carrier is
asked. What stays unknown goes out again if it is an emergency, else a person decides: sending twice is
worse than asking.
"""

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.channels.contract import CarrierError, Event
from bothways.channels.enums import Channel, EventKind
from bothways.channels.services import offered, store
from bothways.core import clock
from bothways.messaging.carriers import carrier_for
from bothways.messaging.enums import AT_ONCE, Purpose, State
from bothways.messaging.models import Delivery, Message
from bothways.messaging.services.evidence import refresh_families
from bothways.messaging.services.messages import queue
from bothways.messaging.services.receipts import apply_waiting
from bothways.messaging.services.sending import BEAT_EVERY

log = logging.getLogger(__name__)

STALE = timedelta(seconds=60)
# A worker that lives beats within this time, whatever the clocks say.
LOOK_AGAIN = BEAT_EVERY * 1.5
POLLED_FOR = timedelta(days=2)
LATE = timedelta(hours=1)
POLLED_AT_LEAST = timedelta(minutes=15)
MARGIN = timedelta(minutes=2)  # between our clock and the carrier's


def recover(*, now: datetime | None = None) -> int:
    """Settle claims that nobody finished; how many were found."""
    at = now or clock.now()
    stale = _stale(at)
    if stale and clock.runs():
        # A clock that was stepped makes every claim look old, or of tomorrow: the dead do not beat.
        before = {delivery.pk: delivery.claimed_at for delivery in stale}
        time.sleep(LOOK_AGAIN)
        stale = [d for d in _stale(clock.now()) if before.get(d.pk) == d.claimed_at]
        at = clock.now()
    if not stale:
        return 0
    asked: list[int] = []
    for channel in {Channel(delivery.channel) for delivery in stale}:
        of_channel = [d for d in stale if d.channel == channel.value]
        try:
            ask(channel, of_channel, since=min(d.claimed_at or d.created_at for d in of_channel))
        except Exception as error:
            # A carrier that cannot be asked now is asked again in a minute; the others go on.
            log.warning("%s cannot be asked now: %s", channel, type(error).__name__)
        else:
            asked += [d.pk for d in of_channel]
    apply_waiting()
    _settle(asked)
    return len(asked)


def _stale(at: datetime) -> list[Delivery]:
    """Claims whose worker has said nothing for long; those of the future come from a wrong clock."""
    return list(
        Delivery.objects.filter(
            Q(claimed_at__lt=at - STALE) | Q(claimed_at__gt=at + STALE), state=State.CLAIMED.value
        )
        .select_related("message")
        .order_by("pk")[:5000]
    )


# The channels whose carriers can be asked: what became of our texts and calls, and what families wrote.
POLLED = (Channel.TEXT, Channel.VOICE)


def reports_are_late(*, now: datetime | None = None) -> bool:
    """Whether a text or call was taken more than an hour ago of which nothing was heard since."""
    at = now or clock.now()
    return Delivery.objects.filter(
        channel__in=[channel.value for channel in POLLED],
        state=State.ACCEPTED.value,
        accepted_at__range=(at - POLLED_FOR, at - LATE),
    ).exists()


def poll_texts(*, now: datetime | None = None) -> int:
    """Fetch receipts and answers where no webhook can arrive; how many were told.

    Asks back to the oldest text or call without a receipt, and always some minutes, for answers. What is
    told twice is kept once.
    """
    at = now or clock.now()
    told = _poll(Channel.TEXT, at)
    if Channel.VOICE in offered():
        try:
            told += _poll(Channel.VOICE, at)
        except CarrierError as error:
            # The texts have been told: they must not wait for the calls.
            log.warning("calls cannot be asked for now: %s", error)
    apply_waiting()
    return told


def _poll(channel: Channel, at: datetime) -> int:
    waiting = list(
        Delivery.objects.filter(
            channel=channel.value,
            state__in=[State.CLAIMED.value, State.ACCEPTED.value],
            claimed_at__gte=at - POLLED_FOR,
        ).order_by("pk")[:5000]
    )
    since = min([d.claimed_at for d in waiting if d.claimed_at] + [at - POLLED_AT_LEAST])
    return ask(channel, waiting, since=since)


def ask(channel: Channel, deliveries: Sequence[Delivery], *, since: datetime) -> int:
    """Ask the carrier what it knows since then, and store its answers; how many there were."""
    carrier = carrier_for(channel)
    events = asyncio.run(carrier.poll(since - MARGIN))
    by_code = {delivery.code: delivery.key for delivery in deliveries}
    known = []
    for event in events:
        key = event.key or _key_in(event, by_code)
        if key or event.kind is EventKind.INBOUND or event.carrier_id:
            known.append(replace(event, key=key))
    store(carrier.name, known)
    return len(known)


def _key_in(event: Event, by_code: dict[str, str]) -> str:
    """Our key for a message that a carrier lists: the text holds the code of its own reply page."""
    _, _, rest = event.body.partition("/r/")
    return by_code.get(rest[:12], "")


@transaction.atomic
def _settle(ids: Sequence[int]) -> None:
    lost = (
        Delivery.objects.select_for_update(of=("self",))
        .filter(pk__in=ids, state=State.CLAIMED.value)
        .select_related("message")
    )
    homes = []
    for delivery in lost:
        if Purpose(delivery.message.purpose) is Purpose.EMERGENCY or _sends_once(delivery):
            delivery.state, delivery.rank = State.QUEUED.value, State.QUEUED.rank
            delivery.not_before = AT_ONCE
        else:
            delivery.state, delivery.rank = State.HELD.value, State.HELD.rank
            delivery.error = "unknown"
        delivery.save(update_fields=["state", "rank", "not_before", "error"])
        homes.append(delivery.household_id)
    refresh_families(homes)


def _sends_once(delivery: Delivery) -> bool:
    """Letters are kept by key in the tray: printing again replaces, never doubles."""
    return delivery.channel in (Channel.LETTER.value, Channel.HANDOVER.value)


@transaction.atomic
def send_again(*, deliveries: QuerySet[Delivery], message: Message, by: User) -> int:
    """A person decided: better twice than not at all; how many go out again."""
    return _decide(deliveries, message, State.QUEUED, by, "delivery.sent_again")


@transaction.atomic
def leave(*, deliveries: QuerySet[Delivery], message: Message, by: User) -> int:
    """A person decided: it does not matter any more; how many were left."""
    return _decide(deliveries, message, State.UNDELIVERED, by, "delivery.left")


def _decide(
    deliveries: QuerySet[Delivery], message: Message, state: State, by: User, event: str
) -> int:
    unclear = dict(
        deliveries.filter(message=message, state=State.HELD.value)
        .order_by("pk")
        .select_for_update(of=("self",))
        .values_list("pk", "household_id")
    )
    moved = Delivery.objects.filter(pk__in=unclear).update(
        state=state.value, rank=state.rank, not_before=AT_ONCE
    )
    if moved:
        record(event, message, by=by.pk, district=message.district_id, deliveries=moved)
        refresh_families(list(unclear.values()))
    if moved and state is State.QUEUED:
        queue(message, moved)
    return moved
