"""You said, we did: what families said, who looks after it, and what came of it."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bothways.accounts.enums import Permission
from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.core import clock
from bothways.feedback.enums import Kind, Outcome, Source
from bothways.feedback.models import Change, Item
from bothways.feedback.queries import (
    changes_for,
    closed_days,
    items_for,
    owed_by,
    withheld,
)
from bothways.feedback.rules import due_on, is_overdue
from bothways.feedback.services.items import Unusable, close_item, give, join, open_item, reopen
from bothways.languages.services import Reading, Suggestion, read_all_for, remember, suggest
from bothways.messaging.enums import Origin, Purpose
from bothways.messaging.models import Entry
from bothways.messaging.queries import conversations_for
from bothways.messaging.services.messages import Source as Whence
from bothways.people.enums import WordClass
from bothways.people.models import Guardian
from bothways.web.staff.case_home import said_in_case
from bothways.web.staff.colleagues import colleagues_of
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.feedback_figures import answering
from bothways.web.staff.feedback_forms import HELPED, OUTCOMES, CloseForm, GiveForm, ReopenForm
from bothways.web.staff.inbox import readable, reader_of
from bothways.web.staff.names import Home, homes
from bothways.web.staff.paging import page_of
from bothways.web.staff.scope import children_of, homes_of
from bothways.web.staff.whence import sign, whence
from bothways.welcome.models import Answer

A_PAGE = 40
_PRIVATE = (WordClass.PROTECTED.value, WordClass.STUDENT_VOICE.value)
KINDS = {
    Kind.REQUEST: gettext_lazy("Request"),
    Kind.OBSERVATION: gettext_lazy("Observation"),
    Kind.SUGGESTION: gettext_lazy("Suggestion"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """An item as its reader sees it."""

    item: Item
    home: Home
    withheld: bool
    overdue: bool

    @property
    def kind(self) -> str:
        return str(KINDS[Kind(self.item.kind)])

    @property
    def private(self) -> bool:
        """Never printed."""
        return self.item.word_class in _PRIVATE

    @property
    def outcome(self) -> str:
        return str(OUTCOMES[Outcome(self.item.outcome)]) if self.item.outcome else ""

    @property
    def helped(self) -> str:
        return str(HELPED[self.item.helped]) if self.item.helped else ""  # type: ignore[index]


def rows_of(user: User, items: list[Item], today: date) -> list[Row]:
    """These items with their families; two queries whatever their number."""
    named = homes(user, [item.household_id for item in items])
    hidden = withheld(user, items)
    return [
        Row(
            item,
            named[item.household_id],
            item.pk in hidden,
            is_overdue(item.due_on, today, closed=item.closed_at is not None),
        )
        for item in items
    ]


@require_safe
@staff(Permission.INBOX_ANSWER)
def feedback(request: StaffRequest) -> HttpResponse:
    """What is owed to families: mine, all that I may see, or what is closed; and how long families wait."""
    user, now = request.user, clock.now()
    show = request.GET.get("show", "mine")
    if show not in ("mine", "all", "closed"):
        show = "mine"
    today = now.astimezone(request.district.zone).date()
    mine = owed_by([user.pk], request.district.pk)
    every = items_for(user)
    counts = every.aggregate(
        open=Count("pk", filter=Q(closed_at=None)),
        closed=Count("pk", filter=Q(closed_at__isnull=False)),
    )
    rows: QuerySet[Item] = {
        "mine": mine,
        "all": every.filter(closed_at=None).order_by("due_on", "pk"),
        "closed": every.filter(closed_at__isnull=False).order_by("-closed_at", "-pk"),
    }[show]
    page = page_of(request, rows, A_PAGE)
    whole, prompt = answering(request, now)
    return render(
        request,
        "staff/feedback/items.html",
        {
            "rows": rows_of(user, list(page), today),
            "page": page,
            "show": show,
            "tabs": [
                ("mine", _("Mine"), mine.count()),
                ("all", _("All open"), counts["open"]),
                ("closed", _("Closed"), counts["closed"]),
            ],
            "whole": whole,
            "prompt": prompt,
            "may_publish": user.can(Permission.BOARD),
        },
    )


def _item(request: StaffRequest, pk: int) -> Item:
    found = items_for(request.user).filter(pk=pk).first()
    if found is None or withheld(request.user, [found]):
        raise Http404
    return found


@require_http_methods(["GET", "POST"])
@staff(Permission.INBOX_ANSWER)
def feedback_item(request: StaffRequest, pk: int) -> HttpResponse:
    """One item with its words and its way; POST shows a translation, or closes it and tells the family."""
    item = _item(request, pk)
    form = CloseForm(request.POST if request.method == "POST" else None)
    target = _family_reads(item)
    source = reader_of(request)
    suggestion: Suggestion | None = None
    asked = request.method == "POST" and request.POST.get("do") == "translate"
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        if target != source and (asked or not values["translation"].strip()):
            asked = True
            suggestion = _suggested(request, item, values["words"], source, target)
            form = CloseForm(
                initial={
                    **values,
                    "translation": suggestion.text if suggestion else values["translation"],
                    "suggested": sign(suggestion) if suggestion else "",
                    "went_through": False,
                }
            )
        else:
            try:
                return _close(request, item, form, source, target)
            except Unusable as error:
                form.add_error(None, str(error))
    record("item.seen", item, by=request.user.pk, district=request.district.pk)
    return _page(request, item, form, suggestion, asked, source, target)


def _page(
    request: StaffRequest,
    item: Item,
    form: CloseForm,
    suggestion: Suggestion | None,
    asked: bool,
    source: str,
    target: str,
) -> HttpResponse:
    user = request.user
    today = clock.today(request.district.timezone)
    row = rows_of(user, [item], today)[0]
    people = list(colleagues_of(request.district.pk, item.household_id, item.student_id))
    if item.owner is not None and item.owner not in people:
        people.append(item.owner)
    return render(
        request,
        "staff/feedback/item.html",
        {
            "row": row,
            "item": item,
            "reading": _reading(request, item, row.home),
            "steps": list(item.steps.select_related("by", "to").order_by("pk")),
            "form": form,
            "suggestion": suggestion,
            "nothing_suggested": asked and suggestion is None and target != source,
            "translated": asked or bool(form["translation"].value()),
            "target": target,
            "two": target != source,
            "machine_waits": Purpose.PERSONAL.value in request.district.vital_purposes,
            "give_form": GiveForm(
                initial={"to": item.owner_id, "due": max(item.due_on, today)},
                people=people,
                today=today,
                auto_id="give_%s",
            ),
            "reopen_form": ReopenForm(auto_id="reopen_%s"),
            "changes": list(
                changes_for(user)
                .filter(school=item.school)
                .prefetch_related("texts")
                .order_by("-pk")[:30]
            )
            if user.can(Permission.BOARD) and item.school_id
            else [],
            "may_join": bool(item.school_id) and user.may(Permission.BOARD, {item.school_id}),
        },
        status=422 if form.errors else 200,
    )


def _reading(request: StaffRequest, item: Item, home: Home) -> Reading | None:
    """The family’s words in the reader’s language, where they are in another."""
    reader = reader_of(request)
    (reading,) = read_all_for(
        request.district, [(item.words, item.language)], reader=reader, names=_names(home)
    )
    return reading if reading.language not in ("", reader) else None


def _names(home: Home) -> list[str]:
    return [*home.adults, *(name for child in home.children for name in (child.name, child.called))]


def _family_reads(item: Item) -> str:
    """The language in which this family is told what came of it."""
    adult = item.guardian
    tag = (adult.reads or adult.speaks) if adult else item.language
    if not tag:
        first = (
            Guardian.objects.filter(household=item.household_id, ended_at=None)
            .exclude(reads="")
            .order_by("pk")
            .first()
        )
        tag = first.reads if first else ""
    return tag or item.language or item.district.default_language


def _suggested(
    request: StaffRequest, item: Item, words: str, source: str, target: str
) -> Suggestion | None:
    home = homes(request.user, [item.household_id])[item.household_id]
    names = [*_names(home), request.user.given, request.user.family]
    return suggest(
        request.district, words, source=source, targets=[target], purpose="personal", names=names
    ).get(target)


def _close(
    request: StaffRequest, item: Item, form: CloseForm, source: str, target: str
) -> HttpResponse:
    values = form.cleaned_data
    two = target != source
    origin, engine = (
        whence(values["suggested"], values["translation"]) if two else (Origin.PERSON, "")
    )
    told = close_item(
        item=item,
        outcome=Outcome(values["outcome"]),
        came=values["translation"] if two else values["words"],
        language=target,
        by=request.user,
        whence=Whence(origin, engine, request.user if values["went_through"] else None)
        if two
        else None,
    )
    if two and origin is Origin.PERSON:
        home = homes(request.user, [item.household_id])[item.household_id]
        remember(
            request.district,
            source=source,
            source_text=values["words"],
            target=target,
            target_text=values["translation"],
            by=request.user.pk,
            reviewed=False,
            names=_names(home),
        )
    if told is not None:
        messages.success(request, _("Closed. The family is told, and asked whether it helped."))
    else:
        messages.warning(
            request,
            _(
                "Closed. No text or mail can go to this family now: tell them by phone or in person."
            ),
        )
    return redirect("feedback_item", pk=item.pk)


@require_POST
@staff(Permission.INBOX_ANSWER)
def feedback_give(request: StaffRequest, pk: int) -> HttpResponse:
    """Let a colleague look after it, or name another day."""
    item = _item(request, pk)
    people = list(colleagues_of(request.district.pk, item.household_id, item.student_id))
    if item.owner is not None and item.owner not in people:
        people.append(item.owner)
    form = GiveForm(request.POST, people=people, today=clock.today(request.district.timezone))
    if form.is_valid():
        to = next(user for user in people if user.pk == form.cleaned_data["to"])
        give(item=item, to=to, due=form.cleaned_data["due"], by=request.user)
        messages.success(request, _("Kept."))
    else:
        messages.warning(request, _("Not kept: choose a colleague, and a day from today on."))
    return redirect("feedback_item", pk=item.pk)


@require_POST
@staff(Permission.INBOX_ANSWER)
def feedback_reopen(request: StaffRequest, pk: int) -> HttpResponse:
    """It is not over."""
    item = _item(request, pk)
    form = ReopenForm(request.POST)
    if form.is_valid():
        today = clock.today(request.district.timezone)
        days = closed_days(
            request.district, item.school_id, since=today, until=today + timedelta(days=60)
        )
        reopen(
            item=item,
            by=request.user,
            words=form.cleaned_data["words"],
            due=due_on(Kind(item.kind), today, days),
        )
        messages.success(request, _("It is open again."))
    else:
        messages.warning(request, _("Say in a few words why it is not over."))
    return redirect("feedback_item", pk=item.pk)


@require_POST
@staff(Permission.BOARD)
def feedback_join(request: StaffRequest, pk: int) -> HttpResponse:
    """Let it belong to a change that is there; without one it belongs to none."""
    item = _item(request, pk)
    typed = request.POST.get("change", "")
    change: Change | None = None
    if typed:
        known = changes_for(request.user).filter(school=item.school_id)
        change = (
            known.filter(pk=int(typed)).first() if typed.isdecimal() and len(typed) < 18 else None
        )
        if change is None:
            raise Http404
    join(items=[item], change=change, by=request.user)
    messages.success(request, _("Kept."))
    return redirect("feedback_item", pk=item.pk)


@require_POST
@staff(Permission.INBOX_ANSWER)
def make_feedback(request: StaffRequest) -> HttpResponse:
    """Make what a family said somebody’s to do: one tap, from wherever it was said."""
    posted = request.POST
    home = homes_of(request.user).filter(pk=_number(posted.get("household", ""))).first()
    kind, source = posted.get("kind", ""), posted.get("source", "")
    if home is None or kind not in set(Kind) or source not in set(Source):
        raise Http404
    student = (
        children_of(request.user)
        .filter(pk=_number(posted.get("student", "")), homes__household=home)
        .first()
    )
    guardian = Guardian.objects.filter(
        pk=_number(posted.get("guardian", "")), household=home, ended_at=None
    ).first()
    words, language = posted.get("words", ""), posted.get("language", "")[:20]
    word_class = WordClass.FAMILY
    ref = posted.get("source_ref", "").replace("\x00", "")[:60]
    if source == Source.ENTRY:
        # The words are taken from where they are kept, never from a form.
        entry = _entry(request, _number(ref), home.pk)
        words, language, guardian = entry.body, entry.language, entry.guardian
        word_class = WordClass(entry.word_class)
        student = entry.conversation.student if entry.conversation else None
    elif source == Source.CASE:
        said = said_in_case(request.user, _number(ref), home.pk)
        words, language, guardian = said.words, said.language, said.member.guardian
        student = said.case.student
    elif source == Source.WELCOME:
        told = _told(request, _number(ref), home.pk)
        words, language, guardian = told.words, told.language, told.talk.guardian
        student = told.student
    try:
        item = open_item(
            household=home,
            guardian=guardian,
            student=student,
            kind=Kind(kind),
            words=words,
            language=language,
            source=Source(source),
            source_ref=ref,
            by=request.user,
            word_class=word_class,
        )
    except Unusable as error:
        messages.warning(request, str(error))
    else:
        owner = item.owner.name if item.owner else _("nobody yet")
        messages.success(
            request,
            _("It stands in “You said, we did” now: %(owner)s looks after it.") % {"owner": owner},
        )
    return redirect(_back(request))


def _entry(request: StaffRequest, pk: int, home: int) -> Entry:
    entry = (
        Entry.objects.filter(
            pk=pk,
            from_family=True,
            conversation__household=home,
            conversation__in=conversations_for(request.user).values("pk"),
        )
        .select_related("conversation__student", "guardian")
        .first()
    )
    if entry is None or entry.conversation is None:
        raise Http404
    if not readable(entry, entry.conversation, request.user):
        raise Http404
    return entry


def _told(request: StaffRequest, pk: int, home: int) -> Answer:
    """What this family told everybody who serves the child, of a child whom this user serves."""
    answer = (
        Answer.objects.filter(
            pk=pk,
            talk__household=home,
            word_class=WordClass.FAMILY.value,
            withdrawn_at=None,
        )
        .select_related("talk__guardian", "student")
        .first()
    )
    if answer is None:
        raise Http404
    if answer.student and not children_of(request.user).filter(pk=answer.student.pk).exists():
        raise Http404
    return answer


def _number(typed: str) -> int:
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 18 else 0


def _back(request: StaffRequest) -> str:
    """Where the tap was; never another site."""
    there = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(there, {request.get_host()}, request.is_secure())
    return there if there.startswith("/") and ours else "feedback"
