"""How fast a sender may be used: a token bucket in the database, shared by all workers on all machines.

Emergencies have a bucket of their own as full as the sender's; what they take is taken from the others' too,
so that the rest waits while they pass and the sender's rate holds for both together.
"""

from dataclasses import dataclass

from django.db import connection

LONGEST_PAUSE = 300.0  # seconds; a carrier that asks for more is asked again then


@dataclass(frozen=True, slots=True)
class Grant:
    """How many may go now; ``wait``: seconds until it is worth asking again, where it is none."""

    count: int
    wait: float = 0.0


_TAKE = """
WITH bucket AS (
    SELECT name, coalesce(greatest(0, extract(epoch FROM paused_until - clock_timestamp())), 0) AS pause,
        least(%(most)s, tokens + %(rate)s * passed) AS ordinary,
        least(%(most)s, urgent_tokens + %(rate)s * passed) AS urgent
    FROM (SELECT *, greatest(0, extract(epoch FROM clock_timestamp() - filled_at)) AS passed
        FROM channels_pace WHERE name = %(name)s FOR UPDATE) p
), granted AS (
    SELECT *, CASE WHEN pause > 0 OR CASE WHEN %(is_urgent)s THEN urgent ELSE ordinary END < %(worth)s
        THEN 0 ELSE floor(least(%(wanted)s, CASE WHEN %(is_urgent)s THEN urgent ELSE ordinary END)) END
        AS n
    FROM bucket
)
UPDATE channels_pace p SET filled_at = clock_timestamp(), tokens = ordinary - n,
    urgent_tokens = CASE WHEN %(is_urgent)s THEN urgent - n ELSE urgent END
FROM granted WHERE p.name = granted.name
RETURNING n::int, greatest(pause, (%(worth)s - CASE WHEN %(is_urgent)s THEN urgent ELSE ordinary END)
    / %(rate)s)::float
"""


def take(name: str, *, rate: float | None, wanted: int, urgent: bool) -> Grant:
    """Take up to ``wanted`` tokens from this sender's bucket, filled at ``rate`` a second (None: no limit).

    Few at a time are not worth a batch: at least half a second's worth is given, or nothing.
    """
    if rate is None:
        pause = _pause_of(name)
        return Grant(0, pause) if pause > 0 else Grant(wanted)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO channels_pace (name, tokens, urgent_tokens, filled_at)"
            " VALUES (%s, %s, %s, clock_timestamp()) ON CONFLICT DO NOTHING",
            [name, max(1.0, rate), max(1.0, rate)],
        )
        cursor.execute(
            _TAKE,
            {
                "name": name,
                "rate": rate,
                "most": max(1.0, rate),
                "wanted": wanted,
                "is_urgent": urgent,
                "worth": max(1.0, min(float(wanted), rate / 2)),
            },
        )
        count, wait = cursor.fetchone() or (0, 1.0)
    return Grant(count) if count else Grant(0, max(wait, 0.01))


def pause(name: str, seconds: float) -> None:
    """The carrier asked for so many seconds of peace: nobody sends by it until then."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO channels_pace AS p (name, tokens, urgent_tokens, filled_at, paused_until)"
            " VALUES (%(name)s, 0, 0, clock_timestamp(),"
            " clock_timestamp() + %(seconds)s * interval '1 second')"
            " ON CONFLICT (name) DO UPDATE"
            " SET paused_until = greatest(p.paused_until, excluded.paused_until)",
            {"name": name, "seconds": min(max(seconds, 0.0), LONGEST_PAUSE)},
        )


def _pause_of(name: str) -> float:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT extract(epoch FROM paused_until - clock_timestamp())::float FROM channels_pace"
            " WHERE name = %s AND paused_until > clock_timestamp()",
            [name],
        )
        row = cursor.fetchone()
    return row[0] if row else 0.0
