"""``bothways bench letters``: letters in ten scripts into the print tray, beside typst alone."""

import json
import os
import subprocess
import sys
from typing import Any

import click

from bothways.commands.bench.frame import (
    Result,
    json_option,
    median,
    progress,
    size_option,
    tell,
)

OUR_BATCH = 500  # as the product sends them
BATCHES = (50, 100, 250, 500, 1000)  # of typst alone
ROUNDS = 3  # of ours, and of typst at its best, in turn; the middle one counts


@click.command(short_help="Print letters in ten scripts, beside typst alone.")
@size_option("pages", 1000, "how many letters; each is one page of words and a slip")
@json_option
def letters(pages: int, as_json: bool) -> None:
    """Print letters in ten scripts through the whole letters carrier, from the delivery to the PDF and
    the job ticket in the tray; beside it, typst alone on the same sources at its best batch size.

    Each run is one process, warmed up with other letters. The compiler of both takes every core it is
    given for one document.
    """
    sizes = sorted({min(size, pages) for size in BATCHES})
    with progress("letters", pages * (len(sizes) + 2 * ROUNDS - 1)) as advance:

        def run(what: str, batch: int) -> dict[str, Any]:
            took = _run(what, pages, batch)
            advance(pages)
            return took

        alone = {size: run("typst", size) for size in sizes}
        best = min(sizes, key=lambda size: alone[size]["seconds"])
        ours = [run("ours", OUR_BATCH)]
        theirs = [alone[best]]
        for _ in range(ROUNDS - 1):
            theirs.append(run("typst", best))
            ours.append(run("ours", OUR_BATCH))
    if len({took["sheets"] for took in (*ours, *theirs, *alone.values())}) != 1:
        raise click.ClickException("Ours and typst alone made different pages: no comparison.")
    seconds = median([took["seconds"] for took in ours])
    baseline = median([took["seconds"] for took in theirs])

    def cpu_ms(runs: list[dict[str, Any]]) -> float:
        return round(median([took["cpu_seconds"] for took in runs]) / pages * 1000, 2)

    tell(
        Result(
            name="letters",
            rate=pages / seconds,
            baseline_rate=pages / baseline,
            unit="letters",
            peak_mb=max(took["peak_mb"] for took in ours),
            figures={
                "letters": pages,
                "sheets": ours[0]["sheets"],
                "baseline_sheets": theirs[0]["sheets"],
                "ms_each": round(seconds / pages * 1000, 2),
                "baseline_ms_each": round(baseline / pages * 1000, 2),
                "cpu_ms_each": cpu_ms(ours),
                "baseline_cpu_ms_each": cpu_ms(theirs),
                "batch": min(OUR_BATCH, pages),
                "baseline_batch": best,
                "baseline_ms_by_batch": {
                    str(size): round(took["seconds"] / pages * 1000, 2)
                    for size, took in alone.items()
                },
                "baseline_peak_mb": round(max(took["peak_mb"] for took in theirs), 1),
                "baseline_peak_mb_by_batch": {
                    str(size): round(took["peak_mb"], 1) for size, took in alone.items()
                },
                "threads": max(took["threads"] for took in ours),
                "baseline_threads": max(took["threads"] for took in theirs),
                "cores": len(os.sched_getaffinity(0))
                if hasattr(os, "sched_getaffinity")
                else os.cpu_count(),
            },
        ),
        as_json,
    )


def _run(what: str, count: int, batch: int) -> dict[str, Any]:
    done = subprocess.run(  # noqa: S603 our own program
        [
            sys.executable,
            "-m",
            "bothways.commands.bench.letters_work",
            what,
            str(count),
            str(batch),
        ],
        stdout=subprocess.PIPE,
        check=False,
    )
    if done.returncode:
        raise click.ClickException(f"The run “{what}” failed; its words stand above.")
    took: dict[str, Any] = json.loads(done.stdout)
    return took
