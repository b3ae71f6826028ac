"""Cases: home and school solve one thing together. Who is no member sees nothing, whatever their role."""

from datetime import date, datetime

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bothways.accounts.enums import Permission
from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.cases import rules
from bothways.cases.enums import How, Kind, Side
from bothways.cases.models import Case, CaseAlert, Measure, Member
from bothways.cases.queries import (
    calendar_of,
    cases_for,
    facts,
    loaded,
    loaded_for_turns,
    member_of,
    to_tap,
    without_lead,
)
from bothways.cases.refusals import NotYours, Unusable
from bothways.cases.rules import Turn
from bothways.cases.services.counting import give
from bothways.cases.services.danger import take_in_hand
from bothways.cases.services.opening import Beginning, open_case, seen, take_over
from bothways.consent.queries import standing
from bothways.core import clock
from bothways.people.models import Guardian, Student
from bothways.web.models import new_key
from bothways.web.staff.case_forms import NewForm, WhyForm
from bothways.web.staff.case_home import offers
from bothways.web.staff.case_look import look
from bothways.web.staff.case_words import STAGES
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.scope import children_of


class Row:
    """A case in the list, with whose turn it is."""

    def __init__(self, case: Case, turn: Turn, mine: Member | None) -> None:
        self.case, self.turn = case, turn
        self.stage = STAGES[case.stage]
        newest: datetime = case.newest  # type: ignore[attr-defined]  # of loaded_for_turns
        self.news = mine is not None and (mine.seen_at is None or mine.seen_at < newest)


@require_safe
@staff(Permission.CASES)
def cases(request: StaffRequest) -> HttpResponse:
    """My cases: what is next in each, and whose turn it is. And cases here that nobody leads any more."""
    user = request.user
    today = clock.today(request.district.timezone)
    calendar = calendar_of(request.district)
    rows = []
    for case in loaded_for_turns(cases_for(user), user).order_by("closed_at", "-opened_at"):
        mine = next((m for m in case.members.all() if m.user_id == user.pk), None)
        rows.append(Row(case, rules.turn(facts(case, today, calendar)), mine))
    return render(
        request,
        "staff/cases/cases.html",
        {
            "open": [row for row in rows if row.case.closed_at is None],
            "closed": [row for row in rows if row.case.closed_at is not None],
            "leaderless": list(without_lead(user)),
        },
    )


def mine_or_404(user: User, pk: int) -> tuple[Case, Member]:
    case = loaded(cases_for(user)).filter(pk=pk).first()
    member = member_of(case, user) if case is not None else None
    if case is None or member is None:
        raise Http404
    return case, member


@require_safe
@staff(None)
def case(request: StaffRequest, pk: int) -> HttpResponse:
    """One case, to be read in a minute and to print."""
    found, member = mine_or_404(request.user, pk)
    today = clock.today(request.district.timezone)
    values = look(found, member, request.user, today, calendar_of(request.district))
    seen(case=found, member=member)
    return render(
        request,
        "staff/cases/case.html",
        {
            "look": values,
            "case": found,
            "today": today,
            "home": _home(found),
            "offers": offers(
                request.user,
                found,
                [line.one for half in values.halves for line in (*half.strengths, *half.lines)],
            ),
        },
    )


def _home(case: Case) -> int | None:
    return next(
        (m.guardian.household_id for m in case.members.all() if m.guardian is not None), None
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Permission.CASES)
def case_new(request: StaffRequest, student: int) -> HttpResponse:
    """Begin: what is good, what is seen, what it is about, with whom at home."""
    child = children_of(request.user, Permission.CASES).filter(pk=student).first()
    if child is None:
        raise Http404
    adults = _adults(child)
    language = request.district.default_language
    tongues = sorted({adult.reads or adult.speaks or language for adult in adults} - {language})
    form = NewForm(
        request.POST if request.method == "POST" else None,
        adults=adults,
        tongues=tongues,
        initial={"form_key": new_key(), "guardians": [adult.pk for adult in adults[:1]]},
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            made = open_case(
                student=child,
                beginning=Beginning(
                    data["title"], data["strengths"], data["sees"], language, form.said("title")
                ),
                guardians=list(data["guardians"]),
                by=request.user,
                form_key=data["form_key"],
            )
        except Unusable as error:
            form.add_error(None, str(error))
        else:
            messages.success(
                request,
                _("It is open. Now ask the family what it sees, and whether it wants this."),
            )
            return redirect("case_step", pk=made.pk, step="ask")
    return render(
        request,
        "staff/cases/new.html",
        {"form": form, "child": child, "adults": adults},
        status=422 if form.errors else 200,
    )


def _adults(child: Student) -> list[Guardian]:
    links = (
        standing(district=child.district, at=clock.now(), records=True)
        .filter(student=child)
        .select_related("guardian")
        .order_by("-primary_contact", "guardian_id")
    )
    return [link.guardian for link in links]


@require_POST
@staff(None)
def case_tap(request: StaffRequest, pk: int) -> HttpResponse:
    """School's number of one day, with one tap on Today."""
    measure = (
        Measure.objects.select_related("case__student", "case__district")
        .filter(pk=pk, case__in=cases_for(request.user))
        .first()
    )
    if measure is None:
        raise Http404
    day = _day(request.POST.get("day", ""), measure, request.user)
    value = rules.read_number(request.POST.get("value", ""), Kind(measure.kind))
    try:
        if day is None or value is None:
            raise Unusable(_("That is no number that can be meant here."))
        give(measure=measure, day=day, value=value, side=Side.SCHOOL, how=How.TAP, by=request.user)
    except Unusable as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Kept."))
    return redirect("today")


def _day(typed: str, measure: Measure, user: User) -> date | None:
    """One of the days that wait for a number; None for another one."""
    waiting = to_tap(user, clock.today(measure.case.district.timezone))
    days = [day for tap in waiting if tap.measure.pk == measure.pk for day in tap.days]
    return next((day for day in days if day.isoformat() == typed), None)


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Permission.CASES)
def case_take_over(request: StaffRequest, pk: int) -> HttpResponse:
    """The lead has left: the principal leads, and says why."""
    found = without_lead(request.user).filter(pk=pk).first()
    if found is None:
        raise Http404
    form = WhyForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            take_over(case=found, why=form.cleaned_data["why"], by=request.user)
        except NotYours as error:
            raise Http404 from error
        except Unusable as error:
            form.add_error("why", str(error))
        else:
            messages.success(request, _("You lead this case now. All its members read why."))
            return redirect("case", pk=found.pk)
    return render(
        request,
        "staff/cases/take_over.html",
        {"form": form, "case": found},
        status=422 if form.errors else 200,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff(None)
def case_alert(request: StaffRequest, pk: int) -> HttpResponse:
    """Words of danger in a case, for the person on duty who was told: these words and nothing else."""
    found = (
        CaseAlert.objects.select_related(
            "contribution__case__student__school",
            "contribution__case__district",
            "contribution__member__user",
            "contribution__member__guardian",
            "contribution__member__student",
            "contribution__noted_by",
        )
        .filter(pk=pk, user=request.user, contribution__case__district=request.district)
        .first()
    )
    if found is None:
        raise Http404
    if request.method == "POST":
        take_in_hand(alert=found, by=request.user)
        messages.success(request, _("It is on the record that you look after it."))
        return redirect("today")
    record(
        "case.alert_read", found.contribution.case, by=request.user.pk, district=request.district.pk
    )
    return render(request, "staff/cases/alert.html", {"alert": found, "one": found.contribution})
