"""People and roles: who works here, in which role and where."""

from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bothways.accounts import rules, services
from bothways.accounts.enums import CHOOSES_SCOPE, Permission, Role, Scope
from bothways.accounts.models import Membership, User
from bothways.core.text import clean
from bothways.people.models import CaseLoad
from bothways.schools.models import School
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.paging import page_of
from bothways.web.staff.people_forms import PersonForm, ReachForm, RoleForm, held_by
from bothways.web.staff.people_link import send_link
from bothways.web.staff.scope import schools_where

SEARCH = "people.search"
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Held:
    """A role of somebody, and what this reader may do about it."""

    member: Membership
    may_end: bool
    may_choose: bool


def mine(request: StaffRequest) -> list[School]:
    """The schools where this user arranges who works there, by name."""
    schools = request.district.schools.filter(ended_at=None)
    where = schools_where(request.user, Permission.STAFF)
    return list((schools if where is None else schools.filter(pk__in=where)).order_by("name", "pk"))


def colleagues(request: StaffRequest, schools: list[School]) -> QuerySet[User]:
    """Who works at these schools; the whole district's staff for whoever arranges that."""
    everybody = User.objects.filter(district=request.district)
    if schools_where(request.user, Permission.STAFF) is None:
        return everybody
    live = Q(memberships__ended_at=None, memberships__school__in=schools)
    teaches = Q(teaching__ended_at=None, teaching__section__school__in=schools)
    return everybody.filter(is_active=True).filter(live | teaches).distinct()


def person_or_404(request: StaffRequest, pk: int) -> User:
    return get_object_or_404(colleagues(request, mine(request)).select_related("district"), pk=pk)


def manages(request: StaffRequest, person: User) -> bool:
    """Whether the account itself, not only a role at one's school, is this user's business."""
    here = [school.pk for school in mine(request)]
    return rules.may_manage(held_by(request.user), held_by(person), here)


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Permission.STAFF)
def people(request: StaffRequest) -> HttpResponse:
    if request.method == "POST":
        # Names stay out of addresses and logs.
        request.session[SEARCH] = clean(request.POST.get("q", ""))[:_LONGEST]
        return redirect("people")
    schools = mine(request)
    words = str(request.session.get(SEARCH, ""))
    found = colleagues(request, schools)
    for word in words.split():
        found = found.filter(
            Q(given__icontains=word) | Q(family__icontains=word) | Q(email__icontains=word)
        )
    role, school = request.GET.get("role", ""), request.GET.get("school", "")
    gone = request.GET.get("gone") == "1"
    found = found.filter(is_active=not gone)
    if role in set(Role):
        found = found.filter(memberships__role=role, memberships__ended_at=None)
    if school.isdecimal() and int(school[:18]) in {one.pk for one in schools}:
        at = int(school[:18])
        found = found.filter(memberships__school=at, memberships__ended_at=None)
    live = Membership.objects.filter(ended_at=None).select_related("school").order_by("pk")
    rows = (
        found.distinct()
        .order_by("family", "given", "pk")
        .prefetch_related(Prefetch("memberships", live, to_attr="live"))
    )
    page = page_of(request, rows)
    context = {
        "q": words,
        "page": page,
        "role": role,
        "roles": [one.value for one in Role],
        "school": school,
        "schools": schools if len(schools) > 1 else [],
        "gone": gone,
        "wide": schools_where(request.user, Permission.STAFF) is None,
    }
    return render(request, "staff/people/people.html", context)


@require_safe
@staff(Permission.STAFF)
def person(request: StaffRequest, pk: int) -> HttpResponse:
    found = person_or_404(request, pk)
    return _shown(request, found)


