"""Open a survey to families, follow up once, and close it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any

from django.db import connection, transaction

from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.core import clock, ids
from bothways.languages.phrases import phrase
from bothways.messaging.audience import Audience
from bothways.messaging.enums import MessageKind, Per, Purpose, Takes
from bothways.messaging.models import Message, Question
from bothways.messaging.services.messages import Draft, UnusableMessage, let_go, write_down
from bothways.messaging.services.questions import Following, ask
from bothways.people.models import Link
from bothways.surveys.enums import ItemKind, Of, State
from bothways.surveys.forms import Item
from bothways.surveys.models import Invitation, Survey
from bothways.surveys.queries import KIND, Home, by_language, homes_of, written_for
from bothways.surveys.rules import may_be_asked, sample
from bothways.surveys.services.making import UnusableSurvey
from bothways.surveys.services.mixing import mix_all


@dataclass(slots=True)
class Plan:
    """Whom a survey would ask at this moment."""

    homes: dict[int, Home]
    weights: dict[int, float]  # the families chosen
    tired: int = 0  # left out: asked often enough lately
    by_language: dict[str, int] = field(default_factory=dict)  # of those chosen
    without_words: dict[str, int] = field(default_factory=dict)  # of those, a person asks

    @property
    def chosen(self) -> list[Home]:
        return [self.homes[pk] for pk in self.weights]

    @property
    def families(self) -> int:
        return len(self.weights)

    @property
    def sent_to(self) -> int:
        """Families to whom the words go in a language of theirs."""
        return self.families - sum(self.without_words.values())


@dataclass(frozen=True, slots=True)
class Sent:
    """What opening did."""

    families: int
    invitations: int
    deliveries: Mapping[str, int]
    blocked: Mapping[str, int]


class _Undone(Exception):
    """Counted, and taken back."""

    def __init__(self, sent: Sent) -> None:
        super().__init__()
        self.sent = sent


def plan(survey: Survey, at: datetime) -> Plan:
    """Whom it would ask; nothing is written."""
    homes = homes_of(survey, at)
    questions = survey.asks.questions
    chosen = sample(
        [home.candidate for home in homes.values()],
        size=survey.size,
        questions=questions,
        seed=survey.seed,
    )
    found = Plan(homes, {one.home: one.weight for one in chosen})
    found.tired = sum(not may_be_asked(home.asked, questions) for home in homes.values())
    found.by_language = by_language({home.pk: home for home in found.chosen})
    languages = survey.asks.languages
    found.without_words = {
        tag: n for tag, n in found.by_language.items() if written_for(tag, languages) is None
    }
    return found


def count(survey: Survey, *, by: User) -> Sent:
    """What ``open_to_families`` would do, exactly: it is done, counted and taken back."""
    try:
        with transaction.atomic():
            raise _Undone(_open(survey, by, clock.now()))
    except _Undone as undone:
        survey.refresh_from_db()
        return undone.sent


@transaction.atomic
def open_to_families(*, survey: Survey, by: User) -> Sent:
    """Choose the families, and send to each in its language. Raises UnusableSurvey."""
    now = clock.now()
    sent = _open(survey, by, now)
    record(
        "survey.opened",
        survey,
        by=by.pk,
        district=survey.district_id,
        invitations=sent.invitations,
        **sent.deliveries,
    )
    return sent


def _open(survey: Survey, by: User, now: datetime) -> Sent:
    kept = Survey.objects.select_for_update().get(pk=survey.pk)
    if kept.state is not State.DRAFT:
        raise UnusableSurvey("It went out already.")
    if kept.closes_on < now.astimezone(kept.district.zone).date():
        raise UnusableSurvey("Its last day has passed. Choose another.")
    found = plan(kept, now)
    if not found.families:
        raise UnusableSurvey(
            "There is no family to ask: choose other grades, or wait until families have had a rest."
        )
    kept.homes = by_language(found.homes)
    kept.opened_at, kept.opened_by = now, by
    kept.save(update_fields=["homes", "opened_at", "opened_by"])
    invitations = _invite(kept, found, now)
    links = _links(kept, found.chosen)
    if kept.by_text:
        message = _ask(kept, kept.asks.items[0], links, by)
    else:
        message = _send(kept, found.chosen, links, by, again=False)
    kept.message_id = message.pk if message else None
    kept.save(update_fields=["message_id"])
    survey.refresh_from_db()
    return Sent(found.families, invitations, *_fates(message))


def _invite(survey: Survey, found: Plan, now: datetime) -> int:
    questions = survey.asks.questions
    rows = [
        Invitation(
            district=survey.district,
            survey=survey,
            household_id=home.pk,
            guardian_id=adult,
            promise=survey.promise,
            code=ids.code(),
            language=home.adults[adult] if adult else home.language,
            grade=home.grade,
            school_id=home.school,
            weight=found.weights[home.pk],
            questions=questions,
            at=now,
        )
        for home in found.chosen
        for adult in (home.adults if survey.of == Of.GUARDIAN else (None,))
    ]
    Invitation.objects.bulk_create(rows, batch_size=1000)
    return len(rows)


def _links(survey: Survey, homes: Collection[Home]) -> list[int]:
    """Standing of the adults who read a language in which all of it is written."""
    languages = survey.asks.languages
    return [
        link
        for home in homes
        for adult, tag in home.adults.items()
        if written_for(tag, languages) is not None
        for link in home.links[adult]
    ]


def _send(
    survey: Survey, homes: Collection[Home], links: Collection[int], by: User, *, again: bool
) -> Message | None:
    """One message with the way to the page, to these adults by their usable ways."""
    if not links:
        return None
    languages = survey.asks.languages
    name = survey.school.name if survey.school else survey.district.name
    meant = set(links)
    draft = Draft(
        Purpose.ROUTINE,
        # Only families who get it in words of theirs: of the others nothing was tried, nor held back.
        Audience(
            households=tuple(
                home.pk for home in homes if any(meant & set(row) for row in home.links.values())
            )
        ),
        {tag: invitation_words(survey, tag, again=again) for tag in languages},
        {tag: phrase(tag, "survey_title", school=name) for tag in languages},
        school=survey.school,
    )
    try:
        message = write_down(draft, district=survey.district, by=by, kind=MessageKind.QUESTION)
    except UnusableMessage as error:
        raise UnusableSurvey(str(error)) from error
    let_go(message, links=links)
    # The page stays open as long as the survey does.
    Message.objects.filter(pk=message.pk).update(expires_at=until(survey) + timedelta(days=1))
    return message


def invitation_words(survey: Survey, tag: str, *, again: bool = False) -> str:
    """What a family reads before the first question: who asks, how much, and the promise."""
    name = survey.school.name if survey.school else survey.district.name
    told = [phrase(tag, "survey_invite", school=name, n=str(survey.asks.questions))]
    if again:
        told.append(phrase(tag, "survey_again"))
    return "\n".join([*told, phrase(tag, f"survey_{survey.promise}")])


def question_words(survey: Survey, item: Item, tag: str) -> str:
    """One question as a text: on the first the promise, then how to answer."""
    told = []
    if item.code == survey.asks.items[0].code:
        told.append(phrase(tag, f"survey_{survey.promise}"))
    told.append(item.texts[tag])
    if item.kind is ItemKind.RATING:
        choices = "; ".join(f"{n} = {label}" for n, label in enumerate(item.labels[tag], start=1))
        told.append(phrase(tag, "survey_text_how", choices=choices))
    else:
        told.append(phrase(tag, "survey_text_words"))
    return "\n".join(told)


def spoken_words(survey: Survey, item: Item, tag: str) -> str:
    """The same for a call, which tells the keys itself."""
    first = item.code == survey.asks.items[0].code
    promise = [phrase(tag, f"survey_{survey.promise}")] if first else []
    return "\n".join([*promise, item.texts[tag]])


def asked_in_the_same_call(survey: Survey, item: Item) -> list[Item]:
    """The ratings that a call asks after this one; words are asked for by a message of their own."""
    items = survey.asks.items
    after = items[[one.code for one in items].index(item.code) + 1 :]
    return [one for one in after if one.kind is ItemKind.RATING]


def until(survey: Survey) -> datetime:
    """The end of the last day, at the district."""
    return datetime.combine(survey.closes_on + timedelta(days=1), time.min, survey.district.zone)


def _ask(survey: Survey, item: Item, links: Collection[int], by: User | None) -> Message | None:
    languages = survey.asks.languages
    name = survey.school.name if survey.school else survey.district.name
    try:
        return ask(
            district=survey.district,
            links=list(Link.objects.filter(pk__in=links)),
            student=None,
            bodies={tag: question_words(survey, item, tag) for tag in languages},
            subject={tag: phrase(tag, "survey_title", school=name) for tag in languages},
            takes=Takes.SCALE if item.kind is ItemKind.RATING else Takes.WORDS,
            kind=KIND,
            ref=f"{survey.pk}:{item.code}",
            by=by,
            until=until(survey),
            anonymous=survey.is_anonymous,
            per=Per.GUARDIAN if survey.of == Of.GUARDIAN else Per.HOUSEHOLD,
            school=survey.school,
            answered_by=survey.opened_by,
            **_by_key(survey, item),
        )
    except UnusableMessage as error:
        raise UnusableSurvey(str(error)) from error


def _by_key(survey: Survey, item: Item) -> dict[str, Any]:
    """What a call says and asks: the keys of this rating, and the ratings after it."""
    if item.kind is not ItemKind.RATING:
        return {}
    return {
        "choices": item.labels,
        "spoken": {tag: spoken_words(survey, item, tag) for tag in survey.asks.languages},
        "then": [
            Following(f"{survey.pk}:{one.code}", Takes.SCALE, one.texts, choices=one.labels)
            for one in asked_in_the_same_call(survey, item)
        ],
    }


def ask_next(survey: Survey, item: Item, invitations: Collection[Invitation], at: datetime) -> None:
    """The next question by text, to those who answered the one before."""
    homes = homes_of(survey, at)
    languages = survey.asks.languages
    links = [
        link
        for one in invitations
        if (home := homes.get(one.household_id)) is not None
        for adult, tag in home.adults.items()
        if (one.guardian_id in (None, adult)) and written_for(tag, languages) is not None
        for link in home.links[adult]
    ]
    if links:
        _ask(survey, item, links, survey.opened_by)


def _fates(message: Message | None) -> tuple[dict[str, int], dict[str, int]]:
    if message is None:
        return {}, {}
    ways: dict[str, int] = {}
    for channel in message.deliveries.values_list("channel", flat=True):
        ways[channel] = ways.get(channel, 0) + 1
    held: dict[str, int] = {}
    for why in message.held.values_list("why", flat=True):
        held[why] = held.get(why, 0) + 1
    return ways, held


def may_follow_up(survey: Survey) -> bool:
    return survey.state is State.OPEN and survey.followed_up_at is None and not survey.by_text


@transaction.atomic
def follow_up(*, survey: Survey, by: User) -> Sent:
    """Send it once more, and once only, to those who have not answered. Raises UnusableSurvey."""
    now = clock.now()
    kept = Survey.objects.select_for_update().get(pk=survey.pk)
    if kept.state is not State.OPEN:
        raise UnusableSurvey("It is not open. Families are reminded of what they can still answer.")
    if kept.followed_up_at is not None:
        raise UnusableSurvey("Families were reminded once. Who does not answer has answered, too.")
    if kept.by_text:
        raise UnusableSurvey("A question by text is asked once.")
    homes = homes_of(kept, now)
    silent = Invitation.objects.filter(survey=kept, done=False, not_them=False)
    asked = [
        (homes[home], adult)
        for home, adult in silent.values_list("household_id", "guardian_id")
        if home in homes
    ]
    languages = kept.asks.languages
    links = [
        link
        for home, only in asked
        for adult, tag in home.adults.items()
        if only in (None, adult) and written_for(tag, languages) is not None
        for link in home.links[adult]
    ]
    targets = list({home.pk: home for home, _ in asked}.values())
    message = _send(kept, targets, links, by, again=True)
    kept.followed_up_at, kept.reminder_id = now, message.pk if message else None
    kept.save(update_fields=["followed_up_at", "reminder_id"])
    record("survey.followed_up", kept, by=by.pk, district=kept.district_id, families=len(targets))
    survey.refresh_from_db()
    return Sent(len(targets), len(asked), *_fates(message))


@transaction.atomic
def close(*, survey: Survey, by: User | None) -> None:
    """No more answers. Of an anonymous one all are mixed once more. Closing twice is closing once."""
    kept = Survey.objects.select_for_update().get(pk=survey.pk)
    if kept.state is State.DRAFT:
        raise UnusableSurvey("It was never sent. Throw it away instead.")
    if kept.state is State.CLOSED:
        return
    now = clock.now()
    kept.closed_at = now
    kept.save(update_fields=["closed_at"])
    Question.objects.filter(
        district=kept.district_id, kind=KIND, ref__startswith=f"{kept.pk}:", until__gt=now
    ).update(until=now)
    if kept.is_anonymous:
        mix_all(kept)
    record("survey.closed", kept, by=by.pk if by else None, district=kept.district_id)
    survey.refresh_from_db()


def close_due(at: datetime) -> int:
    """Close those whose last day has passed; how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.id FROM surveys_survey s JOIN schools_district d ON d.id = s.district_id"
            " WHERE s.opened_at IS NOT NULL AND s.closed_at IS NULL"
            " AND s.closes_on < (%s AT TIME ZONE d.timezone)::date ORDER BY s.id",
            [at],
        )
        due = [row[0] for row in cursor.fetchall()]
    for survey in Survey.objects.filter(pk__in=due).select_related("district"):
        close(survey=survey, by=None)
    return len(due)
