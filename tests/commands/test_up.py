"""``bothways up`` starts what is needed, keeps it going, and leaves nothing behind."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from commands.test_demo import nothing_runs


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait(what: Callable[[], bool], seconds: float = 60) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.2)
    return False


def children(home: Path) -> dict[int, str]:
    """Processes whose environment names this home: pid → command line."""
    found = {}
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if f"BOTHWAYS_HOME={home}".encode() in (place / "environ").read_bytes():
                found[int(place.name)] = (
                    (place / "cmdline").read_bytes().decode().replace("\0", " ")
                )
        except OSError:
            continue
    return found


class Running:
    def __init__(self, home: Path) -> None:
        self.home, self.port = home, free_port()
        env = {
            k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "BOTHWAYS_SECRET_KEY")
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bothways", "up", "--port", str(self.port)],
            env={**env, "BOTHWAYS_HOME": str(home)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/r/", timeout=5) as page:
                return bool(page.status == 200)
        except (urllib.error.URLError, OSError):
            return False


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One installation that is started several times, as in real life."""
    return tmp_path_factory.mktemp("up") / "a home"


@pytest.fixture
def running(home: Path) -> Iterator[Running]:
    up = Running(home)
    try:
        assert wait(up.answers)
        yield up
    finally:
        if up.process.poll() is None:
            up.process.send_signal(signal.SIGINT)
            up.process.wait(60)


def test_it_serves_and_ctrl_c_leaves_nothing_running(running: Running) -> None:
    roles = " ".join(children(running.home).values())
    assert "granian" in roles
    assert "worker" in roles
    running.process.send_signal(signal.SIGINT)
    assert running.process.wait(60) == 0
    assert wait(lambda: not children(running.home) and nothing_runs(running.home), 20)


def test_style_sheets_travel_compressed(running: Running) -> None:
    def sheet(encoding: str) -> tuple[str, int]:
        asked = urllib.request.Request(
            f"http://127.0.0.1:{running.port}/static/look.css",
            headers={"Accept-Encoding": encoding},
        )
        with urllib.request.urlopen(asked, timeout=10) as answer:
            return answer.headers.get("Content-Encoding", ""), len(answer.read())

    plain, packed = sheet("identity"), sheet("gzip")
    assert (plain[0], packed[0]) == ("", "gzip")
    assert packed[1] < plain[1] / 3


def test_a_killed_web_server_and_worker_come_up_again(running: Running) -> None:
    for name in ("granian", "worker"):
        pid = min(p for p, words in children(running.home).items() if name in words)
        os.kill(pid, signal.SIGKILL)
        assert wait(
            lambda pid=pid, name=name: any(  # type: ignore[misc]
                name in words and p != pid for p, words in children(running.home).items()
            )
        )
    assert wait(running.answers)


def test_killing_up_itself_leaves_nothing_running(running: Running) -> None:
    running.process.send_signal(signal.SIGKILL)
    running.process.wait()
    assert wait(lambda: not children(running.home) and nothing_runs(running.home), 40)
