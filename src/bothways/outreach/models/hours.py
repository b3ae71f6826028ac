"""When staff are there, and who stands in for them."""

from django.db import models
from django.db.models import F, Q

from bothways.accounts.models import User
from bothways.schools.models import District


class StaffHours(models.Model):
    """Somebody is at school on this weekday between these times; without any row nobody said."""

    district = models.ForeignKey(District, on_delete=models.CASCADE, db_index=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="hours", db_index=False)
    weekday = models.SmallIntegerField()  # Monday is 0
    starts = models.TimeField()
    ends = models.TimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "weekday"], name="staff_hours_once"),
            models.CheckConstraint(condition=Q(weekday__range=(0, 6)), name="staff_hours_weekday"),
            models.CheckConstraint(condition=Q(starts__lt=F("ends")), name="staff_hours_forward"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} on {self.weekday}"


class Away(models.Model):
    """Somebody is not there from this day to that, both included; a colleague may stand in."""

    district = models.ForeignKey(District, on_delete=models.CASCADE, db_index=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="away", db_index=False)
    first = models.DateField()
    last = models.DateField()
    stand_in = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="stands_in", db_index=False
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(first__lte=F("last")), name="away_forward"),
            models.CheckConstraint(
                condition=Q(stand_in=None) | ~Q(stand_in=F("user")), name="away_other_stands_in"
            ),
        ]
        indexes = [
            models.Index(fields=["user", "last"], name="away_user"),
            models.Index(fields=["stand_in", "last"], name="away_stand_in"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} away until {self.last}"
