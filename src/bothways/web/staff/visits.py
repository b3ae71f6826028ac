"""Visits: plan one, check in, check out; whoever is told that a pair is not back finds here where they are."""

from datetime import datetime, time, timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bothways.accounts.enums import Permission
from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.core import clock
from bothways.core.phone import show
from bothways.outreach.enums import Place
from bothways.outreach.models import Task, Visit, VisitAlarm
from bothways.outreach.services import visits as going
from bothways.outreach.services.opening import NotPossible
from bothways.outreach.services.tasks import tasks_for
from bothways.people.enums import PointKind, PointState
from bothways.people.models import ContactPoint
from bothways.web.staff.colleagues import colleagues_of
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.names import homes
from bothways.web.staff.scope import may
from bothways.web.staff.task_forms import VisitForm, WhyForm
from bothways.web.staff.task_page import read_task, task_or_404

_USUAL = time(16)


def _may_read_safety(user: User, task: Task, visit: Visit | None) -> bool:
    """The pair who goes, and those who may read protected words of this school."""
    pair = {visit.visitor_id, visit.companion_id} if visit else {task.owner_id}
    return user.pk in pair or may(user, Permission.PROTECTED_READ, {task.school_id})


@require_http_methods(["GET", "POST"])
@staff(Permission.FAMILIES_SEE)
def plan_visit(request: StaffRequest, pk: int) -> HttpResponse:
    """Plan the visit of a step, or change the plan."""
    task = task_or_404(request.user, pk)
    visit = (
        Visit.objects.filter(task=task, checked_out_at=None, called_off_at=None)
        .select_related("visitor", "companion")
        .first()
    )
    reads = _may_read_safety(request.user, task, visit)
    visitor = (visit.visitor if visit else task.owner) or request.user
    form = VisitForm(
        request.POST if request.method == "POST" else None,
        people=colleagues_of(task.district_id, task.household_id).exclude(pk=visitor.pk),
        initial=_initial(request, task, visit, reads),
    )
    if visit is not None and not reads:
        # What they may not read they cannot overwrite either.
        del form.fields["safety_note"]
    if request.method == "POST" and form.is_valid():
        made = _plan(request, task, visit, visitor, form)
        if made is not None:
            messages.success(request, _("The visit is planned."))
            return redirect("visit", pk=made.pk)
    return render(
        request,
        "staff/tasks/plan_visit.html",
        {"page": read_task(request.user, task), "task": task, "form": form, "visitor": visitor},
        status=422 if form.errors else 200,
    )


def _initial(request: StaffRequest, task: Task, visit: Visit | None, reads: bool) -> dict[str, Any]:
    if visit is None:
        day = max(task.due, clock.today(request.district.timezone) + timedelta(days=1))
        at = datetime.combine(day, _USUAL, request.district.zone)
        return {"planned_at": at, "place": Place.HOME.value}
    return {
        "planned_at": visit.planned_at,
        "minutes": visit.minutes,
        "companion": visit.companion_id,
        "place": visit.place,
        "place_words": visit.place_words,
        "agreed": visit.agreed,
        "agreed_how": visit.agreed_how,
        "safety_asked": visit.safety_asked,
        "safety_note": visit.safety_note if reads else "",
    }


def _plan(
    request: StaffRequest, task: Task, visit: Visit | None, visitor: User, form: VisitForm
) -> Visit | None:
    values = form.cleaned_data
    kept = visit.safety_note if visit else ""
    try:
        return going.plan_visit(
            task=task,
            visitor=visitor,
            companion=values["companion"],
            agreed=values["agreed"],
            agreed_how=values["agreed_how"],
            place=Place(values["place"]),
            place_words=values["place_words"],
            planned_at=values["planned_at"],
            minutes=values["minutes"],
            safety_asked=values["safety_asked"],
            safety_note=values.get("safety_note", kept),
            by=request.user,
        )
    except NotPossible as error:
        form.add_error(None, str(error))
        return None


