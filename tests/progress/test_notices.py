"""What families are told, once, and to whom never."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bothways.accounts.enums import Role
from bothways.accounts.models import User
from bothways.core import clock
from bothways.messaging.models import Conversation, Delivery, Message, Version
from bothways.messaging.services.replies import receive_page
from bothways.people.models import Student
from bothways.progress.enums import Day
from bothways.progress.models import Attendance, ProgressSettings, Told
from bothways.progress.services.excuses import excuse
from bothways.progress.services.notices import tick
from people import section, staff

if TYPE_CHECKING:
    from messaging.world import World

MONDAY = date(2026, 9, 14)
TEN = datetime(2026, 9, 14, 15, 0, tzinfo=UTC)  # 10:00 in Chicago


@pytest.fixture
def troy(world: "World") -> Student:
    """Troy, and his mother Alician with a mobile phone."""
    child = world.student("Troy")
    world.home(child, guardians=[world.guardian("Alician", mobile="+13125550101")])
    return child


@pytest.fixture
def asking(world: "World") -> ProgressSettings:
    return ProgressSettings.objects.create(district=world.district, absences=True)


def absent(child: Student, kind: Day = Day.UNEXCUSED, day: date = MONDAY) -> Attendance:
    return Attendance.objects.create(
        district=child.district,
        student=child,
        school=child.school,
        day=day,
        kind=kind.value,
        first_at=clock.now(),
    )


def said() -> list[tuple[str, str]]:
    """(given name, words) of all that went out, in English."""
    rows = Version.objects.filter(language="en").order_by("message_id")
    return [(v.message.student.given if v.message.student else "", v.body) for v in rows]


def test_a_family_is_asked_on_the_same_day_and_once(troy: Student, asking: ProgressSettings) -> None:
    absent(troy)
    assert [tick(at=TEN), tick(at=TEN), tick(at=TEN + timedelta(hours=1))] == [1, 0, 0]
    assert said() == [
        (
            "Troy",
            "Troy was not in school today, September 14, 2026. Is everything all right? If it is an "
            "illness, write until when. If something else is in the way, tell us: we will look for a way "
            "together.",
        )
    ]
    assert Delivery.objects.get().channel == "text"
