"""Background work of messaging: thin, keyword-only, primitive."""

import time

from django.conf import settings
from django.db.models import Min

from bothways.channels import collecting
from bothways.core import clock, jobs
from bothways.messaging.enums import EMERGENCY_LANE, LANES, State
from bothways.messaging.models import Alert, Delivery, Entry
from bothways.messaging.services import (
    conversations,
    digests,
    leaving,
    mending,
    paper,
    proving,
    receipts,
    recovery,
    sending,
    sounds,
    stopping,
)
from bothways.messaging.services.telling import tell
from bothways.schools.models import District

POLL_MINUTE = 17
MEND_MINUTES = (10, 40)
WAKE_EVERY = 0.5  # seconds
SLICE = 30.0  # seconds of one job; a statewide send must not keep the others waiting


@jobs.task("messaging.send_due")
def send_due(*, district_id: int, urgent: int) -> None:
    sent = sending.send_due(
        District.objects.get(pk=district_id), urgent=bool(urgent), seconds=SLICE
    )
    if sent.more:
        # To the end of the line: other districts are no less urgent.
        _send_soon(district_id, urgent=bool(urgent))


def _send_soon(district_id: int, *, urgent: bool) -> None:
    # An emergency keeps the help of the ordinary workers also after their slice of time.
    for queue in (jobs.URGENT, jobs.ORDINARY) if urgent else (jobs.ORDINARY,):
        jobs.enqueue(
            "messaging.send_due",
            queue=queue,
            once=f"send-{district_id}-{int(urgent)}-{queue}",
            district_id=district_id,
            urgent=int(urgent),
        )


@jobs.task("messaging.leave")
def leave(*, message_id: int) -> None:
    leaving.leave(message_id)


@jobs.every_minute("messaging.leave_due")
def leave_due() -> None:
    """What was meant for this hour, and what a worker that died left lying."""
    leaving.leave_due(at=clock.now())


@jobs.task("messaging.apply")
def apply_events() -> None:
    # Hooks ask for this job once in a while, not at each receipt: what came since then is found at the end.
    while receipts.apply_all() and clock.runs():
        time.sleep(WAKE_EVERY)


@jobs.task("messaging.acknowledge")
def acknowledge(*, entry_id: int) -> None:
    entry = Entry.objects.select_related("conversation__district", "conversation__owner").get(
        pk=entry_id
    )
    conversations.acknowledge(entry=entry)


@jobs.task("messaging.fetch_spoken", tries=10)
def fetch_spoken(*, spoken_id: int) -> None:
    sounds.fetch_spoken(spoken_id)


@jobs.task("messaging.confirm_stops")
def confirm_stops() -> None:
    stopping.confirm_due(at=clock.now())


@jobs.task("messaging.send_proof", tries=3)
def send_proof(*, form: str) -> None:
    proving.send_proof(form)


@jobs.every_minute("messaging.mend")
def mend() -> None:
    """Twice an hour: what families answered about their numbers, and who is to be asked next."""
    if clock.now().minute in MEND_MINUTES:
        mending.read_answers(at=clock.now())
        mending.ask_due(at=clock.now())


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
    told = tell(
        alert.user,
        key=f"alert-{alert.pk}",
        words=words,
        subject="Read now: words of danger",
        district=alert.entry.district,
    )
    if told:
        alert.told_at = clock.now()
        alert.save(update_fields=["told_at"])
    else:
        # Tried again with growing pauses; until then the alert stands on top of every page.
        raise RuntimeError(f"alert {alert.pk} could not be told")


@jobs.every_minute("messaging.poll")
def poll() -> None:
    """Where the school has no public address, ask the carrier instead of being told.

    Elsewhere once an hour, after reports that were given up: carriers do not tell for ever.
    """
    if settings.POLL or (clock.now().minute == POLL_MINUTE and recovery.reports_are_late()):
        recovery.poll_texts()


@jobs.every_minute("messaging.collect")
def collect() -> None:
    """Read the mailboxes that bounces and families’ mails come to: mail has no other way to tell."""
    if collecting.collect():
        receipts.apply_waiting()


@jobs.every_minute("messaging.posted")
def posted() -> None:
    """A print shop says in the tray what it posted."""
    paper.collect_posted(at=clock.now())


@jobs.every_minute("messaging.tick")
def tick() -> None:
    """Find what is due by the school’s clock: receipts left over, quiet hours that ended."""
    receipts.apply_waiting()
    digests.gather_due(at=clock.now())
    if stopping.to_confirm(at=clock.now()):
        jobs.enqueue("messaging.confirm_stops", queue=jobs.URGENT, once="confirm-stops")
    for district_id, lane in due():
        _send_soon(district_id, urgent=lane == EMERGENCY_LANE)
        if lane == EMERGENCY_LANE:
            _send_soon(district_id, urgent=False)


@jobs.every_minute("messaging.recover")
def recover() -> None:
    """Settle claims that nobody finished."""
    if recovery.recover():
        tick()


def due() -> list[tuple[int, int]]:
    """(district, lowest lane) with something to send now."""
    return list(
        Delivery.objects.filter(
            state=State.QUEUED.value, lane__in=LANES, not_before__lte=clock.now()
        )
        .values_list("district_id")
        .annotate(lane=Min("lane"))
        .order_by("district_id")
    )
