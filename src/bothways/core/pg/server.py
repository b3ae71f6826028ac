"""Attach to the embedded database of a home: who comes first starts it, the last one out stops it.

Who uses the database holds ``holders.lock`` shared; the system drops the hold of a process that
dies, however it dies, so there is nothing to count and nothing to go stale. Who gets that lock
alone is the last one, and stops the server: the leaving process itself, or the keeper, which waits
for the lock all the time. Locks are taken in the order holders, starting; so nobody waits in a
circle.
"""

import errno
import fcntl
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bothways.core import home as homes
from bothways.core.pg import cluster, keeper
from bothways.core.pg.errors import PgError
from bothways.core.pg.layout import Layout, layout

log = logging.getLogger(__name__)

_FULL = os.strerror(errno.ENOSPC)


@dataclass(frozen=True)
class Server:
    """A running database. ``url`` is for Bothways; ``superuser_url``, a superuser's, for set-up."""

    home: Path
    socket_dir: Path
    url: str = field(repr=False)  # holds the password
    superuser_url: str = field(repr=False)

    def ensure_running(self) -> None:
        """Bring the database up again if it was killed; it recovers. For who is attached."""
        _ensure_running(layout(self.home))


@contextmanager
def attach(home: Path, *, keep: bool = False) -> Iterator[Server]:
    """Use the database of ``home``: start it if it does not run, stop it when the last one leaves.

    ``keep`` leaves it running until ``stop``. A forked child shares its parent's hold. Raises
    PgError or HomeError.
    """
    place = layout(home)
    holder = os.getpid()
    hold = _lock(place, place.holders, fcntl.LOCK_SH)
    try:
        _ensure_running(place)
        if keep:
            place.kept.touch(mode=0o600)
            homes.give(place.kept, place.home)
        yield Server(
            home=place.home,
            socket_dir=place.socket_dir,
            url=cluster.url(place, cluster.APP),
            superuser_url=cluster.url(place, cluster.ADMIN),
        )
    finally:
        if os.getpid() == holder:
            os.close(hold)
            _leave(place)


def stop(home: Path) -> bool:
    """Stop a database that was kept; False if somebody still uses it (it stops when they leave)."""
    place = layout(home)
    place.kept.unlink(missing_ok=True)
    return _leave(place)


def _ensure_running(place: Layout) -> None:
    with homes.locked(place.starting, place.home):
        _ensure_keeper(place)
        if not cluster.running(place):
            place.kept.unlink(missing_ok=True)  # it spoke of a server that is gone
            try:
                cluster.start(place)
            except (PgError, OSError) as error:
                if isinstance(error, PgError) and _FULL not in str(error):
                    raise
                raise _why_not(place, error) from error


def _why_not(place: Layout, error: PgError | OSError) -> PgError:
    """Why it cannot be started, the cause first: the log of a database without room says much else."""
    if _FULL in str(error):
        return PgError(
            f"The disk that holds {place.data} is full. Free some space there; then the database "
            f"starts again.\n{error}"
        )
    return PgError(
        f"The database in {place.data} cannot be started: {error}. See that its disk is sound and not "
        "write-protected."
    )


def _leave(place: Layout) -> bool:
    """Stop the server if nobody holds it any more; whether it is down for want of holders."""
    handle = os.open(place.holders, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        # Others hold it, or the keeper was quicker and is stopping it: then this waits until it
        # has.
        fcntl.flock(handle, fcntl.LOCK_SH)
    else:
        if not place.kept.exists():
            keeper.stop(place.data, place.socket_dir)
    finally:
        os.close(handle)
    return keeper.find(place.data) is None


def _ensure_keeper(place: Layout) -> None:
    """Start a keeper if there is none. It is handed its lock, so there is no moment without one."""
    try:
        lock = _lock(place, place.keeper, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    try:
        started = subprocess.run(  # noqa: S603 our own program
            [
                *(sys.executable, "-I", "-S", keeper.__file__),
                *map(str, (place.data, place.socket_dir, place.holders, place.kept, lock)),
            ],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(lock,),
            start_new_session=True,
            check=False,
        ).returncode
    except OSError:
        started = 1
    finally:
        os.close(lock)
    if started != 0:
        # All works without it, but a kill -9 of the last holder would leave the database running.
        log.warning("The watch over the database could not be started with %s", sys.executable)


def _lock(place: Layout, path: Path, how: int) -> int:
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        homes.give(path, place.home)
        fcntl.flock(handle, how)
    except BaseException:
        os.close(handle)
        raise
    return handle
