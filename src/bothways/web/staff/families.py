"""Find a family: by a name, a number, an address, a student number; and the list of those one serves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from django.core.paginator import Page
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from bothways.accounts.enums import Permission
from bothways.accounts.models import User
from bothways.audit.queries import lately_seen
from bothways.core import clock
from bothways.core.phone import show
from bothways.core.text import clean
from bothways.languages.codes import normalise
from bothways.ledger.models import FamilyReach
from bothways.ledger.queries import level_since
from bothways.people.finding import MOST, Found, Scope, find, only_one
from bothways.people.models import ContactPoint, Household, HouseholdStudent
from bothways.reach.facts import refresh
from bothways.reach.models import FamilyFacts
from bothways.reach.queries import period_start
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.family_filters import (
    Chip,
    Filters,
    Offered,
    chosen,
    narrowed,
    offered,
    read,
    switches,
)
from bothways.web.staff.names import Home, homes
from bothways.web.staff.paging import page_of
from bothways.web.staff.scope import children_of, homes_of

SEARCH = "families.search"  # in the session
LONGEST = 200
SORTED = 1_000  # a list of more is not put in the order of names: nobody reads it from A to Z
LATELY = 6
_SHORTEST_LANGUAGE = 4


@dataclass(frozen=True, slots=True)
class Row:
    """A family in the list; of a search: who was found in it, and by what."""

    home: Home
    level: int
    found: Found | None = None
    way: str = ""  # the number or address by which it was


def _scope(user: User, asked: Filters, among: QuerySet[Household]) -> Scope:
    """Where this user's search looks: among these families."""
    assert user.district is not None
    everywhere = user.is_district_wide
    children = None if everywhere else children_of(user)
    return Scope(user.district, children, None if everywhere and not asked else among)


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Permission.FAMILIES_SEE)
def families(request: StaffRequest) -> HttpResponse:
    asked = read(request.GET)
    since = period_start(request.district, clock.now())
    found = narrowed(request.user, asked, since=since)
    if request.method == "POST":
        return _looked_for(request, asked, found)
    words = str(request.session.get(SEARCH, ""))
    hits = find(_scope(request.user, asked, found), words) if words else []
    by_home = {hit.home: hit for hit in hits}
    choice = offered(request.user)
    ids = list(by_home) if words else _listed(request, asked, found)
    page = page_of(request, ids)
    context = {
        "q": words,
        "asked": asked,
        "choice": choice,
        "chips": chosen(asked, choice),
        "switches": switches(asked),
        "page": page,
        "rows": _rows(request, list(page.object_list), by_home, since),
        "more": len(hits) >= MOST if words else bool(asked) and len(ids) >= SORTED,
        "tongue": _tongue(words, asked, choice),
        "lately": [] if words or asked or page.number > 1 else _lately(request, page),
        "can_mend": request.user.can(Permission.CONTACT_EDIT),
        "can_load": request.user.can(Permission.ROSTER_LOAD),
    }
    return render(request, "staff/families/families.html", context)


def _looked_for(request: StaffRequest, asked: Filters, found: QuerySet[Household]) -> HttpResponse:
    """Keep what was typed for this session; where it means one family for sure, open that."""
    # A family's name has no place in an address, a history or a log.
    words = clean(request.POST.get("q", ""))[:LONGEST]
    request.session[SEARCH] = words
    one = only_one(_scope(request.user, asked, found), words) if words else None
    if one is not None:
        return redirect("family", pk=one)
    return redirect(asked.url)


def _listed(request: StaffRequest, asked: Filters, found: QuerySet[Household]) -> Sequence[int]:
    """Ids of the families, by the names of the children this user serves; of very many, as they came."""
    user = request.user
    if user.is_district_wide and not asked:
        # All families with children at school stand here one after another.
        refresh(request.district, clock.now())
        every = FamilyFacts.objects.filter(district=request.district).order_by("household_id")
        if every.count() > SORTED:
            return cast("Sequence[int]", every.values_list("household_id", flat=True))
    ids = list(found.order_by("pk").values_list("pk", flat=True)[: SORTED + 1])
    if len(ids) > SORTED and asked:
        # As many as anybody turns over; the page says that there are more.
        return ids[:SORTED]
    if len(ids) > SORTED:
        # A queryset: the page reads only its own rows.
        return cast("Sequence[int]", found.order_by("pk").values_list("pk", flat=True))
    first: dict[int, tuple[str, str, int]] = {}
    for home, family, given in HouseholdStudent.objects.filter(
        household__in=ids, student__in=children_of(user)
    ).values_list("household_id", "student__family", "student__given"):
        name = (family.casefold(), given.casefold(), home)
        first[home] = min(first.get(home, name), name)
    return sorted(ids, key=lambda pk: first.get(pk, ("", "", pk)))


def _rows(
    request: StaffRequest, ids: list[int], by_home: dict[int, Found], since: datetime
) -> list[Row]:
    named = homes(request.user, ids)
    levels = dict(
        FamilyReach.objects.filter(pk__in=ids)
        .annotate(level=level_since(since))
        .values_list("pk", "level")
    )
    wanted = {hit.point for pk in ids if (hit := by_home.get(pk)) and hit.point}
    ways = {
        point.pk: show(point.address) if _is_number(point) else point.address
        for point in ContactPoint.objects.filter(pk__in=wanted)
    }
    return [
        Row(
            named[pk],
            levels.get(pk, 0),
            hit := by_home.get(pk),
            ways.get((hit and hit.point) or 0, ""),
        )
        for pk in ids
    ]


def _is_number(point: ContactPoint) -> bool:
    return point.address.startswith("+")


def _tongue(words: str, asked: Filters, choice: Offered) -> Chip | None:
    """The filter that was meant where somebody typed the name of a language."""
    if len(words) < _SHORTEST_LANGUAGE or asked.language:
        return None
    tag = normalise(words)
    name = dict(choice.languages).get(tag or "")
    return Chip(name, Filters(language=tag or "").url) if name else None


def _lately(request: StaffRequest, page: "Page[int]") -> list[Home]:
    """The families whose pages this user last opened; only where the list is longer than one look."""
    if not page.has_next():
        return []
    seen = lately_seen(
        event="family.seen", user=request.user.pk, district=request.district.pk, most=LATELY
    )
    still = set(homes_of(request.user).filter(pk__in=seen).values_list("pk", flat=True))
    named = homes(request.user, [pk for pk in seen if pk in still])
    return list(named.values())
