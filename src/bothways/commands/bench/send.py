"""How fast a message reaches everybody's carrier and is on record, beside a bare loop of the same requests."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

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
from bothways.commands.bench.peer import Running, peer
from bothways.commands.bench.town import fill, texts_go_to, write_to_all
from bothways.commands.bench.workers import sending
from bothways.commands.words import say

AT_ONCE = (50, 100, 200, 400)
BASELINE_FOR = 20_000  # requests for each concurrency that is tried; the best is run at full size


@click.command(short_help="Texts to all guardians, to the last outcome in the ledger.")
@size_option("guardians", 100_000, "how many guardians get a text")
@click.option("--workers", default=2, show_default=True, help="worker processes")
@click.option("--delay", default=20.0, show_default=True, help="the carrier's milliseconds")
@json_option
def send(guardians: int, workers: int, delay: float, as_json: bool) -> None:
    """From the send call until every outcome is recorded and in the ledger; and a bare aiohttp loop."""
    with scratch() as here, peer(delay / 1000) as carrier:
        district = fill(guardians)
        texts_go_to(carrier.url)
        forms = [form(number) for number in range(guardians)]
        tries = {n: bare(carrier.url, forms[:BASELINE_FOR], n) for n in AT_ONCE}
        best = max(tries, key=lambda n: tries[n])
        before = bare(carrier.url, forms, best)
        say(f"  bare aiohttp: {before:,.0f} texts/s with {best} at once")
        with sending(here, workers) as pool, progress("texts on record", guardians) as advance:
            started = time.monotonic()
            message, fanned = write_to_all(district)
            fanned_out = time.monotonic() - started
            wait_for(message, carrier, advance)
            seconds = time.monotonic() - started
            peak = peak_mb(*pool.pids)
        after = bare(carrier.url, forms, best)
        say(f"  bare aiohttp again: {after:,.0f} texts/s")
        lines = on_record(message)
        arrived = carrier.arrived()
    sent = sum(fanned.deliveries.values())
    tell(
        Result(
            "send",
            rate=sent / seconds,
            baseline_rate=max(before, after),
            unit="texts/s",
            peak_mb=peak,
            figures={
                "deliveries": sent,
                "ledger_lines": lines,
                "twice": arrived["twice"],
                "seconds": round(seconds, 2),
                "fanout_seconds": round(fanned_out, 2),
                "workers": workers,
                "baseline_at_once": best,
                "baselines": {str(n): round(rate, 1) for n, rate in tries.items()},
                "baseline_before": round(before, 1),
                "baseline_after": round(after, 1),
            },
        ),
        as_json,
    )


def form(number: int) -> bytes:
    """A request of the same size as ours."""
    key = f"{number:032x}"
    return urlencode(
        {
            "To": f"+1512{2_000_000 + number:07d}",
            "Body": "School 12: School closes at noon on Friday. Please tell us that you saw this.\n"
            "Reply 1 if you saw this, or write to us: http://127.0.0.1:8000/r/BCDFGHJKMNPQ",
            "From": "+15125550100",
            "StatusCallback": f"http://127.0.0.1:8000/hooks/twilio/status/f{key[1:]}?p=routine",
        }
    ).encode()


def bare(url: str, forms: Sequence[bytes], at_once: int) -> float:
    """Requests a second of a loop that does nothing but post and read the answer."""
    import aiohttp

    async def run() -> float:
        waiting = iter(forms)
        connector = aiohttp.TCPConnector(limit=at_once)
        headers = {
            "Authorization": "Basic bench",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        async with aiohttp.ClientSession(connector=connector, headers=headers) as session:

            async def work() -> None:
                for body in waiting:
                    async with session.post(url + "/bare/Messages.json", data=body) as response:
                        await response.json()

            started = time.monotonic()
            await asyncio.gather(*(work() for _ in range(at_once)))
            return len(forms) / (time.monotonic() - started)

    return asyncio.run(run())


def wait_for(message: Any, carrier: Running, advance: Callable[[int], None]) -> None:
    """Until nothing of this message waits any more."""
    from bothways.messaging.models import Delivery

    open_ = Delivery.objects.filter(message=message, state__in=["queued", "claimed"])
    total = Delivery.objects.filter(message=message).count()
    done = 0
    # The carrier is asked, not the database: watching must not cost what is watched.
    while done < total:
        arrived = int(str(carrier.arrived()["count"]))
        advance(arrived - done)
        done = arrived
        time.sleep(0.1)
    while open_.exists():
        time.sleep(0.02)


def on_record(message: Any) -> int:
    """Ledger lines of this message's deliveries; raises where one is missing."""
    from bothways.ledger.models import ContactEvent
    from bothways.messaging.models import Delivery

    deliveries = Delivery.objects.filter(message=message)
    lines = ContactEvent.objects.filter(
        source_kind="delivery", source_id__in=deliveries.values("pk")
    )
    if lines.count() != deliveries.count() or deliveries.exclude(state="accepted").exists():
        raise click.ClickException("Not every text is on record: this run measured nothing.")
    return lines.count()
