"""Shared goals: who sets and reads them, and the one question a week."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from bothways.accounts.enums import Role
from bothways.accounts.models import Duty, Membership, Teaching, User
from bothways.cases.goal_enums import AskEvery, GoalState, Happened, SetBy
from bothways.cases.goal_queries import goals_at_home, goals_for, goals_of_student
from bothways.cases.goal_rules import Askable, due, monday, one_each
from bothways.cases.goal_templates import LANGUAGES, templates
from bothways.cases.models import Goal, GoalAlarm, GoalAsked, GoalEvent
from bothways.cases.refusals import NotYours, Unusable
from bothways.cases.services.goal_asking import ask_goals, take_in_goals
from bothways.cases.services.goals import (
    MOST,
    Danger,
    GoalDraft,
    change_goal,
    end_goal,
    say_how,
    set_goal,
)
from bothways.channels.contract import Event
from bothways.channels.enums import EventKind
from bothways.channels.services import store
from bothways.core import clock
from bothways.messaging.models import Conversation, Entry
from bothways.messaging.services.receipts import apply_waiting
from bothways.messaging.services.sending import send_due
from bothways.people.enums import WordClass
from bothways.people.models import Enrollment, Guardian, Link, Student
from bothways.schools.models import Section
from messaging.world import MONDAY_MORNING, FakeCarrier, World

NUMBER = "+13125550101"
THURSDAY_EVENING = MONDAY_MORNING + timedelta(days=3, hours=9)  # six in Chicago
_texts = iter(range(10_000))


@pytest.fixture
def troy(world: World, carrier: FakeCarrier) -> Student:
    """Alician, Troy's and Maya's mother; Hector may not be contacted about Troy."""
    troy, maya = world.student("Troy"), world.student("Maya")
    mother = world.guardian("Alician", mobile=NUMBER, reads="es")
    world.home(troy, maya, guardians=[mother])
    father = world.guardian("Hector", mobile="+13125550103")
    world.home(world.student("Ana"), guardians=[father])
    Link.objects.create(district=world.district, student=troy, guardian=father)
    world.bar(troy, father)
    return troy


@pytest.fixture
def mrs_c(world: World, troy: Student) -> User:
    user = User.objects.create_user("c@example.org", district=world.district, given="C")
    Membership.objects.create(
        district=world.district, user=user, role=Role.TEACHER, school=world.school
    )
    room = Section.objects.create(
        district=world.district, school=world.school, sis_id="12", title="Room 12"
    )
    Teaching.objects.create(district=world.district, user=user, section=room)
    Enrollment.objects.create(district=world.district, student=troy, section=room)
    return user


def guardian(given: str) -> Guardian:
    return Guardian.objects.get(given=given)


def draft(words: str = "Troy reads every evening", **more: object) -> GoalDraft:
    until = more.pop("until", date(2026, 12, 1))
    return GoalDraft(words, "en", until, **more)  # type: ignore[arg-type]


def weekly(**more: object) -> GoalDraft:
    return draft(ask_every=AskEvery.WEEK, said_in={"es": {"words": "Troy lee"}}, **more)


def text(body: str) -> None:
    store(
        "twilio",
        [Event(EventKind.INBOUND, f"SM{next(_texts)}", from_=NUMBER, to="+1500", body=body)],
    )
    apply_waiting()


def test_a_parent_with_standing_sets_a_goal_and_a_barred_one_does_not(
    world: World, troy: Student, mrs_c: User
) -> None:
    made = set_goal(student=troy, draft=draft(), by=guardian("Alician"), form_key="a")
    again = set_goal(student=troy, draft=draft(), by=guardian("Alician"), form_key="a")
    assert made == again
    assert (made.set_by, made.guardian) == (SetBy.FAMILY.value, guardian("Alician"))
    with pytest.raises(NotYours):
        set_goal(student=troy, draft=draft(), by=guardian("Hector"), form_key="b")
    with pytest.raises(NotYours):
        say_how(
            goal=made, words="fine", value=3, language="en", by=guardian("Hector"), form_key="c"
        )
    with pytest.raises(Unusable):  # nor in his name
        set_goal(student=troy, draft=draft(guardian=guardian("Hector")), by=mrs_c, form_key="d")
    assert Goal.objects.count() == 1


def test_only_who_serves_the_child_sees_its_goals(world: World, troy: Student, mrs_c: User) -> None:
    made = set_goal(student=troy, draft=draft(), by=mrs_c, form_key="a")
    other = User.objects.create_user("o@example.org", district=world.district, given="O")
    Membership.objects.create(
        district=world.district, user=other, role=Role.TEACHER, school=world.school
    )
    assert list(goals_for(mrs_c)) == [made]
    assert list(goals_for(other)) == []
    with pytest.raises(NotYours):
        change_goal(goal=made, draft=draft("Other words"), by=other)


def test_what_a_student_keeps_from_home_is_not_on_the_familys_page(
    world: World, troy: Student, mrs_c: User
) -> None:
    own = set_goal(student=troy, draft=draft(only_school=True), by=troy, form_key="a")
    shared = set_goal(student=troy, draft=draft("I read aloud"), by=troy, form_key="b")
    assert own.word_class == WordClass.STUDENT_VOICE.value
    assert list(goals_at_home([troy])) == [shared]
    assert set(goals_of_student(troy)) == {own, shared}
    assert set(goals_for(mrs_c)) == {own, shared}
    with pytest.raises(NotYours):
        end_goal(goal=own, to=GoalState.LET_GO, words="no", by=guardian("Alician"))
    with pytest.raises(IntegrityError), transaction.atomic():
        Goal.objects.filter(pk=own.pk).update(ask_every=AskEvery.WEEK.value)


@pytest.mark.parametrize(
    "wrong",
    [
        {"words": " \x00 "},
        {"words": "x" * (MOST + 1)},
        {"home_does": "x" * 10_000},
        {"until": date(2026, 9, 13)},
        {"until": date(2030, 1, 1)},
        {"ask_weekday": 6},
    ],
)
def test_what_cannot_be_a_goal_is_refused(
    world: World, troy: Student, mrs_c: User, wrong: dict[str, object]
) -> None:
    with pytest.raises(Unusable):
        set_goal(student=troy, draft=draft(**wrong), by=mrs_c, form_key="a")
    assert Goal.objects.count() == 0


def test_a_changed_goal_keeps_what_it_said_and_an_ended_one_says_why(
    world: World, troy: Student, mrs_c: User
) -> None:
    goal = set_goal(student=troy, draft=draft(), by=mrs_c, form_key="a")
    change_goal(goal=goal, draft=draft("Troy reads on three evenings"), by=mrs_c)
    changed = GoalEvent.objects.get(goal=goal, kind=Happened.CHANGED.value)
    assert changed.before == {"words": "Troy reads every evening"}
    with pytest.raises(Unusable):
        end_goal(goal=goal, to=GoalState.LET_GO, words=" ", by=mrs_c)
    end_goal(goal=goal, to=GoalState.LET_GO, words="The evenings are too full", by=mrs_c)
    with pytest.raises(Unusable):
        say_how(goal=goal, words="", value=3, language="en", by=mrs_c, form_key="z")
    end_goal(goal=goal, to=GoalState.OPEN, words="", by=mrs_c)
    goal.refresh_from_db()
    assert (goal.state, goal.end_words, goal.ended_at) == ("open", "", None)


def test_words_of_danger_are_no_goal_and_are_told(world: World, troy: Student, mrs_c: User) -> None:
    Duty.objects.create(district=world.district, user=mrs_c)
    with pytest.raises(Danger) as parent:
        set_goal(
            student=troy,
            draft=draft("He says he wants to kill himself"),
            by=guardian("Alician"),
            form_key="a",
        )
    parent.value.tell()
    assert Entry.objects.get().danger
    with pytest.raises(Danger) as student:
        set_goal(student=troy, draft=draft("I want to kill myself"), by=troy, form_key="b")
    student.value.tell()
    student.value.tell()
    assert [alarm.user for alarm in GoalAlarm.objects.all()] == [mrs_c]
    assert Goal.objects.count() == 0


def test_a_family_is_asked_at_its_hour_once_and_its_number_is_taken_in(
    world: World, troy: Student, mrs_c: User, carrier: FakeCarrier, at: Path
) -> None:
    goal = set_goal(student=troy, draft=weekly(), by=mrs_c, form_key="a")
    assert ask_goals(at=clock.now()) == 0  # a Monday
    clock.stop_at(at, THURSDAY_EVENING)
    assert [ask_goals(at=clock.now()) for _ in range(2)] == [1, 0]
    send_due(world.district, urgent=False)
    assert [out.to for out in carrier.sent] == [NUMBER]
    body = carrier.sent[0].versions[0].body
    assert "Troy: «Troy lee». ¿Cómo fue esta semana?" in body
    text("4")
    assert take_in_goals() == 1
    assert take_in_goals() == 0
    check = GoalEvent.objects.get(goal=goal, kind=Happened.CHECKED.value)
    assert (check.value, check.guardian, check.words) == (4, guardian("Alician"), "")
    assert Conversation.objects.get().waiting_since is None


def test_words_besides_the_number_stay_with_who_answers_and_are_not_on_the_goal(
    world: World, troy: Student, mrs_c: User, at: Path
) -> None:
    set_goal(student=troy, draft=weekly(), by=mrs_c, form_key="a")
    clock.stop_at(at, THURSDAY_EVENING)
    ask_goals(at=clock.now())
    send_due(world.district, urgent=False)
    text("3 pero lloró anoche")
    assert take_in_goals() == 1
    assert GoalEvent.objects.get(kind=Happened.CHECKED.value).words == ""
    assert Conversation.objects.get().waiting_since is not None


def test_two_goals_of_two_children_make_one_question_a_week(
    world: World, troy: Student, mrs_c: User, at: Path
) -> None:
    maya = Student.objects.get(given="Maya")
    first = set_goal(student=troy, draft=weekly(), by=mrs_c, form_key="a")
    second = set_goal(student=maya, draft=weekly(), by=guardian("Alician"), form_key="b")
    clock.stop_at(at, THURSDAY_EVENING)
    assert ask_goals(at=clock.now()) == 1
    assert [one.goal for one in GoalAsked.objects.all()] == [first]
    clock.stop_at(at, THURSDAY_EVENING + timedelta(days=7))
    assert ask_goals(at=clock.now()) == 1  # the one that waited
    assert [one.goal for one in GoalAsked.objects.order_by("pk")] == [first, second]
    with pytest.raises(IntegrityError), transaction.atomic():
        GoalAsked.objects.create(
            goal=first,
            household=GoalAsked.objects.first().household,  # type: ignore[union-attr]
            week=date(2026, 9, 14),
            at=clock.now(),
        )


def test_an_ended_goal_is_asked_no_more(world: World, troy: Student, mrs_c: User, at: Path) -> None:
    goal = set_goal(student=troy, draft=weekly(), by=mrs_c, form_key="a")
    clock.stop_at(at, THURSDAY_EVENING)
    ask_goals(at=clock.now())
    send_due(world.district, urgent=False)
    end_goal(goal=goal, to=GoalState.REACHED, words="", by=mrs_c)
    text("5")
    assert take_in_goals() == 0
    clock.stop_at(at, THURSDAY_EVENING + timedelta(days=7))
    assert ask_goals(at=clock.now()) == 0


days = st.dates(min_value=date(2026, 8, 1), max_value=date(2027, 7, 31))


@given(
    today=days,
    last=st.none() | days,
    until=days,
    weekday=st.integers(0, 4),
    every=st.sampled_from([AskEvery.WEEK, AskEvery.FORTNIGHT]),
    closed=st.frozensets(days, max_size=5),
)
def test_nobody_is_asked_twice_in_a_week_on_a_closed_day_or_after_the_end(
    today: date,
    last: date | None,
    until: date,
    weekday: int,
    every: AskEvery,
    closed: frozenset[date],
) -> None:
    if due(every, weekday, today, last=last, until=until, closed=closed):
        assert weekday <= today.weekday() <= 4
        assert today <= until
        assert today not in closed
        if last is not None:
            assert monday(today) - monday(last) >= timedelta(weeks=every.weeks)


@given(
    st.lists(st.tuples(st.frozensets(st.integers(1, 6), max_size=3), st.none() | days), max_size=8),
    st.frozensets(st.integers(1, 6), max_size=3),
)
def test_each_home_gets_one_question_at_most_and_one_where_it_can(
    goals: list[tuple[frozenset[int], date | None]], asked: frozenset[int]
) -> None:
    found = one_each((Askable(n, homes, last) for n, (homes, last) in enumerate(goals)), asked)
    homes = [home for chosen in found.values() for home in chosen]
    assert len(homes) == len(set(homes))
    assert not set(homes) & asked
    assert set(homes) == {home for some, _last in goals for home in some} - asked


def test_every_age_has_goals_to_begin_with_in_both_languages_and_the_students_part() -> None:
    for one in templates():
        for tag in LANGUAGES:
            assert all(one.parts(tag, "Troy").values())
            assert "{" not in "".join(one.parts(tag, "Troy").values())
    high = " ".join(one.said["en"]["words"] for one in templates() if one.band == "high")
    assert all(word in high for word in ("courses", "applies", "work", "trade", "money"))
