"""What families said about being contacted.

A stop is per address, never touches the other ways, and can be undone. A preference is how and when one
family wants to be contacted. A quiet day is one that a family, or all of a language, keep free.
"""

from django.db import models
from django.db.models import F, Q

from bothways.accounts.models import User
from bothways.consent.hours import Hush
from bothways.people.models import Household
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
    # A stop by text is confirmed once, in the writer's language; the carrier's own stop it confirms itself.
    language = models.CharField(max_length=20, blank=True)
    confirm_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    # Lifted by staff: who of the family asked for it, and when.
    lifted_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    asked_by = models.CharField(max_length=200, blank=True)
    asked_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["district", "kind", "match", "by"],
                condition=models.Q(lifted_at=None),
                name="stop_once",
            )
        ]
        indexes = [
            models.Index(
                fields=["confirm_at"],
                condition=Q(confirm_at__isnull=False, confirmed_at=None),
                name="stop_to_confirm",
            )
        ]

    def __str__(self) -> str:
        return f"{self.by} stop {self.pk}"


class Preference(models.Model):
    """How and when one family wants to be contacted; what is empty is as the district has it."""

    household = models.OneToOneField(
        Household, primary_key=True, on_delete=models.CASCADE, related_name="preference"
    )
    district = models.ForeignKey(District, on_delete=models.CASCADE)
    digest_day = models.SmallIntegerField(null=True)  # 0 is Monday
    digest_at = models.TimeField(null=True)
    # Their own quiet hours, besides the district's: who works at night sleeps by day.
    quiet_from = models.TimeField(null=True)
    quiet_until = models.TimeField(null=True)
    customs = models.TextField(blank=True)  # in the family's words
    # consent.paper.Paper
    paper = models.CharField(max_length=4, blank=True, default="", db_default="")
    updated_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(quiet_from=None, quiet_until=None)
                | Q(quiet_from__isnull=False, quiet_until__isnull=False),
                name="preference_both_ends",
            ),
            models.CheckConstraint(
                condition=Q(digest_day=None) | Q(digest_day__range=(0, 6)), name="preference_day"
            ),
        ]
        indexes = [models.Index(fields=["district"], name="preference_district")]

    def __str__(self) -> str:
        return f"preference of {self.household_id}"

    @property
    def hush(self) -> Hush | None:
        """Their own quiet hours, if they have some."""
        if self.quiet_from is None or self.quiet_until is None:
            return None
        return Hush(self.quiet_from, self.quiet_until)


class QuietDay(models.Model):
    """A day, or hours of each week, on which routine words and further tries are not sent.

    For one family, for all families who read or speak a language, or (both empty) for everybody.
    """

    district = models.ForeignKey(District, on_delete=models.CASCADE, related_name="quiet_days")
    household = models.ForeignKey(
        Household, null=True, on_delete=models.CASCADE, related_name="quiet_days"
    )
    language = models.CharField(max_length=20, blank=True)
    day = models.DateField(null=True)
    weekday = models.SmallIntegerField(null=True)  # 0 is Monday
    start = models.TimeField(null=True)  # no hours: the whole day
    end = models.TimeField(null=True)
    title = models.CharField(max_length=200)
    source = models.CharField(max_length=200, blank=True)  # who told us
    added_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    added_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(day__isnull=False, weekday=None) | Q(day=None, weekday__range=(0, 6)),
                name="quiet_day_or_weekday",
            ),
            models.CheckConstraint(
                condition=Q(start=None, end=None)
                | (Q(start__isnull=False, end__isnull=False) & ~Q(start=F("end"))),
                name="quiet_day_hours",
            ),
            models.CheckConstraint(
                condition=Q(household=None) | Q(language=""), name="quiet_day_for_whom"
            ),
        ]
        indexes = [models.Index(fields=["district", "day"], name="quiet_day_date")]

    def __str__(self) -> str:
        return self.title

    @property
    def hush(self) -> Hush:
        return Hush(self.start, self.end, self.day, self.weekday)
