"""The climb on a database: what goes out, what stops it, and whose turn it is."""

from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from django.db.models import Min

from bothways.accounts.enums import Role
from bothways.accounts.models import Membership, User
from bothways.channels.enums import Channel
from bothways.channels.services import configure
from bothways.consent.models import Stop
from bothways.consent.services import stop
from bothways.core import clock
from bothways.messaging.audience import Audience
from bothways.messaging.enums import Meaning, Purpose, State
from bothways.messaging.models import Delivery, Message
from bothways.messaging.services.evidence import refresh_families
from bothways.messaging.services.further import send_further
from bothways.messaging.services.replies import receive_page
from bothways.outreach.enums import ClimbState, Result, TaskKind, TaskState, Way
from bothways.outreach.models import Climb, Task
from bothways.outreach.queries import next_steps
from bothways.outreach.services.climbing import advance
from bothways.outreach.services.contacts import note_contact
from bothways.outreach.services.plans import open_plan, pause
from bothways.outreach.services.policies import choose_policy, use
from bothways.people.models import Household, Restriction, Student
from bothways.reach.queries import report
from messaging.world import MONDAY_MORNING, World

pytestmark = pytest.mark.django_db


@pytest.fixture
def calls(world: World) -> None:
    """An installation that can call."""
    configure(
        "twilio_voice", {"account_sid": "AC1", "auth_token": "t", "from_number": "+15005550006"}
    )


@pytest.fixture
def office(world: World) -> User:
    user = User.objects.create_user("office@d.example", district=world.district, given="Ofelia")
    Membership.objects.create(
        district=world.district, user=user, role=Role.OFFICE.value, school=world.school
    )
    return user


def pass_time(at: Path, world: World, **span: float) -> datetime:
    """Let time pass and everything be decided that is due by then."""
    now = clock.now() + timedelta(**span)
    clock.stop_at(at, now)
    advance(world.district, at=now)
    return now


def go_on(at: Path, world: World, times: int = 1) -> None:
    """Let what was sent arrive, and time go on to the next decision."""
    for _ in range(times):
        arrives()
        due = Climb.objects.filter(state="open").aggregate(at=Min("next_at"))["at"]
        if due is None:
            return
        clock.stop_at(at, max(due, clock.now()))
        advance(world.district, at=clock.now())


def arrives(*, channel: Channel | None = None, state: State = State.DELIVERED) -> None:
    """What waits goes out and comes to this state."""
    waiting = Delivery.objects.filter(state=State.QUEUED.value)
    if channel:
        waiting = waiting.filter(channel=channel.value)
    waiting.update(state=state.value, rank=state.rank, accepted_at=clock.now())


def channels(home: Household | None = None) -> list[str]:
    found = Delivery.objects.exclude(state=State.WITHHELD.value).order_by("pk")
    if home:
        found = found.filter(household=home)
    return list(found.values_list("channel", flat=True))


def about(world: World, child: Student) -> Message:
    assert child.sis_id is not None
    message, _ = world.write(
        purpose=Purpose.PERSONAL, audience=Audience(students=(child.sis_id,)), student=child
    )
    return message


def alicians(world: World) -> tuple[Student, Household]:
    troy = world.student("Troy")
    alician = world.guardian("Alician", mobile="+15125550143", address="1 Oak St\nGrand Bend")
    return troy, world.home(troy, guardians=[alician])


def test_without_a_sign_it_climbs_from_text_to_call_to_letter_to_a_person(
    world: World, at: Path, calls: None, office: User
) -> None:
    troy, home = alicians(world)
    about(world, troy)
    pass_time(at, world, minutes=1)
    go_on(at, world, 14)
    # Somebody took the call and heard it: it is not made again.
    assert channels(home) == ["text", "voice", "letter"]
    task = Task.objects.get(household=home)
    assert (task.kind, task.owner, task.state) == (TaskKind.CALL, office, TaskState.OPEN)
    assert task.due > task.opened_at.date()


def test_a_sign_stops_it_at_once(world: World, at: Path, calls: None) -> None:
    troy, home = alicians(world)
    message = about(world, troy)
    pass_time(at, world, minutes=1)
    go_on(at, world, 3)
    assert channels(home) == ["text", "voice"]
    first = Delivery.objects.get(message=message, channel="text")
    receive_page(first, words="", button=Meaning.ACKNOWLEDGED, form_key="f1")
    pass_time(at, world, minutes=1)
    call = Delivery.objects.get(message=message, channel="voice")
    assert call.state == State.WITHHELD
    assert set(Climb.objects.values_list("state", flat=True)) == {ClimbState.DONE}
    for _ in range(30):
        pass_time(at, world, days=1)
    assert channels(home) == ["text"]
    assert not Task.objects.exists()


def test_the_sign_of_one_guardian_is_enough(world: World, at: Path, calls: None) -> None:
    nour = world.student("Nour")
    karim = world.guardian("Karim", mobile="+15125550150")
    layla = world.guardian("Layla", mobile="+15125550151")
    world.home(nour, guardians=[karim, layla])
    message = about(world, nour)
    arrives()
    delivery = Delivery.objects.filter(message=message).order_by("pk")[0]
    receive_page(delivery, words="Gracias", button=None, form_key="f2")
    for _ in range(20):
        pass_time(at, world, days=1)
    assert channels() == ["text", "text"]


