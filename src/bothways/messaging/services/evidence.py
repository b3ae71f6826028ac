"""What deliveries prove about addresses and families: always read from all that is known.

Everything here is computed from the deliveries as they stand, not from the news that came last, so that
receipts in any order end in the same states.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import connection

from bothways.channels.whatsapp.answers import NOT_THE_NUMBER, STOPPED
from bothways.messaging.enums import DAYS_TO_WAIT

# Twilio's words for numbers that cannot take texts at all.
LANDLINE_CODES = ("30006", "21614")
# Failures that speak of the carrier or of us, or only of texts: a landline may still be rung.
BLOCKED_CODES = ("21610", STOPPED)
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
    "no_voice",
    *NOT_THE_NUMBER,
    "busy",
    "no_answer",
    "canceled",
    "fax",
    "21216",
)

# Enhanced status codes of mails (RFC 3463) that say nothing against the address: all that passes (4.x.x), a
# full mailbox, our own address, and a server that takes exception to the sender, to the words or to the way.
MAIL_NOT_THE_ADDRESS = r"^(4\.|4\d\d$|5\.2\.[23]$|5\.1\.[78]$|5\.[357]\.|5\.6\.[0-6]$)"

# The latest delivery to an address that came to a telling end says what the address is worth; one that failed
# for the carrier's own reasons tells nothing. A person's word (wrong person) outranks all until it is mended.
# One look into an index for each address, in the order of the addresses: who locks in a fixed order never waits
# in a ring. “OFFSET 0” keeps the planner from joining it with all addresses that there are.
_POINTS = """
UPDATE people_contactpoint p SET
    state = CASE WHEN d.good THEN 'working' WHEN d.bad IS NOT NULL THEN 'failing'
        WHEN p.state = 'failing' THEN 'unknown' ELSE p.state END,
    why = CASE WHEN d.good THEN '' ELSE coalesce(d.bad, '') END,
    phone_kind = CASE WHEN p.kind = 'phone' AND d.phone_kind IS NOT NULL THEN d.phone_kind
        WHEN p.phone_kind = 'landline' THEN 'unknown' ELSE p.phone_kind END,
    state_at = %(at)s
FROM (
    SELECT point.id, telling.good, CASE WHEN NOT telling.good THEN telling.error END AS bad,
        -- What the last end says of the number, if it was a text's; else what the last text said.
        CASE WHEN t.kind <> 'phone' THEN NULL
            WHEN telling.channel = 'text' AND telling.good THEN 'mobile'
            WHEN telling.channel = 'text' AND telling.error = ANY(%(landline)s) THEN 'landline'
            ELSE (
                SELECT CASE WHEN m.error = ANY(%(landline)s) AND m.state IN ('undelivered', 'rejected')
                    THEN 'landline' ELSE 'mobile' END FROM messaging_delivery m
                WHERE m.district_id = t.district_id AND m.kind = t.kind AND m.match = t.match
                    AND m.channel = 'text' AND (m.state IN ('delivered', 'seen', 'answered')
                        OR (m.state IN ('undelivered', 'rejected') AND m.error = ANY(%(landline)s)))
                ORDER BY m.id DESC LIMIT 1
            ) END AS phone_kind
    FROM (
        SELECT DISTINCT district_id, kind, match FROM messaging_delivery WHERE id = ANY(%(ids)s)
        ORDER BY kind, match OFFSET 0
    ) t
    CROSS JOIN LATERAL (
        SELECT c.id FROM people_contactpoint c
        WHERE c.kind = t.kind AND c.match = t.match AND c.district_id = t.district_id
            AND c.why <> 'wrong_person' ORDER BY c.id FOR UPDATE
    ) point
    LEFT JOIN LATERAL (
        SELECT m.error, m.channel, m.state NOT IN ('undelivered', 'rejected') AS good
        FROM messaging_delivery m
        WHERE m.district_id = t.district_id AND m.kind = t.kind AND m.match = t.match
            -- A letter that was given by hand says nothing about where the home's post goes.
            AND m.channel <> 'handover'
            AND (m.state IN ('delivered', 'seen', 'answered')
                OR (m.state IN ('undelivered', 'rejected') AND m.error <> ALL(%(spared)s)
                    AND (m.channel <> 'email' OR m.error !~ %(spared_mail)s)))
        ORDER BY m.id DESC LIMIT 1
    ) telling ON true
) d
WHERE p.id = d.id
"""


def refresh_points(deliveries: Sequence[int], *, at: datetime) -> None:
    """Let the addresses of these deliveries be what all that went there has shown."""
    if not deliveries:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            _POINTS,
            {
                "at": at,
                "spared": list(NOT_THE_ADDRESS),
                "landline": list(LANDLINE_CODES),
                "spared_mail": MAIL_NOT_THE_ADDRESS,
                "ids": list(deliveries),
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
        -- What waits for its digest is not on its way yet: no sign of it can come.
        max(CASE WHEN d.state IN ('queued', 'claimed', 'held', 'accepted', 'delivered') AND d.lane < 3
            THEN coalesce(d.accepted_at, d.released_at, d.created_at) + w.days * interval '1 day'
            END) AS waiting,
        max(CASE WHEN d.state IN ('rejected', 'undelivered')
            THEN coalesce(d.accepted_at, d.created_at) END) AS failed
    FROM unnest(%(families)s::bigint[]) AS f(household_id)
    -- The latest tell it: a family with years of messages must not cost years at each.
    LEFT JOIN LATERAL (
        SELECT state, channel, lane, accepted_at, released_at, created_at FROM messaging_delivery m
        WHERE m.household_id = f.household_id ORDER BY m.id DESC LIMIT 100
    ) d ON true
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
