"""Which families were asked for a welcome conversation, which not; and who is to ask them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from bothways.accounts.enums import Permission
from bothways.accounts.models import Teaching, User
from bothways.consent.queries import standing
from bothways.core import clock
from bothways.languages.codes import LANGUAGES
from bothways.languages.phrases import phrase
from bothways.messaging.audience import Audience
from bothways.messaging.enums import Purpose
from bothways.messaging.services.messages import Draft, UnusableMessage, send
from bothways.outreach.enums import TaskState
from bothways.outreach.models import Task
from bothways.outreach.services.talks import ask_for_talks
from bothways.people.models import Household
from bothways.schools.models import School
from bothways.web.models import new_key, once
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.names import Home, homes
from bothways.web.staff.paging import page_of
from bothways.web.staff.scope import children_of, homes_of
from bothways.welcome.enums import Asked, AskedBy
from bothways.welcome.models import Invitation, Talk
from bothways.welcome.overview import Group, Narrowed, overview
from bothways.welcome.services import note_invitation

STATES: Mapping[Asked, Promise] = {
    Asked.NOT_YET: gettext_lazy("not yet"),
    Asked.INVITED: gettext_lazy("being asked"),
    Asked.HALF: gettext_lazy("half"),
    Asked.HELD: gettext_lazy("held"),
    Asked.PREFERRED_NOT: gettext_lazy("would rather not"),
}
AT_ONCE = 200
MOST_TEACHERS = 150


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the figures: of a school, a grade or a teacher."""

    key: str
    name: str
    held: int
    half: int
    asked: int
    rather_not: int
    families: int

    @property
    def not_yet(self) -> int:
        return self.families - self.held - self.half - self.asked - self.rather_not


@dataclass(frozen=True, slots=True)
class Row:
    home: Home
    state: Asked
    words: Promise


def _lines(groups: Iterable[Group]) -> list[Line]:
    return [
        Line(
            one.key,
            one.name,
            one.families[Asked.HELD],
            one.families[Asked.HALF],
            one.families[Asked.INVITED],
            one.families[Asked.PREFERRED_NOT],
            one.families.total(),
        )
        for one in groups
    ]


def _narrowed(request: StaffRequest) -> Narrowed:
    """Of which families the address asks; what it asks wrongly is nobody's."""

    def pk(typed: str) -> int | None:
        known = typed.isascii() and typed.isdecimal() and len(typed) < 18
        return None if not typed else int(typed) if known else 0

    return Narrowed(
        school=pk(request.GET.get("school", "")),
        grade=request.GET.get("grade", "").replace("\x00", "") or None,
        teacher=pk(request.GET.get("teacher", "")),
    )


@require_safe
@staff(Permission.FAMILIES_SEE)
def welcome(request: StaffRequest) -> HttpResponse:
    wish = request.GET.get("state", "")
    shown = Asked(wish) if wish in set(Asked) else Asked.NOT_YET
    narrowed = _narrowed(request)
    # Thousands of a district: nobody reads them. Those of one school are there once it is chosen.
    many = narrowed.school is None and _teachers(request.user) > MOST_TEACHERS
    found = overview(
        request.district,
        children_of(request.user),
        narrowed=narrowed,
        shown=shown,
        teachers=not many,
        whole_district=request.user.is_district_wide,
    )
    page = page_of(request, found.shown)
    named = homes(request.user, page.object_list)
    return render(
        request,
        "staff/welcome/welcome.html",
        {
            "families": found.families.total(),
            "all_families": found.everybody,
            "held": found.families[Asked.HELD],
            "states": [
                (state.value, words, found.families[state]) for state, words in STATES.items()
            ],
            "shown": shown.value,
            "shown_words": STATES[shown],
            "page": page,
            "rows": [Row(named[home], shown, STATES[shown]) for home in page.object_list],
            "talks": _talks(page.object_list) if shown is Asked.HALF else {},
            "by_school": _lines(found.schools),
            "by_grade": _lines(found.grades),
            "by_teacher": _lines(found.teachers),
            "many_teachers": many,
            "asked": {name: request.GET.get(name, "") for name in ("school", "grade", "teacher")},
            "assigns": request.user.can(Permission.TASKS_ASSIGN),
            "writes": request.user.can(Permission.MESSAGE_WRITE),
            "form_key": new_key(),
            "open": shown in (Asked.NOT_YET, Asked.INVITED, Asked.HALF),
        },
    )


def _teachers(user: User) -> int:
    """How many teach in the district of somebody who serves all of it."""
    if not user.is_district_wide:
        return 0
    teach = Teaching.objects.filter(district=user.district_id, ended_at=None)
    return teach.values("user").distinct().count()


def _talks(ids: Iterable[int]) -> dict[int, int]:
    return dict(
        Talk.objects.filter(household__in=list(ids), ended_at=None)
        .order_by("pk")
        .values_list("household_id", "pk")
    )