def test_what_failed_is_not_waited_for(world: World, at: Path, calls: None, office: User) -> None:
    troy, home = alicians(world)
    about(world, troy)
    pass_time(at, world, minutes=1)
    text = Delivery.objects.get(household=home)
    text.state, text.rank = State.UNDELIVERED.value, State.UNDELIVERED.rank
    text.accepted_at = clock.now()
    text.save()
    refresh_families([home.pk])
    pass_time(at, world, hours=8, minutes=1)  # five in the afternoon
    pass_time(at, world, minutes=1)
    assert channels(home) == ["text", "voice"]


def test_a_sign_between_the_decision_and_the_statement_counts(
    world: World, at: Path, calls: None
) -> None:
    troy, home = alicians(world)
    message = about(world, troy)
    arrives(state=State.SEEN)
    assert send_further(message, [(home.pk, Channel.VOICE)], at=clock.now()) == set()


def test_an_order_in_the_middle_of_a_climb_ends_contact(
    world: World, at: Path, calls: None, office: User
) -> None:
    troy, home = alicians(world)
    about(world, troy)
    arrives()
    link = troy.links.get()
    Restriction.objects.create(district=world.district, link=link, kind="contact")
    for _ in range(12):
        pass_time(at, world, days=1)
        arrives()
    assert channels(home) == ["text"]
    assert Task.objects.get(household=home).kind == TaskKind.READ_ORDER


def test_a_stop_in_the_middle_closes_that_address_and_no_other(
    world: World, at: Path, calls: None
) -> None:
    troy, home = alicians(world)
    about(world, troy)
    arrives()
    stop(
        district=world.district,
        kind="phone",
        match="+15125550143",
        by=Stop.By.OURS,
        at=clock.now(),
    )
    for _ in range(5):
        pass_time(at, world, days=1)
        arrives()
    assert channels(home) == ["text", "letter"]


def test_emilys_parents_have_a_letter_and_then_somebody_who_goes_there(
    world: World, at: Path, office: User
) -> None:
    emily = world.student("Emily")
    parents = world.guardian("Rosa", address="9 Fence Rd\nGrand Bend")
    home = world.home(emily, guardians=[parents])
    about(world, emily)
    kinds = []
    for _ in range(60):
        arrives()
        pass_time(at, world, days=1)
        task = Task.objects.filter(household=home, state=TaskState.OPEN.value).first()
        if task and clock.now().date() >= task.due:
            kinds.append(task.kind)
            way = Way.HANDOVER if task.kind == TaskKind.HANDOVER else Way.VISIT
            task.state, task.closed_at = TaskState.DONE.value, clock.now()
            task.save()
            note_contact(
                household=home, guardian=None, way=way, result=Result.NO_ANSWER, words="", by=office
            )
            Climb.objects.filter(household=home, state="open").update(next_at=clock.now())
    assert channels(home) == ["letter"]
    assert kinds[:2] == [TaskKind.HANDOVER, TaskKind.VISIT]
    assert Climb.objects.filter(household=home, message=None, state="open").count() == 1


def test_a_family_without_guardian_is_the_offices_turn(
    world: World, at: Path, office: User
) -> None:
    alone = world.student("Sam")
    home = world.home(alone)
    world.write()
    pass_time(at, world, minutes=1)
    task = Task.objects.get(household=home)
    assert (task.kind, task.role, task.owner) == (TaskKind.FIND_GUARDIAN, "office", office)


def test_who_does_not_read_is_called_first_where_calls_can_be_made(
    world: World, at: Path, calls: None
) -> None:
    child = world.student("Ali")
    mother = world.guardian("Amina", mobile="+15125550160", can_read=False)
    home = world.home(child, guardians=[mother])
    world.write()
    assert channels(home) == ["voice"]


def test_two_words_to_one_family_do_not_go_out_in_one_minute(
    world: World, at: Path, calls: None
) -> None:
    troy, home = alicians(world)
    about(world, troy)
    about(world, troy)
    arrives()
    pass_time(at, world, days=1.1)
    pass_time(at, world, hours=7)  # five in the afternoon and later: a good hour to call
    calls_made = Delivery.objects.filter(household=home, channel="voice").count()
    assert calls_made == 1


def test_the_family_of_nine_children_is_asked_once(world: World, at: Path, office: User) -> None:
    children = [world.student(f"Child{n}") for n in range(9)]
    home = world.home(*children, guardians=[world.guardian("Ines", phone="+15125550170")])
    for child in children:
        about(world, child)
    arrives(state=State.UNDELIVERED)
    for _ in range(4):
        pass_time(at, world, days=1)
    assert Task.objects.filter(household=home, state=TaskState.OPEN.value).count() == 1


