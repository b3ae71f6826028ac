"""Two worker hosts, each with a home of its own: one is killed and one cut off in the middle of a send."""

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bothways.commands.bench.lan.processes import Process, clean_environment
from bothways.core import clock
from bothways.core.pg import attach
from machines.cable import Cable

GUARDIANS = 1000
SEND = (
    "import sys\n"
    "from bothways.commands.installation import installation\n"
    "with installation():\n"
    "    from bothways.commands.bench.town import fill, texts_go_to, write_to_all\n"
    "    texts_go_to(sys.argv[2])\n"
    "    write_to_all(fill(int(sys.argv[1])), 'emergency')\n"
)
RECOVER = (
    "from bothways.commands.installation import installation\n"
    "with installation(migrate=False):\n"
    "    from bothways.messaging.services.recovery import recover\n"
    "    from bothways.messaging.tasks import tick\n"
    "    print(recover())\n"
    "    tick()\n"
)


class Centre:
    """A database, a carrier, and hosts that know each other's only by their cables."""

    def __init__(self, base: Path, stack: ExitStack) -> None:
        self.base = base
        self._stack = stack
        self._url = stack.enter_context(attach(base / "database")).url
        self._processes: list[Process] = []
        stack.callback(self._stop)
        carrier = self._start(
            *("-m", "bothways.sandbox", "--home", str(base / "carrier"), "--latency", "700"),
            *("--account", "ACbench", "--token", "bench", "--now", datetime.now(UTC).isoformat()),
            env={},
            read=True,
        )
        assert carrier.popen.stdout is not None
        self.carrier_url = str(json.loads(carrier.popen.stdout.readline())["url"])

    def host(self, name: str) -> "Host":
        cable = Cable(self._url)
        self._stack.callback(cable.close)
        return Host(self, name, cable)

    def ask(self, question: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self._url) as database:
            return database.execute(question.encode()).fetchall()

    def states(self) -> Counter[str]:
        return Counter(dict(self.ask("SELECT state, count(*) FROM messaging_delivery GROUP BY 1")))

    def arrived(self) -> Counter[str]:
        """How often the carrier saw each delivery."""
        text = (self.base / "carrier" / "contacts.jsonl").read_text("utf-8")
        return Counter(json.loads(line)["ref"] for line in text.splitlines())

    def _start(self, *words: str, env: dict[str, str], read: bool = False) -> Process:
        process = Process.start([sys.executable, *words], log=self.base / "log", env=env, read=read)
        self._processes.append(process)
        return process

    def _stop(self) -> None:
        for process in self._processes:
            process.stop()


class Host:
    def __init__(self, centre: Centre, name: str, cable: Cable) -> None:
        self.centre, self.cable = centre, cable
        self.home = centre.base / name
        self.home.mkdir(mode=0o700)
        # What a host needs: the way to the database, and the key that all have in common.
        self.env = {
            "BOTHWAYS_HOME": str(self.home),
            "BOTHWAYS_SECRET_KEY": "the-same-on-all-hosts",
            "DATABASE_URL": cable.url,
        }

    def worker(self) -> Process:
        return self.centre._start("-m", "bothways", "worker", "--urgent", env=self.env)

    def run(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, *words],
            env=clean_environment(self.env),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


def until(true: Any, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "This did not come true in time."
        time.sleep(0.1)


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    with ExitStack() as stack:
        yield Centre(tmp_path, stack)


def test_of_two_hosts_that_go_in_the_middle_of_a_send_nothing_is_lost(centre: Centre) -> None:
    one, two, three = (centre.host(name) for name in ("one", "two", "three"))
    three.run("-c", SEND, str(GUARDIANS), centre.carrier_url)
    killed, cut_off = one.worker(), two.worker()
    # Each of the two has claimed one batch of 500, and each has some of its answers written down.
    until(lambda: centre.states()["accepted"] >= 200)
    killed.popen.send_signal(signal.SIGKILL)
    two.cable.pull()
    claimed = centre.states()["claimed"]
    assert 0 < claimed < GUARDIANS

    # A third host, ten minutes later by its clock: what the carrier has is on record, the rest goes out.
    clock.stop_at(three.home / "clock", datetime.now(UTC) + timedelta(minutes=10))
    assert int(three.run("-c", RECOVER)) > 0
    three.worker()
    until(lambda: centre.states() == {"accepted": GUARDIANS})

    # The host that was cut off hears again, and writes down what it knew: nothing goes back.
    two.cable.plug()
    time.sleep(2)
    assert cut_off.alive()
    assert centre.states() == {"accepted": GUARDIANS}
    arrived = centre.arrived()
    assert len(arrived) == GUARDIANS
    assert sum(times - 1 for times in arrived.values()) <= claimed
