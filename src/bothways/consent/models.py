"""Stops. A stop is per address, never touches the other ways, and can be undone."""

from django.db import models

from bothways.schools.models import District


class Stop(models.Model):
    """No more to this address: because the family said so (ours), or because the carrier refuses."""

    class By(models.TextChoices):
        OURS = "ours", "The family told us"
        CARRIER = "carrier", "The carrier blocks it until the family writes START"

    district = models.ForeignKey(District, on_delete=models.CASCADE)
    kind = models.CharField(max_length=10)  # PointKind
    match = models.CharField(max_length=500)  # as ContactPoint.match
    by = models.CharField(max_length=10, choices=By.choices)
    at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["district", "kind", "match", "by"],
                condition=models.Q(lifted_at=None),
                name="stop_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.by} stop {self.pk}"
