"""Which of my families have not heard something good this term: one step to write it."""

from dataclasses import dataclass
from datetime import datetime

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from bothways.accounts.enums import Permission, Role
from bothways.accounts.models import User
from bothways.core import clock
from bothways.outreach import good_news as heard
from bothways.reach.queries import period_start
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.good_news_turns import turns
from bothways.web.staff.kept_figures import of_many
from bothways.web.staff.names import Home, homes
from bothways.web.staff.paging import page_of
from bothways.web.staff.scope import children_of, home_ids


@dataclass(frozen=True, slots=True)
class Shown:
    home: Home
    on_its_way: bool
    from_school: bool


@require_safe
@staff(Permission.MESSAGE_WRITE)
def good_news(request: StaffRequest) -> HttpResponse:
    now = clock.now()
    since = period_start(request.district, now)
    only_mine = request.GET.get("from") == "me"
    families = families_of(request.user, since=since, now=now)
    page = page_of(request, families.waiting(for_me=only_mine))
    rows = list(page.object_list)
    named = homes(request.user, [row.household for row in rows])
    return render(
        request,
        "staff/families/good_news.html",
        {
            "since": since,
            "heard": families.heard,
            "written": heard.written(district=request.district, user=request.user, since=since),
            "only_mine": only_mine,
            "page": page,
            "rows": [Shown(named[row.household], row.on_its_way, row.from_school) for row in rows],
            "sees_rooms": _schools(request.user) != [],
            "turns": turns(request.user, now),
        },
    )


@require_safe
@staff(Permission.MESSAGE_WRITE)
def good_news_rooms(request: StaffRequest) -> HttpResponse:
    """The classes of a school, by the teachers' names, for whoever stands by them."""
    schools = _schools(request.user)
    if schools == []:
        raise Http404
    since = period_start(request.district, clock.now())
    found = heard.teachers(district=request.district, schools=schools)
    page = page_of(request, found)
    rooms = heard.rooms(
        list(page.object_list), district=request.district, schools=schools, since=since
    )
    return render(
        request,
        "staff/families/good_news_rooms.html",
        {"since": since, "page": page, "classes": rooms},
    )


def _schools(user: User) -> list[int] | None:
    """Ids of the schools whose teachers this person stands by; None: of the whole district."""
    if user.is_district_wide:
        return None
    stands_by = (Role.PRINCIPAL, Role.COUNSELOR)
    held = [m for m in user.roles() if m.role in stands_by]
    if any(m.school_id is None for m in held):
        return None
    return [m.school_id for m in held if m.school_id is not None]


def families_of(user: User, *, since: datetime, now: datetime) -> heard.Families:
    """Which of this person's families have heard something good since then."""
    assert user.district is not None
    mine = home_ids(user)
    families = heard.Families(
        mine,
        children_of(user),
        district=user.district,
        user=user,
        since=since,
        now=now,
    )
    families.counts = of_many(
        "good news",
        lambda: families.counts,
        district=user.district.pk,
        homes=mine,
        since=since,
        reader=user.pk,
    )
    return families


def not_yet(request: StaffRequest) -> int:
    """How many of my families have not heard something good this term: one line on the first page."""
    now = clock.now()
    return families_of(
        request.user, since=period_start(request.district, now), now=now
    ).heard.not_yet
