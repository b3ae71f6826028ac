"""The climb goes on: open it for what was sent, stop it where there is evidence, decide what is due.

All in batches and statements for many families; a batch is one transaction, so that dying in the middle
does nothing twice.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction

from bothways.channels.enums import Channel
from bothways.core.garbage import left_lying
from bothways.core.sql import among, as_array
from bothways.ledger.enums import Level
from bothways.messaging.enums import MessageKind, Purpose, State
from bothways.messaging.models import Message
from bothways.messaging.services.further import call_off, call_off_paper, send_further
from bothways.messaging.services.moving import wait_with
from bothways.outreach.enums import ClimbState, StepKind, TaskKind
from bothways.outreach.leaning import lean_of
from bothways.outreach.models import Climb, ClimbedMessage, Task
from bothways.outreach.owners import ANOTHER, Owners
from bothways.outreach.policies import REACH, Policy
from bothways.outreach.rules import SchoolCalendar, Step, next_step
from bothways.outreach.services import records
from bothways.outreach.services.policies import policies_of
from bothways.outreach.services.situations import (
    LASTING,
    Known,
    Row,
    evidence_of,
    look,
    message_of,
    reachability_of,
    spared,
)
from bothways.people.models import Guardian, HouseholdStudent
from bothways.reach.facts import refresh
from bothways.reach.queries import period_start
from bothways.roster import successors
from bothways.schools.models import ClosedDay, District

BATCH: Final = 5000
OLD: Final = timedelta(days=30)  # messages older than this begin no climb
# Two messages to one family do not go out in one minute: the second is looked at again an hour later.
APART: Final = timedelta(hours=1)
MINUTE: Final = timedelta(minutes=1)
AHEAD: Final = timedelta(days=200)

# Each home with the moment at which the longest wait for what it was sent is over; at once where nothing was.
_HOMES = """
    SELECT household_id, max(next_at) AS next_at FROM (
        SELECT d.household_id, greatest(d.created_at, d.not_before)
            + coalesce(w.minutes, 0) * interval '1 minute' AS next_at
        FROM messaging_delivery d
        LEFT JOIN unnest(%(channels)s::text[], %(minutes)s::int[]) AS w(channel, minutes)
            ON w.channel = d.channel
        WHERE d.message_id = %(message)s
        UNION ALL
        SELECT household_id, %(now)s FROM messaging_heldhome WHERE message_id = %(message)s
    ) x GROUP BY household_id
"""
# All that was sent to the family in this climb failed: the next way need not wait for a sign.
_FAILED = """
UPDATE outreach_climb c SET next_at = %(now)s FROM ledger_familyreach r
WHERE c.district_id = %(district)s AND c.state = 'open' AND c.next_at > %(now)s
    AND (c.step IN ('', 'send') OR (c.step = 'wait' AND c.channel = ''))
    AND r.household_id = c.household_id AND r.failed_at >= c.opened_at - interval '1 hour'
    AND (r.waiting_until IS NULL OR r.waiting_until <= %(now)s)
"""
# A plan that rests rests for what comes in the meantime, too; but for an emergency.
_STATE = """CASE WHEN {purpose} <> 'emergency' AND EXISTS (SELECT FROM outreach_familyplan f
    WHERE f.household_id = h.household_id AND f.state = 'paused') THEN 'paused' ELSE 'open' END"""
_OPEN = """
INSERT INTO outreach_climb (district_id, household_id, message_id, purpose, state, opened_at, next_at, step,
    channel, why)
SELECT %(district)s, h.household_id, %(message)s, %(purpose)s, {state}, %(sent_at)s,
    h.next_at, '', '', ''
FROM ({homes}) h ORDER BY h.household_id
ON CONFLICT ON CONSTRAINT climb_once DO NOTHING
"""
# One climb a family for being in contact at all: opened by the first message of a period, opened again by
# the next one where a family is not in contact any more.
_OPEN_REACH = """
INSERT INTO outreach_climb AS c (district_id, household_id, message_id, purpose, state, opened_at, next_at,
    step, channel, why)
SELECT %(district)s, h.household_id, NULL, 'reach', {state}, %(sent_at)s,
    h.next_at, '', '', ''
FROM ({homes}) h
LEFT JOIN ledger_familyreach r ON r.household_id = h.household_id
WHERE NOT coalesce(greatest(r.seen_at, r.answered_at, r.met_at) >= %(since)s, false)
ORDER BY h.household_id
ON CONFLICT ON CONSTRAINT climb_once DO UPDATE SET state = excluded.state, opened_at = excluded.opened_at,
    next_at = excluded.next_at, step = '', channel = '', why = '', closed_at = NULL
