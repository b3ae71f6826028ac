"""A conversation with a family: both sides' words in both languages, and the answer."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.contrib import messages
from django.core import signing
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from bothways.accounts.enums import Permission
from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.core import clock
from bothways.interpreters.enums import AskedFrom
from bothways.interpreters.queries import asked_for
from bothways.languages.services import Suggestion, read_all_for, remember, suggest
from bothways.messaging.enums import Origin, Purpose, SettledWhy
from bothways.messaging.models import (
    Aside,
    AwaitedAnswer,
    Conversation,
    Entry,
    Handing,
    Settling,
)
from bothways.messaging.services.awaiting import let_translate, names_in, withdraw_awaited
from bothways.messaging.services.canned import canned_for, fill
from bothways.messaging.services.conversations import (
    NoWay,
    Said,
    answer,
    hand_over,
    settle,
    unsettle,
)
from bothways.messaging.services.moving import moved_away
from bothways.messaging.services.writing_now import (
    close_form,
    come_since,
    last_seen,
    open_form,
    others_writing,
)
from bothways.web.models import new_key, once
from bothways.web.staff.answer_forms import WHYS, AnswerForm, AsideForm, HandOverForm, SettleForm
from bothways.web.staff.colleagues import colleagues_of
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.inbox import (
    Words,
    conversation_of,
    reader_of,
    with_moves,
    words_for,
)
from bothways.web.staff.names import Home, homes
from bothways.web.staff.presence import presences
from bothways.web.staff.scope import may

_SALT = "bothways.suggested"


class _CameBetween(Exception):
    """Somebody wrote here since the form was opened."""

    def __init__(self, entries: list[Entry]) -> None:
        super().__init__()
        self.entries = entries


@dataclass(frozen=True, slots=True)
class Line:
    """One thing on the page, in the order of time; one of the last four is there."""

    at: datetime
    words: Words | None = None
    aside: Aside | None = None
    handing: Handing | None = None
    settling: Settling | None = None
    why: str = ""


@dataclass(slots=True)
class Tongues:
    """Between which languages an answer goes; ``target`` is the writer's own where none is needed."""

    source: str
    target: str

    @property
    def two(self) -> bool:
        return self.source != self.target


@require_http_methods(["GET", "POST"])
@staff(Permission.INBOX_ANSWER)
def conversation(request: StaffRequest, pk: int) -> HttpResponse:
    """The words in order; POST translates, fills in, sends, or gives to a translator (``do``)."""
    found = conversation_of(request, pk)
    lines = _lines(request, found)
    tongues = _tongues(request, found, lines)
    form = AnswerForm(
        request.POST if request.method == "POST" else None,
        initial={"form_key": new_key(), "seen": last_seen(found)},
    )
    between: list[Entry] = []
    suggestion: Suggestion | None = None
    if request.method == "POST":
        canned = request.POST.get("canned", "")
        do = request.POST.get("do", "send")
        if canned:
            form = _filled(request, found, tongues, canned)
        elif form.is_valid():
            if do == "translate":
                form, suggestion = _translated(request, found, tongues, form)
            else:
                try:
                    done = _out(request, found, tongues, form, do)
                except _CameBetween as came:
                    between = came.entries
                    form = _again(form, seen=last_seen(found))
                else:
                    if done is not None:
                        return done
                    if not form.errors:  # a translation is there now: look at it, then send
                        form, suggestion = _translated(request, found, tongues, form)
    elif found.waiting_since is not None:
        open_form(conversation=found, by=request.user)
    record("conversation.seen", found, by=request.user.pk, district=request.district.pk)
    return _page(request, found, lines, tongues, form, between, suggestion)


