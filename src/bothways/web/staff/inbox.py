"""What families wrote, who owes an answer, and how long they wait."""

from dataclasses import dataclass, replace

from django import forms
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bothways.accounts.enums import Permission
from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.core import clock
from bothways.messaging.models import Alert, Conversation, Entry, EntryMove
from bothways.messaging.queries import conversations_for
from bothways.messaging.services.conversations import (
    NoWay,
    alert_seen,
    answer,
    hand_over,
    settle,
)
from bothways.messaging.services.moving import moved_away
from bothways.outreach.services.hours import stand_ins
from bothways.people.enums import WordClass
from bothways.web.models import new_key, once
from bothways.web.staff.colleagues import colleagues_of
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.names import homes
from bothways.web.staff.paging import page_of
from bothways.web.staff.scope import may, schools_where


@require_safe
@staff(Permission.INBOX_ANSWER)
def inbox(request: StaffRequest) -> HttpResponse:
    whose = "all" if request.GET.get("whose") == "all" else "mine"
    rows = conversations_for(request.user)
    mine = rows.filter(owner=request.user)
    page = page_of(request, rows if whose == "all" else mine)
    shown = list(page.object_list)
    named = homes(request.user, [c.household_id for c in shown])
    last = _last_words(shown, request.user)
    strangers = _strangers(request.user)
    return render(
        request,
        "staff/inbox/inbox.html",
        {
            "whose": whose,
            "page": page,
            "rows": [(c, named[c.household_id], last.get(c.pk)) for c in shown],
            "waiting": rows.filter(waiting_since__isnull=False).count(),
            "waiting_mine": mine.filter(waiting_since__isnull=False).count(),
            "strangers": list(strangers[:50]),
        },
    )


@dataclass(frozen=True, slots=True)
class Words:
    """An entry as this user may read it."""

    entry: Entry
    withheld: bool
    private: bool
    moved: EntryMove | None = None  # by whom, where somebody put it here


def _last_words(conversations: list[Conversation], user: User) -> dict[int, Words]:
    """The newest thing the family wrote in each."""
    entries = (
        Entry.objects.filter(conversation__in=conversations, from_family=True)
        .select_related("guardian")
        .order_by("conversation_id", "-at", "-pk")
        .distinct("conversation_id")
    )
    return {
        words.entry.conversation_id: words
        for words in _words(list(entries), {c.pk: c for c in conversations}, user)
        if words.entry.conversation_id is not None
    }


def _words(entries: list[Entry], conversations: dict[int, Conversation], user: User) -> list[Words]:
    told = set(
        Alert.objects.filter(entry__in=entries, user=user).values_list("entry_id", flat=True)
    )
    found = []
    for entry in entries:
        conversation = conversations.get(entry.conversation_id or 0)
        schools = {conversation.school_id} if conversation else set()
        protected = entry.word_class == WordClass.PROTECTED.value
        may_read = (
            not protected or entry.pk in told or may(user, Permission.PROTECTED_READ, schools)
        )
        private = entry.word_class in (WordClass.PROTECTED.value, WordClass.STUDENT_VOICE.value)
        found.append(Words(entry, withheld=not may_read, private=private))
    return found


def _with_moves(words: list[Words]) -> list[Words]:
    """The same, with the last move of each that somebody put where it is."""
    moves = {
        move.entry_id: move
        for move in EntryMove.objects.filter(entry__in=[one.entry for one in words])
        .select_related("by")
        .order_by("pk")
    }
    return [replace(one, moved=moves.get(one.entry.pk)) for one in words]


def readable(entry: Entry, talk: Conversation, user: User) -> bool:
    """Whether this user may read, or hear, what the family said."""
    return not _words([entry], {talk.pk: talk}, user)[0].withheld


def _strangers(user: User) -> QuerySet[Entry]:
    """Words from senders whom nobody here knows; for those who may write to everybody."""
    if not user.can(Permission.MESSAGE_DISTRICT):
        return Entry.objects.none()
    entries = Entry.objects.filter(
        Q(district=user.district_id) | Q(district=None), conversation=None, from_family=True
    )
    wide = schools_where(user, Permission.PROTECTED_READ)
    if wide is not None:
        entries = entries.filter(Q(danger=False) | Q(alerts__user=user)).distinct()
    return entries.order_by("-at", "-pk")


class HandOverForm(forms.Form):
    to = forms.ModelChoiceField(
        User.objects.none(), label=gettext_lazy("Hand over to"), empty_label=None
    )


class AnswerForm(forms.Form):
    words = forms.CharField(
        max_length=5000,
        label=gettext_lazy("Your answer"),
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=gettext_lazy(
            "It goes out as you write it, by the way the family wrote. Short and specific is kind."
        ),
    )
    form_key = forms.CharField(max_length=40, widget=forms.HiddenInput)


def colleagues(conversation: Conversation) -> QuerySet[User]:
    """Those who serve the child that it is about (in general: a child of the family) and may answer."""
    return colleagues_of(
        conversation.district_id, conversation.household_id, conversation.student_id
    )


