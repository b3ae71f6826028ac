"""What families write: kept as it came, understood as far as can be, and answered by a person.

Words outrank everything: nothing that a family wrote is lost, whoever it came from.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q

from bothways.accounts.models import User
from bothways.accounts.queries import duty_persons
from bothways.audit.services import record
from bothways.channels.contract import Event
from bothways.channels.enums import Button, Channel
from bothways.channels.models import RawEvent
from bothways.consent.models import Stop
from bothways.consent.services import start, stop
from bothways.core import clock, jobs
from bothways.languages.meaning import Meaning as Understood
from bothways.languages.meaning import read_reply
from bothways.ledger.enums import Direction, Level, SourceKind
from bothways.ledger.models import Withdrawn
from bothways.ledger.services import Line, write
from bothways.messaging.enums import KIND_OF_CHANNEL, NEEDS_ANSWER, Meaning, State
from bothways.messaging.models import Alert, Conversation, Delivery, Entry, Question
from bothways.messaging.queries import Writer, school_of, who_answers, writer_at, writer_of
from bothways.messaging.services.evidence import refresh_families, refresh_points
from bothways.messaging.services.sounds import keep_spoken
from bothways.messaging.services.taking import (
    Fit,
    fitting,
    fitting_page,
    forget,
    keep,
    keep_loose,
    pressed,
)
from bothways.people.agreed import agree_to_whatsapp, has_phone_but_no_whatsapp
from bothways.people.enums import PhoneKind, PointKind, PointState, WordClass
from bothways.people.models import ContactPoint, Household
from bothways.schools.models import District

MAX_WORDS = 20_000

# What each is worth as evidence. "Stop", "wrong person" and machines prove nothing about the family.
EVIDENCE: dict[Meaning, Level] = {
    Meaning.WORDS: Level.ANSWERED,
    Meaning.HELP: Level.ANSWERED,
    Meaning.SPOKEN: Level.ANSWERED,
    Meaning.ACKNOWLEDGED: Level.SEEN,
    Meaning.CALL_ME: Level.ANSWERED,
    Meaning.NOT_UNDERSTOOD: Level.ANSWERED,
    Meaning.TOLD: Level.ANSWERED,
}


@dataclass(frozen=True, slots=True)
class Said:
    """One utterance of a family, from whatever way it came."""

    channel: Channel
    kind: str
    match: str
    words: str
    meaning: Meaning
    danger: bool
    writer: Writer | None
    also: frozenset[Meaning]  # what else was said: “wrong number, stop” is both
    language: str
    word_class: WordClass = WordClass.FAMILY
    raw: RawEvent | None = None
    form_key: str | None = None
    entered_by: User | None = None  # staff who typed a paper slip
    own_page: bool = (
        False  # on their own pages: the address is where an answer goes, not where it came from
    )
    answers: Fit | None = None  # the question of ours that it answers


# Who writes by these is answered there at once.
_WRITTEN_FROM = (Channel.TEXT, Channel.WHATSAPP)

# A pressed key or button means what the same button of the reply page means.
MEANT: dict[Button, Meaning] = {
    Button.HEARD: Meaning.ACKNOWLEDGED,
    Button.CALL_ME: Meaning.CALL_ME,
    Button.NOT_UNDERSTOOD: Meaning.NOT_UNDERSTOOD,
}


def receive_gesture(event: Event, *, raw: RawEvent, at: datetime) -> str:
    """Take in a pressed key or button; a short word for what it was taken for."""
    meaning = MEANT[Button(event.button)]
    kind, match, writer = _from_whom(event)
    if writer is None:
        return "unknown_sender"  # no words that could be lost
    take_in(
        Said(
            channel=Channel(event.channel or Channel.TEXT),
            kind=kind,
            match=match,
            words=event.body,
            meaning=meaning,
            danger=False,
            writer=writer,
            also=frozenset(),
            language=writer.language,
            raw=raw,
        ),
        at=at,
        carrier_knows=False,
        acknowledge=False,
    )
    return meaning.value


def _from_whom(event: Event) -> tuple[str, str, Writer | None]:
    """(kind, address, family): of the delivery that it answers, else of the address it came from."""
    if event.key:
        answered = (
            Delivery.objects.filter(key=event.key)
            .select_related("household", "student", "message", "district")
            .first()
        )
        if answered is not None:
            return answered.kind, answered.match, writer_of(answered)
    kind = KIND_OF_CHANNEL[Channel(event.channel or Channel.TEXT)].value
    return kind, event.from_, writer_at(kind, event.from_) if event.from_ else None


def receive_text(event: Event, *, raw: RawEvent, at: datetime) -> str:
    """Take in words that came by a carrier; a short word for what they were taken for."""
    kind, match, writer = _from_whom(event)
    if event.question is not None:
        return _receive_keys(event, raw=raw, at=at)
    understood = read_reply(event.body, writer.language if writer else None)
    meaning = Meaning(understood.kind.value)
    also = _also(understood)
    if event.stop is not None:
        also |= {meaning} & {Meaning.WRONG_PERSON}
        meaning = Meaning.STOP if event.stop else Meaning.START
    elif event.automatic:
        meaning = Meaning.AUTO_REPLY
        also = frozenset()
    elif event.audio and not event.body.strip():
        meaning = Meaning.SPOKEN
    elif event.machine:
        # It proves nothing about the family, but a person has to read it.
        meaning, also = Meaning.AUTO_REPLY, frozenset({Meaning.HELP})
    answers = None
    if event.stop is None and not (event.automatic or event.machine or event.audio):
        answers = fitting(
            writer, kind=kind, match=match, words=event.body, understood=understood, at=at
        )
    if answers is not None:
        if answers.question.anonymous:
            keep_loose(answers, raw=raw, at=at)
            return Meaning.TOLD.value
        writer, meaning, also = answers.writer, _told(answers, meaning), frozenset()
    said = Said(
        channel=Channel(event.channel or Channel.TEXT),
        kind=kind,
        match=match,
        words=event.body,
        meaning=meaning,
        danger=understood.danger,
        writer=writer,
        also=also,
        language=writer.language if writer else "",
        raw=raw,
        answers=answers,
    )
    # A pressed key stops our calls; the carrier itself blocks nothing by it.
    by_carrier = event.stop is not None and said.channel is Channel.TEXT
    entry = take_in(said, at=at, carrier_knows=by_carrier, acknowledge=not event.machine)
    if event.audio:
        keep_spoken(entry, carrier=raw.carrier, audio=event.audio, seconds=event.seconds)
    _agreed(said)
    return meaning.value if writer else "unknown_sender"


def _receive_keys(event: Event, *, raw: RawEvent, at: datetime) -> str:
    """Take in what was pressed in a call in answer to its question; a short word for what became of it."""
    delivery = (
        Delivery.objects.filter(key=event.key)
        .select_related("household", "student", "message", "district")
        .first()
    )
    if delivery is None:
        return "unknown_sender"  # digits alone are no words that could be lost
    question = Question.objects.filter(message=delivery.message_id).first()
    fit = None
    if question is not None:
        # They were told that it is kept: what counts is when they pressed, not when we get to it.
        fit = pressed(
            delivery, question, digits=event.body, nth=event.question or 0, at=raw.received_at
        )
    if question is not None and question.anonymous:
        if fit is None:
            forget(raw)
            return "no_question"
        keep_loose(fit, raw=raw, at=at)
        return Meaning.TOLD.value
    if fit is None:
        return "no_question"
    said = Said(
        channel=Channel.VOICE,
        kind=delivery.kind,
        match=delivery.match,
        words=event.body,
        meaning=Meaning.TOLD,
        danger=False,
        writer=fit.writer,
        also=frozenset(),
        language=fit.writer.language,
        raw=raw,
        answers=fit,
    )
    take_in(said, at=at, carrier_knows=False, acknowledge=False)
    return Meaning.TOLD.value


def _told(answers: Fit, meaning: Meaning) -> Meaning:
    """What an answer to a question means besides: nobody owes a reply to a bare one."""
    if answers.reading.whole:
        return Meaning.TOLD
    return (
        Meaning.WORDS if meaning in (Meaning.ACKNOWLEDGED, Meaning.HELP, Meaning.START) else meaning
    )


def _agreed(said: Said) -> None:
    """Who writes by WhatsApp from a number of theirs may be reached there from now on."""
    unwilling = {Meaning.STOP, Meaning.WRONG_PERSON, Meaning.AUTO_REPLY}
    if said.channel is not Channel.WHATSAPP or said.writer is None:
        return
    if {said.meaning, *said.also} & unwilling:
        return
    guardians = has_phone_but_no_whatsapp(said.writer.household.pk, said.match)
    agree_to_whatsapp(guardians=guardians, number=said.match)


def _also(understood: Understood) -> frozenset[Meaning]:
    return frozenset(Meaning(kind.value) for kind in understood.also)


@transaction.atomic
def receive_page(
    delivery: Delivery,
    *,
    words: str,
    button: Meaning | None,
    form_key: str | None,
    channel: Channel | None = None,
    entered_by: User | None = None,
) -> Entry | None:
    """Take in an answer from a reply page or a paper slip; None if this very form came before.

    ``button`` with empty words is a gesture; with words, the words count.
    """
    at = clock.now()
    writer = writer_of(delivery)
    understood = read_reply(words, writer.language)
    meaning = Meaning(understood.kind.value) if words.strip() else Meaning.EMPTY
    # A form is filled in by somebody: what looks like a machine's answer is words all the same.
    if meaning in (Meaning.AUTO_REPLY, Meaning.HELP):
        meaning = Meaning.WORDS
    also = _also(understood)
    answers = fitting_page(delivery, writer, words=words, at=at)
    if answers is not None and button is not None and answers.question.anonymous:
        answers = None  # who asks for a call wants to be known
    if answers is not None and button is None:
        if answers.question.anonymous:
            keep_loose(answers, raw=None, at=at)
            return None
        writer, meaning, also = answers.writer, _told(answers, meaning), frozenset()
    if button in (Meaning.CALL_ME, Meaning.NOT_UNDERSTOOD):
        # Words outrank a button: “stop” and “wrong number” mean what they say, whatever was pressed.
        if meaning in (Meaning.STOP, Meaning.WRONG_PERSON):
            also |= {button}
        else:
            meaning = button
    elif meaning is Meaning.EMPTY:
        if button is None:
            return None
        meaning = button
    said = Said(
        channel=channel or Channel(delivery.channel),
        kind=delivery.kind,
        match=delivery.match,
        words=words[:MAX_WORDS].replace("\x00", ""),
        meaning=meaning,
        danger=understood.danger,
        writer=writer,
        also=also,
        language=writer.language,
        form_key=form_key,
        entered_by=entered_by,
        answers=answers,
    )
    try:
        with transaction.atomic():
            entry = take_in(said, at=at, carrier_knows=False, acknowledge=False)
    except IntegrityError:
        # The same form twice: a double click, or a bad connection that tried again.
        if form_key and Entry.objects.filter(form_key=form_key).exists():
            return None
        raise
    if entered_by is not None:
        record("slip.entered", delivery, by=entered_by.pk, district=delivery.district_id)
    return entry


@transaction.atomic
def take_in(said: Said, *, at: datetime, carrier_knows: bool, acknowledge: bool = True) -> Entry:
    """Keep the words, draw what follows from them, and see that a person reads them."""
    writer = said.writer
    conversation = conversation_with(writer, at) if writer else None
    entry = Entry.objects.create(
        district_id=writer.district_id if writer else _only_district(),
        conversation=conversation,
        from_family=True,
        at=at,
        guardian=writer.guardian if writer else None,
        author=said.entered_by,
        channel=said.channel.value,
        kind=said.kind,
        match=said.match,
        language=said.language,
        body=said.words[:MAX_WORDS].replace("\x00", ""),
        meaning=said.meaning.value,
        danger=said.danger,
        # A disclosure is not for the other parent's eyes.
        word_class=(WordClass.PROTECTED if said.danger else said.word_class).value,
        delivery=writer.delivery if writer else None,
        raw=said.raw,
        form_key=said.form_key,
    )
    if said.answers is not None:
        keep(said.answers, entry, at=at)
    if said.danger:
        alert_duty(entry, conversation)
    _stops(said, at, carrier_knows)
    if Meaning.WRONG_PERSON in {said.meaning, *said.also}:
        _wrong_person(said, at)
    elif said.meaning in EVIDENCE and writer is not None and _theirs(said, writer):
        _evidence(entry, writer, said, at)
    if conversation is not None:
        conversation.last_at = at
        needs_answer = bool({said.meaning, *said.also} & NEEDS_ANSWER) or said.danger
        first = needs_answer and conversation.waiting_since is None
        if first:
            conversation.waiting_since = at
        conversation.save(update_fields=["last_at", "waiting_since"])
        if first and acknowledge and said.channel in _WRITTEN_FROM:
            # One acknowledgement for each time a family waits: answering each of three texts is noise.
            jobs.enqueue(
                "messaging.acknowledge",
                queue=jobs.URGENT if said.danger else None,
                entry_id=entry.pk,
            )
    return entry


def _only_district() -> int | None:
    districts = list(District.objects.values_list("pk", flat=True)[:2])
    return districts[0] if len(districts) == 1 else None


def conversation_with(writer: Writer, at: datetime) -> Conversation:
    """The conversation of this family about this child, locked where it is there; made where it is not."""
    found = (
        Conversation.objects.select_for_update()
        .filter(household=writer.household, student=writer.student)
        .first()
    )
    message = writer.delivery.message if writer.delivery else None
    author = (message.author or message.answered_by) if message else None
    if found is not None:
        # Who wrote last owes the answer to what comes back, unless somebody owes one already.
        if found.waiting_since is None and author is not None and author.is_active:
            found.owner = author
            found.save(update_fields=["owner"])
        return found
    school = school_of(writer.household, writer.student)
    owner = who_answers(
        author=author, district_id=writer.district_id, school=school, student=writer.student
    )
    made, _ = Conversation.objects.get_or_create(
        household=writer.household,
        student=writer.student,
        defaults={
            "district_id": writer.district_id,
            "school": school,
            "owner": owner,
            "last_at": at,
        },
    )
    return made


def alert_duty(entry: Entry, conversation: Conversation | None) -> None:
    """Words of danger go at once to a named person, never only to a list."""
    if entry.district_id is None:
        districts = list(District.objects.all())
    else:
        districts = [District.objects.get(pk=entry.district_id)]
    for district in districts:
        school = conversation.school if conversation else None
        for user in duty_persons(district.pk, school):
            alert, made = Alert.objects.get_or_create(
                entry=entry, user=user, defaults={"at": entry.at}
            )
            if made:
                jobs.enqueue("messaging.tell_duty", queue=jobs.URGENT, alert_id=alert.pk)


def _stops(said: Said, at: datetime, carrier_knows: bool) -> None:
    meanings = {said.meaning, *said.also}
    if not meanings & {Meaning.STOP, Meaning.START}:
        return
    # Who says both is left in peace, and read by a person.
    change = stop if Meaning.STOP in meanings else start
    # An address is stopped wherever it is known, not only where it was last written to.
    known = ContactPoint.objects.filter(kind=said.kind, match=said.match).values("district_id")
    districts = District.objects.all()
    if said.writer is not None:
        districts = districts.filter(Q(pk=said.writer.district_id) | Q(pk__in=known))
    for district in districts:
        if change is stop and said.channel is Channel.TEXT and said.writer and not carrier_knows:
            stop(
                district=district,
                kind=said.kind,
                match=said.match,
                by=Stop.By.OURS,
                at=at,
                confirm_in=said.language if district.pk == said.writer.district_id else None,
            )
        else:
            change(district=district, kind=said.kind, match=said.match, by=Stop.By.OURS, at=at)
        # Who writes START by text has lifted the carrier's block with it.
        if carrier_knows or (change is start and said.channel in _WRITTEN_FROM):
            change(district=district, kind=said.kind, match=said.match, by=Stop.By.CARRIER, at=at)


def same_number(kind: str) -> tuple[str, ...]:
    """A number is the same person's by phone and by WhatsApp."""
    numbers = (PointKind.PHONE.value, PointKind.WHATSAPP.value)
    return numbers if kind in numbers else (kind,)


