"""What is counted, and each day's number."""

from datetime import time
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import F, Q

from bothways.accounts.models import User
from bothways.cases.enums import Better, Every, How, Kind, Side
from bothways.cases.models.case import Case, Member
from bothways.schools.models import District

if TYPE_CHECKING:
    from django_stubs_ext.db.models.manager import RelatedManager


class Measure(models.Model):
    """One thing that home, school or both count on school days."""

    district = models.ForeignKey(District, on_delete=models.CASCADE, db_index=False)
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="measures")
    what = models.CharField(max_length=200)
    said_in = models.JSONField(default=dict)  # {language: the same}
    kind = models.CharField(max_length=8, choices=[(k.value, k.value) for k in Kind])
    better = models.CharField(max_length=4, choices=[(b.value, b.value) for b in Better])
    home = models.BooleanField(default=False)  # somebody at home says the number
    school = models.BooleanField(default=False)  # somebody at school does, on Today
    gradebook = models.BooleanField(default=False)  # school’s numbers come from the gradebook file
    ask_home = models.CharField(
        max_length=5, default=Every.NEVER.value, choices=[(e.value, e.value) for e in Every]
    )
    ask_at = models.TimeField(default=time(18))  # the family's hour
    asked_on = models.DateField(null=True)
    read_on = models.DateField(null=True)  # when the gradebook was last read for it
    starts_on = models.DateField()
    ends_on = models.DateField()  # asking stops by itself after this day
    stopped = models.BooleanField(default=False)  # somebody ended it: no plan makes it longer
    made_at = models.DateTimeField()

    if TYPE_CHECKING:
        points: RelatedManager["MeasurePoint"]

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")), name="case_measure_has_days"
            ),
            models.CheckConstraint(
                condition=Q(home=True) | Q(school=True), name="case_measure_has_a_side"
            ),
            models.CheckConstraint(
                condition=Q(ask_home=Every.NEVER.value) | Q(home=True),
                name="case_measure_asks_home",
            ),
        ]
        indexes = [models.Index(fields=["district", "ends_on"], name="case_measure_running")]

    def __str__(self) -> str:
        return f"measure {self.pk} of case {self.case_id}"

    def what_in(self, tag: str) -> str:
        return str(self.said_in.get(tag) or self.what)


class MeasurePoint(models.Model):
    """The number of one day from one side; the newest counts, what stood before is kept."""

    measure = models.ForeignKey(
        Measure, on_delete=models.CASCADE, related_name="points", db_index=False
    )
    day = models.DateField()
    side = models.CharField(
        max_length=8, choices=[(s.value, s.value) for s in (Side.HOME, Side.SCHOOL)]
    )
    value = models.DecimalField(max_digits=7, decimal_places=2)
    how = models.CharField(max_length=12, choices=[(h.value, h.value) for h in How])
    at = models.DateTimeField()
    member = models.ForeignKey(Member, null=True, on_delete=models.SET_NULL, related_name="+")
    typed_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    words = models.CharField(max_length=500, blank=True)

    if TYPE_CHECKING:
        before: RelatedManager["PointBefore"]

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["measure", "day", "side"], name="case_point_once")
        ]

    def __str__(self) -> str:
        return f"{self.side} on {self.day}"


class PointBefore(models.Model):
    """What stood there until somebody said another number."""

    point = models.ForeignKey(MeasurePoint, on_delete=models.CASCADE, related_name="before")
    value = models.DecimalField(max_digits=7, decimal_places=2)
    how = models.CharField(max_length=12)
    at = models.DateTimeField()
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"before {self.until} at point {self.point_id}"


class Cursor(models.Model):
    """How far the answers that came by text were taken in."""

    kind = models.CharField(max_length=12, unique=True)
    after = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.kind} up to {self.after}"
