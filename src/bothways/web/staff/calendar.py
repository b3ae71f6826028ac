"""Calendar and quiet hours: days without school, days kept free, and the district's rules."""

from datetime import date, timedelta

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from bothways.accounts.enums import Permission
from bothways.consent.models import QuietDay
from bothways.consent.services import Unusable as UnusableWish
from bothways.consent.services import free_again, keep_free, set_hours
from bothways.core import clock
from bothways.people.models import Guardian
from bothways.schools.ics import MOST_BYTES, AllDay, UnusableCalendar, all_day_events
from bothways.schools.models import ClosedDay, School
from bothways.schools.services import Unusable, close, days_from, reopen
from bothways.web.staff.calendar_forms import (
    ClosedForm,
    DistrictQuietForm,
    HoursForm,
    span_words,
    weekday_of,
)
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.scope import schools_where

SHOWN_BACK = timedelta(days=14)
MOST_CHOSEN = 1000


@require_http_methods(["GET", "POST"])
@staff(Permission.CALENDAR)
def calendar(request: StaffRequest) -> HttpResponse:
    """One page: look, add and take back. ``what`` names the part that a form is of."""
    what = request.POST.get("what", "") if request.method == "POST" else ""
    if what == "reopen":
        return _reopen(request)
    if what == "free_again":
        return _free_again(request)
    schools, whole = _mine(request)
    closed = ClosedForm(
        request.POST if what == "closed" else None, schools=schools, whole=whole, prefix="closed"
    )
    quiet = DistrictQuietForm(
        request.POST if what == "quiet" else None, known=_languages(request), prefix="quiet"
    )
    hours = HoursForm(
        request.POST if what == "hours" else None, initial=_hours(request), prefix="hours"
    )
    try:
        if what == "closed" and closed.is_valid():
            _close(request, closed)
            return redirect("calendar")
        if what == "quiet" and quiet.is_valid():
            _keep_free(request, quiet)
            return redirect("calendar")
        if what == "hours" and hours.is_valid():
            _set_hours(request, hours)
            return redirect("calendar")
    except (Unusable, UnusableWish) as error:
        {"closed": closed, "quiet": quiet, "hours": hours}[what].add_error(None, str(error))
    return render(
        request,
        "staff/calendar/calendar.html",
        {
            "closed_days": _closed_days(request, schools, whole),
            "quiet_days": [
                (kept, span_words(kept.start, kept.end)) for kept in _quiet_days(request, whole)
            ],
            "closed": closed,
            "quiet": quiet,
            "hours": hours,
            "whole": whole,
            "setup": request.user.can(Permission.SETUP),
            "open": what,
        },
        status=422 if closed.errors or quiet.errors or hours.errors else 200,
    )


def _mine(request: StaffRequest) -> tuple[list[School], bool]:
    """The schools whose calendar this user keeps, and whether that is the whole district."""
    where = schools_where(request.user, Permission.CALENDAR)
    schools = School.objects.filter(district=request.district, ended_at=None).order_by("name")
    if where is None:
        return list(schools), True
    return list(schools.filter(pk__in=where)), False


def _languages(request: StaffRequest) -> list[str]:
    known = Guardian.objects.filter(district=request.district, ended_at=None).order_by()
    return list(known.values_list("speaks", flat=True).distinct())


def _hours(request: StaffRequest) -> dict[str, object]:
    district = request.district
    return {
        "quiet_from": district.quiet_from,
        "quiet_until": district.quiet_until,
        "digest_day": "none" if district.digest_day is None else str(district.digest_day),
        "digest_at": district.digest_at,
        "routine_per_week": district.routine_per_week,
        "emergencies_pass_stops": district.emergencies_pass_stops,
    }


def _closed_days(
    request: StaffRequest, schools: list[School], whole: bool
) -> list[tuple[ClosedDay, bool]]:
    """From two weeks back on, each with whether this user may take it back."""
    since = clock.today(request.district.timezone) - SHOWN_BACK
    days = ClosedDay.objects.filter(district=request.district, day__gte=since)
    mine = {school.pk for school in schools}
    return [
        (day, whole or day.school_id in mine)
        for day in days.select_related("school").order_by("day", "school__name", "pk")
        if day.school_id is None or day.school_id in mine
    ]


def _quiet_days(request: StaffRequest, whole: bool) -> list[QuietDay]:
    since = clock.today(request.district.timezone) - SHOWN_BACK
    kept = QuietDay.objects.filter(district=request.district, household=None)
    return [
        day
        for day in kept.order_by("day", "weekday", "start", "pk")
        if day.day is None or day.day >= since
    ]


