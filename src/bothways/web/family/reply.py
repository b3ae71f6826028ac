"""The reply page: one message, and what its family says to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    UnreadablePostError,
)
from django.urls import reverse
from django.utils.http import urlencode

from bothways.core import clock
from bothways.languages.phrases import phrase
from bothways.messaging.enums import NEEDS_ANSWER, Meaning, MessageKind
from bothways.messaging.models import Entry, Recording, Version
from bothways.messaging.queries import homes_found_wrong
from bothways.messaging.reading import reading_words
from bothways.messaging.rendering import marked
from bothways.messaging.services.replies import MAX_WORDS, receive_page
from bothways.people.enums import WordClass
from bothways.web.family import codes, frame, links, survey, tongues
from bothways.web.family.choices import anonymous_at, choices
from bothways.web.family.forms import Filled, new_form, read_form
from bothways.web.family.notices import offer
from bothways.web.family.opening import Opened, open_at, opened_with, sent_with
from bothways.web.family.wording import Words
from bothways.web.sounds import played
from bothways.web.throttle import Throttle, visitor

# One person presses a few buttons and writes a few times; a machine with a link could fill an inbox.
sending = Throttle(most=40, within=600)
# Somebody who opened the page in time may finish the answer: words outrank dates.
GRACE = timedelta(days=7)
# For so long a page of thanks shows what it was for; then it may be somebody else who looks there.
FRESH = timedelta(minutes=30)


@frame.family_page
def message(request: HttpRequest, typed: str) -> HttpResponse:
    """Open the message of this code; POST takes in an answer."""
    if frame.misses.full(who := visitor(request)):
        return frame.too_often(request)
    code = codes.read(typed)
    delivery = sent_with(code) if code else None
    if code is None or delivery is None:
        if code is not None:
            frame.misses.count(who)
        return frame.closed(request)
    now = clock.now()
    opened = open_at(delivery, now)
    known = delivery.languages[0] if delivery.languages else delivery.district.default_language
    if opened is None:
        return frame.closed(request, known=known, district=delivery.district)
    # Who said “wrong number” is somebody else: a child's news is not for them, and theirs not the family's.
    strange = delivery.household_id in homes_found_wrong(delivery.kind, delivery.match)
    if request.method == "POST":
        if strange:
            return frame.closed(request, known=known, district=delivery.district)
        return _take(request, opened, known)
    done = request.GET.get("done", "")
    if done:
        entry = (
            Entry.objects.filter(delivery=delivery, form_key=done.replace("\x00", ""))
            .select_related("conversation__owner", "conversation__school")
            .first()
        )
        if entry is not None:
            return _thanks(request, opened, entry, known)
        if not strange and anonymous_at(delivery):
            return _thanks_nobody(request, opened, known)
    if opened.expired or strange:
        return frame.closed(request, known=known, district=delivery.district)
    return _letter(request, opened, known)


@frame.family_page
def sound(request: HttpRequest, typed: str, version: str) -> HttpResponse:
    """The recorded voice of this message, for whoever may read it; Http404 where there is none."""
    if frame.misses.full(who := visitor(request)):
        return frame.too_often(request)
    code = codes.read(typed)
    delivery = sent_with(code) if code else None
    if code is None or delivery is None:
        if code is not None:
            frame.misses.count(who)
        raise Http404
    now = clock.now()
    opened = open_at(delivery, now)
    strange = delivery.household_id in homes_found_wrong(delivery.kind, delivery.match)
    if opened is None or opened.expired or strange:
        raise Http404
    messages = {one.delivery.message_id for one in (*opened_with(delivery, now), opened)}
    found = Recording.objects.filter(version=int(version), version__message__in=messages).first()
    if found is None:
        raise Http404
    return played(request, bytes(found.data), found.content_type)


def _letter(
    request: HttpRequest,
    opened: Opened,
    known: str,
    *,
    filled: Filled | None = None,
    wrong: str = "",
    status: int = 200,
) -> HttpResponse:
    """The message with everything a family can do about it."""
    delivery = opened.delivery
    versions = opened.versions()
    tag = frame.language_of(request, known, list(versions))
    words = Words(tag)
    together = opened_with(delivery, clock.now())
    letters = [_words(words, one, one.versions(), delivery.code) for one in together]
    together.append(opened)
    letters.append(_words(words, opened, versions))
    return frame.show(
        "message",
        tag,
        {
            "heading": _heading(words, opened, together),
            "letters": letters,
            "untranslated": any(letter.untranslated for letter in letters),
            "answers": opened.answers(),
            "choices": None if opened.expired else choices(delivery, tag),
            "survey": survey.page_for(opened),
            "form": new_form(delivery.code),
            "typed": filled.words if filled else "",
            "wrong": wrong,
            "code": delivery.code,
            "notices": offer(opened),
            "can_mend": not opened.expired,
            "mends": delivery.message.kind == MessageKind.MEND,
            **frame.call(words, opened.phone),
        },
        status=status,
        versions=list(versions),
    )


@dataclass(frozen=True, slots=True)
class Letter:
    """One message as its reader sees it; a digest shows several."""

    author: str
    sender: str
    day: str
    subject: str
    language: tongues.Tongue
    paragraphs: Sequence[object]
    untranslated: bool
    sound: str = ""  # address of a recorded voice in this language; "" for none


def _words(
    words: Words, opened: Opened, versions: Mapping[str, Version], carrier: str = ""
) -> Letter:
    delivery = opened.delivery
    found = tongues.version_in(
        words.tag, versions, delivery.languages, delivery.district.default_language
    )
    language, version = found if found else (words.tag, None)
    sent = delivery.message.sent_at or delivery.created_at
    author = delivery.message.author
    return Letter(
        author=author.name if author else "",
        sender=opened.sender,
        day=words.date(sent.astimezone(delivery.district.zone).date()),
        subject=version.subject if version else "",
        language=tongues.switch(language, [language]).first[0],
        paragraphs=links.paragraphs(marked(version)) if version else [],
        untranslated=language != words.tag and words.tag not in versions,
        # The spoken words of a digest's parts open with the link that carries them.
        sound=reverse("family-message-sound", args=[carrier or delivery.code, version.pk])
        if version is not None and getattr(version, "spoken", False)
        else "",
    )


def _heading(words: Words, opened: Opened, together: Sequence[Opened] = ()) -> str:
    """The children's given names: never a letter without knowing whom it is about."""
    children = {child.pk: child.called for one in (together or [opened]) for child in one.children}
    names = words.names([children[pk] for pk in sorted(children) if children[pk]])
    if not names:
        return words.say("page_title", school=opened.sender)
    if opened.delivery.student_id:
        return phrase(words.tag, "page_about", child=names)
    return phrase(words.tag, "letter_to", children=names)


