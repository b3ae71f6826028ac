"""What was sent and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from bothways.accounts.enums import Permission
from bothways.accounts.models import User
from bothways.channels.enums import Channel
from bothways.channels.services import offered
from bothways.messaging.enums import DIGEST_LANE, FAILED, MessageKind, State
from bothways.messaging.fates import with_fate
from bothways.messaging.models import Delivery, Entry, HeldHome, Message, Version
from bothways.messaging.services.recovery import leave, send_again
from bothways.people.enums import WordClass
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.letters import letters_of
from bothways.web.staff.names import Home, homes
from bothways.web.staff.paging import page_of
from bothways.web.staff.scope import homes_of, schools_where


def messages_of(user: User) -> QuerySet[Message]:
    """One's own; those of the schools where one may write to everybody, and of the whole district."""
    found = Message.objects.filter(district=user.district, kind=MessageKind.NEWS.value)
    wide = schools_where(user, Permission.MESSAGE_DISTRICT)
    if wide is not None:
        mine = Q(author=user)
        if wide:
            # A message to the district shows only this school's families to its office.
            mine |= Q(school__in=wide) | Q(school=None, student=None)
        found = found.filter(mine)
    return found


def deliveries_of(user: User, message: Message) -> QuerySet[Delivery]:
    return message.deliveries.filter(household__in=homes_of(user))


@require_safe
@staff(Permission.MESSAGE_WRITE)
def sent(request: StaffRequest) -> HttpResponse:
    rows = messages_of(request.user).select_related("author", "school").order_by("-sent_at", "-pk")
    page = page_of(request, rows, 25)
    shown = list(page.object_list)
    ids = [message.pk for message in shown]
    served = Delivery.objects.filter(message__in=ids)
    if not request.user.is_district_wide:
        served = served.filter(household__in=homes_of(request.user))
    reached = _reached(served)
    held = dict(
        HeldHome.objects.filter(message__in=ids, household__in=homes_of(request.user))
        .values_list("message")
        .annotate(n=Count("pk"))
    )
    first: dict[int, Version] = {}
    for version in Version.objects.filter(message__in=ids).order_by("pk"):
        first.setdefault(version.message_id, version)
    lines = [
        (message, first.get(message.pk), *reached.get(message.pk, (0, 0)), held.get(message.pk, 0))
        for message in shown
    ]
    return render(request, "staff/sent/sent.html", {"page": page, "lines": lines})


def _reached(deliveries: QuerySet[Delivery]) -> dict[int, tuple[int, int]]:
    """Message → (families written to, of them those who saw it or answered)."""
    seen = Q(fate__in=[State.SEEN.value, State.ANSWERED.value])
    rows = (
        with_fate(deliveries)
        .order_by()
        .values("message")
        .annotate(
            families=Count("household", distinct=True),
            saw=Count("household", distinct=True, filter=seen),
        )
    )
    return {row["message"]: (row["families"], row["saw"]) for row in rows}


@dataclass(frozen=True, slots=True)
class NotGot:
    """A family that did not get it, and why."""

    home: Home
    channel: str
    error: str
    why: str  # of a home that was held back; "" else


@require_safe
@staff(Permission.MESSAGE_WRITE)
def message(request: StaffRequest, pk: int) -> HttpResponse:
    found = messages_of(request.user).select_related("author", "school", "student").filter(pk=pk)
    one = found.first()
    if one is None:
        raise Http404
    mine = deliveries_of(request.user, one)
    states = dict(with_fate(mine).order_by().values_list("fate").annotate(n=Count("pk")))
    channels = dict(mine.order_by().values_list("channel").annotate(n=Count("pk")))
    families, saw = _reached(mine).get(pk, (0, 0))
    unclear = list(mine.filter(state=State.HELD.value).order_by("pk")[:100])
    missed = _missed(request.user, one, mine)
    page = page_of(request, missed, 25)
    replies = list(_replies(one, mine))
    named = homes(
        request.user,
        [d.household_id for d in unclear]
        + [row[0] for row in page.object_list]
        + [r.conversation.household_id for r in replies if r.conversation],
    )
    return render(
        request,
        "staff/sent/message.html",
        {
            "message": one,
            "calls": Channel.VOICE in offered(),
            "versions": list(one.versions.order_by("pk")),
            "states": [(state, states[state.value]) for state in State if state.value in states],
            "deliveries": sum(states.values()),
            "channels": sorted(channels.items()),
            "families": families,
            "saw": saw,
            "digest": mine.filter(state=State.QUEUED.value, lane=DIGEST_LANE).aggregate(
                n=Count("pk"), first=Min("not_before")
            ),
            "gathered": mine.filter(state=State.GATHERED.value).count(),
            "held_back": one.held.filter(household__in=homes_of(request.user)).count(),
            "unclear": [(d, named[d.household_id]) for d in unclear],
            "unclear_count": states.get(State.HELD.value, 0),
            "papers": letters_of(request.user, one),
            "page": page,
            "not_got": [
                NotGot(named[home], channel, error, why)
                for home, channel, error, why in page.object_list
            ],
            "replies": [
                (reply, named[reply.conversation.household_id])
                for reply in replies
                if reply.conversation
            ],
        },
    )


def _missed(
    user: User, one: Message, mine: QuerySet[Delivery]
) -> Sequence[tuple[int, str, str, str]]:
    """(family, channel, error, why held back): nothing arrived there, by any way."""
    better = with_fate(
        Delivery.objects.filter(message=one, household=OuterRef("household"))
    ).filter(fate_rank__gte=State.DELIVERED.rank)
    failed = (
        with_fate(mine)
        .filter(fate__in=[s.value for s in FAILED] + [State.WITHHELD.value])
        .exclude(Exists(better))
        .order_by("household_id", "-fate_rank")
        .values_list("household_id", "channel", "fate_error", "fate")
    )
    found: dict[int, tuple[int, str, str, str]] = {}
    for home, channel, error, state in failed:
        why = "no_lawful_contact" if state == State.WITHHELD.value else ""
        found.setdefault(home, (home, channel, error, why))
    for home, why in one.held.filter(household__in=homes_of(user)).values_list(
        "household_id", "why"
    ):
        found.setdefault(home, (home, "", "", why))
    return [found[home] for home in sorted(found)]


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
    return redirect("sent_message", pk=pk)
