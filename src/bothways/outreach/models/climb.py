"""The climb: what is done for one message and one family until there is evidence."""

from django.db import models
from django.db.models import Q

from bothways.messaging.models import Message
from bothways.outreach.enums import ClimbState
from bothways.people.models import Household
from bothways.schools.models import District


class PolicyChoice(models.Model):
    """A district's own way to climb for a purpose; without a row the bundled one holds."""

    district = models.ForeignKey(District, on_delete=models.CASCADE, related_name="policies")
    purpose = models.CharField(max_length=12)  # Purpose, or "reach": in contact at all
    values = models.JSONField()  # outreach.policies reads it

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["district", "purpose"], name="policy_choice_once")
        ]

    def __str__(self) -> str:
        return f"policy for {self.purpose}"


class ClimbedMessage(models.Model):
    """A message for which climbs were opened, once for all its families."""

    message = models.OneToOneField(Message, on_delete=models.CASCADE, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"climbs of {self.message_id}"


class Climb(models.Model):
    """One message × one family, open until there is evidence; without a message: until it is in contact.

    ``next_at``: when there is something to decide. ``step`` and ``channel``: what was decided last.
    """

    district = models.ForeignKey(District, on_delete=models.CASCADE, db_index=False)
    household = models.ForeignKey(
        Household, on_delete=models.CASCADE, related_name="climbs", db_index=False
    )
    message = models.ForeignKey(Message, null=True, on_delete=models.CASCADE, related_name="climbs")
    purpose = models.CharField(max_length=12)  # which policy holds
    state = models.CharField(max_length=8, default=ClimbState.OPEN.value)
    opened_at = models.DateTimeField()
    next_at = models.DateTimeField()
    step = models.CharField(max_length=8, blank=True)  # StepKind
    channel = models.CharField(max_length=16, blank=True)  # Channel or TaskKind
    why = models.CharField(max_length=300, blank=True)  # in one sentence, for staff
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["household", "message"], name="climb_once", nulls_distinct=False
            )
        ]
        indexes = [
            models.Index(
                fields=["district", "next_at"], condition=Q(state="open"), name="climb_due"
            )
        ]

    def __str__(self) -> str:
        return f"climb {self.pk}: {self.state}"


class ChannelRecord(models.Model):
    """How often each channel led to a sign in a district: where nothing is known of a family yet."""

    district = models.ForeignKey(District, on_delete=models.CASCADE, related_name="+")
    channel = models.CharField(max_length=16)
    part = models.CharField(max_length=10)  # DayPart
    tried = models.IntegerField(default=0)
    seen = models.IntegerField(default=0)
    counted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["district", "channel", "part"], name="channel_record_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.part}: {self.seen} of {self.tried}"
