"""The reach board: who is reached, who is not, why, and what to do next."""

from dataclasses import dataclass
from datetime import date, datetime, time

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from bothways.accounts.enums import Permission, Role
from bothways.core import clock
from bothways.languages.codes import name_in
from bothways.ledger.enums import REACHED, TWO_WAY, Level
from bothways.outreach.queries import OpenStep, next_steps
from bothways.reach.board import Unreached, Wanted, figures
from bothways.reach.enums import Reason
from bothways.reach.queries import FamilyRow, period_start
from bothways.schools.models import District, School
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.figures import groups
from bothways.web.staff.good_news import not_yet
from bothways.web.staff.names import Home, homes
from bothways.web.staff.paging import page_of
from bothways.web.staff.scope import children_of


@dataclass(frozen=True, slots=True)
class Filters:
    """What the address asks for; what it asks wrongly is left out."""

    school: int | None
    reason: Reason | None
    language: str | None
    since: datetime


@dataclass(frozen=True, slots=True)
class Shown:
    row: FamilyRow
    home: Home
    step: OpenStep | None


def filters(request: StaffRequest, now: datetime) -> Filters:
    school = request.GET.get("school", "")
    reason = request.GET.get("reason", "")
    language = request.GET.get("language")
    return Filters(
        school=int(school) if school.isascii() and school.isdigit() and len(school) < 10 else None,
        reason=Reason(reason) if reason in set(Reason) else None,
        language=None if language is None else ("" if language == "-" else language),
        since=since(request.GET.get("since", ""), request.district, now),
    )


def since(typed: str, district: District, now: datetime) -> datetime:
    """The start of the day that was typed, if it is one in the past; else of the period we are in."""
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        return period_start(district, now)
    start = datetime.combine(day, time.min, district.zone)
    return start if start <= now else period_start(district, now)


@require_safe
@staff(Permission.REACH_SEE)
def board(request: StaffRequest) -> HttpResponse:
    now = clock.now()
    asked = filters(request, now)
    district = request.district
    wanted = Wanted(
        district=district,
        since=asked.since,
        now=now,
        # Who serves every child is asked for none of them.
        students=None if request.user.is_district_wide else children_of(request.user),
        school=asked.school,
        language=asked.language,
        reason=asked.reason,
    )
    found = figures(wanted)
    schools = {
        school.pk: school.name for school in School.objects.filter(district=district, ended_at=None)
    }
    page = page_of(request, Unreached(wanted, found))
    shown = list(page.object_list)
    steps = next_steps(district, shown, since=asked.since, now=now)
    named = homes(request.user, [row.household_id for row in shown])
    present = sorted(pk for pk in found.by_school if pk in schools)
    tags = sorted(found.by_language, key=lambda tag: name_in(tag, "en"))
    context = {
        "asked": asked,
        "since_typed": asked.since.astimezone(district.zone).date(),
        "families": found.families,
        "known": found.known,
        "no_good_news": not_yet(request) if request.user.has_role(Role.TEACHER) else 0,
        "can_load": request.user.can(Permission.ROSTER_LOAD),
        "nothing_sent": found.nothing_sent,
        "levels": [
            (_("We tried"), found.at_least(Level.ATTEMPTED), ""),
            (_("It arrived"), found.at_least(Level.DELIVERED), ""),
            (_("They saw it: reached"), found.at_least(REACHED), ""),
            (_("They answered or we met"), found.at_least(TWO_WAY), ""),
        ],
        "reached": found.reached,
        "reasons": [(reason, found.reasons[reason]) for reason in Reason if found.reasons[reason]],
        "unreached_count": found.unreached,
        "schools": [(pk, schools[pk]) for pk in present],
        "school_name": schools.get(asked.school) if asked.school else None,
        "languages": tags,
        "by_school": groups({pk: found.by_school[pk] for pk in present}, schools.__getitem__)
        if len(present) > 1
        else [],
        "by_language": groups(
            found.by_language,
            lambda tag: name_in(tag, "en") if tag else _("language not known yet"),
        )
        if len(tags) > 1
        else [],
        "page": page,
        "unreached": [
            Shown(row, named[row.household_id], steps.get(row.household_id)) for row in shown
        ],
    }
    return render(request, "staff/reach/board.html", context)
