"""The climb, decided: what is done next for one family and one message. Pure, and never “nothing”.

The machine tries the ways that the policy allows, the likeliest first, and waits at each for a sign. Then
people do what people can: call, hand over, visit, ask somebody trusted, meet elsewhere; the step that was
tried least comes next, rounds grow further apart, and it ends by evidence or by a named person's decision.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from bothways.channels.enums import Channel
from bothways.ledger.enums import Level
from bothways.outreach.enums import DayPart, StepKind, TaskKind
from bothways.outreach.leaning import NEUTRAL, Lean
from bothways.outreach.policies import Policy
from bothways.schools.calendar import add_school_days

# Ways that ring or buzz: not in quiet hours, unless it is an emergency.
LOUD: Final = frozenset({Channel.TEXT, Channel.WHATSAPP, Channel.PUSH, Channel.VOICE})
PAPER: Final = frozenset({Channel.LETTER, Channel.HANDOVER})
# A call that nobody heard may be made again to the same number: at another hour somebody is at home.
SAME_ADDRESS: Final = frozenset({Channel.VOICE})
RING_AGAIN: Final = timedelta(minutes=30)
# With each round that came to nothing people leave more time, and try other people and places.
ROUND_DAYS: Final = 5
MOST_ROUNDS: Final = 8
EMERGENCY: Final = "emergency"
PATIENT: Final = timedelta(days=3)
# A wait may end inside another: the last call in the night, the night before the better hour. More in a row
# than this there are not; the round too many only finds that nothing is left to wait for.
_WAITS_IN_A_ROW: Final = 4
_NOON, _FIVE = time(12), time(17)
_BEGINS: Final = {DayPart.MORNING: time(9), DayPart.AFTERNOON: _NOON, DayPart.EVENING: _FIVE}


@dataclass(frozen=True, slots=True)
class Way:
    """A channel by which this family can be reached by the machine at this moment."""

    channel: Channel
    fresh: int  # addresses that were not used yet in this climb
    used: int  # addresses that were, and did not fail
    likely: float  # expected share of contacts that lead to a sign, 0 to 1
    parts: Sequence[DayPart] = ()  # parts of the day, the likeliest first; empty: any
    # Its addresses had routine words this week already: from then on it may be used for more.
    ready: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reachability:
    """What is known of a family now."""

    has_guardian: bool
    may: bool  # somebody here may be contacted about it
    ways: Sequence[Way] = ()
    phone: bool = False  # a number that a person may ring, a landline too
    address: bool = False  # a home that a person may find
    unsafe: bool = False  # a visit did not feel safe: nobody goes there without a new decision
    lean: Lean = NEUTRAL  # what stands in their way: what goes first, later, or not


@dataclass(frozen=True, slots=True)
class Try:
    """A contact by the machine in this climb."""

    channel: Channel
    at: datetime  # when it went out, or will
    failed: bool = False
    unheard: bool = False  # a call that nobody took, or only a machine


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was done in this climb, and what shows that it arrived."""

    level: Level
    since: datetime  # the first word
    tries: Sequence[Try] = ()
    people: Mapping[TaskKind, int] | None = None  # steps of people, how often each
    last_person: date | None = None
    task_due: date | None = None  # a person's step is open, due then


@dataclass(frozen=True, slots=True)
class SchoolCalendar:
    """When contact is welcome: the district's own time, quiet hours and days without school."""

    zone: ZoneInfo
    quiet_from: time
    quiet_until: time
    closed: Set[date]


@dataclass(frozen=True, slots=True)
class Step:
    """What is next. ``until``: when to look again, or the moment from which it may go out."""

    kind: StepKind
    until: datetime
    why: str
    channel: Channel | None = None  # send
    task: TaskKind | None = None  # person
    role: str = ""
    due: date | None = None
    over: bool = False  # done without evidence: the words lost their worth


def next_step(
    policy: Policy,
    family: Reachability,
    evidence: Evidence,
    now: datetime,
    calendar: SchoolCalendar,
) -> Step:
    """The next step of this climb. Same values, same step; doing what it says always changes the values."""
    if evidence.level >= policy.enough:
        return Step(StepKind.DONE, now, _PROOF[evidence.level])
    if policy.worth is not None and now - evidence.since >= policy.worth:
        return Step(StepKind.DONE, now, "the words are too old to be sent again", over=True)
    today = now.astimezone(calendar.zone).date()
    if not family.has_guardian:
        return _person(TaskKind.FIND_GUARDIAN, policy, evidence, today, calendar)
    if not family.may:
        return _person(TaskKind.READ_ORDER, policy, evidence, today, calendar)
    waits = [
        one.at + policy.waits.get(one.channel, timedelta())
        for one in evidence.tries
        if not one.failed
    ]
    until = max(waits, default=now)
    if until > now:
        return Step(StepKind.WAIT, until, "it is on its way, and there is still time for a sign")
    way = _best(policy, family, evidence)
    if way is not None:
        at, why = _from_when(way, policy, evidence, now, calendar)
        if at > now:
            return Step(StepKind.WAIT, at, why, way.channel)
        return Step(StepKind.SEND, now, "the likeliest way that was not tried yet", way.channel)
    way = _ready_later(policy, family, evidence, now)
    if way is not None and way.ready is not None:
        at, why = _from_when(way, policy, evidence, way.ready, calendar)
        return Step(StepKind.WAIT, at, why or "they had routine words this week", way.channel)
    kind = _least_tried(policy, family, evidence)
    if kind is None:
        return Step(StepKind.DONE, now, "every way that the policy has was tried", over=True)
    return _person(kind, policy, evidence, today, calendar)


