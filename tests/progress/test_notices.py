"""What families are told, once, and to whom never."""

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from bothways.accounts.enums import Role
from bothways.core import clock
from bothways.languages.phrases import languages
from bothways.messaging.models import Conversation, Delivery, HeldHome, Message, Version
from bothways.messaging.services.replies import receive_page
from bothways.people.models import Enrollment, Student
from bothways.progress import wording
from bothways.progress.enums import Day, Standing, Work
from bothways.progress.models import (
    Assignment,
    Attendance,
    ProgressLoad,
    ProgressSettings,
    Result,
    Told,
)
from bothways.progress.rules import Piece, Week
from bothways.progress.services.excuses import excuse
from bothways.progress.services.notices import tick
from bothways.schools.models import ClosedDay
from people import section, staff

if TYPE_CHECKING:
    from messaging.world import World

MONDAY = date(2026, 9, 14)
TEN = datetime(2026, 9, 14, 15, 0, tzinfo=UTC)  # 10:00 in Chicago
FRIDAY = date(2026, 9, 18)
FOUR = datetime(2026, 9, 18, 21, 0, tzinfo=UTC)  # 16:00 on that Friday
FIRST = datetime(2026, 10, 1, 21, 0, tzinfo=UTC)  # 16:00 on the first of October


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


def test_a_family_is_asked_on_the_same_day_and_once(
    troy: Student, asking: ProgressSettings
) -> None:
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


def test_a_file_of_last_month_a_tardy_and_an_excuse_ask_nobody(
    troy: Student, asking: ProgressSettings, world: "World"
) -> None:
    absent(troy, day=date(2026, 8, 14))
    emily, maya = world.student("Emily"), world.student("Maya")
    world.home(emily, guardians=[world.guardian("Ruth", mobile="+13125550102")])
    world.home(maya, guardians=[world.guardian("May", mobile="+13125550103")])
    absent(emily, Day.TARDY)
    absent(maya, Day.EXCUSED)
    assert tick(at=TEN) == 0


def test_what_the_office_excused_stays_excused_whatever_the_next_file_says(
    troy: Student, asking: ProgressSettings, world: "World"
) -> None:
    office = staff("Ken", Role.OFFICE, world.district, world.school)
    excuse(student=troy, first=MONDAY, last=MONDAY + timedelta(days=3), by=office)
    absent(troy)
    absent(troy, day=MONDAY + timedelta(days=3))
    assert [tick(at=TEN + timedelta(days=n)) for n in range(4)] == [0, 0, 0, 0]


def test_nobody_is_asked_before_the_hour_in_the_evening_on_a_closed_day_or_when_off(
    troy: Student, asking: ProgressSettings, world: "World"
) -> None:
    absent(troy)
    assert tick(at=TEN - timedelta(minutes=1)) == 0
    assert tick(at=TEN + timedelta(hours=8)) == 0
    closed = ClosedDay.objects.create(district=world.district, day=MONDAY, title="Snow")
    assert tick(at=TEN) == 0
    closed.delete()
    ProgressSettings.objects.update(absences=False)
    assert tick(at=TEN) == 0
    ProgressSettings.objects.update(absences=True)
    assert tick(at=TEN) == 1


@pytest.mark.parametrize("kind", ["records", "contact"])
def test_who_may_not_hear_of_the_childs_records_hears_nothing(
    world: "World", asking: ProgressSettings, kind: str
) -> None:
    luis = world.student("Luis")
    elena = world.guardian("Elena", mobile="+13125550104")
    hector = world.guardian("Hector", mobile="+13125550105")
    world.home(luis, guardians=[elena])
    world.home(luis, guardians=[hector])
    world.bar(luis, hector, kind=kind)
    absent(luis)
    assert tick(at=TEN) == 1
    assert [d.address for d in Delivery.objects.all()] == ["+13125550104"]


def test_where_nobody_may_hear_nothing_is_sent_and_nothing_marked(
    world: "World", asking: ProgressSettings
) -> None:
    luis = world.student("Luis")
    hector = world.guardian("Hector", mobile="+13125550105")
    world.home(luis, guardians=[hector])
    world.bar(luis, hector, kind="records")
    absent(luis)
    assert (tick(at=TEN), Told.objects.count(), Message.objects.count()) == (0, 0, 0)


def test_a_student_of_eighteen_decides(troy: Student, asking: ProgressSettings) -> None:
    troy.birth_date = date(2008, 9, 14)
    troy.save()
    absent(troy)
    assert tick(at=TEN) == 0
    troy.shares_with_guardians = True
    troy.save()
    assert tick(at=TEN) == 1


def test_the_answer_is_the_offices_and_not_the_teachers(
    troy: Student, asking: ProgressSettings, world: "World"
) -> None:
    office = staff("Ken", Role.OFFICE, world.district, world.school)
    teacher = staff("Clara", Role.TEACHER, world.district, world.school)
    Enrollment.objects.create(
        district=world.district, student=troy, section=section("Room 12", world.school, teacher)
    )
    absent(troy)
    tick(at=TEN)
    receive_page(
        Delivery.objects.get(), words="He is ill until Thursday", button=None, form_key=None
    )
    talk = Conversation.objects.get()
    assert (talk.owner, talk.waiting_since is not None) == (office, True)


