"""Words from a number that nobody knows: whose they are, as somebody here knows."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from bothways.accounts.enums import Permission
from bothways.audit.services import record
from bothways.core import clock
from bothways.messaging.models import Entry
from bothways.messaging.services.moving import NotMovable
from bothways.messaging.services.placing import place_entry, unplace_entry
from bothways.outreach.services.looking import look_again
from bothways.people.finding import Scope, find
from bothways.people.models import Household, Student
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.inbox import conversation_of, readable, strangers
from bothways.web.staff.names import Home, homes
from bothways.web.staff.scope import children_of, homes_of

_MOST = 20


@dataclass(frozen=True, slots=True)
class Chosen:
    """A family, and the child that the words are about (None: none in particular)."""

    home: Home
    household: Household
    student: Student | None


@require_http_methods(["GET", "POST"])
@staff(Permission.MESSAGE_DISTRICT)
def place(request: StaffRequest, entry: int) -> HttpResponse:
    """The words; POST searches for a family, then asks, then puts them there (``what``)."""
    words = strangers(request.user).filter(pk=entry).first()
    if words is None:
        raise Http404
    q, found, chosen, wrong = "", None, None, ""
    if request.method == "POST":
        what = request.POST.get("what", "search")
        q = request.POST.get("q", "").replace("\x00", "").strip()[:200]
        if what in ("choose", "place"):
            chosen = _chosen(request)
        if what == "place" and chosen is not None:
            try:
                talk = place_entry(
                    entry=words,
                    household=chosen.household,
                    student=chosen.student,
                    by=request.user,
                )
            except NotMovable as error:
                wrong = str(error)
            else:
                look_again(chosen.household.pk, at=clock.now())
                messages.success(
                    request,
                    _(
                        "The words are here now. Whether the number is theirs is asked on their page."
                    ),
                )
                return redirect("conversation", pk=talk.pk)
        elif q and chosen is None:
            found = _search(request, q)
    else:
        record("stranger.seen", words, by=request.user.pk, district=request.district.pk)
    return render(
        request,
        "staff/inbox/place.html",
        {"entry": words, "q": q, "found": found, "chosen": chosen, "wrong": wrong},
        status=422 if wrong else 200,
    )


def _search(request: StaffRequest, words: str) -> list[Home]:
    children = None if request.user.is_district_wide else children_of(request.user)
    scope = Scope(request.district, children, homes_of(request.user))
    ids = [hit.home for hit in find(scope, words)][:_MOST]
    named = homes(request.user, ids)
    return [named[pk] for pk in ids]


def _chosen(request: StaffRequest) -> Chosen:
    """The family and child of ``to``: “12” or “12-34”. Only those whom this user serves."""
    home, _dash, child = request.POST.get("to", "").partition("-")
    if not home.isdecimal() or (child and not child.isdecimal()) or len(home + child) > 30:
        raise Http404
    household = homes_of(request.user).filter(pk=home).first()
    if household is None:
        raise Http404
    student = None
    if child:
        student = children_of(request.user).filter(pk=child, homes__household=household).first()
        if student is None:
            raise Http404
    return Chosen(homes(request.user, [household.pk])[household.pk], household, student)


@require_POST
@staff(Permission.MESSAGE_DISTRICT)
def unplace(request: StaffRequest, pk: int, entry: int) -> HttpResponse:
    """It was not this family after all."""
    talk = conversation_of(request, pk)
    words = Entry.objects.filter(pk=entry, conversation=talk, from_family=True).first()
    if words is None or not readable(words, talk, request.user):
        raise Http404
    try:
        unplace_entry(entry=words, by=request.user)
    except NotMovable as error:
        messages.error(request, str(error))
        return redirect("conversation", pk=pk)
    look_again(talk.household_id, at=clock.now())
    messages.success(
        request, _("The words belong to nobody again. They stand in the inbox, at the end.")
    )
    return redirect("inbox")
