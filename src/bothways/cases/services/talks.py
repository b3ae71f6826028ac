"""Prepare a talk when it is tense, hold it, and see that what was agreed is done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from bothways.accounts.enums import Permission
from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.cases.enums import How, Side
from bothways.cases.models import (
    Case,
    Cursor,
    Talk,
    TalkMember,
    TalkNote,
    TalkOffer,
    TalkStep,
)
from bothways.cases.queries import cases_for
from bothways.cases.refusals import NotYours, Unusable
from bothways.cases.services.entering import said
from bothways.cases.services.speaking import reads
from bothways.cases.talk_queries import colleagues_for, talks_for
from bothways.channels.letters.dates import long_date
from bothways.consent.queries import standing
from bothways.core import clock
from bothways.languages.phrases import phrase
from bothways.messaging.enums import Takes
from bothways.messaging.services import questions
from bothways.messaging.services.messages import UnusableMessage
from bothways.outreach.enums import Result, TaskKind, Way
from bothways.outreach.services.contacts import NotAllowed, note_contact
from bothways.outreach.services.opening import NotPossible, open_task
from bothways.people.enums import WordClass
from bothways.people.models import Guardian, Household, Link, Student

KIND = "talk"  # of questions by text
MOST_OFFERS = 4
WAYS = (Way.AT_SCHOOL, Way.VISIT, Way.NEUTRAL_PLACE, Way.CALL)


@transaction.atomic
def open_talk(
    *,
    household: Household,
    student: Student,
    by: User,
    form_key: str,
    case: Case | None = None,
) -> Talk:
    """Begin to prepare a talk; the same form twice is one. Raises NotYours."""
    served = Student.objects.live().visible_to(by, Permission.CASES)
    if not served.filter(pk=student.pk, homes__household=household).exists():
        raise NotYours
    known = Talk.objects.filter(form_key=form_key[:40], student=student).first()
    if known is not None:
        return known
    if case is not None and not cases_for(by).filter(pk=case.pk, student=student).exists():
        raise NotYours
    talk = Talk.objects.create(
        district=student.district,
        student=student,
        household=household,
        case=case,
        opened_at=clock.now(),
        opened_by=by,
        form_key=form_key[:40],
    )
    TalkMember.objects.create(talk=talk, user=by)
    record("talk.opened", talk, by=by.pk, district=talk.district_id)
    return talk


def _locked(talk: Talk, by: User, *, open_: bool = True) -> Talk:
    if not talks_for(by).filter(pk=talk.pk).exists():
        raise NotYours
    found = (
        Talk.objects.select_for_update(of=("self",))
        .select_related("student__school", "student__district", "district", "household__district")
        .get(pk=talk.pk)
    )
    if open_ and found.closed_at is not None:
        raise Unusable("This talk is closed.")
    return found


@dataclass(frozen=True, slots=True)
class Prepared:
    """What both sides bring, and what both want."""

    school_view: str
    aim: str
    who_comes: str = ""
    needs: str = ""


@transaction.atomic
def prepare(*, talk: Talk, prepared: Prepared, by: User) -> Talk:
    """Write down the school's view and the shared aim. Raises Unusable, NotYours."""
    talk = _locked(talk, by)
    talk.school_view = said(prepared.school_view, most=4000)
    talk.aim = said(prepared.aim, most=1000)
    talk.who_comes = said(prepared.who_comes, most=1000)
    talk.needs = said(prepared.needs, most=1000)
    talk.save(update_fields=["school_view", "aim", "who_comes", "needs"])
    record("talk.prepared", talk, by=by.pk, district=talk.district_id)
    return talk


@transaction.atomic
def note_family_view(
    *, talk: Talk, words: str, language: str, how: How, word_class: WordClass, by: User
) -> Talk:
    """What the family said it sees, in its own words. Raises Unusable, NotYours."""
    talk = _locked(talk, by)
    if word_class not in (WordClass.FAMILY, WordClass.SPEAKER_ONLY):
        raise Unusable("Choose who reads this.")
    talk.family_view = said(words, "Write what the family said, in its own words.", most=4000)
    talk.family_language = language
    talk.family_how = how.value
    talk.family_class = word_class.value
    talk.save(update_fields=["family_view", "family_language", "family_how", "family_class"])
    record("talk.family_view", talk, by=by.pk, district=talk.district_id)
    return talk