def test_each_reads_it_in_their_language_and_one_without_is_held(
    world: "World", asking: ProgressSettings
) -> None:
    nour, k = world.student("Nour"), world.student("Kayum")
    world.home(nour, guardians=[world.guardian("Karim", mobile="+13125550106", reads="ar")])
    home = world.home(k, guardians=[world.guardian("Ana", mobile="+13125550107", reads="kjb")])
    absent(nour)
    absent(k)
    assert tick(at=TEN) == 2
    assert [d.languages for d in Delivery.objects.all()] == [["ar"]]
    assert [(h.household_id, h.why) for h in HeldHome.objects.all()] == [
        (home.pk, "no_translation")
    ]
    assert Version.objects.filter(message__student=nour).values_list("language").get() == ("ar",)
    assert "\u2068Nour\u2069" in Version.objects.get(message__student=nour).body


def gradebook(child: Student, *pieces: tuple[str, str, int, str]) -> None:
    """(course, title, days ago, work) of Friday, from a file of that morning."""
    for course, title, ago, work in pieces:
        made, _ = Assignment.objects.get_or_create(
            district=child.district,
            key=title,
            defaults={"course": course, "title": title, "due_on": FRIDAY - timedelta(days=ago)},
        )
        Result.objects.create(
            district=child.district,
            student=child,
            assignment=made,
            work=work,
            changed_at=clock.now(),
        )
    ProgressLoad.objects.create(
        district=child.district, kind="gradebook", at=FOUR - timedelta(hours=8)
    )


def test_missing_work_is_told_once_a_week_with_what_would_help(
    troy: Student, world: "World"
) -> None:
    ProgressSettings.objects.create(
        district=world.district, weekly=True, accepted_days=5, offers_help=True
    )
    gradebook(
        troy,
        ("Math", "Fractions p. 12", 2, "missing"),
        ("Reading", "My book", 4, "missing"),
        ("Science", "Plants", 3, "done"),
    )
    later = [FOUR + timedelta(minutes=1), FOUR + timedelta(hours=1), FOUR + timedelta(days=1)]
    assert [tick(at=at) for at in (FOUR - timedelta(minutes=1), FOUR, *later)] == [0, 1, 0, 0, 0]
    assert said() == [
        (
            "Troy",
            "This schoolwork of Troy has not reached us yet:\n"
            "– Math: Fractions p. 12 (due September 16, 2026)\n"
            "– Reading: My book (due September 14, 2026)\n"
            "It can still be handed in until September 25, 2026. Would an hour after school help Troy? "
            "Write yes, or what would help more.\n"
            "Going well: Science.",
        )
    ]


def test_an_old_gradebook_says_nothing_of_this_week(troy: Student, world: "World") -> None:
    ProgressSettings.objects.create(district=world.district, weekly=True)
    gradebook(troy, ("Math", "Fractions", 2, "missing"))
    ProgressLoad.objects.update(at=FOUR - timedelta(days=8))
    assert tick(at=FOUR) == 0


def test_that_all_is_handed_in_is_said_at_a_slower_pace(troy: Student, world: "World") -> None:
    ProgressSettings.objects.create(district=world.district, weekly=True, good_weeks=4)
    told = []
    for weeks in range(6):
        at = FOUR + timedelta(weeks=weeks)
        gradebook(troy, ("Math", f"Page {weeks}", -7 * weeks + 1, "done"))
        ProgressLoad.objects.update(at=at - timedelta(hours=1))
        told.append(tick(at=at))
    assert told == [1, 0, 0, 0, 1, 0]


def test_days_missed_stand_beside_the_usual_number_of_a_large_enough_grade(
    troy: Student, world: "World"
) -> None:
    ProgressSettings.objects.create(district=world.district, monthly=True)
    for day in (7, 8, 9, 10):
        absent(troy, day=date(2026, 9, day))
    ProgressLoad.objects.create(district=world.district, kind="attendance", at=FIRST)
    assert tick(at=FIRST) == 1
    assert "Usual" not in said()[0][1]
    Told.objects.all().delete()
    ProgressSettings.objects.update(monthly_done=None)
    for number in range(9):
        world.student(f"Child{number}")
    assert [tick(at=FIRST), tick(at=FIRST + timedelta(hours=1))] == [1, 0]
    assert said()[-1][1].splitlines()[:2] == [
        "Days of school that Troy has missed since July 1, 2026: 4.",
        "Usual in the same grade at Grand Bend Elementary: 0.",
    ]


def test_a_home_of_letters_gets_the_days_by_letter(world: "World") -> None:
    ProgressSettings.objects.create(district=world.district, monthly=True)
    emily = world.student("Emily")
    world.home(emily, guardians=[world.guardian("Ruth", address="12 Fence Rd\nGrand Bend")])
    for day in (7, 8, 9):
        absent(emily, day=date(2026, 9, day))
    ProgressLoad.objects.create(district=world.district, kind="attendance", at=FIRST)
    assert tick(at=FIRST) == 1
    assert [d.channel for d in Delivery.objects.all()] == ["letter"]


@pytest.mark.parametrize("tag", languages())
def test_titles_keep_their_order_in_every_language(tag: str) -> None:
    week = Week(
        (Piece("حساب", "Fractions (p. 12)", FRIDAY, Work.MISSING),), 0, (), Standing.NEEDS_TALK
    )
    body = wording.schoolwork(tag, child="Troy", week=week, until=None, offer=False).body
    assert "\u2068حساب\u2069" in body
    assert body.count("\u2068") == body.count("\u2069")
    assert ("\u2068Fractions (p. 12)\u2069" in body) == (tag in ("ar", "prs", "ps"))
