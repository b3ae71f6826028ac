"""Begin a welcome conversation, keep what is said, correct it, take it back; each one transaction."""

import uuid

from django.db import transaction

from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.core import clock
from bothways.core.text import clean
from bothways.languages.meaning import read_reply
from bothways.people.enums import WordClass
from bothways.people.models import ContactPerson, Guardian, Household, HouseholdStudent, Student
from bothways.welcome.enums import AskedBy, How
from bothways.welcome.models import Answer, Carer, Earlier, Invitation, Sound, Talk
from bothways.welcome.questions import CARERS, questions
from bothways.welcome.rules import CHOICES, STILL_FRESH, is_correction
from bothways.welcome.sounds import kind_of

MAX_WORDS = 8000


class Unusable(ValueError):
    """It cannot be kept like this; the text says what to do."""


@transaction.atomic
def begin(
    *,
    household: Household,
    guardian: Guardian,
    how: How,
    language: str,
    by: User | None,
) -> Talk:
    """The conversation with this adult: the one that is open, one of this year, or a new one.

    Who may be talked with about the children is the caller's to ask (``consent.standing``). Raises Unusable
    for an adult of another home.
    """
    Guardian.objects.select_for_update(of=("self",)).get(pk=guardian.pk)
    if guardian.household_id != household.pk:
        raise Unusable("This adult does not live in this home. Open the page of their own family.")
    now = clock.now()
    talks = Talk.objects.filter(household=household, guardian=guardian)
    found = talks.filter(ended_at=None).first()
    if found is None:
        found = talks.filter(began_at__gte=now - STILL_FRESH).order_by("-began_at", "-pk").first()
    if found is not None:
        return found
    talk = Talk.objects.create(
        district_id=household.district_id,
        household=household,
        guardian=guardian,
        how=how.value,
        held_by=by,
        language=language,
        began_at=now,
    )
    record("welcome.begun", talk, by=by.pk if by else None, district=talk.district_id)
    return talk


def _the(talk: Talk) -> Talk:
    """The talk, locked: two who save at once come one after the other."""
    return Talk.objects.select_for_update(of=("self",)).get(pk=talk.pk)


def _check(talk: Talk, code: str, student: Student | None) -> None:
    question = questions().get(code)
    if question is None:
        raise Unusable("This question is not asked any more. Load the page again.")
    if question.child != (student is not None):
        raise Unusable("Say which child this is about.")
    if (
        student is not None
        and not HouseholdStudent.objects.filter(
            household=talk.household_id, student=student, student__ended_at=None
        ).exists()
    ):
        raise Unusable("This child does not live in this home.")


@transaction.atomic
def answer(
    *,
    talk: Talk,
    question: str,
    student: Student | None,
    words: str,
    how: How,
    by: User | None,
    language: str = "",
    word_class: WordClass | None = None,
    declined: bool = False,
) -> Answer | None:
    """Keep what was said to one question; the same twice changes nothing. None: nothing was said yet.

    ``by`` None: the adult on the own page. ``word_class`` None: as it was, or as the question has it. Words
    that may mean danger are protected whatever was chosen, and ``danger`` is set: the caller tells the duty
    person.
    An empty box clears what stood there. Raises Unusable.
    """
    words = words.replace("\r\n", "\n").replace("\x00", "").strip()
    if len(words) > MAX_WORDS:
        raise Unusable(f"That is more than {MAX_WORDS} characters. Keep the rest as a note.")
    talk = _the(talk)
    _check(talk, question, student)
    row = Answer.objects.filter(talk=talk, question=question, student=student).first()
    if declined:
        words = ""
    if row is None and not words and not declined:
        return None
    if row is None:
        row = Answer(talk=talk, district_id=talk.district_id, question=question, student=student)
        row.word_class = questions()[question].readers.value
        before = ""
    else:
        before = row.words
    wanted = word_class.value if word_class in CHOICES else row.word_class
    danger = read_reply(words, language or None).danger if words else False
    if danger:
        wanted = WordClass.PROTECTED.value
    same = row.pk and (row.words, row.declined, row.word_class) == (words, declined, wanted)
    # An empty box in a form of all questions takes nothing back and asks nobody anew.
    if same and (words or declined or row.withdrawn_at is not None):
        return row
    now = clock.now()
    if row.pk and is_correction(
        before=before,
        after=words,
        same_person=row.by_id == (by.pk if by else None),
        ended=talk.ended_at is not None,
        since=now - row.at,
    ):
        Earlier.objects.create(
            answer=row,
            words=before,
            language=row.language,
            word_class=row.word_class,
            at=row.at,
            by_id=row.by_id,
        )
    row.words, row.language, row.word_class = words, language, wanted
    row.danger, row.declined = danger, declined
    row.at, row.by, row.how = now, by, how.value
    row.withdrawn_at = None
    row.save()
    if question == CARERS and words and not danger:
        Carer.objects.get_or_create(answer=row, defaults={"district": row.district, "at": now})
    if talk.declined_at is not None and words:
        talk.declined_at = None
        talk.save(update_fields=["declined_at"])
    record("welcome.told", row, by=by.pk if by else None, district=talk.district_id)
    return row


