"""Find the server process of a data folder, and stop it; run as a program, keep watch over it.

The keeper is a tiny process of its own that waits until the last holder of the database is gone,
however it went, and then stops the server. It is run as a bare file (``python -I -S keeper.py``),
so this module needs the standard library only.
"""

import fcntl
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

_POLITE = 60.0  # seconds for a fast shutdown, with its last checkpoint
_FIRM = 15.0  # seconds for an immediate one: the next start recovers


def find(data: Path) -> int | None:
    """The process id of the live server of this data folder, or None.

    The pid file is only a hint, because after a power cut the number may belong to anybody. Where
    there is no such file, or it lies, the process list is searched: a server that was started a
    moment ago has not written one yet.
    """
    noted = noted_pid(data)
    if noted is not None and _serves(noted, data):
        return noted
    if Path("/proc/self").exists():
        for entry in os.listdir("/proc"):
            if entry.isdigit() and _serves(int(entry), data):
                return int(entry)
    return None


def noted_pid(data: Path) -> int | None:
    """What the pid file says, true or not."""
    try:
        return abs(int((data / "postmaster.pid").read_text(errors="replace").split("\n")[0]))
    except (OSError, ValueError):
        return None


def alive(pid: int) -> bool:
    """Whether there is such a process that still runs; a zombie does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
        return stat.rpartition(b")")[2].split()[0] not in (b"Z", b"X")
    except (OSError, IndexError):
        if Path("/proc/self").exists():
            return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _serves(pid: int, data: Path) -> bool:
    if not alive(pid):
        return False
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        if Path("/proc/self").exists():
            return False
        listing = subprocess.run(  # noqa: S603 a fixed command
            ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, check=False
        )
        return b"postgres -D " + os.fsencode(data) in listing.stdout
    # The server's children show another title, so this is the one that started them.
    return (b"-D", os.fsencode(data)) in pairwise(words) and any(
        word.endswith(b"/postgres") for word in words
    )


def stop(data: Path, socket_dir: Path) -> None:
    """Stop the server of this data folder, if one runs: fast first, harder if it will not go."""
    for how, patience in (
        (signal.SIGINT, _POLITE),
        (signal.SIGQUIT, _FIRM),
        (signal.SIGKILL, _FIRM),
    ):
        pid = find(data)
        if pid is None:
            break
        with suppress(ProcessLookupError):
            os.kill(pid, how)
        _wait_until_gone(pid, patience)
    if socket_dir.parent.name.startswith("bothways-"):  # ours in the temp folder: leave no litter
        with suppress(OSError):
            socket_dir.rmdir()
            socket_dir.parent.rmdir()


def _wait_until_gone(pid: int, patience: float) -> None:
    deadline = time.monotonic() + patience
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)


def main(data: Path, socket_dir: Path, holders: Path, kept: Path, lock: int) -> None:
    """Wait for the last holder to go, then stop the server, unless it is to be kept.

    ``lock`` is an open descriptor, already locked: it says that this installation has a keeper.
    """
    if os.fork():
        os._exit(0)  # so that whoever started us need not wait for us later
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    handle = os.open(holders, os.O_RDWR)
    fcntl.flock(handle, fcntl.LOCK_EX)
    if not kept.exists():
        stop(data, socket_dir)
    # In this order: whoever gets in after us must see that there is no keeper any more.
    os.close(lock)
    os.close(handle)


if __name__ == "__main__":
    _data, _socket_dir, _holders, _kept = map(Path, sys.argv[1:5])
    main(_data, _socket_dir, _holders, _kept, lock=int(sys.argv[5]))
