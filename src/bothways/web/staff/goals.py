"""Goals of the children one serves: the list, one child's, one goal, and on paper."""

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bothways.accounts.enums import Permission
from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.cases import goal_templates
from bothways.cases.goal_enums import GoalState, SetBy
from bothways.cases.goal_queries import Told, alarms_of, goals_for, told
from bothways.cases.goal_rules import band_of
from bothways.cases.models import Goal, GoalAlarm
from bothways.cases.refusals import NotYours, Unusable
from bothways.cases.services import goals as work
from bothways.channels.letters.booklet import Item, Section, print_booklet
from bothways.consent.queries import standing
from bothways.core import clock
from bothways.languages.codes import direction, name_in
from bothways.languages.services import suggest
from bothways.people.models import Guardian, HouseholdStudent, Student
from bothways.web.family.wording import Words
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.family import Family
from bothways.web.staff.goal_forms import EndForm, GoalForm, HowForm, initial_of
from bothways.web.staff.paging import page_of
from bothways.web.staff.scope import children_of

_TERM = timedelta(days=70)


@require_safe
@staff(Permission.CASES)
def goals(request: StaffRequest) -> HttpResponse:
    """Open goals of the children one serves; first those for which school has not said what it does."""
    which = request.GET.get("show", "")
    found = goals_for(request.user).filter(state=GoalState.OPEN.value)
    # Counted in one pass: in a large district each pass costs as much as the page of the list.
    counts = found.order_by().aggregate(
        whole=Count("pk"), waiting=Count("pk", filter=Q(school_does=""))
    )
    only_waiting = which == "waiting"
    shown = found.filter(school_does="") if only_waiting else found
    page = page_of(
        request,
        shown.order_by("-set_by", "until", "pk"),
        count=counts["waiting" if only_waiting else "whole"],
    )
    rows = list(page.object_list)
    record(
        "goals.seen", by=request.user.pk, district=request.district.pk, goals=[g.pk for g in rows]
    )
    return render(
        request,
        "staff/goals/goals.html",
        {
            "page": page,
            "rows": rows,
            "which": which,
            **counts,
            "today": clock.today(request.district.timezone),
            "alarms": alarms_of(request.user),
        },
    )


@require_POST
@staff(None)
def alarm(request: StaffRequest, pk: int) -> HttpResponse:
    """The person on duty looks after it."""
    found = GoalAlarm.objects.filter(pk=pk, user=request.user).select_related("student").first()
    if found is None:
        raise Http404
    work.take_alarm_in_hand(alarm=found, by=request.user)
    messages.success(
        request, _("It is yours. Talk with the student today, and do what the law asks.")
    )
    return redirect("goals") if request.user.can(Permission.CASES) else redirect("today")


def _child_or_404(user: User, pk: int) -> Student:
    found = (
        children_of(user, Permission.CASES)
        .select_related("school", "district")
        .filter(pk=pk)
        .first()
    )
    if found is None:
        raise Http404
    return found


def _adults(child: Student) -> list[Guardian]:
    links = standing(district=child.district, at=clock.now(), records=True)
    return [
        k.guardian for k in links.filter(student=child).select_related("guardian").order_by("pk")
    ]


def _tags(child: Student, adults: list[Guardian]) -> list[str]:
    """Languages that the adults at home read, each once."""
    default = child.district.default_language
    return list(dict.fromkeys(a.reads or a.speaks or default for a in adults))


def _said_in(posted: QueryDict, tags: list[str]) -> dict[str, dict[str, str]]:
    return {tag: {part: posted.get(f"{tag}-{part}", "") for part in work.PARTS} for tag in tags}


def _others(
    form: GoalForm, tags: list[str], said: Mapping[str, Mapping[str, str]], posted: bool
) -> list[dict[str, Any]]:
    """The same goal in the family's languages, to be written beside."""
    own = form["language"].value()
    labels = {part: form.fields[part].label for part in work.PARTS}
    return [
        {
            "tag": tag,
            "name": name_in(tag, "en"),
            "direction": direction(tag),
            "open": posted or any(said.get(tag, {}).values()),
            "parts": [
                (f"{tag}-{part}", labels[part], said.get(tag, {}).get(part, ""))
                for part in work.PARTS
            ],
        }
        for tag in tags
        if tag != own
    ]