WHERE c.state IN ('done', 'over')
"""

# Evidence of a message is a sign at one of its deliveries, or words or a meeting since; of a family, any sign
# in the period.
_PROVEN = """CASE WHEN c.message_id IS NULL THEN
        greatest(CASE WHEN p.rank <= 40 THEN r.delivered_at END, CASE WHEN p.rank <= 50 THEN r.seen_at END,
            r.answered_at, r.met_at) >= %(since)s
    ELSE greatest(r.answered_at, r.met_at) >= c.opened_at
        OR (greatest(CASE WHEN p.rank <= 40 THEN r.delivered_at END, r.seen_at) >= c.opened_at
            AND EXISTS (SELECT FROM messaging_delivery d WHERE d.household_id = c.household_id
                AND d.message_id = c.message_id AND d.rank >= p.rank)) END"""
_CLOSE = f"""
UPDATE outreach_climb c SET state = 'done', step = 'done', channel = '', why = p.why, closed_at = %(now)s
FROM unnest(%(purposes)s::text[], %(ranks)s::int[], %(whys)s::text[]) AS p(purpose, rank, why),
    ledger_familyreach r
WHERE c.district_id = %(district)s AND c.state IN ('open', 'paused') AND c.purpose = p.purpose
    AND r.household_id = c.household_id AND {_PROVEN}
RETURNING c.household_id, c.message_id
"""  # noqa: S608 - our own words
# What had shown it counts no more: some words were another family's.
_REOPEN = f"""
UPDATE outreach_climb c SET step = '', channel = '', why = '', next_at = %(now)s, closed_at = NULL,
    state = {_STATE.format(purpose="c.purpose")}
FROM unnest(%(purposes)s::text[], %(ranks)s::int[], %(whys)s::text[]) AS p(purpose, rank, why),
    ledger_familyreach r, unnest(%(homes)s::bigint[]) AS h(household_id)
WHERE c.district_id = %(district)s AND c.household_id = h.household_id AND c.state = 'done'
    AND c.closed_at >= %(closed_since)s AND c.purpose = p.purpose AND r.household_id = c.household_id
    AND ({_PROVEN}) IS NOT TRUE
"""  # noqa: S608 - our own words
# Nobody is left in that home: what it was tried with belongs to the family that it is now. Asked every minute,
# so only of homes that ended lately.
_LEFT = """
UPDATE outreach_climb c SET state = 'over', step = 'done', channel = '', closed_at = %(now)s,
    why = 'this family is recorded in another way now'
FROM people_household h WHERE c.district_id = %(district)s AND c.state IN ('open', 'paused')
    AND h.id = c.household_id AND h.district_id = %(district)s
    AND h.ended_at >= %(now)s - interval '30 days'
"""
_DROP_TASKS = """
UPDATE outreach_task t SET state = 'dropped', closed_at = %(now)s, closed_why = %(why)s
WHERE t.household_id = ANY(%(homes)s) AND t.state = 'open' AND t.automatic
    AND NOT EXISTS (SELECT FROM outreach_climb c WHERE c.household_id = t.household_id
        AND c.state = 'open' AND c.step = 'person')
"""
_DUE = """
SELECT id, household_id, message_id, purpose, opened_at FROM outreach_climb
WHERE district_id = %(district)s AND state = 'open' AND next_at <= %(now)s
ORDER BY next_at, id LIMIT %(batch)s FOR UPDATE SKIP LOCKED
"""
# Thousands of climbs take a few hundred different steps: each is written down once, a climb names its place.
_WRITE = """
UPDATE outreach_climb c SET step = x.step, channel = x.channel, why = x.why, next_at = x.next_at,
    state = x.state, closed_at = CASE WHEN x.state = 'open' THEN NULL ELSE %(now)s END
FROM unnest(%(ids)s::bigint[], %(places)s::bigint[]) AS d(id, place)
JOIN unnest(%(steps)s::text[], %(channels)s::text[], %(whys)s::text[], %(next)s::timestamptz[],
    %(states)s::text[]) WITH ORDINALITY AS x(step, channel, why, next_at, state, place) USING (place)
