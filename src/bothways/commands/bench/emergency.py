"""Does an emergency wait behind newsletters? Time to the carrier, beside the same on an empty queue."""

import time
from typing import Any

import click

from bothways.commands.bench.fanout import empty
from bothways.commands.bench.frame import (
    Result,
    json_option,
    peak_mb,
    percentile,
    scratch,
    size_option,
    tell,
)
from bothways.commands.bench.peer import Running, peer
from bothways.commands.bench.town import fill, texts_go_to, write_to_all
from bothways.commands.bench.workers import sending
from bothways.commands.words import say

WORKERS, URGENT = 2, 1


@click.command(short_help="A closure behind as many routine texts that wait already.")
@size_option("guardians", 100_000, "how many get the closure; as many routine texts wait already")
@json_option
def emergency(guardians: int, as_json: bool) -> None:
    """From the send call to each text's arrival at the carrier, 95 of 100; and on an empty queue."""
    with scratch() as here, peer() as carrier:
        district = fill(guardians)
        texts_go_to(carrier.url)
        with sending(here, WORKERS, urgent=URGENT) as pool:
            alone = closure(district, carrier)
            empty()
            write_to_all(district)
            _under_way()
            busy = closure(district, carrier)
            peak = peak_mb(*pool.pids)
    before, after = percentile(alone, 95), percentile(busy, 95)
    tell(
        Result(
            "emergency",
            rate=guardians / after,
            baseline_rate=guardians / before,
            unit="texts/s to the 95th percentile",
            peak_mb=peak,
            figures={
                "times_baseline": round(after / before, 3),
                "p95_seconds": round(after, 2),
                "p95_seconds_alone": round(before, 2),
                "p50_seconds": round(percentile(busy, 50), 2),
                "p50_seconds_alone": round(percentile(alone, 50), 2),
                "first_seconds": round(min(busy), 2),
                "first_seconds_alone": round(min(alone), 2),
                "texts": len(busy),
            },
        ),
        as_json,
    )


def closure(district: Any, carrier: Running) -> list[float]:
    """Seconds from the send call to the arrival of each text of the closure."""
    carrier.arrived()
    started = time.monotonic()
    _, fanned = write_to_all(district, "emergency")
    wanted = sum(fanned.deliveries.values())
    arrived: list[float] = []
    while len(arrived) < wanted:
        found: Any = carrier.arrived()["urgent"]
        arrived += found
        time.sleep(0.2)
    if len(arrived) != wanted:
        raise click.ClickException("Texts arrived twice: this run measured nothing.")
    say(f"  {wanted:,} at the carrier {max(arrived) - started:.1f} s after the send call")
    return [moment - started for moment in arrived]


def _under_way() -> None:
    """Until the routine texts have begun to go out."""
    from bothways.messaging.models import Delivery

    while not Delivery.objects.filter(state="accepted").exists():
        time.sleep(0.05)
