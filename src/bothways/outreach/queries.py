"""The open next step of every family that is not reached, with its owner and date."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from bothways.accounts.models import User
from bothways.channels.enums import Channel
from bothways.languages.codes import name_in
from bothways.outreach.enums import ClimbState, StepChannel, StepKind, TaskKind, TaskState
from bothways.outreach.likelihood import explain
from bothways.outreach.models import Climb, Task
from bothways.outreach.owners import Owners
from bothways.outreach.policies import REACH
from bothways.outreach.rules import Step, next_step, office_due, role_for, words_for
from bothways.outreach.services.climbing import calendar_of
from bothways.outreach.services.policies import policies_of
from bothways.outreach.services.records import REMEMBERED
from bothways.outreach.services.situations import (
    Known,
    Row,
    district_record,
    evidence_of,
    look,
    reachability_of,
    record_of,
)
from bothways.reach.enums import Reason
from bothways.reach.queries import FamilyRow
from bothways.schools.models import District


@dataclass(frozen=True, slots=True)
class OpenStep:
    what: str
    channel: StepChannel
    owner: User | None
    owner_name: str
    due: date
    task: int | None = None  # the person's task, where there is one


_OF_TASK = {
    TaskKind.CALL: StepChannel.CALL,
    TaskKind.VISIT: StepChannel.VISIT,
    TaskKind.HANDOVER: StepChannel.HANDOVER,
    TaskKind.GO_BETWEEN: StepChannel.GO_BETWEEN,
    TaskKind.NEUTRAL_PLACE: StepChannel.NEUTRAL_PLACE,
    TaskKind.WRITE: StepChannel.WRITE,
}
# What the machine does by itself, once it is time.
_BY_ITSELF = {
    Channel.TEXT: "A text goes out by itself",
    Channel.WHATSAPP: "A WhatsApp message goes out by itself",
    Channel.PUSH: "A notice goes out by itself",
    Channel.VOICE: "A call with the spoken message goes out by itself",
    Channel.EMAIL: "An email goes out by itself",
    Channel.LETTER: "A letter is printed by itself: post it",
    Channel.HANDOVER: "A letter is printed by itself: hand it over",
}
_WAITING = "Wait for a sign; then the next way is tried by itself"


def next_steps(
    district: District,
    rows: Sequence[FamilyRow],
    *,
    since: datetime,
    now: datetime,
    known: Known | None = None,
) -> dict[int, OpenStep]:
    """For each of these families that is not reached its next step; a fixed number of queries.

    ``known``: of these families, where it was read already.

    What is open already comes first: a person's task (a paused plan has one, too), a climb of the machine.
    Where nothing is, it is what the policy says for a family as it stands.
    """
    wanted = {row.household_id: row for row in rows if row.reason is not None}
    if not wanted:
        return {}
    found = _tasks(district, list(wanted))
    rest = [pk for pk in wanted if pk not in found]
    owners = Owners(district, rest)
    climbing = _climbing(district, rest)
    undecided = [pk for pk in rest if pk not in climbing]
    decided = _decided(district, undecided, since=since, now=now, known=known)
    calendar = calendar_of(district, now)
    today = now.astimezone(district.zone).date()
    people = _People(owners)
    for pk in rest:
        climb = climbing.get(pk)
        reason = wanted[pk].reason
        if climb is not None:
            due = max(climb.next_at.astimezone(district.zone).date(), today)
            people.step(pk, "teacher", *_machine(climb), due)
        elif reason is Reason.NOT_ATTEMPTED:
            due = office_due(TaskKind.WRITE, today, calendar.closed)
            words = words_for(TaskKind.WRITE)
            people.step(pk, role_for(TaskKind.WRITE), words, StepChannel.WRITE, due)
        else:
            _as_decided(pk, decided[pk], people, district, today, wanted[pk].language)
    return found | people.named()


def open_steps(district: District, homes: Sequence[int], *, now: datetime) -> dict[int, OpenStep]:
    """What is open for these families already: a person's task, else a climb of the machine; four queries."""
    found = _tasks(district, list(homes))
    rest = [pk for pk in homes if pk not in found]
    people = _People(Owners(district, rest))
    today = now.astimezone(district.zone).date()
    for pk, climb in _climbing(district, rest).items():
        due = max(climb.next_at.astimezone(district.zone).date(), today)
        people.step(pk, "teacher", *_machine(climb), due)
    return found | people.named()


def _machine(climb: Climb) -> tuple[str, StepChannel]:
    """What an open climb does next by itself."""
    if climb.step == StepKind.WAIT.value and climb.channel:
        return _BY_ITSELF[Channel(climb.channel)], StepChannel(climb.channel)
    return _WAITING, StepChannel.WAIT


