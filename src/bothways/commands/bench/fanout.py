"""How fast one message becomes all its deliveries, beside COPY of the very same rows."""

import time
from typing import Any, LiteralString

import click

from bothways.commands.bench.frame import (
    Result,
    json_option,
    median,
    peak_mb,
    scratch,
    size_option,
    tell,
)
from bothways.commands.bench.town import fill, write_to_all
from bothways.commands.words import say

# What a fan-out writes, in the order of its keys.
TABLES: tuple[LiteralString, ...] = (
    "messaging_delivery",
    "messaging_recipient",
    "messaging_heldhome",
    "ledger_familyreach",
)
FORMATS: tuple[LiteralString, ...] = ("text", "binary")
ROUNDS = 3


@click.command(short_help="One message into all its deliveries.")
@size_option("guardians", 100_000, "how many guardians get a text")
@json_option
def fanout(guardians: int, as_json: bool) -> None:
    """The fan-out to its commit, beside COPY of the same rows into the same constrained tables."""
    with scratch():
        district = fill(guardians)
        ours: list[float] = []
        copies: dict[str, list[float]] = {name: [] for name in FORMATS}
        deliveries = 0
        for _ in range(ROUNDS):
            empty()
            seconds, deliveries = fan_out(district)
            ours.append(seconds)
            for name in FORMATS:
                rows = copied_out(name)
                empty()
                copies[name].append(copy_in(rows, name))
                if counts()["messaging_delivery"] != deliveries:
                    raise click.ClickException("COPY made other rows: this run measured nothing.")
        sizes = counts()
        say(f"  {deliveries:,} deliveries in {median(ours):.1f} s")
        peak = peak_mb()
    best = min(copies, key=lambda name: median(copies[name]))
    tell(
        Result(
            "fanout",
            rate=deliveries / median(ours),
            baseline_rate=deliveries / median(copies[best]),
            unit="deliveries/s",
            peak_mb=peak,
            figures={
                "deliveries": deliveries,
                "rows": sizes,
                "seconds": [round(s, 2) for s in ours],
                "copy_seconds": {name: [round(s, 2) for s in v] for name, v in copies.items()},
                "baseline_format": best,
            },
        ),
        as_json,
    )


def fan_out(district: Any) -> tuple[float, int]:
    """Seconds of the fan-out alone, its commit included, and how many deliveries it made."""
    from django.db import transaction

    from bothways.core import clock
    from bothways.messaging.fanout import fan_out as statement
    from bothways.messaging.models import Message
    from bothways.people.models import Student

    # Everything but the fan-out itself is written and taken back by the send call that made the message.
    message = Message.objects.order_by("-pk").first()
    if message is None:
        message, _ = write_to_all(district)
        empty()
    started = time.monotonic()
    with transaction.atomic():
        fanned = statement(message, among=Student.objects.filter(district=district), at=clock.now())
    return time.monotonic() - started, sum(fanned.deliveries.values())


def empty() -> None:
    """No deliveries any more; both sides begin on empty tables with empty indexes."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(TABLES)} CASCADE")


def copied_out(form: LiteralString) -> dict[LiteralString, bytes]:
    """The rows that are there, as COPY gives them."""
    from django.db import connection

    rows: dict[LiteralString, bytes] = {}
    with connection.cursor() as cursor:
        for table in TABLES:
            with cursor.copy(f"COPY {table} TO STDOUT (FORMAT {form})") as copy:
                rows[table] = b"".join(bytes(block) for block in copy)
    return rows


def copy_in(rows: dict[LiteralString, bytes], form: LiteralString) -> float:
    """Seconds to put them back in one transaction."""
    from django.db import connection, transaction

    started = time.monotonic()
    with transaction.atomic(), connection.cursor() as cursor:
        for table in TABLES:
            with cursor.copy(f"COPY {table} FROM STDIN (FORMAT {form})") as copy:
                copy.write(rows[table])
    return time.monotonic() - started


def counts() -> dict[str, int]:
    from django.db import connection

    found = {}
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608 - our own words
            found[table] = cursor.fetchone()[0]
    return found
