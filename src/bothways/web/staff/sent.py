"""What was sent and what became of it; what is about to leave, and how to stop it."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from bothways.accounts.enums import Permission
from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.channels.enums import Channel
from bothways.channels.services import offered
from bothways.core import clock
from bothways.languages.codes import name_in
from bothways.messaging.became import Became, MissedHomes, became
from bothways.messaging.enums import DIGEST_LANE, FAILED, LANES, State
from bothways.messaging.fates import with_fate
from bothways.messaging.models import Delivery, Entry, HeldHome, Message, Version
from bothways.messaging.services.leaving import CALLED_OFF, TooLate, move, take_back, withdraw
from bothways.messaging.services.messages import UnusableMessage
from bothways.messaging.services.recovery import leave, send_again
from bothways.outreach.queries import OpenStep, open_steps
from bothways.outreach.services.climbing import end_for
from bothways.people.enums import WordClass
from bothways.web.staff import counting, kept, translators, words
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.letters import letters_of
from bothways.web.staff.names import Home, homes
from bothways.web.staff.outcome import WORDS as THOSE
from bothways.web.staff.outcome import (
    Those,
    deliveries_of,
    held_of,
    may_change,
    messages_of,
)
from bothways.web.staff.paging import page_of
from bothways.web.staff.schedule import UnusableMoment, moment
from bothways.web.staff.scope import homes_of
from bothways.web.staff.stages import Way, way_of

__all__ = ["messages_of", "sent"]

_OUT = Q(state__in=[State.QUEUED.value, State.CLAIMED.value])
_SHOWS = ("waiting", "going", "mine")


@require_safe
@staff(Permission.MESSAGE_WRITE)
def sent(request: StaffRequest) -> HttpResponse:
    show = request.GET.get("show", "")
    rows = _shown(messages_of(request.user), show, request.user)
    page = page_of(request, rows.select_related("author", "school"), 25)
    shown = list(page.object_list)
    ids = [message.pk for message in shown]
    served = Delivery.objects.filter(message__in=ids)
    if not request.user.is_district_wide:
        served = served.filter(household__in=homes_of(request.user))
    counts = _counts_of(request, ids, served)
    held = dict(
        _held_in(request.user, ids).values_list("message").annotate(n=Count("pk")).order_by()
    )
    first: dict[int, Version] = {}
    for version in Version.objects.filter(message__in=ids).order_by("pk"):
        first.setdefault(version.message_id, version)
    lines = [
        Line(
            message,
            first.get(message.pk),
            _way(message, counts.get(message.pk, _NOTHING)),
            counts.get(message.pk, _NOTHING).families,
            counts.get(message.pk, _NOTHING).saw,
            held.get(message.pk, 0),
        )
        for message in shown
    ]
    return render(
        request,
        "staff/sent/sent.html",
        {
            "page": page,
            "lines": lines,
            "show": show if show in _SHOWS else "",
            "shows": [
                ("", _("All")),
                ("waiting", _("Not left yet")),
                ("going", _("Going out")),
                ("mine", _("Written by me")),
            ],
        },
    )


def _shown(rows: QuerySet[Message], show: str, user: User) -> QuerySet[Message]:
    """What the address asks for; what has not left stands first."""
    if show == "waiting":
        rows = rows.filter(sent_at=None)
    elif show == "going":
        rows = rows.filter(
            Exists(Delivery.objects.filter(_OUT, message=OuterRef("pk"), lane__in=LANES))
        )
    elif show == "mine":
        rows = rows.filter(author=user)
    return rows.order_by("-sent_at", "-pk")


def _held_in(user: User, ids: Sequence[int]) -> QuerySet[HeldHome]:
    found = HeldHome.objects.filter(message__in=ids)
    return found if user.is_district_wide else found.filter(household__in=homes_of(user))


@dataclass(frozen=True, slots=True)
class Line:
    message: Message
    version: Version | None
    way: Way
    families: int
    saw: int
    held: int


@dataclass(frozen=True, slots=True)
class Counts:
    """Of one message: families written to, of them who saw it or answered; deliveries, those not out yet."""

    families: int = 0
    saw: int = 0
    total: int = 0
    waiting: int = 0  # those for a digest included
    digest: int = 0


_NOTHING = Counts()


def _counts_of(
    request: StaffRequest, ids: Sequence[int], served: QuerySet[Delivery]
) -> dict[int, Counts]:
    """``_counts`` of these messages; those to a whole district are counted once a minute for all who look."""
    if not request.user.is_district_wide:
        return _counts(served)
    return counting.of_each(
        "sent", ids, count=lambda rest: _counts(served.filter(message__in=rest))
    )


_OUT_OF = {
    "total": Count("pk"),
    "waiting": Count("pk", filter=_OUT),
    "digest": Count("pk", filter=Q(state=State.QUEUED.value, lane=DIGEST_LANE)),
}


def _counts(deliveries: QuerySet[Delivery]) -> dict[int, Counts]:
    """Message → its counts."""
    seen = Q(fate__in=[State.SEEN.value, State.ANSWERED.value])
    rows = (
        with_fate(deliveries)
        .order_by()
        .values("message")
        .annotate(
            families=Count("household", distinct=True),
            saw=Count("household", distinct=True, filter=seen),
            **_OUT_OF,
        )
    )
    return {row.pop("message"): Counts(**row) for row in rows}


def _out_of(deliveries: QuerySet[Delivery]) -> Counts:
    """Deliveries, and those that have not left: all that its way tells, asked every few seconds."""
    return Counts(**deliveries.aggregate(**_OUT_OF))


def _became(request: StaffRequest, one: Message, *, moves: bool) -> Became:
    """Its figures for this person; of a message to many families once a minute, once nothing moves."""
    served = None if request.user.is_district_wide else homes_of(request.user)
    if moves:
        return became(one, served)
    whose = f"became-{request.user.pk}"
    return counting.of_each(whose, [one.pk], count=lambda _ids: {one.pk: became(one, served)})[
        one.pk
    ]


def _way(message: Message, counts: Counts) -> Way:
    return way_of(
        sent_at=message.sent_at,
        leaves_at=message.leaves_at,
        withdrawn_at=message.withdrawn_at,
        waiting=counts.waiting,
        digest=counts.digest,
        total=counts.total,
        now=clock.now(),
    )


@dataclass(frozen=True, slots=True)
class NotGot:
    """A family that did not get it, why, and what comes next."""

    home: Home
    channel: str
    error: str
    why: str  # of a home that was held back; "" else
    step: OpenStep | None = None


@dataclass(frozen=True, slots=True)
class ByWay:
    """What became of the deliveries by one channel."""

    channel: str
    total: int
    got: int
    saw: int
    failed: int


def _one(request: StaffRequest, pk: int) -> Message:
    found = messages_of(request.user).select_related("author", "school", "student").filter(pk=pk)
    one = found.first()
    if one is None:
        raise Http404
    return one


@require_safe
@staff(Permission.MESSAGE_WRITE)
def message(request: StaffRequest, pk: int) -> HttpResponse:
    one = _one(request, pk)
    mine = deliveries_of(request.user, one)
    served = None if request.user.is_district_wide else homes_of(request.user)
    way = _way(one, _out_of(mine))
    now_so = _became(request, one, moves=way.moves)
    states: dict[str, int] = {}
    for (_channel, state), n in now_so.by_way.items():
        states[state] = states.get(state, 0) + n
    unclear = (
        list(mine.filter(state=State.HELD.value).order_by("pk")[:100])
        if State.HELD.value in states
        else []
    )
    page = page_of(request, MissedHomes(one, served, now_so.missed), 25)
    replies = list(_replies(one, mine))
    shown = list(page.object_list)
    named = homes(
        request.user,
        [d.household_id for d in unclear]
        + shown
        + [r.conversation.household_id for r in replies if r.conversation],
    )
    steps = open_steps(request.district, shown, now=clock.now()) if shown else {}
    may = may_change(request.user, one)
    draft = kept.of_message(request.user, one)
    return render(
        request,
        "staff/sent/message.html",
        {
            "message": one,
            "way": way,
            "stage": way.stage.value,
            "may_change": may,
            "can_undo": may and one.sent_at is None,
            "draft": draft,
            "calls": Channel.VOICE in offered(),
            "can_review": request.user.can(Permission.TRANSLATE),
            "versions": _versions(one),
            "states": [(state, states[state.value]) for state in State if state.value in states],
            "deliveries": sum(states.values()),
            "by_way": _ways(now_so.by_way),
            "by_language": [(row.tag, row.families, row.saw) for row in now_so.by_language],
            "families": now_so.families,
            "saw": now_so.saw,
            "those": [(those.value, THOSE[those]) for those in Those],
            "digest": {"n": now_so.digest, "first": now_so.digest_first},
            "gathered": now_so.gathered,
            "held_back": held_of(request.user, one).count(),
            "unclear": [(d, named[d.household_id]) for d in unclear],
            "unclear_count": states.get(State.HELD.value, 0),
            "papers": letters_of(request.user, one),
            "page": page,
            "not_got": [
                NotGot(named[home], channel, error, why, steps.get(home))
                for home, channel, error, why in _why_missed(request.user, one, shown)
            ],
            "replies": [
                (reply, named[reply.conversation.household_id])
                for reply in replies
                if reply.conversation
            ],
            "today": clock.now().astimezone(request.district.zone).date().isoformat(),
        },
    )


@require_safe
@staff(Permission.MESSAGE_WRITE)
def progress(request: StaffRequest, pk: int) -> HttpResponse:
    """How far it is, alone: asked again by the page while something moves."""
    one = messages_of(request.user).filter(pk=pk).first()
    if one is None:
        if Message.objects.filter(pk=pk).exists():
            raise Http404
        # It was taken back in another window: there is nothing to ask for any more.
        return HttpResponse(status=286)
    way = _way(one, _out_of(deliveries_of(request.user, one)))
    answer = render(
        request,
        "staff/sent/progress.html",
        {
            "message": one,
            "way": way,
            "stage": way.stage.value,
            "can_undo": may_change(request.user, one) and one.sent_at is None,
            "today": "",
        },
    )
    if not way.moves:
        # All of the page is different now: the browser loads it once more.
        answer["HX-Refresh"] = "true"
    return answer


def _ways(found: dict[tuple[str, str], int]) -> list[ByWay]:
    ways = []
    for channel in sorted({channel for channel, _state in found}):
        by_state = {State(state): n for (way, state), n in found.items() if way == channel}
        ways.append(
            ByWay(
                channel,
                total=sum(by_state.values()),
                got=sum(n for state, n in by_state.items() if state.rank >= State.DELIVERED.rank),
                saw=sum(n for state, n in by_state.items() if state.rank >= State.SEEN.rank),
                failed=sum(
                    n for state, n in by_state.items() if state in FAILED or state is State.WITHHELD
                ),
            )
        )
    return ways


@dataclass(frozen=True, slots=True)
class Written:
    version: Version
    waits: bool  # for a person's review
    ask: list[User]  # where it waits: who may go through it


def _versions(one: Message) -> list[Written]:
    ready = set(one.versions.may_go().values_list("pk", flat=True))
    found = list(one.versions.select_related("reviewed_by").order_by("pk"))
    waiting = {version.language for version in found if version.pk not in ready}
    able = translators.who_reads(one, waiting) if waiting else {}
    return [
        Written(version, version.pk not in ready, able.get(version.language, []))
        for version in found
    ]


def _why_missed(
    user: User, one: Message, homes_shown: Sequence[int]
) -> list[tuple[int, str, str, str]]:
    """(family, channel, error, why held back) of families where nothing arrived; two queries."""
    failed = (
        with_fate(deliveries_of(user, one).filter(household__in=homes_shown))
        .filter(fate__in=[s.value for s in FAILED] + [State.WITHHELD.value])
        .order_by("household_id", "-fate_rank", "pk")
        .values_list("household_id", "channel", "fate_error", "fate")
    )
    found: dict[int, tuple[int, str, str, str]] = {}
    for home, channel, error, state in failed:
        why = ""
        if state == State.WITHHELD.value:
            why = CALLED_OFF if error == CALLED_OFF else "no_lawful_contact"
        found.setdefault(home, (home, channel, error, why))
    held = held_of(user, one).filter(household__in=homes_shown)
    for home, why in held.values_list("household_id", "why"):
        found.setdefault(home, (home, "", "", why))
    return [found[home] for home in homes_shown if home in found]


def _replies(one: Message, mine: QuerySet[Delivery]) -> QuerySet[Entry]:
    return (
        Entry.objects.filter(from_family=True, delivery__in=mine, conversation__isnull=False)
        .exclude(word_class=WordClass.PROTECTED.value)
        .select_related("conversation")
        .order_by("-at")[:50]
    )


@require_POST
@staff(Permission.MESSAGE_WRITE)
def decide(request: StaffRequest, pk: int, delivery: int) -> HttpResponse:
    """Nobody knows whether this one went out: a person says again, or leave it."""
    one = messages_of(request.user).filter(pk=pk).first()
    row = deliveries_of(request.user, one).filter(pk=delivery) if one else None
    if one is None or row is None or not row.exists():
        raise Http404
    if request.POST.get("what") == "again":
        send_again(deliveries=row, message=one, by=request.user)
        messages.success(request, _("It goes out again."))
    else:
        leave(deliveries=row, message=one, by=request.user)
        messages.success(request, _("Left. The family counts as not having got this message."))
    counting.forget(pk, by=request.user)
    return redirect("sent_message", pk=pk)


@require_POST
@staff(Permission.MESSAGE_WRITE)
def decide_all(request: StaffRequest, pk: int) -> HttpResponse:
    """The same for all that are unclear: after a crash in a large send they are hundreds."""
    one = messages_of(request.user).filter(pk=pk).first()
    if one is None:
        raise Http404
    mine = deliveries_of(request.user, one)
    if request.POST.get("what") == "again":
        count = send_again(deliveries=mine, message=one, by=request.user)
        text = ngettext("%(n)s goes out again.", "%(n)s go out again.", count)
    else:
        count = leave(deliveries=mine, message=one, by=request.user)
        text = ngettext(
            "%(n)s was left. The family counts as not having got this message.",
            "%(n)s were left. The families count as not having got this message.",
            count,
        )
    messages.success(request, text % {"n": count})
    counting.forget(pk, by=request.user)
    return redirect("sent_message", pk=pk)


@require_POST
@staff(Permission.MESSAGE_WRITE)
def undo(request: StaffRequest, pk: int) -> HttpResponse:
    """Take it back before it leaves: it is a draft again, whole."""
    one = messages_of(request.user).filter(pk=pk).first()
    if one is None:
        if Message.objects.filter(pk=pk).exists():
            raise Http404
        # A double click, or the other window was first: the draft is there again.
        return redirect("write")
    if not may_change(request.user, one):
        raise Http404
    draft = kept.of_message(request.user, one)
    try:
        take_back(one, by=request.user)
    except TooLate as error:
        messages.warning(request, str(error))
        return redirect("sent_message", pk=pk)
    messages.success(request, _("Taken back. Nothing has left; it is a draft again."))
    if draft is None:
        return redirect("sent")
    return redirect(f"/write/?draft={draft.key}")


@require_POST
@staff(Permission.MESSAGE_WRITE)
def later(request: StaffRequest, pk: int) -> HttpResponse:
    """Let it leave at another moment than was chosen; “now” is one, too."""
    one = _one(request, pk)
    if not may_change(request.user, one):
        raise Http404
    now = clock.now()
    try:
        at = now
        if request.POST.get("when") != "now":
            typed = request.POST.get("day", ""), request.POST.get("hour", "")
            at = moment(*typed, zone=request.district.zone, now=now)
        move(one, leaves_at=at, by=request.user)
        messages.success(request, _("Changed."))
    except (UnusableMoment, UnusableMessage, TooLate) as error:
        messages.error(request, str(error))
    return redirect("sent_message", pk=pk)


@require_POST
@staff(Permission.MESSAGE_WRITE)
def stop(request: StaffRequest, pk: int) -> HttpResponse:
    """Stop what is not out yet, and all that would follow."""
    one = _one(request, pk)
    if not may_change(request.user, one):
        raise Http404
    if one.sent_at is None:
        messages.info(request, _("It has not left yet: take it back instead."))
        return redirect("sent_message", pk=pk)
    with transaction.atomic():
        count = withdraw(one, by=request.user)
        end_for(one, at=clock.now())
    text = ngettext(
        "Stopped. %(n)s delivery does not go out any more.",
        "Stopped. %(n)s deliveries do not go out any more.",
        count,
    )
    messages.success(request, text % {"n": count})
    counting.forget(pk, by=request.user)
    return redirect("sent_message", pk=pk)


_AT_ONCE = 1_000  # families of the file that are named at a time
_COLUMNS = (
    "Students",
    "Grades",
    "Schools",
    "Adults",
    "Languages",
    "Way",
    "Why",
    "Next",
    "By",
    "Due",
)


@require_safe
@staff(Permission.MESSAGE_WRITE)
def missed_file(request: StaffRequest, pk: int) -> HttpResponse:
    """Who did not get it and why, as a file; that it was taken is on the record."""
    one = _one(request, pk)
    served = None if request.user.is_district_wide else homes_of(request.user)
    every = MissedHomes(one, served, became(one, served).missed)
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="not-got-{pk}.csv"'
    answer["Cache-Control"] = "no-store"
    answer.write("\ufeff")  # spreadsheets take a file without it for an old encoding
    writer = csv.writer(answer)
    writer.writerow(_COLUMNS)
    written = 0
    ids = every[:]
    for first in range(0, len(ids), _AT_ONCE):
        for cells in _missed_rows(request, one, ids[first : first + _AT_ONCE]):
            writer.writerow([as_text(cell) for cell in cells])
            written += 1
    record(
        "message.missed_exported",
        one,
        by=request.user.pk,
        district=request.district.pk,
        rows=written,
    )
    return answer


def _missed_rows(request: StaffRequest, one: Message, ids: list[int]) -> Iterator[tuple[str, ...]]:
    named = homes(request.user, ids)
    steps = open_steps(request.district, ids, now=clock.now())
    for home_id, channel, error, why in _why_missed(request.user, one, ids):
        home, step = named[home_id], steps.get(home_id)
        reason = words.say(words.HOLDS, why) if why else words.say(words.ERRORS, error)
        yield (
            "; ".join(child.name for child in home.children),
            "; ".join(child.grade for child in home.children),
            "; ".join(dict.fromkeys(child.school for child in home.children)),
            "; ".join(home.adults),
            "; ".join(name_in(tag, "en") for tag in home.languages),
            words.say(words.CHANNELS, channel) if channel else "",
            reason,
            step.what if step else "",
            step.owner_name if step else "",
            step.due.isoformat() if step else "",
        )


def as_text(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
