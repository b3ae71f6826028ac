"""Write a message and send it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.db import transaction

from bothways.accounts.enums import Permission
from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.channels.enums import Channel
from bothways.channels.services import offered
from bothways.core import clock, jobs
from bothways.messaging.audience import Audience, children, unknown_terms
from bothways.messaging.enums import MessageKind, Origin, Purpose, Tone
from bothways.messaging.fanout import Aim, Fanned, estimate, fan_out, languages_read
from bothways.messaging.models import Message, Version
from bothways.messaging.rules import REPLY_DAYS, may_go
from bothways.messaging.services.digests import hold, hours_for
from bothways.messaging.speaking import spoken_by_machine
from bothways.people.models import HouseholdStudent, Student
from bothways.schools.models import District, School

BATCH = 500
MAX_JOBS = 16  # as many workers as may take part in one send
MAX_LENGTH = 10_000


class UnusableMessage(ValueError):
    """It cannot be sent as it is; the text says what to mend."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where the words of a version come from, and who went through them."""

    origin: Origin = Origin.PERSON
    engine: str = ""
    reviewed_by: User | None = None


BY_HAND = Source()


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
    sources: Mapping[str, Source] = field(default_factory=dict)  # by language; else a person's


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
    known(draft.audience, district)
    if by is None:
        return
    if (
        draft.student is not None
        and not Student.objects.visible_to(by).filter(pk=draft.student.pk).exists()
    ):
        raise UnusableMessage("This is not a child whom you serve.")
    if not by.can(Permission.MESSAGE_WRITE):
        raise UnusableMessage("Your role does not write to families.")
    if draft.purpose is Purpose.EMERGENCY and not _may_alarm(by, draft.audience, district):
        raise UnusableMessage("An emergency is sent by the office or the principal: call them now.")


def _may_alarm(by: User, audience: Audience, district: District) -> bool:
    """Whether all whom it means are families of a school where this person may send emergencies."""
    if not by.can(Permission.MESSAGE_EMERGENCY) or by.serves_district(Permission.MESSAGE_EMERGENCY):
        return by.can(Permission.MESSAGE_EMERGENCY)
    served = Student.objects.visible_to(by, Permission.MESSAGE_EMERGENCY)
    meant = children(audience, Student.objects.filter(district=district))
    if audience.households:  # a brother or sister at another school is no stranger
        homes = HouseholdStudent.objects.filter(student__in=served.filter(ended_at=None))
        theirs = set(
            homes.filter(household__in=audience.households).values_list("household_id", flat=True)
        )
        return theirs == set(audience.households)
    return not meant.exclude(pk__in=served.values("pk")).exists()


def known(audience: Audience, district: District) -> None:
    """Raise UnusableMessage for an audience of ids that the district does not have."""
    missing = unknown_terms(audience, district)
    if missing:
        raise UnusableMessage(f"Not found in {district.name}: {', '.join(missing[:5])}.")


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
    message = write_down(draft, district=district, by=by, kind=kind)
    return message, let_go(message)


@transaction.atomic
def write_down(
    draft: Draft,
    *,
    district: District,
    by: User | None,
    kind: MessageKind = MessageKind.NEWS,
    leaves_at: datetime | None = None,
) -> Message:
    """Keep a message with its versions; nothing goes out before ``let_go``. Raises UnusableMessage."""
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
        leaves_at=leaves_at,
    )
    Version.objects.bulk_create(
        Version(
            message=message,
            language=language,
            subject=draft.subjects.get(language, "")[:200],
            body=body.strip(),
            origin=source.origin.value,
            engine=source.engine,
            reviewed_by=source.reviewed_by,
            reviewed_at=now if source.reviewed_by else None,
        )
        for language, body in draft.bodies.items()
        if body.strip()
        for source in (draft.sources.get(language, BY_HAND),)
    )
    return message


@transaction.atomic
def let_go(message: Message, *, links: Collection[int] | None = None) -> Fanned:
    """Make the deliveries of a message that was written down, and let workers take them.

    ``links``: through these standings only, by id.
    """
    now, by, district = clock.now(), message.author, message.district
    message.sent_at, message.expires_at = now, now + timedelta(days=REPLY_DAYS)
    message.save(update_fields=["sent_at", "expires_at"])
    children = Student.objects.filter(district=district)
    among = children if by is None else children.visible_to(by)
    fanned = fan_out(message, among=among, at=now, links=links)
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
    return fanned


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
    """What ``send`` would do, exactly; nothing is written. Raises UnusableMessage."""
    check(draft, district=district, by=by)
    written = [
        tag
        for tag, body in draft.bodies.items()
        if body.strip()
        and may_go(
            (source := draft.sources.get(tag, BY_HAND)).origin,
            reviewed=source.reviewed_by is not None,
            purpose=draft.purpose,
            vital=district.vital_purposes,
        )
    ]
    return _estimated(draft, written, district=district, by=by)


def audience_of(draft: Draft, *, district: District, by: User | None) -> Fanned:
    """Whom this would reach, and how, if there were words in every language; nothing is written.

    Raises UnusableMessage for an audience that the district does not have.
    """
    known(draft.audience, district)
    return _estimated(draft, None, district=district, by=by)


def _estimated(
    draft: Draft, written: list[str] | None, *, district: District, by: User | None
) -> Fanned:
    now = clock.now()
    personal = draft.purpose is Purpose.PERSONAL
    aim = Aim(
        district=district,
        purpose=draft.purpose,
        audience=draft.audience,
        student=draft.student.pk if draft.student else None,
        records=personal or draft.student is not None,
        languages=written,
        heard=spoken_by_machine(written if written is not None else languages_read(district.pk))
        if Channel.VOICE in offered()
        else frozenset(),
    )
    children = Student.objects.filter(district=district)
    return estimate(
        aim,
        among=children if by is None else children.visible_to(by),
        at=now,
        digests=hours_for(district, kind=MessageKind.NEWS, purpose=draft.purpose, at=now),
    )
