"""Shared goals of a student: who wants what, who does what, how it goes."""

from datetime import time
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from bothways.accounts.models import User
from bothways.cases.goal_enums import HIGH, LOW, AskEvery, GoalState, Happened, SetBy
from bothways.people.enums import WordClass
from bothways.people.models import Guardian, Household, Student
from bothways.schools.models import District

if TYPE_CHECKING:
    from django_stubs_ext.db.models.manager import RelatedManager


class Goal(models.Model):
    """One thing that a student, home and school want together until a day."""

    district = models.ForeignKey(
        District, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    student = models.ForeignKey(Student, on_delete=models.CASCADE, related_name="goals")
    set_by = models.CharField(max_length=8, choices=[(s.value, s.value) for s in SetBy])
    # In whose words it stands, where that is known by name.
    guardian = models.ForeignKey(Guardian, null=True, on_delete=models.SET_NULL, related_name="+")
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    words = models.TextField()
    language = models.CharField(max_length=20)
    home_does = models.TextField(blank=True)
    school_does = models.TextField(blank=True)
    student_does = models.TextField(blank=True)
    see_it = models.TextField(blank=True)  # how we will see it
    said_in = models.JSONField(default=dict)  # {language: {"words": …, "home_does": …, …}}
    word_class = models.CharField(max_length=16, choices=[(c.value, c.value) for c in WordClass])
    until = models.DateField()
    state = models.CharField(
        max_length=8, default=GoalState.OPEN.value, choices=[(s.value, s.value) for s in GoalState]
    )
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    end_words = models.TextField(blank=True)
    ask_every = models.CharField(
        max_length=10, default=AskEvery.NEVER.value, choices=[(a.value, a.value) for a in AskEvery]
    )
    ask_weekday = models.PositiveSmallIntegerField(default=3)  # 0 is Monday
    ask_at = models.TimeField(default=time(17))
    asked_on = models.DateField(null=True)
    form_key = models.CharField(max_length=40, unique=True)  # a form sent twice sets one goal

    if TYPE_CHECKING:
        events: RelatedManager["GoalEvent"]

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state=GoalState.OPEN.value, ended_at=None)
                | (~Q(state=GoalState.OPEN.value) & Q(ended_at__isnull=False)),
                name="goal_ended_has_a_day",
            ),
            models.CheckConstraint(
                condition=~Q(state=GoalState.LET_GO.value) | ~Q(end_words=""),
                name="goal_let_go_says_why",
            ),
            models.CheckConstraint(
                condition=Q(word_class=WordClass.FAMILY.value)
                | Q(word_class=WordClass.STUDENT_VOICE.value, set_by=SetBy.STUDENT.value),
                name="goal_is_shared_or_the_students",
            ),
            # Who is not to read a goal cannot be asked how it goes.
            models.CheckConstraint(
                condition=Q(word_class=WordClass.FAMILY.value) | Q(ask_every=AskEvery.NEVER.value),
                name="goal_asked_is_shared",
            ),
        ]
        indexes = [models.Index(fields=["district", "state", "ask_every"], name="goal_to_ask")]

    def __str__(self) -> str:
        return f"goal {self.pk}"

    def part_in(self, name: str, tag: str) -> str:
        """``words``, ``home_does`` … in this language where somebody wrote it so."""
        return str(self.said_in.get(tag, {}).get(name) or getattr(self, name))

    def language_of(self, name: str, tag: str) -> str:
        return tag if self.said_in.get(tag, {}).get(name) else self.language


class GoalEvent(models.Model):
    """One dated line of a goal's story; a changed goal keeps what it said before."""

    goal = models.ForeignKey(Goal, on_delete=models.CASCADE, related_name="events", db_index=False)
    kind = models.CharField(max_length=12, choices=[(h.value, h.value) for h in Happened])
    at = models.DateTimeField()
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    guardian = models.ForeignKey(Guardian, null=True, on_delete=models.SET_NULL, related_name="+")
    by_student = models.BooleanField(default=False)
    words = models.TextField(blank=True)
    language = models.CharField(max_length=20, blank=True)
    value = models.PositiveSmallIntegerField(null=True)  # of a check-in: 1 not yet … 5 very well
    before = models.JSONField(default=dict)  # of a change: the parts as they were
    form_key = models.CharField(max_length=60, unique=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(value=None) | Q(value__gte=LOW, value__lte=HIGH),
                name="goal_check_in_range",
            )
        ]
        indexes = [models.Index(fields=["goal", "at"], name="goal_story")]

    def __str__(self) -> str:
        return f"{self.kind} of goal {self.goal_id}"


class GoalAsked(models.Model):
    """That a home was asked how a goal goes: once in a week, whatever the number of goals."""

    goal = models.ForeignKey(Goal, on_delete=models.CASCADE, related_name="askings")
    household = models.ForeignKey(Household, on_delete=models.CASCADE, related_name="+")
    week = models.DateField()  # its Monday
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["household", "week"], name="goal_one_question_a_week"),
            models.CheckConstraint(condition=Q(week__week_day=2), name="goal_week_is_a_monday"),
        ]

    def __str__(self) -> str:
        return f"goal {self.goal_id} asked in the week of {self.week}"


class GoalAlarm(models.Model):
    """Words of danger that a student wrote where a goal was asked for, and who on duty was told."""

    student = models.ForeignKey(Student, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    words = models.TextField()
    language = models.CharField(max_length=20)
    at = models.DateTimeField()
    form_key = models.CharField(max_length=40)
    told_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["form_key", "user"], name="goal_alarm_once")]

    def __str__(self) -> str:
        return f"alarm {self.pk}"
