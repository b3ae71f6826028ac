"""The faults: each is what happens on entering, lasts while the office looks round, and ends on leaving."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from bothways.commands.bench.faults.stand import Stand
from bothways.core import clock
from bothways.core.home import clock_file
from bothways.core.pg import cluster
from bothways.core.pg.layout import layout

SMALL_DISK = 400  # MB
HOUR = timedelta(hours=1)


class NotHere(RuntimeError):
    """This fault cannot be made on this machine; the words say why."""


@dataclass(frozen=True, slots=True)
class Fault:
    """``first``: it is there before the send begins. ``instant``: over as soon as it has happened.

    ``doctor``: asked meanwhile, since it can tell. ``clock``, ``disk``: needs an installation with a clock
    that can be stepped, on a small disk. ``senders``: sends side by side that it adds.
    """

    name: str
    says: str
    happen: Callable[[Stand], AbstractContextManager[None]]
    first: bool = False
    instant: bool = False
    doctor: bool = False
    clock: bool = False
    disk: bool = False
    senders: int = 0


@contextmanager
def worker_killed(here: Stand) -> Iterator[None]:
    os.kill(here.worker(), signal.SIGKILL)
    yield


@contextmanager
def web_killed(here: Stand) -> Iterator[None]:
    """Kept down: whenever it comes up, it is killed again, until the outage is over."""
    end = time.monotonic() + here.pace.outage

    def strike() -> None:
        for pid in here.processes("granian"):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    strike()
    yield
    while time.monotonic() < end:
        strike()
        time.sleep(0.1)


@contextmanager
def database_killed(here: Stand) -> Iterator[None]:
    _kill_database(here)
    yield


@contextmanager
def database_away(here: Stand) -> Iterator[None]:
    """Killed, and unable to start: a setting that nobody can read, until somebody mends it."""
    own = here.home / "database" / "data" / "local.conf"
    good = own.read_text("utf-8")
    began = time.monotonic()
    own.write_text(good + "work_mem = 'plenty'\n", "utf-8")
    try:
        _kill_database(here)
        yield
        _last(began, here.pace.outage)
    finally:
        own.write_text(good, "utf-8")


@contextmanager
def carrier_dead(here: Stand) -> Iterator[None]:
    began = time.monotonic()
    here.carrier.kill()
    try:
        yield
        _last(began, here.pace.outage)
    finally:
        here.carrier.start()


@contextmanager
def two_workers(here: Stand) -> Iterator[None]:
    with (here.home / "logs" / "second.log").open("ab") as log:
        second = subprocess.Popen(  # noqa: S603 - our own command
            [*here.program, "worker"],
            env=here.env,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        _until(
            lambda: here.rows("SELECT count(*) FROM procrastinate_workers")[0][0] >= 3,
            30,
        )
        yield
    finally:
        second.terminate()
        second.wait(60)


@contextmanager
def clock_stepped(here: Stand) -> Iterator[None]:
    """An hour forward, later an hour back, then an hour too early, then right."""
    path, pause = clock_file(here.home), here.pace.outage / 6
    clock.run_from(path, datetime.now(UTC) + HOUR)
    try:
        yield
        time.sleep(pause)
        clock.run_from(path, datetime.now(UTC))
        time.sleep(pause)
        clock.run_from(path, datetime.now(UTC) - HOUR)
        time.sleep(pause)
    finally:
        clock.run_from(path, datetime.now(UTC))


@contextmanager
def disk_full(here: Stand) -> Iterator[None]:
    """To the last byte, and until the database has noticed: what it had set aside does not help it long."""
    ballast = here.home / "database" / "ballast"
    began = time.monotonic()
    try:
        with ballast.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(1 << 16))
        _use_up_reserves(here)
        yield
        _last(began, here.pace.outage)
    finally:
        ballast.unlink(missing_ok=True)


@contextmanager
def carrier_slow(here: Stand) -> Iterator[None]:
    seconds = max(1, round(here.pace.outage))
    began = time.monotonic()
    here.carrier.fault("slow", milliseconds=here.pace.slow, seconds=seconds)
    yield
    _last(began, seconds)


@contextmanager
def carrier_busy(here: Stand) -> Iterator[None]:
    seconds = max(1, round(here.pace.outage))
    began = time.monotonic()
    here.carrier.fault("429", seconds=seconds, retry_after=max(1, seconds // 6))
    yield
    _last(began, seconds)


@contextmanager
def carrier_nonsense(here: Stand) -> Iterator[None]:
    """A few per cent of all answers: whoever reads nonsense cannot know whether the text went out."""
    few = max(5, here.guardians // 50)
    here.carrier.fault("nonsense", requests=few)
    yield


@contextmanager
def receipts_unruly(here: Stand) -> Iterator[None]:
    """Each before our own record, the last first, and all of them twice."""
    here.carrier.fault("early")
    try:
        yield
        waiting = "SELECT count(*) FROM messaging_delivery WHERE state IN ('queued', 'claimed')"
        _until(lambda: here.rows(waiting)[0][0] == 0, here.pace.patience)
    finally:
        here.carrier.fault("none")


def _use_up_reserves(here: Stand) -> None:
    place = layout(here.home)
    with (
        suppress(psycopg.Error),
        psycopg.connect(cluster.url(place, cluster.ADMIN), autocommit=True) as admin,
    ):
        for _ in range(SMALL_DISK // 16):
            admin.execute("SELECT pg_logical_emit_message(false, 'bench', 'x')")
            admin.execute("SELECT pg_switch_wal()")
        raise NotHere("The database did not notice that its disk is full.")


def _kill_database(here: Stand) -> None:
    pid = here.database()
    if pid is None:
        raise NotHere("The database's process was not found.")
    os.kill(pid, signal.SIGKILL)


def _last(began: float, seconds: float) -> None:
    time.sleep(max(0.0, began + seconds - time.monotonic()))


def _until(what: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not what() and time.monotonic() < end:
        time.sleep(0.05)


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """A disk of its own for this folder, in memory. NotHere where that is not allowed."""
    size = f"size={SMALL_DISK}m,mode=0700"
    try:
        done = subprocess.run(  # noqa: S603 - our own folder
            ["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(folder)],  # noqa: S607
            capture_output=True,
            text=True,
        )
    except OSError as error:
        raise NotHere(f"No disk can be mounted here: {error.strerror}.") from error
    if done.returncode != 0:
        raise NotHere(f"No disk can be mounted here: {done.stderr.strip()}")
    try:
        yield
    finally:
        for flags in ([], ["--lazy"]):
            gone = subprocess.run(["umount", *flags, str(folder)], capture_output=True)  # noqa: S603, S607
            if gone.returncode == 0:
                break


FAULTS: tuple[Fault, ...] = (
    Fault("worker", "kill -9 of the worker in the middle of a batch", worker_killed, instant=True),
    Fault("web", "kill -9 of the web server, again and again", web_killed),
    Fault("database", "kill -9 of the database", database_killed, instant=True, doctor=True),
    Fault("database-away", "the database killed and unable to start", database_away, doctor=True),
    Fault("carrier", "the carrier dead", carrier_dead),
    Fault("two-workers", "two workers on one queue", two_workers, first=True, senders=2),
    Fault("clock", "the clock an hour forward, back, an hour early, right", clock_stepped, clock=True),
    Fault("disk", "the disk of the database full", disk_full, doctor=True, disk=True),
    Fault("slow", "the carrier slow", carrier_slow),
    Fault("busy", "the carrier answers 429 with Retry-After", carrier_busy),
    Fault("nonsense", "the carrier answers 200 with nonsense", carrier_nonsense, instant=True),
    Fault("receipts", "receipts before our own record, backwards, twice", receipts_unruly, first=True),
)  # fmt: skip
BY_NAME = {fault.name: fault for fault in FAULTS}
