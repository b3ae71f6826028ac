"""Reach as files: figures of groups, and the families who are not reached, without their contact data."""

from collections.abc import Iterator
from dataclasses import replace

from django.http import StreamingHttpResponse
from django.utils import formats
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from bothways.accounts.enums import Permission
from bothways.audit.services import record
from bothways.core import clock
from bothways.languages.codes import name_in
from bothways.outreach.queries import next_steps
from bothways.reach.board import Unreached, Wanted, figures
from bothways.web.staff import words
from bothways.web.staff.csv_out import download
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.names import homes
from bothways.web.staff.reach import filters, groups_of, schools_of, wanted_of
from bothways.web.templatetags.face import grade

_AT_ONCE = 500  # families read together


@require_safe
@staff(Permission.REACH_SEE)
def reach_groups(request: StaffRequest) -> StreamingHttpResponse:
    """By school, language and grade, all families of the reader; what is hidden on the page is hidden here."""
    now = clock.now()
    asked = filters(request, now)
    wanted = replace(wanted_of(request, asked, now), school=None, language=None, reason=None)
    found = figures(wanted)
    grouped = groups_of(found, wanted, schools_of(request.district), with_grades=True)
    rows: list[tuple[object, ...]] = []
    for kind, among in (
        (_("school"), grouped.by_school),
        (_("language"), grouped.by_language),
        (_("grade"), grouped.by_grade),
    ):
        for group in among:
            if group.hidden:
                rows.append((kind, group.name, _("too few to show"), "", "", "", "", ""))
            else:
                low, high = group.range
                counts = (group.families, group.reached, group.two_way)
                rows.append((kind, group.name, *counts, group.percent, low, high))
    record(
        "reach.groups_exported",
        None,
        by=request.user.pk,
        district=request.district.pk,
        rows=len(rows),
    )
    head = (
        _("Group"),
        _("Name"),
        _("Families"),
        _("Reached"),
        _("In two-way contact"),
        _("Reached, percent"),
        _("At least (95 %)"),
        _("At most (95 %)"),
    )
    return download("reach-groups.csv", head, rows)


@require_safe
@staff(Permission.REACH_SEE)
def reach_families(request: StaffRequest) -> StreamingHttpResponse:
    """Those who are not reached, as the page lists them: who, why, and the next step."""
    now = clock.now()
    wanted = wanted_of(request, filters(request, now), now)
    unreached = Unreached(wanted, figures(wanted))
    record(
        "reach.families_exported",
        None,
        by=request.user.pk,
        district=request.district.pk,
        rows=len(unreached),
    )
    head = (
        _("Children"),
        _("Grades"),
        _("Schools"),
        _("Adults"),
        _("Languages"),
        _("Why not reached"),
        _("Last tried"),
        _("Next step"),
        _("Who"),
        _("By"),
    )
    rows = _rows(request, wanted, unreached, get_language() or "en")
    return download("families-not-reached.csv", head, rows)


def _rows(
    request: StaffRequest, wanted: Wanted, unreached: Unreached, language: str
) -> Iterator[tuple[object, ...]]:
    """Read some hundreds at a time: a district's list does not stand in memory."""
    zone = request.district.zone
    for start in range(0, len(unreached), _AT_ONCE):
        found = unreached[start : start + _AT_ONCE]
        named = homes(request.user, [row.household_id for row in found])
        steps = next_steps(request.district, found, since=wanted.since, now=wanted.now)
        for row in found:
            home, step = named[row.household_id], steps.get(row.household_id)
            # The page's own language is gone when these lines are written.
            with override(language):
                yield (
                    ", ".join(child.name for child in home.children),
                    ", ".join(dict.fromkeys(grade(child.grade) for child in home.children)),
                    ", ".join(dict.fromkeys(child.school for child in home.children)),
                    ", ".join(home.adults),
                    ", ".join(name_in(tag, language) for tag in home.languages),
                    words.say(words.REASONS, row.reason.value) if row.reason else "",
                    row.last_tried.astimezone(zone).date().isoformat() if row.last_tried else "",
                    step.what if step else "",
                    step.owner_name if step else "",
                    formats.date_format(step.due, "Y-m-d") if step else "",
                )
