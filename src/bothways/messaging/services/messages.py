"""Write a message and send it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from django.db import transaction

from bothways.accounts.enums import Permission
from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.core import clock, jobs
from bothways.messaging.audience import Audience, unknown_terms
from bothways.messaging.enums import MessageKind, Purpose, Tone
from bothways.messaging.fanout import Fanned, fan_out
from bothways.messaging.models import Message, Version
from bothways.messaging.rules import REPLY_DAYS
from bothways.messaging.services.digests import hold
from bothways.people.models import Student
from bothways.schools.models import District, School

BATCH = 500
MAX_JOBS = 16  # as many workers as may take part in one send
MAX_LENGTH = 10_000


class UnusableMessage(ValueError):
    """It cannot be sent as it is; the text says what to mend."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody wants to say, before anything is kept."""

    purpose: Purpose
    audience: Audience
    bodies: Mapping[str, str]  # language → words
    subjects: Mapping[str, str]
    student: Student | None = None
    school: School | None = None
    tone: Tone = Tone.NEITHER  # of a personal note; nothing else has one
    answered_by: User | None = None  # who owes the answer, where no person wrote it
    climb_as: Purpose | None = None  # how far to climb for it, where not as for its purpose


class _RolledBack(Exception):
    """Carries the counts of a trial out of its transaction."""


def check(draft: Draft, *, district: District, by: User | None) -> None:
    """Raise UnusableMessage for words or an audience that cannot be sent by this person."""
    if not any(body.strip() for body in draft.bodies.values()):
        raise UnusableMessage("The message is empty. Write it in at least one language.")
    for language, body in draft.bodies.items():
        if len(body) > MAX_LENGTH:
            raise UnusableMessage(
                f"The version in {language} has {len(body)} characters; {MAX_LENGTH} is the most."
            )
        if "\x00" in body:
            raise UnusableMessage(f"The version in {language} has a character that cannot be sent.")
    missing = unknown_terms(draft.audience, district)
    if missing:
        raise UnusableMessage(f"Not found in {district.name}: {', '.join(missing[:5])}.")
    if by is None:
        return
    if (
        draft.student is not None
        and not Student.objects.visible_to(by).filter(pk=draft.student.pk).exists()
    ):
        raise UnusableMessage("This is not a child whom you serve.")
    if not by.can(Permission.MESSAGE_WRITE):
        raise UnusableMessage("Your role does not write to families.")
    if draft.purpose is Purpose.EMERGENCY and not by.can(Permission.MESSAGE_EMERGENCY):
        raise UnusableMessage("An emergency is sent by the office or the principal: call them now.")


@transaction.atomic
def send(
    draft: Draft,
    *,
    district: District,
    by: User | None,
    kind: MessageKind = MessageKind.NEWS,
) -> tuple[Message, Fanned]:
    """Send this to all whom it means and who may be contacted; the outcome comes in by itself.

    ``by`` None is the command line of the installation. Raises UnusableMessage.
    """
    check(draft, district=district, by=by)
    now = clock.now()
    message = Message.objects.create(
        district=district,
        school=draft.school,
        author=by,
        answered_by=draft.answered_by,
        climb_as=draft.climb_as.value if draft.climb_as else "",
        kind=kind.value,
        purpose=draft.purpose.value,
        tone=draft.tone.value if draft.purpose is Purpose.PERSONAL else "",
        student=draft.student,
        audience=draft.audience.to_json(),
        created_at=now,
        sent_at=now,
        expires_at=now + timedelta(days=REPLY_DAYS),
    )
    Version.objects.bulk_create(
        Version(
            message=message,
            language=language,
            subject=draft.subjects.get(language, "")[:200],
            body=body.strip(),
        )
        for language, body in draft.bodies.items()
        if body.strip()
    )
    children = Student.objects.filter(district=district)
    fanned = fan_out(message, among=children if by is None else children.visible_to(by), at=now)
    waiting = hold(message, at=now)
    fanned = replace(
        fanned,
        digest=waiting.deliveries,
        digest_families=waiting.families,
        digest_first=waiting.first,
    )
    record(
        "message.sent", message, by=by.pk if by else None, district=district.pk, **fanned.deliveries
    )
    queue(message, sum(fanned.deliveries.values()) - fanned.digest)
    return message, fanned


def queue(message: Message, count: int) -> None:
    """Let workers take what the message made: a few jobs that each take batches until nothing is left."""
    urgent = Purpose(message.purpose) is Purpose.EMERGENCY
    # An emergency has a worker of its own, and the help of all others: they send what is urgent first.
    for queue in (jobs.URGENT, jobs.ORDINARY) if urgent else (jobs.ORDINARY,):
        for _ in range(min(MAX_JOBS, -(-count // BATCH))):
            jobs.enqueue(
                "messaging.send_due",
                queue=queue,
                district_id=message.district_id,
                urgent=int(urgent),
            )


def count(draft: Draft, *, district: District, by: User | None) -> Fanned:
    """What ``send`` would do, exactly, without doing it: it is done and taken back."""
    try:
        with transaction.atomic():
            _, fanned = send(draft, district=district, by=by)
            raise _RolledBack
    except _RolledBack:
        return fanned
