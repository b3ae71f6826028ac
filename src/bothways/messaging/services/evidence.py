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
NOT_THE_ADDRESS = (
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

# The latest delivery to an address that came to an end says what the address is worth. A person's word
# (wrong person) outranks it until somebody corrects the number.
_POINTS = """
UPDATE people_contactpoint p SET
    state = CASE WHEN d.good THEN 'working' WHEN d.error = ANY(%(spared)s) THEN p.state
        ELSE 'failing' END,
    why = CASE WHEN d.good THEN '' WHEN d.error = ANY(%(spared)s) THEN p.why ELSE d.error END,
    phone_kind = CASE WHEN p.kind <> 'phone' THEN p.phone_kind
        WHEN d.good THEN 'mobile' WHEN d.error = ANY(%(landline)s) THEN 'landline'
        ELSE p.phone_kind END,
    state_at = %(at)s
FROM (
    SELECT DISTINCT ON (m.district_id, m.kind, m.match) m.district_id, m.kind, m.match, m.error,
        m.state IN ('delivered', 'seen', 'answered') AS good
    FROM unnest(%(districts)s::bigint[], %(kinds)s::text[], %(matches)s::text[])
        AS t(district_id, kind, match)
    JOIN messaging_delivery m USING (district_id, kind, match)
    WHERE m.state IN ('delivered', 'seen', 'answered', 'undelivered', 'rejected')
    ORDER BY m.district_id, m.kind, m.match, m.id DESC
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
WHERE r.household_id = x.household_id
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