def conversation_of(request: StaffRequest, pk: int) -> Conversation:
    found = conversations_for(request.user).select_related("district").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


@require_http_methods(["GET", "POST"])
@staff(Permission.INBOX_ANSWER)
def conversation(request: StaffRequest, pk: int) -> HttpResponse:
    """The words in order; POST answers."""
    found = conversation_of(request, pk)
    form = AnswerForm(
        request.POST if request.method == "POST" else None, initial={"form_key": new_key()}
    )
    if request.method == "POST" and form.is_valid():
        words = form.cleaned_data["words"]
        try:
            once(
                form.cleaned_data["form_key"],
                user=request.user,
                work=lambda: answer(conversation=found, words=words, by=request.user).pk,
            )
        except NoWay as error:
            form.add_error("words", str(error))
        else:
            messages.success(request, _("Your answer is on its way."))
            return redirect("conversation", pk=pk)
    record("conversation.seen", found, by=request.user.pk, district=request.district.pk)
    entries = list(
        found.entries.select_related("guardian", "author", "delivery", "spoken")
        .defer("spoken__data")
        .order_by("at", "pk")
    )
    hand = HandOverForm(initial={"to": found.owner_id})
    _offer(hand, found)
    return render(
        request,
        "staff/inbox/conversation.html",
        {
            "conversation": found,
            "home": homes(request.user, [found.household_id])[found.household_id],
            "words": _with_moves(_words(entries, {found.pk: found}, request.user)),
            "moved_away": moved_away(found),
            "spoke": next((e.channel for e in reversed(entries) if e.from_family), "") == "voice",
            "form": form,
            "hand_over": hand,
            "stand_in": _stand_in(found, request),
        },
        status=422 if form.errors else 200,
    )


def _stand_in(found: Conversation, request: StaffRequest) -> User | None:
    """Who stands in for the one who owes the answer, where they are away today."""
    if found.owner_id is None:
        return None
    today = clock.today(request.district.timezone)
    return stand_ins([found.owner_id], today=today).get(found.owner_id)


def _offer(form: HandOverForm, found: Conversation) -> None:
    field = form.fields["to"]
    assert isinstance(field, forms.ModelChoiceField)
    field.queryset = colleagues(found)


@require_POST
@staff(Permission.INBOX_ANSWER)
def settled(request: StaffRequest, pk: int) -> HttpResponse:
    found = conversation_of(request, pk)
    settle(conversation=found, by=request.user, how="settled")
    messages.success(request, _("Good. Nobody waits here any more."))
    return redirect("inbox")


@require_POST
@staff(Permission.INBOX_ANSWER)
def handed_over(request: StaffRequest, pk: int) -> HttpResponse:
    found = conversation_of(request, pk)
    form = HandOverForm(request.POST)
    _offer(form, found)
    if not form.is_valid():
        messages.error(request, _("Choose a colleague who serves a child of this family."))
        return redirect("conversation", pk=pk)
    to: User = form.cleaned_data["to"]
    hand_over(conversation=found, to=to, by=request.user)
    messages.success(request, _("%(name)s owes the answer now.") % {"name": to.name})
    return redirect("inbox")


@require_http_methods(["GET", "POST"])
@staff(Permission.INBOX_ANSWER)
def alert(request: StaffRequest, pk: int) -> HttpResponse:
    """Words of danger: what was written, who was told; POST: I have this in hand."""
    found = (
        Alert.objects.select_related("entry__conversation__household", "user", "entry__guardian")
        .filter(pk=pk, user__district=request.district)
        .first()
    )
    if found is None or not _may_see(request.user, found):
        raise Http404
    if request.method == "POST":
        mine = Alert.objects.filter(entry=found.entry_id, user=request.user).first()
        if mine is None:
            raise Http404
        alert_seen(alert=mine, by=request.user)
        messages.success(request, _("It is yours. Write down what you did in the family’s notes."))
        return redirect("alert", pk=pk)
    record("alert.read", found, by=request.user.pk, district=request.district.pk)
    told = list(found.entry.alerts.select_related("user").order_by("pk"))
    talk = found.entry.conversation
    named = homes(request.user, [talk.household_id]) if talk else {}
    return render(
        request,
        "staff/inbox/alert.html",
        {
            "alert": found,
            "entry": found.entry,
            "home": named.get(talk.household_id) if talk else None,
            "conversation": talk,
            "told": told,
            "mine": next((a for a in told if a.user_id == request.user.pk), None),
        },
    )


def _may_see(user: User, found: Alert) -> bool:
    """Who was told, and those who may read protected words of this family."""
    if found.user_id == user.pk or found.entry.alerts.filter(user=user).exists():
        return True
    talk = found.entry.conversation
    if talk is None:
        return schools_where(user, Permission.PROTECTED_READ) is None
    return (
        may(user, Permission.PROTECTED_READ, {talk.school_id})
        and conversations_for(user).filter(pk=talk.pk).exists()
    )
