"""Who keeps an installation running does not give up."""

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bothways.commands import processes
from bothways.commands.processes import Child, Supervisor, pause_after


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    """Running a supervisor takes these over."""
    before = {name: signal.getsignal(name) for name in (signal.SIGINT, signal.SIGTERM)}
    yield
    for name, handler in before.items():
        signal.signal(name, handler)


def test_the_pauses_grow_and_have_an_end() -> None:
    assert [pause_after(falls) for falls in range(1, 8)] == [0.0, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0]


def test_what_falls_again_and_again_is_started_again_and_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "PAUSES", (0.0, 0.01, 0.02))
    starts = tmp_path / "starts"
    script = f"open({str(starts)!r}, 'a').write('x'); raise SystemExit(1)"
    said: list[str] = []
    supervisor = Supervisor([Child("web", [sys.executable, "-c", script], {})], said.append)

    def enough() -> None:
        supervisor.told = starts.exists() and len(starts.read_text()) >= 8

    supervisor.run(enough)
    assert len(starts.read_text()) >= 8
    assert said == [
        "“web” stopped and is started again.",
        "“web” stopped 3 times in a row. It is started again every 0 seconds until it stays; "
        "its log says why it stops.",
    ]


def test_a_database_that_cannot_start_is_said_once_and_tried_until_it_can(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(processes, "PAUSES", (0.0,))
    said: list[str] = []
    supervisor = Supervisor([], said.append)
    tries: list[int] = []

    def ensure_running() -> None:
        tries.append(1)
        if len(tries) < 3:
            raise OSError(28, "No space left on device")
        supervisor.told = True

    supervisor.run(ensure_running)
    assert len(tries) == 3
    assert said == ["[Errno 28] No space left on device\nIt is tried again until it works."]


class Cramped(Child):
    """Runs once; then there is no room for its log any more."""

    def start(self) -> None:
        if self.started:
            STARTS.append(self.name)
            raise OSError(28, "No space left on device")
        super().start()


STARTS: list[str] = []


def test_what_cannot_be_started_or_said_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "PAUSES", (0.0,))
    STARTS.clear()

    def nowhere(words: str) -> None:
        raise OSError(28, "No space left on device")

    supervisor = Supervisor(
        [Cramped("web", [sys.executable, "-c", "raise SystemExit(1)"], {})], nowhere
    )

    def enough() -> None:
        supervisor.told = len(STARTS) >= 2

    supervisor.run(enough)
    assert len(STARTS) >= 2


def test_told_to_stop_it_leaves_nothing_behind(tmp_path: Path) -> None:
    child = Child("web", [sys.executable, "-c", "import time; time.sleep(60)"], {})
    supervisor = Supervisor([child], lambda words: None)
    pids: list[int] = []

    def stop() -> None:
        assert child.process is not None
        pids.append(child.process.pid)
        supervisor.told = True

    supervisor.run(stop)
    assert not Path(f"/proc/{pids[0]}").exists()
