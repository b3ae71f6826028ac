"""What is left to do until a school can write to its families: each step with what shows that it is done."""

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bothways.accounts.models import Duty, Membership
from bothways.channels.enums import Channel
from bothways.channels.models import CarrierConfig
from bothways.channels.registry import SERVING
from bothways.messaging.models import Message
from bothways.people.models import Student
from bothways.schools.models import ClosedDay, District, School


@dataclass(frozen=True, slots=True)
class Step:
    what: Promise
    why: Promise
    url: str
    done: bool
    first: bool = False  # the next one to take


def _roster(district: District) -> bool:
    return Student.objects.live().filter(district=district).exists()


def _carrier(channel: Channel) -> Callable[[District], bool]:
    def ready(district: District) -> bool:
        return CarrierConfig.objects.filter(carrier__in=SERVING[channel]).exists()

    return ready


def _addresses(district: District) -> bool:
    schools = School.objects.filter(district=district, ended_at=None)
    return schools.exists() and not schools.filter(address="").exists()


def _staff(district: District) -> bool:
    members = Membership.objects.filter(district=district, ended_at=None, user__is_active=True)
    return members.exclude(user__email=None).values("user").distinct().count() > 1


def _duty(district: District) -> bool:
    return Duty.objects.filter(district=district, user__is_active=True).exists()


def _calendar(district: District) -> bool:
    return ClosedDay.objects.filter(district=district).exists()


def _written(district: District) -> bool:
    return Message.objects.filter(district=district, sent_at__isnull=False).exists()


_STEPS: tuple[tuple[Promise, Promise, str, Callable[[District], bool]], ...] = (
    (
        _("Load the roster"),
        _(
            "Students, guardians, classes and staff, as your student information system exports them."
        ),
        "roster",
        _roster,
    ),
    (
        _("Give each school its address and phone"),
        _("They stand on letters and on every page of a family."),
        "district",
        _addresses,
    ),
    (
        _("Set up email"),
        _("For families with email, and for the codes with which your colleagues sign in."),
        "carriers",
        _carrier(Channel.EMAIL),
    ),
    (
        _("Set up texts"),
        _("Most families are reached by text first, and answer by text."),
        "carriers",
        _carrier(Channel.TEXT),
    ),
    (
        _("See who works here, and as what"),
        _("Most roles come with the roster. Give the others, and let colleagues sign in."),
        "people",
        _staff,
    ),
    (
        _("Say who is told of danger"),
        _("Words of danger from a family go to these people at once, at any hour."),
        "duty",
        _duty,
    ),
    (
        _("Enter the days without school"),
        _("No family is promised an answer on a day when nobody is there."),
        "calendar",
        _calendar,
    ),
    (
        _("Write the first message"),
        _(
            "To your own test family first, or to everybody: the counts come before anything is sent."
        ),
        "write",
        _written,
    ),
)


def first_steps(district: District) -> list[Step]:
    """All steps in their order; empty once every one is done."""
    found: list[Step] = []
    for what, why, name, done in _STEPS:
        is_done = done(district)
        next_one = not is_done and all(step.done for step in found)
        found.append(Step(what, why, reverse(name), is_done, next_one))
    return [] if all(step.done for step in found) else found