def _wrong_person(said: Said, at: datetime) -> None:
    """The contact point does not reach this family; a person must find a right one."""
    points = ContactPoint.objects.filter(kind__in=same_number(said.kind), match=said.match)
    if said.writer is not None:
        points = points.filter(guardian__household=said.writer.household)
    points.update(state=PointState.FAILING.value, why="wrong_person", state_at=at)


def _theirs(said: Said, writer: Writer) -> bool:
    """Whether these words can be this family's: a number that somebody called wrong is another's now.

    A slip that came on paper, and that a person here read and typed, was in the family's hands.
    """
    if said.entered_by is not None:
        return True
    points = ContactPoint.objects.filter(
        guardian__household=writer.household, kind=said.kind, match=said.match
    )
    wrong = set(points.values_list("why", flat=True))
    return wrong != {"wrong_person"}


def _evidence(entry: Entry, writer: Writer, said: Said, at: datetime) -> None:
    level = EVIDENCE[said.meaning]
    delivery = writer.delivery
    source = (
        (SourceKind.DELIVERY, delivery.pk)
        if level is Level.SEEN and delivery is not None and not _taken_back(delivery)
        else (SourceKind.ENTRY, entry.pk)
    )
    write(
        [
            Line(
                district_id=writer.district_id,
                household_id=writer.household.pk,
                student_id=writer.student.pk if writer.student else None,
                guardian_id=writer.guardian.pk if writer.guardian else None,
                at=at,
                level=level,
                direction=Direction.FROM_FAMILY,
                channel=said.channel.value,
                source_kind=source[0],
                source_id=source[1],
                word_class=WordClass(entry.word_class),
            )
        ]
    )
    if delivery is not None:
        show_sign(delivery, level, at=at)
    if not said.own_page:
        address_works(writer.household, said.channel, said.kind, said.match, at=at)


