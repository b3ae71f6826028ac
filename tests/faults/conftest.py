"""One real installation for all faults: a minute of starting for each would be too dear."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bothways.commands.bench.faults.deeds import small_disk
from bothways.commands.bench.faults.stand import Pace, Stand, stand

HOMES = 200
HASTY = (sys.executable, str(Path(__file__).with_name("hasty.py")))
PACE = Pace(
    outage=3.0,
    latency=80,
    at_once=8,
    again="1,1,2,2,4,4,8,8,8",
    slow=500,
    patience=90.0,
    doctor=False,
)


def disks() -> bool:
    """Whether a disk of our own can be mounted here."""
    if os.geteuid() != 0:
        return False
    probe = ["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    try:
        return subprocess.run(probe, capture_output=True).returncode == 0
    except OSError:
        return False


@pytest.fixture(scope="session")
def here() -> Iterator[Stand]:
    """An installation with 200 numbers, whose database lies on a small disk where that can be."""
    disk = small_disk if disks() else None
    with stand(HOMES, PACE, program=HASTY, stepped_clock=True, database_disk=disk) as running:
        yield running
