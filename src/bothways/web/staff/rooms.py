"""The rooms of the staff side, and what stands on top of every page."""

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bothways.accounts.enums import Permission
from bothways.accounts.models import User
from bothways.core import clock
from bothways.messaging.models import Alert, Conversation
from bothways.messaging.services.paper import waiting_bags
from bothways.outreach.models import VisitAlarm
from bothways.outreach.services.tasks import open_for
from bothways.outreach.services.visits import visit_alarms
from bothways.people.models import Student

_ROOMS: tuple[tuple[str, Promise, Permission], ...] = (
    ("reach", _("Reach"), Permission.REACH_SEE),
    ("tasks", _("To reach"), Permission.FAMILIES_SEE),
    ("families", _("Families"), Permission.FAMILIES_SEE),
    ("good_news", _("Good news"), Permission.MESSAGE_WRITE),
    ("homework", _("Homework"), Permission.MESSAGE_WRITE),
    ("write", _("Write"), Permission.MESSAGE_WRITE),
    ("sent", _("Sent"), Permission.MESSAGE_WRITE),
    ("inbox", _("Inbox"), Permission.INBOX_ANSWER),
    ("letters", _("Letters"), Permission.MAIL_HANDLE),
    ("absences", _("Absences"), Permission.ATTENDANCE),
    ("calendar", _("Calendar"), Permission.CALENDAR),
    ("roster", _("Roster"), Permission.ROSTER_LOAD),
)


@dataclass(frozen=True, slots=True)
class Room:
    name: str
    label: Promise
    url: str
    here: bool
    waiting: int = 0


def rooms(user: User, path: str) -> list[Room]:
    """The rooms this user may enter; inbox and steps with how many families wait there for this user."""
    found = []
    for name, label, permission in _ROOMS:
        if user.district_id is not None and user.can(permission):
            url = reverse(name)
            here = path == url if url == "/" else path.startswith(url)
            waiting = _WAITING[name](user) if name in _WAITING else 0
            found.append(Room(name, label, url, here, waiting))
    if user.district_id is not None and not user.can(Permission.MAIL_HANDLE):
        # Who teaches sees this room when letters wait for children in class, and not at other times.
        classes = _bags(user)
        if classes or path.startswith(reverse("bags")):
            url = reverse("bags")
            found.append(Room("bags", _("Give out letters"), url, path.startswith(url), classes))
    return found


def _bags(user: User) -> int:
    """Children for whom a letter waits in class."""
    assert user.district is not None
    served = Student.objects.live().visible_to(user)
    return (
        waiting_bags(user.district)
        .filter(student__in=served)
        .aggregate(n=Count("student", distinct=True))["n"]
        or 0
    )


def _waiting(user: User) -> int:
    return Conversation.objects.filter(
        district=user.district, owner=user, waiting_since__isnull=False
    ).count()


def _due(user: User) -> int:
    """Steps that are to be done today, or were."""
    assert user.district is not None
    now = clock.now()
    return (
        open_for(user)
        .filter(Q(not_before=None) | Q(not_before__lte=now))
        .filter(due__lte=clock.today(user.district.timezone))
        .count()
    )


_WAITING: dict[str, Callable[[User], int]] = {"inbox": _waiting, "tasks": _due}


def open_alerts(user: User) -> list[Alert]:
    """Words of danger that this person was told of and has not taken in hand, oldest first."""
    return list(Alert.objects.filter(user=user, seen_at=None).order_by("at", "pk"))


def pairs_not_back(user: User) -> list[VisitAlarm]:
    """Visits from which nobody checked out in time, of which this person was told."""
    return list(visit_alarms(user))
