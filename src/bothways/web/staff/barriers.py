"""What stands in a family's way: noted in one tap from any page, with what helps, and taken back again."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from bothways.accounts.enums import Permission
from bothways.accounts.models import User
from bothways.barriers import services
from bothways.barriers.catalogue import Barrier, Catalogue
from bothways.barriers.enums import HelpState, Level, Source
from bothways.barriers.models import FamilyBarrier, Telling
from bothways.barriers.queries import Standing, catalogue, of_household
from bothways.people.enums import WordClass
from bothways.people.models import Household, HouseholdStudent
from bothways.web.staff.barrier_words import EFFECTS, LEVELS, SOURCES, STATES
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.family import Family
from bothways.web.staff.scope import children_of, homes_of


@dataclass(frozen=True, slots=True)
class Told:
    """One telling as this reader may see it."""

    telling: Telling
    source: Promise
    words: str
    withheld: bool
    private: bool  # never printed


@dataclass(frozen=True, slots=True)
class Shown:
    standing: Standing
    told: list[Told]
    changes: list[Promise]  # what it changes in how they are reached


@dataclass(frozen=True, slots=True)
class Tap:
    """What can be noted in one tap, by level; what is noted already is left out."""

    groups: list[tuple[Promise, list[Barrier]]]


def tap_of(known: Catalogue, open_codes: set[str]) -> Tap:
    offered = [barrier for barrier in known.offered if barrier.code not in open_codes]
    groups = [(LEVELS[level], [b for b in offered if b.level is level]) for level in Level]
    return Tap([(title, those) for title, those in groups if those])


def section(user: User, family: Family) -> dict[str, Any] | None:
    """The part of the family's page; seven queries."""
    known = catalogue(family.home.district)
    standings = of_household(family.home, known)
    return {
        "home": family.home,
        "shown": [
            Shown(
                standing,
                [told for t in standing.tellings if (told := _told(t, user, family)) is not None],
                [EFFECTS[effect] for effect in EFFECTS if effect in standing.barrier.effects],
            )
            for standing in standings
        ],
        "states": [(state.value, STATES[state]) for state in HelpState],
        "tap": tap_of(known, {standing.row.code for standing in standings}),
    }


def _told(telling: Telling, user: User, family: Family) -> Told | None:
    """As this reader may see it; None where there is nothing to be said but that it was told."""
    source = SOURCES[Source(telling.source)]
    protected = telling.word_class == WordClass.PROTECTED
    withheld = protected and not family.rights.protected and telling.by_id != user.pk
    private = telling.word_class != WordClass.FAMILY.value
    return Told(telling, source, "" if withheld else telling.words, withheld, private)


def lines_for(home: Household) -> list[str]:
    """What whoever calls, visits or meets should know: one line for each thing in the way."""
    found = []
    for standing in of_household(home):
        line = standing.barrier.words
        if standing.barrier.advice:
            line = _("%(what)s: %(advice)s") % {
                "what": line,
                "advice": standing.barrier.advice,
            }
        if standing.in_place:
            line += " " + _("In place: %(helps)s.") % {
                "helps": ", ".join(one.solution.words for one in standing.in_place)
            }
        elif standing.gap:
            line += " " + _("You can offer: %(helps)s.") % {
                "helps": ", ".join(one.solution.words for one in standing.gap[:3])
            }
        found.append(line)
    return found


def _home_or_404(request: StaffRequest, pk: int) -> Household:
    home = homes_of(request.user).select_related("district").filter(pk=pk).first()
    if home is None:
        raise Http404
    return home


@require_POST
@staff(Permission.FAMILIES_SEE)
def note_barrier(request: StaffRequest, pk: int) -> HttpResponse:
    """One tap: ``barrier``; and, where known, ``source``, ``source_ref``, ``words``, ``word_class``,
    ``student``. ``next``: the page to go back to.
    """
    home = _home_or_404(request, pk)
    posted = request.POST
    source = posted.get("source", "")
    class_ = posted.get("word_class", "")
    try:
        noted = services.note(
            household=home,
            barrier=posted.get("barrier", "")[:40].replace("\x00", ""),
            by=request.user,
            source=Source(source) if source in _BY_STAFF else Source.STAFF,
            source_ref=posted.get("source_ref", "")[:80],
            words=posted.get("words", ""),
            word_class=WordClass(class_) if class_ in set(WordClass) else WordClass.FAMILY,
            student=_student(request, home, posted.get("student", "")),
        )
    except services.NotPossible as error:
        messages.error(request, str(error))
    else:
        barrier = catalogue(request.district).of(noted.barrier.code)
        messages.success(
            request,
            _("Noted: %(what)s. On the family’s page it can be undone.") % {"what": barrier.words},
        )
    return _on(request, home)


# What a family says on its own page nobody notes for them.
_BY_STAFF = frozenset(source.value for source in Source if source is not Source.PAGE)


def _student(request: StaffRequest, home: Household, typed: str) -> Any:
    """The child it is about, if this reader serves it; None: the family as a whole."""
    if not (typed.isascii() and typed.isdigit() and len(typed) < 18):
        return None
    row = HouseholdStudent.objects.filter(
        household=home, student=int(typed), student__in=children_of(request.user)
    ).select_related("student")
    found = row.first()
    return found.student if found else None


@require_POST
@staff(Permission.FAMILIES_SEE)
def solve_barrier(request: StaffRequest, pk: int) -> HttpResponse:
    """How far a solution is: ``solution`` and ``state``; an empty state takes back what was said."""
    home = _home_or_404(request, pk)
    state = request.POST.get("state", "")
    if state and state not in set(HelpState):
        raise Http404
    try:
        services.solve(
            household=home,
            solution=request.POST.get("solution", "")[:40].replace("\x00", ""),
            state=HelpState(state) if state else None,
            by=request.user,
        )
    except services.NotPossible as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Kept."))
    return _on(request, home)


@require_POST
@staff(Permission.FAMILIES_SEE)
def end_barrier(request: StaffRequest, pk: int, barrier: int) -> HttpResponse:
    """It stands in the way no more, or (``do=undo``) was noted by mistake."""
    home = _home_or_404(request, pk)
    row = FamilyBarrier.objects.filter(household=home, pk=barrier).first()
    if row is None:
        raise Http404
    if request.POST.get("do") == "undo":
        services.undo(barrier=row, by=request.user)
        messages.success(request, _("Undone: as if it had never been noted."))
    else:
        services.end(barrier=row, by=request.user)
        messages.success(request, _("Good. It stands in the way no more."))
    return _on(request, home)


def _on(request: StaffRequest, home: Household) -> HttpResponse:
    """Back to where the tap was, if that is one of our pages; else to the family."""
    after = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(
        after, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return redirect(after)
    return redirect(f"{reverse('family', kwargs={'pk': home.pk})}#in-the-way")
