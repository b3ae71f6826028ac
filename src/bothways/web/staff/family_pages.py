"""Pages about one family: look, note a contact, correct what we know, restrict and lift."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Page
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bothways.accounts.enums import Permission
from bothways.audit.models import Entry as Look
from bothways.audit.services import record
from bothways.core import clock
from bothways.messaging.enums import Tone
from bothways.messaging.queries import conversations_for
from bothways.messaging.services.mending import add_and_tell
from bothways.outreach.enums import Result, Way
from bothways.outreach.queries import experience, known_of, next_steps
from bothways.outreach.services.contacts import NotAllowed, note_contact
from bothways.people import changes
from bothways.people import services as people
from bothways.people.enums import PointKind, RestrictionKind, WordClass
from bothways.people.models import (
    ContactPoint,
    Guardian,
    Merge,
    PointChange,
    PossiblySame,
    Restriction,
)
from bothways.progress.queries import how_it_goes
from bothways.reach.queries import period_start, report
from bothways.roster.services import rebuild_households
from bothways.web.models import new_key
from bothways.web.staff.contact_wishes import wishes_of
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.family import Family, Happening, home_or_404, prove, read_family
from bothways.web.staff.family_now import colleagues_at_it, last_words
from bothways.web.staff.family_sections import sections
from bothways.web.staff.family_timeline import SHOWS, Show, asked, story
from bothways.web.staff.family_timeline import changes as changes_made
from bothways.web.staff.forms import GuardianForm, NoteForm, PointForm, RestrictionForm
from bothways.web.staff.letters import letters_to
from bothways.web.staff.scope import children_of


def _family(request: StaffRequest, pk: int, *, needs: str = "") -> Family:
    """The family for this user, or 404; 404 as well where a right for it is missing."""
    family = read_family(request.user, home_or_404(request.user, pk))
    if needs and not getattr(family.rights, needs):
        raise Http404
    return family


def _home_of(request: StaffRequest, adult: Guardian) -> HttpResponse:
    """The page of the family this adult lives in now: an address or an order may have moved it."""
    rebuild_households(request.district, [adult.pk])
    adult.refresh_from_db(fields=["household"])
    if adult.household_id is None:
        return redirect("families")
    return redirect("family", pk=adult.household_id)


MOST_CHANGES = 20


def changes_of(found: Family) -> list[PointChange]:
    """What was said about their numbers and addresses, by whom, latest first; for whoever may change them."""
    if not found.rights.contact:
        return []
    rows = PointChange.objects.filter(guardian__in=found.guardians)
    rows = rows.select_related("guardian", "entered_by", "confirmed_by")
    return list(rows.order_by("-at", "-pk")[:MOST_CHANGES])


def _pairs(found: Family) -> list[PossiblySame]:
    """Adults here who may be the same person as somebody else; for whoever may decide."""
    if not found.rights.contact:
        return []
    mine = Q(one__in=found.guardians) | Q(other__in=found.guardians)
    return list(PossiblySame.objects.filter(mine, decided_at=None).order_by("pk")[:MOST_CHANGES])


def _merges(found: Family) -> list[Merge]:
    """Rows that somebody joined into an adult here, and that can be taken apart again."""
    if not found.rights.contact:
        return []
    rows = Merge.objects.filter(kept__in=found.guardians, undone_at=None)
    return list(rows.select_related("kept", "away").order_by("-at", "-pk")[:MOST_CHANGES])


@require_safe
@staff(Permission.FAMILIES_SEE)
def family(request: StaffRequest, pk: int) -> HttpResponse:
    found = _family(request, pk)
    record("family.seen", found.home, by=request.user.pk, district=request.district.pk)
    now = clock.now()
    since = period_start(request.district, now)
    children = children_of(request.user)
    rows = report(request.district, students=children, since=since, now=now, household=pk).rows
    row = rows[0] if rows else None
    known = known_of(request.district, pk, now=now)
    steps = next_steps(request.district, rows, since=since, now=now, known=known)
    prove(found)
    show = asked(request)
    page: Page[Any]
    told: list[Happening] = []
    changed: list[tuple[Look, str, Promise]] = []
    if show is Show.CHANGES:
        page, changed = changes_made(request, found)
    else:
        page, told = story(request, found, show)
    talks = list(conversations_for(request.user).filter(household=pk))
    return render(
        request,
        "staff/families/family.html",
        {
            "family": found,
            "row": row,
            "since": since,
            "step": steps.get(pk),
            "experience": experience(request.district, pk, now=now, known=known),
            "show": show,
            "shows": list(SHOWS.items()),
            "page": page,
            "happenings": told,
            "changed": changed,
            "conversations": talks,
            "at_it": colleagues_at_it(request.user, found.home, talks),
            "last_words": last_words(request.user, found.home, found.rights),
            "pairs": _pairs(found),
            "merges": _merges(found),
            "how": how_it_goes(
                request.district, found.students, today=clock.today(request.district.timezone)
            ),
            "papers": letters_to(request.user, found.home),
            "changes": changes_of(found),
            **wishes_of(found.home),
            **sections(request.user, found),
        },
    )


@require_http_methods(["GET", "POST"])
@staff(Permission.FAMILIES_SEE)
def note(request: StaffRequest, pk: int) -> HttpResponse:
    found = _family(request, pk)
    way = request.GET.get("way", Way.AT_SCHOOL.value)
    form = NoteForm(
        request.POST if request.method == "POST" else None,
        adults=[adult.guardian for adult in found.adults if adult.may_be_told],
        initial={
            "form_key": new_key(),
            "way": way,
            "tone": request.GET.get("tone", ""),
            "word_class": WordClass.FAMILY.value,
        },
    )
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            note_contact(
                household=found.home,
                guardian=values["guardian"],
                way=Way(values["way"]),
                result=Result(values["result"]),
                words=values["words"],
                by=request.user,
                form_key=f"{request.user.pk}.{values['form_key']}"[:40],
                tone=Tone(values["tone"]),
                word_class=WordClass(values["word_class"]),
            )
        except NotAllowed as error:
            form.add_error("guardian", str(error))
        else:
            messages.success(request, _("Noted. Thank you: the next person will know."))
            return redirect("family", pk=pk)
    record("family.seen", found.home, by=request.user.pk, district=request.district.pk)
    return render(
        request,
        "staff/families/note.html",
        {
            "family": found,
            "form": form,
            "way": way if way in set(Way) else "",
            "reachable": [adult for adult in found.adults if adult.may_be_told],
        },
        status=422 if form.errors else 200,
    )


@require_http_methods(["GET", "POST"])
@staff(Permission.CONTACT_EDIT)
def add_point(request: StaffRequest, pk: int) -> HttpResponse:
    found = _family(request, pk, needs="contact")
    form = PointForm(request.POST if request.method == "POST" else None, adults=found.guardians)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            add_and_tell(
                guardian=values["guardian"],
                kind=PointKind(values["kind"]),
                typed=values["address"],
                mobile=values["mobile"],
                by=request.user,
            )
        except people.Unusable as error:
            form.add_error("address", str(error))
        else:
            messages.success(request, _("Added. The next message will try it."))
            return _home_of(request, values["guardian"])
    return render(
        request,
        "staff/families/point.html",
        {"family": found, "form": form},
        status=422 if form.errors else 200,
    )


@require_POST
@staff(Permission.CONTACT_EDIT)
def wrong_point(request: StaffRequest, pk: int, point: int) -> HttpResponse:
    found = _family(request, pk, needs="contact")
    row = ContactPoint.objects.filter(pk=point, guardian__in=found.guardians, ended_at=None).first()
    if row is None:
        raise Http404
    people.mark_wrong(point=row, by=request.user)
    changes.note(point=row, added=False, by=request.user)
    messages.success(
        request, _("Marked as wrong: it is not used any more. Add a right one where you know it.")
    )
    return redirect("family", pk=pk)


@require_http_methods(["GET", "POST"])
@staff(Permission.CONTACT_EDIT)
def guardian(request: StaffRequest, pk: int, guardian: int) -> HttpResponse:
    found = _family(request, pk, needs="contact")
    adult = next((a.guardian for a in found.adults if a.guardian.pk == guardian), None)
    if adult is None:
        raise Http404
    known = Guardian.objects.filter(district=request.district, ended_at=None)
    form = GuardianForm(
        request.POST if request.method == "POST" else None,
        known=[
            *known.order_by().values_list("speaks", flat=True).distinct(),
            adult.speaks,
            adult.reads,
        ],
        initial={
            "speaks": adult.speaks,
            "reads": adult.reads,
            "can_read": {True: "yes", False: "no", None: ""}[adult.can_read],
            "interpreter": {True: "yes", False: "no", None: ""}[adult.wants_interpreter],
            "address_hidden": adult.address_hidden,
        },
    )
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        people.correct_guardian(
            guardian=adult,
            speaks=values["speaks"],
            reads=values["reads"],
            can_read={"yes": True, "no": False, "": None}[values["can_read"]],
            address_hidden=values["address_hidden"],
            by=request.user,
            wants_interpreter={"yes": True, "no": False, "": None}[values["interpreter"]],
        )
        messages.success(request, _("Kept. The next roster does not overwrite it."))
        return redirect("family", pk=pk)
    return render(
        request,
        "staff/families/guardian.html",
        {"family": found, "adult": adult, "form": form},
        status=422 if form.errors else 200,
    )


@require_http_methods(["GET", "POST"])
@staff(Permission.RESTRICTIONS_EDIT)
def restrict(request: StaffRequest, pk: int) -> HttpResponse:
    found = _family(request, pk, needs="restrictions")
    form = RestrictionForm(request.POST if request.method == "POST" else None, links=found.links)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            people.restrict(
                link=values["link"],
                kind=RestrictionKind(values["kind"]),
                starts_on=values["starts_on"],
                ends_on=values["ends_on"],
                document=values["document"],
                by=request.user,
            )
        except people.Unusable as error:
            form.add_error("ends_on", str(error))
        else:
            messages.success(request, _("The restriction holds from now on, everywhere."))
            return _home_of(request, values["link"].guardian)
    return render(
        request,
        "staff/families/restrict.html",
        {"family": found, "form": form},
        status=422 if form.errors else 200,
    )


@require_http_methods(["GET", "POST"])
@staff(Permission.RESTRICTIONS_EDIT)
def lift(request: StaffRequest, pk: int, restriction: int) -> HttpResponse:
    """Lifting is confirmed on a page of its own: it lets an adult back in."""
    found = _family(request, pk, needs="restrictions")
    row = (
        Restriction.objects.filter(pk=restriction, link__in=found.links, lifted_at=None)
        .select_related("link__guardian", "link__student")
        .first()
    )
    if row is None:
        raise Http404
    if request.method == "POST":
        people.lift(restriction=row, by=request.user)
        messages.success(request, _("The restriction is lifted. It stays on the record."))
        return _home_of(request, row.link.guardian)
    return render(request, "staff/families/lift.html", {"family": found, "restriction": row})