def _page(
    request: StaffRequest,
    found: Conversation,
    lines: list[Line],
    tongues: Tongues,
    form: AnswerForm,
    between: list[Entry],
    suggestion: Suggestion | None,
) -> HttpResponse:
    user = request.user
    family = [line.words for line in lines if line.words and line.words.entry.from_family]
    people = list(colleagues(found))
    there = presences(
        [*people, *([found.owner] if found.owner else [])],
        district=request.district,
        school=found.school,
    )
    hand = HandOverForm(initial={"to": found.owner_id}, there=there, auto_id="hand_%s")
    hand.offer(people)
    last = next((line.settling for line in reversed(lines) if line.settling), None)
    waiting = found.waiting_since is not None
    return render(
        request,
        "staff/inbox/conversation.html",
        {
            "conversation": found,
            "home": homes(user, [found.household_id])[found.household_id],
            "lines": lines,
            "between": words_for(between, {found.pk: found}, user),
            "moved_away": moved_away(found),
            "spoke": bool(family) and family[-1].entry.channel == "voice",
            "form": form,
            "tongues": tongues,
            "suggestion": suggestion,
            "nothing_suggested": tongues.two
            and request.method == "POST"
            and suggestion is None
            and not (form.errors or between or request.POST.get("canned")),
            "machine_waits": Purpose.PERSONAL.value in request.district.vital_purposes,
            "canned": list(canned_for(user)),
            "hand_over": hand,
            "settle_form": SettleForm(auto_id="settle_%s"),
            "aside_form": AsideForm(initial={"form_key": new_key()}, auto_id="aside_%s"),
            "presence": there.get(found.owner_id or 0),
            "others": others_writing([found.pk], than=user).get(found.pk, []),
            "undo": last if last and last.undone_at is None and not waiting else None,
            "awaited": AwaitedAnswer.objects.filter(
                conversation=found, done_at=None, withdrawn_at=None
            )
            .select_related("by")
            .first(),
            "bookings": asked_for(
                request.district.pk, asked_from=AskedFrom.CONVERSATION, ids=[found.pk]
            ).get(found.pk, []),
            "may_book": user.can(Permission.INTERPRETERS) or user.can(Permission.MESSAGE_WRITE),
        },
        status=422 if form.errors else 409 if between else 200,
    )


def _lines(request: StaffRequest, found: Conversation) -> list[Line]:
    """All that is on the page; a fixed number of queries."""
    user = request.user
    entries = list(
        found.entries.select_related(
            "guardian", "author", "delivery", "spoken", "delivery__message"
        )
        .prefetch_related("delivery__message__versions")
        .defer("spoken__data")
        .order_by("at", "pk")
    )
    words = with_moves(words_for(entries, {found.pk: found}, user))
    theirs = [
        one
        for one in words
        if one.entry.from_family and not one.withheld and one.entry.body.strip()
    ]
    read = read_all_for(
        request.district,
        [(one.entry.body, one.entry.language) for one in theirs],
        reader=reader_of(request),
        names=names_in(found),
    )
    readings = {one.entry.pk: reading for one, reading in zip(theirs, read, strict=True)}
    lines = [
        Line(one.entry.at, words=replace(one, reading=readings.get(one.entry.pk))) for one in words
    ]
    everything = may(user, Permission.PROTECTED_READ, {found.school_id})
    lines += [
        Line(aside.at, aside=aside)
        for aside in found.asides.select_related("author")
        if not aside.protected or everything or aside.author_id == user.pk
    ]
    lines += [
        Line(handing.at, handing=handing)
        for handing in found.handings.select_related("by", "to", "before")
    ]
    lines += [
        Line(one.at, settling=one, why=str(WHYS[SettledWhy(one.reason)]))
        for one in found.settlings.select_related("by", "undone_by")
    ]
    lines.sort(key=lambda line: line.at)
    return lines


def _tongues(request: StaffRequest, found: Conversation, lines: Sequence[Line]) -> Tongues:
    """The reader's language, and the one in which the family wrote last, as sure as can be known."""
    source = reader_of(request)
    for line in reversed(lines):
        words = line.words
        if words is None or not words.entry.from_family:
            continue
        if words.reading is not None and words.reading.sure:
            return Tongues(source, words.reading.language)
        if words.entry.language:
            return Tongues(source, words.entry.language)
    return Tongues(source, found.district.default_language)


def _names(request: StaffRequest, found: Conversation) -> list[str]:
    school = [found.school.name] if found.school else []
    return [*names_in(found), request.user.given, request.user.family, *school]


def _translated(
    request: StaffRequest, found: Conversation, tongues: Tongues, form: AnswerForm
) -> tuple[AnswerForm, Suggestion | None]:
    """The form with a suggestion in its second field, for a person to look at."""
    words = form.cleaned_data["words"]
    suggestion = suggest(
        request.district,
        words,
        source=tongues.source,
        targets=[tongues.target],
        purpose="personal",
        names=_names(request, found),
    ).get(tongues.target)
    open_form(conversation=found, by=request.user)
    if suggestion is None:
        return _again(form), None
    return (
        _again(
            form,
            translation=suggestion.text,
            went_through=False,
            suggested=_sign(suggestion.text, suggestion.origin.value, suggestion.engine),
        ),
        suggestion,
    )


