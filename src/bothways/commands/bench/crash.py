"""What breaks during a send, what it costs, and that nothing is lost."""

import signal
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import click

from bothways.commands.bench.faults.deeds import BY_NAME, FAULTS, Fault, NotHere, small_disk
from bothways.commands.bench.faults.run import Told, run
from bothways.commands.bench.faults.stand import Broken, Pace, stand
from bothways.commands.bench.frame import Result, json_option, size_option, tell
from bothways.commands.words import say


@click.command(short_help="Faults in the middle of a send: lost, twice, held, time to recover.")
@size_option("deliveries", 10_000, "how many texts a send has")
@click.option(
    "--only", "names", multiple=True, type=click.Choice(list(BY_NAME)), help="these faults alone"
)
@click.option("--outage", default=30.0, show_default=True, help="seconds for which a fault lasts")
@json_option
def crash(deliveries: int, names: tuple[str, ...], outage: float, as_json: bool) -> None:
    """Run a whole installation once for each fault, and hold what it says against what its carrier saw.

    Rate and baseline are deliveries a second, from the send to the last one settled: with the fault that
    costs the most time, and without any.
    """
    # Told to end, all that was started and mounted is taken down on the way out.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    pace = pace_for(deliveries, outage)
    baseline = _one(None, deliveries, pace)
    if not isinstance(baseline, Told):
        raise click.ClickException(baseline)
    told: list[Told] = []
    faults: list[dict[str, Any]] = []
    for fault in FAULTS:
        if names and fault.name not in names:
            continue
        found = _one(fault, deliveries, pace)
        if isinstance(found, Told):
            told.append(found)
            faults.append(found.as_json())
        else:
            faults.append({"name": fault.name, "what": fault.says, "not_run": found})
    say(_table([baseline, *told]))
    worst = min(told, key=lambda one: one.rate, default=baseline)
    tell(
        Result(
            "crash",
            rate=worst.rate,
            baseline_rate=baseline.rate,
            unit="deliveries/s",
            peak_mb=max(one.peak_mb for one in (baseline, *told)),
            figures={
                "deliveries": deliveries,
                "lost": sum(one.verdict.lost for one in told),
                "not_run": len(faults) - len(told),
                "worst": worst.name,
                "outage": outage,
                "without_fault": baseline.as_json(),
                "faults": faults,
            },
        ),
        as_json,
    )


def pace_for(deliveries: int, outage: float) -> Pace:
    """A small send goes to a carrier that takes fewer at once: there must be a middle to strike in."""
    pace = Pace(outage=outage)
    if deliveries >= 5000:
        return pace
    return replace(pace, at_once=max(4, deliveries // 50), latency=100)


def _one(fault: Fault | None, deliveries: int, pace: Pace) -> Told | str:
    """What came of it, or why it could not be run."""
    say(f"{fault.name}: {fault.says} …" if fault else "Without a fault …")
    with ExitStack() as stack:
        try:
            here = stack.enter_context(
                stand(
                    deliveries,
                    pace,
                    stepped_clock=bool(fault and fault.clock),
                    database_disk=small_disk if fault and fault.disk else None,
                )
            )
            return run(here, fault)
        except (NotHere, Broken) as error:
            # The other faults are worth having all the same.
            say(f"  not run: {error}")
            return str(error)


def _table(told: list[Told]) -> str:
    heads = ("fault", "deliveries", "lost", "twice", "in flight", "held", "recovered in", "total")
    rows = [heads] + [
        (
            one.name,
            f"{one.verdict.deliveries:,}",
            f"{one.verdict.lost:,}",
            f"{one.verdict.twice:,}",
            f"{one.in_flight:,}",
            f"{one.verdict.held:,}",
            f"{one.seconds_to_recover:.1f} s",
            f"{one.seconds_total:.1f} s",
        )
        for one in told
    ]
    widths = [max(len(row[at]) for row in rows) for at in range(len(heads))]
    lines = []
    for name, *numbers in rows:
        cells = [f"{cell:>{width}}" for cell, width in zip(numbers, widths[1:], strict=True)]
        lines.append("  ".join([f"  {name:<{widths[0]}}", *cells]))
    return "\n".join(lines)
