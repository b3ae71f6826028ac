"""``bothways bench roster``: a whole district's import, beside COPY of the same rows."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import Any

import click
import psycopg

from bothways.commands.bench import roster_copy, roster_files
from bothways.commands.bench.frame import Result, json_option, scratch, size_option, tell
from bothways.commands.words import say

_LOOK_EVERY = 0.2  # seconds between two looks at the database's memory


@click.command(short_help="Import a district, first and again, beside csv and COPY.")
@size_option("students", 100_000, "how many students; there are 1.8 times as many guardians")
@json_option
def roster(students: int, as_json: bool) -> None:
    """Import a made-up district through “bothways roster”, first into an empty database and then the
    same files again; beside it, csv and COPY of the rows that came out into the same tables.
    """
    with scratch() as home:
        folder = home.home / "bench-roster"
        say(f"Writing the files of {students:,} students …")
        counts = roster_files.write(folder, students)
        say("Importing them …")
        first = _import(folder, home.url)
        _check(first.report, counts)
        say(f"  {first.seconds:.1f} s. Importing them again …")
        again = _import(folder, home.url)
        if again.report["added"] or again.report["changed"] or again.report["removed"]:
            raise click.ClickException(
                "The same files changed something: that was no second import."
            )
        say(f"  {again.seconds:.1f} s. Copying the same rows …")
        baseline = roster_copy.measure(home.url, home.home / "bench-rows")
        best = min(baseline.seconds.values())
        result = Result(
            name="roster",
            rate=students / first.seconds,
            baseline_rate=students / best,
            unit="students",
            peak_mb=max(first.peak_mb, again.peak_mb),
            figures={
                "students": students,
                "guardians": counts.guardians,
                "first_seconds": round(first.seconds, 2),
                "again_seconds": round(again.seconds, 2),
                "again_faster": round(first.seconds / again.seconds, 2),
                "baseline_seconds": round(best, 2),
                "baselines": {how: round(s, 2) for how, s in baseline.seconds.items()},
                "rows": baseline.rows,
                "rows_copied": baseline.copied,
                "rows_a_second": round(sum(baseline.rows.values()) / first.seconds),
                "first_steps": first.steps,
                "again_steps": again.steps,
                "first_peak_mb": round(first.peak_mb, 1),
                "again_peak_mb": round(again.peak_mb, 1),
                "database_mb": first.database_mb,
            },
        )
    tell(result, as_json)


def _check(report: dict[str, Any], counts: roster_files.Counts) -> None:
    """What was imported is what the files hold: nothing was left out for speed."""
    imported = tuple(report[name] for name in ("students", "guardians", "links", "staff"))
    written = (counts.students, counts.guardians, counts.links, counts.staff)
    if imported != written or report["rejected"]:
        raise click.ClickException(f"The import took {imported} of {written}: nothing to measure.")


@dataclass(frozen=True, slots=True)
class Imported:
    """One run of ``bothways roster`` in a process of its own.

    ``seconds``: from starting the process to its end. ``steps``: seconds by what it said it was doing.
    ``peak_mb``: of that process. ``database_mb``: the highest that its server process held for itself,
    without the buffers that all share; None where that cannot be seen.
    """

    seconds: float
    peak_mb: float
    database_mb: float | None
    steps: dict[str, float]
    report: dict[str, Any]


def _import(folder: Path, url: str) -> Imported:
    with tempfile.TemporaryFile() as out, _watching(url) as watch:
        began = time.monotonic()
        process = subprocess.Popen(  # noqa: S603 our own program
            [sys.executable, "-m", "bothways", "roster", str(folder), "--json"],
            stdout=out,
            stderr=subprocess.PIPE,
            env={**os.environ, "DATABASE_URL": url, "PYTHONUNBUFFERED": "1"},
            text=True,
        )
        assert process.stderr is not None
        watch.process = process.pid
        words: list[tuple[str, float]] = [("starting", began)]
        words += ((line.strip(" …\n"), time.monotonic()) for line in process.stderr)
        # Not Popen.wait: this tells the memory of that one child.
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        process.stderr.close()
        ended = time.monotonic()
        if process.returncode:
            raise click.ClickException("The import failed: " + " ".join(w for w, _ in words[1:]))
        out.seek(0)
        report = json.loads(out.read())
    # The system's own figure counts the moment before the program was loaded as well: ours.
    peak = watch.most / 1e6 or used.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6
    ends = [at for _, at in words[1:]] + [ended]
    steps = {
        "reading" if said.startswith("Reading") else said: round(end - at, 2)
        for (said, at), end in zip(words, ends, strict=True)
    }
    return Imported(ended - began, peak, watch.database_mb, steps, report)


# --- memory --------------------------------------------------------------------------------------

_OTHERS = """
SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@dataclass(slots=True)
class _Watch:
    """Looks at the import and at the database's processes for it, some times a second (Linux)."""

    process: int | None = None
    most: int = 0  # bytes, of the import
    database_most: int = 0
    done: Event = field(default_factory=Event)

    @property
    def database_mb(self) -> float | None:
        return round(self.database_most / 1e6, 1) if self.database_most else None

    def look(self, database: "psycopg.Connection[tuple[int]]") -> None:
        # The numbers of processes of a server elsewhere mean nothing here.
        near = database.info.host.startswith("/")
        while not self.done.wait(_LOOK_EVERY):
            if self.process is not None:
                self.most = max(self.most, _bytes(self.process, "VmHWM"))
            if near:
                own = sum(_bytes(pid, "RssAnon") for (pid,) in database.execute(_OTHERS))
                self.database_most = max(self.database_most, own)


@contextmanager
def _watching(url: str) -> Iterator[_Watch]:
    watch = _Watch()
    with psycopg.connect(url, autocommit=True) as database:
        thread = Thread(target=watch.look, args=(database,), daemon=True)
        thread.start()
        try:
            yield watch
        finally:
            watch.done.set()
            thread.join()


def _bytes(pid: int, what: str) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(what)), 0)
