"""What every benchmark stands in: a scratch installation, a baseline beside it, one JSON object at the end."""

import math
import os
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from bothways.commands.words import put, say, table

json_option = click.option("--json", "as_json", is_flag=True, help="one JSON object on stdout")


def size_option(name: str, default: int, help: str) -> Callable[[Any], Any]:
    """The size of a run: small ones take seconds."""
    return click.option(
        f"--{name}", default=default, show_default=True, type=click.IntRange(min=1), help=help
    )


@dataclass(frozen=True, slots=True)
class Scratch:
    """An installation that lives as long as the benchmark. ``url``: the role that the product uses."""

    home: Path
    url: str


@dataclass(frozen=True, slots=True)
class Result:
    """What was measured: ``rate`` and ``baseline_rate`` are ``unit`` a second."""

    name: str
    rate: float
    baseline_rate: float
    unit: str
    peak_mb: float
    figures: dict[str, Any] = field(default_factory=dict)

    @property
    def ratio(self) -> float:
        return self.rate / self.baseline_rate if self.baseline_rate else 0.0

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "ratio": round(self.ratio, 3),
            "rate": round(self.rate, 1),
            "baseline_rate": round(self.baseline_rate, 1),
            "unit": self.unit,
            "peak_mb": round(self.peak_mb, 1),
            **self.figures,
        }


def tell(result: Result, as_json: bool) -> None:
    """The result: one JSON object on stdout, or words for people."""
    if as_json:
        put(result.as_json())
        return
    say(f"{result.name}: {result.ratio:.2f} of the baseline")
    say(table([(name, str(value)) for name, value in result.as_json().items() if name != "name"]))


@contextmanager
def scratch() -> Iterator[Scratch]:
    """A new, empty installation with its own database and Django ready; gone afterwards.

    Where DATABASE_URL is set, the database is a new one on that server, by a role that may create it.
    """
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bothways-bench-")))
        stack.enter_context(_environment("BOTHWAYS_HOME", str(home)))
        if server := os.environ.get("DATABASE_URL"):
            url = stack.enter_context(_new_database(server))
            stack.enter_context(_environment("DATABASE_URL", url))
        from bothways.commands.installation import installation

        stack.enter_context(installation())
        # Children of ours find the database by its address; the embedded one is ours to hold.
        yield Scratch(home, os.environ["DATABASE_URL"])


@contextmanager
def _environment(name: str, value: str) -> Iterator[None]:
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = before


@contextmanager
def _new_database(server: str) -> Iterator[str]:
    import psycopg
    from psycopg import sql

    name = f"bothways_bench_{secrets.token_hex(4)}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield urlsplit(server)._replace(path=f"/{name}").geturl()
    finally:
        with psycopg.connect(server, autocommit=True) as admin:
            admin.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )


def peak_mb(*pids: int) -> float:
    """The highest resident memory so far of this process and of those given, in MB (Linux; else ours)."""
    return sum(_high_water(pid) for pid in (os.getpid(), *pids)) / 1e6


def _high_water(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    except OSError:
        return _own_high_water() if pid == os.getpid() else 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")), 0)


def _own_high_water() -> int:
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used if sys.platform == "darwin" else used * 1024


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that this share of all values does not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


@contextmanager
def progress(label: str, total: int) -> Iterator[Callable[[int], None]]:
    """Say how far it is: a line that grows on a terminal, one line at the end elsewhere."""
    started = time.monotonic()
    lively = sys.stderr.isatty()
    done = 0

    def advance(count: int) -> None:
        nonlocal done
        done += count
        if lively:
            sys.stderr.write(f"\r  {label}: {done:,} of {total:,}   ")
            sys.stderr.flush()

    yield advance
    if lively:
        sys.stderr.write("\r")
    say(f"  {label}: {done:,} of {total:,} in {time.monotonic() - started:.1f} s   ")
