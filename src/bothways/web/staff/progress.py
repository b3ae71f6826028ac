"""Absences of today, days excused by the office, and what families are told."""

from datetime import date

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bothways.accounts.enums import Permission
from bothways.audit.services import record
from bothways.core import clock
from bothways.languages.phrases import is_reviewed, languages
from bothways.people.models import Student
from bothways.progress import wording
from bothways.progress.enums import Kind, Standing, What, Work
from bothways.progress.models import Excuse, ProgressLoad
from bothways.progress.queries import settings_of
from bothways.progress.rules import Piece, Week
from bothways.progress.services.choosing import UnusableChoice, choose
from bothways.progress.services.excuses import UnusableExcuse, excuse, withdraw
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.progress_board import board, mine
from bothways.web.staff.progress_forms import ChoicesForm
from bothways.web.staff.progress_words import TOLD
from bothways.web.staff.scope import children_of, schools_where


@require_safe
@staff(Permission.ATTENDANCE)
def absences(request: StaffRequest) -> HttpResponse:
    now = clock.now()
    today = now.astimezone(request.district.zone).date()
    rows = board(request.user, request.district, at=now)
    record("absences.seen", by=request.user.pk, district=request.district.pk)
    loads = ProgressLoad.objects.filter(district=request.district, kind=Kind.ATTENDANCE.value)
    excused = (
        Excuse.objects.filter(
            mine(request.user), district=request.district, last__gte=today, withdrawn_at=None
        )
        .select_related("student", "by")
        .order_by("last", "student__family", "pk")
    )
    return render(
        request,
        "staff/progress/absences.html",
        {
            "rows": rows,
            "today": today,
            "open": sum(1 for row in rows if row.rank[0] < 2),
            "answered": sum(1 for row in rows if row.rank[0] == 0),
            "last_load": loads.order_by("-at").first(),
            "chosen": settings_of(request.district),
            "excused": list(excused[:200]),
        },
    )


@require_POST
@staff(Permission.ATTENDANCE)
def excuse_days(request: StaffRequest) -> HttpResponse:
    """The office knows why: from today until the chosen day."""
    today = clock.today(request.district.timezone)
    student = _student(request)
    last = today
    chosen = request.POST.get("last") or request.POST.get("until") or ""
    if chosen:
        try:
            last = date.fromisoformat(chosen)
        except ValueError:
            messages.error(request, _("This is no date. Choose the last day off school."))
            return redirect("absences")
    try:
        excuse(student=student, first=today, last=last, by=request.user)
    except UnusableExcuse as error:
        messages.error(request, str(error))
    else:
        text = _("%(child)s is excused. Nobody is asked about these days.")
        messages.success(request, text % {"child": student.called})
    return redirect("absences")


def _student(request: StaffRequest) -> Student:
    value = request.POST.get("student", "")
    if not (value.isascii() and value.isdigit() and len(value) < 19):
        raise Http404
    where = schools_where(request.user, Permission.ATTENDANCE)
    found = children_of(request.user).filter(pk=int(value))
    if where is not None:
        found = found.filter(school__in=where)
    student = found.first()
    if student is None:
        raise Http404
    return student


@require_POST
@staff(Permission.ATTENDANCE)
def withdraw_excuse(request: StaffRequest, pk: int) -> HttpResponse:
    found = (
        Excuse.objects.filter(mine(request.user), district=request.district, pk=pk)
        .select_related("student")
        .first()
    )
    if found is None:
        raise Http404
    withdraw(excuse=found, by=request.user)
    messages.success(request, _("Taken back."))
    return redirect("absences")


@require_http_methods(["GET", "POST"])
@staff(Permission.ATTENDANCE)
def choices(request: StaffRequest) -> HttpResponse:
    """What families are told, with the words in each language; the district admin chooses."""
    chosen = settings_of(request.district)
    may_choose = request.user.can(Permission.SETUP)
    if request.method == "POST" and not may_choose:
        raise Http404
    form = ChoicesForm(
        request.POST if request.method == "POST" else None, initial=ChoicesForm.first(chosen)
    )
    if request.method == "POST" and form.is_valid():
        try:
            choose(district=request.district, by=request.user, values=form.cleaned_data)
        except UnusableChoice as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Kept. It holds from now on."))
            return redirect("progress_settings")
    tag = request.GET.get("language", "")
    if tag not in languages():
        tag = "en"
    return render(
        request,
        "staff/progress/settings.html",
        {
            "form": form,
            "chosen": chosen,
            "may_choose": may_choose,
            "tag": tag,
            "tags": languages(),
            "reviewed": is_reviewed(tag),
            "samples": _samples(tag, request),
        },
        status=422 if form.errors else 200,
    )


def _samples(tag: str, request: StaffRequest) -> list[tuple[object, wording.Words]]:
    """What families read, at the example of a child who is not here."""
    today = clock.today(request.district.timezone)
    chosen = settings_of(request.district)
    child = _("Robin")
    week = Week(
        missing=(
            Piece(_("Mathematics"), _("Fractions, page 12"), today, Work.MISSING),
            Piece(_("Reading"), _("My book"), None, Work.MISSING),
        ),
        more=0,
        going_well=(_("Science"),),
        standing=Standing.SOME_MISSING,
    )
    until = today if chosen.accepted_days else None
    said = {
        What.ABSENCE: wording.absence(tag, child=child, day=today),
        What.WEEK: wording.schoolwork(
            tag, child=child, week=week, until=until, offer=chosen.offers_help
        ),
        What.GOOD: wording.all_here(tag, child=child),
        What.MONTH: wording.days_missed(
            tag, child=child, since=today.replace(day=1), days=7, usual=2, school=_("our school")
        ),
    }
    return [(TOLD[what], words) for what, words in said.items()]