WHERE c.id = d.id
"""
_RANKS: Mapping[Level, int] = {
    Level.DELIVERED: State.DELIVERED.rank,
    Level.SEEN: State.SEEN.rank,
    Level.ANSWERED: State.ANSWERED.rank,
    Level.MET: State.ANSWERED.rank + 1,  # no delivery shows a meeting
}
_WHY: Mapping[Level, str] = {
    Level.DELIVERED: "it arrived",
    Level.SEEN: "they gave a sign",
    Level.ANSWERED: "they answered",
    Level.MET: "we met",
}


def advance(district: District, *, at: datetime) -> int:
    """Do all that is due in this district now; how many climbs were decided.

    The machine's own steps are done here; what needs a person becomes a task with an owner and a date.
    """
    policies = policies_of(district)
    follow_homes(district, at=at)
    refresh(district, at)
    if records.is_old(district, at):
        records.count(district, at)
    open_climbs(district, policies, at=at)
    stop_where_evident(district, policies, at=at)
    call_off_paper(district.pk)
    with connection.cursor() as cursor:
        cursor.execute(_FAILED, {"district": district.pk, "now": at})
    total = 0
    while True:
        with left_lying():
            # Looking at the objects of five thousand families takes as long as deciding about them.
            decided = advance_batch(district, policies, at=at)
        total += decided
        if decided < BATCH:
            return total


def open_climbs(district: District, policies: Mapping[str, Policy], *, at: datetime) -> int:
    """Open the climbs of what was sent since the last time; how many."""
    new = Message.objects.filter(
        district=district,
        kind=MessageKind.NEWS.value,
        sent_at__isnull=False,
        sent_at__gte=at - OLD,
        withdrawn_at=None,
        climbedmessage=None,
    ).order_by("pk")
    opened = 0
    for message in new:
        assert message.sent_at is not None
        with transaction.atomic(), connection.cursor() as cursor:
            _, first = ClimbedMessage.objects.get_or_create(message=message, defaults={"at": at})
            if not first:
                continue
            for statement, purpose in _climbs_of(message):
                policy = policies[purpose]
                if not policy.climbs:
                    continue
                cursor.execute(
                    statement.format(homes=_HOMES, state=_STATE.format(purpose="%(purpose)s")),
                    {
                        "district": district.pk,
                        "message": message.pk,
                        "purpose": purpose,
                        "sent_at": message.sent_at,
                        "now": at,
                        "channels": list(policy.waits),
                        "minutes": [int(wait / MINUTE) for wait in policy.waits.values()],
                        "since": period_start(district, at),
                    },
                )
                opened += cursor.rowcount
    return opened


@transaction.atomic
def end_for(message: Message, *, at: datetime) -> int:
    """End all that was to follow for this message: its author has withdrawn it. How many climbs."""
    climbs = Climb.objects.filter(message=message, state__in=["open", "paused"])
    homes = list(climbs.values_list("household_id", flat=True))
    ended = climbs.update(
        state=ClimbState.OVER.value,
        step=StepKind.DONE.value,
        channel="",
        why="The message was withdrawn.",
        closed_at=at,
    )
    _drop_tasks(homes, at=at, why="The message was withdrawn.")
    return ended


def _climbs_of(message: Message) -> list[tuple[str, str]]:
    """The climbs that a message opens: (statement, whose policy)."""
    climbs = [(_OPEN, message.climb_as or message.purpose)]
    if message.purpose in LASTING:
        # What is worth nothing tomorrow is no occasion to get in contact at all.
        climbs.append((_OPEN_REACH, REACH))
    return climbs


@transaction.atomic
def stop_where_evident(district: District, policies: Mapping[str, Policy], *, at: datetime) -> int:
    """End the climbs for which there is evidence, whatever was under way; how many."""
    with connection.cursor() as cursor:
        cursor.execute(_CLOSE, _evident(district, policies, at))
        closed = cursor.fetchall()
    if closed:
        call_off([(message, home) for home, message in closed if message is not None])
        _drop_tasks({home for home, _ in closed}, at=at, why="A sign came another way.")
    return len(closed)


def _evident(district: District, policies: Mapping[str, Policy], at: datetime) -> dict[str, Any]:
    """What is enough evidence for each purpose, as statements ask for it."""
    return {
        "district": district.pk,
        "now": at,
        "since": period_start(district, at),
        "purposes": list(policies),
        "ranks": [_RANKS[policy.enough] for policy in policies.values()],
        "whys": [_WHY[policy.enough] for policy in policies.values()],
    }


@transaction.atomic
def open_unproven(
    district: District, homes: Iterable[int], *, closed_since: datetime, at: datetime
) -> int:
    """Open climbs of these homes again that ended since then by what is no evidence any more; how many."""
    values = _evident(district, policies_of(district), at)
    with connection.cursor() as cursor:
        cursor.execute(_REOPEN, {**values, "homes": sorted(homes), "closed_since": closed_since})
        return int(cursor.rowcount)


def follow_homes(district: District, *, at: datetime) -> list[tuple[int, int]]:
    """Climbs, and all else, of homes in which nobody is left go on with the family that it is now.

    (old, new) of each that was carried along. What is left of a home that nobody took over is closed.
    """
    followed = successors.follow(district, at=at)
    wait_with(followed)
    with connection.cursor() as cursor:
        cursor.execute(_LEFT, {"district": district.pk, "now": at})
    if followed:
        homes = {new for _, new in followed}
        open_unproven(district, homes, closed_since=period_start(district, at), at=at)
        # Two homes know more addresses than one, and more has been tried: decided anew, at once.
        Climb.objects.filter(household__in=homes, state=ClimbState.OPEN.value).update(next_at=at)
    return followed


def _drop_tasks(homes: Iterable[int], *, at: datetime, why: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_DROP_TASKS, {"homes": sorted(homes), "now": at, "why": why})


@transaction.atomic
def advance_batch(district: District, policies: Mapping[str, Policy], *, at: datetime) -> int:
    """Decide up to a batch of climbs that are due, and do what was decided; how many."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE, {"district": district.pk, "now": at, "batch": BATCH})
        rows = [Row(*found) for found in cursor.fetchall()]
    if not rows:
        return 0
    known = look(district, rows, now=at)
    decided = _Decisions(known, policies, calendar_of(district, at))
    decided.take(rows)
    decided.send()
    decided.ask_people()
    _write(decided.steps, at)
    return len(rows)


