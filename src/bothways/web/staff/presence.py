"""When colleagues are there, in words: “reads this tomorrow from 8:00 AM”."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Q
from django.utils import formats
from django.utils.translation import gettext as _

from bothways.accounts.models import User
from bothways.core import clock
from bothways.outreach.models import Away, StaffHours
from bothways.outreach.presence import There, Week, next_there
from bothways.outreach.services.hours import stand_ins
from bothways.schools.models import ClosedDay, District, School


@dataclass(frozen=True, slots=True)
class Presence:
    """When this person is there next, and who stands in meanwhile."""

    user: User
    there: There | None
    stand_in: User | None
    words: str  # "" where nobody said


def presences(
    users: Collection[User], *, district: District, school: School | None
) -> dict[int, Presence]:
    """Of these people, by id; four queries whatever their number."""
    now = clock.now().astimezone(district.zone)
    ids = [user.pk for user in users]
    hours: dict[int, dict[int, tuple[time, time]]] = defaultdict(dict)
    for row in StaffHours.objects.filter(user__in=ids):
        hours[row.user_id][row.weekday] = (row.starts, row.ends)
    away: dict[int, list[tuple[date, date]]] = defaultdict(list)
    for absence in Away.objects.filter(user__in=ids, last__gte=now.date()):
        away[absence.user_id].append((absence.first, absence.last))
    closed = set(
        ClosedDay.objects.filter(
            Q(school=None) | Q(school=school),
            district=district,
            day__range=(now.date(), now.date() + timedelta(days=60)),
        ).values_list("day", flat=True)
    )
    instead = stand_ins(ids, today=now.date())
    found = {}
    for user in users:
        there = next_there(Week(hours[user.pk], away[user.pk]), now=now, closed=closed)
        found[user.pk] = Presence(user, there, instead.get(user.pk), _words(there, now))
    return found


def _words(there: There | None, now: datetime) -> str:
    if there is None:
        return ""
    if there.at is None:
        return _("away for some weeks")
    if there.until is not None:
        return _("there now, until %(time)s") % {"time": _clock(there.until)}
    days = (there.at.date() - now.date()).days
    values = {"time": _clock(there.at)}
    if days == 0:
        return _("there today from %(time)s") % values
    if days == 1:
        return _("there tomorrow from %(time)s") % values
    if days < 7:
        values["day"] = formats.date_format(there.at, "l")
    else:
        values["day"] = formats.date_format(there.at, _("j F"))
    return _("there on %(day)s from %(time)s") % values


def _clock(at: datetime) -> str:
    return formats.date_format(at, _("g:i A"))
