"""Which open question a reply answers, and what is kept of the answer.

A stop, “wrong person” and words of danger outrank every question: they are never taken for an answer. What
fits no question is an ordinary reply that a person reads.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from bothways.channels.models import RawEvent
from bothways.consent.queries import standing
from bothways.languages.meaning import Kind, read_reply
from bothways.languages.meaning import Meaning as Understood
from bothways.messaging.answers import Reading, Shape, read_answer
from bothways.messaging.enums import MessageKind, Per, Takes
from bothways.messaging.models import (
    Asked,
    Delivery,
    Entry,
    LooseAnswer,
    Question,
    QuestionAnswer,
)
from bothways.messaging.queries import Writer, writer_of
from bothways.people.models import Guardian, Student

# Writers of answers share it; a reader takes it alone for a moment, and knows then that none is half written.
ANSWERS_LOCK = 0x626F7468_0001
# More open questions than this to one family are looked through by nobody.
MOST_OPEN = 20
_ANSWERS = (Kind.WORDS, Kind.ACKNOWLEDGED, Kind.HELP, Kind.START)


@dataclass(frozen=True, slots=True)
class Fit:
    """An open question, and what a reply answers to it."""

    question: Question
    reading: Reading
    asked: tuple[Asked, ...]  # the adults who may have written it: those with this address
    writer: Writer
    ref: str = ""  # of one of the question's ``then``; "": its own

    @property
    def guardian(self) -> Guardian | None:
        return self.asked[0].guardian if len(self.asked) == 1 else None


def fitting(
    writer: Writer | None,
    *,
    kind: str,
    match: str,
    words: str,
    understood: Understood,
    at: datetime,
) -> Fit | None:
    """The open question that these words answer, of those asked at this address; None where none.

    The newest first; where they do not fit it, the one before. A bare nod to news that came after the
    question is about that news: there “1” says that it arrived.
    """
    if writer is None or not _may_answer(understood):
        return None
    known = _asked(writer.household.pk, at)
    if writer.guardian is not None:
        known = known.filter(guardian=writer.guardian)
    else:
        known = known.filter(
            guardian__points__kind__in=_numbers(kind),
            guardian__points__match=match,
            guardian__points__ended_at=None,
        ).distinct()
    found = list(known[:MOST_OPEN])
    last = writer.delivery.message if writer.delivery else None
    if last is not None and last.kind == MessageKind.NEWS and understood.kind is Kind.ACKNOWLEDGED:
        newer = last.sent_at or last.created_at
        found = [one for one in found if one.question.asked_at > newer]
    return _first_that_fits(found, writer, words=words, match=match, kind=kind, at=at)


def fitting_page(delivery: Delivery, writer: Writer, *, words: str, at: datetime) -> Fit | None:
    """The same for words that were written on this message's own page or slip: its own question only."""
    if not words.strip() or not _may_answer(read_reply(words, writer.language)):
        return None
    guardians = delivery.recipients.values("link__guardian")
    found = list(
        _asked(delivery.household_id, at).filter(
            question__message=delivery.message_id, guardian__in=guardians
        )
    )
    return _first_that_fits(
        found, writer, words=words, match=delivery.match, kind=delivery.kind, at=at
    )


def pressed(
    delivery: Delivery, question: Question, *, digits: str, nth: int, at: datetime
) -> Fit | None:
    """What keys pressed in a call answer: this message's question, or one that the call asked after it.

    ``at``: when they were pressed. None where it was closed by then, or an order keeps the adult away.
    """
    if not question.asked_at <= at < question.until or not 0 <= nth <= len(question.then):
        return None
    writer = writer_of(delivery)
    shape = shape_of(question) if nth == 0 else _shape(question.then[nth - 1])
    reading = read_answer(digits, shape, writer.language)
    if reading is None or shape.takes is Takes.WORDS:
        return None
    asked = Asked.objects.filter(
        question=question,
        household=delivery.household_id,
        guardian__in=delivery.recipients.values("link__guardian"),
    ).select_related("guardian")
    adults = tuple(
        one for one in asked.order_by("guardian_id") if _still_stands(question, one.guardian, at)
    )
    if not adults:
        return None
    guardian = adults[0].guardian if len(adults) == 1 else writer.guardian
    writer = replace(writer, student=question.student or writer.student, guardian=guardian)
    return Fit(question, reading, adults, writer, ref=question.then[nth - 1]["ref"] if nth else "")


def open_at_page(delivery: Delivery, *, at: datetime) -> Question | None:
    """The question that this message asks, while an answer counts."""
    return Question.objects.filter(message=delivery.message_id, until__gt=at).first()


def _may_answer(understood: Understood) -> bool:
    unwilling = understood.also & {Kind.STOP, Kind.WRONG_PERSON, Kind.AUTO_REPLY}
    return not understood.danger and not unwilling and understood.kind in _ANSWERS


def _numbers(kind: str) -> tuple[str, ...]:
    return ("phone", "whatsapp") if kind in ("phone", "whatsapp") else (kind,)


