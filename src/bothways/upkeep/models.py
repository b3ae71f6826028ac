"""What is set for the nights, and what was done in them."""

from datetime import time

from django.db import models

from bothways.schools.models import District


class Nightly(models.Model):
    """When the night's work is done, and how many backups are kept: one row, or none for the defaults."""

    at = models.TimeField(default=time(2, 30))  # on the wall of the (first) district, in real time
    keep = models.PositiveSmallIntegerField(default=14)
    backups = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="nightly_one_row"),
            models.CheckConstraint(condition=models.Q(keep__gte=1), name="nightly_keeps_one"),
        ]

    def __str__(self) -> str:
        return f"nightly at {self.at:%H:%M}"


class Task(models.TextChoices):
    BACKUP = "backup", "Backup"
    RETENTION = "retention", "What is too old goes"


class Run(models.Model):
    """One night's task: planned, begun, ended, and whether it was well. No names, counts only."""

    task = models.CharField(max_length=12, choices=Task.choices)
    planned_at = models.DateTimeField(null=True)  # null: by hand
    began_at = models.DateTimeField()  # real time, all three
    ended_at = models.DateTimeField(null=True)
    ok = models.BooleanField(default=False)
    words = models.CharField(max_length=500, blank=True)  # what went wrong
    file = models.CharField(max_length=200, blank=True)  # the backup's name, without its folder
    bytes = models.BigIntegerField(null=True)
    counts = models.JSONField(default=dict)  # rule → rows

    class Meta:
        constraints = [models.UniqueConstraint(fields=["task", "planned_at"], name="run_once")]
        indexes = [models.Index(fields=["task", "-ended_at"], name="run_latest")]

    def __str__(self) -> str:
        return f"{self.task} {self.pk}"


class KeepFor(models.Model):
    """A rule's days as they were set here: for one district, or (district empty) for all."""

    rule = models.CharField(max_length=60)
    district = models.ForeignKey(District, null=True, on_delete=models.CASCADE)
    days = models.PositiveIntegerField(null=True)  # null: kept

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "district"], name="keep_for_once", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return f"{self.rule}: {self.days}"