def _shown(
    request: StaffRequest,
    found: User,
    *,
    role_form: RoleForm | None = None,
    reach_form: ReachForm | None = None,
    status: int = 200,
) -> HttpResponse:
    held = held_by(request.user)
    rows = [
        Held(
            member,
            rules.may_give(held, Role(member.role), member.school_id),
            Role(member.role) in CHOOSES_SCOPE
            and rules.may_give(held, Role(member.role), member.school_id),
        )
        for member in found.roles()
    ]
    schools = mine(request)
    context = {
        "person": found,
        "held": rows,
        "manages": manages(request, found) and found.pk != request.user.pk,
        "reaches": manages(request, found),
        "setup": request.user.can(Permission.SETUP),
        "case_load": any(m.serves is Scope.CASE_LOAD for m in found.roles()),
        "assigned": CaseLoad.objects.filter(user=found, student__ended_at=None).count(),
        "role_form": role_form or RoleForm(giver=request.user, schools=schools),
        "reach_form": reach_form
        or ReachForm(person=found, initial={"email": found.email or "", "phone": found.phone}),
        "open": "role" if role_form else "reach" if reach_form else "",
    }
    return render(request, "staff/people/person.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Permission.STAFF)
def add(request: StaffRequest) -> HttpResponse:
    """Somebody who stands in no roster; a colleague who is known by this address gets the role."""
    posted = request.POST if request.method == "POST" else None
    form = PersonForm(posted, giver=request.user, schools=mine(request))
    status = 200
    if posted is not None:
        if form.is_valid():
            said = form.cleaned_data
            known = User.objects.filter(
                district=request.district, email__iexact=said["email"], is_active=True
            ).first()
            try:
                found = known or services.add_person(
                    district=request.district,
                    given=clean(said["given"]),
                    family=clean(said["family"]),
                    email=said["email"],
                    by=request.user.pk,
                )
            except services.AddressTaken:
                form.add_error("email", _("Somebody else signs in with this address."))
            else:
                _give(request, found, form)
                if known:
                    words = _("%(name)s was here already, and has this role now.")
                else:
                    words = _(
                        "%(name)s is added. Send a link for signing in, or let them ask for a code."
                    )
                messages.success(request, words % {"name": found.name})
                return redirect("person", pk=found.pk)
        status = 422
    return render(request, "staff/people/add.html", {"form": form}, status=status)


def _give(request: StaffRequest, found: User, form: RoleForm) -> None:
    said = form.cleaned_data
    services.give_role(
        user=found,
        role=Role(said["role"]),
        school=said["where"],
        scope=said["scope"],
        by=request.user.pk,
    )


@require_POST
@staff(Permission.STAFF)
def give(request: StaffRequest, pk: int) -> HttpResponse:
    found = person_or_404(request, pk)
    if not found.is_active:
        raise PermissionDenied
    form = RoleForm(request.POST, giver=request.user, schools=mine(request))
    if not form.is_valid():
        return _shown(request, found, role_form=form, status=422)
    _give(request, found, form)
    messages.success(request, _("%(name)s has this role from now on.") % {"name": found.name})
    return redirect("person", pk=found.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Permission.STAFF)
def end_role(request: StaffRequest, pk: int, member: int) -> HttpResponse:
    found = person_or_404(request, pk)
    held = get_object_or_404(
        Membership.objects.select_related("school"), pk=member, user=found, ended_at=None
    )
    role = Role(held.role)
    if not rules.may_give(held_by(request.user), role, held.school_id):
        raise PermissionDenied
    wrong, status = "", 200
    if request.method == "POST":
        try:
            services.end_role(user=found, role=role, school=held.school, by=request.user.pk)
        except services.LastAdmin:
            wrong, status = _no_admin_left(), 422
        else:
            messages.success(request, _("This role has ended."))
            return _back(request, found)
    context = {"person": found, "held": held, "wrong": wrong}
    return render(request, "staff/people/end_role.html", context, status=status)


def _back(request: StaffRequest, found: User) -> HttpResponse:
    """To the person's page, where it is still open to whoever asked."""
    request.user.__dict__.pop("_roles", None)
    if not request.user.can(Permission.STAFF):
        return redirect("/")
    if not colleagues(request, mine(request)).filter(pk=found.pk).exists():
        return redirect("people")
    return redirect("person", pk=found.pk)


def _no_admin_left() -> str:
    return _("This is the last district admin. Make somebody else district admin first.")


@require_POST
@staff(Permission.STAFF)
def scope(request: StaffRequest, pk: int, member: int) -> HttpResponse:
    """The whole school, or the families assigned."""
    found = person_or_404(request, pk)
    held = get_object_or_404(Membership, pk=member, user=found, ended_at=None)
    if not rules.may_give(held_by(request.user), Role(held.role), held.school_id):
        raise PermissionDenied
    wanted = request.POST.get("scope", "")
    if wanted in (Scope.SCHOOL, Scope.CASE_LOAD) and Role(held.role) in CHOOSES_SCOPE:
        services.set_scope(member=held, scope=Scope(wanted), by=request.user.pk)
        messages.success(request, _("Kept."))
    return redirect("person", pk=found.pk)


def _managed(request: StaffRequest, pk: int, *, oneself: bool = False) -> User:
    found = person_or_404(request, pk)
    if not manages(request, found) or (found.pk == request.user.pk and not oneself):
        raise PermissionDenied
    return found


@require_POST
@staff(Permission.STAFF)
def reach(request: StaffRequest, pk: int) -> HttpResponse:
    """Another address or number. Whoever has the address can sign in: so only for accounts one manages."""
    found = _managed(request, pk, oneself=True)
    form = ReachForm(request.POST, person=found)
    if not form.is_valid():
        return _shown(request, found, reach_form=form, status=422)
    services.set_reach(
        user=found,
        email=form.cleaned_data["email"],
        phone=form.cleaned_data["phone"],
        by=request.user.pk,
    )
    messages.success(request, _("Kept."))
    return redirect("person", pk=found.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Permission.STAFF)
def end(request: StaffRequest, pk: int) -> HttpResponse:
    """End the account: no sign-in, no role, signed out everywhere."""
    found = _managed(request, pk)
    wrong, status = "", 200
    if request.method == "POST":
        try:
            services.end_account(user=found, by=request.user.pk)
        except services.LastAdmin:
            wrong, status = _no_admin_left(), 422
        else:
            messages.success(
                request, _("The account of %(name)s has ended.") % {"name": found.name}
            )
            return redirect("people")
    return render(
        request, "staff/people/end.html", {"person": found, "wrong": wrong}, status=status
    )


@require_POST
@staff(Permission.SETUP)
def back(request: StaffRequest, pk: int) -> HttpResponse:
    """An account that has ended is open again, without any role."""
    found = person_or_404(request, pk)
    services.open_account(user=found, by=request.user.pk)
    messages.success(
        request, _("%(name)s can sign in again. Give a role now.") % {"name": found.name}
    )
    return redirect("person", pk=found.pk)


@require_POST
@staff(Permission.STAFF)
def link(request: StaffRequest, pk: int) -> HttpResponse:
    """A link for signing in, by email to the person's own address."""
    found = _managed(request, pk)
    if not found.is_active or not found.email:
        raise PermissionDenied
    if send_link(found, by=request.user):
        words = _(
            "A link for signing in went to %(name)s. It works once, for a quarter of an hour."
        )
        messages.success(request, words % {"name": found.name})
    else:
        messages.error(
            request, _("The mail did not go out, or several went a moment ago. Try again later.")
        )
    return redirect("person", pk=found.pk)


@require_POST
@staff(Permission.STAFF)
def sign_out(request: StaffRequest, pk: int) -> HttpResponse:
    found = _managed(request, pk)
    services.sign_out_everywhere(user=found, by=request.user.pk)
    messages.success(request, _("%(name)s is signed out everywhere.") % {"name": found.name})
    return redirect("person", pk=found.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Permission.SETUP)
def second_step(request: StaffRequest, pk: int) -> HttpResponse:
    """Take the second step away from whoever lost phone and key."""
    found = _managed(request, pk)
    if request.method == "POST":
        services.take_second_step_away(user=found, by=request.user.pk)
        services.sign_out_everywhere(user=found, by=request.user.pk)
        messages.success(
            request, _("A code by email is enough for %(name)s again.") % {"name": found.name}
        )
        return redirect("person", pk=found.pk)
    return render(request, "staff/people/second_step.html", {"person": found})
