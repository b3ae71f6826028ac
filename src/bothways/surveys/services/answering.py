"""Take in what families answer: by page, by paper, by text."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from django.db import transaction

from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.core import clock
from bothways.messaging.models import Asked
from bothways.messaging.services.questions import Answer as Texted
from bothways.messaging.services.questions import answers, take_loose
from bothways.surveys.enums import ItemKind, Of, State
from bothways.surveys.forms import Item
from bothways.surveys.models import Answer, Invitation, Survey, TextsRead, Unmixed
from bothways.surveys.queries import KIND
from bothways.surveys.services.mixing import mix
from bothways.surveys.services.sending import ask_next

MAX_WORDS = 5_000
_RANGE = {ItemKind.RATING: (1, 5), ItemKind.MARK: (0, 1)}


class NotTaken(ValueError):
    """The answers cannot be taken in; nothing was kept."""


class AlreadyAnswered(NotTaken):
    """Somebody of this family has answered: each answers once."""


class NotOpen(NotTaken):
    """Not sent yet, or closed meanwhile."""


class OutOfRange(NotTaken):
    """A number that is none of the answers. ``item``: whose."""

    def __init__(self, item: str) -> None:
        super().__init__(f"The answer to {item} is none of those to choose from.")
        self.item = item


@dataclass(slots=True)
class Given:
    """Answers as they came: item → number or words."""

    values: dict[str, int] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
    language: str = ""

    @property
    def says_something(self) -> bool:
        return bool(self.values or self.words)


def check(survey: Survey, given: Given) -> Given:
    """What of it belongs to this survey, words cut to what is kept. Raises OutOfRange."""
    items = {item.code: item for item in survey.asks.items}
    kept = Given(language=given.language[:20])
    for code, value in given.values.items():
        item = items.get(code)
        if item is None or item.kind is ItemKind.WORDS:
            continue
        low, high = _RANGE[item.kind]
        if not low <= value <= high:
            raise OutOfRange(code)
        kept.values[code] = value
    for code, words in given.words.items():
        item = items.get(code)
        said = words.replace("\x00", "").strip()[:MAX_WORDS]
        if item is not None and item.kind is ItemKind.WORDS and said:
            kept.words[code] = said
    return kept


@transaction.atomic
def keep_part(*, invitation: Invitation, given: Given, part: int) -> None:
    """Keep what one page says; of an anonymous survey the page itself carries it on, and nothing is kept.

    Raises NotTaken.
    """
    kept = _locked(invitation)
    given = check(kept.survey, given)
    if kept.survey.is_anonymous:
        return
    _write(kept, given)
    if part > kept.part:
        kept.part = part
        kept.save(update_fields=["part"])


@transaction.atomic
def finish(*, invitation: Invitation, given: Given, by: User | None = None) -> Invitation:
    """The last page was sent, or a sheet typed in by ``by``. Raises NotTaken."""
    kept = _locked(invitation)
    if by is not None and kept.survey.is_anonymous:
        raise NotTaken("Who types a code knows the family. Type this sheet in without a code.")
    given = check(kept.survey, given)
    kept.done = True
    if kept.survey.is_anonymous:
        Unmixed.objects.create(survey=kept.survey, values=given.values, words=given.words)
    else:
        _write(kept, given)
        kept.done_on = clock.today(kept.survey.district.timezone)
    kept.save(update_fields=["done", "done_on"])
    if by is not None:
        record("survey.typed_in", kept.survey, by=by.pk, district=kept.district_id)
    return kept


@transaction.atomic
def take_sheet(*, survey: Survey, given: Given, by: User) -> None:
    """A sheet without a code, of an anonymous survey: it belongs to nobody. Raises NotTaken."""
    kept = Survey.objects.select_for_update(of=("self",)).get(pk=survey.pk)
    if kept.state is not State.OPEN:
        raise NotOpen("This survey is not open.")
    if not kept.is_anonymous:
        raise NotTaken("Type the code of the sheet: this survey has one for each family.")
    given = check(kept, given)
    if not given.says_something:
        raise NotTaken("Nothing is marked on this sheet. Leave it out, or look again.")
    Unmixed.objects.create(survey=kept, values=given.values, words=given.words, paper=True)
    record("survey.typed_in", kept, by=by.pk, district=kept.district_id)


@transaction.atomic
def not_them(*, invitation: Invitation) -> None:
    """Whoever got this is somebody else: nothing more goes there for it."""
    Invitation.objects.filter(pk=invitation.pk, done=False).update(not_them=True)


def _locked(invitation: Invitation) -> Invitation:
    kept = (
        Invitation.objects.select_for_update(of=("self",))
        .select_related("survey__district")
        .get(pk=invitation.pk)
    )
    if kept.survey.state is not State.OPEN:
        raise NotOpen("This survey is not open.")
    if kept.done:
        raise AlreadyAnswered("This family has answered already.")
    return kept


def _write(invitation: Invitation, given: Given) -> None:
    rows = [
        Answer(invitation=invitation, item=code, value=value, language=given.language)
        for code, value in given.values.items()
    ] + [
        Answer(invitation=invitation, item=code, words=said, language=given.language)
        for code, said in given.words.items()
    ]
    Answer.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["invitation", "item"],
        update_fields=["value", "words", "language"],
    )


def read_texts() -> int:
    """Take in what came by text since last time, and ask who answered the next question; how many came."""
    with transaction.atomic():
        TextsRead.objects.get_or_create(one=True)
        cursor = TextsRead.objects.select_for_update().get(one=True)
        came = answers(KIND, after=cursor.after)
        to_ask: dict[tuple[int, str], list[Invitation]] = defaultdict(list)
        for answer in came:
            _take_text(answer, to_ask)
            cursor.after = answer.pk
        cursor.save(update_fields=["after"])
        surveys = Survey.objects.filter(pk__in={pk for pk, _ in to_ask}).select_related(
            "district", "school", "opened_by"
        )
        by_pk = {survey.pk: survey for survey in surveys}
        for (pk, code), invitations in to_ask.items():
            item = by_pk[pk].asks.item(code)
            if item is not None and by_pk[pk].state is State.OPEN:
                ask_next(by_pk[pk], item, invitations, clock.now())
    return len(came) + read_loose()


def _take_text(answer: Texted, to_ask: dict[tuple[int, str], list[Invitation]]) -> None:
    survey_pk, _, code = answer.ref.partition(":")
    survey = Survey.objects.filter(pk=int(survey_pk)).select_related("district").first()
    item = survey.asks.item(code) if survey else None
    if survey is None or item is None:
        return
    found = Invitation.objects.filter(survey=survey, household=answer.household)
    if survey.of == Of.GUARDIAN:
        # Of an address that two share nobody knows who wrote: it is the one who has not answered.
        found = found.filter(guardian=answer.guardian) if answer.guardian else found
    invitation = found.select_for_update().order_by("done", "pk").first()
    if invitation is None:
        return
    given = _of_text(item, answer)
    first = not Answer.objects.filter(invitation=invitation, item=code).exists()
    _write(invitation, given)
    items = [one.code for one in survey.asks.items]
    known = set(Answer.objects.filter(invitation=invitation).values_list("item", flat=True))
    if known >= set(items):
        invitation.done = True
        invitation.done_on = clock.today(survey.district.timezone)
        invitation.save(update_fields=["done", "done_on"])
    elif first and not invitation.done:
        following = _following(survey, known, by_call=answer.by_call)
        if following is not None:
            to_ask[survey.pk, following].append(invitation)


def _following(survey: Survey, known: Collection[str], *, by_call: bool) -> str | None:
    """What is asked next. A call has asked all its ratings itself: who left some out is not called again."""
    missing = [one for one in survey.asks.items if one.code not in known]
    if by_call and any(one.kind is ItemKind.RATING for one in missing):
        return None
    return missing[0].code


def _of_text(item: Item, answer: Texted) -> Given:
    if item.kind is ItemKind.WORDS:
        return Given(words={item.code: answer.words[:MAX_WORDS]}, language=answer.language)
    value = int(answer.value) if answer.value is not None else 1
    return Given(values={item.code: value}, language=answer.language)


@transaction.atomic
def read_loose() -> int:
    """Anonymous answers by text: they come without a family, and wait to be mixed."""
    came = take_loose(KIND)
    surveys: Mapping[int, Survey] = Survey.objects.in_bulk(
        {int(one.ref.partition(":")[0]) for one in came}
    )
    for one in came:
        pk, _, code = one.ref.partition(":")
        survey = surveys.get(int(pk))
        item = survey.asks.item(code) if survey else None
        if survey is None or item is None:
            continue
        words = {code: one.words} if item.kind is ItemKind.WORDS and one.words else {}
        values = {code: int(one.value)} if one.value is not None else {}
        Unmixed.objects.create(survey=survey, values=values, words=words)
    # Who is done, all that are at this moment: without telling which answer is whose.
    for survey in Survey.objects.filter(
        by_text=True, promise="anonymous", opened_at__isnull=False, closed_at=None
    ):
        closed = Asked.objects.filter(
            question__kind=KIND, question__ref__startswith=f"{survey.pk}:", closed=True
        )
        silent = Invitation.objects.filter(survey=survey, done=False)
        if survey.of == Of.GUARDIAN:
            silent.filter(guardian__in=closed.values("guardian")).update(done=True)
        else:
            silent.filter(household__in=closed.values("household")).update(done=True)
    return len(came)


def mix_waiting() -> int:
    """Mix the answers of all surveys that have enough; how many were moved."""
    waiting = Survey.objects.filter(pk__in=Unmixed.objects.values("survey").distinct())
    return sum(mix(survey) for survey in waiting)
