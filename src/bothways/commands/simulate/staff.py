"""The simulated staff: they answer families, ring, visit and bring things, each as far as their minutes go.

They work through the same services as the pages do. What came of it is the town's to say.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final

from bothways.accounts.enums import Role
from bothways.accounts.models import Membership, User
from bothways.commands.simulate.costs import KEPT_DAYS, MINUTES, MINUTES_A_DAY
from bothways.commands.simulate.words import answer as answer_words
from bothways.commands.simulation.town import Town
from bothways.messaging.models import Conversation
from bothways.messaging.services.conversations import NoWay, answer, settle
from bothways.outreach.enums import Result, TaskKind, TaskState, Way
from bothways.outreach.models import Climb, Task
from bothways.outreach.ringing import adults_to_ask, homes_addresses, numbers
from bothways.outreach.services import tasks as steps
from bothways.people.models import ContactPoint, Guardian
from bothways.schools.models import District

# Between lessons, at noon, after lessons, and calls once more when parents are back from work.
ROUNDS: Final = (time(10, 15), time(12, 15), time(15, 15), time(17, 45))
EVENING: Final = time(17)
SHARE_BY_ROUND: Final = (0.4, 0.6, 0.8, 1.0)  # of the minutes that somebody has at most by then
FIRST_LOOK: Final = timedelta(minutes=10)  # nobody answers faster than they read

_WAYS: Final = {
    TaskKind.CALL.value: Way.CALL,
    TaskKind.VISIT.value: Way.VISIT,
    TaskKind.HANDOVER.value: Way.HANDOVER,
    TaskKind.GO_BETWEEN.value: Way.GO_BETWEEN,
    TaskKind.NEUTRAL_PLACE.value: Way.NEUTRAL_PLACE,
}
# How the town is asked: somebody who passes word on meets the family as one who brings something does.
_HOW: Final = {
    TaskKind.CALL.value: "call",
    TaskKind.VISIT.value: "visit",
    TaskKind.HANDOVER.value: "handover",
    TaskKind.GO_BETWEEN.value: "handover",
    TaskKind.NEUTRAL_PLACE.value: "visit",
}
_RESULTS: Final = {
    "person": Result.TALKED,
    "met": Result.TALKED,
    "arrives": Result.GIVEN,
    "wrong": Result.WRONG_PERSON,
    "moved": Result.MOVED,
    "none": Result.NO_ANSWER,
    "missed": Result.NO_ANSWER,
}


@dataclass(slots=True)
class Day:
    """What somebody has left, and had this morning."""

    had: float = 0.0
    left: float = 0.0

    def may_use(self, minutes: float, share: float) -> bool:
        """Whether so much fits into the share of the day that is over by now."""
        return self.left - minutes >= self.had * (1 - share) - 1e-9


@dataclass(frozen=True, slots=True)
class Errand:
    """A task that somebody goes about now: where to and to whom."""

    task: Task
    by: User
    to: str
    guardian: Guardian | None
    point: ContactPoint | None


@dataclass(slots=True)
class Staff:
    """All who work in a district's schools."""

    district: District
    town: Town
    school_days: frozenset[date]
    office: User  # for whatever is nobody's
    spent: dict[date, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    _days: dict[int, Day] = field(default_factory=dict)
    _roles: dict[int, str] = field(default_factory=dict)
    _schools: dict[int | None, list[User]] = field(default_factory=lambda: defaultdict(list))
    _morning: date | None = None

    def __post_init__(self) -> None:
        members = Membership.objects.filter(
            district=self.district, ended_at=None, user__is_active=True
        )
        for member in members.select_related("user").order_by("user_id", "pk"):
            self._roles.setdefault(member.user_id, member.role)
            self._schools[member.school_id].append(member.user)
        self._roles.setdefault(self.office.pk, Role.OFFICE.value)

    def __call__(self, now: datetime) -> datetime | None:
        """One round of work; when the next one is."""
        local = now.astimezone(self.district.zone)
        if local.date() in self.school_days:
            self._come_to_work(local.date())
            share = max(
                (s for at, s in zip(ROUNDS, SHARE_BY_ROUND, strict=True) if at <= local.time()),
                default=SHARE_BY_ROUND[0],
            )
            self._answer(now, share)
            self._go(now, share)
        return self.after(now)

    def after(self, moment: datetime) -> datetime | None:
        """The next round; None when the school days of the simulation are over."""
        local = moment.astimezone(self.district.zone)
        for day in sorted(self.school_days):
            for at in ROUNDS:
                round_ = datetime.combine(day, at, self.district.zone)
                if day >= local.date() and round_ > moment:
                    return round_
        return None

    def note(self, day: date, kind: str, count: int = 1) -> None:
        """So often somebody did this."""
        if count:
            self.spent[day][kind] += count * MINUTES[kind]

    def _come_to_work(self, day: date) -> None:
        if self._morning == day:
            return
        self._morning = day
        for pk, role in self._roles.items():
            minutes = MINUTES_A_DAY[role]
            mine = self._days.setdefault(pk, Day())
            mine.left = min(mine.left + minutes, minutes * KEPT_DAYS)
            mine.had = mine.left

    def _has_time(self, user: User, minutes: float, share: float) -> bool:
        mine = self._days.get(user.pk)
        return mine is not None and mine.may_use(minutes, share)

    def _use(self, user: User, minutes: float) -> None:
        self._days[user.pk].left -= minutes

    # Answering.

    def _answer(self, now: datetime, share: float) -> None:
        waiting = Conversation.objects.filter(
            district=self.district, waiting_since__lte=now - FIRST_LOOK
        ).order_by("waiting_since", "pk")
        day = now.astimezone(self.district.zone).date()
        for conversation in waiting.select_related("district", "school", "owner"):
            by = conversation.owner or self.office
            # Who waits for an answer goes before everything else.
            if not self._has_time(by, MINUTES["answer"], 1.0 if share >= 0.8 else share + 0.2):
                continue
            self._use(by, MINUTES["answer"])
            self.note(day, "answer")
            last = conversation.entries.filter(from_family=True).order_by("-at", "-pk").first()
            try:
                words = answer_words(last.language if last else "")
                answer(conversation=conversation, words=words, by=by)
            except NoWay:
                # They wrote from a number that stopped since: told in person, when there is an occasion.
                settle(conversation=conversation, by=by, how="settled")

    # Reaching out.

    def _go(self, now: datetime, share: float) -> None:
        evening = now.astimezone(self.district.zone).time() >= EVENING
        day = now.astimezone(self.district.zone).date()
        errands = []
        for errand in self._errands(now, evening=evening):
            kind = errand.task.kind
            minutes = MINUTES[kind]
            if kind == TaskKind.VISIT.value:
                other = self._companion(errand)
                if other is None or not self._has_time(errand.by, minutes / 2, 1.0):
                    continue
                self._use(other, minutes / 2)
                self._use(errand.by, minutes / 2)
            elif not self._has_time(
                errand.by, minutes, 1.0 if kind == TaskKind.NEUTRAL_PLACE.value else share
            ):
                continue
            else:
                self._use(errand.by, minutes)
            self.note(day, kind)
            errands.append(errand)
        if not errands:
            return
        outcomes = self.town.call("tries", [self._try(errand) for errand in errands])
        for errand, outcome in zip(errands, outcomes, strict=True):
            self._finish(errand, outcome["outcome"], now)

    def _errands(self, now: datetime, *, evening: bool) -> Iterator[Errand]:
        """What is open and can be done now, the most urgent first."""
        kinds = [TaskKind.CALL.value] if evening else list(_WAYS)
        open_ = (
            Task.objects.filter(district=self.district, state=TaskState.OPEN.value, kind__in=kinds)
            .select_related("household__district", "owner", "guardian")
            .order_by("due", "pk")
        )
        for task in open_:
            if task.not_before is not None and task.not_before > now:
                continue
            by = task.owner or self._somebody(task.school_id)
            if self._days[by.pk].left < 1 if by.pk in self._days else True:
                continue
            if task.kind == TaskKind.CALL.value:
                rung = next(iter(numbers(task.household, at=now, guardian=task.guardian)), None)
                if rung is None:
                    steps.drop(task=task, why="There is no number to ring.", by=by)
                    continue
                yield Errand(task, by, rung.address, rung.guardian, rung)
                continue
            adults = adults_to_ask(task.household, at=now)
            if not adults:
                continue
            homes = homes_addresses(task.household)
            if task.kind == TaskKind.VISIT.value and not homes:
                steps.drop(task=task, why="Nobody knows where they live now.", by=by)
                continue
            yield Errand(
                task,
                by,
                homes[0].address if homes else "",
                task.guardian if task.guardian in adults else adults[0],
                None,
            )

    def _try(self, errand: Errand) -> dict[str, str | None]:
        guardian = errand.guardian
        climb = (
            Climb.objects.filter(household=errand.task.household_id, state="open")
            .order_by("-pk")
            .values_list("purpose", flat=True)
            .first()
        )
        how = _HOW[errand.task.kind]
        return {
            "how": how,
            "to": errand.to or ("" if how == "handover" else "a place that suits them"),
            "who": (guardian.sis_id or str(guardian.pk)) if guardian else None,
            "ref": str(errand.task.pk),
            "purpose": climb or "reach",
            "body": errand.task.kind,
        }

    def _finish(self, errand: Errand, outcome: str, now: datetime) -> None:
        task, result = errand.task, _RESULTS[outcome]
        if task.kind != TaskKind.VISIT.value and result is Result.MOVED:
            result = Result.NO_ANSWER  # at another place nobody learns where they live
        again = None
        if task.kind == TaskKind.CALL.value and result is Result.NO_ANSWER and not task.contact_id:
            again = self.after(now + timedelta(hours=3))  # once more at another hour
        steps.finish(
            task=task,
            way=_WAYS[task.kind],
            result=result,
            words="",
            by=errand.by,
            guardian=errand.guardian if result in (Result.TALKED, Result.GIVEN) else None,
            again_at=again,
            point=errand.point,
        )

    def _companion(self, errand: Errand) -> User | None:
        """A colleague at that school who has the time: nobody visits alone."""
        among: Sequence[User] = self._schools[errand.task.school_id] or self._schools[None]
        able = [
            user
            for user in among
            if user.pk != errand.by.pk and self._has_time(user, MINUTES["visit"] / 2, 1.0)
        ]
        return max(able, key=lambda user: (self._days[user.pk].left, -user.pk), default=None)

    def _somebody(self, school_id: int | None) -> User:
        """Who sees to what is nobody's: the school's office, else the district's."""
        for user in self._schools[school_id]:
            if self._roles[user.pk] in (Role.OFFICE.value, Role.PRINCIPAL.value):
                return user
        return self.office
