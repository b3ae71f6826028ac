"""Duty persons by school, and case loads."""

from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from bothways.accounts import rules, services
from bothways.accounts.enums import Permission, Role, Scope
from bothways.accounts.models import Duty, User
from bothways.accounts.queries import duty_persons
from bothways.core.text import clean, fold
from bothways.people import case_loads
from bothways.people.models import CaseLoad, Student, StudentQuerySet
from bothways.schools.models import School
from bothways.web.staff.colleagues import staff_where
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.paging import page_of
from bothways.web.staff.people import mine, person_or_404
from bothways.web.staff.people_forms import DutyForm, LettersForm, held_by
from bothways.web.staff.scope import schools_where

ENOUGH = 2  # one alone is ill some day
_SEARCH = "case_load.search"
_MOST = 20


@dataclass(frozen=True, slots=True)
class Place:
    """A school (None: wherever a school has nobody), who is told there, and the form to name one more."""

    school: School | None
    duties: list[Duty]
    instead: list[User]  # who is told while nobody is named
    form: DutyForm | None

    @property
    def few(self) -> bool:
        return len(self.duties) < ENOUGH


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Permission.STAFF)
def duty(request: StaffRequest) -> HttpResponse:
    """Who is told at once when a family writes of danger; named by whoever may give that role."""
    posted = request.POST if request.method == "POST" else None
    held = held_by(request.user)
    schools = mine(request)
    wide = schools_where(request.user, Permission.STAFF) is None
    keys: list[School | None] = [*schools, *([None] if wide else [])]
    wanted = posted.get("place", "") if posted is not None else ""
    status = 200
    if posted is not None:
        place = next(
            (one for one in keys if (str(one.pk) if one else "district") == wanted), "none"
        )
        if place == "none":
            raise Http404
        assert not isinstance(place, str)
        if not rules.may_give(held, Role.DUTY, place.pk if place else None):
            raise PermissionDenied
        if (end := posted.get("end", "")) != "":
            return _ended(request, place, end)
        form = _form(request, place, posted)
        if form.is_valid():
            person = form.cleaned_data["person"]
            services.name_duty(
                user=person, school=place, phone=form.cleaned_data["phone"], by=request.user.pk
            )
            messages.success(request, _("%(name)s is told from now on.") % {"name": person.name})
            return redirect("duty")
        status = 422
    named = Duty.objects.filter(district=request.district, user__is_active=True).select_related(
        "user"
    )
    by_place: dict[int | None, list[Duty]] = {}
    for one in named.order_by("pk"):
        by_place.setdefault(one.school_id, []).append(one)
    places = []
    for school in keys:
        key = school.pk if school else None
        may = rules.may_give(held, Role.DUTY, key)
        tried = posted is not None and wanted == (str(key) if key else "district")
        places.append(
            Place(
                school,
                by_place.get(key, []),
                [] if by_place.get(key) or school is None else _instead(request, school),
                _form(request, school, posted if tried else None) if may else None,
            )
        )
    context = {"places": places, "wanted": wanted}
    return render(request, "staff/people/duty.html", context, status=status)


def _instead(request: StaffRequest, school: School) -> list[User]:
    return duty_persons(request.district.pk, school)


def _form(request: StaffRequest, place: School | None, posted: object) -> DutyForm:
    people = staff_where(request.user, {place.pk} if place else None)
    return DutyForm(
        posted,
        people=people,
        district=request.district,
        auto_id=f"id_{place.pk if place else 'district'}_%s",
    )


def _ended(request: StaffRequest, place: School | None, pk: str) -> HttpResponse:
    if not pk.isdecimal():
        raise Http404
    one = get_object_or_404(
        Duty.objects.select_related("user", "school"),
        pk=int(pk[:18]),
        school=place,
        district=request.district,
    )
    services.end_duty(duty=one, by=request.user.pk)
    messages.success(request, _("%(name)s is not told any more.") % {"name": one.user.name})
    return redirect("duty")


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Permission.STAFF)
def case_load(request: StaffRequest, pk: int) -> HttpResponse:
    """The families assigned to a counselor, social worker or liaison."""
    person = person_or_404(request, pk)
    among = _assignable(request, person)
    schools = list(School.objects.filter(pk__in=among.order_by().values("school")).order_by("name"))
    grades = sorted(set(among.order_by().values_list("grade", flat=True)) - {""})
    letters = LettersForm(None, schools=schools, grades=grades)
    status = 200
    if request.method == "POST":
        what = request.POST.get("what", "")
        if what == "search":
            request.session[_SEARCH] = clean(request.POST.get("q", ""))[:200]
            return redirect("case_load", pk=person.pk)
        if what == "letters":
            letters = LettersForm(request.POST, schools=schools, grades=grades)
            if letters.is_valid():
                said = letters.cleaned_data
                part = among.filter(school=said["school"])
                if said["grade"]:
                    part = part.filter(grade=said["grade"])
                found = case_loads.by_letters(part, said["first"], said["last"])
                return _assigned(request, person, found)
            status = 422
        elif what == "assign":
            child = get_object_or_404(among, pk=_number(request.POST.get("student", "")))
            return _assigned(request, person, list(case_loads.with_siblings(child, among)))
        elif what in ("take", "take_all"):
            held = CaseLoad.objects.filter(user=person, student__in=among)
            if what == "take":
                held = held.filter(student=_number(request.POST.get("student", "")))
            ids = list(held.values_list("student_id", flat=True))
            if not ids:
                raise Http404
            case_loads.take_back(of=person, children=ids, by=request.user.pk)
            messages.success(request, _("Taken off this list."))
            return redirect("case_load", pk=person.pk)
        else:
            raise Http404
    words = str(request.session.get(_SEARCH, ""))
    assigned = (
        Student.objects.live()
        .filter(case_load__user=person, pk__in=among)
        .select_related("school")
        .order_by("family", "given", "pk")
    )
    context = {
        "person": person,
        "page": page_of(request, assigned),
        "q": words,
        "found": _found(among, person, words),
        "letters": letters,
        "schools": schools,
        "serves": any(m.serves is Scope.CASE_LOAD for m in person.roles()),
    }
    return render(request, "staff/people/case_load.html", context, status=status)


def _assignable(request: StaffRequest, person: User) -> StudentQuerySet:
    """The children at schools where this user arranges and that person has such a role."""
    where = {school.pk for school in mine(request)}
    if (held := person.case_load_schools()) is not None:
        where &= set(held)
    return Student.objects.live().filter(district=request.district, school__in=where)


def _assigned(request: StaffRequest, person: User, children: list[Student]) -> HttpResponse:
    n = case_loads.assign(to=person, children=children, by=request.user.pk)
    words = ngettext("%(n)s child more is assigned.", "%(n)s children more are assigned.", n)
    messages.success(request, words % {"n": n})
    return redirect("case_load", pk=person.pk)


def _found(among: StudentQuerySet, person: User, words: str) -> QuerySet[Student] | list[Student]:
    if not fold(words):
        return []
    found = among.exclude(pk__in=CaseLoad.objects.filter(user=person).values("student"))
    for word in fold(words).split():
        found = found.filter(search__contains=word)
    return found.select_related("school").order_by("family", "given", "pk")[:_MOST]


def _number(typed: str) -> int:
    if not typed.isdecimal():
        raise Http404
    return int(typed[:18])