@transaction.atomic
def answer_by_voice(
    *,
    talk: Talk,
    question: str,
    student: Student | None,
    data: bytes,
    how: How,
    by: User | None,
    word_class: WordClass | None = None,
) -> Answer:
    """Keep an answer as it was spoken, beside any words. Raises NotASound and Unusable."""
    kind = kind_of(data)
    talk = _the(talk)
    _check(talk, question, student)
    now = clock.now()
    row, made = Answer.objects.get_or_create(
        talk=talk,
        question=question,
        student=student,
        defaults={
            "district_id": talk.district_id,
            "at": now,
            "by": by,
            "how": how.value,
            "word_class": questions()[question].readers.value,
        },
    )
    if word_class in CHOICES and not row.danger:
        row.word_class = word_class.value
    if not made:
        row.declined, row.withdrawn_at, row.at = False, None, now
    row.save()
    Sound.objects.update_or_create(
        answer=row, defaults={"data": data, "content_type": kind, "at": now}
    )
    if talk.declined_at is not None:
        talk.declined_at = None
        talk.save(update_fields=["declined_at"])
    record("welcome.told", row, by=by.pk if by else None, district=talk.district_id)
    return row


@transaction.atomic
def withdraw(*, answer: Answer, by: User | None) -> None:
    """The family takes it back: words, sound and what stood there before are gone; that it was asked stays."""
    row = Answer.objects.select_for_update(of=("self",)).get(pk=answer.pk)
    if row.withdrawn_at is not None:
        return
    Earlier.objects.filter(answer=row).delete()
    Sound.objects.filter(answer=row).delete()
    Carer.objects.filter(answer=row).delete()
    row.words, row.language, row.declined = "", "", False
    row.withdrawn_at = clock.now()
    row.save()
    record("welcome.taken_back", row, by=by.pk if by else None, district=row.district_id)


@transaction.atomic
def finish(*, talk: Talk, how: How, by: User | None, interpreter: str = "") -> bool:
    """The talk has come to its end for now; False where somebody ended it before."""
    talk = _the(talk)
    if interpreter:
        talk.interpreter = clean(interpreter)[:200]
    first = talk.ended_at is None
    if first:
        talk.ended_at = clock.now()
        talk.how = how.value
        talk.held_by = by or talk.held_by
    talk.save()
    if first:
        record("welcome.held", talk, by=by.pk if by else None, district=talk.district_id)
    return first


@transaction.atomic
def decline(*, talk: Talk, by: User | None) -> None:
    """They would rather not have this talk: that is an answer, and nobody asks again by themselves."""
    talk = _the(talk)
    if talk.declined_at is not None:
        return
    talk.declined_at = clock.now()
    talk.save(update_fields=["declined_at"])
    record("welcome.declined", talk, by=by.pk if by else None, district=talk.district_id)


@transaction.atomic
def note_invitation(*, household: Household, by_what: AskedBy, ref: int, by: User) -> Invitation:
    """That this family is being asked; the same message or step twice is one."""
    made, first = Invitation.objects.get_or_create(
        household=household,
        by_what=by_what.value,
        ref=ref,
        defaults={"district_id": household.district_id, "at": clock.now(), "by": by},
    )
    if first:
        record("welcome.invited", made, by=by.pk, district=household.district_id)
    return made


@transaction.atomic
def add_carer(
    *, carer: Carer, student: Student, name: str, relation: str, phone: str, by: User
) -> ContactPerson:
    """Somebody the family named becomes a contact person of this child: told nothing unless staff decide.

    Raises Unusable without a name, or for a child of another home.
    """
    name = clean(name)[:400]
    if not name:
        raise Unusable("Write the name of the person.")
    row = (
        Carer.objects.select_for_update(of=("self",))
        .select_related("answer__talk", "person")
        .get(pk=carer.pk)
    )
    if row.person is not None:
        return row.person
    if not HouseholdStudent.objects.filter(
        household=row.answer.talk.household_id, student=student
    ).exists():
        raise Unusable("This child does not live in this home.")
    person = ContactPerson.objects.create(
        district_id=row.district_id,
        student=student,
        sis_id=f"told-{uuid.uuid4().hex[:16]}",
        name=name,
        relation=clean(relation)[:60],
        phone=clean(phone)[:40],
    )
    row.person, row.settled_at, row.settled_by = person, clock.now(), by
    row.save()
    record("welcome.carer_added", person, by=by.pk, district=row.district_id)
    return person


@transaction.atomic
def leave_carer(*, carer: Carer, by: User) -> None:
    """Nothing is to be written down of whoever was named."""
    row = Carer.objects.select_for_update(of=("self",)).get(pk=carer.pk)
    if row.settled_at is None:
        row.settled_at, row.settled_by = clock.now(), by
        row.save(update_fields=["settled_at", "settled_by"])
        record("welcome.carer_left", row, by=by.pk, district=row.district_id)
