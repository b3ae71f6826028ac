"""Families to reach: the list, one step with its script and outcome, its printed sheet, handing over."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bothways.accounts.enums import Permission
from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.core import clock
from bothways.outreach.enums import Result, TaskKind, TaskState, Way
from bothways.outreach.models import Task
from bothways.outreach.services import tasks as steps
from bothways.outreach.services.contacts import NotAllowed
from bothways.outreach.services.hours import stand_ins
from bothways.outreach.services.plan_proposals import proposed_homes
from bothways.schools.models import ClosedDay, District
from bothways.web.models import new_key
from bothways.web.staff.colleagues import colleagues_of, staff_where
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.names import Home, homes
from bothways.web.staff.paging import page_of
from bothways.web.staff.scope import may, schools_where
from bothways.web.staff.task_forms import (
    OUTCOMES,
    AllToForm,
    DropForm,
    NumberForm,
    OutcomeForm,
    SettleForm,
    ToForm,
    WrongForm,
)
from bothways.web.staff.task_page import TaskPage, read_task, task_or_404

SHEETS_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Row:
    task: Task
    home: Home
    stand_in: bool  # of a colleague who is away


@dataclass(frozen=True, slots=True)
class Load:
    """What one member of staff has to do."""

    owner: User | None
    open: int
    overdue: int
    away: bool
    stand_in: User | None


def _assigns(user: User) -> bool:
    return user.can(Permission.TASKS_ASSIGN)


def _may_assign(user: User, task: Task) -> bool:
    """Its owner passes it on; else whoever gives out the work at this school."""
    return task.owner_id == user.pk or may(user, Permission.TASKS_ASSIGN, {task.school_id})


def _assignable(user: User) -> QuerySet[Task]:
    """Open tasks that this person may give to others."""
    rows = steps.tasks_for(user).filter(state=TaskState.OPEN.value)
    schools = schools_where(user, Permission.TASKS_ASSIGN)
    return rows if schools is None else rows.filter(school__in=schools)


@require_safe
@staff(Permission.FAMILIES_SEE)
def tasks(request: StaffRequest) -> HttpResponse:
    user, today = request.user, clock.today(request.district.timezone)
    assigns = _assigns(user)
    whose = "all" if assigns and request.GET.get("whose") == "all" else "mine"
    now = clock.now()
    mine = steps.open_for(user)
    counts = mine.order_by().aggregate(
        all_open=Count("pk"),
        due_today=Count("pk", filter=Q(due__lte=today)),
        to_do_now=Count(
            "pk", filter=Q(due__lte=today) & (Q(not_before=None) | Q(not_before__lte=now))
        ),
    )
    user.once("due", lambda: counts["to_do_now"])
    rows = _assignable(user) if whose == "all" else mine
    page = page_of(
        request,
        rows.select_related("owner", "student").order_by("due", "not_before", "pk"),
        count=None if whose == "all" else counts["all_open"],
    )
    context = {
        "whose": whose,
        "assigns": assigns,
        "page": page,
        "groups": _groups(user, list(page.object_list), today),
        "due": counts["due_today"],
        "open": counts["all_open"],
        "number": NumberForm(),
        "loads": _loads(user, today) if assigns and whose == "all" else [],
        "people": _choose_from(user) if assigns and whose == "all" else None,
        "proposed": list(homes(user, proposed_homes(user, at=now)).values()),
    }
    return render(request, "staff/tasks/tasks.html", context)


def _groups(user: User, found: list[Task], today: date) -> list[tuple[str, list[Row]]]:
    """By when they are due: overdue, today, later; as they come."""
    named = homes(user, [task.household_id for task in found])
    groups: dict[str, list[Row]] = {}
    for task in found:
        when = _("Overdue") if task.due < today else _("Today") if task.due == today else _("Later")
        row = Row(task, named[task.household_id], stand_in=task.owner_id != user.pk)
        groups.setdefault(when, []).append(row)
    return list(groups.items())


def _loads(user: User, today: date) -> list[Load]:
    """Who has how much open; what nobody has, or somebody who left, first."""
    counted = list(
        _assignable(user)
        .order_by()
        .values_list("owner_id")
        .annotate(open=Count("pk"), overdue=Count("pk", filter=Q(due__lt=today)))
    )
    people = User.objects.in_bulk([pk for pk, _open, _late in counted if pk])
    away = stand_ins(list(people), today=today)
    loads = [
        Load(
            owner=people.get(pk) if pk else None,
            open=open_,
            overdue=late,
            away=pk in away,
            stand_in=away.get(pk) if pk else None,
        )
        for pk, open_, late in counted
    ]
    return sorted(
        loads,
        key=lambda load: (
            load.owner is not None and load.owner.is_active and load.owner.ended_at is None,
            -load.overdue,
            -load.open,
        ),
    )


def _choose_from(user: User) -> AllToForm:
    return AllToForm(people=staff_where(user, schools_where(user, Permission.TASKS_ASSIGN)))


@require_http_methods(["GET", "POST"])
@staff(Permission.FAMILIES_SEE)
def task(request: StaffRequest, pk: int) -> HttpResponse:
    """One step; POST says what came of it."""
    found = task_or_404(request.user, pk)
    page = read_task(request.user, found)
    form = _outcome_form(request, page) if page.reaching_out else SettleForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        answer = (
            _finish(request, page, form)
            if isinstance(form, OutcomeForm)
            else _settle(request, page, form)
        )
        if answer is not None:
            return answer
    record("task.seen", found, by=request.user.pk, district=request.district.pk)
    return render(
        request,
        "staff/tasks/task.html",
        {
            "page": page,
            "task": found,
            "form": form,
            "may_assign": _may_assign(request.user, found),
            "to": ToForm(people=_colleagues(found).exclude(pk=found.owner_id or 0)),
            "drop": DropForm(),
            "wrong": WrongForm(),
        },
        status=422 if form.errors else 200,
    )


def _colleagues(task: Task) -> QuerySet[User]:
    return colleagues_of(task.district_id, task.household_id, task.student_id)


def _outcome_form(request: StaffRequest, page: TaskPage) -> OutcomeForm:
    return OutcomeForm(
        request.POST if request.method == "POST" else None,
        district=request.district,
        kind=TaskKind(page.task.kind),
        adults=[adult.guardian for adult in page.adults],
        points=[number.point for number in page.numbers],
        colleagues=_colleagues(page.task).exclude(pk=request.user.pk),
        closed=_closed(request.district),
        initial={
            "form_key": new_key(),
            "guardian": page.task.guardian_id
            or (page.adults[0].guardian.pk if page.adults else ""),
        },
    )


def _closed(district: District) -> set[date]:
    return set(
        ClosedDay.objects.filter(district=district, school=None).values_list("day", flat=True)
    )


def _finish(request: StaffRequest, page: TaskPage, form: OutcomeForm) -> HttpResponse | None:
    values = form.cleaned_data
    result = Result(values["result"])
    try:
        steps.finish(
            task=page.task,
            way=Way(values["way"]),
            result=result,
            words=form.told,
            by=values["by"] or request.user,
            # It was somebody else: then nothing was said to this adult.
            guardian=None if result is Result.WRONG_PERSON else values["guardian"],
            again_at=values["again_at"],
            form_key=f"{request.user.pk}.{values['form_key']}"[:40],
            point=values.get("point"),
            typed_by=request.user,
        )
    except NotAllowed as error:
        form.add_error("guardian", str(error))
        return None
    messages.success(request, _thanks(result, again=values["again_at"] is not None))
    return redirect("tasks")


def _thanks(result: Result, *, again: bool) -> str:
    if result is Result.NOT_SAFE:
        return _("Noted, and only named staff read it. Please tell the principal now, too.")
    if again:
        return _("Noted. It comes back to you at that hour.")
    return _("Noted. Thank you: the next person will know.")


def _settle(request: StaffRequest, page: TaskPage, form: SettleForm) -> HttpResponse | None:
    try:
        steps.settle(task=page.task, words=form.cleaned_data["words"], by=request.user)
    except steps.NotPossible as error:
        form.add_error("words", str(error))
        return None
    messages.success(request, _("Noted. Thank you: the next person will know."))
    return redirect("tasks")


@require_POST
@staff(Permission.FAMILIES_SEE)
def hand_over(request: StaffRequest, pk: int) -> HttpResponse:
    found = task_or_404(request.user, pk)
    if not _may_assign(request.user, found):
        raise Http404
    form = ToForm(request.POST, people=_colleagues(found))
    if not form.is_valid():
        messages.error(request, _("Choose a colleague who serves a child of this family."))
        return redirect("task", pk=pk)
    to: User = form.cleaned_data["to"]
    try:
        steps.reassign(task=found, to=to, by=request.user)
    except steps.NotPossible as error:
        messages.error(request, str(error))
        return redirect("task", pk=pk)
    messages.success(request, _("It is %(name)s’s now.") % {"name": to.name})
    return redirect("tasks")


@require_POST
@staff(Permission.TASKS_ASSIGN)
def hand_over_all(request: StaffRequest) -> HttpResponse:
    """Somebody leaves, or nobody has them: all of it to a colleague."""
    form = _choose_all(request)
    if not form.is_valid():
        messages.error(request, _("Choose a colleague of your school."))
        return redirect("tasks")
    of = form.cleaned_data["of"]
    from_ = User.objects.filter(pk=of, district=request.district).first() if of else None
    if of and from_ is None:
        raise Http404
    to: User = form.cleaned_data["to"]
    moved = steps.hand_over_all(
        from_=from_, to=to, by=request.user, among=_assignable(request.user)
    )
    messages.success(
        request,
        _("%(count)s steps are %(name)s’s now.") % {"count": moved, "name": to.name},
    )
    return redirect("tasks")


def _choose_all(request: StaffRequest) -> AllToForm:
    schools = schools_where(request.user, Permission.TASKS_ASSIGN)
    return AllToForm(request.POST, people=staff_where(request.user, schools))


@require_POST
@staff(Permission.FAMILIES_SEE)
def drop(request: StaffRequest, pk: int) -> HttpResponse:
    found = task_or_404(request.user, pk)
    if not _may_assign(request.user, found):
        raise Http404
    try:
        steps.drop(task=found, why=request.POST.get("why", ""), by=request.user)
    except steps.NotPossible as error:
        messages.error(request, str(error))
        return redirect("task", pk=pk)
    messages.success(
        request, _("Left out, with your reason. What is next for them is decided anew.")
    )
    return redirect("tasks")


@require_POST
@staff(Permission.FAMILIES_SEE)
def open_again(request: StaffRequest, pk: int) -> HttpResponse:
    found = task_or_404(request.user, pk)
    try:
        again = steps.open_again(task=found, why=request.POST.get("why", ""), by=request.user)
    except steps.NotPossible as error:
        messages.error(request, str(error))
        return redirect("task", pk=pk)
    messages.success(
        request,
        _(
            "This step is open again. Note on the family’s page what was wrong, so that nobody builds on it."
        ),
    )
    return redirect("task", pk=again.pk)


@require_http_methods(["POST"])
@staff(Permission.FAMILIES_SEE)
def by_number(request: StaffRequest) -> HttpResponse:
    """Find the step whose number stands on a printed sheet."""
    form = NumberForm(request.POST)
    if form.is_valid():
        number = form.cleaned_data["number"]
        if steps.tasks_for(request.user).filter(pk=number).exists():
            return redirect("task", pk=number)
    messages.error(request, _("No step of yours has this number. Look at the top of the sheet."))
    return redirect("tasks")


@require_safe
@staff(Permission.FAMILIES_SEE)
def sheet(request: StaffRequest, pk: int) -> HttpResponse:
    """One step on paper."""
    return _sheets(request, [task_or_404(request.user, pk)])


@require_safe
@staff(Permission.FAMILIES_SEE)
def sheets(request: StaffRequest) -> HttpResponse:
    """What is due for me today, on paper: one sheet a step."""
    today = clock.today(request.district.timezone)
    due = (
        steps.open_for(request.user)
        .filter(due__lte=today)
        .select_related("household__district", "owner", "guardian", "student", "contact__by")
        .select_related("closed_by", "opened_by", "school")
        .order_by("due", "pk")
    )
    return _sheets(request, list(due[:SHEETS_AT_ONCE]))


def _sheets(request: StaffRequest, found: Sequence[Task]) -> HttpResponse:
    pages = [read_task(request.user, one) for one in found]
    for one in found:
        record("task.printed", one, by=request.user.pk, district=request.district.pk)
    return render(request, "staff/tasks/sheet.html", {"pages": pages, "outcomes": OUTCOMES})
