"""What opens a family's own pages: PINs to hand over, where they are open, and whether students have some."""

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from bothways.accounts.enums import Permission
from bothways.audit.services import record
from bothways.people.models import Guardian, Student
from bothways.web.family import door
from bothways.web.family.entering import where_typed
from bothways.web.family.inside import own_language
from bothways.web.family.student import GRADES, may_have_pages
from bothways.web.family.wording import Words
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.family import Family, home_or_404, read_family


def _family(request: StaffRequest, pk: int) -> Family:
    found = read_family(request.user, home_or_404(request.user, pk))
    if not found.rights.contact:
        raise Http404
    return found


@require_http_methods(["GET"])
@staff(Permission.CONTACT_EDIT)
def own_pages(request: StaffRequest, pk: int) -> HttpResponse:
    """Each adult with standing, each student of the age: where their pages are open, and a PIN to hand over."""
    found = _family(request, pk)
    people = [
        (adult.guardian, "adult", door.sessions_of(adult.guardian))
        for adult in found.adults
        if adult.may_be_told
    ]
    students = [
        (child, "student", door.sessions_of(child))
        for child in found.students
        if may_have_pages(child, request.district)
    ]
    return render(
        request,
        "staff/families/own_pages.html",
        {"family": found, "people": [*people, *students]},
    )


def _owner(request: StaffRequest, pk: int, who: str, person: int) -> Guardian | Student:
    """The adult (with standing now) or student of this family; Http404 else."""
    found = _family(request, pk)
    owners: list[Guardian | Student] = (
        [adult.guardian for adult in found.adults if adult.may_be_told]
        if who == "adult"
        else [child for child in found.students if may_have_pages(child, request.district)]
    )
    owner = next((one for one in owners if one.pk == person), None)
    if owner is None or (isinstance(owner, Guardian) and not door.children_of(owner)):
        raise Http404
    return owner


@require_POST
@staff(Permission.CONTACT_EDIT)
def own_pages_pin(request: StaffRequest, pk: int, who: str, person: int) -> HttpResponse:
    """Make a PIN and show it once, as a slip to print; it is kept nowhere."""
    owner = _owner(request, pk, who, person)
    pin = door.make_pin(of=owner, by=request.user)
    tag = own_language(owner) if isinstance(owner, Guardian) else owner.home_language
    words = Words(tag or request.district.default_language)
    until = words.date(door.pin_ends(request.district))
    student = isinstance(owner, Student)
    return render(
        request,
        "staff/families/own_pages_pin.html",
        {
            "home": pk,
            "owner": owner,
            "pin": door.show_pin(pin),
            "lang": words.tag,
            "dir": words.direction,
            "title": words.say("student_title", child=owner.called or owner.name)
            if isinstance(owner, Student)
            else words["home_title"],
            "how": words.say("home_slip_how", url=where_typed(), date=until),
            "keep": words["student_slip_keep" if student else "home_slip_keep"],
        },
    )


@require_POST
@staff(Permission.CONTACT_EDIT)
def own_pages_close(request: StaffRequest, pk: int, who: str, person: int) -> HttpResponse:
    """Close the pages wherever they are open: a phone was lost, or the family asks for it."""
    owner = _owner(request, pk, who, person)
    for session in door.sessions_of(owner):
        door.end_session(session, by=request.user)
    messages.success(request, _("These pages are closed everywhere. A new PIN or code opens them."))
    return redirect("own_pages", pk=pk)


class StudentPagesForm(forms.Form):
    since = forms.ChoiceField(
        label=gettext_lazy("Students have pages of their own"),
        required=False,
        choices=[
            ("", gettext_lazy("No student has")),
            *(
                (grade, gettext_lazy("From grade %s on") % grade.lstrip("0"))
                for grade in GRADES[5:]
            ),
        ],
        help_text=gettext_lazy(
            "They see their homework, news to all families and their teachers. The office hands each of them "
            "a PIN, on the page of the family."
        ),
    )
    since.plain = True  # type: ignore[attr-defined]


@require_http_methods(["GET", "POST"])
@staff(Permission.SETUP)
def student_pages(request: StaffRequest) -> HttpResponse:
    """From which grade on students can have pages of their own; at first none have."""
    form = StudentPagesForm(
        request.POST if request.method == "POST" else None,
        initial={"since": request.district.student_pages_from},
    )
    if request.method == "POST" and form.is_valid():
        district = request.district
        district.student_pages_from = form.cleaned_data["since"]
        district.save(update_fields=["student_pages_from"])
        record(
            "district.student_pages",
            district,
            by=request.user.pk,
            district=district.pk,
            since=district.student_pages_from,
        )
        messages.success(request, _("Kept."))
        return redirect("student_pages")
    return render(
        request,
        "staff/families/student_pages.html",
        {"form": form},
        status=422 if form.errors else 200,
    )
