"""A plan for a family hard to reach: one page, and what can be done on it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from bothways.accounts.enums import Permission
from bothways.audit.services import record
from bothways.barriers.enums import Effect
from bothways.barriers.queries import effects_of
from bothways.core import clock
from bothways.outreach.enums import NoteKind, TaskKind
from bothways.outreach.leaning import lean_of
from bothways.outreach.models import FamilyPlan, GoBetween, PlanNote
from bothways.outreach.services import plans
from bothways.outreach.services.opening import NotPossible
from bothways.people.enums import WordClass
from bothways.schools.calendar import add_school_days
from bothways.web.staff.colleagues import colleagues_of
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.family import Family, events_of, happenings, home_or_404, read_family
from bothways.web.staff.task_forms import NextForm, NoteForm, PauseForm, TrustForm

NONE: frozenset[Effect] = frozenset()


@dataclass(frozen=True, slots=True)
class Note:
    note: PlanNote
    withheld: bool
    private: bool  # never printed, never for the family


def _family(request: StaffRequest, pk: int) -> Family:
    return read_family(request.user, home_or_404(request.user, pk))


def _plan_or_404(family: Family) -> FamilyPlan:
    found = (
        FamilyPlan.objects.filter(household=family.home)
        .select_related("owner", "reviewer", "next_task__owner", "district")
        .first()
    )
    if found is None:
        raise Http404
    return found


def _forms(request: StaffRequest, family: Family, which: str = "") -> dict[str, Form]:
    """The page's four forms; the one that was sent holds what was typed."""
    people = colleagues_of(request.district.pk, family.home.pk)
    soon = add_school_days(clock.today(request.district.timezone), 2, set())
    sent = {name: request.POST if which == name else None for name in _WORK}
    return {
        "note": NoteForm(sent["note"], students=family.students, prefix="note"),
        "trust": TrustForm(sent["trust"], students=family.students, prefix="trust"),
        "next": NextForm(
            sent["next"],
            people=people,
            prefix="next",
            initial={"due": soon, "owner": request.user.pk, "kind": _first(family).value},
        ),
        "pause": PauseForm(
            sent["pause"],
            people=people,
            prefix="pause",
            initial={"until": soon + timedelta(days=28), "reviewer": request.user.pk},
        ),
    }


def _first(family: Family) -> TaskKind:
    """The step that the form proposes: what suits the family; a call only where there is a phone to call."""
    lean = lean_of(effects_of(family.home.district, [family.home.pk]).get(family.home.pk, NONE))
    phone = any(way.dial for adult in family.adults if adult.may_be_told for way in adult.ways)
    open_ = [
        kind
        for kind in (TaskKind.CALL, TaskKind.VISIT, TaskKind.NEUTRAL_PLACE, TaskKind.GO_BETWEEN)
        if kind not in lean.people_not and (phone or kind is not TaskKind.CALL)
    ]
    return min(open_, key=lean.place, default=TaskKind.NEUTRAL_PLACE)


@require_http_methods(["GET", "POST"])
@staff(Permission.FAMILIES_SEE)
def plan(request: StaffRequest, pk: int) -> HttpResponse:
    """What was tried, what we learned, whom they trust, what is next; POST begins a plan."""
    family = _family(request, pk)
    if request.method == "POST":
        plans.open_plan(household=family.home, owner=request.user, by=request.user)
        messages.success(request, _("The plan is open. There is always a next step in it."))
        return redirect("plan", pk=pk)
    return _show(request, family, _forms(request, family))


def _show(request: StaffRequest, family: Family, forms: dict[str, Form]) -> HttpResponse:
    found = (
        FamilyPlan.objects.filter(household=family.home)
        .select_related("owner", "reviewer", "next_task__owner", "opened_by")
        .first()
    )
    record("plan.seen", family.home, by=request.user.pk, district=request.district.pk)
    tried = happenings(
        [e for e in events_of(request.user, family.home) if e.direction == "to_family"],
        user=request.user,
        here=family.rights,
    )
    return render(
        request,
        "staff/tasks/plan.html",
        {
            "family": family,
            "plan": found,
            "notes": _notes(found, family) if found else [],
            "trusted": list(found.go_betweens.filter(ended_at=None).select_related("decided_by"))
            if found
            else [],
            "tried": tried[:40],
            "ways": len({one.channel for one in tried}),
            "people": len({one.by for one in tried if one.by}),
            "forms": forms,
        },
        status=422 if any(form.errors for form in forms.values()) else 200,
    )