def _from_when(
    way: Way, policy: Policy, evidence: Evidence, now: datetime, calendar: SchoolCalendar
) -> tuple[datetime, str]:
    """The first moment from now on at which nothing speaks against this way, and what did until then.

    One wait may end inside another (quiet hours in the morning, a better hour in the evening): the climb
    sleeps until all are over, and is not woken in between only to wait again.
    """
    at, why = now, ""
    for _ in range(_WAITS_IN_A_ROW):
        begun = at
        free = at if policy.purpose == EMERGENCY else may_go(way.channel, at, calendar)
        if free > at:
            at, why = free, "quiet hours, or a day without school"
        better = _good_hour(way, policy, evidence, at, calendar)
        if better > at:
            at, why = better, "another hour of the day is likelier"
        again = _ring_again(way, evidence)
        if again > at:
            at, why = again, "it was tried a moment ago"
        if at == begun:
            break
    return at, why


def may_go(channel: Channel, now: datetime, calendar: SchoolCalendar) -> datetime:
    """The first moment from now on at which the machine may use this channel.

    Nothing loud in quiet hours; paper leaves the office on school days. Counted on the clock on the wall and
    moved to the moment it means, so that the nights in which clocks change neither repeat nor lose an hour.
    """
    local = now.astimezone(calendar.zone)
    if channel in PAPER:
        day = add_school_days(local.date(), 0, calendar.closed)
        if day == local.date():
            return now
        return _moment(day, calendar.quiet_until, calendar.zone)
    if channel not in LOUD or not _is_quiet(local.time(), calendar):
        return now
    day = local.date()
    start = _moment(day, calendar.quiet_until, calendar.zone)
    return (
        start
        if start > now
        else _moment(day + timedelta(days=1), calendar.quiet_until, calendar.zone)
    )


def part_of(at: time) -> DayPart:
    """The part of the day in which this hour lies."""
    if at < _NOON:
        return DayPart.MORNING
    return DayPart.AFTERNOON if at < _FIVE else DayPart.EVENING


def _good_hour(
    way: Way, policy: Policy, evidence: Evidence, now: datetime, calendar: SchoolCalendar
) -> datetime:
    """When a call is likeliest to find somebody: the best part of the day that was not tried yet.

    Words that lose their worth within a day wait for no better hour.
    """
    if not way.parts or (policy.worth is not None and policy.worth < PATIENT):
        return now
    used = {
        part_of(one.at.astimezone(calendar.zone).time())
        for one in evidence.tries
        if one.channel is way.channel
    }
    wanted = next((part for part in way.parts if part not in used), way.parts[0])
    local = now.astimezone(calendar.zone)
    if part_of(local.time()) is wanted:
        return now
    for days in range(2):
        at = _moment(local.date() + timedelta(days=days), _BEGINS[wanted], calendar.zone)
        if at > now and not _is_quiet(_BEGINS[wanted], calendar):
            return at
    return now  # quiet hours cover that part: any hour is better than none


def _moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, zone).astimezone(ZoneInfo("UTC"))


def _is_quiet(at: time, calendar: SchoolCalendar) -> bool:
    start, end = calendar.quiet_from, calendar.quiet_until
    return start <= at < end if start <= end else at >= start or at < end


def _best(policy: Policy, family: Reachability, evidence: Evidence) -> Way | None:
    """The likeliest way that the policy allows and that was not tried in vain already."""
    held = _held_back(policy, family, evidence)
    open_ = [
        way
        for way in family.ways
        if way.ready is None and way.channel not in held and _is_open(way, policy, evidence)
    ]
    # What stands in their way counts before what has worked: it was told after. A letter costs days, so of
    # two ways about as likely the quicker one goes first.
    return max(
        open_,
        key=lambda way: (
            family.lean.rank(way.channel),
            way.channel not in PAPER,
            way.likely,
            way.channel,
        ),
        default=None,
    )


def _held_back(policy: Policy, family: Reachability, evidence: Evidence) -> Set[Channel]:
    """Ways that wait until a person has tried; none where no person's step will come, or nothing can wait."""
    held = family.lean.after_person
    if not held or policy.purpose == EMERGENCY or _least_tried(policy, family, evidence) is None:
        return frozenset()
    return frozenset() if any((evidence.people or {}).values()) else held


def _ready_later(
    policy: Policy, family: Reachability, evidence: Evidence, now: datetime
) -> Way | None:
    """The way that the week's budget holds back and that is free first."""
    back = _held_back(policy, family, evidence)
    held = [
        way
        for way in family.ways
        if way.ready is not None
        and way.ready > now
        and way.channel not in back
        and _is_open(way, policy, evidence)
    ]
    return min(held, key=lambda way: (way.ready, way.channel), default=None)


