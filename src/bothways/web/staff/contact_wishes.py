"""How and when one family wants to be contacted; writing again where they asked us to."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from bothways.accounts.enums import Permission
from bothways.audit.services import record
from bothways.channels.services import our_number
from bothways.consent.models import Preference, QuietDay, Stop
from bothways.consent.services import Unusable, free_again, keep_free, prefer, start_as_asked
from bothways.core import clock
from bothways.people.models import ContactPoint, Household
from bothways.web.staff.calendar_forms import (
    QuietForm,
    StartForm,
    WishesForm,
    span_words,
    weekday_of,
)
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.family import Family, home_or_404, read_family
from bothways.web.staff.paper_ways import paper_form


def wishes_of(home: Household) -> dict[str, object]:
    """What the family's page says of it; two queries."""
    wish = Preference.objects.filter(household=home).first()
    district = home.district
    own_day = wish.digest_day if wish else None
    return {
        "wish": wish,
        "digest_day": district.digest_day if own_day is None else own_day,
        "digest_at": (wish.digest_at if wish else None) or district.digest_at,
        "quiet_days": [
            (kept, span_words(kept.start, kept.end))
            for kept in QuietDay.objects.filter(household=home).order_by("day", "weekday", "pk")
        ],
    }


def _family(request: StaffRequest, pk: int) -> Family:
    """The family for this user, or 404; 404 as well where its contact data are not this user's to keep."""
    family = read_family(request.user, home_or_404(request.user, pk))
    if not family.rights.contact:
        raise Http404
    return family


@require_http_methods(["GET", "POST"])
@staff(Permission.CONTACT_EDIT)
def wishes(request: StaffRequest, pk: int) -> HttpResponse:
    found = _family(request, pk)
    what = request.POST.get("what", "wishes") if request.method == "POST" else ""
    if what == "free_again":
        return _free_again(request, found)
    form = WishesForm(request.POST if what == "wishes" else None, initial=_now(found))
    quiet = QuietForm(request.POST if what == "quiet" else None, prefix="quiet")
    if what == "wishes" and form.is_valid():
        values = form.cleaned_data
        try:
            prefer(
                household=found.home,
                by=request.user,
                **{**values, "digest_day": weekday_of(values["digest_day"])},
            )
        except Unusable as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Kept. It holds from now on."))
            return redirect("family", pk=pk)
    if what == "quiet" and quiet.is_valid():
        try:
            keep_free(
                district=request.district,
                household=found.home,
                by=request.user,
                **quiet.values(),
            )
        except Unusable as error:
            quiet.add_error(None, str(error))
        else:
            messages.success(request, _("Kept free. Emergencies go out all the same."))
            return redirect("wishes", pk=pk)
    record("family.seen", found.home, by=request.user.pk, district=request.district.pk)
    return render(
        request,
        "staff/families/wishes.html",
        {
            "family": found,
            "form": form,
            "quiet": quiet,
            "paper": paper_form(found.home),
            "quiet_days": wishes_of(found.home)["quiet_days"],
        },
        status=422 if form.errors or quiet.errors else 200,
    )


def _now(found: Family) -> dict[str, object]:
    wish = Preference.objects.filter(household=found.home).first()
    if wish is None:
        return {}
    return {
        "digest_day": "" if wish.digest_day is None else str(wish.digest_day),
        "digest_at": wish.digest_at,
        "quiet_from": wish.quiet_from,
        "quiet_until": wish.quiet_until,
        "customs": wish.customs,
    }


def _free_again(request: StaffRequest, found: Family) -> HttpResponse:
    value = request.POST.get("day", "")
    pk = int(value) if value.isascii() and value.isdigit() and len(value) < 19 else 0
    kept = QuietDay.objects.filter(household=found.home, pk=pk).first()
    if kept is None:
        raise Http404
    free_again(kept=kept, by=request.user)
    messages.success(request, _("No longer kept free."))
    return redirect("wishes", pk=found.home.pk)


@require_http_methods(["GET", "POST"])
@staff(Permission.CONTACT_EDIT)
def start(request: StaffRequest, pk: int, point: int) -> HttpResponse:
    """Write again where they had stopped us, because somebody of the family asked for it."""
    found = _family(request, pk)
    row = ContactPoint.objects.filter(pk=point, guardian__in=found.guardians, ended_at=None).first()
    if row is None:
        raise Http404
    stops = set(
        Stop.objects.filter(
            district=request.district, kind=row.kind, match=row.match, lifted_at=None
        ).values_list("by", flat=True)
    )
    if not stops:
        raise Http404
    today = clock.today(request.district.timezone)
    form = StartForm(
        request.POST if request.method == "POST" else None,
        adults=found.guardians,
        today=today,
        initial={"asked_on": today, "guardian": row.guardian_id},
    )
    if request.method == "POST" and Stop.By.OURS in stops and form.is_valid():
        asked = form.cleaned_data["guardian"]
        start_as_asked(
            district=request.district,
            kind=row.kind,
            match=row.match,
            asked_by=asked.name,
            asked_on=form.cleaned_data["asked_on"],
            by=request.user,
        )
        messages.success(request, _("Our stop is lifted. Who asked for it is on the record."))
        return redirect("family", pk=pk)
    way = next(w for adult in found.adults for w in adult.ways if w.point.pk == row.pk)
    return render(
        request,
        "staff/families/start.html",
        {
            "family": found,
            "way": way,
            "form": form,
            "ours": Stop.By.OURS in stops,
            "carrier": Stop.By.CARRIER in stops,
            "number": our_number() if Stop.By.CARRIER in stops else "",
        },
        status=422 if form.errors else 200,
    )