def _notes(found: FamilyPlan, family: Family) -> list[Note]:
    """What a student said is for those who serve that student; protected words are for named roles."""
    served = {student.pk for student in family.students}
    notes = []
    for one in found.notes.select_related("by", "student").order_by("-at", "-pk")[:200]:
        protected = one.word_class == WordClass.PROTECTED.value
        of_another = one.student_id is not None and one.student_id not in served
        withheld = (protected and not family.rights.protected) or of_another
        notes.append(Note(one, withheld, one.word_class != WordClass.FAMILY.value))
    return notes


def _note(request: StaffRequest, found: FamilyPlan, form: Form) -> str:
    values = form.cleaned_data
    plans.note(
        plan=found,
        kind=NoteKind(values["kind"]),
        words=values["words"],
        by=request.user,
        student=values["student"],
        protected=values["protected"],
    )
    return _("Kept. The next person starts there.")


def _trust(request: StaffRequest, found: FamilyPlan, form: Form) -> str:
    values = form.cleaned_data
    plans.trust(
        plan=found,
        name=values["name"],
        how=values["how"],
        may_say=values["may_say"],
        by=request.user,
        contact=values["contact"],
    )
    return _("Kept. They may pass on these words and nothing else.")


def _next(request: StaffRequest, found: FamilyPlan, form: Form) -> str:
    values = form.cleaned_data
    plans.set_next(
        plan=found,
        kind=TaskKind(values["kind"]),
        owner=values["owner"],
        due=values["due"],
        why=values["why"],
        by=request.user,
    )
    return _("That is next. It stands on %(name)s’s list.") % {"name": values["owner"].name}


def _pause(request: StaffRequest, found: FamilyPlan, form: Form) -> str:
    values = form.cleaned_data
    plans.pause(
        plan=found,
        until=values["until"],
        why=values["why"],
        reviewer=values["reviewer"],
        by=request.user,
    )
    return _("Paused. %(name)s looks again on that day.") % {"name": values["reviewer"].name}


_WORK: dict[str, Callable[[StaffRequest, FamilyPlan, Form], str]] = {
    "note": _note,
    "trust": _trust,
    "next": _next,
    "pause": _pause,
}


@require_POST
@staff(Permission.FAMILIES_SEE)
def change(request: StaffRequest, pk: int, what: str) -> HttpResponse:
    """A note, somebody they trust, what is next, a pause."""
    family = _family(request, pk)
    found = _plan_or_404(family)
    if what not in _WORK:
        raise Http404
    forms = _forms(request, family, what)
    form = forms[what]
    if form.is_valid():
        try:
            said = _WORK[what](request, found, form)
        except NotPossible as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, said)
            return redirect("plan", pk=pk)
    return _show(request, family, forms)


@require_POST
@staff(Permission.FAMILIES_SEE)
def resume(request: StaffRequest, pk: int) -> HttpResponse:
    plans.resume(plan=_plan_or_404(_family(request, pk)), by=request.user)
    messages.success(request, _("The pause is over."))
    return redirect("plan", pk=pk)


@require_POST
@staff(Permission.FAMILIES_SEE)
def in_contact(request: StaffRequest, pk: int) -> HttpResponse:
    plans.in_contact(plan=_plan_or_404(_family(request, pk)), by=request.user)
    messages.success(request, _("Good news. The plan is kept, for the day it is needed again."))
    return redirect("plan", pk=pk)


@require_POST
@staff(Permission.FAMILIES_SEE)
def trust_ended(request: StaffRequest, pk: int, go_between: int) -> HttpResponse:
    found = _plan_or_404(_family(request, pk))
    row = GoBetween.objects.filter(pk=go_between, plan=found).select_related("plan").first()
    if row is None:
        raise Http404
    plans.trust_ended(go_between=row, by=request.user)
    messages.success(request, _("They are not asked any more."))
    return redirect("plan", pk=pk)
