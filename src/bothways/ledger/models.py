"""One line a contact and level; one roll-up row a family, kept in the same transaction."""

from django.db import models

from bothways.accounts.models import User
from bothways.people.enums import WordClass
from bothways.people.models import Guardian, Household, Student
from bothways.schools.models import District


class ContactEvent(models.Model):
    """Append-only. The same source and level twice is one line."""

    # Millions of rows: an index that is not asked costs at every contact.
    district = models.ForeignKey(District, on_delete=models.CASCADE, db_index=False)
    household = models.ForeignKey(Household, on_delete=models.CASCADE, db_index=False)
    student = models.ForeignKey(Student, null=True, on_delete=models.CASCADE, db_index=False)
    guardian = models.ForeignKey(Guardian, null=True, on_delete=models.SET_NULL, db_index=False)
    at = models.DateTimeField()
    level = models.SmallIntegerField()
    direction = models.CharField(max_length=12)
    channel = models.CharField(max_length=12)
    source_kind = models.CharField(max_length=12)
    source_id = models.BigIntegerField()
    word_class = models.CharField(max_length=16, default=WordClass.FAMILY.value)
    note = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source_kind", "source_id", "level"], name="contact_event_once"
            ),
            models.CheckConstraint(
                condition=models.Q(level__range=(1, 5)), name="contact_event_level"
            ),
        ]
        indexes = [
            models.Index(fields=["household", "-at"], name="contact_event_household"),
            models.Index(
                fields=["student"],
                condition=models.Q(student__isnull=False),
                name="contact_event_student",
            ),
            models.Index(
                fields=["guardian"],
                condition=models.Q(guardian__isnull=False),
                name="contact_event_guardian",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} level {self.level}"


class Withdrawn(models.Model):
    """A line that a person found to say something untrue: it stays as it was written, and counts no more."""

    event = models.OneToOneField(
        ContactEvent, on_delete=models.CASCADE, primary_key=True, related_name="withdrawn"
    )
    at = models.DateTimeField()
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, db_index=False)
    why = models.CharField(max_length=40)  # a short code

    def __str__(self) -> str:
        return f"line {self.event_id} withdrawn"


class FamilyReach(models.Model):
    """The latest moment of each level, so that any period up to now is answered from one row."""

    household = models.OneToOneField(Household, on_delete=models.CASCADE, primary_key=True)
    district = models.ForeignKey(District, on_delete=models.CASCADE, db_index=False)
    attempted_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    met_at = models.DateTimeField(null=True)
    # When a message last meant this family, and why it could not be sent, if it could not.
    aimed_at = models.DateTimeField(null=True)
    held_at = models.DateTimeField(null=True)
    held_why = models.CharField(max_length=20, blank=True)
    # Until when an answer to something that has not failed may still be expected.
    waiting_until = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["district"], name="family_reach_district")]

    def __str__(self) -> str:
        return f"reach of {self.household_id}"