def calendar_of(district: District, at: datetime) -> SchoolCalendar:
    """The district's hours and the days on which no school is open."""
    today = at.astimezone(district.zone).date()
    closed = ClosedDay.objects.filter(
        district=district, school=None, day__range=(today, today + AHEAD)
    ).values_list("day", flat=True)
    return SchoolCalendar(
        zone=district.zone,
        quiet_from=district.quiet_from,
        quiet_until=district.quiet_until,
        closed=frozenset(closed),
    )


class _Decisions:
    """What was decided for the climbs of a batch."""

    def __init__(
        self, known: Known, policies: Mapping[str, Policy], calendar: SchoolCalendar
    ) -> None:
        self.known = known
        self.policies = policies
        self.calendar = calendar
        self.rows: dict[int, Row] = {}
        self.steps: dict[int, Step] = {}
        self.busy: set[int] = set()  # households that get something in this batch

    def take(self, rows: Sequence[Row]) -> None:
        """Decide each; what is urgent before what is not, a message before the family's own climb."""
        for row in sorted(rows, key=_urgency):
            self.rows[row.pk] = row
            self.steps[row.pk] = self._decide(row)

    def _decide(self, row: Row, without: frozenset[Channel] = frozenset()) -> Step:
        step = next_step(
            self.policies[row.purpose],
            reachability_of(row, self.known, without=without),
            evidence_of(row, self.known),
            self.known.now,
            self.calendar,
        )
        if step.kind is not StepKind.SEND or row.purpose == Purpose.EMERGENCY:
            return step
        if row.household in self.busy:
            return Step(
                StepKind.WAIT, self.known.now + APART, "something else is on its way to this family"
            )
        self.busy.add(row.household)
        return step

    def send(self) -> None:
        """Send what is to be sent; where that way made nothing, decide again without it."""
        without: dict[int, frozenset[Channel]] = defaultdict(frozenset)
        todo = [pk for pk, step in self.steps.items() if step.kind is StepKind.SEND]
        while todo:
            wanted: dict[int, list[tuple[int, int, Channel]]] = defaultdict(list)
            for pk in todo:
                message, channel = message_of(self.rows[pk], self.known), self.steps[pk].channel
                assert message is not None
                assert channel is not None
                wanted[message.pk].append((pk, self.rows[pk].household, channel))
            todo = []
            for message_id, those in wanted.items():
                made = send_further(
                    self.known.messages[message_id],
                    [(home, channel) for _, home, channel in those],
                    at=self.known.now,
                    spare=[
                        (home, match)
                        for pk, home, _ in those
                        for match in spared(self.rows[pk], self.known)
                    ],
                )
                for pk, home, channel in those:
                    if home in made:
                        self.steps[pk] = self._sent(pk, channel)
                        continue
                    self.busy.discard(home)
                    without[pk] |= {channel}
                    self.steps[pk] = self._decide(self.rows[pk], without[pk])
                    if self.steps[pk].kind is StepKind.SEND:
                        todo.append(pk)

    def _sent(self, pk: int, channel: Channel) -> Step:
        policy = self.policies[self.rows[pk].purpose]
        return Step(
            StepKind.SEND, self.known.now + policy.waits[channel], self.steps[pk].why, channel
        )

    def ask_people(self) -> None:
        """Make tasks of what people are to do: one a family, whose turn it is and when there is room."""
        homes = {
            self.rows[pk].household: step
            for pk, step in reversed(self.steps.items())
            if step.kind is StepKind.PERSON
            and self.known.homes[self.rows[pk].household].task_due is None
        }
        if not homes:
            return
        owners = Owners(self.known.district, sorted(homes))
        closed: set[date] = set(self.calendar.closed)
        leans = {home: lean_of(self.known.homes[home].effects) for home in homes}
        tongues = _interpreters(
            self.known.district,
            sorted(homes),
            wanted={home for home, lean in leans.items() if lean.interpreter},
        )
        tasks = []
        for home, step in sorted(homes.items()):
            assert step.task is not None
            assert step.due is not None
            role = ANOTHER if leans[home].another_face and step.role == "teacher" else step.role
            owner, due = owners.give(home, role, step.due, closed)
            schools = owners.schools.get(home, [])
            tasks.append(
                Task(
                    district=self.known.district,
                    household_id=home,
                    school_id=schools[0] if schools else None,
                    student_id=owners.children.get(home),
                    kind=step.task.value,
                    owner_id=owner,
                    role=step.role,
                    due=due,
                    interpreter=tongues.get(home, "") if step.task in _SPOKEN else "",
                    why=step.why,
                    automatic=True,
                    opened_at=self.known.now,
                )
            )
        Task.objects.bulk_create(tasks, batch_size=1000, ignore_conflicts=True)


