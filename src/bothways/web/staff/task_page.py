"""One task: for which family, whom to ask for, what to say, what was tried; as this user may see it."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.http import Http404

from bothways.accounts.models import User
from bothways.consent.queries import quiet, standing
from bothways.core import clock
from bothways.core.phone import show
from bothways.languages.codes import name_in
from bothways.ledger.enums import Direction
from bothways.messaging.models import Version
from bothways.outreach.enums import REACHING_OUT, ClimbState, TaskKind, TaskState
from bothways.outreach.models import Climb, FamilyPlan, Task, Visit
from bothways.outreach.ringing import numbers
from bothways.outreach.services.tasks import tasks_for
from bothways.people.enums import PointKind, PointState
from bothways.people.models import ContactPoint
from bothways.web.staff.barriers import lines_for
from bothways.web.staff.family import (
    Adult,
    Family,
    Happening,
    Way,
    events_of,
    happenings,
    read_family,
)
from bothways.web.staff.scope import children_of
from bothways.web.staff.scripts import Part, script

MOST_UNSEEN, MOST_TRIES = 5, 12


@dataclass(frozen=True, slots=True)
class Number:
    point: ContactPoint
    shown: str
    whose: str
    working: bool


@dataclass(frozen=True, slots=True)
class Unseen:
    """A message that nobody there has seen yet, to be told in short."""

    words: str
    language: str
    only_to: str  # names, where not every adult here may hear it


@dataclass(frozen=True, slots=True)
class TaskPage:
    task: Task
    family: Family
    adults: list[Adult]  # whom to ask for: those with standing, the wished one first
    numbers: list[Number]
    addresses: list[Way]
    hidden_address: bool
    interpreter: str  # the language's tag, "" where none is needed
    unseen: list[Unseen]
    tries: list[Happening]
    script: list[Part]
    visit: Visit | None
    plan: FamilyPlan | None
    quiet_now: bool

    @property
    def reaching_out(self) -> bool:
        return self.task.kind in REACHING_OUT

    @property
    def open(self) -> bool:
        return self.task.state == TaskState.OPEN.value

    @property
    def closed(self) -> bool:
        return self.task.state in (TaskState.DONE.value, TaskState.DROPPED.value)

    @property
    def child(self) -> str:
        students = self.family.students
        about = [s for s in students if s.pk == self.task.student_id] or students
        return about[0].called if len(about) == 1 else ""


def task_or_404(user: User, pk: int) -> Task:
    """The task, if it is of a family that this user serves."""
    task = (
        tasks_for(user)
        .select_related("household__district", "owner", "guardian", "student", "contact__by")
        .select_related("closed_by", "opened_by", "school")
        .filter(pk=pk)
        .first()
    )
    if task is None:
        raise Http404
    return task


def read_task(user: User, task: Task) -> TaskPage:
    """Everything for one page or sheet; a fixed number of queries."""
    now = clock.now()
    home = task.household
    family = read_family(user, home)
    adults = _to_ask(task, family, now)
    ids = {adult.guardian.pk for adult in adults}
    phones = [
        Number(
            point=point,
            shown=show(point.address),
            whose=point.guardian.name,
            working=point.state == PointState.WORKING.value,
        )
        for point in numbers(home, at=now, guardian=task.guardian)
        if point.guardian_id in ids
    ]
    postal = [
        way
        for adult in adults
        for way in adult.ways
        if way.point.kind == PointKind.POSTAL.value and way.point.state != PointState.FAILING.value
    ]
    unseen = _unseen(user, task, adults, now)
    tag = task.interpreter or _foreign(adults, home.district.default_language)
    kind = TaskKind(task.kind)
    visit = (
        Visit.objects.filter(task=task, called_off_at=None)
        .select_related("visitor", "companion")
        .order_by("-pk")
        .first()
    )
    plan = FamilyPlan.objects.filter(household=home).prefetch_related("go_betweens").first()
    page = TaskPage(
        task=task,
        family=family,
        adults=adults,
        numbers=phones,
        addresses=list({w.point.match: w for w in postal if not w.hidden}.values()),
        hidden_address=any(way.hidden for way in postal),
        interpreter=tag,
        unseen=unseen,
        tries=_tries(user, family),
        script=[],
        visit=visit,
        plan=plan,
        quiet_now=kind is TaskKind.CALL and quiet(home.district, now),
    )
    if page.reaching_out:
        page.script.extend(
            script(
                kind,
                child=page.child,
                adult=adults[0].guardian.name if adults else "",
                me=user.name,
                interpreter=name_in(tag, "en") if tag else "",
                unseen=bool(unseen),
                in_the_way=lines_for(home),
                passes_on=plan is not None
                and any(g.ended_at is None for g in plan.go_betweens.all()),
            )
        )
    return page


def _to_ask(task: Task, family: Family, now: datetime) -> list[Adult]:
    """Adults here with standing for the child it is about, else for a child whom this user serves."""
    adults = [adult for adult in family.adults if adult.may_be_told]
    if task.student_id is not None:
        lawful = set(
            standing(district=family.home.district, at=now)
            .filter(student=task.student_id)
            .values_list("guardian_id", flat=True)
        )
        adults = [adult for adult in adults if adult.guardian.pk in lawful]
    return sorted(adults, key=lambda adult: adult.guardian.pk != task.guardian_id)


def _foreign(adults: list[Adult], ours: str) -> str:
    """The language of whom to ask for, where it is not the school's; "" where nobody said."""
    for adult in adults[:1]:
        tag = adult.guardian.speaks or adult.guardian.reads
        if tag and tag != ours:
            return tag
    return ""


def _unseen(user: User, task: Task, adults: list[Adult], now: datetime) -> list[Unseen]:
    climbs = list(
        Climb.objects.filter(
            Q(message__student=None) | Q(message__student__in=children_of(user)),
            household=task.household,
            message__isnull=False,
            state__in=[ClimbState.OPEN.value, ClimbState.PAUSED.value],
        )
        .select_related("message", "district")
        .order_by("-opened_at", "-pk")[:MOST_UNSEEN]
    )
    ours = task.household.district.default_language
    versions: dict[int, list[Version]] = {}
    for version in Version.objects.filter(message__in=[c.message_id for c in climbs]):
        versions.setdefault(version.message_id, []).append(version)
    names = {adult.guardian.pk: adult.guardian.name for adult in adults}
    records = set(
        standing(district=task.household.district, at=now, records=True)
        .filter(guardian__in=names, student__in=children_of(user))
        .values_list("guardian_id", flat=True)
    )
    found = []
    for climb in climbs:
        assert climb.message is not None
        of = sorted(versions.get(climb.message.pk, []), key=lambda v: (v.language != ours, v.pk))
        allowed = records & names.keys() if climb.message.records else names.keys()
        if not of or not allowed:
            continue
        only = "" if len(allowed) == len(names) else ", ".join(names[pk] for pk in sorted(allowed))
        found.append(Unseen(of[0].subject or of[0].body[:400], of[0].language, only))
    return found


def _tries(user: User, family: Family) -> list[Happening]:
    """What we tried, newest first; words of the family are on its own page."""
    events = [
        event
        for event in events_of(user, family.home)
        if event.direction == Direction.TO_FAMILY.value
    ]
    return happenings(events, user=user, here=family.rights)[:MOST_TRIES]
