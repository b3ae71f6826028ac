"""What families said becomes somebody’s to do; the family is told what came of it."""

from collections.abc import Sequence
from datetime import date, timedelta

from django.db import IntegrityError, transaction

from bothways.accounts.enums import Permission
from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.consent.queries import standing
from bothways.core import clock
from bothways.feedback.enums import Did, Helped, Kind, Outcome, Source
from bothways.feedback.models import Change, Item, Step
from bothways.feedback.queries import closed_days
from bothways.feedback.rules import MOST_WORDS, due_on
from bothways.languages.phrases import phrase, written_in
from bothways.messaging.enums import Origin, Purpose, Takes
from bothways.messaging.models import Message
from bothways.messaging.queries import school_of, who_answers
from bothways.messaging.rules import may_go
from bothways.messaging.services.messages import Source as Whence
from bothways.messaging.services.questions import ask
from bothways.people.enums import WordClass
from bothways.people.models import Guardian, Household, Link, Student

# So long an answer to “did it help?” counts.
ASKED_FOR = timedelta(days=21)
_QUOTED = 120  # characters of what the family said, in the message that tells what came of it
ASKS = "feedback"


class Unusable(ValueError):
    """It cannot be done like this; the text says what to do next."""


@transaction.atomic
def open_item(
    *,
    household: Household,
    guardian: Guardian | None = None,
    student: Student | None = None,
    kind: Kind,
    words: str,
    language: str,
    source: Source,
    source_ref: str,
    by: User | None,
    owner: User | None = None,
    due: date | None = None,
    word_class: WordClass = WordClass.FAMILY,
) -> Item:
    """Keep what this family said as somebody’s to do; the same source and kind twice is one.

    Without ``owner`` it is whoever serves the child, else the school’s office; without ``due`` five school days
    for a request, ten for the others. Raises Unusable.
    """
    words = words.replace("\x00", "").strip()
    if not words:
        raise Unusable("There are no words here. Write down what the family said.")
    if len(words) > MOST_WORDS:
        raise Unusable(
            f"That is more than {MOST_WORDS} characters: keep the part that asks for something."
        )
    district = household.district
    if source_ref:
        known = Item.objects.filter(
            district=district, source=source.value, source_ref=source_ref, kind=kind.value
        ).first()
        if known is not None:
            return known
    school = school_of(household, student)
    today = clock.now().astimezone(district.zone).date()
    closed = closed_days(
        district, school.pk if school else None, since=today, until=today + timedelta(days=120)
    )
    owner = owner or who_answers(
        author=None, district_id=district.pk, school=school, student=student
    )
    try:
        with transaction.atomic():
            item = Item.objects.create(
                district=district,
                school=school,
                household=household,
                guardian=guardian,
                student=student,
                kind=kind.value,
                words=words,
                language=language,
                word_class=word_class.value,
                source=source.value,
                source_ref=source_ref,
                made_by=by,
                at=clock.now(),
                owner=owner,
                due_on=due or due_on(kind, today, closed),
            )
    except IntegrityError:
        # The same tap, at the same moment, somewhere else.
        return Item.objects.get(
            district=district, source=source.value, source_ref=source_ref, kind=kind.value
        )
    _step(item, Did.MADE, by=by, to=owner)
    record("item.made", item, by=by.pk if by else None, district=district.pk)
    return item


@transaction.atomic
def give(*, item: Item, to: User | None, due: date, by: User) -> None:
    """Let this colleague owe it, by this day."""
    if to is not None and (not to.is_active or to.district_id != item.district_id):
        raise Unusable("This colleague does not work here any more. Choose another.")
    item.owner, item.due_on = to, due
    item.save(update_fields=["owner", "due_on"])
    _step(item, Did.GIVEN, by=by, to=to)
    record("item.given", item, by=by.pk, district=item.district_id, to=to.pk if to else 0)


@transaction.atomic
def close_item(
    *,
    item: Item,
    outcome: Outcome,
    came: str,
    language: str,
    by: User,
    whence: Whence | None = None,
    tell: bool = True,
) -> Message | None:
    """Close it with what came of it, tell the family in ``language``, and ask whether it helped.

    ``came``: the words as the family reads them; ``whence``: where no person wrote them. None where the
    family cannot be written to now, or ``tell`` is False: they read it on their own page. Raises Unusable.
    """
    came = came.replace("\x00", "").strip()
    if not came:
        raise Unusable("Say in a sentence what came of it: the family reads it.")
    if len(came) > MOST_WORDS:
        raise Unusable(f"That is more than {MOST_WORDS} characters.")
    locked = Item.objects.select_for_update().get(pk=item.pk)
    if locked.closed_at is not None:
        raise Unusable(
            "A colleague closed it meanwhile. Look at what came of it, or open it again."
        )
    origin = whence.origin if whence else Origin.PERSON
    reviewed = whence is not None and whence.reviewed_by is not None
    if not may_go(
        origin, reviewed=reviewed, purpose=Purpose.PERSONAL, vital=item.district.vital_purposes
    ):
        raise Unusable(
            "Here a machine’s words go to no family before a person who has the language read them. Change the "
            "translation yourself if you have the language, or ask a colleague who has."
        )
    now = clock.now()
    locked.closed_at, locked.outcome = now, outcome.value
    locked.came, locked.came_language = came, language
    locked.came_by_machine = origin is Origin.MACHINE and not reviewed
    locked.helped = locked.helped_words = ""
    locked.helped_at = None
    message = _tell(locked, language, by=by, whence=whence) if tell else None
    # On their page they read it in any case: that is no proof that they did.
    locked.told, locked.told_at = message, now if message else None
    locked.save()
    _step(locked, Did.CLOSED, by=by, words=came)
    if message is not None:
        _step(locked, Did.TOLD, by=by)
    record(
        "item.closed", locked, by=by.pk, district=item.district_id, told=int(message is not None)
    )
    item.refresh_from_db()
    return message


