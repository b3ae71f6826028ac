"""Answer a family: by a person, or at once by the system with when a person will read."""

from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import Value

from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.channels.enums import Channel
from bothways.consent.queries import allowed
from bothways.core import clock, ids, jobs
from bothways.languages.phrases import phrase
from bothways.messaging.enums import AT_ONCE, Meaning, MessageKind, Origin, Purpose, SettledWhy
from bothways.messaging.models import (
    Alert,
    Conversation,
    Delivery,
    Entry,
    Handing,
    Message,
    Recipient,
    Settling,
    Version,
    Writing,
)
from bothways.messaging.queries import homes_found_wrong
from bothways.messaging.reading import reading_words
from bothways.messaging.rules import REPLY_DAYS, may_go
from bothways.messaging.services.evidence import refresh_families
from bothways.people.enums import PhoneKind, PointKind
from bothways.people.models import ContactPoint

_CHANNELS = {
    PointKind.PHONE.value: Channel.TEXT,
    PointKind.EMAIL.value: Channel.EMAIL,
    PointKind.POSTAL.value: Channel.LETTER,
    PointKind.WHATSAPP.value: Channel.WHATSAPP,
    PointKind.PUSH.value: Channel.PUSH,
}


class NoWay(ValueError):
    """The family cannot be answered where it wrote from; the text says why."""


@transaction.atomic
def answer(
    *, conversation: Conversation, words: str, by: User, said: "Said | None" = None
) -> Delivery:
    """Send the family an answer by the way it last wrote; raises NoWay where that may not be used.

    ``words`` are what the family gets; ``said`` tells in which language they are, and what they were
    translated from. Without it they are in the language in which the family wrote.
    """
    if not words.strip():
        raise NoWay("The answer is empty.")
    if said is not None and not may_go(
        said.origin,
        reviewed=said.reviewed_by is not None,
        purpose=Purpose.PERSONAL.value,
        vital=conversation.district.vital_purposes,
    ):
        raise NoWay(
            "Here a machine’s words go to no family before a person who has the language read them. Let a "
            "person translate your answer, or change the translation yourself if you have the language."
        )
    last = (
        conversation.entries.filter(from_family=True)
        .exclude(meaning__in=[Meaning.STOP.value, Meaning.WRONG_PERSON.value])
        .order_by("-at", "-pk")
        .first()
    )
    if last is None:
        raise NoWay("The family has not written yet. Use “Write” instead.")
    if not last.kind:
        raise NoWay(
            "They wrote on their own page, and there is no number or mailbox to answer to. Call or visit "
            "them, and press “Dealt with in person” after that."
        )
    if conversation.household_id in homes_found_wrong(last.kind, last.match):
        raise NoWay(
            "Somebody else has the number or address that they wrote from. Look for a right one on the "
            "family’s page, and write there."
        )
    if last.channel == Channel.VOICE and _landline(last):
        raise NoWay(
            "They spoke with us on a landline, which takes no texts. Call them, and press “Dealt with in "
            "person” after that."
        )
    if last.moves.filter(before=None).exists() and not _known_here(conversation, last):
        # A colleague knew whose words they are; that the number is theirs, nobody has shown.
        raise NoWay(
            "The number or address that they wrote from is not on the family’s page. Add it there first, or "
            "call them."
        )
    delivery = _deliver(
        conversation=conversation,
        entry=last,
        language=said.language if said else last.language or conversation.district.default_language,
        words=words,
        kind=MessageKind.CONVERSATION,
        purpose=Purpose.PERSONAL,
        by=by,
        said=said,
    )
    if delivery is None:
        raise NoWay(
            "This address may not be used any more (a stop, or a restriction). Call the family, or write "
            "by another way."
        )
    Entry.objects.create(
        district_id=conversation.district_id,
        conversation=conversation,
        from_family=False,
        at=clock.now(),
        author=by,
        channel=delivery.channel,
        kind=delivery.kind,
        match=delivery.match,
        language=delivery.languages[0],
        body=words.strip(),
        original=said.original.strip() if said else "",
        original_language=said.original_language if said and said.original.strip() else "",
        delivery=delivery,
    )
    settle(conversation=conversation, by=by, how="answered")
    Writing.objects.filter(conversation=conversation, user=by).delete()
    return delivery


@dataclass(frozen=True, slots=True)
class Said:
    """The language of an answer, and whence its words are; ``original``: what staff wrote before that."""

    language: str
    original: str = ""
    original_language: str = ""
    origin: Origin = Origin.PERSON
    engine: str = ""
    reviewed_by: User | None = None


def _known_here(conversation: Conversation, entry: Entry) -> bool:
    """Whether an adult of this family has the number or address that these words came from."""
    return ContactPoint.objects.filter(
        guardian__household=conversation.household_id,
        kind=entry.kind,
        match=entry.match,
        ended_at=None,
    ).exists()


def _landline(entry: Entry) -> bool:
    """Whether the number that these words came from is known to take no texts."""
    return ContactPoint.objects.filter(
        district=entry.district_id,
        kind=entry.kind,
        match=entry.match,
        phone_kind=PhoneKind.LANDLINE.value,
    ).exists()


@transaction.atomic
def settle(
    *,
    conversation: Conversation,
    by: User,
    how: str,
    why: SettledWhy | None = None,
    words: str = "",
) -> Settling | None:
    """Nobody waits here any more: answered, or closed without an answer, which ``unsettle`` takes back."""
    settling = None
    if how != "answered" and conversation.waiting_since is not None:
        settling = Settling.objects.create(
            conversation=conversation,
            reason=(why or SettledWhy.OTHER).value,
            words=words.strip(),
            waited_since=conversation.waiting_since,
            by=by,
            at=clock.now(),
        )
    conversation.waiting_since = None
    conversation.last_at = clock.now()
    conversation.save(update_fields=["waiting_since", "last_at"])
    record(f"conversation.{how}", conversation, by=by.pk, district=conversation.district_id)
    return settling


