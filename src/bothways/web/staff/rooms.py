"""The rooms of the staff side, and what stands on top of every page."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bothways.accounts.enums import Permission
from bothways.accounts.models import User
from bothways.messaging.models import Alert, Conversation

_ROOMS: tuple[tuple[str, Promise, Permission], ...] = (
    ("reach", _("Reach"), Permission.REACH_SEE),
    ("families", _("Families"), Permission.FAMILIES_SEE),
    ("write", _("Write"), Permission.MESSAGE_WRITE),
    ("sent", _("Sent"), Permission.MESSAGE_WRITE),
    ("inbox", _("Inbox"), Permission.INBOX_ANSWER),
    ("letters", _("Letters"), Permission.MAIL_HANDLE),
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
    """The rooms this user may enter; the inbox with how many families wait for this user."""
    found = []
    for name, label, permission in _ROOMS:
        if user.district_id is not None and user.can(permission):
            url = reverse(name)
            here = path == url if url == "/" else path.startswith(url)
            waiting = _waiting(user) if name == "inbox" else 0
            found.append(Room(name, label, url, here, waiting))
    return found


def _waiting(user: User) -> int:
    return Conversation.objects.filter(
        district=user.district, owner=user, waiting_since__isnull=False
    ).count()


def open_alerts(user: User) -> list[Alert]:
    """Words of danger that this person was told of and has not taken in hand, oldest first."""
    return list(Alert.objects.filter(user=user, seen_at=None).order_by("at", "pk"))