def _filled(
    request: StaffRequest, found: Conversation, tongues: Tongues, canned: str
) -> AnswerForm:
    """The form with a kept answer in it; what was typed before stands above."""
    one = canned_for(request.user).filter(pk=canned).first() if canned.isdigit() else None
    if one is None:
        raise Http404
    home = homes(request.user, [found.household_id])[found.household_id]
    values = _values(request, found, home)
    typed = request.POST.get("words", "").strip()
    own = fill(str(one.texts.get(tongues.source, "")), values)
    theirs = fill(str(one.texts.get(tongues.target, "")), values) if tongues.two else ""
    words = "\n".join(part for part in (typed, own) if part)
    if not own and theirs and not typed:
        words = theirs
    # With words of one's own above it, a kept translation says less than the answer: it is asked for anew.
    kept = theirs if not typed else ""
    return AnswerForm(
        initial={
            "words": words,
            "translation": kept,
            "suggested": _sign(kept, Origin.PERSON.value, "") if kept else "",
            "seen": request.POST.get("seen") or last_seen(found),
            "form_key": request.POST.get("form_key") or new_key(),
        }
    )


def _values(request: StaffRequest, found: Conversation, home: Home) -> dict[str, str]:
    children = (
        found.student.called
        if found.student
        else ", ".join(child.called for child in home.children)
    )
    return {
        "child": children,
        "name": request.user.name,
        "school": found.school.name if found.school else request.district.name,
    }


def _again(form: AnswerForm, **values: object) -> AnswerForm:
    """The same form with what was typed, and some of it changed."""
    return AnswerForm(initial={**form.cleaned_data, **values})


def _sign(text: str, origin: str, engine: str) -> str:
    return signing.dumps([_digest(text), origin, engine], salt=_SALT)


def _digest(text: str) -> str:
    # A form gives back other line ends than it was given.
    return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()[:24]


