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
from dataclasses import dataclass
from pathlib import Path

PROGRAM = (sys.executable, "-m", "bothways")
PATIENCE = 15.0  # seconds between asking and killing
# Seconds until a process that fell is started again: at once, then ever later, and never given up. A
# school whose disk was full over night has its service again when there is room.
PAUSES = (0.0, 1.0, 2.0, 4.0, 8.0)
STEADY = 60.0  # seconds after which a process counts as sound again
SAID_AGAIN = 60.0  # seconds between two lines about the same trouble
_PR_SET_PDEATHSIG = 1


def end_with_parent() -> None:
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
    started: float = 0.0  # monotonic seconds
    falls: int = 0  # without a steady time between them
    due: float = 0.0  # when it may be started again

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
                preexec_fn=end_with_parent,
            )
        finally:
            if output:
                output.close()
        self.started = time.monotonic()

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
    """The web server. Its style sheets are compressed first: a third of the bytes for a family's phone."""
    from django.conf import settings
    from django.core.management import call_command

    if settings.STATIC_ROOT:
        call_command("collectstatic", interactive=False, verbosity=0)
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
            # One that was told to stop while it was starting never hears it.
            "--workers-kill-timeout",
            "10",
            "bothways.config.wsgi:application",
        ],
        {**env, "BOTHWAYS_POOL": "1"},
        log,
    )


def workers(env: Mapping[str, str], log: Path | None, count: int = 1) -> list[Child]:
    """So many background workers, and one for emergencies alone."""
    base = [*PROGRAM, "worker"]
    names = ["worker", *(f"worker {n}" for n in range(2, count + 1))]
    ordinary = [Child(name, base, env, log) for name in names]
    return [*ordinary, Child("urgent", [*base, "--urgent"], env, log)]


class Supervisor:
    """Keep children running until told to stop."""

    def __init__(self, children: Sequence[Child], say: Callable[[str], None]) -> None:
        self.children = children
        self.told = False
        self._words = say

    def say(self, words: str) -> None:
        """A line for people; where it cannot be written (a full disk), the service goes on without."""
        with suppress(OSError):
            self._words(words)

    def run(self, each_second: Callable[[], None] | None = None) -> None:
        """Start all, restart what falls, and stop all at SIGINT or SIGTERM.

        ``each_second`` runs beside it and may take long; what it raises is said, and it is tried again.
        """
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, self._tell)
        beside = threading.Thread(target=self._beside, args=(each_second,), name="each second")
        try:
            for child in self.children:
                if not child.alive:
                    child.start()
            beside.start()
            while not self.told:
                for child in self.children:
                    if not self.told:
                        self._watch(child)
                time.sleep(0.2)
        finally:
            self.told = True
            self.stop()
            # What it may be starting would outlive us.
            if beside.ident is not None:
                beside.join()

    def _tell(self, number: int, frame: object) -> None:
        self.told = True

    def _beside(self, each_second: Callable[[], None] | None) -> None:
        falls, said = 0, -SAID_AGAIN
        while each_second is not None and not self.told:
            try:
                each_second()
                falls = 0
            except Exception as error:
                # Whatever it is: a service that ended itself would be worse.
                falls += 1
                if time.monotonic() - said >= SAID_AGAIN:
                    said = time.monotonic()
                    self.say(f"{error}\nIt is tried again until it works.")
            self._sleep(max(1.0, pause_after(falls)))

    def _sleep(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while not self.told and (left := end - time.monotonic()) > 0:
            time.sleep(min(0.2, left))

    def _watch(self, child: Child) -> None:
        now = time.monotonic()
        if child.alive:
            if child.falls and now - child.started > STEADY:
                child.falls = 0
            return
        if child.process is not None:
            child.stop()  # what it started may still be there, and hold the port
            self._fell(child)
        if now >= child.due:
            try:
                child.start()
            except OSError as error:  # no room for its log, no memory for one more process
                self._fell(child)
                child.due = max(child.due, now + 1.0)
                if child.falls == 1:
                    self.say(f"“{child.name}” cannot be started: {error}.")

    def _fell(self, child: Child) -> None:
        child.falls += 1
        pause = pause_after(child.falls)
        child.due = time.monotonic() + pause
        if child.falls == 1:
            self.say(f"“{child.name}” stopped and is started again.")
        elif child.falls == len(PAUSES):
            self.say(
                f"“{child.name}” stopped {child.falls} times in a row. It is started again every "
                f"{pause:.0f} seconds until it stays; its log says why it stops."
            )

    def stop(self) -> None:
        for child in reversed(self.children):
            child.stop()


def pause_after(falls: int) -> float:
    """Seconds to wait after so many falls in a row."""
    return PAUSES[min(max(falls, 1), len(PAUSES)) - 1]