@transaction.atomic
def unsettle(*, settling: Settling, by: User) -> bool:
    """The family waits after all, since when it did; False where that was said before or it was answered."""
    talk = Conversation.objects.select_for_update().get(pk=settling.conversation_id)
    settling.refresh_from_db()
    answered = talk.entries.filter(from_family=False, at__gt=settling.at).exists()
    if settling.undone_at is not None or answered:
        return False
    settling.undone_at, settling.undone_by = clock.now(), by
    settling.save(update_fields=["undone_at", "undone_by"])
    talk.waiting_since = min(filter(None, (talk.waiting_since, settling.waited_since)))
    talk.save(update_fields=["waiting_since"])
    record("conversation.unsettled", talk, by=by.pk, district=talk.district_id)
    return True


@transaction.atomic
def hand_over(*, conversation: Conversation, to: User, by: User, words: str = "") -> None:
    """Let another member of staff owe the answer; ``words``: what they should know."""
    Handing.objects.create(
        conversation=conversation,
        before=conversation.owner,
        to=to,
        by=by,
        at=clock.now(),
        words=words.strip(),
    )
    conversation.owner = to
    conversation.save(update_fields=["owner"])
    Writing.objects.filter(conversation=conversation, user=by).delete()
    record(
        "conversation.handed_over",
        conversation,
        by=by.pk,
        district=conversation.district_id,
        to=to.pk,
    )


@transaction.atomic
def acknowledge(*, entry: Entry) -> Delivery | None:
    """Tell the family who will read its words, and when; None where it may not be written to."""
    conversation = entry.conversation
    if conversation is None:
        return None
    tag = entry.language or conversation.district.default_language
    where = conversation.school.name if conversation.school else conversation.district.name
    if entry.danger:
        words = phrase(tag, "acknowledgement_emergency", school=where)
    else:
        owner = conversation.owner
        words = phrase(
            tag,
            "acknowledgement",
            name=owner.name if owner else where,
            school=where,
            when=reading_words(conversation.district, conversation.school, tag, clock.now()),
        )
    return _deliver(
        conversation=conversation,
        entry=entry,
        language=tag,
        words=words,
        kind=MessageKind.ACKNOWLEDGEMENT,
        purpose=Purpose.EMERGENCY if entry.danger else Purpose.PERSONAL,
        by=None,
    )


def _deliver(
    *,
    conversation: Conversation,
    entry: Entry,
    language: str,
    words: str,
    kind: MessageKind,
    purpose: Purpose,
    by: User | None,
    said: Said | None = None,
) -> Delivery | None:
    """One delivery to the address of this entry, through the standing of those who live there."""
    now = clock.now()
    district = conversation.district
    links = (
        allowed(
            district=district,
            at=now,
            records=conversation.student_id is not None,
            emergency=purpose is Purpose.EMERGENCY,
            address=(Value(entry.kind), Value(entry.match)),
        )
        .filter(guardian__household=conversation.household_id)
        .order_by("pk")
    )
    if entry.guardian_id:
        links = links.filter(guardian=entry.guardian_id)
    if conversation.student_id:
        links = links.filter(student=conversation.student_id)
    found = list(links)
    if not found:
        return None
    channel = _CHANNELS[entry.kind]
    message = Message.objects.create(
        district=district,
        school=conversation.school,
        author=by,
        kind=kind.value,
        purpose=purpose.value,
        student=conversation.student,
        conversation=conversation,
        created_at=now,
        sent_at=now,
        expires_at=now + timedelta(days=REPLY_DAYS),
    )
    Version.objects.create(
        message=message,
        language=language,
        body=words.strip(),
        origin=(said.origin if said else Origin.PERSON).value,
        engine=said.engine if said else "",
        reviewed_by=said.reviewed_by if said else None,
        reviewed_at=now if said and said.reviewed_by else None,
    )
    last = entry.delivery
    way = Channel(last.channel) if last and last.kind == entry.kind else channel
    if way is Channel.VOICE:
        way = (
            Channel.TEXT
        )  # no machine reads out what a person typed, in the voice of another language
    delivery = Delivery.objects.create(
        district=district,
        message=message,
        household=conversation.household,
        student=conversation.student,
        channel=way.value,
        kind=entry.kind,
        match=entry.match,
        address=last.address if last and last.kind == entry.kind else entry.match,
        languages=[language],
        lane=purpose.lane,
        records=message.records,
        key=ids.key(),
        code=ids.code(),
        not_before=AT_ONCE,
        created_at=now,
    )
    Recipient.objects.bulk_create(Recipient(delivery=delivery, link=link) for link in found)
    refresh_families([conversation.household_id])
    jobs.enqueue(
        "messaging.send_due",
        queue=jobs.URGENT if purpose is Purpose.EMERGENCY else jobs.ORDINARY,
        district_id=district.pk,
        urgent=int(purpose is Purpose.EMERGENCY),
    )
    return delivery


@transaction.atomic
def alert_seen(*, alert: Alert, by: User) -> None:
    """The person on duty has it in hand."""
    if alert.seen_at is None:
        alert.seen_at = clock.now()
        alert.save(update_fields=["seen_at"])
        record("alert.seen", alert, by=by.pk, district=alert.entry.district_id)
