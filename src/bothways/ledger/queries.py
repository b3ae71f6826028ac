"""Read the ledger."""

from datetime import datetime

from django.db.models import Case, IntegerField, QuerySet, Value, When

from bothways.ledger.enums import Level
from bothways.ledger.models import ContactEvent, FamilyReach

_COLUMNS = {
    Level.MET: "met_at",
    Level.ANSWERED: "answered_at",
    Level.SEEN: "seen_at",
    Level.DELIVERED: "delivered_at",
    Level.ATTEMPTED: "attempted_at",
}


def level_since(since: datetime, prefix: str = "") -> Case:
    """An expression over FamilyReach: the highest level in the period, 0…5."""
    whens = [
        When(**{f"{prefix}{column}__gte": since}, then=Value(int(level)))
        for level, column in _COLUMNS.items()
    ]
    return Case(*whens, default=Value(0), output_field=IntegerField())


def reached_since(district_id: int, since: datetime) -> QuerySet[FamilyReach]:
    """Roll-up rows of families seen or better in the period."""
    return (
        FamilyReach.objects.filter(district_id=district_id)
        .alias(level=level_since(since))
        .filter(level__gte=int(Level.SEEN))
    )


def strongest_since(household_id: int, since: datetime) -> Level:
    """The highest level this family has in the period."""
    found = (
        FamilyReach.objects.filter(pk=household_id)
        .annotate(level=level_since(since))
        .values_list("level", flat=True)
        .first()
    )
    return Level(found or 0)


def timeline(household_id: int) -> QuerySet[ContactEvent]:
    """All contacts of a family that count, newest first."""
    return (
        ContactEvent.objects.filter(household_id=household_id, withdrawn=None)
        .select_related("student", "guardian")
        .order_by("-at", "-pk")
    )
