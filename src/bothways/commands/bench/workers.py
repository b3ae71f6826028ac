"""Worker processes for a benchmark, as ``bothways up`` starts them."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bothways.commands.bench.frame import Scratch


@dataclass(frozen=True, slots=True)
class Pool:
    pids: tuple[int, ...]


@contextmanager
def sending(here: Scratch, count: int, *, urgent: int = 0) -> Iterator[Pool]:
    """So many ordinary and urgent workers on this installation, until the block ends."""
    log = (here.home / "worker.log").open("ab")
    base = [sys.executable, "-m", "bothways", "worker"]
    processes = [
        subprocess.Popen(  # noqa: S603 - our own command
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        for command in [base] * count + [[*base, "--urgent"]] * urgent
    ]
    try:
        _ready(processes)
        yield Pool(tuple(process.pid for process in processes))
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()
        log.close()


def _ready(processes: list["subprocess.Popen[bytes]"]) -> None:
    """Until each has told the database that it lives: starting Python is not what is measured."""
    import time

    from django.db import connection

    for _ in range(300):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM procrastinate_workers")
            row = cursor.fetchone()
        if row and row[0] >= len(processes):
            return
        if any(process.poll() is not None for process in processes):
            raise RuntimeError("A worker stopped before it began: see worker.log.")
        time.sleep(0.1)
    raise RuntimeError("The workers do not begin.")
