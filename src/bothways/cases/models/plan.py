"""What is tried, by whom, until when."""

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import F, Q

from bothways.accounts.models import User
from bothways.cases.models.case import Case, Member

if TYPE_CHECKING:
    from django_stubs_ext.db.models.manager import RelatedManager


class Plan(models.Model):
    """One plan, and one phase of the plot. A changed plan is a new one: the older ends first."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="plans", db_index=False)
    number = models.PositiveSmallIntegerField()  # 1 is phase B
    home_part = models.TextField()
    school_part = models.TextField()
    student_part = models.TextField(blank=True)
    said_in = models.JSONField(default=dict)  # {language: {"home_part": …, "level_0": …, …}}
    levels = models.JSONField(default=list)  # what −2 … +2 look like, five sentences, or none
    starts_on = models.DateField()
    review_on = models.DateField()
    ended_on = models.DateField(null=True)  # the last day on which it held
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    if TYPE_CHECKING:
        ratings: RelatedManager["Rating"]

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "number"], name="case_plan_number"),
            models.UniqueConstraint(
                fields=["case"], condition=Q(ended_on=None), name="case_one_plan_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(review_on__gte=F("starts_on")), name="case_plan_has_days"
            ),
        ]

    def __str__(self) -> str:
        return f"plan {self.number} of case {self.case_id}"

    @property
    def letter(self) -> str:
        """The plot's name of it: B, C …"""
        return chr(ord("A") + min(self.number, 25))

    def part_in(self, name: str, tag: str) -> str:
        """``home_part``, ``school_part`` or ``student_part`` in this language where somebody wrote it so."""
        return str(self.said_in.get(tag, {}).get(name) or getattr(self, name))

    def level_in(self, number: int, tag: str) -> str | None:
        """What this level (0 is −2) looks like in this language, or None where nobody wrote it so."""
        return self.said_in.get(tag, {}).get(f"level_{number}") or None


class Rating(models.Model):
    """How far one member finds the plan's aim was reached, from −2 to +2."""

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="ratings", db_index=False)
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="+")
    level = models.SmallIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "member"], name="case_rating_once"),
            models.CheckConstraint(
                condition=Q(level__gte=-2, level__lte=2), name="case_rating_level"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.level} for plan {self.plan_id}"
