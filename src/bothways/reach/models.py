"""What families' reasons depend on and changes slowly, worked out beforehand.

The times that sending moves stay in ``ledger.FamilyReach``. ``bothways.reach.facts`` keeps these tables right.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from bothways.people.models import Household
from bothways.schools.models import District


class FamilyKind(models.Model):
    """All that is known of families and changes slowly: one row for all those that are alike in it.

    A district of 100,000 families has some thousand kinds, so a board counts families by one number
    and works out reasons for groups.
    """

    id = models.AutoField(primary_key=True)  # small, since it stands in every family's row
    district = models.ForeignKey(
        District, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="+"
    )
    school_ids = ArrayField(models.BigIntegerField())  # of the live children, in order
    language = models.CharField(max_length=20)  # the first guardian's; "" if nobody asked
    has_guardian = models.BooleanField()  # as in reach.rules.Facts
    has_standing = models.BooleanField()
    has_point = models.BooleanField()
    some_stop = models.BooleanField()  # an address of theirs is stopped
    some_way = models.BooleanField()  # an address of theirs is not stopped and does not fail

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=[
                    "district",
                    "language",
                    "school_ids",
                    "has_guardian",
                    "has_standing",
                    "has_point",
                    "some_stop",
                    "some_way",
                ],
                name="family_kind_once",
            )
        ]

    def __str__(self) -> str:
        return f"kind {self.pk}"


class FamilyFacts(models.Model):
    """The kind of a home with children, on the days from ``holds_from`` until before ``holds_until``.

    Null: since ever, for ever. A board reads every row of a district: each byte here costs it time.
    """

    # No constraints in the database: this is a copy, and its writer locks nothing that imports write.
    household = models.OneToOneField(
        Household,
        on_delete=models.CASCADE,
        primary_key=True,
        db_constraint=False,
        related_name="+",
    )
    district = models.ForeignKey(
        District, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="+"
    )
    kind = models.ForeignKey(
        FamilyKind, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="+"
    )
    # Some addresses stopped and some not: then what is under way decides, family by family.
    mixed = models.BooleanField()
    holds_from = models.DateField(null=True)
    holds_until = models.DateField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["district", "household"], name="family_facts_district"),
            # The few whose standing an order's first or last day changes, with nobody touching a row.
            models.Index(
                fields=["district", "holds_until"],
                condition=Q(holds_until__isnull=False),
                name="family_facts_until",
            ),
            models.Index(
                fields=["district", "holds_from"],
                condition=Q(holds_from__isnull=False),
                name="family_facts_from",
            ),
        ]

    def __str__(self) -> str:
        return f"facts of {self.household_id}"


class Stale(models.Model):
    """A note by a trigger: something changed that facts are made of.

    Notes are only added, never merged: two writers never wait for each other here, and the note of a
    transaction that is still open cannot be taken away with one that was there before. What it means
    for which families is found when it is read: meanwhile an adult may have moved.
    """

    district_id = models.BigIntegerField()
    what = models.CharField(max_length=12)  # reach.notes: a table's word, or "all" of the district
    ref = models.BigIntegerField(null=True)  # its id; null for "all"

    class Meta:
        indexes = [models.Index(fields=["district_id"], name="stale_district")]

    def __str__(self) -> str:
        return f"stale: {self.what} {self.ref}"