def _suggested(
    form: GoalForm, child: Student, adults: list[Guardian], tags: list[str]
) -> dict[str, dict[str, str]]:
    """What memory, the phrasebook or the district's engine would say: to be read before it is kept."""
    own = form["language"].value() or "en"
    names = [child.name, child.called, *(a.name for a in adults)]
    found: dict[str, dict[str, str]] = {}
    for part in work.PARTS:
        words = str(form[part].value() or "")
        for tag, said in suggest(
            child.district, words, source=own, targets=tags, names=[n for n in names if n]
        ).items():
            found.setdefault(tag, {})[part] = said.text
    return found


def _template(
    request: StaffRequest, child: Student
) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """The parts of the template that was chosen, in English, and in its other language."""
    number = request.GET.get("template", "")
    chosen = next(
        (t for t in goal_templates.for_band(band_of(child.grade)) if str(t.number) == number), None
    )
    if chosen is None:
        return {}, {}
    called = child.called or child.name
    return chosen.parts("en", called), {"es": chosen.parts("es", called)}


@require_http_methods(["GET", "POST"])
@staff(Permission.CASES)
def child_goals(request: StaffRequest, pk: int) -> HttpResponse:
    """A child's goals, and a new one."""
    child = _child_or_404(request.user, pk)
    adults = _adults(child)
    tags = _tags(child, adults)
    asked = request.POST.get("do", "") if request.method == "POST" else ""
    parts, beside = _template(request, child)
    form = GoalForm(
        request.POST if asked else None,
        guardians=adults,
        languages=tags,
        initial={
            "set_by": SetBy.TEACHER.value,
            "language": "en",
            "until": clock.today(request.district.timezone) + _TERM,
            "ask_every": "never",
            "form_key": secrets.token_hex(16),
            **parts,
        },
    )
    said = _said_in(request.POST, tags) if asked else beside
    if asked == "suggest":
        more = _suggested(form, child, adults, tags)
        said = {
            tag: {p: said[tag][p] or more.get(tag, {}).get(p, "") for p in work.PARTS}
            for tag in tags
        }
        if not more:
            messages.info(
                request, _("There is nothing to suggest. Ask somebody who has the language.")
            )
    elif asked and form.is_valid():
        try:
            made = work.set_goal(
                student=child,
                draft=form.draft(said),
                by=request.user,
                form_key=form.cleaned_data["form_key"],
            )
        except NotYours as error:
            raise Http404 from error
        except Unusable as error:
            form.add_error(None, str(error))
        else:
            messages.success(
                request, _("The goal is set. The family and the student see it on their pages.")
            )
            return redirect("goal", made.pk)
    return _child_page(request, child, form, _others(form, tags, said, bool(asked)))


def _child_page(
    request: StaffRequest, child: Student, form: GoalForm, others: list[dict[str, Any]]
) -> HttpResponse:
    found = told(goals_for(request.user).filter(student=child).order_by("ended_at", "until", "pk"))
    record("goals.seen", child, by=request.user.pk, district=request.district.pk)
    called = child.called or child.name
    bad = form.is_bound and bool(form.errors) and request.POST.get("do") != "suggest"
    return render(
        request,
        "staff/goals/child.html",
        {
            "child": child,
            "called": called,
            "home": _home(child),
            "goals": found,
            "form": form,
            "others": others,
            "today": clock.today(request.district.timezone),
            "templates": [
                (one.number, one.parts("en", called)["words"])
                for one in goal_templates.for_band(band_of(child.grade))
            ],
        },
        status=422 if bad else 200,
    )


def _home(child: Student) -> int | None:
    return (
        HouseholdStudent.objects.filter(student=child, household__ended_at=None)
        .order_by("household_id")
        .values_list("household_id", flat=True)
        .first()
    )


def _goal_or_404(user: User, pk: int) -> Goal:
    found = goals_for(user).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


