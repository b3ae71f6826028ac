"""The barrier matrix: what stands in the way × families × solutions, covered or not."""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass

from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from bothways.accounts.enums import Permission
from bothways.audit.services import record
from bothways.barriers.catalogue import Barrier, Catalogue, Solution
from bothways.barriers.enums import HelpState, Level
from bothways.barriers.queries import Touched, catalogue, touched
from bothways.core.sql import among
from bothways.people.models import Household, HouseholdStudent
from bothways.reach.board import Share
from bothways.web.staff.barrier_words import LEVELS, STATES
from bothways.web.staff.csv_out import download
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.figures import LEAST, groups
from bothways.web.staff.names import homes
from bothways.web.staff.paging import page_of
from bothways.web.staff.reach import schools_of
from bothways.web.staff.scope import children_of, home_ids


@dataclass(frozen=True, slots=True)
class Cell:
    """One solution for one barrier: how many of its families have it, were offered it, need it not."""

    solution: Solution
    in_place: int
    offered: int
    not_needed: int
    gap: int


@dataclass(frozen=True, slots=True)
class Line:
    """One barrier; where its families are too few ``hidden``, and all counts 0."""

    barrier: Barrier
    families: int
    covered: int
    cells: list[Cell]
    hidden: bool

    @property
    def open(self) -> int:
        return self.families - self.covered


@dataclass(frozen=True, slots=True)
class Matrix:
    groups: list[tuple[Promise, list[Line]]]
    families: int  # who may be seen here at all
    schools: list[tuple[int, str]]
    school: int | None

    @property
    def lines(self) -> list[Line]:
        return [line for _title, lines in self.groups for line in lines]


def matrix_of(request: StaffRequest) -> Matrix:
    """All lines for the families this user serves, or for those of one school; a fixed number of queries."""
    known = catalogue(request.district)
    mine = home_ids(request.user)
    found = touched(request.district, known, mine)
    touched_homes = frozenset[int]().union(*(one.families for one in found))
    names = schools_of(request.district)
    present = sorted(_schools_present(request, touched_homes) & set(names))
    typed = request.GET.get("school", "")
    school = next((pk for pk in present if str(pk) == typed), None)
    at = _schools_of_homes(request, touched_homes) if school is not None else {}
    lines = [_line(known, one, at, school) for one in found]
    return Matrix(
        groups=[
            (LEVELS[level], of_level)
            for level in Level
            if (of_level := [line for line in lines if line and line.barrier.level is level])
        ],
        families=Household.objects.filter(district=request.district, ended_at=None).count()
        if mine is None
        else len(mine),
        schools=sorted(((pk, names[pk]) for pk in present), key=lambda one: one[1]),
        school=school,
    )


def _schools_present(request: StaffRequest, ids: Set[int]) -> set[int]:
    """All schools of these families' children whom this user serves."""
    rows = children_of(request.user).filter(homes__household__in=among(ids), school__isnull=False)
    return set(rows.order_by().values_list("school_id", flat=True).distinct())


def _schools_of_homes(request: StaffRequest, ids: Set[int]) -> Mapping[int, set[int]]:
    """The schools of each family's children whom this user serves."""
    rows = HouseholdStudent.objects.filter(
        household__in=among(sorted(ids)), student__in=children_of(request.user)
    )
    found: dict[int, set[int]] = {}
    for home, school in rows.values_list("household_id", "student__school_id"):
        if school is not None:
            found.setdefault(home, set()).add(school)
    return found


def _line(
    known: Catalogue, one: Touched, at: Mapping[int, set[int]], school: int | None
) -> Line | None:
    """None: it touches nobody at this school.

    A school's figure is hidden by the same rule as on the page of reach: so that no other school's figure and
    the sum give it away.
    """
    families, hidden = one.families, len(one.families) < LEAST
    if school is not None:
        by_school: dict[int, set[int]] = {}
        for home in one.families:
            for place in at.get(home, ()):
                by_school.setdefault(place, set()).add(home)
        if school not in by_school:
            return None
        families = frozenset(by_school[school])
        shares = {place: Share(len(those), 0, 0) for place, those in by_school.items()}
        shown = {group.key: group for group in groups(shares, str)}
        hidden = hidden or shown[str(school)].hidden
    if hidden:
        return Line(
            one.barrier, 0, 0, [_cell(s, one, frozenset()) for s in known.helps(one.barrier)], True
        )
    cells = [_cell(solution, one, families) for solution in known.helps(one.barrier)]
    return Line(one.barrier, len(families), len(families & one.covered), cells, False)


