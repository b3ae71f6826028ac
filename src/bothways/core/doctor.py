"""What is wrong with an installation, in words a school office understands, and how to mend it.

A check is a function from Subject to Check; more are added by passing a longer list to
``run_checks``.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from bothways.core import home as homes
from bothways.core import pg
from bothways.core.pg import binaries
from bothways.core.pg.backup import OLDEST

_ENOUGH_BYTES = 2_000_000_000
_CLOCK_SLACK = 300  # seconds between our clock and the database's
_NOT_BEFORE = datetime(2026, 1, 1, tzinfo=UTC).timestamp()


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at. ``mend`` says what to do, and is empty when all is well."""

    name: str
    ok: bool
    words: str
    mend: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is examined: the home, and the address of its database if that could be reached."""

    home: Path
    database_url: str | None
    own_database: bool  # the embedded one, not one named by DATABASE_URL
    trouble: str = ""  # why there is no database


Examine = Callable[[Subject], Check]


def home_writable(subject: Subject) -> Check:
    """Try it: permission bits alone miss full and read-only disks."""
    name = "home"
    probe = subject.home / f".doctor-{os.getpid()}"
    try:
        homes.ensure(subject.home)
        probe.write_bytes(b"Bothways was here")
        probe.unlink()
    except homes.HomeError as error:
        return Check(name, False, str(error), "Use the user who set Bothways up.")
    except OSError as error:
        return Check(
            name,
            False,
            f"Nothing can be written to {subject.home} ({error.strerror}).",
            "See that the disk is not full and not write-protected.",
        )
    return Check(name, True, f"Bothways keeps its data in {subject.home}.")


def disk_space(subject: Subject) -> Check:
    """At least 2 GB."""
    place = next(path for path in (subject.home, *subject.home.parents) if path.exists())
    free = shutil.disk_usage(place).free
    words = f"{free / 1e9:.1f} GB are free on the disk."
    if free >= _ENOUGH_BYTES:
        return Check("disk", True, words)
    return Check(
        "disk",
        False,
        words,
        f"Free some space: delete what is not needed, as old files in {subject.home / 'backups'}.",
    )


def programs(_: Subject) -> Check:
    """The database programs are there and run."""
    name = "programs"
    again = "Install Bothways again: make setup."
    try:
        said = subprocess.run(  # noqa: S603 our own program
            [binaries.program("postgres"), "--version"],
            env=binaries.environment(),
            capture_output=True,
            timeout=20,
            check=True,
        ).stdout
    except pg.PgError as error:
        return Check(name, False, str(error), again)
    except (OSError, subprocess.SubprocessError) as error:
        return Check(name, False, f"The database programs do not run here ({error}).", again)
    return Check(name, True, f"The database programs run: {said.decode().strip()}.")


def database_answers(subject: Subject) -> Check:
    """A connection can be opened."""
    if subject.database_url is not None:
        return Check("database", True, "The database answers.")
    if subject.own_database:
        log = subject.home / "logs" / "database.log"
        mend = (
            f"Restart the machine and try again. If that does not help, show {log} to a technician."
        )
    else:
        mend = "See that the address in DATABASE_URL is right, and that the database server runs."
    return Check(
        "database", False, f"The database does not answer. {subject.trouble}".strip(), mend
    )


def database_version(subject: Subject) -> Check:
    """PostgreSQL 15 or later."""
    major = int(_ask(subject, "SHOW server_version_num")) // 10000
    words = f"The database is PostgreSQL {major}."
    if major >= OLDEST:
        return Check("version", True, words)
    return Check(
        "version",
        False,
        words,
        f"Bothways needs PostgreSQL {OLDEST} or later: have the server brought up to date, or leave"
        " DATABASE_URL empty to use the database that comes with Bothways.",
    )


def database_encoding(subject: Subject) -> Check:
    """UTF8, or names in half the languages of a school cannot be kept."""
    encoding = _ask(subject, "SHOW server_encoding")
    if encoding == "UTF8":
        return Check("encoding", True, "The database can keep every script (UTF8).")
    return Check(
        "encoding",
        False,
        f"The database keeps text as {encoding}; names in many languages do not fit in.",
        "Have a new one made: CREATE DATABASE bothways ENCODING 'UTF8' TEMPLATE template0",
    )


def clock(subject: Subject) -> Check:
    """The machine's clock: after this program was made, and the same as the database's."""
    mend = "Set the date and time of this machine, and turn on setting them automatically."
    now = time.time()
    said = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d %H:%M UTC")
    if now < _NOT_BEFORE:
        return Check("clock", False, f"The clock of this machine says {said}; that is past.", mend)
    if subject.database_url is not None:
        apart = abs(float(_ask(subject, "SELECT extract(epoch FROM clock_timestamp())")) - now)
        if apart > _CLOCK_SLACK:
            return Check(
                "clock",
                False,
                f"The clocks of this machine and its database are {apart / 60:.0f} minutes apart.",
                mend,
            )
    return Check("clock", True, f"The clock says {said}.")


CHECKS: tuple[Examine, ...] = (home_writable, disk_space, programs, database_answers, clock)
DATABASE_CHECKS: tuple[Examine, ...] = (database_version, database_encoding)


def run_checks(
    home: Path,
    database_url: str | None,
    *,
    checks: Sequence[Examine] = CHECKS,
    database_checks: Sequence[Examine] = DATABASE_CHECKS,
) -> list[Check]:
    """Run all checks, none of which can stop the others; the database's only where it answers.

    Without ``database_url`` the embedded database of ``home`` is used, started for this if need be.
    """
    with ExitStack() as stack:
        url, trouble = database_url, ""
        try:
            if url is None:
                url = stack.enter_context(pg.attach(home)).url
            psycopg.connect(url, connect_timeout=20).close()
        except (pg.PgError, homes.HomeError, psycopg.Error, OSError) as error:
            url, trouble = None, str(error)
        subject = Subject(home, url, database_url is None, trouble)
        wanted = [*checks, *(database_checks if url is not None else ())]
        return [_safely(check, subject) for check in wanted]


def _safely(check: Examine, subject: Subject) -> Check:
    try:
        return check(subject)
    except Exception as error:
        name = getattr(check, "__name__", "check")
        return Check(
            name,
            False,
            f"This could not be looked at ({type(error).__name__}: {error}).",
            "Show this line to a technician.",
        )


def _ask(subject: Subject, question: str) -> str:
    assert subject.database_url is not None
    with psycopg.connect(subject.database_url, connect_timeout=20) as connection:
        row = connection.execute(question.encode()).fetchone()
    return str(row[0]) if row else ""
