"""What opens a family's own pages: a code to a point of theirs, a PIN from the office, a browser.

Of codes, PINs and cookies only digests are kept. All times are real time, as of everything that guards a door.
"""

from django.db import models
from django.db.models import Q

from bothways.accounts.models import User
from bothways.people.models import Guardian, Student
from bothways.schools.models import District


class FamilyCode(models.Model):
    """One request for a code, also where nobody is known behind what was typed: both look the same outside."""

    key = models.CharField(max_length=32, unique=True)  # opaque; in the address of the next page
    district = models.ForeignKey(District, null=True, on_delete=models.CASCADE)
    guardian = models.ForeignKey(Guardian, null=True, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, blank=True)  # "": nobody is known there
    match = models.CharField(max_length=500, blank=True)
    language = models.CharField(max_length=20)
    digest = models.CharField(max_length=64, blank=True)
    made_at = models.DateTimeField()
    tries = models.SmallIntegerField(default=0)
    proved_at = models.DateTimeField(null=True)  # right, and who it was is still to be asked
    used_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "web"
        indexes = [
            models.Index(
                fields=["kind", "match", "made_at"],
                condition=~Q(kind=""),
                name="family_code_point",
            ),
            models.Index(fields=["made_at"], name="family_code_made"),
        ]

    def __str__(self) -> str:
        return f"code {self.pk}"


class FamilyPin(models.Model):
    """Ten letters that the office gives one adult, or the school one student, to open their pages once."""

    district = models.ForeignKey(District, on_delete=models.CASCADE)
    guardian = models.ForeignKey(Guardian, null=True, on_delete=models.CASCADE, related_name="pins")
    student = models.ForeignKey(Student, null=True, on_delete=models.CASCADE, related_name="pins")
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "web"
        constraints = [
            models.CheckConstraint(
                condition=Q(guardian=None, student__isnull=False)
                | Q(guardian__isnull=False, student=None),
                name="family_pin_of_one",
            )
        ]

    def __str__(self) -> str:
        return f"PIN {self.pk}"


class FamilySession(models.Model):
    """One browser in which one adult's (or one student's) pages are open; never a household's."""

    district = models.ForeignKey(District, on_delete=models.CASCADE)
    guardian = models.ForeignKey(
        Guardian, null=True, on_delete=models.CASCADE, related_name="sessions"
    )
    student = models.ForeignKey(
        Student, null=True, on_delete=models.CASCADE, related_name="sessions"
    )
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    device = models.CharField(max_length=40, blank=True)  # “Android”, “iPhone”: to know it again by

    class Meta:
        app_label = "web"
        constraints = [
            models.CheckConstraint(
                condition=Q(guardian=None, student__isnull=False)
                | Q(guardian__isnull=False, student=None),
                name="family_session_of_one",
            )
        ]
        indexes = [models.Index(fields=["expires_at"], name="family_session_expires")]

    def __str__(self) -> str:
        return f"session {self.pk}"
