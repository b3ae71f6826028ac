"""The district and what it is divided into. All rosters' ids are kept as ``sis_id``."""

from datetime import time
from zoneinfo import ZoneInfo

from django.contrib.postgres.fields import ArrayField
from django.db import models


def vital_by_default() -> list[str]:
    """What a wrong word can harm: what to do now, and what is said about a child."""
    return ["emergency", "personal"]


class District(models.Model):
    """The tenant: everything below carries its id, and every index begins with it."""

    sis_id = models.CharField(max_length=200, unique=True)
    name = models.CharField(max_length=200)
    timezone = models.CharField(max_length=60, default="America/Chicago")
    region = models.CharField(max_length=2, default="US", help_text="for phone numbers")
    default_language = models.CharField(max_length=20, default="en")
    quiet_from = models.TimeField(default=time(20))
    quiet_until = models.TimeField(default=time(7))
    phone = models.CharField(max_length=40, blank=True)
    email = models.EmailField(blank=True)
    # When a family's routine words go out together; no day: each at once.
    digest_day = models.SmallIntegerField(null=True, blank=True, default=3)  # 0 is Monday
    digest_at = models.TimeField(default=time(16))
    # The noise budget: so many routine contacts an address gets in a week.
    routine_per_week = models.SmallIntegerField(default=1)
    # How letters go home: by post or in the bag; a school, and then a family, may have it otherwise.
    paper = models.CharField(max_length=4, default="post", db_default="post")
    # The district's stated rule: whether an emergency may go to an address that said stop.
    emergencies_pass_stops = models.BooleanField(default=False)
    # Purposes whose words go out in a machine's translation only after a person has gone through it.
    vital_purposes = ArrayField(
        models.CharField(max_length=12),
        default=vital_by_default,
        db_default=["emergency", "personal"],
    )
    # From this grade on students can have pages of their own; "": none have.
    student_pages_from = models.CharField(max_length=20, blank=True, default="", db_default="")
    # Where staff report that a child is in danger, by law and themselves: the state's or county's hotline.
    report_to = models.CharField(max_length=200, blank=True, default="", db_default="")
    report_phone = models.CharField(max_length=40, blank=True, default="", db_default="")

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


class School(models.Model):
    district = models.ForeignKey(District, on_delete=models.CASCADE, related_name="schools")
    sis_id = models.CharField(max_length=200)
    name = models.CharField(max_length=200)
    address = models.TextField(blank=True)  # lines divided by newlines
    phone = models.CharField(max_length=40, blank=True)
    email = models.EmailField(blank=True)
    paper = models.CharField(
        max_length=4, blank=True, default="", db_default=""
    )  # "": as the district
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["district", "sis_id"], name="school_once")]

    def __str__(self) -> str:
        return self.name


class Term(models.Model):
    district = models.ForeignKey(District, on_delete=models.CASCADE, related_name="terms")
    sis_id = models.CharField(max_length=200)
    title = models.CharField(max_length=200)
    kind = models.CharField(max_length=40, blank=True)  # schoolYear, semester, term, gradingPeriod
    starts_on = models.DateField(null=True)
    ends_on = models.DateField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["district", "sis_id"], name="term_once")]

    def __str__(self) -> str:
        return self.title


class Section(models.Model):
    """A class that meets: one course, one group, one term or more."""

    district = models.ForeignKey(District, on_delete=models.CASCADE)
    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="sections")
    sis_id = models.CharField(max_length=200)
    title = models.CharField(max_length=300)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["district", "sis_id"], name="section_once")]

    def __str__(self) -> str:
        return self.title


class ClosedDay(models.Model):
    """A day without school, for one school or (school empty) the whole district."""

    district = models.ForeignKey(District, on_delete=models.CASCADE, related_name="closed_days")
    school = models.ForeignKey(School, null=True, blank=True, on_delete=models.CASCADE)
    day = models.DateField()
    title = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["district", "school", "day"], name="closed_once", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.title}"