def _as_decided(
    pk: int, step: Step, people: "_People", district: District, today: date, language: str
) -> None:
    if step.task is not None and step.due is not None:
        other = language and language != district.default_language
        what = f"{step.why} (in {name_in(language, 'en')})" if other else step.why
        channel = _OF_TASK.get(step.task, StepChannel.OFFICE)
        people.step(pk, step.role, what, channel, step.due)
        return
    due = max(step.until.astimezone(district.zone).date(), today)
    if step.channel is not None:
        people.step(pk, "teacher", _BY_ITSELF[step.channel], StepChannel(step.channel.value), due)
    elif step.kind is StepKind.WAIT:
        people.step(pk, "teacher", _WAITING, StepChannel.WAIT, due)
    else:
        # A policy without steps of people ends; a family that is not reached never does.
        people.step(pk, "office", words_for(TaskKind.CALL), StepChannel.CALL, due)


class _People:
    """Whose step it is; their names are read together at the end."""

    def __init__(self, owners: Owners) -> None:
        self.owners = owners
        self._steps: list[tuple[int, str, str, StepChannel, date]] = []

    def step(self, household: int, role: str, what: str, channel: StepChannel, due: date) -> None:
        self._steps.append((household, role, what, channel, due))

    def named(self) -> dict[int, OpenStep]:
        """By household, all steps that were taken in."""
        chosen: dict[int, int] = {}
        for household, role, *_ in self._steps:
            if able := self.owners.able(household, role):
                # Spread over those who share the role, always the same person for one family.
                chosen[household] = able[household % len(able)]
        users = User.objects.in_bulk(set(chosen.values()))
        found = {}
        for household, _role, what, channel, due in self._steps:
            owner = users.get(chosen.get(household, 0))
            name = owner.name if owner else "The school office"
            found[household] = OpenStep(what, channel, owner, name, due)
        return found


def _tasks(district: District, ids: Sequence[int]) -> dict[int, OpenStep]:
    """The open task of each household that is due first."""
    found: dict[int, OpenStep] = {}
    for task in (
        Task.objects.filter(district=district, household__in=ids, state=TaskState.OPEN.value)
        .select_related("owner")
        .order_by("household_id", "due", "pk")
    ):
        if task.household_id in found:
            continue
        what = task.why or words_for(TaskKind(task.kind))
        if task.interpreter:
            what = f"{what} (in {name_in(task.interpreter, 'en')})"
        found[task.household_id] = OpenStep(
            what=what,
            channel=_OF_TASK.get(TaskKind(task.kind), StepChannel.OFFICE),
            owner=task.owner,
            owner_name=task.owner.name if task.owner else "The school office",
            due=task.due,
            task=task.pk,
        )
    return found


def _climbing(district: District, ids: Sequence[int]) -> dict[int, Climb]:
    """The open climb of each household that moves next."""
    found: dict[int, Climb] = {}
    for climb in Climb.objects.filter(
        district=district, household__in=ids, state=ClimbState.OPEN.value
    ).order_by("household_id", "next_at", "pk"):
        found.setdefault(climb.household_id, climb)
    return found


def _decided(
    district: District, ids: Sequence[int], *, since: datetime, now: datetime, known: Known | None
) -> dict[int, Step]:
    """What the policy for being in contact says of families without an open climb."""
    if not ids:
        return {}
    policy = policies_of(district)[REACH]
    rows = [Row(0, pk, None, REACH, since) for pk in ids]
    known = known or look(district, rows, now=now)
    calendar = calendar_of(district, now)
    return {
        row.household: next_step(
            policy, reachability_of(row, known), evidence_of(row, known), now, calendar
        )
        for row in rows
    }


@dataclass(frozen=True, slots=True)
class Experience:
    """What has come of one channel with one family, and why it comes before or after the others."""

    channel: Channel
    likely: float  # 0 to 1
    words: str  # one sentence for staff


_CALLED = {
    Channel.TEXT: "Texts",
    Channel.WHATSAPP: "WhatsApp",
    Channel.PUSH: "Notices",
    Channel.VOICE: "Calls by the machine",
    Channel.EMAIL: "Emails",
    Channel.LETTER: "Letters",
}


def known_of(district: District, household: int, *, now: datetime) -> Known:
    """What both its next step and what has worked are told from: read once for a page that shows both."""
    return look(district, [_row(household, now)], now=now)


def _row(household: int, now: datetime) -> Row:
    return Row(0, household, None, REACH, now - REMEMBERED)


def experience(
    district: District, household: int, *, now: datetime, known: Known | None = None
) -> list[Experience]:
    """The ways that the machine can use for this family, the likeliest first."""
    row = _row(household, now)
    known = known or look(district, [row], now=now)
    home = known.homes[household]
    found = [
        Experience(
            way.channel,
            way.likely,
            explain(
                _CALLED[way.channel],
                record_of(home, way.channel),
                district_record(known, way.channel),
            ),
        )
        for way in reachability_of(row, known).ways
    ]
    return sorted(found, key=lambda one: (-one.likely, one.channel))
