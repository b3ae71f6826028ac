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
