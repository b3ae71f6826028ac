"""The only source of time for everything that happens between a school and a family.

An installation normally lives in real time. A simulated one has a *clock file*: nine bytes, a mode and a
signed integer of microseconds. All processes of the installation read it, one driver writes it.
Sign-in and security expiries never ask here: they stay on real time.
"""

import os
import struct
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

_FORM = struct.Struct("<cq")
_STOPPED, _RUNNING = b"s", b"r"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_fd: int | None = None


def follow(path: Path) -> bool:
    """Read time from this clock file from now on; False (and real time) where there is none."""
    global _fd
    forget()
    try:
        _fd = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    return True


def forget() -> None:
    """Back to real time."""
    global _fd
    if _fd is not None:
        os.close(_fd)
        _fd = None


def simulated() -> bool:
    """Whether time comes from a clock file."""
    return _fd is not None


def runs() -> bool:
    """Whether time goes on by itself: real, or simulated at its usual pace."""
    return _fd is None or os.pread(_fd, 1, 0) == _RUNNING


def now() -> datetime:
    """This moment in UTC, real or simulated."""
    if _fd is None:
        return datetime.now(UTC)
    mode, micros = _FORM.unpack(os.pread(_fd, _FORM.size, 0))
    if mode == _STOPPED:
        return _EPOCH + timedelta(microseconds=micros)
    return datetime.now(UTC) + timedelta(microseconds=micros)


def today(zone: str) -> date:
    """The date on the wall of a school in this time zone."""
    return now().astimezone(ZoneInfo(zone)).date()


def _write(path: Path, mode: bytes, micros: int) -> None:
    # One write of 9 bytes in place: readers hold the file open and never see half a time.
    fd = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        os.pwrite(fd, _FORM.pack(mode, micros), 0)
    finally:
        os.close(fd)


def _micros(span: timedelta) -> int:
    return span // timedelta(microseconds=1)


def stop_at(path: Path, moment: datetime) -> None:
    """Simulated time stands still at this moment until the driver moves it."""
    _write(path, _STOPPED, _micros(moment - _EPOCH))


def run_from(path: Path, moment: datetime) -> None:
    """Simulated time is this moment now and goes on at its usual pace."""
    _write(path, _RUNNING, _micros(moment - datetime.now(UTC)))
