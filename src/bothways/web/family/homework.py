"""The homework of one class, for whoever has its number: no name of a child, nothing that is a record."""

from dataclasses import dataclass
from datetime import timedelta

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from bothways.channels.services import values_of
from bothways.channels.twilio.voice import TwilioVoiceCarrier
from bothways.core import clock
from bothways.core.phone import show as shown
from bothways.hotline.models import Posting
from bothways.hotline.queries import section_with, work_of
from bothways.hotline.rules import MOST_BACK, words_for
from bothways.languages.codes import direction
from bothways.web.family import frame
from bothways.web.family.links import paragraphs
from bothways.web.family.wording import Words
from bothways.web.sounds import played
from bothways.web.throttle import Throttle, visitor

_EARLIER = 4
# Counted apart from the codes of messages: a slip of the pen here must not close those.
guesses = Throttle(most=20, within=600)


@dataclass(frozen=True, slots=True)
class Day:
    """The work of one day, in the reader's language or as the teacher wrote it."""

    date: str
    told: list[SafeString]
    language: str
    direction: str
    foreign: bool  # there are words, in another language than the page
    due: str
    sound: str  # address of what the teacher said; "" for nothing


@frame.family_page
def ask(request: HttpRequest) -> HttpResponse:
    """One field for the number on the class list."""
    tag = frame.language_of(request)
    if request.method != "POST":
        return frame.show("homework_code", tag, {})
    typed = request.POST.get("code", "")
    code = "".join(typed.split())
    if not (code.isascii() and code.isdecimal() and len(code) <= 8):
        return frame.show("homework_code", tag, {"typed": typed[:20], "wrong": True}, status=422)
    query = f"?{urlencode({'lang': tag})}" if request.GET.get("lang") else ""
    response = HttpResponseRedirect(reverse("family-homework", args=[code]) + query)
    response.status_code = 303
    return response


@frame.family_page
def homework(request: HttpRequest, code: str) -> HttpResponse:
    """Today's work, and that of the days before."""
    if guesses.full(who := visitor(request)):
        return frame.too_often(request)
    section = section_with(code)
    if section is None:
        guesses.count(who)
        tag = frame.language_of(request)
        return frame.show("homework_code", tag, {"typed": code[:20], "wrong": True}, status=404)
    today = clock.today(section.district.timezone)
    (work,) = work_of([section], today=today)
    earlier = [
        posting
        for posting in Posting.objects.filter(
            section=section, day__range=(work.day - timedelta(MOST_BACK), work.day)
        )
        .exclude(day=work.day)
        .select_related("spoken")
        .order_by("-day")
        if posting.says_something
    ][:_EARLIER]
    postings = [*([work.posting] if work.posting else []), *earlier]
    versions = list(dict.fromkeys(tag for posting in postings for tag in posting.bodies))
    tag = frame.language_of(request, versions=versions)
    words = Words(tag)
    number = shown(values_of(TwilioVoiceCarrier.name).get("from_number", ""))
    return frame.show(
        "homework",
        tag,
        {
            "title": words.say("hw_title", section=section.title),
            "school": section.school.name,
            "today": words.date(work.day),
            "none": words.say("hw_none", section=section.title),
            "work": _day(work.posting, words, code) if work.posting else None,
            "earlier": [_day(posting, words, code) for posting in earlier],
            "by_phone": words.say("hw_by_phone", phone=number, code=code) if number else "",
        },
        versions=versions,
    )


def _day(posting: Posting, words: Words, code: str) -> Day:
    found = words_for(words.tag, posting.bodies, posting.language)
    language, told = found or ("", "")
    own = words.tag.split("-")[0] == language.split("-")[0]
    sound = posting.sound
    return Day(
        date=words.date(posting.day),
        told=paragraphs(told),
        language=language,
        direction=direction(language) if language else "auto",
        foreign=bool(told) and not own,
        due=words.say("hw_due", day=words.date(posting.due)) if posting.due else "",
        sound=reverse("family-homework-sound", args=[code, posting.pk]) if sound else "",
    )


@frame.family_page
def sound(request: HttpRequest, code: str, posting: str) -> HttpResponse:
    """What the teacher said, for a family's page and for the carrier that plays it in a call."""
    if guesses.full(who := visitor(request)):
        return frame.too_often(request)
    section = section_with(code)
    found = (
        Posting.objects.filter(pk=int(posting), section=section).select_related("spoken").first()
        if section is not None and len(posting) < 18
        else None
    )
    spoken = found.sound if found else None
    if spoken is None or spoken.data is None:
        guesses.count(who)
        raise Http404
    return played(request, bytes(spoken.data), spoken.content_type)