@transaction.atomic
def name_colleague(*, talk: Talk, user: User, by: User) -> TalkMember:
    """Somebody else of the school takes part. Raises Unusable, NotYours."""
    talk = _locked(talk, by)
    if not colleagues_for(talk).filter(pk=user.pk).exists():
        raise Unusable("This person does not work at the child’s school.")
    made, fresh = TalkMember.objects.get_or_create(talk=talk, user=user)
    if fresh:
        record("talk.named", talk, by=by.pk, district=talk.district_id, user=user.pk)
    return made


def links_of(talk: Talk) -> list[Link]:
    """Standing of the adults of this home for the child, now."""
    return list(
        standing(district=talk.district, at=clock.now(), records=True)
        .filter(student=talk.student_id, guardian__household=talk.household_id)
        .select_related("guardian__district")
        .order_by("guardian_id")
    )


@transaction.atomic
def invite(*, talk: Talk, offers: Sequence[tuple[datetime, str]], by: User) -> Talk:
    """Invite the adults of this home in their language, with times and places to choose from.

    Raises Unusable, NotYours.
    """
    talk = _locked(talk, by)
    now = clock.now()
    if talk.invited_at is not None:
        raise Unusable("They are invited already. Call them if the times have changed.")
    chosen = [(at, said(place, most=200)) for at, place in offers]
    if not 2 <= len(chosen) <= MOST_OFFERS or not all(place for _at, place in chosen):
        raise Unusable("Offer two to four times, each with a place: a choice is part of respect.")
    if any(at <= now for at, _place in chosen):
        raise Unusable("One of these times has passed. Offer later ones.")
    links = links_of(talk)
    if not links:
        raise Unusable("Nobody at this home may be told about this child today.")
    tags = {reads(link.guardian) for link in links}
    zone = talk.district.zone
    lines = {
        tag: [
            f"{long_date(tag, at.astimezone(zone).date())}, {at.astimezone(zone):%I:%M %p}".replace(
                ", 0", ", "
            )
            + f", {place}"
            for at, place in chosen
        ]
        for tag in tags
    }
    child = talk.student.called or talk.student.name
    try:
        message = questions.ask(
            district=talk.district,
            links=links,
            student=talk.student,
            bodies={
                tag: "\n".join(
                    [
                        phrase(tag, "talk_invite", child=child),
                        *(f"{n}: {line}" for n, line in enumerate(lines[tag], 1)),
                        phrase(tag, "talk_invite_how"),
                    ]
                )
                for tag in tags
            },
            subject=None,
            takes=Takes.CHOICE,
            choices=lines,
            kind=KIND,
            ref=str(talk.pk),
            by=by,
            until=max(at for at, _place in chosen),
        )
    except UnusableMessage as error:
        raise Unusable(str(error)) from error
    if message is None:
        raise Unusable("No message gets to them now. Call them, and note the time they choose.")
    TalkOffer.objects.bulk_create(
        TalkOffer(talk=talk, number=n, at=at, place=place)
        for n, (at, place) in enumerate(chosen, 1)
    )
    talk.invited_at, talk.invitation = now, message
    talk.save(update_fields=["invited_at", "invitation"])
    record("talk.invited", talk, by=by.pk, district=talk.district_id)
    return talk


@transaction.atomic
def agree_time(*, talk: Talk, at: datetime, place: str, by: User) -> Talk:
    """The time and place that the family chose on the phone or at the door. Raises Unusable, NotYours."""
    talk = _locked(talk, by)
    talk.at, talk.place = at, said(place, "Say where you meet.", most=200)
    talk.save(update_fields=["at", "place"])
    record("talk.time", talk, by=by.pk, district=talk.district_id)
    return talk


def take_in_choices() -> int:
    """Take in the times that families chose by text; how many."""
    taken = 0
    while batch := questions.answers(
        KIND, after=Cursor.objects.get_or_create(kind=KIND)[0].after, most=200
    ):
        for answer in batch:
            with transaction.atomic():
                cursor = Cursor.objects.select_for_update().get(kind=KIND)
                if cursor.after >= answer.pk:
                    continue
                cursor.after = answer.pk
                cursor.save(update_fields=["after"])
                offer = (
                    TalkOffer.objects.select_related("talk")
                    .filter(
                        talk=int(answer.question.ref),
                        talk__district=answer.question.district_id,
                        talk__held_at=None,
                        talk__closed_at=None,
                        number=int(answer.value or 0),
                    )
                    .first()
                )
                if offer is None:
                    continue
                TalkOffer.objects.filter(talk=offer.talk).update(chosen_at=None)
                TalkOffer.objects.filter(pk=offer.pk).update(chosen_at=answer.at)
                Talk.objects.filter(pk=offer.talk_id).update(at=offer.at, place=offer.place)
                record("talk.time", offer.talk, by=None, district=offer.talk.district_id)
                taken += 1
    return taken


