"""What families wrote, who owes an answer, and how long they wait."""

from dataclasses import dataclass, replace
from datetime import timedelta

from django.contrib import messages
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from bothways.accounts.enums import Permission
from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.core import clock
from bothways.core.text import fold
from bothways.languages.services import Reading, already_read
from bothways.messaging.models import (
    Alert,
    AwaitedAnswer,
    Conversation,
    Entry,
    EntryMove,
    Settling,
)
from bothways.messaging.queries import conversations_for, danger_first
from bothways.messaging.services.awaiting import awaited_in
from bothways.messaging.services.conversations import alert_seen
from bothways.messaging.services.writing_now import others_writing
from bothways.people.enums import WordClass
from bothways.people.models import Guardian, HouseholdStudent
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.names import homes
from bothways.web.staff.paging import page_of
from bothways.web.staff.scope import children_of, may, schools_where
from bothways.web.staff.translators import languages_of

SEARCH = "inbox.search"  # in the session: what somebody looks for stands in no address
_LONGEST = 200
WHOSE = ("mine", "unowned", "all")
# How long a conversation that was closed by mistake stands on the page with a way back.
_JUST_NOW = timedelta(minutes=10)


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Permission.INBOX_ANSWER)
def inbox(request: StaffRequest) -> HttpResponse:
    """The list; POST looks for words or names in what this user may see."""
    if request.method == "POST":
        request.session[SEARCH] = request.POST.get("q", "").replace("\x00", "").strip()[:_LONGEST]
        return redirect(f"{request.path}?whose=all" if request.session[SEARCH] else request.path)
    whose = request.GET.get("whose", "")
    whose = whose if whose in WHOSE else "mine"
    words = str(request.session.get(SEARCH, "")) if whose == "all" else ""
    rows = conversations_for(request.user)
    chosen = {
        "mine": rows.filter(owner=request.user),
        "unowned": rows.filter(owner=None),
        "all": _looked_for(rows, words, request.user) if words else rows,
    }
    waits = Q(waiting_since__isnull=False)
    mine, nobodys = Q(owner=request.user), Q(owner=None)
    counts = rows.order_by().aggregate(
        all=Count("pk"),
        mine=Count("pk", filter=mine),
        unowned=Count("pk", filter=nobodys),
        waiting=Count("pk", filter=waits),
        waiting_mine=Count("pk", filter=waits & mine),
        waiting_unowned=Count("pk", filter=waits & nobodys),
    )
    page = page_of(request, danger_first(chosen[whose]), count=None if words else counts[whose])
    shown = list(page.object_list)
    named = homes(request.user, [c.household_id for c in shown])
    last = _last_words(shown, request.user)
    read = _read(request, last)
    writing = others_writing([c.pk for c in shown], than=request.user)
    return render(
        request,
        "staff/inbox/inbox.html",
        {
            "whose": whose,
            "q": words,
            "page": page,
            "rows": [
                (c, named[c.household_id], last.get(c.pk), read.get(c.pk), writing.get(c.pk, []))
                for c in shown
            ],
            "waiting": counts["waiting"],
            "waiting_mine": counts["waiting_mine"],
            "waiting_unowned": counts["waiting_unowned"],
            "strangers": list(strangers(request.user)[:50]),
            "settled": list(
                Settling.objects.filter(
                    by=request.user, undone_at=None, at__gt=clock.now() - _JUST_NOW
                ).order_by("-at")[:3]
            ),
            "to_translate": awaited_for(request.user).count()
            if request.user.can(Permission.TRANSLATE)
            else 0,
        },
    )


def awaited_for(user: User) -> QuerySet[AwaitedAnswer]:
    """Answers that wait for a translator, of the schools and into the languages of this user."""
    rows = awaited_in(user.district_id or 0)
    if (mine := languages_of(user)) is not None:
        rows = rows.filter(target__in=mine)
    schools = schools_where(user, Permission.TRANSLATE)
    if schools is None:
        return rows
    return rows.filter(Q(conversation__school__in=schools) | Q(conversation__school=None))


def _looked_for(rows: QuerySet[Conversation], words: str, user: User) -> QuerySet[Conversation]:
    """Those in which these words stand, where this user may read them, or of people with this name."""
    said = Entry.objects.filter(conversation=OuterRef("pk")).filter(
        Q(body__icontains=words) | Q(original__icontains=words)
    )
    schools = schools_where(user, Permission.PROTECTED_READ)
    if schools is not None:
        said = said.filter(
            ~Q(word_class=WordClass.PROTECTED.value)
            | Q(alerts__user=user)
            | Q(conversation__school__in=schools)
        )
    found = Q(Exists(said))
    if name := fold(words):
        found |= Exists(
            HouseholdStudent.objects.filter(
                household=OuterRef("household"),
                student__in=children_of(user),
                student__search__contains=name,
            )
        ) | Exists(
            Guardian.objects.filter(
                household=OuterRef("household"), ended_at=None, search__contains=name
            )
        )
    return rows.filter(found)


@dataclass(frozen=True, slots=True)
class Words:
    """An entry as this user may read it."""

    entry: Entry
    withheld: bool
    private: bool
    moved: EntryMove | None = None  # by whom, where somebody put it here
    reading: Reading | None = None  # in the reader's own language


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
        for words in words_for(list(entries), {c.pk: c for c in conversations}, user)
        if words.entry.conversation_id is not None
    }


def reader_of(request: StaffRequest) -> str:
    """The language in which this member of staff reads and writes here."""
    return get_language() or "en"


def _read(request: StaffRequest, last: dict[int, Words]) -> dict[int, Reading]:
    """By conversation the last words in the reader's language, where somebody had them translated."""
    rows = {
        pk: words for pk, words in last.items() if not words.withheld and words.entry.body.strip()
    }
    read = already_read(
        request.district,
        [(words.entry.body, words.entry.language) for words in rows.values()],
        reader=reader_of(request),
    )
    return {pk: one for pk, one in zip(rows, read, strict=True) if one is not None}


def words_for(
    entries: list[Entry], conversations: dict[int, Conversation], user: User
) -> list[Words]:
    """These entries as this user may read them; one query."""
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


def with_moves(words: list[Words]) -> list[Words]:
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
    return not words_for([entry], {talk.pk: talk}, user)[0].withheld


def strangers(user: User) -> QuerySet[Entry]:
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


def conversation_of(request: StaffRequest, pk: int) -> Conversation:
    found = conversations_for(request.user).select_related("district").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


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
