"""Processes of a benchmark that end with it, however it ends."""

import ctypes
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PATIENCE = 15.0  # seconds between asking and killing
_PR_SET_PDEATHSIG = 1
# What a host of its own would not know of this machine's installation.
_STRANGE = ("DATABASE_URL", "BOTHWAYS_", "DJANGO_", "PG")


def _end_with_parent() -> None:
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def clean_environment(extra: Mapping[str, str]) -> dict[str, str]:
    """Ours without everything that names an installation or a database, and these."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_STRANGE)}
    return {**kept, **extra}


@dataclass(slots=True)
class Process:
    """One started process, with a group of its own."""

    popen: "subprocess.Popen[Any]"
    log: Path
    ask: signal.Signals = signal.SIGTERM

    @classmethod
    def start(
        cls,
        command: Sequence[str],
        *,
        log: Path,
        env: Mapping[str, str],
        ask: signal.Signals = signal.SIGTERM,
        read: bool = False,
    ) -> "Process":
        """``ask``: the signal that asks it to end; ``read``: its standard output is for us."""
        with log.open("ab") as output:
            popen = subprocess.Popen(  # noqa: S603 - our own commands
                list(command),
                env=clean_environment(env),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if read else output,
                stderr=output,
                text=read,
                start_new_session=True,
                preexec_fn=_end_with_parent,
            )
        return cls(popen, log, ask)

    @property
    def pid(self) -> int:
        return self.popen.pid

    def alive(self) -> bool:
        return self.popen.poll() is None

    def stop(self) -> None:
        """Ask, wait, then kill; with all that it started."""
        if self.alive():
            self.popen.send_signal(self.ask)
            try:
                self.popen.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait()
        with suppress(ProcessLookupError):
            os.killpg(self.popen.pid, signal.SIGKILL)
        if self.popen.stdout:
            self.popen.stdout.close()

    def last_words(self) -> str:
        """The end of its log, for whoever has to find out why."""
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])
        except OSError:
            return "(nothing)"