def _close(request: StaffRequest, form: ClosedForm) -> None:
    values = form.cleaned_data
    days = days_from(values["first"], values["last"] or values["first"])
    made = close(
        district=request.district,
        school=values["school"],
        days=[(day, values["title"]) for day in days],
        by=request.user.pk,
    )
    text = ngettext("%(n)s day was added.", "%(n)s days were added.", made)
    messages.success(request, text % {"n": made})


def _keep_free(request: StaffRequest, form: DistrictQuietForm) -> None:
    keep_free(district=request.district, by=request.user, **form.values())
    messages.success(request, _("Kept free. Emergencies go out all the same."))


def _set_hours(request: StaffRequest, form: HoursForm) -> None:
    if not request.user.can(Permission.SETUP):
        raise Http404
    values = form.cleaned_data
    set_hours(
        district=request.district,
        by=request.user,
        **{**values, "digest_day": weekday_of(values["digest_day"])},
    )
    messages.success(request, _("Kept. It holds from now on."))


def _reopen(request: StaffRequest) -> HttpResponse:
    schools, whole = _mine(request)
    found = ClosedDay.objects.filter(district=request.district, pk=_number(request, "day"))
    if not whole:
        found = found.filter(school__in=schools)
    day = found.first()
    if day is None:
        raise Http404
    reopen(closed=day, by=request.user.pk)
    messages.success(request, _("Taken off the calendar."))
    return redirect("calendar")


def _free_again(request: StaffRequest) -> HttpResponse:
    kept = QuietDay.objects.filter(
        district=request.district, household=None, pk=_number(request, "day")
    ).first()
    if kept is None:
        raise Http404
    free_again(kept=kept, by=request.user)
    messages.success(request, _("No longer kept free."))
    return redirect("calendar")


def _number(request: StaffRequest, name: str) -> int:
    value = request.POST.get(name, "")
    if not (value.isascii() and value.isdigit() and len(value) < 19):
        raise Http404
    return int(value)


@require_http_methods(["GET", "POST"])
@staff(Permission.CALENDAR)
def file(request: StaffRequest) -> HttpResponse:
    """Days from a calendar file: upload, then choose which of them are without school."""
    schools, whole = _mine(request)
    wrong = ""
    events: list[AllDay] = []
    if request.method == "POST" and request.POST.get("step") == "keep":
        try:
            return _keep_chosen(request, schools, whole)
        except Unusable as error:
            wrong = str(error)
    elif request.method == "POST":
        try:
            events = _uploaded(request)
        except UnusableCalendar as error:
            wrong = str(error)
    return render(
        request,
        "staff/calendar/file.html",
        {"events": events, "wrong": wrong, "schools": schools, "whole": whole},
        status=422 if wrong else 200,
    )


def _uploaded(request: StaffRequest) -> list[AllDay]:
    given = request.FILES.get("file")
    if not isinstance(given, UploadedFile):
        raise UnusableCalendar(_("Choose a calendar file first: it ends in .ics."))
    if (given.size or 0) > MOST_BYTES:
        raise UnusableCalendar(_("This file is larger than 2 MB. Export one school year alone."))
    today = clock.today(request.district.timezone)
    events = [one for one in all_day_events(given.read()) if one.last >= today]
    if not events:
        raise UnusableCalendar(
            _("There is no whole-day event from today on in this file. Add the days by hand.")
        )
    return events[:MOST_CHOSEN]


def _keep_chosen(request: StaffRequest, schools: list[School], whole: bool) -> HttpResponse:
    school = None
    chosen = request.POST.get("school", "")
    if chosen or not whole:
        school = next((one for one in schools if str(one.pk) == chosen), None)
        if school is None:
            raise Unusable(_("Choose the school."))
    days: list[tuple[date, str]] = []
    for value in request.POST.getlist("event")[:MOST_CHOSEN]:
        first, last, title = [*value.split("|", 2), "", ""][:3]
        try:
            stretch = days_from(date.fromisoformat(first), date.fromisoformat(last))
        except ValueError:
            raise Unusable(_("Something was changed in between. Upload the file again.")) from None
        days += [(day, title) for day in stretch]
    if not days:
        raise Unusable(_("Nothing was chosen. Upload the file again and tick the days."))
    made = close(district=request.district, school=school, days=days, by=request.user.pk)
    text = ngettext("%(n)s day was added.", "%(n)s days were added.", made)
    messages.success(request, text % {"n": made})
    return redirect("calendar")
