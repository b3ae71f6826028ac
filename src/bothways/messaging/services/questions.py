"""Ask families something by message, and hand their answers to who asked.

An answer is a reply like any other: it is taken in by ``taking`` where replies come in. Who asks reads what
came with a cursor, from a job of its own; messaging knows nothing of surveys or cases.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.db import connection, transaction

from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.channels.enums import Channel
from bothways.consent.queries import standing
from bothways.core import clock
from bothways.messaging.audience import Audience
from bothways.messaging.enums import MessageKind, Per, Purpose, Takes
from bothways.messaging.models import (
    Asked,
    Entry,
    LooseAnswer,
    Message,
    Question,
    QuestionAnswer,
)
from bothways.messaging.services.messages import Draft, Source, UnusableMessage, let_go, write_down
from bothways.messaging.services.taking import ANSWERS_LOCK
from bothways.people.models import Guardian, Household, Link, Student
from bothways.schools.models import District, School

MOST_CHOICES = 9
MOST_ON_A_SCALE = 100
NO_SUBJECT: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer; ``value`` is None where words were asked for. The newest of an adult counts."""

    pk: int
    question: Question
    household: Household
    guardian: Guardian | None  # None: several adults share the address it came from
    value: Decimal | None
    words: str  # besides the value
    language: str
    at: datetime
    entry: Entry | None
    ref: str  # the question's, or that of one which the same call asked after it

    @property
    def by_call(self) -> bool:
        """Whether it was pressed on a telephone."""
        return self.entry is not None and self.entry.channel == Channel.VOICE


@dataclass(frozen=True, slots=True)
class Following:
    """What a call asks after the question, before it ends; ``words``, ``choices``: by language."""

    ref: str
    takes: Takes
    words: Mapping[str, str]
    low: int = 1
    high: int = 5
    choices: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Loose:
    """One anonymous answer; ``day``: the Monday of the week in which it came."""

    ref: str
    value: Decimal | None
    words: str
    day: date


class UnusableQuestion(UnusableMessage):
    """It cannot be asked like this; the text says what to mend."""


@transaction.atomic
def ask(
    *,
    district: District,
    links: Sequence[Link],
    student: Student | None,
    bodies: Mapping[str, str],
    subject: Mapping[str, str] | None,
    takes: Takes,
    kind: str,
    ref: str,
    by: User | None,
    until: datetime,
    purpose: Purpose = Purpose.PERSONAL,
    anonymous: bool = False,
    low: int = 1,
    high: int = 5,
    choices: Mapping[str, Sequence[str]] | None = None,
    per: Per = Per.GUARDIAN,
    school: School | None = None,
    answered_by: User | None = None,
    sources: Mapping[str, Source] | None = None,
    spoken: Mapping[str, str] | None = None,
    then: Sequence[Following] = (),
) -> Message | None:
    """Send this question to these adults by their usable ways; None where none of them can be reached now.

    ``links``: standing of the adults for the children it is about; an adult whom an order keeps away gets
    nothing. ``kind`` and ``ref`` are the asker's own; ``low``, ``high``: of a SCALE; ``choices``: of a CHOICE,
    or what the numbers of a SCALE mean, language → the words of each, in order. ``spoken``: what a call says
    instead, which tells the keys itself; ``then``: what the same call asks next. ``answered_by`` owes an
    answer to words besides, where ``by`` is None; ``sources``: whence the words of a language are, where no
    person wrote them. The words must say how to answer. Raises UnusableMessage.
    """
    choices = choices or {}
    _check(takes, low=low, high=high, choices=choices, kind=kind, ref=ref)
    if anonymous and then:
        raise UnusableQuestion(
            "Ask one anonymous question at a time: nobody may know who answered the first."
        )
    for one in then:
        _check(one.takes, low=one.low, high=one.high, choices=one.choices, kind=kind, ref=one.ref)
    now = clock.now()
    if until <= now:
        raise UnusableQuestion(
            "The day until which an answer counts has passed. Choose a later one."
        )
    asked = list(
        standing(district=district, at=now, records=student is not None)
        .filter(pk__in=[link.pk for link in links], guardian__household__isnull=False)
        .select_related("student", "guardian")
        .order_by("guardian_id", "pk")
    )
    if student is not None:
        asked = [link for link in asked if link.student_id == student.pk]
    if not asked:
        return None
    draft = Draft(
        purpose,
        Audience(
            students=_by_roster(asked),
            households=tuple(
                sorted({home for link in asked if (home := link.guardian.household_id)})
            ),
        ),
        bodies,
        subject or NO_SUBJECT,
        student=student,
        school=school,
        answered_by=answered_by,
        sources=sources or {},
    )
    point = transaction.savepoint()
    message = write_down(draft, district=district, by=by, kind=MessageKind.QUESTION)
    fanned = let_go(message, links=[link.pk for link in asked])
    if not fanned.deliveries:
        transaction.savepoint_rollback(point)
        return None
    question = Question.objects.create(
        district=district,
        message=message,
        student=student,
        kind=kind,
        ref=ref,
        takes=takes.value,
        low=low,
        high=high,
        choices={tag: list(words) for tag, words in choices.items()},
        per=per.value,
        anonymous=anonymous,
        spoken=dict(spoken or {}),
        then=[
            {
                "ref": one.ref,
                "takes": one.takes.value,
                "words": dict(one.words),
                "low": one.low,
                "high": one.high,
                "choices": {tag: list(words) for tag, words in one.choices.items()},
            }
            for one in then
        ],
        asked_at=now,
        until=until,
    )
    homes = {link.guardian_id: link.guardian.household_id for link in asked}
    Asked.objects.bulk_create(
        Asked(question=question, guardian_id=guardian, household_id=home)
        for guardian, home in homes.items()
        if home is not None
    )
    record(
        "question.asked",
        question,
        by=by.pk if by else None,
        district=district.pk,
        adults=len(homes),
    )
    return message


