"""Find a family by any name in it."""

from datetime import datetime

from django.db.models import Min, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from bothways.accounts.enums import Permission
from bothways.accounts.models import User
from bothways.core import clock
from bothways.core.text import fold
from bothways.ledger.models import FamilyReach
from bothways.ledger.queries import level_since
from bothways.people.models import Guardian, Household, HouseholdStudent
from bothways.reach.queries import period_start
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.names import homes
from bothways.web.staff.paging import page_of
from bothways.web.staff.scope import children_of, homes_of

MOST_WORDS = 6


def named(words: str) -> Q:
    """Somebody whose folded names have, for each word, a name that begins with it."""
    wanted = Q()
    for word in fold(words).split()[:MOST_WORDS]:
        wanted &= Q(search__startswith=word) | Q(search__contains=f" {word}")
    return wanted


def find(user: User, words: str) -> QuerySet[Household]:
    """Families this user serves with a child or adult of that name; all for no words."""
    found = homes_of(user)
    if fold(words):
        who = named(words)
        by_child = HouseholdStudent.objects.filter(
            student__in=children_of(user).filter(who)
        ).values("household_id")
        by_adult = Guardian.objects.filter(who, district=user.district, ended_at=None).values(
            "household_id"
        )
        found = found.filter(Q(pk__in=by_child) | Q(pk__in=by_adult))
    served = children_of(user).values("pk")
    return found.annotate(
        first=Min("children__student__family", filter=Q(children__student__in=served)),
        given=Min("children__student__given", filter=Q(children__student__in=served)),
    ).order_by("first", "given", "pk")


SEARCH = "families.search"  # in the session


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Permission.FAMILIES_SEE)
def families(request: StaffRequest) -> HttpResponse:
    if request.method == "POST":
        # Kept in the session: a family's name has no place in an address, a history or a log.
        request.session[SEARCH] = request.POST.get("q", "").replace("\x00", "")[:200]
        return redirect("families")
    words = str(request.session.get(SEARCH, ""))
    page = page_of(request, find(request.user, words))
    ids = [home.pk for home in page.object_list]
    named_homes = homes(request.user, ids)
    levels = _levels(ids, period_start(request.district, clock.now()))
    rows = [(named_homes[pk], levels.get(pk, 0)) for pk in ids]
    can_mend = request.user.can(Permission.CONTACT_EDIT)
    return render(
        request,
        "staff/families/families.html",
        {"q": words, "page": page, "rows": rows, "can_mend": can_mend},
    )


def _levels(ids: list[int], since: datetime) -> dict[int, int]:
    return dict(
        FamilyReach.objects.filter(pk__in=ids)
        .annotate(level=level_since(since))
        .values_list("pk", "level")
    )
