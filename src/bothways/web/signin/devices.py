"""Where somebody is signed in, in words; and signing out there."""

import re
from dataclasses import dataclass
from datetime import datetime

from allauth.usersessions.models import UserSession
from django.http import HttpRequest
from django.utils.translation import gettext

from bothways.accounts.models import User

# First that fits: Edge and Opera call themselves Chrome, too, and Chrome calls itself Safari.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_MACHINES = (
    (r"iPhone", "iPhone"),
    (r"iPad", "iPad"),
    (r"Android", "Android"),
    (r"CrOS", "Chromebook"),
    (r"Windows", "Windows"),
    (r"Macintosh|Mac OS X", "Mac"),
    (r"Linux", "Linux"),
)


@dataclass(frozen=True, slots=True)
class Device:
    pk: int
    words: str
    where: str  # network address
    since: datetime
    here: bool


def in_words(agent: str) -> str:
    """What a browser calls itself, as people call it: “Firefox on Windows”."""
    browser = next((name for mark, name in _BROWSERS if mark in agent), "")
    machine = next((name for mark, name in _MACHINES if re.search(mark, agent)), "")
    if browser and machine:
        return gettext("%(browser)s on %(machine)s") % {"browser": browser, "machine": machine}
    return browser or machine or gettext("a browser that does not say its name")


def of(request: HttpRequest, user: User) -> list[Device]:
    """Where this person is signed in now, this browser first."""
    if not UserSession.objects.filter(session_key=request.session.session_key).exists():
        UserSession.objects.create_from_request(request)
    live = UserSession.objects.purge_and_list(user)
    found = [
        Device(
            one.pk,
            in_words(one.user_agent),
            one.ip,
            one.created_at,
            one.session_key == request.session.session_key,
        )
        for one in live
    ]
    return sorted(found, key=lambda one: (not one.here, -one.since.timestamp()))


def end(user: User, pk: int | None, *, but: str | None = None) -> int:
    """Sign out there (pk None: everywhere, but for the session with this key); how many were ended."""
    sessions = UserSession.objects.filter(user_id=user.pk).exclude(session_key=but or "")
    if pk is not None:
        sessions = sessions.filter(pk=pk)
    found = list(sessions)
    for session in found:
        session.end()
    return len(found)
