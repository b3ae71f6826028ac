"""What people did to reach a family."""

from django.db import models
from django.db.models import Q

from bothways.accounts.models import User
from bothways.outreach.enums import Result, Way
from bothways.people.enums import WordClass
from bothways.people.models import Guardian, Household
from bothways.schools.models import District


class PersonContact(models.Model):
    """A call, a visit, something handed over: who, when, what came of it, what was learned."""

    district = models.ForeignKey(District, on_delete=models.CASCADE)
    household = models.ForeignKey(
        Household, on_delete=models.CASCADE, related_name="person_contacts"
    )
    guardian = models.ForeignKey(Guardian, null=True, on_delete=models.SET_NULL)
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    at = models.DateTimeField()
    way = models.CharField(max_length=16, choices=[(w.value, w.label) for w in Way])
    result = models.CharField(max_length=16, choices=[(r.value, r.label) for r in Result])
    words = models.TextField(blank=True)  # what was said or learned
    # Messaging's Tone: what the talk was for the family.
    tone = models.CharField(max_length=8, blank=True, default="", db_default="")
    word_class = models.CharField(max_length=16, default=WordClass.FAMILY.value)
    form_key = models.CharField(max_length=40, null=True, unique=True)  # noqa: DJ001 - a form sent twice

    class Meta:
        indexes = [
            models.Index(fields=["household", "-at"], name="person_contact_household"),
            models.Index(
                fields=["district", "at"], condition=Q(tone="good"), name="person_contact_good"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.way}: {self.result}"
