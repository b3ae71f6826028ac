"""How much an audience already gets from the school: families by their contacts of the last days."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import QuerySet

from bothways.core.sql import embed
from bothways.messaging.audience import Audience, children
from bothways.messaging.enums import State
from bothways.people.models import Student
from bothways.schools.models import District

DAYS = 7
MANY = 3  # contacts within that time

_NOISE = """
WITH audience AS MATERIALIZED ({students}), home AS MATERIALIZED (
    SELECT DISTINCT hs.household_id FROM people_householdstudent hs
    JOIN audience a ON a.id = hs.student_id
    WHERE (%(homes)s::bigint[] IS NULL OR hs.household_id = ANY(%(homes)s::bigint[]))
), recent AS MATERIALIZED (
    SELECT household_id, count(*) AS n FROM messaging_delivery
    WHERE district_id = %(district)s AND accepted_at > %(since)s AND rank >= %(accepted)s
        AND (digest_id IS NULL OR digest_id = id)
    GROUP BY household_id
)
SELECT count(*), count(*) FILTER (WHERE r.n IS NULL), count(*) FILTER (WHERE r.n >= %(many)s),
    coalesce(sum(r.n), 0)
FROM home LEFT JOIN recent r USING (household_id)
"""


@dataclass(frozen=True, slots=True)
class Noise:
    """Of ``families``: how many had no contact in these days, how many had ``MANY`` or more."""

    families: int
    none: int
    many: int
    contacts: int

    @property
    def some(self) -> int:
        return self.families - self.none - self.many

    @property
    def average(self) -> float:
        return round(self.contacts / self.families, 1) if self.families else 0.0


def noise_of(
    audience: Audience, *, among: QuerySet[Student], district: District, at: datetime
) -> Noise:
    """What went out to the families of this audience in the last week; one query."""
    sql, params = embed(
        _NOISE,
        {"students": children(audience, among).values("id").order_by()},
        {
            "homes": list(audience.households) or None,
            "district": district.pk,
            "since": at - timedelta(days=DAYS),
            "accepted": State.ACCEPTED.rank,
            "many": MANY,
        },
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        families, none, many, contacts = cursor.fetchone() or (0, 0, 0, 0)
    return Noise(families, none, many, int(contacts))
