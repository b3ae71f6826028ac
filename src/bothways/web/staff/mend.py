"""Contact data to mend: what does not work, what families said, what is not certain."""

import csv
from collections.abc import Iterator

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from bothways.accounts.enums import Permission
from bothways.audit.services import record
from bothways.messaging.services.mending import settle
from bothways.people import changes
from bothways.people.enums import PointState, Source
from bothways.people.models import ContactPoint, Link, PointChange
from bothways.roster.services import rebuild_households
from bothways.web.staff import mend_list
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.names import homes
from bothways.web.staff.paging import page_of


@require_safe
@staff(Permission.CONTACT_EDIT)
def mend(request: StaffRequest) -> HttpResponse:
    user = request.user
    page = page_of(request, mend_list.failing(user))
    ids = [home.pk for home in page.object_list]
    proposed = list(mend_list.proposed(user)[:50])
    shared = mend_list.shared(user)
    wanted = [
        *ids,
        *(change.guardian.household_id for change in proposed if change.guardian.household_id),
        *(home for one in shared for home in one.homes),
    ]
    named = homes(user, wanted)
    broken = mend_list.broken(ids)
    return render(
        request,
        "staff/mend/mend.html",
        {
            "page": page,
            "rows": [(named[home.pk], broken.get(home.pk), home) for home in page.object_list],
            "proposed": [
                (change, named.get(change.guardian.household_id or 0)) for change in proposed
            ],
            "shared": [(one, [named[home] for home in one.homes]) for one in shared],
            "alike": mend_list.alike(user).count(),
        },
    )


class MadeSureForm(forms.Form):
    """Whether it is so; a press without a choice says nothing."""

    is_so = forms.ChoiceField(choices=[("yes", "yes"), ("no", "no")])


@require_http_methods(["GET", "POST"])
@staff(Permission.CONTACT_EDIT)
def change(request: StaffRequest, pk: int) -> HttpResponse:
    """One thing that somebody said: made sure of by a call, then carried out or refused."""
    mine = PointChange.objects.filter(
        district=request.district, guardian__in=mend_list.adults_to_mend(request.user)
    ).select_related("guardian__district", "point", "confirmed_by", "entered_by")
    found = get_object_or_404(mine, pk=pk)
    if request.method == "POST":
        form = MadeSureForm(request.POST)
        if not form.is_valid():
            raise Http404
        try:
            if form.cleaned_data["is_so"] == "yes":
                settle(change=found, by=request.user)
                rebuild_households(request.district, [found.guardian_id])
                messages.success(request, _("Changed. The old ways are told that it was changed."))
            else:
                changes.refuse(change=found, by=request.user)
                messages.success(request, _("Nothing was changed. It stays on the record."))
        except changes.Settled as error:
            messages.error(request, str(error))
        except changes.Unusable as error:
            messages.error(request, str(error))
            return redirect("mend_change", pk=pk)
        return redirect("mend")
    home = homes(request.user, [found.guardian.household_id or 0])
    other = found.guardian.points.filter(ended_at=None).exclude(state=PointState.FAILING.value)
    return render(
        request,
        "staff/mend/change.html",
        {
            "change": found,
            "home": home[found.guardian.household_id or 0],
            "others": other.exclude(pk=found.point_id or 0)
            .exclude(kind="push")
            .order_by("position", "pk"),
        },
    )


_COLUMNS = (
    *("guardian_id", "guardian", "student_ids", "kind", "address", "what"),
    *("said_by", "how", "said_on", "made_sure_by", "made_sure_on", "address_hidden"),
)


@require_safe
@staff(Permission.CONTACT_EDIT)
def export(request: StaffRequest) -> HttpResponse:
    """What is different here from the last roster, as a file for the student information system."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="contact-data.csv"'
    response["Cache-Control"] = "no-store"
    response.write("\ufeff")  # spreadsheets take a file without it for an old encoding
    writer = csv.writer(response)
    writer.writerow(_COLUMNS)
    count = 0
    for row in _differences(request):
        writer.writerow([_as_text(cell) for cell in row])
        count += 1
    record(
        "contact_data.exported", None, by=request.user.pk, district=request.district.pk, rows=count
    )
    return response


def _differences(request: StaffRequest) -> Iterator[tuple[str, ...]]:
    """Points that were added or taken away here, and those that are known to be somebody else's."""
    adults = mend_list.adults_to_mend(request.user)
    zone = request.district.zone
    points = list(
        ContactPoint.objects.filter(
            Q(source=Source.LOCAL.value) | Q(why__in=["wrong_person", "moved"], ended_at=None),
            guardian__in=adults,
        )
        .exclude(kind="push")
        .select_related("guardian")
        .order_by("guardian__family", "guardian__given", "guardian_id", "position", "pk")
    )
    said: dict[tuple[int, str], PointChange] = {}
    rows = PointChange.objects.filter(
        guardian__in=adults, confirmed_at__isnull=False
    ).select_related("confirmed_by")
    for row in rows.order_by("confirmed_at", "pk"):
        for address in filter(None, (row.old, row.new)):
            said[row.guardian_id, address] = row
    children: dict[int, list[str]] = {}
    for guardian, student in (
        Link.objects.filter(
            guardian__in={point.guardian_id for point in points},
            student__in=mend_list.children_to_mend(request.user),
            ended_at=None,
        )
        .order_by("guardian_id", "student_id")
        .values_list("guardian_id", "student__sis_id")
    ):
        children.setdefault(guardian, []).append(student or "")
    for point in points:
        by = said.get((point.guardian_id, point.address))
        sure = by.confirmed_at if by else None
        yield (
            point.guardian.sis_id or "",
            point.guardian.name,
            " ".join(children.get(point.guardian_id, [])),
            point.kind,
            point.address.replace("\n", ", "),
            "add"
            if point.ended_at is None and point.why not in ("wrong_person", "moved")
            else "remove",
            by.said_by if by else "",
            by.how if by else "",
            f"{by.at.astimezone(zone):%Y-%m-%d}" if by else "",
            (by.confirmed_by.name if by.confirmed_by else "code") if by else "",
            f"{sure.astimezone(zone):%Y-%m-%d}" if sure else "",
            "yes" if point.guardian.address_hidden else "",
        )


def _as_text(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula; numbers with their plus sign stay as they are."""
    formula = cell[:1] in ("=", "+", "-", "@", "\t", "\r")
    number = cell[:1] == "+" and cell[1:].isascii() and cell[1:].isdigit()
    return f"'{cell}" if formula and not number else cell
