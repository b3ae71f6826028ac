"""How fast stored receipts are applied, beside one UPDATE of the same rows."""

import time
from collections.abc import Sequence
from typing import Any

import click

from bothways.commands.bench.frame import (
    Result,
    json_option,
    peak_mb,
    progress,
    scratch,
    size_option,
    tell,
)
from bothways.commands.bench.town import fill, write_to_all

CHUNK = 1000


@click.command(short_help="Stored receipts into deliveries, ledger and roll-up.")
@size_option("receipts", 100_000, "how many")
@json_option
def receipts(receipts: int, as_json: bool) -> None:
    """Receipts as carriers told them, applied; beside one UPDATE … FROM that moves the same deliveries."""
    with scratch():
        from bothways.messaging.enums import State
        from bothways.messaging.services.receipts import apply_all

        district = fill(receipts)
        write_to_all(district)
        keys = everything_sent(district)
        told(keys)
        vacuum()
        before = bare_update(keys, "accepted", State.ACCEPTED.rank)
        vacuum()
        with progress("receipts applied", len(keys)) as advance:
            started = time.monotonic()
            advance(apply_all())
            seconds = time.monotonic() - started
        lines = applied(len(keys))
        peak = peak_mb()
        vacuum()
        after = bare_update(keys, "delivered", State.DELIVERED.rank)
    baseline = min(before, after)
    tell(
        Result(
            "receipts",
            rate=len(keys) / seconds,
            baseline_rate=len(keys) / baseline,
            unit="receipts/s",
            peak_mb=peak,
            figures={
                "receipts": len(keys),
                "ledger_lines": lines,
                "seconds": round(seconds, 2),
                "update_seconds": [round(before, 2), round(after, 2)],
            },
        ),
        as_json,
    )


def everything_sent(district: Any) -> list[str]:
    """Claim all deliveries and write them down as taken by the carrier; their keys."""
    from bothways.channels.contract import Outcome
    from bothways.channels.enums import OutcomeKind
    from bothways.core import clock
    from bothways.messaging.models import Delivery
    from bothways.messaging.services.claiming import claim, due
    from bothways.messaging.services.outcomes import flush

    keys: list[str] = []
    while queues := due(district, at=clock.now()):
        claimed = claim(district, queues[0], at=clock.now())
        batch = list(Delivery.objects.filter(pk__in=claimed.ids).values_list("key", flat=True))
        flush(
            [Outcome(key, OutcomeKind.ACCEPTED, carrier_id=f"SM{key}") for key in batch], "twilio"
        )
        keys += batch
    return keys


def told(keys: Sequence[str]) -> None:
    """Store a receipt for each, as the hook does."""
    from bothways.channels.contract import Event
    from bothways.channels.enums import EventKind, ReceiptState
    from bothways.channels.services import store

    for start in range(0, len(keys), CHUNK):
        store(
            "twilio",
            [
                Event(
                    EventKind.RECEIPT,
                    f"SM{key}:delivered",
                    key=key,
                    carrier_id=f"SM{key}",
                    state=ReceiptState.DELIVERED,
                    to="+15125550100",
                )
                for key in keys[start : start + CHUNK]
            ],
        )


def bare_update(keys: Sequence[str], state: str, rank: int) -> float:
    """Seconds of one UPDATE … FROM that writes this state into the same deliveries, committed."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE told (key text PRIMARY KEY, state text, rank smallint)")
        cursor.execute(
            "INSERT INTO told SELECT key, %s, %s FROM unnest(%s::text[]) AS k(key)",
            [state, rank, list(keys)],
        )
        cursor.execute("ANALYZE told")
        started = time.monotonic()
        cursor.execute(
            "UPDATE messaging_delivery d SET state = t.state, rank = t.rank, error = ''"
            " FROM told t WHERE d.key = t.key"
        )
        moved = cursor.rowcount
        seconds = time.monotonic() - started
        cursor.execute("DROP TABLE told")
    if moved != len(keys):
        raise click.ClickException("The UPDATE moved other rows: this run measured nothing.")
    return seconds


def vacuum() -> None:
    """Each side finds the tables as the other did."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "VACUUM ANALYZE messaging_delivery, ledger_contactevent, ledger_familyreach,"
            " channels_rawevent, people_contactpoint"
        )


def applied(count: int) -> int:
    """Ledger lines that say “delivered”; raises where one is missing."""
    from bothways.ledger.models import ContactEvent, FamilyReach
    from bothways.messaging.models import Delivery

    lines = ContactEvent.objects.filter(level=2).count()
    states = Delivery.objects.filter(state="delivered").count()
    homes = FamilyReach.objects.filter(delivered_at=None).count()
    if (lines, states, homes) != (count, count, 0):
        raise click.ClickException("Not every receipt was applied: this run measured nothing.")
    return lines