@dataclass(frozen=True, slots=True)
class Agreed:
    """One agreed step."""

    words: str
    side: Side
    due: date
    user: User | None = None
    guardian: Guardian | None = None


@transaction.atomic
def agree(*, talk: Talk, step: Agreed, by: User) -> TalkStep:
    """Write down one thing that was agreed: who does it, by when. Raises Unusable, NotYours."""
    talk = _locked(talk, by)
    words = said(step.words, "Write what was agreed, so small that it can be done.", most=500)
    if step.user is not None and not colleagues_for(talk).filter(pk=step.user.pk).exists():
        raise Unusable("This person does not work at the child’s school.")
    if step.guardian is not None and step.guardian.pk not in {
        link.guardian_id for link in links_of(talk)
    }:
        raise Unusable("This adult may not be told about this child. Choose another one.")
    today = clock.today(talk.district.timezone)
    if not today - timedelta(days=60) <= step.due <= today + timedelta(days=400):
        raise Unusable("Choose a day within a year.")
    made = TalkStep.objects.create(
        talk=talk,
        side=step.side.value,
        user=step.user,
        guardian=step.guardian,
        words=words,
        due=step.due,
    )
    record("talk.agreed", talk, by=by.pk, district=talk.district_id)
    return made


@transaction.atomic
def step_done(*, step: TalkStep, by: User) -> None:
    """It is done, as somebody said or saw."""
    talk = _locked(step.talk, by)
    if TalkStep.objects.filter(pk=step.pk, done_at=None).update(done_at=clock.now()):
        record("talk.step_done", talk, by=by.pk, district=talk.district_id)


@transaction.atomic
def add_note(*, talk: Talk, words: str, word_class: WordClass, by: User, form_key: str) -> TalkNote:
    """Write something down about the talk; the same form twice is one note. Raises Unusable, NotYours."""
    talk = _locked(talk, by)
    known = TalkNote.objects.filter(form_key=form_key[:40], talk=talk).first()
    if known is not None:
        return known
    made = TalkNote.objects.create(
        talk=talk,
        by=by,
        at=clock.now(),
        words=said(words, "Write what you want to keep."),
        word_class=word_class.value,
        form_key=form_key[:40],
    )
    record("talk.noted", talk, by=by.pk, district=talk.district_id)
    return made


@transaction.atomic
def hold(
    *,
    talk: Talk,
    way: Way,
    guardian: Guardian,
    owner: User,
    follow_up: date,
    by: User,
) -> Talk:
    """It was held: a meeting in the ledger, and a day on which its owner asks how it goes now.

    Raises Unusable, NotYours.
    """
    talk = _locked(talk, by)
    if talk.held_at is not None:
        return talk
    if way not in WAYS:
        raise Unusable("Choose where you talked.")
    today = clock.today(talk.district.timezone)
    if not today < follow_up <= today + timedelta(days=120):
        raise Unusable("Choose a day in the next four months on which somebody asks how it goes.")
    if not colleagues_for(talk).filter(pk=owner.pk).exists():
        raise Unusable("Choose a colleague who works at the child’s school.")
    try:
        talk.contact = note_contact(
            household=talk.household,
            guardian=guardian,
            way=way,
            result=Result.TALKED,
            words="",  # what was said stays in the talk
            by=by,
            form_key=f"talk-{talk.pk}",
        )
        talk.follow_up = open_task(
            household=talk.household,
            kind=TaskKind.CALL,
            by=by,
            owner=owner,
            due=follow_up,
            student=talk.student,
            guardian=guardian,
            why="Ask how it goes since you talked, and tell them what school has done of what was agreed",
        )
    except (NotAllowed, NotPossible) as error:
        raise Unusable(str(error)) from error
    talk.held_at = clock.now()
    talk.save(update_fields=["contact", "follow_up", "held_at"])
    record("talk.held", talk, by=by.pk, district=talk.district_id)
    return talk


@transaction.atomic
def close_talk(*, talk: Talk, by: User) -> Talk:
    """Nothing more is to be done here."""
    talk = _locked(talk, by, open_=False)
    if talk.closed_at is None:
        talk.closed_at = clock.now()
        talk.save(update_fields=["closed_at"])
        record("talk.closed", talk, by=by.pk, district=talk.district_id)
    return talk