@require_http_methods(["GET", "POST"])
@staff(Permission.CASES)
def goal(request: StaffRequest, pk: int) -> HttpResponse:
    """One goal: its parts, how it goes, its story; POST says how it goes, ends it or opens it again."""
    found = _goal_or_404(request.user, pk)
    what = request.POST.get("what", "") if request.method == "POST" else ""
    how = HowForm(
        request.POST if what == "how" else None,
        prefix="how",
        initial={"form_key": secrets.token_hex(16)},
    )
    end = EndForm(request.POST if what == "end" else None, prefix="end")
    try:
        if what == "how" and how.is_valid():
            work.say_how(
                goal=found,
                words=how.cleaned_data["words"],
                value=how.cleaned_data["value"],
                language="en",
                by=request.user,
                form_key=how.cleaned_data["form_key"],
            )
            return redirect("goal", pk)
        if what == "end" and end.is_valid():
            to = GoalState(end.cleaned_data["to"])
            work.end_goal(goal=found, to=to, words=end.cleaned_data["words"], by=request.user)
            return redirect("goal", pk)
        if what == "again":
            work.end_goal(goal=found, to=GoalState.OPEN, words="", by=request.user)
            return redirect("goal", pk)
    except NotYours as error:
        raise Http404 from error
    except Unusable as error:
        (how if what == "how" else end).add_error(None, str(error)) if what in (
            "how",
            "end",
        ) else messages.error(request, str(error))
    record("goal.seen", found, by=request.user.pk, district=request.district.pk)
    (story,) = told(goals_for(request.user).filter(pk=pk))
    return render(
        request,
        "staff/goals/goal.html",
        {
            "one": story,
            "goal": found,
            "called": found.student.called or found.student.name,
            "home": _home(found.student),
            "how": how,
            "end": end,
            "tags": [(tag, name_in(tag, "en")) for tag in _paper_tags(found)],
            "versions": [
                (tag, name_in(tag, "en"), direction(tag), said)
                for tag, said in sorted(found.said_in.items())
            ],
        },
        status=422 if how.errors or end.errors else 200,
    )


@require_http_methods(["GET", "POST"])
@staff(Permission.CASES)
def goal_edit(request: StaffRequest, pk: int) -> HttpResponse:
    """Write it anew after a talk."""
    found = _goal_or_404(request.user, pk)
    child = found.student
    adults = _adults(child)
    tags = _tags(child, adults)
    asked = request.POST.get("do", "") if request.method == "POST" else ""
    form = GoalForm(
        request.POST if asked else None,
        guardians=adults,
        languages=[*tags, found.language],
        initial={**initial_of(found), "form_key": secrets.token_hex(16)},
    )
    # Whose goal it is stays as it was said.
    form.fields["set_by"].disabled = form.fields["guardian"].disabled = True
    said = _said_in(request.POST, tags) if asked else found.said_in
    if asked == "suggest":
        more = _suggested(form, child, adults, tags)
        said = {
            tag: {p: said[tag][p] or more.get(tag, {}).get(p, "") for p in work.PARTS}
            for tag in tags
        }
    elif asked and form.is_valid():
        try:
            work.change_goal(goal=found, draft=form.draft(said), by=request.user)
        except NotYours as error:
            raise Http404 from error
        except Unusable as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Changed. What it said before stays in its story."))
            return redirect("goal", pk)
    record("goal.seen", found, by=request.user.pk, district=request.district.pk)
    return render(
        request,
        "staff/goals/edit.html",
        {
            "goal": found,
            "called": child.called or child.name,
            "form": form,
            "others": _others(form, tags, said, bool(asked)),
        },
        status=422 if form.is_bound and form.errors and asked != "suggest" else 200,
    )


def _paper_tags(found: Goal) -> list[str]:
    return list(dict.fromkeys([found.language, *_tags(found.student, _adults(found.student))]))


@require_safe
@staff(Permission.CASES)
def goal_paper(request: StaffRequest, pk: int, language: str) -> HttpResponse:
    """For the refrigerator door: the goal on a sheet, in a language of the family."""
    found = _goal_or_404(request.user, pk)
    if language not in _paper_tags(found):
        raise Http404
    words = Words(language)
    child = found.student.called or found.student.name
    labels = {
        "words": "",
        "home_does": words["goal_home"],
        "school_does": words["goal_school"],
        "student_does": words.say("goal_student", child=child),
        "see_it": words["goal_see"],
    }
    items = [
        Item(label, found.part_in(part, language), found.language_of(part, language))
        for part, label in labels.items()
        if found.part_in(part, language)
    ]
    record("goal.printed", found, by=request.user.pk, district=request.district.pk)
    district = request.district
    pdf = print_booklet(
        title=child,
        about=words.say("goal_until", date=words.date(found.until)),
        author=found.student.school.name if found.student.school else district.name,
        language=language,
        sections=[Section(words["goal_room"], items)],
        paper="us-letter" if district.region in ("US", "CA", "MX") else "a4",
        made_at=clock.now().astimezone(district.zone),
    )
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="goal-{pk}.pdf"'
    return response


def section(user: User, family: Family) -> dict[str, Any] | None:
    """The part on a family's page: open goals of its children."""
    if not user.can(Permission.CASES) or not family.students:
        return None
    rows: list[Told] = told(
        goals_for(user)
        .filter(student__in=family.students, state=GoalState.OPEN.value)
        .order_by("student_id", "until", "pk")
    )
    return {"goals": rows, "children": family.students, "home": family.home.pk}
