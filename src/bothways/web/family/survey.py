"""A survey's page: its code opens these questions and nothing else; no sign-in, no cookie.

Of a named or confidential survey each part is kept as it is sent; of an anonymous one the page itself carries
what was answered from part to part, and nothing is kept before the end.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    QueryDict,
    UnreadablePostError,
)
from django.urls import reverse
from django.utils.http import urlencode

from bothways.core import clock
from bothways.languages.codes import direction
from bothways.languages.meaning import read_reply
from bothways.messaging.enums import Meaning, MessageKind
from bothways.messaging.models import Delivery
from bothways.messaging.queries import homes_found_wrong
from bothways.messaging.services.own_words import receive_own
from bothways.messaging.services.replies import receive_page
from bothways.people.models import Guardian
from bothways.surveys.enums import ItemKind, Promise, State
from bothways.surveys.forms import Form, Item, Scale
from bothways.surveys.models import Answer, Invitation, Survey
from bothways.surveys.queries import invited_by, invited_with, may_answer, written_for
from bothways.surveys.services.answering import (
    MAX_WORDS,
    AlreadyAnswered,
    Given,
    NotOpen,
    NotTaken,
    finish,
    keep_part,
    not_them,
)
from bothways.web.family import codes, frame
from bothways.web.family.forms import is_ours, new_form
from bothways.web.family.inside import form_key
from bothways.web.family.opening import Opened, sent_with
from bothways.web.family.wording import Words
from bothways.web.throttle import Throttle, visitor

# So few questions stand on one page.
ONE_PAGE = 6
sending = Throttle(most=60, within=600)


@dataclass(frozen=True, slots=True)
class Choice:
    value: int
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """One question as its reader sees it."""

    code: str
    text: str
    kind: str
    choices: Sequence[Choice] = ()
    marked: bool = False
    typed: str = ""
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One scale on a page."""

    title: str
    how: str
    questions: Sequence[Asked]


@dataclass(slots=True)
class Open:
    """Who opened the page, with what."""

    typed: str
    invitation: Invitation
    delivery: Delivery | None = None
    pages: list[tuple[Scale, ...]] = field(default_factory=list)

    @property
    def survey(self) -> Survey:
        return self.invitation.survey

    @property
    def name(self) -> str:
        school = self.survey.school
        return school.name if school else self.survey.district.name

    @property
    def phone(self) -> str:
        school = self.survey.school
        return (school.phone if school else "") or self.survey.district.phone


def pages_of(form: Form) -> list[tuple[Scale, ...]]:
    """The scales of each page: a few questions together, long ones a scale each."""
    if form.questions <= ONE_PAGE:
        return [form.scales]
    return [(scale,) for scale in form.scales]


@frame.family_page
def ask(request: HttpRequest) -> HttpResponse:
    """One field for the code that stands on the sheet."""
    tag = frame.language_of(request)
    if request.method != "POST":
        return frame.show("code", tag, {})
    typed = request.POST.get("code", "")
    code = codes.read(typed)
    if code is None:
        return frame.show("code", tag, {"typed": typed[:100], "wrong": True}, status=422)
    query = {"lang": tag} if request.GET.get("lang") else {}
    return _to(code, **query)


@frame.family_page
def survey(request: HttpRequest, typed: str) -> HttpResponse:
    """The questions behind this code; POST takes in a part of the answers."""
    if frame.misses.full(who := visitor(request)):
        return frame.too_often(request)
    opened = _open(typed)
    if opened is None:
        if codes.read(typed) is not None:
            frame.misses.count(who)
        return frame.closed(request)
    form = opened.survey.asks
    known = opened.invitation.language
    tag = frame.language_of(request, known, form.languages)
    words = Words(tag)
    if not may_answer(opened.invitation, clock.now()) or opened.invitation.not_them:
        return frame.closed(request, known=known, district=opened.survey.district)
    if opened.invitation.done:
        fresh = bool(request.GET.get("done"))
        return _said(
            opened,
            words,
            "survey_done" if fresh else "survey_already",
            danger=fresh and bool(request.GET.get("help")),
        )
    if opened.survey.state is not State.OPEN:
        return _said(opened, words, "survey_over")
    opened.pages = pages_of(form)
    if request.method == "POST":
        return _take(request, opened, words)
    part = _part(request.GET.get("part", ""), opened)
    return _show(opened, words, part, _kept(opened))


