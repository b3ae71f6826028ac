"""By post or in the bag: what the district and its schools do, and what one family asked for."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from bothways.accounts.enums import Permission
from bothways.consent.models import Preference
from bothways.consent.paper import Paper, ask_for_paper, set_paper
from bothways.people.models import Household
from bothways.schools.models import School
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.family import home_or_404, read_family
from bothways.web.staff.scope import schools_where

_POST_OR_BAG = [
    (Paper.POST.value, gettext_lazy("by post")),
    (Paper.BAG.value, gettext_lazy("home in the child’s bag")),
]


class WayForm(forms.Form):
    paper = forms.ChoiceField(required=False)

    def __init__(self, *args: Any, label: str, empty: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["paper"]
        assert isinstance(field, forms.ChoiceField)
        field.label = label
        field.choices = [*([("", empty)] if empty else []), *_POST_OR_BAG]
        field.required = not empty
        field.plain = True  # type: ignore[attr-defined]  # no "(if you know it)" behind it


def paper_form(home: Household) -> WayForm:
    """How this family wants its letters, as it is now."""
    wish = Preference.objects.filter(household=home).first()
    return WayForm(
        initial={"paper": wish.paper if wish else ""},
        label=_("Letters go home"),
        empty=_("as the school does"),
    )


def _schools(request: StaffRequest) -> QuerySet[School]:
    """The schools whose paper this user sees to."""
    mine = schools_where(request.user, Permission.MAIL_HANDLE)
    live = School.objects.filter(district=request.district, ended_at=None).order_by("name", "pk")
    return live if mine is None else live.filter(pk__in=mine)


@require_http_methods(["GET", "POST"])
@staff(Permission.MAIL_HANDLE)
def ways(request: StaffRequest) -> HttpResponse:
    """How letters of each school go; the district's own for those who see to all schools."""
    all_schools = schools_where(request.user, Permission.MAIL_HANDLE) is None
    schools = list(_schools(request))
    if request.method == "POST":
        return _set(request, schools, all_schools=all_schools)
    district = request.district
    as_district = _("as the district: %(way)s") % {
        "way": dict(_POST_OR_BAG)[Paper(district.paper).value]
    }
    return render(
        request,
        "staff/letters/ways.html",
        {
            "district": WayForm(
                prefix="district", initial={"paper": district.paper}, label=district.name
            )
            if all_schools
            else None,
            "schools": [
                WayForm(
                    prefix=f"school-{school.pk}",
                    initial={"paper": school.paper},
                    label=school.name,
                    empty=as_district,
                )
                for school in schools
            ],
        },
    )


def _set(request: StaffRequest, schools: list[School], *, all_schools: bool) -> HttpResponse:
    district = WayForm(request.POST, prefix="district", label="")
    if all_schools and district.is_valid():
        paper = Paper(district.cleaned_data["paper"])
        if paper.value != request.district.paper:
            set_paper(place=request.district, paper=paper, by=request.user)
    for school in schools:
        form = WayForm(request.POST, prefix=f"school-{school.pk}", label="", empty="-")
        if form.is_valid() and form.add_prefix("paper") in request.POST:
            value = form.cleaned_data["paper"]
            if value != school.paper:
                set_paper(place=school, paper=Paper(value) if value else None, by=request.user)
    messages.success(request, _("Kept. Letters that are printed from now on go this way."))
    return redirect("letters")


@require_POST
@staff(Permission.CONTACT_EDIT)
def wish(request: StaffRequest, pk: int) -> HttpResponse:
    """How this family wants its letters."""
    found = read_family(request.user, home_or_404(request.user, pk))
    if not found.rights.contact:
        raise Http404
    form = WayForm(request.POST, label="", empty="-")
    if form.is_valid():
        value = form.cleaned_data["paper"]
        ask_for_paper(household=found.home, paper=Paper(value) if value else None, by=request.user)
        messages.success(request, _("Kept. It holds from now on."))
    else:
        messages.error(request, _("Nothing was changed. Choose one of the ways in the list."))
    return redirect("wishes", pk=pk)