def _origin(form: AnswerForm) -> tuple[Origin, str]:
    """Whence the translation is: the suggestion's origin where nobody changed it, else a person's."""
    try:
        digest, origin, engine = signing.loads(form.cleaned_data["suggested"], salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return Origin.PERSON, ""
    if digest != _digest(form.cleaned_data["translation"]):
        return Origin.PERSON, ""
    return Origin(origin), str(engine)


def _out(
    request: StaffRequest, found: Conversation, tongues: Tongues, form: AnswerForm, do: str
) -> HttpResponse | None:
    """Send the answer, or give it to a translator; None: stay, with errors or with a translation to look at."""
    values = form.cleaned_data
    words, translation = values["words"], values["translation"]
    if tongues.two and do == "send" and not translation:
        return None
    if tongues.two and do == "send":
        origin, engine = _origin(form)
        said = Said(
            tongues.target,
            words,
            tongues.source,
            origin,
            engine,
            reviewed_by=request.user if values["went_through"] else None,
        )
        sent = translation
    elif tongues.two and do == "as_is":
        said, sent = Said(tongues.source), words
    else:
        said, sent = Said(tongues.target), words

    def work() -> int:
        Conversation.objects.select_for_update().get(pk=found.pk)
        _nothing_between(request, found, values["seen"])
        if do == "person" and tongues.two:
            return let_translate(
                conversation=found,
                words=words,
                source=tongues.source,
                target=tongues.target,
                by=request.user,
            ).pk
        return answer(conversation=found, words=sent, by=request.user, said=said).pk

    try:
        once(values["form_key"], user=request.user, work=work)
    except NoWay as error:
        form.add_error("words", str(error))
        return None
    if do == "person" and tongues.two:
        messages.success(
            request,
            _("A translator has it now. It goes out in your name as soon as it is translated."),
        )
        return redirect("conversation", pk=found.pk)
    if said.origin is Origin.PERSON and said.original:
        remember(
            request.district,
            source=tongues.source,
            source_text=words,
            target=tongues.target,
            target_text=sent,
            by=request.user.pk,
            reviewed=False,
            names=_names(request, found),
        )
    messages.success(request, _("Your answer is on its way."))
    return redirect("conversation", pk=found.pk)


def _nothing_between(request: StaffRequest, found: Conversation, seen: int | None) -> None:
    """Raises _CameBetween where somebody else wrote here since the form was opened."""
    if seen is None:
        return
    came = [e for e in come_since(found, seen=seen) if e.author_id != request.user.pk]
    if came:
        raise _CameBetween(came)


def colleagues(conversation: Conversation) -> Sequence[User]:
    """Those who serve the child that it is about (in general: a child of the family) and may answer."""
    return list(
        colleagues_of(conversation.district_id, conversation.household_id, conversation.student_id)
    )


@require_POST
@staff(Permission.INBOX_ANSWER)
def left(request: StaffRequest, pk: int) -> HttpResponse:
    """I am not answering now: colleagues see nobody writing."""
    found = conversation_of(request, pk)
    close_form(conversation=found, by=request.user)
    return redirect("inbox")


@require_POST
@staff(Permission.INBOX_ANSWER)
def settled(request: StaffRequest, pk: int) -> HttpResponse:
    found = conversation_of(request, pk)
    form = SettleForm(request.POST)
    why, words = SettledWhy.OTHER, ""
    if form.is_valid():
        why = SettledWhy(form.cleaned_data["why"] or SettledWhy.OTHER)
        words = form.cleaned_data["words"]
    settle(conversation=found, by=request.user, how="settled", why=why, words=words)
    close_form(conversation=found, by=request.user)
    messages.success(request, _("Good. Nobody waits here any more."))
    return redirect("inbox")


@require_POST
@staff(Permission.INBOX_ANSWER)
def unsettled(request: StaffRequest, pk: int, settling: int) -> HttpResponse:
    """That was a mistake: the family waits, since when it did."""
    found = conversation_of(request, pk)
    one = Settling.objects.filter(pk=settling, conversation=found).first()
    if one is None:
        raise Http404
    if unsettle(settling=one, by=request.user):
        messages.success(request, _("The family waits for an answer again, since it wrote."))
    else:
        messages.info(request, _("Nothing to take back: it was answered, or opened again."))
    return redirect("conversation", pk=pk)


@require_POST
@staff(Permission.INBOX_ANSWER)
def handed_over(request: StaffRequest, pk: int) -> HttpResponse:
    found = conversation_of(request, pk)
    form = HandOverForm(request.POST)
    form.offer(list(colleagues(found)))
    if not form.is_valid():
        messages.error(request, _("Choose a colleague who serves a child of this family."))
        return redirect("conversation", pk=pk)
    to: User = form.cleaned_data["to"]
    hand_over(conversation=found, to=to, by=request.user, words=form.cleaned_data["words"])
    messages.success(request, _("%(name)s owes the answer now.") % {"name": to.name})
    return redirect("inbox")


@require_POST
@staff(Permission.INBOX_ANSWER)
def noted(request: StaffRequest, pk: int) -> HttpResponse:
    """A note for colleagues beside the family's words."""
    found = conversation_of(request, pk)
    form = AsideForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Write a word or two; then keep the note."))
        return redirect("conversation", pk=pk)

    def work() -> int:
        aside = Aside.objects.create(
            conversation=found,
            author=request.user,
            at=clock.now(),
            body=form.cleaned_data["body"].strip(),
            protected=form.cleaned_data["protected"],
        )
        record("aside.kept", aside, by=request.user.pk, district=request.district.pk)
        return aside.pk

    once(form.cleaned_data["form_key"], user=request.user, work=work)
    messages.success(request, _("Kept, for colleagues only."))
    return redirect("conversation", pk=pk)


@require_POST
@staff(Permission.INBOX_ANSWER)
def taken_back(request: StaffRequest, pk: int, awaited: int) -> HttpResponse:
    """Do not translate my answer after all."""
    found = conversation_of(request, pk)
    one = (
        AwaitedAnswer.objects.select_related("conversation")
        .filter(pk=awaited, conversation=found)
        .first()
    )
    if one is None:
        raise Http404
    if withdraw_awaited(awaited=one, by=request.user):
        messages.success(request, _("Taken back. Nothing was sent."))
    else:
        messages.info(request, _("It was translated already, and is on its way."))
    return redirect("conversation", pk=pk)