def _open(typed: str) -> Open | None:
    """By the code of an invitation, or of a message that went out for it."""
    code = codes.read(typed)
    if code is None:
        return None
    invitation = invited_with(code)
    if invitation is not None:
        return Open(code, invitation)
    delivery = sent_with(code)
    if delivery is None or delivery.message.kind != MessageKind.QUESTION:
        return None
    if delivery.household_id in homes_found_wrong(delivery.kind, delivery.match):
        return None
    found = invited_by(delivery, clock.now())
    return Open(code, found, delivery) if found is not None else None


def _part(typed: str, opened: Open) -> int:
    """The page asked for, else the first that was not filled in; counted from 0."""
    most = len(opened.pages) - 1
    if typed.isascii() and typed.isdigit() and len(typed) < 4:
        return min(max(int(typed) - 1, 0), most)
    return min(opened.invitation.part, most)


def _kept(opened: Open) -> Given:
    """What was answered before, of this invitation."""
    given = Given()
    for item, value, said in Answer.objects.filter(invitation=opened.invitation).values_list(
        "item", "value", "words"
    ):
        if value is not None:
            given.values[item] = value
        if said:
            given.words[item] = said
    return given


def _take(request: HttpRequest, opened: Open, words: Words) -> HttpResponse:
    try:
        posted = request.POST
    except (RequestDataTooBig, TooManyFieldsSent, UnreadablePostError):
        wrong = words.say("page_too_long", n=str(MAX_WORDS))
        return _show(opened, words, _part("", opened), _kept(opened), wrong=wrong, status=413)
    part = _part(posted.get("part", ""), opened)
    given = _read(posted, opened, words.tag)
    genuine = is_ours(
        request,
        opened.typed,
        posted.get("form_key", ""),
        posted.get("csrfmiddlewaretoken", ""),
    )
    if not genuine or sending.full(opened.typed):
        return _show(opened, words, part, given, wrong=words["page_press_again"], status=403)
    sending.count(opened.typed)
    if "notme" in posted:
        return _not_me(request, opened, words, posted)
    if any(len(said) > MAX_WORDS for said in given.words.values()):
        wrong = words.say("page_too_long", n=str(MAX_WORDS))
        return _show(opened, words, part, given, wrong=wrong, status=422)
    last = part + 1 >= len(opened.pages)
    try:
        if not last:
            keep_part(invitation=opened.invitation, given=given, part=part + 1)
        else:
            finish(invitation=opened.invitation, given=given)
    except AlreadyAnswered:
        return _said(opened, words, "survey_already")
    except NotOpen:
        return _said(opened, words, "survey_over")
    except NotTaken:
        return _show(opened, words, part, given, wrong=words["answer_missing"], status=422)
    query = {"lang": words.tag} if request.GET.get("lang") else {}
    if last:
        help_ = {"help": "1"} if _danger(opened, given, words.tag, posted) else {}
        _proves(opened, posted)
        return _to(opened.typed, done="1", **help_, **query)
    if opened.survey.is_anonymous:
        return _show(opened, words, part + 1, given)
    return _to(opened.typed, part=str(part + 2), **query)


def _read(posted: QueryDict, opened: Open, tag: str) -> Given:
    """The answers of this page; of an anonymous survey also what the page carried along."""
    given = Given(language=tag)
    here = {
        item.code
        for scale in opened.pages[_part(posted.get("part", ""), opened)]
        for item in scale.items
    }
    for item in opened.survey.asks.items:
        typed = posted.get(f"q_{item.code}", "")
        if item.kind is ItemKind.WORDS:
            said = typed.replace("\r\n", "\n").replace("\x00", "")
            if said.strip():
                given.words[item.code] = said
        elif typed.isascii() and typed.isdigit() and len(typed) < 4:
            given.values[item.code] = int(typed)
        elif typed:
            given.values[item.code] = -1  # none of the answers
        elif item.kind is ItemKind.MARK and item.code in here:
            given.values[item.code] = 0
    return given


def _not_me(request: HttpRequest, opened: Open, words: Words, posted: QueryDict) -> HttpResponse:
    """Somebody else has this number: it is not used for this family any more, as with any message."""
    not_them(invitation=opened.invitation)
    if opened.delivery is not None:
        receive_page(
            opened.delivery,
            words="",
            button=Meaning.WRONG_PERSON,
            form_key=form_key(opened.typed, posted),
        )
    return _said(opened, words, "page_wrong_thanks")


def _danger(opened: Open, given: Given, tag: str, posted: QueryDict) -> bool:
    """Whether words may mean danger: then the page says where there is help now.

    Of a named survey they also go to the person on duty, as any words of this family. Of the others nobody
    is told: that was promised.
    """
    said = "\n".join(given.words.values())
    if not said or not read_reply(said, tag).danger:
        return False
    if opened.survey.promise == Promise.NAMED:
        key = form_key(opened.typed, posted)
        if opened.delivery is not None:
            receive_page(opened.delivery, words=said, button=None, form_key=key)
        elif (adult := _adult(opened)) is not None:
            receive_own(
                guardian=adult, student=None, words=said, button=None, language=tag, form_key=key
            )
    return True


