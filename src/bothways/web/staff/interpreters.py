"""Interpreters: who there is, which languages nobody covers, bookings; and an interpreter's own page."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bothways.accounts.enums import Permission
from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.core import clock
from bothways.interpreters.adults import AStudent
from bothways.interpreters.calendar import calendar
from bothways.interpreters.enums import OPEN, AskedFrom, BookingState, Occasion
from bothways.interpreters.models import Booking, Interpreter
from bothways.interpreters.queries import (
    AFTERWARDS,
    Choice,
    at_schools,
    bookings_of,
    choices,
    cover,
    households_of,
    live,
)
from bothways.interpreters.services import (
    NotPossible,
    accept,
    ask,
    cancel,
    change,
    decline,
    move,
    no_show,
    take_in,
    took_place,
)
from bothways.messaging.queries import conversations_for
from bothways.outreach.models import Task
from bothways.people.models import Guardian, Household, Student
from bothways.web.models import new_key, once
from bothways.web.staff.colleagues import staff_where
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.interpreter_forms import BookingForm, PersonForm, WhenForm, as_kept
from bothways.web.staff.names import Home, homes
from bothways.web.staff.scope import homes_of, schools_where

_SHOWN = 100


class WhyForm(forms.Form):
    why = forms.CharField(
        required=False,
        max_length=300,
        label=gettext_lazy("Why, in a few words"),
        widget=forms.TextInput,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        setattr(self.fields["why"], "plain", True)  # noqa: B010 - the template's own mark


def _people(request: StaffRequest) -> QuerySet[Interpreter]:
    """Who interprets at the schools for which this user books; those who ended stand elsewhere."""
    today = clock.today(request.district.timezone)
    return at_schools(
        live(request.district, today=today), schools_where(request.user, Permission.INTERPRETERS)
    )


def _changeable(user: User) -> QuerySet[Interpreter]:
    """Those of the schools for which this user books; who comes to all schools is the district's to change."""
    schools = schools_where(user, Permission.INTERPRETERS)
    rows = Interpreter.objects.filter(district=user.district_id)
    return rows if schools is None else rows.filter(school__in=schools)


def _bookings(user: User) -> QuerySet[Booking]:
    """Bookings that this user may change: their own asking, of families they serve, and where they book."""
    rows = Booking.objects.filter(district=user.district_id).select_related(
        "interpreter__user", "interpreter__school", "interpreter__district", "asked_by", "household"
    )
    mine = Q(asked_by=user) | Q(household__in=homes_of(user))
    if user.can(Permission.INTERPRETERS):
        schools = schools_where(user, Permission.INTERPRETERS)
        if schools is None:
            return rows
        mine |= Q(household=None) & (
            Q(interpreter__school=None) | Q(interpreter__school__in=schools)
        )
    return rows.filter(mine)


@require_safe
@staff(Permission.INTERPRETERS)
def interpreters(request: StaffRequest) -> HttpResponse:
    """Languages nobody covers first; then who there is, and what is booked."""
    schools = schools_where(request.user, Permission.INTERPRETERS)
    now = clock.now()
    ahead = list(
        _bookings(request.user)
        .filter(ends_at__gte=now - AFTERWARDS, state__in=[s.value for s in OPEN])
        .order_by("starts_at", "pk")[:_SHOWN]
    )
    named = homes(request.user, [b.household_id for b in ahead if b.household_id])
    changeable = set(_changeable(request.user).values_list("pk", flat=True))
    covers = cover(request.district, schools, today=clock.today(request.district.timezone))
    return render(
        request,
        "staff/interpreters/interpreters.html",
        {
            "uncovered": [one for one in covers if not one.people],
            "covered": [one for one in covers if one.people],
            "people": [(one, one.pk in changeable) for one in _people(request)],
            "bookings": [(one, named.get(one.household_id or 0)) for one in ahead],
            "now": now,
        },
    )


def _form(request: StaffRequest, **kwargs: Any) -> PersonForm:
    schools = schools_where(request.user, Permission.INTERPRETERS)
    return PersonForm(
        request.POST if request.method == "POST" else None,
        district=request.district,
        schools=schools,
        people=staff_where(request.user, schools),
        known=_languages(request),
        **kwargs,
    )