def _asked(household: int, at: datetime) -> QuerySet[Asked]:
    """Questions to this family that are open, the newest first."""
    return (
        Asked.objects.filter(household=household, question__until__gt=at)
        .select_related("question__district", "question__student", "question__message", "guardian")
        .order_by("-question__asked_at", "-question_id", "guardian_id")
    )


def _first_that_fits(
    asked: Sequence[Asked], writer: Writer, *, words: str, match: str, kind: str, at: datetime
) -> Fit | None:
    seen: set[int] = set()
    for one in asked:
        question = one.question
        if question.pk in seen:
            continue
        seen.add(question.pk)
        reading = read_answer(words, shape_of(question), writer.language)
        if reading is None:
            continue
        adults = tuple(other for other in asked if other.question_id == question.pk)
        adults = tuple(other for other in adults if _still_stands(question, other.guardian, at))
        if adults:
            return Fit(question, reading, adults, _as_asked(writer, question, adults, match, kind))
    return None


def shape_of(question: Question) -> Shape:
    """What this question takes, as ``answers`` reads it."""
    return _shape(
        {
            "takes": question.takes,
            "low": question.low,
            "high": question.high,
            "choices": question.choices,
        }
    )


def _shape(told: Mapping[str, Any]) -> Shape:
    lists = list(told["choices"].values())
    return Shape(
        Takes(told["takes"]),
        low=told["low"],
        high=told["high"],
        choices=tuple(zip(*lists, strict=True)) if lists else (),
    )


def _still_stands(question: Question, guardian: Guardian, at: datetime) -> bool:
    """Whether an order came since then that keeps this adult away."""
    links = standing(
        district=question.district, at=at, records=question.student_id is not None
    ).filter(guardian=guardian)
    if question.student_id is not None:
        links = links.filter(student=question.student_id)
    return links.exists()


def _as_asked(
    writer: Writer, question: Question, adults: Collection[Asked], match: str, kind: str
) -> Writer:
    """The writer, as answering this question's message, not what came after it."""
    delivery = writer.delivery
    if delivery is None or delivery.message_id != question.message_id:
        delivery = (
            Delivery.objects.filter(
                message=question.message_id, household=writer.household, kind=kind, match=match
            )
            .select_related("message__author", "message__answered_by")
            .order_by("-pk")
            .first()
        )
    guardian = next(iter(adults)).guardian if len(adults) == 1 else writer.guardian
    student: Student | None = question.student or writer.student
    return replace(writer, delivery=delivery, student=student, guardian=guardian)


@transaction.atomic
def keep(fit: Fit, entry: Entry, *, at: datetime) -> QuestionAnswer:
    """Keep this answer; an earlier one of the same adult (or family) is replaced, and stays as history."""
    _lock()
    question, home = fit.question, fit.writer.household
    # Two answers of one family at the same moment come one after the other.
    list(
        Asked.objects.select_for_update(of=("self",))
        .filter(question=question, household=home)
        .order_by("pk")
    )
    earlier = QuestionAnswer.objects.filter(
        question=question, household=home, ref=fit.ref, replaced_at=None
    )
    guardian = fit.guardian
    if question.per == Per.GUARDIAN:
        earlier = earlier.filter(guardian=guardian)
    earlier.update(replaced_at=at)
    return QuestionAnswer.objects.create(
        question=question,
        household=home,
        guardian=guardian,
        ref=fit.ref,
        value=fit.reading.value,
        words=fit.reading.words,
        language=fit.writer.language,
        at=at,
        entry=entry,
    )


@transaction.atomic
def keep_loose(fit: Fit, *, raw: RawEvent | None, at: datetime) -> None:
    """Keep an anonymous answer without any way back, and drop what the carrier told of it.

    No line in the ledger and no entry: a time beside a family would be a way back. Once: whether an answer
    came is all that is known of a family, so a second one cannot replace the first, and is dropped.
    """
    question, home = fit.question, fit.writer.household
    mine = Asked.objects.select_for_update(of=("self",)).filter(question=question, household=home)
    if question.per == Per.GUARDIAN:
        mine = mine.filter(pk__in=[one.pk for one in fit.asked])
    if not any(one.closed for one in mine.order_by("pk")):
        day = at.astimezone(question.district.zone).date()
        LooseAnswer.objects.create(
            district=question.district,
            kind=question.kind,
            ref=question.ref,
            value=fit.reading.value,
            words=fit.reading.words,
            day=day - timedelta(days=day.weekday()),
        )
        mine.update(closed=True)
    if raw is not None:
        forget(raw)


def forget(raw: RawEvent) -> None:
    """Drop what a carrier told of an anonymous answer.

    By its own id a carrier’s repetition is known still; what it said, from whom and when is gone.
    """
    raw.event = {}
    raw.received_at = datetime.combine(raw.received_at.date(), datetime.min.time(), UTC)
    raw.save(update_fields=["event", "received_at"])


def _lock() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [ANSWERS_LOCK])


@transaction.atomic
def let_go_of(entry: Entry, *, at: datetime) -> int:
    """These words were found to be another family’s: what they answered counts no more. How many answers."""
    return QuestionAnswer.objects.filter(entry=entry, replaced_at=None).update(replaced_at=at)
