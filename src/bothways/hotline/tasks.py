"""Background work of the hotline."""

import asyncio

from bothways.channels.contract import Carrier, Listens, Outgoing, Sender, Version
from bothways.channels.enums import Channel, OutcomeKind
from bothways.core import clock, jobs
from bothways.hotline.models import SpokenWork, TeacherText
from bothways.hotline.services import weekly
from bothways.messaging.carriers import carrier_for, with_words


@jobs.task("hotline.tell_teacher", tries=5)
def tell_teacher(*, text_id: int) -> None:
    """Tell a teacher what became of a text. Raises where no carrier takes it: the job is tried again."""
    text = TeacherText.objects.select_related("user__district").filter(pk=text_id).first()
    if text is None or text.told_at is not None:
        return
    district = text.user.district
    outgoing = Outgoing(
        key=f"hotline-{text.pk}",
        channel=Channel.TEXT,
        to=text.number,
        versions=(Version(district.default_language if district else "en", text.answer),),
        purpose="answer",
        sender=Sender(school=district.name if district else "Bothways"),
    )
    # Marked first: better one answer too few than a machine that repeats itself.
    if not TeacherText.objects.filter(pk=text.pk, told_at=None).update(told_at=clock.now()):
        return
    if not asyncio.run(_taken(carrier_for(Channel.TEXT), outgoing)):
        TeacherText.objects.filter(pk=text.pk).update(told_at=None)
        raise RuntimeError(f"text {text.pk} could not be answered")


async def _taken(carrier: Carrier, outgoing: Outgoing) -> bool:
    outcomes = [outcome async for outcome in carrier.send([outgoing])]
    return any(outcome.kind is OutcomeKind.ACCEPTED for outcome in outcomes)


@jobs.task("hotline.fetch_spoken", tries=10)
def fetch_spoken(*, spoken_id: int) -> None:
    """Bring a teacher's voice home. Raises where it is not to be had yet: the job is tried again."""
    spoken = SpokenWork.objects.filter(pk=spoken_id, fetched_at=None).first()
    if spoken is None:
        return
    carrier = with_words(spoken.carrier)
    if not isinstance(carrier, Listens):
        raise LookupError(f"{spoken.carrier} keeps no recordings.")
    sound = asyncio.run(carrier.fetch(spoken.audio))
    spoken.data, spoken.content_type = sound.data, sound.content_type
    spoken.fetched_at = clock.now()
    spoken.save(update_fields=["data", "content_type", "fetched_at"])


@jobs.every_minute("hotline.weekly")
def send_weekly() -> None:
    """Let the week's homework wait for the digests of the families that asked for it."""
    weekly.send_due(at=clock.now())
