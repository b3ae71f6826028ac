"""What stands in the way of a family, who told it in which words, and which help is in place.

The catalogue is data of ours (``catalogue.toml``); a district's rows here override or add to it.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from bothways.accounts.models import User
from bothways.barriers.enums import EndedHow, HelpState, Level, Source
from bothways.people.enums import WordClass
from bothways.people.models import Guardian, Household, Student
from bothways.schools.models import District


class OwnBarrier(models.Model):
    """A barrier as this district words it: instead of the bundled one of this code, or a new one."""

    district = models.ForeignKey(District, on_delete=models.CASCADE, db_index=False)
    code = models.CharField(max_length=40)
    level = models.CharField(max_length=12)
    words = models.CharField(max_length=120)
    advice = models.CharField(max_length=300, blank=True)  # for whoever calls, visits or meets
    effects = ArrayField(models.CharField(max_length=30), default=list)
    helps = ArrayField(models.CharField(max_length=40), default=list)  # codes of solutions
    retired_at = models.DateTimeField(null=True)  # offered no more; what is noted goes on to hold

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["district", "code"], name="own_barrier_once"),
            models.CheckConstraint(
                condition=Q(level__in=[level.value for level in Level]), name="own_barrier_level"
            ),
        ]

    def __str__(self) -> str:
        return self.words


class OwnSolution(models.Model):
    """A solution as this district words it. ``removes``: with it the barrier stands in the way no more."""

    district = models.ForeignKey(District, on_delete=models.CASCADE, db_index=False)
    code = models.CharField(max_length=40)
    words = models.CharField(max_length=120)
    removes = models.BooleanField(default=False)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["district", "code"], name="own_solution_once")
        ]

    def __str__(self) -> str:
        return self.words


class FamilyBarrier(models.Model):
    """Something stands in the way of one family, from when it was first told until it does no more."""

    district = models.ForeignKey(District, on_delete=models.CASCADE, db_index=False)
    household = models.ForeignKey(
        Household, on_delete=models.CASCADE, related_name="barriers", db_index=False
    )
    code = models.CharField(max_length=40)
    noted_at = models.DateTimeField()
    noted_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    ended_how = models.CharField(max_length=8, blank=True)  # EndedHow; "": open

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["household", "code"],
                condition=Q(ended_at=None),
                name="family_barrier_open_once",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_how="")
                | Q(ended_at__isnull=False, ended_how__in=[how.value for how in EndedHow]),
                name="family_barrier_ended_how",
            ),
        ]
        indexes = [
            models.Index(
                fields=["district", "code"], condition=Q(ended_at=None), name="family_barrier_open"
            ),
            models.Index(fields=["household", "-id"], name="family_barrier_household"),
        ]

    def __str__(self) -> str:
        return f"{self.code} of {self.household_id}"


class Telling(models.Model):
    """That it was told: where, by whom, in which words, and who may read them."""

    district = models.ForeignKey(District, on_delete=models.CASCADE, db_index=False)
    barrier = models.ForeignKey(FamilyBarrier, on_delete=models.CASCADE, related_name="tellings")
    guardian = models.ForeignKey(Guardian, null=True, on_delete=models.CASCADE, related_name="+")
    student = models.ForeignKey(Student, null=True, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    source = models.CharField(max_length=12, choices=[(s.value, s.value) for s in Source])
    source_ref = models.CharField(max_length=80, blank=True)  # the teller's own id
    words = models.TextField(blank=True)
    word_class = models.CharField(max_length=16, default=WordClass.FAMILY.value)
    taken_back_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["district", "at"], name="barrier_telling_at")]

    def __str__(self) -> str:
        return f"telling {self.pk}"


class FamilyHelp(models.Model):
    """A solution for one family: offered, in place, or not needed, and since when."""

    district = models.ForeignKey(District, on_delete=models.CASCADE, db_index=False)
    household = models.ForeignKey(
        Household, on_delete=models.CASCADE, related_name="helps", db_index=False
    )
    code = models.CharField(max_length=40)
    state = models.CharField(max_length=10)
    since = models.DateTimeField()
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["household", "code"], name="family_help_once"),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in HelpState]),
                name="family_help_state",
            ),
        ]
        indexes = [models.Index(fields=["district", "code"], name="family_help_district")]

    def __str__(self) -> str:
        return f"{self.code} for {self.household_id}: {self.state}"
