"""What a family asks of the record: to correct something, or to see more of it; with the day it is owed by."""

from django.db import models
from django.db.models import Q

from bothways.accounts.models import User
from bothways.outreach.enums import RequestKind
from bothways.people.models import Guardian, Student
from bothways.schools.models import District


class FamilyRequest(models.Model):
    """One wish of one adult, and what came of it."""

    district = models.ForeignKey(District, on_delete=models.CASCADE, db_index=False)
    guardian = models.ForeignKey(Guardian, on_delete=models.CASCADE, related_name="requests")
    student = models.ForeignKey(
        Student, null=True, on_delete=models.SET_NULL, related_name="+"
    )  # none: about all their children
    kind = models.CharField(max_length=10, choices=[(k.value, k.value) for k in RequestKind])
    words = models.TextField()
    language = models.CharField(max_length=20, blank=True)
    at = models.DateTimeField()
    due_on = models.DateField()
    owner = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    answer = models.TextField(blank=True)
    outcome = models.CharField(max_length=10, blank=True)  # RequestOutcome; "": open
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    form_key = models.CharField(max_length=40, unique=True)  # a form sent twice

    class Meta:
        indexes = [
            models.Index(
                fields=["district", "due_on"],
                condition=Q(answered_at=None),
                name="family_request_open",
            )
        ]

    def __str__(self) -> str:
        return f"request {self.pk}: {self.kind}"