def _languages(request: StaffRequest) -> list[str]:
    """Languages that adults of this district speak or read."""
    rows = Guardian.objects.filter(district=request.district, ended_at=None)
    return sorted(
        {*rows.order_by().values_list("speaks", flat=True).distinct()}
        | {*rows.order_by().values_list("reads", flat=True).distinct()}
    )


@require_http_methods(["GET", "POST"])
@staff(Permission.INTERPRETERS)
def add(request: StaffRequest) -> HttpResponse:
    """Somebody who interprets; ``language`` in the address fills it in."""
    form = _form(request, initial={"one_1": request.GET.get("language", "")[:20]})
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            take_in(
                form.person,
                district=request.district,
                by=request.user,
                adult=values["adult"],
                identity_seen=values["identity_seen"],
            )
        except AStudent as error:
            form.add_error("name", str(error))
        except NotPossible as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("On the list. They can be booked from now on."))
            return redirect("interpreters")
    return render(
        request,
        "staff/interpreters/person.html",
        {"form": form, "one": None},
        status=422 if form.errors else 200,
    )


@require_http_methods(["GET", "POST"])
@staff(Permission.INTERPRETERS)
def one(request: StaffRequest, pk: int) -> HttpResponse:
    found = (
        _changeable(request.user)
        .select_related("district", "user", "checked_by")
        .prefetch_related("tongues", "hours")
        .filter(pk=pk)
        .first()
    )
    if found is None:
        raise Http404
    form = _form(request, initial=as_kept(found))
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            change(
                found,
                form.person,
                by=request.user,
                adult=values["adult"],
                identity_seen=values["identity_seen"],
            )
        except AStudent as error:
            form.add_error("name", str(error))
        except NotPossible as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Kept."))
            return redirect("interpreters")
    return render(
        request,
        "staff/interpreters/person.html",
        {"form": form, "one": found},
        status=422 if form.errors else 200,
    )


class _For:
    """The family, task or conversation for which somebody is booked, as the address says."""

    def __init__(self, request: StaffRequest) -> None:
        asked = request.GET
        self.household: Household | None = None
        self.asked_from: AskedFrom | None = None
        self.asked_id: int | None = None
        self.back = reverse("interpreters")
        home, pk, where = asked.get("family", ""), asked.get("id", ""), asked.get("from", "")
        if home:
            if not home.isdecimal() or len(home) > 18:
                raise Http404
            self.household = homes_of(request.user).filter(pk=home).first()
            if self.household is None:
                raise Http404
            self.asked_from, self.back = (
                AskedFrom.FAMILY,
                reverse("family", kwargs={"pk": self.household.pk}),
            )
        if where in ("task", "conversation") and self.household is not None:
            self._see(request, where, pk)
        elif not request.user.can(Permission.INTERPRETERS) and self.household is None:
            raise Http404

    def _see(self, request: StaffRequest, where: str, pk: str) -> None:
        if not pk.isdecimal() or len(pk) > 18:
            raise Http404
        known = (
            conversations_for(request.user).filter(pk=pk, household=self.household).exists()
            if where == "conversation"
            else Task.objects.filter(pk=pk, household=self.household).exists()
        )
        if not known:
            raise Http404
        self.asked_from, self.asked_id = AskedFrom(where), int(pk)
        self.back = reverse(where, kwargs={"pk": int(pk)})


@require_http_methods(["GET", "POST"])
@staff(Permission.MESSAGE_WRITE)
def book(request: StaffRequest) -> HttpResponse:
    """For whom, what and when; POST shows who can (``do=who``), then asks one of them."""
    whom = _For(request)
    home = homes(request.user, [whom.household.pk])[whom.household.pk] if whom.household else None
    language = request.GET.get("language", "")[:20] or _spoken_there(home)
    form = BookingForm(
        request.POST if request.method == "POST" else None,
        known=_languages(request),
        initial={
            "language": language,
            "occasion": _occasion(whom),
            "form_key": new_key(),
        },
    )
    found: list[Choice] | None = None
    if request.method == "POST":
        form.offer(_all(request))
        if form.is_valid():
            found = _who(request, form)
            form.offer(found)
            chosen = form.cleaned_data["interpreter"]
            if request.POST.get("do") == "ask" and not chosen:
                form.add_error("interpreter", _("Choose whom to ask."))
            elif request.POST.get("do") == "ask":
                done = _ask(request, whom, form, found)
                if done is not None:
                    return done
    return render(
        request,
        "staff/interpreters/book.html",
        {"form": form, "home": home, "found": found, "back": whom.back},
        status=422 if form.errors else 200,
    )


