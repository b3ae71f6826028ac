"""Count what has worked: by channel and part of the day for a district, by address for each family."""

from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction

from bothways.messaging.enums import State
from bothways.outreach.likelihood import WEIGHT, Record, share
from bothways.outreach.models import ChannelRecord
from bothways.schools.models import District

# Half a year: a number that changed hands in spring says nothing in autumn.
REMEMBERED: Final = timedelta(days=180)
COUNTED_FOR: Final = timedelta(hours=20)

_DISTRICT = """
INSERT INTO outreach_channelrecord AS r (district_id, channel, part, tried, seen, counted_at)
SELECT %(district)s, d.channel, CASE WHEN hour < 12 THEN 'morning' WHEN hour < 17 THEN 'afternoon'
    ELSE 'evening' END AS part, count(*), count(*) FILTER (WHERE d.rank >= {seen}), %(now)s
FROM messaging_delivery d CROSS JOIN LATERAL (
    SELECT extract(hour FROM d.accepted_at AT TIME ZONE %(zone)s) AS hour) h
WHERE d.district_id = %(district)s AND d.accepted_at >= %(since)s
GROUP BY d.channel, 3
ON CONFLICT (district_id, channel, part) DO UPDATE SET tried = excluded.tried, seen = excluded.seen,
    counted_at = excluded.counted_at
"""

# Only what changed is written: every written address costs all its indexes.
_POINTS = """
UPDATE people_contactpoint p SET likely = x.likely FROM (
    SELECT p.id, round(100 * (%(weight)s * share.value + coalesce(t.seen, 0))
        / (%(weight)s + coalesce(t.tried, 0)))::smallint AS likely
    FROM people_contactpoint p
    JOIN unnest(%(kinds)s::text[], %(channels)s::text[], %(shares)s::float8[])
        AS share(kind, channel, value) ON share.kind = p.kind
    LEFT JOIN (
        SELECT d.kind, d.match, d.channel, count(*) AS tried,
            count(*) FILTER (WHERE d.rank >= {seen}) AS seen
        FROM messaging_delivery d
        WHERE d.district_id = %(district)s AND d.accepted_at >= %(since)s
        GROUP BY d.kind, d.match, d.channel
    ) t ON t.kind = p.kind AND t.match = p.match AND t.channel = share.channel
    WHERE p.district_id = %(district)s AND p.ended_at IS NULL
) x WHERE x.id = p.id AND p.likely IS DISTINCT FROM x.likely
"""
# By which channel an address is written to first.
_FIRST: Final = {"phone": "text", "email": "email", "whatsapp": "whatsapp", "push": "push"}


def records_of(district: District) -> dict[str, dict[str, Record]]:
    """The district's counts: channel → part of the day → record."""
    found: dict[str, dict[str, Record]] = {}
    for row in ChannelRecord.objects.filter(district=district):
        found.setdefault(row.channel, {})[row.part] = Record(row.tried, row.seen)
    return found


def is_old(district: District, at: datetime) -> bool:
    """Whether it is time to count again: about once a day."""
    latest = (
        ChannelRecord.objects.filter(district=district)
        .order_by("-counted_at")
        .values_list("counted_at", flat=True)
        .first()
    )
    return latest is None or at - latest >= COUNTED_FOR


@transaction.atomic
def count(district: District, at: datetime) -> None:
    """Count anew what led to a sign, and how likely each address is to lead to one."""
    values: dict[str, Any] = {
        "district": district.pk,
        "zone": district.timezone,
        "now": at,
        "since": at - REMEMBERED,
        "weight": WEIGHT,
    }
    with connection.cursor() as cursor:
        cursor.execute(_DISTRICT.format(seen=State.SEEN.rank), values)
        if not cursor.rowcount:
            return
        known = records_of(district)
        shares = {}
        for kind, channel in _FIRST.items():
            total = sum(known.get(channel, {}).values(), Record())
            shares[kind] = share(total)
        cursor.execute(
            _POINTS.format(seen=State.SEEN.rank),
            {
                **values,
                "kinds": list(_FIRST),
                "channels": list(_FIRST.values()),
                "shares": [shares[kind] for kind in _FIRST],
            },
        )
