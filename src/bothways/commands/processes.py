"""Start and stop the processes of an installation: none is left behind."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

PATIENCE = 15.0  # seconds between asking and killing
_PR_SET_PDEATHSIG = 1


def _end_with_parent() -> None:
    """Linux ends the child when we die, however we die; elsewhere Ctrl-C has to do."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def end_after_parent() -> None:
    """Where our parent died, end within PATIENCE however busy we are, by a thread of its own.

    The asking signal came already; but with the database gone too, a worker would wait for it for ever.
    """
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        time.sleep(PATIENCE)
        os._exit(1)

    threading.Thread(target=watch, name="parent", daemon=True).start()


@dataclass(slots=True)
class Child:
    """One process that is to run as long as we do."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str]
    log: Path | None = None
    process: subprocess.Popen[bytes] | None = None
    starts: list[float] = field(default_factory=list)

    def start(self) -> None:
        output = self.log.open("ab") if self.log else None
        try:
            self.process = subprocess.Popen(  # noqa: S603 - our own commands
                list(self.command),
                env={**os.environ, **self.env},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT if output else None,
                # A group of its own: Ctrl-C reaches us alone, and we stop the children in order.
                start_new_session=True,
                preexec_fn=_end_with_parent,
            )
        finally:
            if output:
                output.close()
        self.starts.append(time.monotonic())

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def stop(self) -> None:
        """Ask, wait, then kill; with all that it started."""
        process = self.process
        if process is None:
            return
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        self.process = None


def web(env: Mapping[str, str], *, host: str, port: int, workers: int, log: Path | None) -> Child:
    """The web server."""
    return Child(
        "web",
        [
            sys.executable,
            "-m",
            "granian",
            "--interface",
            "wsgi",
            "--host",
            host,
            "--port",
            str(port),
            "--workers",
            str(workers),
            "--blocking-threads",
            "4",
            "--no-ws",
            "--log-level",
            "error",
            "--respawn-failed-workers",
            "bothways.config.wsgi:application",
        ],
        {**env, "BOTHWAYS_POOL": "1"},
        log,
    )


def workers(env: Mapping[str, str], log: Path | None) -> list[Child]:
    """The background workers: emergencies have one of their own."""
    base = [sys.executable, "-m", "bothways", "worker"]
    return [Child("worker", base, env, log), Child("urgent", [*base, "--urgent"], env, log)]


class Supervisor:
    """Keep children running until told to stop."""

    def __init__(self, children: Sequence[Child], say: Callable[[str], None]) -> None:
        self.children = children
        self.say = say
        self.told = False

    def run(self, each_second: Callable[[], None] | None = None) -> None:
        """Start all, restart what falls, and stop all at SIGINT or SIGTERM."""
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, self._tell)
        try:
            for child in self.children:
                if not child.alive:
                    child.start()
            while not self.told:
                for child in self.children:
                    if not child.alive and not self.told:
                        self._again(child)
                if each_second:
                    each_second()
                time.sleep(1)
        finally:
            self.stop()

    def _tell(self, number: int, frame: object) -> None:
        self.told = True

    def _again(self, child: Child) -> None:
        recent = [s for s in child.starts if time.monotonic() - s < 60]
        if len(recent) >= 5:
            self.told = True
            self.say(f"“{child.name}” stopped five times within a minute: giving up. See its log.")
            return
        self.say(f"“{child.name}” stopped and is started again.")
        child.stop()  # what it started may still be there, and hold the port
        child.start()

    def stop(self) -> None:
        for child in reversed(self.children):
            child.stop()