def _cell(solution: Solution, one: Touched, families: Set[int]) -> Cell:
    states = one.helps[solution.code]
    counts = {state: len(states[state] & families) for state in HelpState}
    return Cell(
        solution,
        counts[HelpState.IN_PLACE],
        counts[HelpState.OFFERED],
        counts[HelpState.NOT_NEEDED],
        len(families) - sum(counts.values()),
    )


@require_safe
@staff(Permission.REACH_SEE)
def barriers(request: StaffRequest) -> HttpResponse:
    return render(request, "staff/barriers/matrix.html", {"matrix": matrix_of(request)})


@require_safe
@staff(Permission.REACH_SEE)
def barriers_file(request: StaffRequest) -> StreamingHttpResponse:
    """The same as a table: one row a solution; what is hidden on the page is hidden here."""
    matrix = matrix_of(request)
    rows = list(_rows(matrix))
    record(
        "barriers.exported", None, by=request.user.pk, district=request.district.pk, rows=len(rows)
    )
    head = (
        _("Where"),
        _("What stands in the way"),
        _("Families"),
        _("With help in place"),
        _("Solution"),
        _("In place"),
        _("Offered"),
        _("Not needed"),
        _("Gap"),
    )
    return download("barriers.csv", head, rows)


def _rows(matrix: Matrix) -> Iterable[tuple[object, ...]]:
    for title, lines in matrix.groups:
        for line in lines:
            if line.hidden:
                yield (title, line.barrier.words, _("too few to show"), *[""] * 6)
                continue
            start = (title, line.barrier.words, line.families, line.covered)
            for cell in line.cells:
                counts = (cell.in_place, cell.offered, cell.not_needed, cell.gap)
                yield (*start, cell.solution.words, *counts)


@require_safe
@staff(Permission.REACH_SEE)
def barrier_families(request: StaffRequest, code: str) -> HttpResponse:
    """The families behind a cell, for whoever serves them: ``help`` and ``state``, or all whom it touches."""
    known = catalogue(request.district)
    found = next(
        (
            one
            for one in touched(request.district, known, home_ids(request.user))
            if one.barrier.code == code
        ),
        None,
    )
    if found is None and code not in known.barriers:
        raise Http404
    asked, help_ = request.GET.get("state", ""), request.GET.get("help", "")
    ids = set() if found is None else _asked(found, help_, asked)
    page = page_of(request, sorted(ids))
    named = homes(request.user, list(page.object_list))
    record(
        "barriers.families_seen",
        None,
        by=request.user.pk,
        district=request.district.pk,
        code=code,
        rows=len(ids),
    )
    solution = known.solutions.get(help_)
    return render(
        request,
        "staff/barriers/families.html",
        {
            "barrier": known.of(code),
            "solution": solution,
            "state": _state_words(asked),
            "page": page,
            "total": len(ids),
            "shown": [
                (home, found is not None and home.id in found.covered) for home in named.values()
            ],
        },
    )


def _asked(found: Touched, help_: str, state: str) -> set[int]:
    if help_ in found.helps:
        if state in set(HelpState):
            return set(found.helps[help_][HelpState(state)])
        if state == "gap":
            known = {home for those in found.helps[help_].values() for home in those}
            return set(found.families) - known
    if state == "covered":
        return set(found.covered)
    if state == "open":
        return set(found.families - found.covered)
    return set(found.families)


def _state_words(state: str) -> str:
    if state in set(HelpState):
        return str(STATES[HelpState(state)])
    return {
        "gap": _("not offered yet"),
        "covered": _("help is in place"),
        "open": _("nothing in place yet"),
    }.get(state, "")
