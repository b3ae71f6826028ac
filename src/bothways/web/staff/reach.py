"""The reach board: who is reached, who is not, why, and what to do next."""

from dataclasses import dataclass
from datetime import date, datetime, time

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from bothways.accounts.enums import Permission
from bothways.core import clock
from bothways.languages.codes import name_in
from bothways.ledger.enums import REACHED, TWO_WAY, Level
from bothways.outreach.queries import OpenStep, next_steps
from bothways.reach.enums import Reason
from bothways.reach.queries import FamilyRow, period_start, report
from bothways.schools.models import District, School
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.figures import groups
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

    def keeps(self, row: FamilyRow) -> bool:
        return (self.school is None or self.school in row.school_ids) and (
            self.language is None or self.language == row.language
        )


@dataclass(frozen=True, slots=True)
class Unreached:
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
    whole = report(district, students=children_of(request.user), since=asked.since, now=now)
    schools = {
        school.pk: school.name for school in School.objects.filter(district=district, ended_at=None)
    }
    rows = [row for row in whole.rows if asked.keeps(row)]
    unreached = sorted(
        (row for row in rows if row.reason and asked.reason in (None, row.reason)),
        key=lambda row: (row.reason is Reason.WAITING, _order(row.reason), row.household_id),
    )
    page = page_of(request, unreached)
    shown = list(page.object_list)
    steps = next_steps(district, shown, since=asked.since, now=now)
    named = homes(request.user, [row.household_id for row in shown])
    counts = dict.fromkeys(Reason, 0)
    for row in rows:
        if row.reason:
            counts[row.reason] += 1
    present = sorted({pk for row in whole.rows for pk in row.school_ids if pk in schools})
    tags = sorted({row.language for row in whole.rows}, key=lambda tag: name_in(tag, "en"))
    context = {
        "asked": asked,
        "since_typed": asked.since.astimezone(district.zone).date(),
        "families": len(rows),
        "known": len(whole.rows),
        "can_load": request.user.can(Permission.ROSTER_LOAD),
        "reached": sum(row.level >= REACHED for row in rows),
        "students": whole.students,
        "nothing_sent": all(row.level is Level.NONE for row in whole.rows),
        "levels": [
            (_("We tried"), sum(row.level >= Level.ATTEMPTED for row in rows), ""),
            (_("It arrived"), sum(row.level >= Level.DELIVERED for row in rows), ""),
            (_("They saw it: reached"), sum(row.level >= REACHED for row in rows), ""),
            (_("They answered or we met"), sum(row.level >= TWO_WAY for row in rows), ""),
        ],
        "reasons": [(reason, n) for reason, n in counts.items() if n],
        "unreached_count": sum(counts.values()),
        "schools": [(pk, schools[pk]) for pk in present],
        "school_name": schools.get(asked.school) if asked.school else None,
        "languages": tags,
        "by_school": groups(
            rows,
            lambda row: [str(pk) for pk in row.school_ids if pk in schools],
            lambda key: schools[int(key)],
        )
        if len(present) > 1
        else [],
        "by_language": groups(
            rows,
            lambda row: [row.language],
            lambda tag: name_in(tag, "en") if tag else _("language not known yet"),
        )
        if len(tags) > 1
        else [],
        "page": page,
        "unreached": [
            Unreached(row, named[row.household_id], steps.get(row.household_id)) for row in shown
        ],
    }
    return render(request, "staff/reach/board.html", context)


def _order(reason: Reason | None) -> int:
    return list(Reason).index(reason) if reason else len(Reason)
