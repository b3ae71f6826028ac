"""Which of my families have not heard something good this term: one step to write it."""

from dataclasses import dataclass

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from bothways.accounts.enums import Permission, Role
from bothways.accounts.models import User
from bothways.core import clock
from bothways.outreach import good_news as heard
from bothways.reach.queries import period_start
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.names import Home, homes
from bothways.web.staff.paging import page_of
from bothways.web.staff.scope import children_of, homes_of


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
    families = heard.with_heard(
        homes_of(request.user),
        children_of(request.user),
        district=request.district,
        user=request.user,
        since=since,
        now=now,
    )
    waiting = families.filter(can_be_told=True).filter(
        **({"from_me": False} if only_mine else {"from_school": False})
    )
    # Whoever heard nothing from anybody comes first, and of these whom nothing is on its way to.
    page = page_of(request, waiting.order_by("from_school", "on_its_way", "pk"))
    rows = list(page.object_list)
    named = homes(request.user, [row.pk for row in rows])
    return render(
        request,
        "staff/families/good_news.html",
        {
            "since": since,
            "heard": heard.count(families),
            "written": heard.written(district=request.district, user=request.user, since=since),
            "only_mine": only_mine,
            "page": page,
            "rows": [Shown(named[row.pk], row.on_its_way, row.from_school) for row in rows],
            "sees_rooms": _schools(request.user) != [],
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


def not_yet(request: StaffRequest) -> int:
    """How many of my families have not heard something good this term: one line on the first page."""
    now = clock.now()
    families = heard.with_heard(
        homes_of(request.user),
        children_of(request.user),
        district=request.district,
        user=request.user,
        since=period_start(request.district, now),
        now=now,
    )
    return families.filter(can_be_told=True, from_school=False).count()
