"""During a real send through real processes everything breaks once: nothing is lost, nothing comes twice."""

import pytest

from bothways.commands.bench.faults.deeds import BY_NAME
from bothways.commands.bench.faults.run import run
from bothways.commands.bench.faults.stand import Stand
from faults.conftest import HOMES, disks

# A database whose disk is full cannot start either: the one fault stands for the other where no disk of
# our own can be mounted.
NAMES = [name for name in BY_NAME if name != ("database-away" if disks() else "disk")]


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_lost_or_comes_twice_beyond_what_was_in_flight(here: Stand, name: str) -> None:
    told = run(here, BY_NAME[name])
    assert not told.ended, here.log()
    assert told.verdict.lost == 0, f"{told.as_json()}\n{here.log()}"
    assert told.verdict.twice <= told.in_flight < told.verdict.deliveries
    assert told.verdict.deliveries > HOMES / 2
    after = told.office["after"]
    assert (after["http"], sum(after["counts"].values())) == (200, told.verdict.deliveries)
