"""Paper on its way out: what to print, to post, to hand over."""

from dataclasses import dataclass, replace
from datetime import date

from django.contrib import messages
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from bothways.accounts.enums import Permission
from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.channels.contract import CarrierError
from bothways.channels.enums import Channel
from bothways.consent.paper import Paper
from bothways.core import clock
from bothways.messaging.enums import State
from bothways.messaging.models import Delivery, Message, Version
from bothways.messaging.services.paper import (
    PAPER,
    Unprintable,
    mark_posted,
    print_again,
    send_other_way,
)
from bothways.messaging.services.receipts import note_failure, note_handed_over
from bothways.people.models import Household
from bothways.web.staff import tray
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.names import Home, homes
from bothways.web.staff.paging import page_of
from bothways.web.staff.scope import homes_of

_LATEST = 8  # letters that are offered to be printed again
WAITING = (State.PRINTED.value, State.ACCEPTED.value)


@dataclass(frozen=True, slots=True)
class Printed:
    batch: tray.Batch
    mine: int  # letters in it to families this user serves
    open: bool  # all of them are: the PDF may be opened
    waiting: int = 0  # of mine: printed and not on their way

    @property
    def done(self) -> bool:
        return not self.waiting


def on_paper(user: User) -> QuerySet[Delivery]:
    """Letters to families of the schools where this user handles the mail."""
    return Delivery.objects.filter(
        district=user.district,
        channel__in=PAPER,
        household__in=homes_of(user, Permission.MAIL_HANDLE),
    )


def printed(user: User, batches: list[tray.Batch]) -> list[Printed]:
    """Batches with letters of this user's families. A PDF shows names and addresses of all its families."""
    keys = {key for batch in batches for key in batch.keys}
    rows = on_paper(user).filter(key__in=keys).values_list("key", "state", "carrier_id")
    mine = {key: (state, name) for key, state, name in rows}
    found = []
    for batch in batches:
        own = [mine[key] for key in batch.keys if key in mine]
        if own:
            # A letter that was printed anew to go another way lies in another batch now.
            waiting = sum(
                state == State.PRINTED.value and name in ("", batch.name) for state, name in own
            )
            found.append(Printed(batch, len(own), len(own) == len(batch.keys), waiting))
    return found


@require_safe
@staff(Permission.MAIL_HANDLE)
def letters(request: StaffRequest) -> HttpResponse:
    waiting = (
        on_paper(request.user)
        .filter(channel=Channel.HANDOVER.value, state__in=WAITING, bag=None)
        .order_by("claimed_at", "pk")
    )
    page = page_of(request, waiting)
    shown = list(page.object_list)
    named = homes(request.user, [d.household_id for d in shown])
    subjects: dict[int, str] = {}
    for version in Version.objects.filter(message__in={d.message_id for d in shown}).order_by("pk"):
        subjects.setdefault(version.message_id, version.subject or version.body[:80])
    batches = printed(request.user, tray.batches())
    schools = sorted({one.batch.school for one in batches if one.batch.school})
    school, kind = request.GET.get("school", ""), request.GET.get("way", "")
    shown_batches = [
        one
        for one in batches
        if (not school or one.batch.school == school) and (not kind or one.batch.kind == kind)
    ]
    return render(
        request,
        "staff/letters/letters.html",
        {
            "batches": sorted(shown_batches, key=lambda one: one.done),
            "today": clock.today(request.district.timezone),
            "schools": schools if len(schools) > 1 else [],
            "school": school,
            "kind": kind,
            "kinds": sorted({one.batch.kind for one in batches}),
            "page": page,
            "handovers": [
                (d, named[d.household_id], subjects.get(d.message_id, "")) for d in shown
            ],
        },
    )


def _open_batch(request: StaffRequest, name: str) -> tray.Batch:
    """A batch all of whose families this user serves, or 404."""
    found = tray.read(name)
    mine = printed(request.user, [found]) if found else []
    if not mine or not mine[0].open:
        raise Http404
    return mine[0].batch


@require_safe
@staff(Permission.MAIL_HANDLE)
def batch(request: StaffRequest, name: str) -> FileResponse:
    """The PDF, for those who serve every family in it."""
    _open_batch(request, name)
    record("letters.printed", by=request.user.pk, district=request.district.pk, batch=name)
    return FileResponse(
        tray.pdf_of(name).open("rb"), content_type="application/pdf", filename=f"{name}.pdf"
    )