_SPOKEN = frozenset(
    {TaskKind.CALL, TaskKind.VISIT, TaskKind.NEUTRAL_PLACE, TaskKind.GO_BETWEEN, TaskKind.HANDOVER}
)


def _urgency(row: Row) -> tuple[int, int]:
    if row.message is None:
        return (9, row.pk)
    return (Purpose(row.purpose).lane, row.pk)


def _interpreters(
    district: District, homes: Sequence[int], *, wanted: Set[int] = frozenset()
) -> dict[int, str]:
    """The language in which each home is to be spoken with, where it is not the district's own.

    ``wanted``: homes to which school is known to speak another language; where nobody wrote down which, it
    is what the child's home speaks.
    """
    found: dict[int, str] = {}
    for home, speaks, reads in (
        Guardian.objects.filter(household__in=among(homes), ended_at=None)
        .order_by("household_id", "pk")
        .values_list("household_id", "speaks", "reads")
    ):
        tongue = speaks or reads
        if home is not None and tongue and tongue != district.default_language:
            found.setdefault(home, tongue)
    if unknown := sorted(wanted - set(found)):
        for home, tongue in (
            HouseholdStudent.objects.filter(household__in=unknown, student__ended_at=None)
            .exclude(student__home_language__in=("", district.default_language))
            .order_by("household_id", "student_id")
            .values_list("household_id", "student__home_language")
        ):
            found.setdefault(home, tongue)
    return found


def _write(steps: Mapping[int, Step], at: datetime) -> None:
    """Keep what was decided."""
    states = {True: ClimbState.OVER.value, False: ClimbState.DONE.value}
    places: dict[tuple[str, str, str, datetime, str], int] = {}
    at_place = {
        pk: places.setdefault(
            (
                step.kind.value,
                step.channel or step.task or "",
                step.why[:300],
                # Never at once again: a decision that changes nothing must not be asked for ever.
                step.until if step.until > at else at + APART,
                states[step.over] if step.kind is StepKind.DONE else ClimbState.OPEN.value,
            ),
            len(places) + 1,
        )
        for pk, step in sorted(steps.items())
    }
    kinds, channels, whys, nexts, ends = map(list, zip(*places, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(
            _WRITE,
            {
                "now": at,
                "ids": as_array(at_place),
                "places": as_array(at_place.values()),
                "steps": kinds,
                "channels": channels,
                "whys": whys,
                "next": nexts,
                "states": ends,
            },
        )