def _chosen(request: StaffRequest) -> list[Household]:
    """The ticked families that this user serves, and in which an adult may be talked with."""
    ticked = {
        int(typed)
        for typed in request.POST.getlist("family")
        if typed.isascii() and typed.isdecimal() and len(typed) < 18
    }
    lawful = standing(district=request.district, at=clock.now()).filter(
        guardian__household__in=ticked, student__in=children_of(request.user)
    )
    return list(
        homes_of(request.user)
        .filter(pk__in=lawful.values("guardian__household"))
        .order_by("pk")[:AT_ONCE]
    )


def _back(request: StaffRequest) -> HttpResponse:
    kept = {
        name: value
        for name in ("school", "grade", "teacher", "state")
        if (value := request.POST.get(name, ""))
    }
    return redirect(f"{reverse('welcome')}{'?' if kept else ''}{urlencode(kept)}")


@require_POST
@staff(Permission.FAMILIES_SEE)
def welcome_ask(request: StaffRequest) -> HttpResponse:
    """The ticked families are asked: by me, by whoever is nearest to the child, or by a message."""
    chosen = _chosen(request)
    do = request.POST.get("do", "")
    if not chosen:
        messages.error(request, _("Tick the families first."))
        return _back(request)
    key = request.POST.get("form_key", "")[:22] or new_key()
    if do == "invite":
        return _invite(request, chosen, key)
    if do not in ("me", "share") or (
        do == "share" and not request.user.can(Permission.TASKS_ASSIGN)
    ):
        messages.error(request, _("Choose who asks these families."))
        return _back(request)
    made = once(key, user=request.user, work=lambda: _assign(request, chosen, do))
    if made:
        messages.success(
            request,
            ngettext(
                "One step is given out: a welcome conversation, within two weeks.",
                "%(n)s steps are given out: welcome conversations, within two weeks.",
                made,
            )
            % {"n": made},
        )
    else:
        messages.success(request, _("Somebody is asking all of these families already."))
    return _back(request)


def _assign(request: StaffRequest, chosen: list[Household], do: str) -> int:
    by_home = {home.pk: home for home in chosen}
    refs = dict(
        Invitation.objects.filter(household__in=by_home, by_what=AskedBy.PERSON.value).values_list(
            "ref", "household_id"
        )
    )
    busy = {
        refs[pk]
        for pk in Task.objects.filter(
            pk__in=refs, state__in=[TaskState.OPEN.value, TaskState.PAUSED.value]
        ).values_list("pk", flat=True)
    }
    tasks = ask_for_talks(
        district=request.district,
        households=[pk for pk in by_home if pk not in busy],
        why=_("A welcome conversation: their hopes, what the child is good at, what would help."),
        by=request.user,
        to=request.user if do == "me" else None,
    )
    for task in tasks:
        note_invitation(
            household=by_home[task.household_id],
            by_what=AskedBy.PERSON,
            ref=task.pk,
            by=request.user,
        )
    return len(tasks)


def _invite(request: StaffRequest, chosen: list[Household], key: str) -> HttpResponse:
    if not request.user.can(Permission.MESSAGE_WRITE):
        messages.error(request, _("Your role does not write to families."))
        return _back(request)
    link = f"{settings.PUBLIC_URL}{reverse('family-welcome')}"

    def work() -> int:
        school = _school_of(request, chosen)
        named = school.name if school else request.district.name
        message, _fanned = send(
            Draft(
                Purpose.PERSONAL,
                Audience(households=tuple(home.pk for home in chosen)),
                {
                    tag: phrase(tag, "welcome_invitation", school=named, link=link)
                    for tag in LANGUAGES
                },
                {tag: phrase(tag, "welcome_invitation_subject") for tag in LANGUAGES},
                school=school,
                # An invitation: no reason to ring anybody's door.
                climb_as=Purpose.ROUTINE,
            ),
            district=request.district,
            by=request.user,
        )
        for home in chosen:
            note_invitation(
                household=home, by_what=AskedBy.MESSAGE, ref=message.pk, by=request.user
            )
        return message.pk

    try:
        pk = once(key, user=request.user, work=work)
    except UnusableMessage as error:
        messages.error(request, str(error))
        return _back(request)
    messages.success(request, _("The invitation is on its way, to each family in its language."))
    return redirect("sent_message", pk=pk)


def _school_of(request: StaffRequest, chosen: list[Household]) -> School | None:
    """The one school of all these families; None: the district speaks."""
    found = list(
        School.objects.filter(
            students__homes__household__in=chosen, students__in=children_of(request.user)
        ).distinct()[:2]
    )
    return found[0] if len(found) == 1 else None


@require_POST
@staff(Permission.FAMILIES_SEE)
def welcome_number(request: StaffRequest) -> HttpResponse:
    """Find the talk whose number stands on a printed sheet."""
    typed = request.POST.get("number", "").strip()
    if typed.isascii() and typed.isdecimal() and len(typed) < 18:
        talk = Talk.objects.filter(pk=int(typed), household__in=homes_of(request.user)).first()
        if talk is not None:
            return redirect("welcome_talk", pk=talk.pk)
    messages.error(request, _("No talk of yours has this number. Look at the top of the sheet."))
    return redirect("welcome")