def _spoken_there(home: Home | None) -> str:
    return next((tag for tag in home.languages if tag != "en"), "") if home else ""


def _occasion(whom: _For) -> str:
    if whom.asked_from is AskedFrom.TASK and whom.asked_id is not None:
        kind = Task.objects.filter(pk=whom.asked_id).values_list("kind", flat=True).first()
        return Occasion.VISIT.value if kind == "visit" else Occasion.CALL.value
    return Occasion.CALL.value


def _all(request: StaffRequest) -> list[Choice]:
    """Everybody who may be chosen at all: what was posted is checked against these."""
    return [Choice(person, "") for person in _bookable(request)]


def _bookable(request: StaffRequest) -> QuerySet[Interpreter]:
    today = clock.today(request.district.timezone)
    schools = {member.school_id for member in request.user.roles()}
    wide = None in schools
    return at_schools(
        live(request.district, today=today), None if wide else [pk for pk in schools if pk]
    )


def _who(request: StaffRequest, form: BookingForm) -> list[Choice]:
    starts, ends = form.span(request.district)
    return choices(
        _bookable(request),
        language=form.cleaned_data["language"],
        starts=starts,
        ends=ends,
        travels=Occasion(form.cleaned_data["occasion"]).travels,
    )


def _ask(
    request: StaffRequest, whom: _For, form: BookingForm, found: list[Choice]
) -> HttpResponse | None:
    values = form.cleaned_data
    person = next(
        (c.interpreter for c in found if str(c.interpreter.pk) == values["interpreter"]), None
    )
    if person is None:
        form.add_error("interpreter", _("This person does not interpret this language."))
        return None
    starts, ends = form.span(request.district)
    try:
        once(
            values["form_key"],
            user=request.user,
            work=lambda: (
                ask(
                    interpreter=person,
                    language=values["language"],
                    occasion=Occasion(values["occasion"]),
                    starts=starts,
                    ends=ends,
                    by=request.user,
                    household=whom.household,
                    place=values["place"].replace("\x00", ""),
                    words=values["words"].replace("\x00", ""),
                    asked_from=whom.asked_from,
                    asked_id=whom.asked_id,
                    outside_hours=values["outside_hours"],
                ).pk
            ),
        )
    except NotPossible as error:
        form.add_error("interpreter", str(error))
        return None
    if person.user_id:
        words = _("%(name)s is asked, and answers on their own page.")
    else:
        words = _("Kept. %(name)s has no account: call them, then say here what they answered.")
    messages.success(request, words % {"name": person.called})
    return redirect(whom.back)


@require_http_methods(["GET", "POST"])
@staff(None)
def booking(request: StaffRequest, pk: int) -> HttpResponse:
    """One booking: who, when, for whom; POST ``what``: accept, decline, cancel, move, took_place, no_show."""
    found = _bookings(request.user).filter(pk=pk).first()
    own = False
    if found is None:
        found = (
            bookings_of(request.user).select_related("interpreter__district").filter(pk=pk).first()
        )
        own = found is not None
    if found is None:
        raise Http404
    what = request.POST.get("what", "")
    why = WhyForm(request.POST if request.method == "POST" else None)
    local = found.starts_at.astimezone(request.district.zone)
    when = WhenForm(
        request.POST if what == "move" else None,
        initial={
            "day": local.date(),
            "starts": local.time(),
            "ends": found.ends_at.astimezone(request.district.zone).time(),
        },
    )
    if request.method == "POST" and why.is_valid():
        done = _change(request, found, what, why.cleaned_data["why"], when, own=own)
        if done is not None:
            return done
    named = homes(request.user, [found.household_id]) if found.household_id and not own else {}
    return render(
        request,
        "staff/interpreters/booking.html",
        {
            "booking": found,
            "own": own or found.interpreter.user_id == request.user.pk,
            "only_own": own,
            "home": named.get(found.household_id or 0),
            "theirs": _family_of(request, found) if own else None,
            "may_see_room": request.user.can(Permission.INTERPRETERS),
            "open": found.state in OPEN,
            "over": clock.now() >= found.starts_at,
            "why": WhyForm(auto_id="decline_%s"),
            "why_cancel": WhyForm(auto_id="cancel_%s"),
            "when": when,
        },
        status=422 if when.errors else 200,
    )


