"""The rooms of the staff side, and what stands on top of every page."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Count
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bothways.accounts.enums import Permission
from bothways.accounts.models import User
from bothways.core import clock
from bothways.messaging.models import Alert, Conversation
from bothways.messaging.services.paper import waiting_bags
from bothways.outreach.models import VisitAlarm
from bothways.outreach.services.tasks import due_for
from bothways.outreach.services.visits import visit_alarms
from bothways.people.models import Student


class Group(StrEnum):
    """Where a room stands: in the bar, under “More”, or under “Set-up”."""

    MAIN = "main"
    MORE = "more"
    SET_UP = "set_up"


@dataclass(frozen=True, slots=True)
class Entry:
    """A room: the name of its address, its words, who may enter; of set-up rooms what is done there."""

    name: str
    label: Promise
    permission: Permission | None  # None: whoever works here
    group: Group = Group.MORE
    about: Promise | str = ""  # one sentence, for the page of all set-up rooms


_P = Permission

# One line a room, in the order in which they stand. Addresses begin with the address of the room.
_ROOMS: tuple[Entry, ...] = (
    Entry("today", _("Today"), None, Group.MAIN),
    Entry("families", _("Families"), _P.FAMILIES_SEE, Group.MAIN),
    Entry("write", _("Write"), _P.MESSAGE_WRITE, Group.MAIN),
    Entry("inbox", _("Inbox"), _P.INBOX_ANSWER, Group.MAIN),
    Entry("tasks", _("To reach"), _P.FAMILIES_SEE, Group.MAIN),
    Entry("reach", _("Reach"), _P.REACH_SEE, Group.MAIN),
    Entry("barriers", _("In the way"), _P.REACH_SEE),
    Entry("cases", _("Cases"), _P.CASES),
    Entry("sent", _("Sent"), _P.MESSAGE_WRITE),
    Entry("good_news", _("Good news"), _P.MESSAGE_WRITE),
    Entry("goals", _("Goals"), _P.CASES),
    Entry("feedback", _("You said, we did"), _P.INBOX_ANSWER),
    Entry("surveys", _("Surveys"), _P.SURVEYS),
    Entry("homework", _("Homework"), _P.MESSAGE_WRITE),
    Entry("letters", _("Letters"), _P.MAIL_HANDLE),
    Entry("welcome", _("Welcome"), _P.FAMILIES_SEE),
    Entry("absences", _("Absences"), _P.ATTENDANCE),
    Entry("interpreters", _("Interpreters"), _P.INTERPRETERS),
    Entry("my_bookings", _("My bookings"), _P.INTERPRET),
    Entry("record_requests", _("Requests"), _P.RECORDS_ANSWER),
    Entry("translations", _("Translations"), _P.TRANSLATE),
    Entry(
        "roster",
        _("Roster"),
        _P.ROSTER_LOAD,
        Group.SET_UP,
        _("Load students, guardians and classes from your student information system."),
    ),
    Entry(
        "district",
        _("District and schools"),
        _P.SETUP,
        Group.SET_UP,
        _("Names, phones and addresses as families see them, time zone and language."),
    ),
    Entry(
        "carriers",
        _("Ways to families"),
        _P.SETUP,
        Group.SET_UP,
        _("Texts, email, calls, letters, WhatsApp: set them up and send yourself a test."),
    ),
    Entry(
        "languages",
        _("Languages"),
        _P.SETUP,
        Group.SET_UP,
        _("Which languages families read, what translates, and what never goes out unread."),
    ),
    Entry(
        "policies",
        _("How far to go"),
        _P.SETUP,
        Group.SET_UP,
        _("What is tried, and for how long, until a family gives a sign."),
    ),
    Entry(
        "barrier_catalogue",
        _("Barriers"),
        _P.SETUP,
        Group.SET_UP,
        _("The list of what makes it hard to take part, what each line changes, and what helps."),
    ),
    Entry(
        "people",
        _("People and roles"),
        _P.STAFF,
        Group.SET_UP,
        _(
            "Who works here, in which role, for which families; who is told when a family writes of danger."
        ),
    ),
    Entry(
        "student_pages",
        _("Students’ own pages"),
        _P.SETUP,
        Group.SET_UP,
        _("From which grade on students have pages of their own, and what they see there."),
    ),
    Entry(
        "calendar",
        _("Calendar"),
        _P.CALENDAR,
        Group.SET_UP,
        _(
            "Days without school, the hours in which families are called, days that families keep free."
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Room:
    name: str
    label: Promise
    url: str
    here: bool
    waiting: int = 0
    about: Promise | str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """What stands on top of every page for this user."""

    main: list[Room]
    more: list[Room]
    set_up: list[Room]

    @property
    def waiting(self) -> int:
        """What waits for this user in all rooms: it stands beside “Menu” where the bar is folded."""
        return sum(room.waiting for room in [*self.main, *self.more, *self.set_up])

    @property
    def here(self) -> Room | None:
        """The room in which this page is."""
        return next((r for r in [*self.main, *self.more, *self.set_up] if r.here), None)


def rooms(user: User, path: str) -> Bar:
    """The rooms this user may enter; inbox and steps with how many families wait there for this user."""
    found: dict[Group, list[Room]] = {group: [] for group in Group}
    if user.district_id is None:
        return Bar([], [], [])
    for entry in _ROOMS:
        if entry.permission is None or user.can(entry.permission):
            url = reverse(entry.name)
            here = path == url if url == "/" else path.startswith(url)
            waiting = _WAITING[entry.name](user) if entry.name in _WAITING else 0
            found[entry.group].append(
                Room(entry.name, entry.label, url, here, waiting, entry.about)
            )
    if not user.can(Permission.MAIL_HANDLE):
        # Who teaches sees this room when letters wait for children in class, and not at other times.
        classes = _bags(user)
        if classes or path.startswith(reverse("bags")):
            url = reverse("bags")
            found[Group.MAIN].append(
                Room("bags", _("Give out letters"), url, path.startswith(url), classes)
            )
    return Bar(found[Group.MAIN], found[Group.MORE], found[Group.SET_UP])


def set_up_rooms(user: User) -> list[Entry]:
    """The set-up rooms this user may enter."""
    return [
        entry
        for entry in _ROOMS
        if entry.group is Group.SET_UP and (entry.permission is None or user.can(entry.permission))
    ]


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
    """Steps that are to be done today, or were; the page of today has counted them already."""
    return user.once("due", lambda: due_for(user, clock.now()).count())


_WAITING: dict[str, Callable[[User], int]] = {"inbox": _waiting, "tasks": _due}


def open_alerts(user: User) -> list[Alert]:
    """Words of danger that this person was told of and has not taken in hand, oldest first."""
    return list(Alert.objects.filter(user=user, seen_at=None).order_by("at", "pk"))


def pairs_not_back(user: User) -> list[VisitAlarm]:
    """Visits from which nobody checked out in time, of which this person was told."""
    return list(visit_alarms(user))
