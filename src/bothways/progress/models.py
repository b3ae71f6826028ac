"""What files and people say of how a child is doing, and what families were told of it."""

from datetime import time

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from bothways.accounts.models import User
from bothways.messaging.models import Message
from bothways.people.models import Student
from bothways.progress.enums import Day
from bothways.schools.models import District, School, Section


def counted_at_first() -> list[str]:
    return [Day.UNEXCUSED.value, Day.UNKNOWN.value]


class ProgressSettings(models.Model):
    """What this district tells families, and when. Everything is off until somebody switches it on."""

    district = models.OneToOneField(District, on_delete=models.CASCADE, related_name="+")
    absences = models.BooleanField(default=False)
    absences_at = models.TimeField(default=time(10))
    counted = ArrayField(models.CharField(max_length=12), default=counted_at_first)
    # What the district's own codes mean, as somebody said once: {"qz": "unexcused"}, in small letters.
    words = models.JSONField(default=dict)
    weekly = models.BooleanField(default=False)
    weekly_day = models.SmallIntegerField(default=4)  # 0 is Monday
    weekly_at = models.TimeField(default=time(16))
    accepted_days = models.SmallIntegerField(default=0)  # so long late work is taken; 0: not said
    offers_help = models.BooleanField(default=False)  # an hour after school can really be had
    good_weeks = models.SmallIntegerField(default=4)  # “all handed in” at most this often; 0: never
    monthly = models.BooleanField(default=False)
    monthly_day = models.SmallIntegerField(default=1)  # of the month
    monthly_at = models.TimeField(default=time(16))
    # The last day on which all were gone through: the next minute need not look again.
    weekly_done = models.DateField(null=True)
    monthly_done = models.DateField(null=True)
    monthly_from = models.SmallIntegerField(default=3)  # days missed from which on it is told

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(weekly_day__range=(0, 6)) & Q(monthly_day__range=(1, 28)),
                name="progress_settings_days",
            )
        ]

    def __str__(self) -> str:
        return f"what district {self.district_id} tells"


class Attendance(models.Model):
    """One child on one day, as the last file says. Days without a row: there, as far as we know."""

    district = models.ForeignKey(District, on_delete=models.CASCADE, db_index=False)
    student = models.ForeignKey(
        Student, on_delete=models.CASCADE, related_name="attendance", db_index=False
    )
    school = models.ForeignKey(School, null=True, on_delete=models.SET_NULL, related_name="+")
    day = models.DateField()
    kind = models.CharField(max_length=12, choices=[(k.value, k.value) for k in Day])
    category = models.CharField(max_length=60, blank=True)  # as the file writes it
    # What it said before the last correction, and when that came.
    before = models.CharField(max_length=12, blank=True)
    changed_at = models.DateTimeField(null=True)
    first_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["student", "day"], name="attendance_once"),
        ]
        indexes = [models.Index(fields=["district", "day"], name="attendance_day")]

    def __str__(self) -> str:
        return f"{self.student_id} on {self.day}: {self.kind}"


class Excuse(models.Model):
    """Days for which somebody here knows why: no file asks about them again."""

    district = models.ForeignKey(District, on_delete=models.CASCADE, db_index=False)
    student = models.ForeignKey(
        Student, on_delete=models.CASCADE, related_name="excuses", db_index=False
    )
    first = models.DateField()
    last = models.DateField()
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(last__gte=F("first")), name="excuse_has_days"),
        ]
        indexes = [models.Index(fields=["student", "last"], name="excuse_student")]

    def __str__(self) -> str:
        return f"{self.student_id} excused from {self.first} to {self.last}"


class Assignment(models.Model):
    """A piece of schoolwork, called as its teacher called it."""

    district = models.ForeignKey(District, on_delete=models.CASCADE, db_index=False)
    key = models.CharField(max_length=200)  # the file's id, else a digest of course, title and day
    section = models.ForeignKey(Section, null=True, on_delete=models.SET_NULL, related_name="+")
    course = models.CharField(max_length=300, blank=True)
    title = models.CharField(max_length=300)
    due_on = models.DateField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["district", "key"], name="assignment_once")]

    def __str__(self) -> str:
        return self.title


class Result(models.Model):
    """What became of it for one child."""

    district = models.ForeignKey(District, on_delete=models.CASCADE, db_index=False)
    assignment = models.ForeignKey(Assignment, on_delete=models.CASCADE, related_name="results")
    student = models.ForeignKey(
        Student, on_delete=models.CASCADE, related_name="results", db_index=False
    )
    work = models.CharField(max_length=8)
    share = models.DecimalField(
        max_digits=6, decimal_places=3, null=True
    )  # of the points; 1 is all
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["student", "assignment"], name="result_once")
        ]
        indexes = [models.Index(fields=["district", "work"], name="result_work")]

    def __str__(self) -> str:
        return f"{self.student_id}: {self.work}"


class Told(models.Model):
    """That a family was told this about this child for this day, week or month: once."""

    district = models.ForeignKey(District, on_delete=models.CASCADE, db_index=False)
    student = models.ForeignKey(Student, on_delete=models.CASCADE, db_index=False)
    what = models.CharField(max_length=8)
    period = models.DateField()  # the day; the week's Monday; the month's first
    message = models.ForeignKey(Message, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["student", "what", "period"], name="told_once")
        ]
        indexes = [models.Index(fields=["district", "what", "period"], name="told_period")]

    def __str__(self) -> str:
        return f"{self.what} of {self.period} about {self.student_id}"


class ProgressLoad(models.Model):
    """One file that was taken in. Ids, file names and line numbers only."""

    district = models.ForeignKey(District, on_delete=models.CASCADE)
    kind = models.CharField(max_length=12)
    at = models.DateTimeField()
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    source = models.CharField(max_length=200, blank=True)
    counts = models.JSONField(default=dict)
    report = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["district", "kind", "-at"], name="progress_load_latest")]

    def __str__(self) -> str:
        return f"{self.kind} file {self.pk}"