@dataclass(frozen=True, slots=True)
class Theirs:
    """What an interpreter sees of the family they speak for: names, and nothing else."""

    adults: list[str]
    children: list[str]


def _family_of(request: StaffRequest, found: Booking) -> Theirs | None:
    """None before they accept, and from a day after the end on."""
    opened = households_of(request.user, at=clock.now())
    if found.household_id is None or not opened.filter(pk=found.pk).exists():
        return None
    record("booking.family_seen", found, by=request.user.pk, district=request.district.pk)
    children = Student.objects.live().filter(homes__household=found.household_id).order_by("pk")
    adults = (
        Guardian.objects.filter(household=found.household_id, ended_at=None, links__ended_at=None)
        .distinct()
        .order_by("pk")
    )
    return Theirs([adult.name for adult in adults], [child.called for child in children])


def _change(
    request: StaffRequest, found: Booking, what: str, why: str, when: WhenForm, *, own: bool
) -> HttpResponse | None:
    """Do what was asked; None where the form has to be shown again. The interpreter accepts or declines."""
    if own and what not in ("accept", "decline"):
        raise Http404
    try:
        match what:
            case "accept":
                accept(booking=found, by=request.user)
            case "decline":
                decline(booking=found, by=request.user, why=why)
            case "cancel":
                cancel(booking=found, by=request.user, why=why)
            case "took_place":
                took_place(booking=found, by=request.user)
            case "no_show":
                no_show(booking=found, by=request.user)
            case "move":
                if not when.is_valid():
                    return None
                starts, ends = when.span(request.district)
                move(
                    booking=found,
                    starts=starts,
                    ends=ends,
                    by=request.user,
                    outside_hours="outside_hours" in request.POST,
                )
            case _:
                raise Http404
    except NotPossible as error:
        if what == "move":
            when.add_error(None, str(error))
            return None
        messages.error(request, str(error))
    else:
        messages.success(request, _("Kept."))
    return redirect("my_bookings" if own else reverse("booking", kwargs={"pk": found.pk}))


@require_safe
@staff(None)
def mine(request: StaffRequest) -> HttpResponse:
    """What I am booked for; the families' pages open while a booking that I accepted lives."""
    now = clock.now()
    rows = list(bookings_of(request.user).filter(ends_at__gte=now - AFTERWARDS)[:_SHOWN])
    return render(
        request,
        "staff/interpreters/mine.html",
        {
            "asked": [row for row in rows if row.state == BookingState.ASKED.value],
            "coming": [row for row in rows if row.state == BookingState.ACCEPTED.value],
            "me": Interpreter.objects.filter(user=request.user).prefetch_related("tongues").first(),
        },
    )


@require_POST
@staff(None)
def answer(request: StaffRequest, pk: int) -> HttpResponse:
    """I come (``what=accept``), or I cannot (``decline``)."""
    found = bookings_of(request.user).filter(pk=pk).first()
    if found is None:
        raise Http404
    try:
        if request.POST.get("what") == "accept":
            accept(booking=found, by=request.user)
        else:
            why = request.POST.get("why", "").replace("\x00", "")[:300]
            decline(booking=found, by=request.user, why=why)
    except NotPossible as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Thank you. Who asked you sees it."))
    return redirect("my_bookings")


@require_safe
@staff(None)
def my_calendar(request: StaffRequest) -> HttpResponse:
    """My bookings for my own calendar, without any name of a child or family."""
    rows = bookings_of(request.user).filter(
        state__in=[s.value for s in OPEN], ends_at__gte=clock.now()
    )
    record("calendar.taken", request.user, by=request.user.pk, district=request.district.pk)
    host = urlsplit(settings.PUBLIC_URL).hostname or "localhost"
    response = HttpResponse(calendar(rows[:_SHOWN], host=host), content_type="text/calendar")
    response.headers["Content-Disposition"] = 'attachment; filename="bookings.ics"'
    return response
