"""Ask home for the day's number at the family's hour, and take in what comes back."""

import logging
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta

from django.db import transaction

from bothways.accounts.models import User
from bothways.cases import rules
from bothways.cases.enums import About, Consent, Every, How, Kind, Part, Side
from bothways.cases.models import Case, Cursor, Measure, MeasurePoint, Member
from bothways.cases.queries import calendar_of, family_links
from bothways.cases.refusals import Unusable
from bothways.cases.services.counting import put
from bothways.cases.services.entering import said
from bothways.cases.services.speaking import KIND, Words, add_words, reads
from bothways.languages.phrases import phrase
from bothways.messaging.enums import Purpose, Takes
from bothways.messaging.services import questions
from bothways.messaging.services.messages import UnusableMessage
from bothways.messaging.services.questions import Answer
from bothways.people.enums import WordClass
from bothways.schools.models import District

log = logging.getLogger(__name__)

TAKES: Mapping[Kind, Takes] = {
    Kind.COUNT: Takes.NUMBER,
    Kind.PERCENT: Takes.NUMBER,
    Kind.RATING: Takes.SCALE,
    Kind.YES_NO: Takes.YES_NO,
}
# Until the next afternoon: who reads a text at breakfast still answers for the day before.
_ANSWER_WITHIN = timedelta(hours=20)


def ask_due(*, at: datetime) -> int:
    """Ask for the numbers that are due now by each district's clock; how many questions went out."""
    asked = 0
    for district in District.objects.filter(
        measure__ask_home__in=[Every.DAY, Every.WEEK]
    ).distinct():
        here = at.astimezone(district.zone)
        due = list(
            Measure.objects.filter(
                district=district,
                starts_on__lte=here.date(),
                ends_on__gte=here.date(),
                ask_at__lte=here.time(),
                case__closed_at=None,
                case__consent=Consent.GIVEN.value,
            )
            .exclude(ask_home=Every.NEVER.value)
            .exclude(asked_on=here.date())
            .order_by("pk")
            .values_list("pk", flat=True)
        )
        if due:
            calendar = calendar_of(district)
            for pk in due:
                asked += _ask(pk, here.date(), at, calendar.of)
    return asked


@transaction.atomic
def _ask(
    pk: int, today: date, at: datetime, closed_on: Callable[[int | None], frozenset[date]]
) -> int:
    measure = (
        Measure.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("case__student__school", "case__district")
        .filter(pk=pk)
        .exclude(asked_on=today)
        .first()
    )
    if measure is None:
        return 0
    case = measure.case
    measure.asked_on = today
    measure.save(update_fields=["asked_on"])
    if not rules.due_today(Every(measure.ask_home), today, closed_on(case.student.school_id)):
        return 0
    if MeasurePoint.objects.filter(measure=measure, day=today, side=Side.HOME.value).exists():
        return 0  # they have said it already
    links = family_links(case, at)
    if not links:
        return 0
    try:
        message = questions.ask(
            district=case.district,
            links=links,
            student=case.student,
            bodies={tag: question_in(measure, tag) for tag in {reads(k.guardian) for k in links}},
            subject=None,
            takes=TAKES[Kind(measure.kind)],
            kind=KIND,
            ref=f"m{measure.pk}:{today:%Y-%m-%d}",
            by=None,
            until=at + _ANSWER_WITHIN,
            purpose=Purpose.PERSONAL,
            low=Kind.RATING.bounds[0],
            high=Kind.RATING.bounds[1],
            answered_by=_lead(case),
        )
    except UnusableMessage as error:
        # One question that cannot go out must not stop the others'.
        log.error("measure %s is not asked: %s", measure.pk, type(error).__name__)
        return 0
    return 1 if message is not None else 0


def _lead(case: Case) -> User | None:
    lead = case.members.filter(part=Part.LEAD.value, left_at=None).select_related("user").first()
    return lead.user if lead else None


def question_in(measure: Measure, tag: str) -> str:
    """The day's question in this language."""
    child = measure.case.student.called or measure.case.student.name
    return phrase(tag, f"case_ask_{measure.kind}", child=child, what=measure.what_in(tag))


def take_in() -> int:
    """Take in what families answered; how many answers. Each answer and the cursor in one transaction."""
    taken = 0
    while batch := questions.answers(KIND, after=_after(), most=200):
        for answer in batch:
            taken += _take(answer)
    return taken


def _after() -> int:
    return Cursor.objects.get_or_create(kind=KIND)[0].after


@transaction.atomic
def _take(answer: Answer) -> int:
    cursor = Cursor.objects.select_for_update().get(kind=KIND)
    if cursor.after >= answer.pk:
        return 0  # another worker has it
    cursor.after = answer.pk
    cursor.save(update_fields=["after"])
    what, _colon, day = answer.question.ref.partition(":")
    try:
        if what.startswith("m"):
            return _number(answer, int(what[1:]), date.fromisoformat(day))
        return _words(answer, int(what[1:]))
    except Unusable as error:
        # A case that has closed meanwhile, a number that cannot be meant: it stays a reply like any other.
        log.info("answer %s is not taken in: %s", answer.pk, error)
        return 0


def _member(case: Case, answer: Answer) -> Member | None:
    """Who of the case said it; None where nobody can tell."""
    mine = case.members.filter(part=Part.FAMILY.value, left_at=None)
    if answer.guardian is not None:
        return mine.filter(guardian=answer.guardian).first()
    of_home = list(mine.filter(guardian__household=answer.household)[:2])
    return of_home[0] if len(of_home) == 1 else None


def _number(answer: Answer, pk: int, day: date) -> int:
    measure = (
        Measure.objects.select_related("case__student__school", "case__district")
        .filter(pk=pk, district=answer.question.district_id)
        .first()
    )
    if measure is None or answer.value is None or measure.case.closed_at is not None:
        return 0
    put(
        measure,
        day,
        answer.value,
        Side.HOME,
        How.TEXT,
        member=_member(measure.case, answer),
        words=answer.words,
    )
    return 1


def _words(answer: Answer, pk: int) -> int:
    case = (
        Case.objects.select_for_update(of=("self",))
        .select_related("student__school", "district")
        .filter(pk=pk, district=answer.question.district_id, closed_at=None)
        .first()
    )
    member = _member(case, answer) if case is not None else None
    if case is None or member is None or not answer.words.strip():
        return 0
    words = Words(
        said(answer.words),
        answer.language or case.district.default_language,
        About.SEES,
        # Said to the school: the speaker may open it to everybody in the case.
        WordClass.SPEAKER_ONLY,
        How.TEXT,
    )
    add_words(case, member, words, form_key=f"answer-{answer.pk}", entry=answer.entry)
    return 1
