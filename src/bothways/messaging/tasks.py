"""Background work of messaging: thin, keyword-only, primitive."""

import asyncio
import logging

from django.conf import settings
from django.db.models import Min

from bothways.channels.contract import Carrier, Outgoing, Sender, Version
from bothways.channels.enums import Channel, OutcomeKind
from bothways.core import clock, jobs
from bothways.messaging.carriers import carrier_for
from bothways.messaging.enums import State
from bothways.messaging.models import Alert, Delivery, Entry
from bothways.messaging.services import conversations, receipts, recovery, sending
from bothways.schools.models import District

log = logging.getLogger(__name__)


@jobs.task("messaging.send_due")
def send_due(*, district_id: int, urgent: int) -> None:
    sending.send_due(District.objects.get(pk=district_id), urgent=bool(urgent))


@jobs.task("messaging.apply")
def apply_events() -> None:
    receipts.apply_waiting()


@jobs.task("messaging.acknowledge")
def acknowledge(*, entry_id: int) -> None:
    entry = Entry.objects.select_related("conversation__district", "conversation__owner").get(
        pk=entry_id
    )
    conversations.acknowledge(entry=entry)


@jobs.task("messaging.tell_duty", tries=10)
def tell_duty(*, alert_id: int) -> None:
    """Tell the person on duty by mail and text that there are words to read now; not the words."""
    alert = Alert.objects.select_related("user", "entry__district").get(pk=alert_id)
    if alert.told_at is not None:
        return
    words = (
        "A family wrote words that may mean danger. Read them now: "
        f"{settings.PUBLIC_URL}/inbox/alerts/{alert.pk}/"
    )
    district = alert.entry.district
    sender = Sender(school=district.name if district else "Bothways")
    told = False
    for channel, address in ((Channel.TEXT, alert.user.phone), (Channel.EMAIL, alert.user.email)):
        if address:
            outgoing = Outgoing(
                key=f"alert-{alert.pk}-{channel.value}",
                channel=channel,
                to=address,
                versions=(Version("en", words, "Read now: words of danger"),),
                purpose="emergency",
                sender=sender,
            )
            try:
                told |= asyncio.run(_taken(carrier_for(channel), outgoing))
            except Exception as error:
                # One way that is not set up must not close the other.
                log.error("alert %s by %s: %s", alert.pk, channel, type(error).__name__)
    if told:
        alert.told_at = clock.now()
        alert.save(update_fields=["told_at"])
    else:
        # Tried again with growing pauses; until then the alert stands on top of every page.
        raise RuntimeError(f"alert {alert.pk} could not be told")


async def _taken(carrier: Carrier, outgoing: Outgoing) -> bool:
    outcomes = [o async for o in carrier.send([outgoing])]
    return any(o.kind is OutcomeKind.ACCEPTED for o in outcomes)


@jobs.every_minute("messaging.poll")
def poll() -> None:
    """Where the school has no public address, ask the carrier instead of being told."""
    if settings.POLL:
        recovery.poll_texts()


@jobs.every_minute("messaging.tick")
def tick() -> None:
    """Find what is due by the school’s clock: lost jobs, quiet hours that ended, claims left over."""
    recovery.recover()
    receipts.apply_waiting()
    for district_id, lane in due():
        jobs.enqueue(
            "messaging.send_due",
            queue=jobs.URGENT if lane == 0 else jobs.ORDINARY,
            once=f"send-{district_id}-{int(lane == 0)}",
            district_id=district_id,
            urgent=int(lane == 0),
        )


def due() -> list[tuple[int, int]]:
    """(district, lowest lane) with something to send now."""
    rows = (
        Delivery.objects.filter(state=State.QUEUED.value, not_before__lte=clock.now())
        .values_list("district_id")
        .annotate(lane=Min("lane"))
        .order_by("district_id")
    )
    found = []
    for district_id, lane in rows:
        found.append((district_id, lane))
        if lane == 0:
            found.append((district_id, 1))
    return found
