"""What each side says, and asking the family for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction

from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.cases.enums import About, Consent, Event, How, Part, Stage
from bothways.cases.models import Asking, Case, Contribution, Member
from bothways.cases.queries import family_links
from bothways.cases.refusals import Unusable
from bothways.cases.services.danger import alert, is_danger
from bothways.cases.services.entering import (
    family_member,
    happened,
    opened,
    said,
    staff_member,
)
from bothways.core import clock
from bothways.messaging.enums import Purpose, Takes
from bothways.messaging.models import Entry
from bothways.messaging.services import questions
from bothways.messaging.services.messages import UnusableMessage
from bothways.messaging.services.own_words import receive_own
from bothways.people.enums import WordClass
from bothways.people.models import Guardian

ANSWER_WITHIN = timedelta(days=21)
KIND = "case"  # of questions by text


@dataclass(frozen=True, slots=True)
class Words:
    """What somebody says in a case, and for whom it is."""

    text: str
    language: str
    about: About
    word_class: WordClass
    how: How


def add_words(
    case: Case,
    member: Member,
    words: Words,
    *,
    form_key: str,
    noted_by: User | None = None,
    entry: Entry | None = None,
) -> Contribution:
    """Keep the words under a lock of the case; danger is told at once, and protected whatever was chosen."""
    known = Contribution.objects.filter(form_key=form_key[:60]).first()
    if known is not None:
        return known
    danger = is_danger(words.text, words.language)
    if danger and entry is None and member.guardian is not None and noted_by is None:
        # A parent's own words of danger go where all of them go: to the persons on duty, and are answered.
        entry = _into_conversation(case, member.guardian, words, form_key)
    made = Contribution.objects.create(
        case=case,
        member=member,
        stage=case.stage,
        about=words.about.value,
        words=words.text,
        language=words.language,
        word_class=(WordClass.PROTECTED if danger else words.word_class).value,
        at=clock.now(),
        how=words.how.value,
        noted_by=noted_by,
        entry=entry,
        danger=danger,
        form_key=form_key[:60],
    )
    if danger and entry is None:
        alert(made)
    if member.guardian is not None:
        Asking.objects.filter(case=case, guardian=member.guardian, answered_at=None).update(
            answered_at=made.at
        )
    record(
        "case.said",
        case,
        by=noted_by.pk if noted_by else member.user_id,
        district=case.district_id,
        words=made.pk,
    )
    return made


def _into_conversation(case: Case, guardian: Guardian, words: Words, form_key: str) -> Entry | None:
    if guardian.household is None:
        return None
    return receive_own(
        guardian=guardian,
        student=case.student,
        words=words.text,
        button=None,
        language=words.language,
        form_key=form_key[:40],
    )


@transaction.atomic
def say(*, case: Case, words: Words, by: User, form_key: str) -> Contribution:
    """What a member of the school says. Raises Unusable."""
    case = opened(case)
    member = staff_member(case, by)
    if member.part == Part.INTERPRETER.value:
        raise Unusable("Note what the family said, in its name: an interpreter stands on no side.")
    if words.word_class not in (WordClass.FAMILY, WordClass.SPEAKER_ONLY):
        raise Unusable("Choose who reads this.")
    return add_words(case, member, _checked(words), form_key=form_key)


@transaction.atomic
def say_at_home(*, case: Case, guardian: Guardian, words: Words, form_key: str) -> Contribution:
    """What a parent writes on their own page. Raises Unusable, NotYours."""
    case = opened(case)
    member = family_member(case, guardian)
    if words.word_class not in (WordClass.FAMILY, WordClass.SPEAKER_ONLY):
        words = _with(words, WordClass.SPEAKER_ONLY)
    return add_words(case, member, _checked(words), form_key=form_key)


@transaction.atomic
def note(*, case: Case, member: Member, words: Words, by: User, form_key: str) -> Contribution:
    """Write down what somebody of the family, or the student, said: in their words, and said by them."""
    case = opened(case)
    staff_member(case, by)
    if member.case_id != case.pk or member.user_id is not None or member.left_at is not None:
        raise Unusable("Choose who said it: the student, or a member of the family in this case.")
    if member.part == Part.STUDENT.value:
        if words.word_class not in (WordClass.FAMILY, WordClass.STUDENT_VOICE):
            words = _with(words, WordClass.STUDENT_VOICE)
    elif words.word_class not in (WordClass.FAMILY, WordClass.SPEAKER_ONLY):
        words = _with(words, WordClass.SPEAKER_ONLY)
    return add_words(case, member, _checked(words), form_key=form_key, noted_by=by)


def _with(words: Words, word_class: WordClass) -> Words:
    return Words(words.text, words.language, words.about, word_class, words.how)


def _checked(words: Words) -> Words:
    text = said(words.text, "Write what you see, in your own words.")
    return Words(text, words.language, words.about, words.word_class, words.how)


@transaction.atomic
def share(*, words: Contribution, guardian: Guardian) -> None:
    """Its speaker lets everybody in the case read it."""
    member = family_member(words.case, guardian)
    if words.member_id != member.pk or words.danger:
        raise Unusable("Only who said it can do that.")
    Contribution.objects.filter(pk=words.pk, word_class=WordClass.SPEAKER_ONLY.value).update(
        word_class=WordClass.FAMILY.value
    )
    record("case.shared", words.case, by=None, district=words.case.district_id, words=words.pk)


@transaction.atomic
def withdraw_words(*, words: Contribution, by: User | Guardian) -> None:
    """Who said it, or wrote it down, takes it back: nobody reads it any more. Not words of danger."""
    case = opened(words.case)
    if isinstance(by, User):
        member = staff_member(case, by)
        own = words.member_id == member.pk or words.noted_by_id == by.pk
    else:
        own = words.member_id == family_member(case, by).pk
    if not own or words.danger:
        raise Unusable(
            "Words of danger stay. Other words take back who said them or wrote them down."
        )
    Contribution.objects.filter(pk=words.pk, withdrawn_at=None).update(withdrawn_at=clock.now())
    record(
        "case.words_withdrawn",
        case,
        by=by.pk if isinstance(by, User) else None,
        district=case.district_id,
        words=words.pk,
    )


@transaction.atomic
def ask_home(*, case: Case, bodies: Mapping[str, str], by: User) -> list[Asking]:
    """Ask the family's members by their own ways what they see; their answer comes in here. Raises Unusable.

    ``bodies``: the same question in each language that they read.
    """
    case = opened(case)
    staff_member(case, by)
    now = clock.now()
    links = family_links(case, now)
    if not links:
        raise Unusable("Nobody of the family in this case may be told about this child today.")
    clean = {tag: said(text) for tag, text in bodies.items() if text.strip()}
    needed = {reads(link.guardian) for link in links}
    if missing := needed - set(clean):
        raise Unusable(f"Write it in {_named(missing)}, too: that is what they read.")
    try:
        message = questions.ask(
            district=case.district,
            links=links,
            student=case.student,
            bodies=clean,
            subject=None,
            takes=Takes.WORDS,
            kind=KIND,
            ref=f"c{case.pk}",
            by=by,
            until=now + ANSWER_WITHIN,
            purpose=Purpose.PERSONAL,
        )
    except UnusableMessage as error:
        raise Unusable(str(error)) from error
    if message is None:
        raise Unusable(
            "No message gets to them now. Call or write a letter, and note here that you asked."
        )
    return _asked(case, [link.guardian for link in links], How.TEXT, clean, by, message=message.pk)


@transaction.atomic
def note_asked(*, case: Case, guardian: Guardian, how: How, words: str, by: User) -> Asking:
    """That this adult was asked by call, letter or visit."""
    case = opened(case)
    staff_member(case, by)
    family_member(case, guardian)
    text = said(words, "Write what you asked.")
    return _asked(case, [guardian], how, {reads(guardian): text}, by)[0]


def _asked(
    case: Case,
    adults: list[Guardian],
    how: How,
    bodies: Mapping[str, str],
    by: User,
    message: int | None = None,
) -> list[Asking]:
    made = [
        Asking.objects.create(
            case=case,
            guardian=adult,
            stage=case.stage,
            how=how.value,
            words=bodies[reads(adult)],
            at=clock.now(),
            by=by,
            message_id=message,
        )
        for adult in adults
    ]
    if case.consent == Consent.NOT_ASKED.value:
        case.consent = Consent.ASKED.value
        case.save(update_fields=["consent"])
    happened(case, Event.ASKED, user=by, after=how.value, words=", ".join(a.name for a in adults))
    return made


def reads(guardian: Guardian) -> str:
    return guardian.reads or guardian.speaks or guardian.district.default_language


def _named(tags: set[str]) -> str:
    from bothways.languages.codes import name_in

    return ", ".join(sorted(name_in(tag, "en") for tag in tags))


__all__ = ["KIND", "Stage", "Words", "add_words", "ask_home", "note", "note_asked", "reads", "say"]