def _adult(opened: Open) -> Guardian | None:
    if opened.invitation.guardian is not None:
        return opened.invitation.guardian
    return (
        Guardian.objects.filter(household=opened.invitation.household_id, ended_at=None)
        .select_related("district", "household")
        .order_by("pk")
        .first()
    )


def _proves(opened: Open, posted: QueryDict) -> None:
    """A named answer is a sign of this family, as a pressed button is; of the others nothing is noted."""
    if opened.delivery is not None and opened.survey.promise == Promise.NAMED:
        receive_page(
            opened.delivery,
            words="",
            button=Meaning.ACKNOWLEDGED,
            form_key=form_key(f"{opened.typed} done", posted),
        )


def _show(
    opened: Open,
    words: Words,
    part: int,
    given: Given,
    *,
    wrong: str = "",
    status: int = 200,
) -> HttpResponse:
    """One page of questions, in the reader's language or the nearest in which all of them are written."""
    form = opened.survey.asks
    tag = written_for(words.tag, form.languages)
    wishes = (opened.invitation.language, opened.survey.district.default_language, "en")
    written = [*(wish for wish in wishes if wish in form.languages), *form.languages, "en"]
    spoken = tag or written[0]
    here = opened.pages[part]
    codes_here = {item.code for scale in here for item in scale.items}
    anonymous = opened.survey.is_anonymous
    carried = {
        **{f"q_{code}": value for code, value in given.values.items() if code not in codes_here},
        **{f"q_{code}": said for code, said in given.words.items() if code not in codes_here},
    }
    return frame.show(
        "survey",
        words.tag,
        {
            "title": words.say("survey_title", school=opened.name),
            "promise": words[f"survey_{opened.survey.promise}"],
            "first": part == 0,
            "part": part + 1,
            "of": words.say("survey_part", n=str(part + 1), m=str(len(opened.pages)))
            if len(opened.pages) > 1
            else "",
            "last": part + 1 == len(opened.pages),
            "parts": [_part_of(scale, spoken, given, words) for scale in here],
            "told_in": spoken,
            "told_dir": direction(spoken),
            "foreign": tag is None,
            "carried": carried.items() if anonymous else (),
            "form": new_form(opened.typed),
            "wrong": wrong,
            "most": MAX_WORDS,
            **frame.call(words, opened.phone),
        },
        status=status,
        versions=form.languages,
    )


def _part_of(scale: Scale, tag: str, given: Given, words: Words) -> Part:
    inventory = any(item.kind is ItemKind.MARK for item in scale.items)
    return Part(
        title=scale.titles.get(tag) or "",
        how=words["survey_choose"] if inventory else "",
        questions=[_asked(item, tag, given) for item in scale.items],
    )


def _asked(item: Item, tag: str, given: Given) -> Asked:
    chosen = given.values.get(item.code)
    return Asked(
        code=item.code,
        text=item.texts.get(tag, ""),
        kind=item.kind.value,
        choices=[
            Choice(n, label, chosen == n)
            for n, label in enumerate(item.labels.get(tag, ()), start=1)
        ],
        marked=chosen == 1,
        typed=given.words.get(item.code, ""),
    )


def _said(opened: Open, words: Words, key: str, *, danger: bool = False) -> HttpResponse:
    """One sentence instead of questions."""
    return frame.show(
        "survey_said",
        words.tag,
        {
            "title": words.say("survey_title", school=opened.name),
            "said": words[key],
            "danger": words.say("acknowledgement_emergency", school=opened.name) if danger else "",
            **frame.call(words, opened.phone),
        },
        versions=opened.survey.asks.languages,
    )


def _to(code: str, **query: str) -> HttpResponse:
    response = HttpResponseRedirect(
        f"{reverse('family-survey', args=[code])}{'?' if query else ''}{urlencode(query)}"
    )
    response.status_code = 303
    return response


def page_for(opened: Opened) -> str:
    """The address of the survey that this message is about, for the message's own page; "" for none."""
    delivery = opened.delivery
    if delivery.message.kind != MessageKind.QUESTION or opened.expired:
        return ""
    by_page = Survey.objects.filter(by_text=False, closed_at=None)
    here = by_page.filter(message_id=delivery.message_id) | by_page.filter(
        reminder_id=delivery.message_id
    )
    return reverse("family-survey", args=[delivery.code]) if here.exists() else ""