def _visit_or_404(user: User, pk: int) -> tuple[Visit, bool]:
    """The visit, and whether this user serves the family: who was told of an alarm may not."""
    visit = (
        Visit.objects.filter(pk=pk, district=user.district_id)
        .select_related("task__household__district", "task__school", "visitor", "companion")
        .select_related("checked_in_by", "checked_out_by")
        .first()
    )
    if visit is None:
        raise Http404
    serves = tasks_for(user).filter(pk=visit.task_id).exists()
    if not serves and not VisitAlarm.objects.filter(visit=visit, user=user).exists():
        raise Http404
    return visit, serves


def _where(visit: Visit) -> list[str]:
    """The addresses of the home, for a visit there; never a hidden one."""
    if visit.place != Place.HOME.value:
        return []
    points = ContactPoint.objects.filter(
        guardian__household=visit.task.household_id,
        guardian__ended_at=None,
        kind=PointKind.POSTAL.value,
        ended_at=None,
    ).exclude(state=PointState.FAILING.value)
    hidden = set(
        ContactPoint.objects.filter(
            district=visit.district_id,
            kind=PointKind.POSTAL.value,
            match__in=points.values("match"),
            guardian__address_hidden=True,
        ).values_list("match", flat=True)
    )
    return list(
        dict.fromkeys(p.address for p in points.order_by("position", "pk") if p.match not in hidden)
    )


@require_safe
@staff(Permission.FAMILIES_SEE)
def visit(request: StaffRequest, pk: int) -> HttpResponse:
    found, serves = _visit_or_404(request.user, pk)
    home = homes(request.user, [found.task.household_id])[found.task.household_id]
    reads = _may_read_safety(request.user, found.task, found)
    record("visit.seen", found, by=request.user.pk, district=request.district.pk)
    pair = [person for person in (found.visitor, found.companion) if person]
    return render(
        request,
        "staff/tasks/visit.html",
        {
            "visit": found,
            "task": found.task,
            "home": home,
            "serves": serves,
            "pair": [(person, show(person.phone) if person.phone else "") for person in pair],
            "addresses": _where(found),
            "reads_safety": reads,
            "late": found.checked_in_at is not None
            and found.checked_out_at is None
            and clock.now() >= found.expected_out + going.GRACE,
            "off": WhyForm(),
        },
    )


def _act(request: StaffRequest, pk: int, what: str) -> HttpResponse:
    found, _serves = _visit_or_404(request.user, pk)
    try:
        if what == "in":
            going.check_in(visit=found, by=request.user)
            messages.success(
                request, _("Checked in. Somebody at school waits for you to check out.")
            )
        elif what == "out":
            going.check_out(visit=found, by=request.user)
            messages.success(request, _("Checked out. Good that you are back."))
            if _serves:
                return redirect("task", pk=found.task_id)
        elif what == "longer":
            going.stay_longer(visit=found, minutes=15, by=request.user)
            messages.success(request, _("Good. A quarter of an hour more."))
    except NotPossible as error:
        messages.error(request, str(error))
    return redirect("visit", pk=pk)


@require_POST
@staff(Permission.FAMILIES_SEE)
def check_in(request: StaffRequest, pk: int) -> HttpResponse:
    return _act(request, pk, "in")


@require_POST
@staff(Permission.FAMILIES_SEE)
def check_out(request: StaffRequest, pk: int) -> HttpResponse:
    return _act(request, pk, "out")


@require_POST
@staff(Permission.FAMILIES_SEE)
def longer(request: StaffRequest, pk: int) -> HttpResponse:
    return _act(request, pk, "longer")


@require_POST
@staff(Permission.FAMILIES_SEE)
def call_off(request: StaffRequest, pk: int) -> HttpResponse:
    found, serves = _visit_or_404(request.user, pk)
    if not serves:
        raise Http404
    try:
        going.call_off(visit=found, why=request.POST.get("why", ""), by=request.user)
    except NotPossible as error:
        messages.error(request, str(error))
        return redirect("visit", pk=pk)
    messages.success(request, _("Called off. The step itself stays open."))
    return redirect("task", pk=found.task_id)