def test_a_family_in_contact_is_not_climbed_to_for_the_news(
    world: World, at: Path, calls: None
) -> None:
    _, home = alicians(world)
    message, _ = world.write()
    receive_page(Delivery.objects.get(message=message), words="Thanks", button=None, form_key="f3")
    arrives(state=State.SEEN)
    later = clock.now() + timedelta(days=8)
    clock.stop_at(at, later)
    world.write()
    for _ in range(20):
        arrives()
        pass_time(at, world, days=1)
    assert channels(home) == ["text", "text"]


def test_the_climb_of_a_closed_month_begins_again_with_the_next_word(
    world: World, at: Path, calls: None
) -> None:
    _, home = alicians(world)
    use(world.district, "text_call_nothing")
    world.write()
    pass_time(at, world, minutes=1)
    go_on(at, world, 8)
    assert Climb.objects.get(household=home, message=None).state == ClimbState.OVER
    world.write()
    pass_time(at, world, minutes=1)
    assert Climb.objects.get(household=home, message=None).state == ClimbState.OPEN


def test_text_call_nothing_is_what_it_says(world: World, at: Path, calls: None) -> None:
    _, home = alicians(world)
    use(world.district, "text_call_nothing")
    world.write()
    pass_time(at, world, minutes=1)
    go_on(at, world, 9)
    assert channels(home) == ["text", "voice"]
    assert not Task.objects.exists()


def test_text_and_email_goes_to_every_address_and_nowhere_else(world: World, at: Path) -> None:
    use(world.district, "text_and_email")
    troy = world.student("Troy")
    alician = world.guardian("Alician", mobile="+15125550143", email="a@families.example")
    world.home(troy, guardians=[alician])
    emily = world.student("Emily")
    world.home(emily, guardians=[world.guardian("Rosa", address="9 Fence Rd")])
    world.write()
    assert Counter(channels()) == Counter({"text": 1, "email": 1})


def test_a_policy_of_ones_own_holds(world: World, at: Path, calls: None) -> None:
    troy, home = alicians(world)
    choose_policy(
        district=world.district,
        purpose="personal",
        values={"enough": "seen", "waits": {"text": 60, "letter": 600}, "people": ["visit"]},
        by=None,
    )
    about(world, troy)
    arrives()
    pass_time(at, world, hours=2)
    assert channels(home) == ["text", "letter"]


def test_every_family_that_is_not_reached_has_a_step_with_owner_and_date(
    world: World, at: Path, calls: None, office: User
) -> None:
    alicians(world)
    world.home(world.student("Emily"), guardians=[world.guardian("Rosa", address="9 Fence Rd")])
    world.home(world.student("Sam"))
    world.home(world.student("Lin"), guardians=[world.guardian("Wei", reads="am")])
    world.write()
    students = Student.objects.filter(district=world.district)
    for _ in range(25):
        arrives()
        now = pass_time(at, world, days=1)
        since = MONDAY_MORNING - timedelta(days=1)
        rows = report(world.district, students=students, since=since, now=now).rows
        steps = next_steps(world.district, rows, since=since, now=now)
        missing = [r.household_id for r in rows if r.reason and r.household_id not in steps]
        assert missing == []
        today: date = now.astimezone(world.district.zone).date()
        assert all(step.what and step.owner_name for step in steps.values())
        assert all(step.due >= today or step.task for step in steps.values())


def test_a_restart_in_the_middle_does_nothing_twice(world: World, at: Path, calls: None) -> None:
    troy, home = alicians(world)
    about(world, troy)
    arrives()
    now = pass_time(at, world, days=1.1)
    for _ in range(3):
        advance(world.district, at=now)
    pass_time(at, world, hours=7)
    advance(world.district, at=clock.now())
    assert channels(home) == ["text", "voice"]


def test_a_plan_that_rests_lets_nothing_climb_but_an_emergency(
    world: World, at: Path, calls: None, office: User
) -> None:
    troy, home = alicians(world)
    plan = open_plan(household=home, owner=office, by=office)
    until = clock.now().date() + timedelta(days=30)
    pause(plan=plan, until=until, why="They asked for rest.", reviewer=office, by=office)
    about(world, troy)
    arrives()
    for _ in range(3):
        pass_time(at, world, days=1)
    assert channels(home) == ["text"]
    world.write(purpose=Purpose.EMERGENCY)
    arrives()
    pass_time(at, world, minutes=1)
    pass_time(at, world, minutes=11)
    assert channels(home) == ["text", "text", "voice"]


def test_paper_that_still_waits_is_called_off_when_the_text_beside_it_was_seen(
    world: World, at: Path
) -> None:
    emily = world.student("Emily")
    rosa = world.guardian("Rosa", phone="+15125550180", address="9 Fence Rd\nGrand Bend")
    home = world.home(emily, guardians=[rosa])
    message, _ = world.write()
    assert sorted(channels(home)) == ["letter", "text"]
    text = Delivery.objects.get(message=message, channel="text")
    receive_page(text, words="", button=Meaning.ACKNOWLEDGED, form_key="f9")
    pass_time(at, world, minutes=1)
    letter = Delivery.objects.get(message=message, channel="letter")
    assert (letter.state, letter.error) == (State.WITHHELD, "sign_came")
