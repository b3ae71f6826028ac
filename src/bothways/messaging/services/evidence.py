"""What deliveries prove about addresses and families: always read from all that is known.

Everything here is computed from the deliveries as they stand, not from the news that came last, so that
receipts in any order end in the same states.
"""

from collections.abc import Iterable, Set
from datetime import datetime

from django.db import connection

from bothways.messaging.enums import DAYS_TO_WAIT

# Twilio's words for numbers that cannot take texts at all.
LANDLINE_CODES = ("30006", "21614")
# Failures that speak of the carrier or of us, or only of texts: a landline may still be rung.
BLOCKED_CODES = ("21610",)
NOT_THE_ADDRESS = (
    *BLOCKED_CODES,
    "unknown",
    "not_given",
    *LANDLINE_CODES,
    "setup",
    "unavailable",
    "21610",
    "30001",
    "30002",
    "30007",
    "30008",
    "no_font",
)

# The latest delivery to an address that came to a telling end says what the address is worth; one that failed
# for the carrier's own reasons tells nothing. A person's word (wrong person) outranks all until it is mended.
_POINTS = """
UPDATE people_contactpoint p SET
    state = CASE WHEN d.good THEN 'working' WHEN d.bad IS NOT NULL THEN 'failing'
        WHEN p.state = 'failing' THEN 'unknown' ELSE p.state END,
    why = CASE WHEN d.good THEN '' ELSE coalesce(d.bad, '') END,
    phone_kind = CASE WHEN p.kind = 'phone' AND d.phone_kind IS NOT NULL THEN d.phone_kind
        WHEN p.phone_kind = 'landline' THEN 'unknown' ELSE p.phone_kind END,
    state_at = %(at)s
FROM (
    SELECT t.district_id, t.kind, t.match, telling.good,
        CASE WHEN NOT telling.good THEN telling.error END AS bad, line.phone_kind
    FROM unnest(%(districts)s::bigint[], %(kinds)s::text[], %(matches)s::text[])
        AS t(district_id, kind, match)
    LEFT JOIN LATERAL (
        SELECT m.error, m.state NOT IN ('undelivered', 'rejected') AS good FROM messaging_delivery m
        WHERE m.district_id = t.district_id AND m.kind = t.kind AND m.match = t.match
            AND (m.state IN ('delivered', 'seen', 'answered')
                OR (m.state IN ('undelivered', 'rejected') AND m.error <> ALL(%(spared)s)))
        ORDER BY m.id DESC LIMIT 1
    ) telling ON true
    LEFT JOIN LATERAL (
        SELECT CASE WHEN m.error = ANY(%(landline)s) AND m.state IN ('undelivered', 'rejected')
            THEN 'landline' ELSE 'mobile' END AS phone_kind FROM messaging_delivery m
        WHERE m.district_id = t.district_id AND m.kind = t.kind AND m.match = t.match
            AND m.channel = 'text' AND (m.state IN ('delivered', 'seen', 'answered')
                OR (m.state IN ('undelivered', 'rejected') AND m.error = ANY(%(landline)s)))
        ORDER BY m.id DESC LIMIT 1
    ) line ON true
) d
WHERE p.district_id = d.district_id AND p.kind = d.kind AND p.match = d.match
    AND p.why <> 'wrong_person'
"""


def refresh_points(addresses: Set[tuple[int, str, str]], *, at: datetime) -> None:
    """Let (district id, kind, match) be what their deliveries have shown."""
    if not addresses:
        return
    ordered = sorted(addresses)
    with connection.cursor() as cursor:
        cursor.execute(
            _POINTS,
            {
                "at": at,
                "spared": list(NOT_THE_ADDRESS),
                "landline": list(LANDLINE_CODES),
                "districts": [a[0] for a in ordered],
                "kinds": [a[1] for a in ordered],
                "matches": [a[2] for a in ordered],
            },
        )


_FAMILIES = """
WITH locked AS MATERIALIZED (
    SELECT household_id FROM ledger_familyreach WHERE household_id = ANY(%(families)s::bigint[])
    ORDER BY household_id FOR UPDATE
)
UPDATE ledger_familyreach r SET waiting_until = x.waiting, failed_at = x.failed
FROM (
    SELECT f.household_id,
        max(CASE WHEN d.state IN ('queued', 'claimed', 'held', 'accepted', 'delivered')
            THEN coalesce(d.accepted_at, d.created_at) + w.days * interval '1 day' END) AS waiting,
        max(CASE WHEN d.state IN ('rejected', 'undelivered')
            THEN coalesce(d.accepted_at, d.created_at) END) AS failed
    FROM unnest(%(families)s::bigint[]) AS f(household_id)
    LEFT JOIN messaging_delivery d ON d.household_id = f.household_id
    LEFT JOIN unnest(%(channels)s::text[], %(days)s::int[]) AS w(channel, days)
        ON w.channel = d.channel
    GROUP BY f.household_id
) x
WHERE r.household_id = x.household_id AND r.household_id IN (SELECT household_id FROM locked)
"""


def refresh_families(households: Iterable[int]) -> None:
    """Let the roll-up say until when a sign may still come, and what failed."""
    families = sorted(set(households))
    if not families:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            _FAMILIES,
            {
                "families": families,
                "channels": [channel.value for channel in DAYS_TO_WAIT],
                "days": list(DAYS_TO_WAIT.values()),
            },
        )