def _by_roster(asked: Sequence[Link]) -> tuple[str, ...]:
    """The children's roster ids; none where one has none: then the homes and the adults say it all."""
    ids = {link.student.sis_id or "" for link in asked}
    return () if "" in ids else tuple(sorted(ids))


def _check(
    takes: Takes,
    *,
    low: int,
    high: int,
    choices: Mapping[str, Sequence[str]],
    kind: str,
    ref: str,
) -> None:
    if not kind or len(kind) > 16 or not ref or len(ref) > 80:
        raise UnusableQuestion("A question needs who asks it, and what for.")
    if takes is Takes.SCALE and not 0 <= low < high <= MOST_ON_A_SCALE:
        raise UnusableQuestion(
            f"A scale goes up, from 0 or more to {MOST_ON_A_SCALE} at most: {low} to {high} is none."
        )
    if takes is Takes.SCALE and any(len(words) != high - low + 1 for words in choices.values()):
        raise UnusableQuestion("Give each number of the scale its words, or none of them.")
    if takes is Takes.CHOICE:
        counts = {len(words) for words in choices.values()}
        if len(counts) != 1 or not 2 <= min(counts) <= MOST_CHOICES:
            raise UnusableQuestion(
                f"Give two to {MOST_CHOICES} choices, and as many in each language."
            )


def answers(kind: str, *, after: int, most: int = 1000) -> list[Answer]:
    """What came for this asker since the answer ``after``, oldest first. Read it with a cursor.

    Ids are given out before rows are there to be read: what is still being written is waited for, so that no
    lower id appears behind the cursor.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [ANSWERS_LOCK])
        try:
            cursor.execute("SELECT coalesce(max(id), 0) FROM messaging_questionanswer")
            (last,) = cursor.fetchone() or (0,)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [ANSWERS_LOCK])
    found = (
        QuestionAnswer.objects.filter(question__kind=kind, pk__gt=after, pk__lte=last)
        .select_related("question", "household", "guardian", "entry")
        .order_by("pk")[:most]
    )
    return [
        Answer(
            pk=one.pk,
            question=one.question,
            household=one.household,
            guardian=one.guardian,
            value=one.value,
            words=one.words,
            language=one.language,
            at=one.at,
            entry=one.entry,
            ref=one.ref or one.question.ref,
        )
        for one in found
    ]


@transaction.atomic
def take_loose(kind: str, *, most: int = 1000) -> list[Loose]:
    """Hand over anonymous answers, in no order, and keep them here no longer.

    Call it in the transaction that keeps them: they are gone from here when it commits, and not before.
    """
    found = list(
        LooseAnswer.objects.select_for_update(skip_locked=True)
        .filter(kind=kind)
        .order_by("pk")[:most]
    )
    LooseAnswer.objects.filter(pk__in=[one.pk for one in found]).delete()
    return [Loose(one.ref, one.value, one.words, one.day) for one in found]