def _tell(item: Item, language: str, *, by: User, whence: Whence | None) -> Message | None:
    links = _links(item)
    if not links:
        return None
    said = " ".join(item.words.split())
    quoted = said if len(said) <= _QUOTED else said[: _QUOTED - 1].rstrip() + "…"
    tag = written_in(language)
    parts = [phrase(language, "fb_told", words=f"“{quoted}”")] if _may_quote(item) else []
    parts += [f"{phrase(language, 'fb_did')} {item.came}", phrase(language, "fb_ask")]
    choices = tuple(phrase(tag, key) for key in ("told_yes", "told_little", "told_no"))
    return ask(
        district=item.district,
        links=links,
        student=item.student,
        bodies={language: "\n\n".join(parts)},
        subject={language: phrase(language, "fb_came")},
        takes=Takes.CHOICE,
        kind=ASKS,
        ref=str(item.pk),
        # Whose role does not write to families is named as who answers, and the school is the sender.
        by=by if by.can(Permission.MESSAGE_WRITE) and _serves(by, item) else None,
        answered_by=by,
        until=clock.now() + ASKED_FOR,
        choices={language: choices},
        school=item.school,
        sources={language: whence} if whence else None,
    )


def _may_quote(item: Item) -> bool:
    """Words of one adult are repeated to that adult alone; a family’s to the family."""
    return item.word_class == WordClass.FAMILY.value or item.guardian_id is not None


def _serves(by: User, item: Item) -> bool:
    found = Student.objects.visible_to(by)
    if item.student_id is not None:
        return found.filter(pk=item.student_id).exists()
    return found.filter(homes__household=item.household_id).exists()


def _links(item: Item) -> Sequence[Link]:
    """The standings through which the family is told: who said it, else the adults of the home."""
    links = standing(
        district=item.district, at=clock.now(), records=item.student_id is not None
    ).filter(guardian__household__isnull=False)
    if item.guardian_id is not None:
        links = links.filter(guardian=item.guardian_id)
    else:
        links = links.filter(guardian__household=item.household_id)
    if item.student_id is not None:
        links = links.filter(student=item.student_id)
    return list(links)


@transaction.atomic
def reopen(*, item: Item, by: User, words: str, due: date) -> None:
    """It is not over: it did not help, or something came up."""
    locked = Item.objects.select_for_update().get(pk=item.pk)
    if locked.closed_at is None:
        return
    locked.closed_at, locked.outcome, locked.due_on = None, "", due
    locked.told_at = None
    locked.save(update_fields=["closed_at", "outcome", "due_on", "told_at"])
    _step(locked, Did.REOPENED, by=by, words=words.replace("\x00", "").strip()[:MOST_WORDS])
    record("item.reopened", locked, by=by.pk, district=item.district_id)
    item.refresh_from_db()


@transaction.atomic
def join(*, items: Sequence[Item], change: Change | None, by: User) -> None:
    """Let these items belong to one change; None takes them out."""
    for item in items:
        if change is not None and item.district_id != change.district_id:
            raise Unusable("These belong to another district.")
        item.change = change
        item.save(update_fields=["change"])
        _step(item, Did.JOINED, by=by)
        record("item.joined", item, by=by.pk, district=item.district_id)


@transaction.atomic
def say_helped(*, item: Item, helped: Helped, words: str, by: User | None = None) -> None:
    """Keep what the family says of it; a newer word replaces the older one."""
    words = words.replace("\x00", "").strip()[:MOST_WORDS]
    item.helped, item.helped_words, item.helped_at = helped.value, words, clock.now()
    item.save(update_fields=["helped", "helped_words", "helped_at"])
    _step(item, Did.HELPED, by=by, words=words)
    record("item.helped", item, by=by.pk if by else None, district=item.district_id)


def _step(
    item: Item, did: Did, *, by: User | None, to: User | None = None, words: str = ""
) -> None:
    Step.objects.create(item=item, did=did.value, at=clock.now(), by=by, to=to, words=words)