def _is_open(way: Way, policy: Policy, evidence: Evidence) -> bool:
    """Whether this way may be used once more: as often as the policy says, each address once.

    What failed does not count, since another address may take it; a call counts also where nobody took it,
    and is made again only to who has not heard it.
    """
    if way.channel not in policy.waits:
        return False
    made = [one for one in evidence.tries if one.channel is way.channel]
    again = way.channel in SAME_ADDRESS
    counted = len(made) if again else sum(not one.failed for one in made)
    if counted >= policy.tries.get(way.channel, 1):
        return False
    unheard = bool(made) and all(one.failed or one.unheard for one in made)
    return bool(way.fresh or (again and way.used and unheard))


def _ring_again(way: Way, evidence: Evidence) -> datetime:
    """The first moment at which this way may be used again."""
    last = max((one.at for one in evidence.tries if one.channel is way.channel), default=None)
    if last is None or way.channel not in SAME_ADDRESS:
        return evidence.since
    return last + RING_AGAIN


def _least_tried(policy: Policy, family: Reachability, evidence: Evidence) -> TaskKind | None:
    """The person's step that was tried least often, of those that exist for this family."""
    done = evidence.people or {}
    open_ = [kind for kind in policy.people if _possible(kind, family)]
    return min(open_, key=lambda kind: (done.get(kind, 0), family.lean.place(kind)), default=None)


def _possible(kind: TaskKind, family: Reachability) -> bool:
    if kind in family.lean.people_not:
        return False
    if kind is TaskKind.CALL:
        return family.phone
    if kind is TaskKind.VISIT:
        return family.address and not family.unsafe
    return True


def _person(
    kind: TaskKind, policy: Policy, evidence: Evidence, today: date, calendar: SchoolCalendar
) -> Step:
    """A step for a person, with whose it is and by when; one that is open already is waited for."""
    done = (evidence.people or {}).get(kind, 0)
    due = evidence.task_due
    if due is None:
        from_ = max(evidence.last_person or today, today)
        rest = ROUND_DAYS * min(done, MOST_ROUNDS)
        due = add_school_days(
            from_, _DAYS.get(kind, policy.days.get(kind, 1)) + rest, calendar.closed
        )
    words = _WORDS[kind]
    return Step(
        StepKind.PERSON,
        _moment(due + timedelta(days=1), time(0), calendar.zone),
        words.again if done else words.first,
        task=kind,
        role=words.role,
        due=due,
    )


@dataclass(frozen=True, slots=True)
class Words:
    """What a step is called the first time and after that, and whose it is."""

    first: str
    again: str
    role: str


_DAYS: Final = {
    TaskKind.FIND_GUARDIAN: 2,
    TaskKind.READ_ORDER: 5,
    TaskKind.WRITE: 1,
    TaskKind.REVIEW: 5,
}
_WORDS: Final = {
    TaskKind.CALL: Words(
        "Call them", "Call again at another hour, or let somebody else call", "teacher"
    ),
    TaskKind.VISIT: Words(
        "Ask when a visit would be welcome, and go in a pair",
        "Offer a visit again, by other people",
        "teacher",
    ),
    TaskKind.HANDOVER: Words(
        "Send it home with the student, or hand it over at the door",
        "Hand it over again, with a word in person",
        "teacher",
    ),
    TaskKind.GO_BETWEEN: Words(
        "Ask somebody the family trusts to pass word on",
        "Ask the student who at home, or near it, would welcome a word",
        "teacher",
    ),
    TaskKind.NEUTRAL_PLACE: Words(
        "Offer to meet at another place than school or home",
        "Offer another place and hour",
        "teacher",
    ),
    TaskKind.FIND_GUARDIAN: Words(
        "Ask the student who cares for them, and add that adult",
        "Ask again who cares for the student",
        "office",
    ),
    TaskKind.READ_ORDER: Words(
        "Read the restriction again and find out who may be told",
        "Ask again who may be told",
        "principal",
    ),
    TaskKind.WRITE: Words("Write to this family", "Write to this family", "office"),
    TaskKind.REVIEW: Words(
        "Look at the plan and decide what is next", "Look at the plan again", "principal"
    ),
}
_PROOF: Final = {
    Level.NONE: "",
    Level.ATTEMPTED: "it was tried",
    Level.DELIVERED: "it arrived",
    Level.SEEN: "they saw it",
    Level.ANSWERED: "they answered",
    Level.MET: "we met",
}


def words_for(kind: TaskKind, *, again: bool = False) -> str:
    """What a person is asked to do, for staff."""
    return _WORDS[kind].again if again else _WORDS[kind].first


def role_for(kind: TaskKind) -> str:
    """Whose step it is: teacher, office or principal."""
    return _WORDS[kind].role


def office_due(kind: TaskKind, today: date, closed: Set[date]) -> date:
    """By when something is to be found out, or written."""
    return add_school_days(today, _DAYS[kind], closed)