def _take(request: HttpRequest, opened: Opened, known: str) -> HttpResponse:
    """Keep what came, or say kindly why it could not be; whatever was written stays in the box."""
    delivery = opened.delivery
    tag = frame.language_of(request, known)
    words = Words(tag)
    try:
        filled = read_form(request, delivery.code)
    except (RequestDataTooBig, TooManyFieldsSent, UnreadablePostError):
        if opened.expired:
            return frame.closed(request, known=known, district=delivery.district)
        most = words.say("page_too_long", n=str(MAX_WORDS))
        return _letter(request, opened, known, wrong=most, status=413)
    now = clock.now()
    expires_at = delivery.message.expires_at
    late = opened.expired and (expires_at is None or now > expires_at + GRACE)
    if late or (opened.expired and not filled.genuine):
        return frame.closed(request, known=known, district=delivery.district)
    wrong, status = _wrong(words, filled)
    if wrong and not opened.expired:
        return _letter(request, opened, known, filled=filled, wrong=wrong, status=status)
    if wrong:
        return frame.closed(request, known=known, district=delivery.district)
    if sending.full(who := str(delivery.pk)):
        return frame.away(request, known=known, status=429)
    sending.count(who)
    receive_page(delivery, words=filled.words, button=filled.button, form_key=filled.key)
    query = {"done": filled.key}
    if request.GET.get("lang"):
        query["lang"] = tag
    response = HttpResponseRedirect(f"{request.path}?{urlencode(query)}")
    response.status_code = 303
    return response


def _wrong(words: Words, filled: Filled) -> tuple[str, int]:
    """What is wrong with a form, and the status; "" where nothing is."""
    if not filled.genuine:
        return words["page_press_again"], 403
    if not filled.says_something:
        return words["answer_missing"], 422
    if len(filled.words) > MAX_WORDS:
        return words.say("page_too_long", n=str(MAX_WORDS)), 422
    return "", 200


def _thanks(request: HttpRequest, opened: Opened, entry: Entry, known: str) -> HttpResponse:
    """That it is kept, who reads it and when; for words of danger where there is help now."""
    delivery = opened.delivery
    versions = list(opened.versions())
    tag = frame.language_of(request, known, versions)
    words = Words(tag)
    meaning = Meaning(entry.meaning)
    fresh = clock.now() < entry.at + FRESH
    danger = entry.danger and fresh
    answers = [] if opened.expired else opened.answers()
    if fresh and entry.body and entry.word_class == WordClass.FAMILY and entry not in answers:
        answers.append(entry)
    return frame.show(
        "thanks",
        tag,
        {
            "heading": _heading(words, opened),
            "danger": danger,
            "thanks": words.say("acknowledgement_emergency", school=opened.sender)
            if danger
            else _what_next(words, opened, entry, meaning),
            "answers": answers,
            "stopped": meaning is Meaning.STOP,
            "code": delivery.code,
            "expired": opened.expired,
            "done": entry.form_key,
            "notices": None if danger else offer(opened),
            **frame.call(words, opened.phone),
        },
        versions=versions,
    )


def _thanks_nobody(request: HttpRequest, opened: Opened, known: str) -> HttpResponse:
    """That an answer is kept, where nobody may know whose it is."""
    tag = frame.language_of(request, known, list(opened.versions()))
    words = Words(tag)
    return frame.show(
        "thanks",
        tag,
        {
            "heading": _heading(words, opened),
            "danger": False,
            "thanks": words["page_kept"],
            "answers": [],
            "code": opened.delivery.code,
            "expired": opened.expired,
            **frame.call(words, opened.phone),
        },
        versions=list(opened.versions()),
    )


def _what_next(words: Words, opened: Opened, entry: Entry, meaning: Meaning) -> str:
    """Who does what now, and when: nobody should have to wonder."""
    conversation = entry.conversation
    if meaning is Meaning.ACKNOWLEDGED:
        return words.say("thanks_read", school=opened.sender)
    if conversation is None or meaning not in NEEDS_ANSWER:
        return words[_PLAIN_THANKS.get(meaning, "page_kept")]
    when = reading_words(opened.delivery.district, conversation.school, words.tag, entry.at)
    return words.say(
        _PROMISES.get(meaning, "thanks_answer"),
        name=conversation.owner.name if conversation.owner else words["the_office"],
        school=conversation.school.name if conversation.school else opened.sender,
        when=when,
    )


_PROMISES = {Meaning.CALL_ME: "thanks_call", Meaning.NOT_UNDERSTOOD: "thanks_not_understood"}
_PLAIN_THANKS = {
    Meaning.STOP: "page_stopped",
    Meaning.WRONG_PERSON: "page_wrong_thanks",
}
