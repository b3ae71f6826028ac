"""The reach board: who is reached, who is not, why, and what to do next."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from operator import itemgetter

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from bothways.accounts.enums import Permission, Role
from bothways.core import clock
from bothways.languages.codes import name_in
from bothways.ledger.enums import REACHED, TWO_WAY, Level
from bothways.outreach.queries import OpenStep, next_steps
from bothways.reach.board import Board, Unreached, Wanted, by_grade
from bothways.reach.enums import Reason
from bothways.reach.queries import FamilyRow, period_start
from bothways.schools.models import District, School
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.feedback_figures import answering
from bothways.web.staff.figures import Group, groups
from bothways.web.staff.good_news import not_yet
from bothways.web.staff.kept_figures import of_many
from bothways.web.staff.names import Home, homes
from bothways.web.staff.paging import page_of
from bothways.web.staff.scope import children_of, home_ids
from bothways.web.staff.today_figures import board_of
from bothways.web.templatetags.face import grade


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


def wanted_of(request: StaffRequest, asked: Filters, now: datetime) -> Wanted:
    """The families of the children this user serves, with what the address asks for."""
    return Wanted(
        district=request.district,
        since=asked.since,
        now=now,
        # Who serves every child is asked for none of them.
        students=None if request.user.is_district_wide else children_of(request.user),
        homes=home_ids(request.user),
        school=asked.school,
        language=asked.language,
        reason=asked.reason,
    )


@dataclass(frozen=True, slots=True)
class Groups:
    """Who is reached by school, language and grade; of all families one serves, never of a part of them.

    Of a part they would tell, less what the other parts say, of groups that are hidden.
    """

    by_school: list[Group]
    by_language: list[Group]
    by_grade: list[Group]

    def of(self, asked: Filters) -> Group | None:
        """The one group that the address asks for; None: all families, or several filters at once."""
        if (asked.school is None) == (asked.language is None):
            return None
        among, key = (
            (self.by_school, str(asked.school))
            if asked.language is None
            else (self.by_language, asked.language)
        )
        return next((group for group in among if group.key == key), None)


def groups_of(
    found: Board, wanted: Wanted, schools: Mapping[int, str], *, with_grades: bool
) -> Groups:
    """``found``: the figures of ``wanted``, which asks for no school and no language."""
    present = sorted(pk for pk in found.by_school if pk in schools)
    return Groups(
        by_school=groups({pk: found.by_school[pk] for pk in present}, schools.__getitem__)
        if len(present) > 1
        else [],
        by_language=groups(
            found.by_language,
            lambda tag: (
                name_in(tag, get_language() or "en") if tag else _("language not known yet")
            ),
        )
        if len(found.by_language) > 1
        else [],
        by_grade=groups(
            of_many(
                "grades",
                lambda: by_grade(wanted),
                district=wanted.district.pk,
                homes=wanted.homes,
                since=wanted.since,
            ),
            lambda code: (
                _("grade %(grade)s") % {"grade": grade(code)} if code else _("grade not known")
            ),
        )
        if with_grades
        else [],
    )


def schools_of(district: District) -> dict[int, str]:
    return {
        school.pk: school.name for school in School.objects.filter(district=district, ended_at=None)
    }


@require_safe
@staff(Permission.REACH_SEE)
def board(request: StaffRequest) -> HttpResponse:
    now = clock.now()
    asked = filters(request, now)
    district = request.district
    wanted = wanted_of(request, asked, now)
    filtered = asked.school is not None or asked.language is not None
    found = board_of(wanted)
    schools = schools_of(district)
    all_ = replace(wanted, school=None, language=None, reason=None)
    # Every child of a district is read for this: where it is large, when somebody asks for it.
    with_grades = not filtered and (
        not request.user.is_district_wide or request.GET.get("by") == "grade"
    )
    grouped = groups_of(
        board_of(all_) if filtered else found, all_, schools, with_grades=with_grades
    )
    group = grouped.of(asked)
    page = page_of(request, Unreached(wanted, found))
    shown = list(page.object_list)
    steps = next_steps(district, shown, since=asked.since, now=now)
    named = homes(request.user, [row.household_id for row in shown])
    whole, prompt = (None, []) if filtered else answering(request, now)
    context = {
        "asked": asked,
        "whole": whole,
        "prompt": prompt,
        "since_typed": asked.since.astimezone(district.zone).date(),
        "families": found.families,
        "known": found.known,
        # A part of the families is counted where it is one group that may be shown, else only listed.
        "counted": not filtered or (group is not None and not group.hidden),
        "filtered": filtered,
        "no_good_news": not_yet(request) if request.user.has_role(Role.TEACHER) else 0,
        "can_load": request.user.can(Permission.ROSTER_LOAD),
        "nothing_sent": found.nothing_sent,
        "levels": [
            (_("We tried"), _share(found, Level.ATTEMPTED)),
            (_("It arrived"), _share(found, Level.DELIVERED)),
            (_("They saw it: reached"), _share(found, REACHED)),
            (_("They answered or we met"), _share(found, TWO_WAY)),
        ],
        "reached": found.reached,
        "reasons": [(reason, found.reasons[reason]) for reason in Reason if found.reasons[reason]],
        "unreached_count": found.unreached,
        "schools": sorted(
            ((pk, schools[pk]) for pk in found.by_school if pk in schools), key=itemgetter(1)
        ),
        "school_name": schools.get(asked.school) if asked.school else None,
        "groups": grouped,
        "by_school": [] if filtered else grouped.by_school,
        "by_language": [] if filtered else grouped.by_language,
        "by_grade": grouped.by_grade,
        "offers_grades": not filtered and not with_grades,
        "page": page,
        "unreached": [
            Shown(row, named[row.household_id], steps.get(row.household_id)) for row in shown
        ],
    }
    return render(request, "staff/reach/board.html", context)


def _share(found: Board, level: Level) -> Group:
    n = found.at_least(level)
    return Group(level.name, "", found.families, n, n)
