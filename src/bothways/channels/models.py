"""What carriers told us, exactly as they told it."""

from django.db import models
from django.db.models.fields.json import KeyTextTransform


class RawEvent(models.Model):
    """One event from outside, stored once before it is answered with 200, applied in batches after."""

    carrier = models.CharField(max_length=20)
    kind = models.CharField(max_length=10)  # EventKind
    dedupe = models.CharField(max_length=200)
    event = models.JSONField()  # channels.contract.Event as plain values
    received_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["carrier", "dedupe"], name="raw_event_once")]
        indexes = [
            models.Index(
                fields=["kind", "id"],
                condition=models.Q(applied_at=None),
                name="raw_event_waiting",
            ),
            models.Index(
                KeyTextTransform("carrier_id", "event"),
                condition=models.Q(outcome="unmatched"),
                name="raw_event_unmatched",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.carrier} {self.kind} {self.pk}"


class CarrierConfig(models.Model):
    """What a carrier of this installation wants to know; the carrier declares the names."""

    carrier = models.CharField(max_length=20, primary_key=True)
    values = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"settings of {self.carrier}"


class Pace(models.Model):
    """One sender's bucket. Its time is the database server's: the machines' clocks need not agree."""

    name = models.CharField(max_length=40, primary_key=True)
    tokens = models.FloatField(default=0)
    urgent_tokens = models.FloatField(default=0)
    filled_at = models.DateTimeField()
    paused_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"pace of {self.name}"


class PushSubscription(models.Model):
    """A browser that agreed to notices. Its key is the address of contact points; the rest stays here."""

    key = models.CharField(max_length=64, primary_key=True)  # tells nothing of the browser
    endpoint = models.TextField()  # its push service's address: whoever has it can disturb
    p256dh = models.CharField(max_length=200)
    auth = models.CharField(max_length=100)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"browser {self.key[:8]}"