def _taken_back(delivery: Delivery) -> bool:
    """Whether the first gesture at it was found to be another family's: its line counts no more."""
    return Withdrawn.objects.filter(
        event__source_kind=SourceKind.DELIVERY.value,
        event__source_id=delivery.pk,
        event__level=int(Level.SEEN),
    ).exists()


def show_sign(delivery: Delivery, level: Level, *, at: datetime) -> None:
    """A gesture or words came back to this delivery: its state, its address and its family show it."""
    state = State.ANSWERED if level is Level.ANSWERED else State.SEEN
    Delivery.objects.filter(pk=delivery.pk, rank__lt=state.rank).update(
        state=state.value, rank=state.rank, error=""
    )
    refresh_points([delivery.pk], at=at)
    refresh_families([delivery.household_id])


def address_works(
    household: Household, channel: Channel, kind: str, match: str, *, at: datetime
) -> None:
    """Somebody of this family wrote from here: what they write from reaches them."""
    if channel not in _WRITTEN_FROM:
        return
    known = ContactPoint.objects.filter(
        guardian__household=household, kind=kind, match=match
    ).exclude(why="wrong_person")
    known.update(state=PointState.WORKING.value, why="", state_at=at)
    if channel is Channel.TEXT:
        # Whoever texts can be texted, whatever a roster's column says.
        known.update(phone_kind=PhoneKind.MOBILE.value)
