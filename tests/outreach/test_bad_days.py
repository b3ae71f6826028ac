"""Bad days: nothing is lost, nothing goes twice, nobody is disturbed or forgotten, whatever goes wrong."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bothways.accounts.enums import Role
from bothways.accounts.models import Membership, Teaching, User
from bothways.channels.contract import Event, Outcome
from bothways.channels.enums import EventKind, OutcomeKind
from bothways.channels.services import configure, store
from bothways.consent.models import Stop
from bothways.core import clock
from bothways.messaging.audience import Audience
from bothways.messaging.enums import Purpose, State
from bothways.messaging.models import Conversation, Delivery, Entry, Message
from bothways.messaging.services.digests import gather_due
from bothways.messaging.services.moving import move_entry
from bothways.messaging.services.receipts import apply_waiting
from bothways.messaging.services.recovery import recover
from bothways.messaging.services.sending import send_due
from bothways.outreach.enums import ClimbState, TaskKind, TaskState
from bothways.outreach.models import Climb, Task
from bothways.outreach.queries import next_steps
from bothways.outreach.services import plans
from bothways.outreach.services import tasks as steps
from bothways.outreach.services.climbing import advance, follow_homes
from bothways.outreach.services.looking import reopen
from bothways.people.enums import PointKind
from bothways.people.models import (
    ContactPoint,
    Enrollment,
    Guardian,
    Household,
    Link,
    Restriction,
    Student,
)
from bothways.people.services import add_point, mark_wrong
from bothways.reach.queries import report
from bothways.roster.services import rebuild_households
from bothways.schools.models import ClosedDay, School, Section
from messaging.world import MONDAY_MORNING, FakeCarrier, World

pytestmark = pytest.mark.django_db
NUMBER = "+15125550143"
CHICAGO = ZoneInfo("America/Chicago")


class Noted(FakeCarrier):
    """The carrier that takes everything, and notes by which way and when."""

    def __init__(self) -> None:
        super().__init__()
        self.away = False
        self.when: list[tuple[datetime, str, str]] = []
        self.answer = self._answer

    def _answer(self, out: object) -> Outcome:
        from bothways.channels.contract import Outgoing

        assert isinstance(out, Outgoing)
        if self.away:
            return Outcome(out.key, OutcomeKind.UNAVAILABLE, code="503")
        self.when.append((clock.now(), out.channel.value, out.to))
        return Outcome(out.key, OutcomeKind.ACCEPTED, carrier_id=f"SM{out.key[:10]}")

    def ways(self) -> list[str]:
        return [channel for _, channel, _ in self.when]


@pytest.fixture
def noted(monkeypatch: pytest.MonkeyPatch) -> Noted:
    fake = Noted()
    for place in ("sending", "recovery", "stopping"):
        monkeypatch.setattr(
            f"bothways.messaging.services.{place}.carrier_for",
            lambda channel, district=None: fake,
        )
    return fake


@pytest.fixture
def calls(world: World) -> None:
    """An installation that can call."""
    configure(
        "twilio_voice", {"account_sid": "AC1", "auth_token": "t", "from_number": "+15005550006"}
    )


def staff(world: World, given: str, role: Role, school: School | None = None) -> User:
    user = User.objects.create_user(
        f"{given.lower()}@d.example", district=world.district, given=given
    )
    Membership.objects.create(
        district=world.district, user=user, role=role.value, school=school or world.school
    )
    return user


@pytest.fixture
def office(world: World) -> User:
    return staff(world, "Ofelia", Role.OFFICE)


def job(world: World) -> None:
    """All that an installation does by itself every minute."""
    now = clock.now()
    gather_due(at=now)
    advance(world.district, at=now)
    steps.follow_families()
    plans.tend()
    send_due(world.district, urgent=True)
    send_due(world.district, urgent=False)
    recover(now=now)


def pass_time(at: Path, world: World, *, every: timedelta, until: datetime) -> None:
    """Let the job run again and again, as it does on a long day."""
    while clock.now() < until:
        clock.stop_at(at, min(clock.now() + every, until))
        job(world)


def personal(world: World, child: Student, by: User | None = None) -> Message:
    assert child.sis_id is not None
    message, _ = world.write(
        purpose=Purpose.PERSONAL, audience=Audience(students=(child.sis_id,)), student=child
    )
    return message


def alicians(world: World) -> tuple[Student, Household]:
    troy = world.student("Troy")
    alician = world.guardian("Alician", mobile=NUMBER, address="1 Oak St\nGrand Bend")
    return troy, world.home(troy, guardians=[alician])


def text(body: str, sid: str, from_: str = NUMBER) -> None:
    store("twilio", [Event(EventKind.INBOUND, sid, from_=from_, to="+1500", body=body)])
    apply_waiting()


def made(home: Household) -> list[str]:
    """By which ways this home was written to, what was withheld left out."""
    found = Delivery.objects.filter(household=home).exclude(state=State.WITHHELD.value)
    return list(found.order_by("pk").values_list("channel", flat=True))


def without_step(world: World, since: datetime) -> list[int]:
    """Families that are not reached and have no next step with a day and somebody to do it."""
    now = clock.now()
    students = Student.objects.filter(district=world.district)
    rows = report(world.district, students=students, since=since, now=now).rows
    found = next_steps(world.district, rows, since=since, now=now)
    return [
        row.household_id
        for row in rows
        if row.reason is not None
        and not (row.household_id in found and found[row.household_id].owner_name)
    ]


# A carrier down for an hour


def test_a_carrier_that_is_away_for_an_hour_loses_nothing_and_doubles_nothing(
    world: World, at: Path, calls: None, noted: Noted, office: User
) -> None:
    troy, home = alicians(world)
    noted.away = True
    personal(world, troy)
    pass_time(at, world, every=timedelta(minutes=5), until=MONDAY_MORNING + timedelta(hours=1))
    assert (noted.ways(), made(home)) == ([], ["text"])
    noted.away = False
    pass_time(at, world, every=timedelta(minutes=10), until=MONDAY_MORNING + timedelta(hours=6))
    assert (noted.ways(), made(home)) == (["text"], ["text"])
    assert Delivery.objects.get(household=home).state == State.ACCEPTED


def test_urgent_words_are_not_sent_by_another_way_while_the_text_still_waits(
    world: World, at: Path, calls: None, noted: Noted, office: User
) -> None:
    _, home = alicians(world)
    noted.away = True
    world.write(purpose=Purpose.TIMELY)
    pass_time(at, world, every=timedelta(minutes=5), until=MONDAY_MORNING + timedelta(minutes=55))
    assert made(home) == ["text"]


def test_a_carrier_that_is_away_for_a_day_gives_way_to_the_next_way_and_is_not_doubled(
    world: World, at: Path, calls: None, noted: Noted, office: User
) -> None:
    troy, _ = alicians(world)
    noted.away = True
    personal(world, troy)
    pass_time(at, world, every=timedelta(hours=1), until=MONDAY_MORNING + timedelta(days=2))
    noted.away = False
    pass_time(at, world, every=timedelta(hours=1), until=MONDAY_MORNING + timedelta(days=4))
    assert max(Counter((way, to) for _, way, to in noted.when).values()) == 1
    assert without_step(world, MONDAY_MORNING) == []


# A family with eleven contact points


def test_a_family_with_eleven_addresses_is_not_pelted(
    world: World, at: Path, calls: None, noted: Noted, office: User
) -> None:
    nour = world.student("Nour")
    karim = world.guardian("Karim", mobile="+15125550151", address="4 Elm St\nGrand Bend")
    layla = world.guardian("Layla", mobile="+15125550161", address="4 Elm St\nGrand Bend")
    home = world.home(nour, guardians=[karim, layla])
    for adult, tail in ((karim, "5"), (layla, "6")):
        for n in (2, 3):
            add_point(
                guardian=adult,
                kind=PointKind.PHONE,
                typed=f"+151255501{tail}{n}",
                mobile=True,
                by=office,
            )
        for n in (1, 2):
            add_point(
                guardian=adult,
                kind=PointKind.EMAIL,
                typed=f"{adult.given.lower()}{n}@families.example",
                mobile=False,
                by=office,
            )
    assert ContactPoint.objects.filter(guardian__household=home).count() == 12  # one shared
    message = personal(world, nour)
    days: Counter[date] = Counter()
    pass_time(at, world, every=timedelta(hours=3), until=MONDAY_MORNING + timedelta(days=29))
    of_message = Delivery.objects.filter(message=message).exclude(state=State.WITHHELD.value)
    by_address = Counter(of_message.values_list("channel", "match"))
    assert all(n == 1 for (channel, _), n in by_address.items() if channel != "voice")
    assert all(n <= 2 for n in by_address.values())
    for moment, _, _ in noted.when:
        days[moment.astimezone(CHICAGO).date()] += 1
    assert max(days.values()) <= 2  # each of two guardians once
    assert without_step(world, MONDAY_MORNING) == []


# A guardian of nine children in three schools


@pytest.fixture
def nine(world: World) -> tuple[Household, list[School], list[User], list[User]]:
    """Ines, her nine children in three schools, each school's office, and each child's teacher."""
    schools = [
        School.objects.create(district=world.district, sis_id=f"s{n}", name=f"School {n}")
        for n in range(3)
    ]
    offices = [staff(world, f"Office{n}", Role.OFFICE, school) for n, school in enumerate(schools)]
    teachers = []
    children = []
    for n in range(9):
        child = world.student(f"Child{n}")
        child.school = schools[n % 3]
        child.save()
        teacher = staff(world, f"Teacher{n}", Role.TEACHER, schools[n % 3])
        room = Section.objects.create(
            district=world.district, school=schools[n % 3], sis_id=f"c{n}", title=f"Room {n}"
        )
        Teaching.objects.create(district=world.district, user=teacher, section=room)
        Enrollment.objects.create(district=world.district, student=child, section=room)
        children.append(child)
        teachers.append(teacher)
    home = world.home(*children, guardians=[world.guardian("Ines", mobile=NUMBER)])
    return home, schools, offices, teachers


def test_nine_children_are_one_digest_and_one_call(
    world: World,
    at: Path,
    noted: Noted,
    nine: tuple[Household, list[School], list[User], list[User]],
) -> None:
    home, schools, offices, teachers = nine
    clock.stop_at(at, MONDAY_MORNING - timedelta(days=7))
    world.write(en="Welcome.")
    job(world)
    assert noted.ways() == ["text"]
    clock.stop_at(at, MONDAY_MORNING)
    for school in schools:
        world.write(audience=Audience(schools=(school.sis_id or "",)), en=f"News of {school}.")
    pass_time(at, world, every=timedelta(hours=1), until=MONDAY_MORNING + timedelta(days=4))
    assert noted.ways() == ["text", "text"]  # the welcome, and one digest
    for child in Student.objects.all():
        personal(world, child)
    pass_time(at, world, every=timedelta(hours=6), until=MONDAY_MORNING + timedelta(days=18))
    open_ = Task.objects.filter(household=home, state=TaskState.OPEN.value)
    assert [task.kind for task in open_] == [TaskKind.CALL]
    owner = open_[0].owner
    assert owner in [*offices, *teachers]
    assert without_step(world, MONDAY_MORNING - timedelta(days=7)) == []


def test_each_school_sees_only_its_children_of_the_nine(
    world: World,
    at: Path,
    noted: Noted,
    nine: tuple[Household, list[School], list[User], list[User]],
) -> None:
    _, schools, offices, _ = nine
    for school, user in zip(schools, offices, strict=True):
        seen = set(Student.objects.visible_to(user).values_list("school_id", flat=True))
        assert seen == {school.pk}
    child = Student.objects.get(given="Child4")
    personal(world, child)
    job(world)
    text("She has a fever.", "SM1")
    from bothways.messaging.queries import conversations_for

    shown = [conversations_for(user).count() for user in offices]
    assert shown == [0, 1, 0]


# A stop, or an order, in the middle of a climb


def test_a_stop_by_text_in_the_middle_ends_that_way_and_no_other(
    world: World, at: Path, calls: None, noted: Noted, office: User
) -> None:
    troy, home = alicians(world)
    personal(world, troy)
    job(world)
    clock.stop_at(at, MONDAY_MORNING + timedelta(hours=2))
    text("no more please", "SM1")
    pass_time(at, world, every=timedelta(hours=2), until=MONDAY_MORNING + timedelta(days=12))
    assert list(Stop.objects.filter(lifted_at=None).values_list("match", "by")) == [
        (NUMBER, "ours")
    ]
    assert [
        way for moment, way, _ in noted.when if moment > MONDAY_MORNING + timedelta(hours=2)
    ] == ["letter"]
    assert made(home) == ["text", "letter"]
    assert without_step(world, MONDAY_MORNING) == []


def order(child: Student, *, starts_on: date | None = None) -> None:
    Restriction.objects.create(
        district=child.district, link=child.links.get(), kind="contact", starts_on=starts_on
    )


def test_an_order_that_starts_tomorrow_ends_contact_tomorrow(
    world: World, at: Path, calls: None, noted: Noted, office: User
) -> None:
    troy, home = alicians(world)
    clock.stop_at(at, MONDAY_MORNING - timedelta(hours=20))
    personal(world, troy)
    clock.stop_at(at, MONDAY_MORNING)
    job(world)
    order(troy, starts_on=date(2026, 9, 15))
    pass_time(at, world, every=timedelta(minutes=30), until=MONDAY_MORNING + timedelta(days=1))
    pass_time(at, world, every=timedelta(hours=6), until=MONDAY_MORNING + timedelta(days=20))
    local = [moment.astimezone(CHICAGO).date() for moment, _, _ in noted.when]
    assert local
    assert max(local) <= date(2026, 9, 14)
    assert Task.objects.get(household=home, state="open").kind == TaskKind.READ_ORDER


def test_what_was_queued_before_an_order_is_not_sent_after_it(
    world: World, at: Path, calls: None, noted: Noted, office: User
) -> None:
    troy, home = alicians(world)
    personal(world, troy)
    order(troy)
    pass_time(at, world, every=timedelta(hours=1), until=MONDAY_MORNING + timedelta(days=2))
    assert noted.when == []
    assert Delivery.objects.get(household=home).state == State.WITHHELD
    assert Task.objects.get(household=home).kind == TaskKind.READ_ORDER


def test_an_order_about_one_of_two_children_leaves_the_other(
    world: World, at: Path, calls: None, noted: Noted, office: User
) -> None:
    troy, maya = world.student("Troy"), world.student("Maya")
    father = world.guardian("Ray", mobile=NUMBER, address="3 Oak St\nGrand Bend")
    world.home(troy, maya, guardians=[father])
    about_troy, about_maya = personal(world, troy), personal(world, maya)
    job(world)
    order(troy)
    pass_time(at, world, every=timedelta(hours=3), until=MONDAY_MORNING + timedelta(days=16))
    further = Delivery.objects.exclude(state=State.WITHHELD.value).filter(attempt__gt=1)
    assert not further.filter(message=about_troy).exists()
    assert further.filter(message=about_maya).exists()
    told = Link.objects.filter(recipient__delivery__in=further)
    assert set(told.values_list("student__given", flat=True)) == {"Maya"}
    assert without_step(world, MONDAY_MORNING) == []


# A number that two families share, or that changes hands


def shared(world: World) -> tuple[Household, Household]:
    troy, ali = world.student("Troy"), world.student("Ali")
    one = world.home(
        troy, guardians=[world.guardian("Alician", mobile=NUMBER, address="1 Oak St\nX")]
    )
    other = world.home(
        ali, guardians=[world.guardian("Amina", mobile=NUMBER, address="2 Elm St\nX")]
    )
    return one, other


def test_a_stop_from_a_shared_number_holds_for_both_families_and_both_are_climbed_on(
    world: World, at: Path, noted: Noted, office: User
) -> None:
    one, other = shared(world)
    world.write(purpose=Purpose.PERSONAL, audience=Audience(schools=("s",)))
    job(world)
    clock.stop_at(at, MONDAY_MORNING + timedelta(hours=1))
    text("STOP", "SM1")
    assert Stop.objects.filter(lifted_at=None).count() == 1
    pass_time(at, world, every=timedelta(hours=3), until=MONDAY_MORNING + timedelta(days=12))
    assert (made(one), made(other)) == (["text", "letter"], ["text", "letter"])
    assert without_step(world, MONDAY_MORNING) == []


def test_a_reply_in_the_wrong_conversation_stops_no_climb_for_good(
    world: World, at: Path, noted: Noted, office: User
) -> None:
    one, other = shared(world)
    troy, ali = Student.objects.get(given="Troy"), Student.objects.get(given="Ali")
    personal(world, troy)
    job(world)
    clock.stop_at(at, MONDAY_MORNING + timedelta(minutes=30))
    personal(world, ali)
    job(world)
    text("Troy left it in the bus.", "SM1")
    clock.stop_at(at, MONDAY_MORNING + timedelta(minutes=40))
    job(world)
    assert states(other) == {ClimbState.DONE}
    assert states(one) == {ClimbState.OPEN}
    words = Entry.objects.get()
    move_entry(entry=words, household=one, student=troy, by=office)
    reopen(other, since=words.at, at=clock.now())
    clock.stop_at(at, MONDAY_MORNING + timedelta(minutes=50))
    job(world)
    assert (states(one), states(other)) == ({ClimbState.DONE}, {ClimbState.OPEN})
    pass_time(at, world, every=timedelta(hours=3), until=MONDAY_MORNING + timedelta(days=6))
    assert (made(one), made(other)) == (["text"], ["text", "letter"])
    assert without_step(world, MONDAY_MORNING) == []


def states(home: Household) -> set[str]:
    return set(Climb.objects.filter(household=home).values_list("state", flat=True))


def test_the_words_of_a_numbers_new_owner_never_count(
    world: World, at: Path, noted: Noted, office: User
) -> None:
    troy, home = alicians(world)
    personal(world, troy)
    job(world)
    text("wrong number", "SM1")
    text("Who is this? Please call me.", "SM2")
    text("ok", "SM3")
    last = Entry.objects.order_by("pk")
    assert [entry.conversation is None for entry in last] == [False, True, True]
    pass_time(at, world, every=timedelta(hours=3), until=MONDAY_MORNING + timedelta(days=5))
    assert made(home) == ["text", "letter"]
    since = MONDAY_MORNING
    row = report(world.district, students=Student.objects.all(), since=since, now=clock.now()).rows[
        0
    ]
    assert row.reason is not None
    assert Delivery.objects.get(household=home, channel="text").state == State.ACCEPTED


def test_the_new_owners_gesture_on_the_old_page_does_not_count_either(
    world: World, at: Path, noted: Noted, office: User
) -> None:
    from bothways.messaging.enums import Meaning
    from bothways.messaging.services.replies import receive_page

    troy, home = alicians(world)
    personal(world, troy)
    job(world)
    delivery = Delivery.objects.get(household=home)
    mark_wrong(point=ContactPoint.objects.get(kind="phone"), by=office)
    receive_page(delivery, words="", button=Meaning.ACKNOWLEDGED, form_key="f1")
    delivery.refresh_from_db()
    assert delivery.state == State.ACCEPTED
    assert states(home) == {ClimbState.OPEN}


def test_a_number_given_anew_is_theirs_again(
    world: World, at: Path, noted: Noted, office: User
) -> None:
    troy, home = alicians(world)
    personal(world, troy)
    job(world)
    text("wrong number", "SM1")
    alician = Guardian.objects.get(given="Alician")
    add_point(guardian=alician, kind=PointKind.PHONE, typed=NUMBER, mobile=True, by=office)
    text("It is me after all, please call.", "SM2")
    assert Conversation.objects.get(household=home).waiting_since == clock.now()
    job(world)
    assert states(home) == {ClimbState.DONE}


# The nights in which clocks change


@pytest.mark.parametrize(
    "evening",
    [datetime(2026, 10, 31, 18, tzinfo=CHICAGO), datetime(2027, 3, 13, 18, tzinfo=CHICAGO)],
)
def test_in_the_nights_of_the_clock_change_nothing_rings_and_nothing_goes_twice(
    world: World, at: Path, calls: None, noted: Noted, office: User, evening: datetime
) -> None:
    troy, home = alicians(world)
    start = evening.astimezone(UTC)
    clock.stop_at(at, start - timedelta(hours=23))
    personal(world, troy)
    job(world)
    clock.stop_at(at, start)
    world.write(purpose=Purpose.TIMELY)
    pass_time(at, world, every=timedelta(minutes=10), until=start + timedelta(hours=18))
    pass_time(at, world, every=timedelta(hours=1), until=start + timedelta(days=2))
    district = world.district
    for moment, way, _ in noted.when:
        local = moment.astimezone(CHICAGO).time()
        quiet = local >= district.quiet_from or local < district.quiet_until
        assert not (way in ("text", "voice") and quiet), (moment, way)
    sent = Delivery.objects.filter(household=home).exclude(state=State.WITHHELD.value)
    assert len(noted.when) == sent.filter(rank__gte=State.ACCEPTED.rank).count()
    per_message = Counter(sent.values_list("message", "channel", "attempt"))
    assert set(per_message.values()) == {1}


# A school closed for a week


def test_when_school_is_closed_paper_and_people_wait_and_urgent_words_go(
    world: World, at: Path, noted: Noted, office: User
) -> None:
    emily = world.student("Emily")
    home = world.home(emily, guardians=[world.guardian("Rosa", address="9 Fence Rd\nGrand Bend")])
    troy, troys = alicians(world)
    week = [date(2026, 9, 15) + timedelta(days=n) for n in range(6)]
    ClosedDay.objects.bulk_create(
        ClosedDay(district=world.district, day=day, title="Flood") for day in week
    )
    personal(world, troy)
    personal(world, emily)
    job(world)
    assert made(home) == ["letter"]  # Monday: there is school
    pass_time(at, world, every=timedelta(hours=4), until=MONDAY_MORNING + timedelta(days=6))
    paper = [m for m, way, _ in noted.when if way in ("letter", "handover")]
    assert [moment.astimezone(CHICAGO).date() for moment in paper] == [date(2026, 9, 14)]
    assert [t.due for t in Task.objects.all() if t.due in week] == []
    before = len(noted.when)
    world.write(purpose=Purpose.EMERGENCY, en="The school is closed.", es="Cerrado.")
    job(world)
    assert noted.ways()[before:] == ["text"] or "text" in noted.ways()[before:]
    assert made(troys).count("text") == 2
    pass_time(at, world, every=timedelta(hours=4), until=MONDAY_MORNING + timedelta(days=16))
    assert [t.due for t in Task.objects.all() if t.due in week or t.due.weekday() > 4] == []
    assert without_step(world, MONDAY_MORNING) == []


# Two languages at one home; no voice at all


def test_each_guardian_reads_their_own_language(world: World, at: Path, noted: Noted) -> None:
    nour = world.student("Nour")
    karim = world.guardian("Karim", mobile="+15125550151", reads="ar", speaks="ar")
    ana = world.guardian("Ana", mobile="+15125550152", reads="es", speaks="es")
    home = world.home(nour, guardians=[karim, ana])
    assert nour.sis_id is not None
    world.write(
        purpose=Purpose.PERSONAL,
        audience=Audience(students=(nour.sis_id,)),
        student=nour,
        en="Nour reads well.",
        ar="نور تقرأ جيدًا.",
        es="Nour lee bien.",
    )
    job(world)
    told = {out.to: out.versions[0].language for out in noted.sent}
    assert told == {"+15125550151": "ar", "+15125550152": "es"}
    text("Gracias, lo vi. ¿Cuándo podemos hablar?", "SM1", from_="+15125550152")
    pass_time(at, world, every=timedelta(hours=3), until=MONDAY_MORNING + timedelta(days=3))
    assert made(home) == ["text", "text"]
    assert states(home) == {ClimbState.DONE}


def test_a_letter_to_two_languages_is_one_letter_in_both(
    world: World, at: Path, noted: Noted
) -> None:
    nour = world.student("Nour")
    address = "4 Elm St\nGrand Bend"
    karim = world.guardian("Karim", address=address, reads="ar")
    ana = world.guardian("Ana", address=address, reads="es")
    home = world.home(nour, guardians=[karim, ana])
    world.write(en="News.", ar="أخبار.", es="Noticias.")
    assert made(home) == ["letter"]
    assert sorted(Delivery.objects.get(household=home).languages) == ["ar", "es"]


def test_without_any_voice_the_climb_goes_by_the_ways_there_are(
    world: World, at: Path, noted: Noted, office: User
) -> None:
    troy, home = alicians(world)
    personal(world, troy)
    pass_time(at, world, every=timedelta(hours=4), until=MONDAY_MORNING + timedelta(days=16))
    assert made(home) == ["text", "letter"]
    task = Task.objects.get(household=home, state="open")
    assert (task.kind, task.owner) == (TaskKind.CALL, office)


# A family that is recorded in another way


def _joined(world: World) -> tuple[Student, Household, Household, Guardian, Guardian]:
    """Karim and Layla have a child and two homes; nobody of his gave a sign yet."""
    nour = world.student("Nour")
    karim = world.guardian("Karim", mobile="+15125550151", address="4 Elm St\nGrand Bend")
    layla = world.guardian("Layla", mobile="+15125550161", address="8 Oak St\nGrand Bend")
    hers = Household.objects.create(district=world.district, created_at=clock.now())
    his = world.home(nour, guardians=[karim])  # the younger one: it is given up where the two join
    Link.objects.create(district=world.district, student=nour, guardian=layla, primary_contact=True)
    layla.household = hers
    layla.save()
    rebuild_households(world.district)
    layla.refresh_from_db()
    assert layla.household is not None
    return nour, his, layla.household, karim, layla


def move_in(world: World, who: Guardian, address: str, by: User) -> None:
    """They live at another address now; families are worked out anew."""
    for point in who.points.filter(kind="postal"):
        point.ended_at = clock.now()
        point.save()
    add_point(guardian=who, kind=PointKind.POSTAL, typed=address, mobile=False, by=by)
    rebuild_households(world.district, [who.pk])


def test_when_two_homes_become_one_their_climbs_become_one(
    world: World, at: Path, noted: Noted, office: User
) -> None:
    nour, his, hers, karim, _ = _joined(world)
    personal(world, nour)
    job(world)
    pass_time(at, world, every=timedelta(hours=6), until=MONDAY_MORNING + timedelta(days=1))
    move_in(world, karim, "8 Oak St\nGrand Bend", office)
    his.refresh_from_db()
    assert his.ended_at is not None
    pass_time(at, world, every=timedelta(hours=6), until=MONDAY_MORNING + timedelta(days=20))
    open_ = Climb.objects.filter(state__in=["open", "paused"])
    assert set(open_.values_list("household", flat=True)) == {hers.pk}
    homes = Task.objects.filter(state="open").values_list("household", flat=True)
    assert list(homes) == [hers.pk]
    assert without_step(world, MONDAY_MORNING) == []


def test_what_a_family_wrote_waits_for_an_answer_after_it_moved(
    world: World, at: Path, noted: Noted, office: User
) -> None:
    from bothways.messaging.queries import conversations_for

    nour, _, hers, karim, _ = _joined(world)
    personal(world, nour)
    job(world)
    text("Can you call me after six?", "SM1", from_="+15125550151")
    since = Conversation.objects.get(waiting_since__isnull=False).waiting_since
    move_in(world, karim, "8 Oak St\nGrand Bend", office)
    clock.stop_at(at, MONDAY_MORNING + timedelta(minutes=30))
    job(world)
    talk = Conversation.objects.get(waiting_since__isnull=False)
    assert (talk.household, talk.waiting_since) == (hers, since)
    assert talk in conversations_for(office)
    assert [entry.body for entry in talk.entries.all()] == ["Can you call me after six?"]
    row = report(
        world.district,
        students=Student.objects.all(),
        since=MONDAY_MORNING,
        now=clock.now(),
    ).rows
    assert [(r.household_id, r.reason) for r in row] == [(hers.pk, None)]


def test_two_conversations_about_one_child_become_one_that_waits(
    world: World, at: Path, noted: Noted, office: User
) -> None:
    nour, his, hers, karim, _ = _joined(world)
    personal(world, nour)
    job(world)
    text("Can you call me after six?", "SM1", from_="+15125550151")
    text("ok", "SM2", from_="+15125550161")
    assert Conversation.objects.count() == 2
    move_in(world, karim, "8 Oak St\nGrand Bend", office)
    follow_homes(world.district, at=clock.now())
    talk = Conversation.objects.get(household=hers)
    assert talk.waiting_since == clock.now()
    assert talk.entries.count() == 2
    assert not Conversation.objects.filter(household=his, waiting_since__isnull=False).exists()


def test_a_fathers_words_never_follow_his_child_to_the_mother(
    world: World, at: Path, noted: Noted, office: User
) -> None:
    nour, his, hers, karim, _ = _joined(world)
    personal(world, nour)
    job(world)
    text("Can you call me after six?", "SM1", from_="+15125550151")
    Link.objects.filter(guardian=karim).update(ended_at=clock.now())
    rebuild_households(world.district)
    his.refresh_from_db()
    assert his.ended_at is not None
    job(world)
    assert not Conversation.objects.filter(household=hers).exists()
    assert not Climb.objects.filter(household=his, state__in=["open", "paused"]).exists()
    assert without_step(world, MONDAY_MORNING) == []


def test_a_student_who_was_alone_takes_what_was_tried_to_the_family_that_was_found(
    world: World, at: Path, noted: Noted, office: User
) -> None:
    sam, mia = world.student("Sam"), world.student("Mia")
    alone = world.home(sam)
    aunt = world.guardian("Wanda", mobile=NUMBER, address="7 Elm St\nGrand Bend")
    known = world.home(mia, guardians=[aunt])
    personal(world, sam)
    job(world)
    assert Task.objects.get(household=alone).kind == TaskKind.FIND_GUARDIAN
    Link.objects.create(district=world.district, student=sam, guardian=aunt)
    rebuild_households(world.district, [aunt.pk])
    alone.refresh_from_db()
    assert alone.ended_at is not None
    clock.stop_at(at, MONDAY_MORNING + timedelta(hours=1))
    job(world)
    pass_time(at, world, every=timedelta(hours=6), until=MONDAY_MORNING + timedelta(days=2))
    assert not Climb.objects.filter(household=alone, state="open").exists()
    assert not Task.objects.filter(household=alone, state="open").exists()
    assert Climb.objects.filter(household=known, state="open").exists()
    assert made(known) == ["text", "letter"]
    assert without_step(world, MONDAY_MORNING) == []


def test_a_family_that_moves_house_keeps_its_climb(
    world: World, at: Path, noted: Noted, office: User
) -> None:
    troy, home = alicians(world)
    personal(world, troy)
    job(world)
    alician = Guardian.objects.get()
    move_in(world, alician, "77 New Rd\nGrand Bend", office)
    alician.refresh_from_db()
    assert alician.household == home
    pass_time(at, world, every=timedelta(hours=4), until=MONDAY_MORNING + timedelta(days=5))
    letter = Delivery.objects.get(household=home, channel="letter")
    assert letter.address == "77 New Rd\nGrand Bend"
