"""What was imported, by whom and with what result: the page on rosters shows the last ones."""

from django.db import models

from bothways.accounts.models import User
from bothways.people.models import Household
from bothways.schools.models import District


class ImportRun(models.Model):
    """One import that was done. Ids, file names and line numbers only: no names, no addresses."""

    district = models.ForeignKey(District, on_delete=models.CASCADE)
    at = models.DateTimeField()
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    source = models.CharField(max_length=200, blank=True)  # the file's own name, without its path
    counts = models.JSONField(default=dict)
    report = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["district", "-at"], name="import_run_latest")]

    def __str__(self) -> str:
        return f"import {self.pk}"


class Successor(models.Model):
    """The family that a home's adults are counted with now that nobody is left in it.

    A note of the rebuild for whoever carries along what happened with them; it goes once that is done.
    """

    district = models.ForeignKey(District, on_delete=models.CASCADE)
    old = models.OneToOneField(
        Household, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    new = models.ForeignKey(Household, on_delete=models.CASCADE, related_name="+", db_index=False)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.old_id} is {self.new_id} now"


class NightlyFolder(models.Model):
    """Whether a district's folder is watched, and what came of what was last laid down in it."""

    class State(models.TextChoices):
        EMPTY = "empty"  # nothing was there yet
        WORKING = "working"
        TAKEN = "taken"
        ASKS = "asks"  # it would end so many people that somebody must say it is right
        UNUSABLE = "unusable"

    district = models.OneToOneField(District, primary_key=True, on_delete=models.CASCADE)
    on = models.BooleanField(default=False)
    seen = models.CharField(max_length=64, blank=True)  # what lay there when it was last looked at
    looked_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.EMPTY)
    words = models.CharField(max_length=2000, blank=True)  # counts and file names, no people

    def __str__(self) -> str:
        return f"nightly folder of {self.district_id}: {self.state}"
