"""Goals as their readers may see them."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Prefetch, QuerySet

from bothways.accounts.enums import Permission
from bothways.accounts.models import User
from bothways.cases.goal_enums import GoalState, Happened, SetBy
from bothways.cases.models import Goal, GoalAlarm, GoalEvent
from bothways.people.enums import WordClass
from bothways.people.models import Student


def alarms_of(user: User) -> list[GoalAlarm]:
    """Words of danger of students of which this person was told and has not taken in hand."""
    return list(
        GoalAlarm.objects.filter(user=user, seen_at=None)
        .select_related("student")
        .order_by("at", "pk")
    )


def goals_for(user: User) -> QuerySet[Goal]:
    """Of the children whom this person serves."""
    served = Student.objects.live().visible_to(user, Permission.CASES)
    return Goal.objects.filter(district=user.district_id, student__in=served).select_related(
        "student__school", "district", "guardian", "user"
    )


def goals_at_home(children: Collection[Student]) -> QuerySet[Goal]:
    """What a family reads of these children; ``children``: for whom the adult has standing now."""
    return _shown().filter(student__in=children, word_class=WordClass.FAMILY.value)


def goals_of_student(student: Student) -> QuerySet[Goal]:
    """What the student reads: what all agreed, and the student's own."""
    own = Goal.objects.filter(
        student=student,
        word_class=WordClass.STUDENT_VOICE.value,
        set_by=SetBy.STUDENT.value,
    )
    shared = Goal.objects.filter(student=student, word_class=WordClass.FAMILY.value)
    return _shown().filter(pk__in=(own | shared).values("pk"))


def _shown() -> QuerySet[Goal]:
    return Goal.objects.select_related("student__district", "guardian", "user").order_by(
        "ended_at", "until", "pk"
    )


@dataclass(slots=True)
class Told:
    """A goal with its story, newest last."""

    goal: Goal
    events: list[GoalEvent] = field(default_factory=list)

    @property
    def open(self) -> bool:
        return self.goal.state == GoalState.OPEN.value

    @property
    def checks(self) -> list[GoalEvent]:
        return [one for one in self.events if one.kind == Happened.CHECKED.value][-12:]

    @property
    def needs_school(self) -> bool:
        """The family or the student wants it, and school has not said what it does."""
        return self.open and not self.goal.school_does

    def late(self, today: date) -> bool:
        return self.open and self.goal.until < today


def told(goals: QuerySet[Goal]) -> list[Told]:
    """These goals with their stories; two queries whatever their number."""
    events = GoalEvent.objects.select_related("user", "guardian").order_by("at", "pk")
    return [
        Told(goal, list(goal.events.all()))
        for goal in goals.prefetch_related(Prefetch("events", events))
    ]