@require_POST
@staff(Permission.MAIL_HANDLE)
def posted(request: StaffRequest, name: str) -> HttpResponse:
    """The letters of this batch were posted: from that day on they count as tried."""
    found = _open_batch(request, name)
    try:
        day = date.fromisoformat(request.POST.get("day", "") or _today(request).isoformat())
        if day < found.made_at.astimezone(request.district.zone).date():
            raise ValueError(_("The letters were not printed before this day."))
        count = mark_posted(
            on_paper(request.user).filter(key__in=found.keys),
            day=day,
            by=request.user,
            district=request.district,
            at=clock.now(),
        )
    except ValueError:
        messages.error(
            request, _("Nothing was noted. The day is one from the day of printing to today.")
        )
        return redirect("letters")
    messages.success(
        request,
        ngettext("%(count)s letter noted as posted.", "%(count)s letters noted as posted.", count)
        % {"count": count},
    )
    return redirect("letters")


def _today(request: StaffRequest) -> date:
    return clock.today(request.district.timezone)


@require_POST
@staff(Permission.MAIL_HANDLE)
def other_way(request: StaffRequest, name: str) -> HttpResponse:
    """Letters that lie in the tray go in the bag instead of by post, or by post instead."""
    found = _open_batch(request, name)
    paper = Paper.POST if found.kind == "bag" else Paper.BAG
    try:
        moved = send_other_way(
            on_paper(request.user).filter(key__in=found.keys, carrier_id__in=("", name)),
            paper,
            by=request.user,
            district=request.district,
        )
    except (Unprintable, CarrierError) as error:
        messages.error(request, str(error))
        return redirect("letters")
    words = (
        ngettext(
            "%(count)s letter lies in the tray anew, for the bag. Do not use its old sheet.",
            "%(count)s letters lie in the tray anew, for the bag. Do not use their old sheets.",
            moved,
        )
        if paper is Paper.BAG
        else ngettext(
            "%(count)s letter lies in the tray anew, for the post. Do not use its old sheet.",
            "%(count)s letters lie in the tray anew, for the post. Do not use their old sheets.",
            moved,
        )
    )
    messages.success(request, words % {"count": moved})
    return redirect("letters")


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter that can be printed again."""

    delivery: Delivery
    words: str
    home: Home | None = None


def letters_to(user: User, home: Household) -> list[Letter]:
    """The latest letters to this family; none for those who do not see to the paper of its schools."""
    if not user.can(Permission.MAIL_HANDLE):
        return []
    return _printable(on_paper(user).filter(household=home))


def letters_of(user: User, message: Message) -> list[Letter]:
    """The latest letters of this message, by family."""
    if not user.can(Permission.MAIL_HANDLE):
        return []
    found = _printable(on_paper(user).filter(message=message))
    named = homes(user, [one.delivery.household_id for one in found])
    return [replace(one, home=named[one.delivery.household_id]) for one in found]


def _printable(rows: QuerySet[Delivery]) -> list[Letter]:
    found = list(
        rows.filter(rank__gte=State.PRINTED.rank)
        .exclude(state=State.REJECTED.value)
        .order_by("-pk")[:_LATEST]
    )
    words = {
        (version.message_id, version.language): version.subject or version.body[:80]
        for version in Version.objects.filter(message__in={row.message_id for row in found})
    }
    return [
        Letter(row, words.get((row.message_id, row.languages[0] if row.languages else ""), ""))
        for row in found
    ]


@require_POST
@staff(Permission.MAIL_HANDLE)
def again(request: StaffRequest, pk: int) -> HttpResponse:
    """One letter again, on another sheet: the same letter, and no second contact."""
    found = on_paper(request.user).filter(pk=pk)
    if not found.exists():
        raise Http404
    return pdf_of(request, found, "letter")


def pdf_of(request: StaffRequest, deliveries: QuerySet[Delivery], name: str) -> HttpResponse:
    """These letters as one PDF for this desk; a page that says why where they cannot be printed."""
    try:
        pdf, _count = print_again(deliveries, by=request.user, district=request.district)
    except (Unprintable, CarrierError) as error:
        return render(request, "staff/letters/not_printed.html", {"why": str(error)}, status=422)
    return HttpResponse(
        pdf,
        content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}.pdf"'},
    )


@require_POST
@staff(Permission.MAIL_HANDLE)
def handed(request: StaffRequest, pk: int) -> HttpResponse:
    """A letter without an address was given to the family, or could not be."""
    found = on_paper(request.user).filter(pk=pk, channel=Channel.HANDOVER.value).first()
    if found is None:
        raise Http404
    if request.POST.get("what") == "given":
        note_handed_over(key=found.key, at=clock.now())
        record("letter.handed_over", found, by=request.user.pk, district=request.district.pk)
        messages.success(request, _("Noted: given."))
    else:
        note_failure(key=found.key, code="not_given", at=clock.now())
        record("letter.not_given", found, by=request.user.pk, district=request.district.pk)
        messages.success(request, _("Noted. The family’s next step is on the reach board."))
    return redirect("letters")
