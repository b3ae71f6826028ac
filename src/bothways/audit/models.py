"""One table, no foreign keys: the record outlives what it speaks of."""

from django.db import models


class Entry(models.Model):
    """One look or change. Ids only: no names, no words, no addresses."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    district_id = models.BigIntegerField(null=True)
    user_id = models.BigIntegerField(null=True)  # None: the system itself
    event = models.CharField(max_length=60)
    object_type = models.CharField(max_length=60, blank=True)
    object_id = models.BigIntegerField(null=True)
    details = models.JSONField(default=dict)  # counts and ids

    class Meta:
        indexes = [
            models.Index(
                fields=["district_id", "object_type", "object_id", "-at"], name="audit_object"
            ),
            models.Index(fields=["district_id", "user_id", "-at"], name="audit_user"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.object_type} {self.object_id}"
