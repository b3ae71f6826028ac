"""My hours: when I am at school, when I am away, and who stands in for me."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from bothways.accounts.enums import Permission
from bothways.core import clock
from bothways.outreach.models import Away, StaffHours
from bothways.outreach.services.hours import come_back, go_away, set_hours
from bothways.outreach.services.opening import NotPossible
from bothways.web.staff.colleagues import may_stand_in_for
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.task_forms import AwayForm, HoursForm


@require_http_methods(["GET", "POST"])
@staff(Permission.FAMILIES_SEE)
def hours(request: StaffRequest) -> HttpResponse:
    """POST keeps the hours of a week, or (``what=away``) days away."""
    away = request.method == "POST" and request.POST.get("what") == "away"
    week = HoursForm(request.POST if request.method == "POST" and not away else None)
    days = AwayForm(request.POST if away else None, people=may_stand_in_for(request.user))
    week.initial = _as_kept(request)
    if request.method == "POST":
        done = _go(request, days) if away else _keep(request, week)
        if done is not None:
            return done
    today = clock.today(request.district.timezone)
    mine = Away.objects.filter(user=request.user, last__gte=today)
    for_others = Away.objects.filter(stand_in=request.user, last__gte=today)
    return render(
        request,
        "staff/tasks/hours.html",
        {
            "week": week,
            "days": days,
            "away": list(mine.select_related("stand_in").order_by("first", "pk")),
            "for_others": list(for_others.select_related("user").order_by("first", "pk")),
        },
        status=422 if week.errors or days.errors else 200,
    )


def _as_kept(request: StaffRequest) -> dict[str, object]:
    kept: dict[str, object] = {}
    for row in StaffHours.objects.filter(user=request.user):
        kept[f"from_{row.weekday}"], kept[f"to_{row.weekday}"] = row.starts, row.ends
    return kept


def _keep(request: StaffRequest, form: HoursForm) -> HttpResponse | None:
    if not form.is_valid():
        return None
    set_hours(user=request.user, hours=form.hours, by=request.user)
    messages.success(request, _("Kept. Steps come to you on these days."))
    return redirect("hours")


def _go(request: StaffRequest, form: AwayForm) -> HttpResponse | None:
    if not form.is_valid():
        return None
    values = form.cleaned_data
    try:
        go_away(
            user=request.user,
            first=values["first"],
            last=values["last"],
            stand_in=values["stand_in"],
            by=request.user,
        )
    except NotPossible as error:
        form.add_error(None, str(error))
        return None
    messages.success(request, _("Kept. No new steps come to you on these days."))
    return redirect("hours")


@require_POST
@staff(Permission.FAMILIES_SEE)
def back(request: StaffRequest, pk: int) -> HttpResponse:
    found = Away.objects.filter(pk=pk, user=request.user).first()
    if found is None:
        raise Http404
    come_back(away=found, by=request.user)
    messages.success(request, _("Good that you are here."))
    return redirect("hours")
