"""The climb, decided: ten thousand random families, and a few that have names."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bothways.channels.enums import Channel
from bothways.ledger.enums import Level
from bothways.outreach.enums import DayPart, StepKind, TaskKind
from bothways.outreach.policies import REACH, Policy, bundled
from bothways.outreach.rules import (
    PAPER,
    Evidence,
    Reachability,
    SchoolCalendar,
    Step,
    Try,
    Way,
    may_go,
    next_step,
)
from bothways.schools.calendar import is_school_day

CHICAGO = ZoneInfo("America/Chicago")
MONDAY = datetime(2026, 9, 14, 14, tzinfo=UTC)  # 9:00 in Chicago
CALENDAR = SchoolCalendar(CHICAGO, time(20), time(7), frozenset())
POLICIES = bundled()
PARTS = (DayPart.EVENING, DayPart.AFTERNOON, DayPart.MORNING)
ALICIAN = Reachability(
    has_guardian=True,
    may=True,
    ways=(
        Way(Channel.TEXT, fresh=1, used=0, likely=0.7),
        Way(Channel.VOICE, fresh=1, used=0, likely=0.5),
        Way(Channel.LETTER, fresh=1, used=0, likely=0.6),
    ),
    phone=True,
    address=True,
)
EMILYS_PARENTS = Reachability(
    has_guardian=True,
    may=True,
    ways=(Way(Channel.LETTER, fresh=1, used=0, likely=0.4),),
    address=True,
)


@dataclass
class Life:
    """A family as the world plays it: addresses that fail, people who do or do not answer."""

    family: Reachability
    policy: Policy
    now: datetime
    calendar: SchoolCalendar = CALENDAR
    level: Level = Level.NONE
    fails: frozenset[Channel] = frozenset()
    machine: bool = False  # calls are taken by a machine
    since: datetime = field(init=False)
    tries: list[Try] = field(default_factory=list)
    people: Counter[TaskKind] = field(default_factory=Counter)
    last_person: date | None = None
    steps: list[Step] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.since = self.now

    def evidence(self) -> Evidence:
        return Evidence(
            self.level, self.since, tuple(self.tries), dict(self.people), self.last_person
        )

    def step(self) -> Step:
        """Ask, note, and do what was said."""
        step = next_step(self.policy, self.family, self.evidence(), self.now, self.calendar)
        self.steps.append(step)
        if step.kind is StepKind.SEND:
            assert step.channel is not None
            failed = step.channel in self.fails
            unheard = step.channel is Channel.VOICE and self.machine
            self.tries.append(Try(step.channel, self.now, failed, unheard))
            self.family = replace(
                self.family,
                ways=tuple(_used(way, step.channel, failed) for way in self.family.ways),
            )
        elif step.kind is StepKind.PERSON:
            assert step.task is not None
            assert step.due is not None
            self.people[step.task] += 1
            self.last_person = step.due
            self.now = max(self.now, datetime.combine(step.due, time(18), self.calendar.zone))
        elif step.kind is StepKind.WAIT:
            assert step.until > self.now
            self.now = step.until
        return step


def _used(way: Way, channel: Channel, failed: bool) -> Way:
    if way.channel is not channel:
        return way
    fresh = max(way.fresh - 1, 0)
    # An address that failed is not usable any more.
    # A number that nobody took works all the same.
    works = not failed or channel is Channel.VOICE
    return replace(way, fresh=fresh, used=way.used + (works and way.fresh > 0))


ways = st.lists(
    st.builds(
        Way,
        channel=st.sampled_from([c for c in Channel if c is not Channel.HANDOVER]),
        fresh=st.integers(0, 11),
        used=st.integers(0, 2),
        likely=st.floats(0, 1),
        parts=st.sampled_from([(), PARTS, PARTS[::-1]]),
        ready=st.none()
        | st.datetimes(datetime(2026, 8, 1), datetime(2027, 6, 30), timezones=st.just(UTC)),
    ),
    unique_by=lambda way: way.channel,
    max_size=6,
)
families = st.builds(
    Reachability,
    has_guardian=st.booleans() | st.just(True),
    may=st.booleans() | st.just(True),
    ways=ways,
    phone=st.booleans(),
    address=st.booleans(),
    unsafe=st.booleans(),
)
calendars = st.builds(
    SchoolCalendar,
    zone=st.sampled_from([CHICAGO, ZoneInfo("Asia/Kolkata"), ZoneInfo("Australia/Lord_Howe")]),
    quiet_from=st.times(),
    quiet_until=st.times(),
    closed=st.frozensets(st.dates(date(2026, 8, 1), date(2027, 7, 31)), max_size=60),
)
moments = st.datetimes(datetime(2026, 8, 1), datetime(2027, 6, 30), timezones=st.just(UTC))
lives = st.builds(
    Life,
    family=families,
    policy=st.sampled_from(sorted(POLICIES.values(), key=lambda policy: policy.purpose)),
    now=moments,
    calendar=calendars,
    fails=st.frozensets(st.sampled_from(list(Channel))),
    machine=st.booleans(),
)
MANY = settings(max_examples=10_000, deadline=None)


@MANY
@given(life=lives)
def test_the_machine_comes_to_an_end_and_then_it_is_a_persons_turn(life: Life) -> None:
    """Never endless, never without a step, nobody contacted who may not be, nothing twice without cause."""
    fresh = {way.channel: way.fresh for way in life.family.ways}
    for _ in range(100):
        before = len(life.tries)
        step = life.step()
        if len(life.tries) > before:
            _was_due(life, life.tries[-1])
        if step.kind in (StepKind.PERSON, StepKind.DONE):
            break
    used = Counter(
        one.channel for one in life.tries if not one.failed or one.channel is Channel.VOICE
    )
    failed = Counter(one.channel for one in life.tries if one.failed)
    assert all(times <= life.policy.tries.get(channel, 1) for channel, times in used.items())
    assert all(
        times <= fresh[channel] for channel, times in failed.items() if channel is not Channel.VOICE
    )
    if not (life.family.has_guardian and life.family.may):
        assert life.tries == []
        assert step.task in (TaskKind.FIND_GUARDIAN, TaskKind.READ_ORDER, None)
    if step.kind is StepKind.DONE:
        # Without evidence it ends only where the words lost their worth or the policy has no people;
        # the family's own climb has them, and does not end.
        assert step.over
        assert life.policy.purpose != REACH
    else:
        assert step.kind is StepKind.PERSON
        assert step.role in ("teacher", "office", "principal")
        assert step.due is not None
        assert is_school_day(step.due, life.calendar.closed)


def _was_due(life: Life, made: Try) -> None:
    """It waited for what was under way, and did not disturb."""
    earlier = [one for one in life.tries[:-1] if not one.failed]
    assert all(made.at >= one.at + life.policy.waits[one.channel] for one in earlier)
    if life.policy.purpose != "emergency":
        assert may_go(made.channel, made.at, life.calendar) == made.at
    if made.channel in PAPER:
        day = made.at.astimezone(life.calendar.zone).date()
        assert is_school_day(day, life.calendar.closed)


@MANY
@given(life=lives, level=st.sampled_from(list(Level)))
def test_evidence_ends_it_at_once(life: Life, level: Level) -> None:
    life.level = level
    step = next_step(life.policy, life.family, life.evidence(), life.now, life.calendar)
    assert (step.kind is StepKind.DONE and not step.over) == (level >= life.policy.enough)


@settings(max_examples=1000, deadline=None)
@given(family=families, calendar=calendars, now=moments)
def test_people_go_on_for_ever_and_each_time_later(
    family: Reachability, calendar: SchoolCalendar, now: datetime
) -> None:
    """A family that nobody reaches has a step after fifty in vain, and the steps take turns."""
    life = Life(replace(family, ways=()), POLICIES[REACH], now, calendar)
    steps = [life.step() for _ in range(50)]
    assert {step.kind for step in steps} == {StepKind.PERSON}
    dues = [step.due for step in steps if step.due]
    assert dues == sorted(dues)
    counts: Mapping[TaskKind, int] = life.people
    if family.has_guardian and family.may:
        assert max(counts.values()) - min(counts.values()) <= 1
        assert family.phone or TaskKind.CALL not in counts
        assert not family.unsafe or TaskKind.VISIT not in counts


@MANY
@given(life=lives, hours=st.integers(0, 60))
def test_who_waits_for_an_hour_waits_once(life: Life, hours: int) -> None:
    """Night, a better hour and the last call are one wait: when it is over, the word goes out."""
    life.family = replace(
        life.family, ways=tuple(replace(way, ready=None) for way in life.family.ways)
    )
    life.step()
    life.now += timedelta(hours=hours)
    step = life.step()
    while step.kind is StepKind.WAIT and step.channel is None:  # for a sign of what is under way
        step = life.step()
    if step.kind is StepKind.WAIT:
        then = life.step()
        assert (then.kind, then.channel) == (StepKind.SEND, step.channel) or then.over


def test_a_call_at_night_waits_for_the_evening_at_once() -> None:
    night = datetime(2026, 9, 15, 4, tzinfo=UTC)  # 23:00 in Chicago
    voice = Way(Channel.VOICE, fresh=1, used=0, likely=0.9, parts=PARTS)
    life = Life(replace(ALICIAN, ways=(voice,)), POLICIES[REACH], night)
    assert [life.step().kind for _ in range(2)] == [StepKind.WAIT, StepKind.SEND]
    assert life.now.astimezone(CHICAGO) == datetime(2026, 9, 15, 17, tzinfo=CHICAGO)


def climb(life: Life, steps: int) -> list[str]:
    """What is done for a family from whom nothing comes."""
    done: list[str] = []
    while len(done) < steps:
        step = life.step()
        if step.kind is StepKind.SEND:
            done.append(str(step.channel))
        elif step.kind is StepKind.PERSON:
            done.append(f"person: {step.task}")
        elif step.kind is StepKind.DONE:
            done.append("done")
            break
    return done


def test_alician_gets_a_text_a_call_a_letter_and_then_people() -> None:
    life = Life(ALICIAN, POLICIES["personal"], MONDAY, machine=True)
    assert climb(life, 6) == [
        "text",
        "voice",
        "voice",
        "letter",
        "person: call",
        "person: handover",
    ]


def test_emilys_parents_without_a_phone_get_a_letter_and_then_people_who_go_there() -> None:
    life = Life(EMILYS_PARENTS, POLICIES[REACH], MONDAY)
    assert climb(life, 6) == [
        "letter",
        "person: handover",
        "person: visit",
        "person: go_between",
        "person: neutral_place",
        "person: handover",
    ]


def test_who_has_a_text_that_is_still_on_its_way_is_left_in_peace() -> None:
    sent = Evidence(Level.DELIVERED, MONDAY, (Try(Channel.TEXT, MONDAY),))
    step = next_step(POLICIES["personal"], ALICIAN, sent, MONDAY + timedelta(hours=5), CALENDAR)
    assert (step.kind, step.until) == (StepKind.WAIT, MONDAY + timedelta(days=1))


def test_a_text_that_failed_is_not_waited_for() -> None:
    sent = Evidence(Level.ATTEMPTED, MONDAY, (Try(Channel.TEXT, MONDAY, failed=True),))
    family = replace(ALICIAN, ways=ALICIAN.ways[1:])
    step = next_step(POLICIES["personal"], family, sent, MONDAY + timedelta(minutes=2), CALENDAR)
    assert (step.kind, step.channel) == (StepKind.SEND, Channel.VOICE)


def test_a_family_with_eleven_numbers_has_each_tried_once_when_all_fail() -> None:
    family = replace(ALICIAN, ways=(Way(Channel.TEXT, fresh=11, used=0, likely=0.9),))
    life = Life(family, POLICIES["personal"], MONDAY, fails=frozenset({Channel.TEXT}))
    assert climb(life, 12) == ["text"] * 11 + ["person: call"]


def test_the_second_call_comes_at_another_hour() -> None:
    voice = Way(Channel.VOICE, fresh=1, used=0, likely=0.9, parts=PARTS)
    fails = frozenset({Channel.VOICE})
    life = Life(replace(ALICIAN, ways=(voice,)), POLICIES["personal"], MONDAY, fails=fails)
    assert climb(life, 2) == ["voice", "voice"]
    hours = [one.at.astimezone(CHICAGO).hour for one in life.tries]
    assert hours == [17, 12]


def test_what_worked_comes_first() -> None:
    """Two texts of a family unseen, its calls heard: the call goes first."""
    family = replace(
        ALICIAN,
        ways=(
            Way(Channel.TEXT, fresh=1, used=0, likely=0.4),
            Way(Channel.VOICE, fresh=1, used=0, likely=0.8),
        ),
    )
    life = Life(family, POLICIES["personal"], MONDAY)
    assert climb(life, 2)[0] == "voice"


def test_an_emergency_does_not_wait_for_the_morning() -> None:
    night = datetime(2026, 9, 15, 7, tzinfo=UTC)  # 2:00 in Chicago
    step = next_step(POLICIES["emergency"], ALICIAN, Evidence(Level.NONE, night), night, CALENDAR)
    assert (step.kind, step.channel) == (StepKind.SEND, Channel.TEXT)


def test_a_personal_word_does() -> None:
    night = datetime(2026, 9, 15, 7, tzinfo=UTC)
    step = next_step(POLICIES["personal"], ALICIAN, Evidence(Level.NONE, night), night, CALENDAR)
    assert (step.kind, step.until) == (StepKind.WAIT, datetime(2026, 9, 15, 12, tzinfo=UTC))


@pytest.mark.parametrize(
    ("night", "morning"),
    [
        # The clocks go forward on 14 March 2027 and back on 1 November 2026 in Chicago.
        (datetime(2027, 3, 14, 7, 59, tzinfo=UTC), datetime(2027, 3, 14, 12, tzinfo=UTC)),
        (datetime(2026, 11, 1, 6, 30, tzinfo=UTC), datetime(2026, 11, 1, 13, tzinfo=UTC)),
    ],
)
def test_on_nights_when_clocks_change_it_waits_for_seven_on_the_wall(
    night: datetime, morning: datetime
) -> None:
    assert may_go(Channel.TEXT, night, CALENDAR) == morning
    assert morning.astimezone(CHICAGO).hour == 7


def test_with_the_school_closed_for_a_week_paper_and_people_wait() -> None:
    week = frozenset(date(2026, 9, 14) + timedelta(days=n) for n in range(5))
    closed = replace(CALENDAR, closed=week)
    step = next_step(POLICIES[REACH], EMILYS_PARENTS, Evidence(Level.NONE, MONDAY), MONDAY, closed)
    assert (step.kind, step.until) == (StepKind.WAIT, datetime(2026, 9, 21, 12, tzinfo=UTC))
    nobody = replace(EMILYS_PARENTS, ways=())
    step = next_step(POLICIES[REACH], nobody, Evidence(Level.NONE, MONDAY), MONDAY, closed)
    assert step.due is not None
    assert step.due >= date(2026, 9, 21)


def test_words_that_lost_their_worth_are_not_sent_again() -> None:
    life = Life(ALICIAN, POLICIES["timely"], MONDAY)
    life.now += timedelta(days=1)
    step = life.step()
    assert (step.kind, step.over) == (StepKind.DONE, True)


def test_where_a_visit_did_not_feel_safe_nobody_is_sent_again() -> None:
    family = replace(EMILYS_PARENTS, ways=(), unsafe=True)
    assert "person: visit" not in climb(Life(family, POLICIES[REACH], MONDAY), 12)
