"""Backup and restore of any database that Bothways may live in: one file, all or nothing.

The file is PostgreSQL's custom format, so that ``pg_restore`` alone can read it too, with no
Bothways at hand.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from bothways.core.pg import binaries
from bothways.core.pg.errors import PgError

OLDEST = 15  # the first PostgreSQL that Bothways runs on
_MARK = "django_migrations"  # a table that every Bothways database has
_LOCK_WAIT = "15s"  # for others to let go of the database
_PREAMBLE = 60  # lines of a restore script that can hold settings of its session

_RELATIONS = """
    SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
      AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
      AND n.nspname !~ '^pg_(toast_)?temp'
"""
# As a new database has it, so that a backup of the restored one equals a backup of the first.
_EMPTY = """\
DROP SCHEMA public CASCADE;
CREATE SCHEMA public;
ALTER SCHEMA public OWNER TO pg_database_owner;
GRANT USAGE ON SCHEMA public TO PUBLIC;
COMMENT ON SCHEMA public IS 'standard public schema';
"""


class BackupError(PgError):
    """No backup was written, or nothing was restored; the words say why."""


def backup(url: str, file: Path) -> int:
    """Write the whole database to ``file``, which appears only when complete; its size in bytes.

    A file of that name is replaced. Only its owner can read it (0600): it holds everything about
    every family. Raises BackupError.
    """
    _server_version(url)
    file = file.expanduser().resolve()
    draft = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            command, env = _client("pg_dump", url)
            done = subprocess.run(  # noqa: S603 our own program
                [*command, "--format=custom", "--no-owner", "--no-privileges", "--no-statistics"],
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.PIPE,
                check=False,
            )
            if done.returncode != 0:
                raise BackupError(f"The backup failed:\n{_words(done.stderr)}")
            out.flush()
            os.fsync(out.fileno())
        draft.replace(file)
    except OSError as error:
        raise BackupError(
            f"The backup cannot be written to {file} ({error.strerror}). Choose another place."
        ) from error
    finally:
        draft.unlink(missing_ok=True)
    return file.stat().st_size


def restore(url: str, file: Path, *, replace: bool = False, tables: Sequence[str] = ()) -> None:
    """Put a backup into the database, in one transaction: all of it, or nothing has changed.

    A database that holds anything is refused unless ``replace``, which empties it first (in the
    same transaction). ``tables`` are names that the backup must hold besides Django's. Raises
    BackupError.
    """
    check(file, tables=tables)
    version = _server_version(url)
    with psycopg.connect(url) as connection:
        found = connection.execute(_RELATIONS).fetchone()
    if found and found[0] and not replace:
        raise BackupError(
            "This database is not empty, and a restore would overwrite it. Nothing was changed."
            " Make a backup of it first, then say --replace if you do want that."
        )
    _replay(url, file, empty_first=bool(found and found[0]), version=version)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ANALYZE")


def check(file: Path, *, tables: Sequence[str] = ()) -> None:
    """See that the file is a readable backup of a Bothways database; else BackupError."""
    if not file.is_file():
        raise BackupError(f"There is no file {file}. Nothing was changed.")
    listing = subprocess.run(  # noqa: S603 our own program
        [binaries.program("pg_restore"), "--list", str(file)],
        env=binaries.environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    if listing.returncode != 0:
        raise BackupError(
            f"{file} is not a backup that can be read. Nothing was changed."
            f" {_words(listing.stderr)}"
        )
    held = {
        line.split(" TABLE ", 1)[1].split()[1]
        for line in listing.stdout.decode(errors="replace").splitlines()
        if " TABLE public " in line
    }
    if missing := {_MARK, *tables} - held:
        raise BackupError(
            f"{file} is a backup of something else, not of Bothways (no table"
            f" {', '.join(sorted(missing))} in it). Nothing was changed."
        )


def _replay(url: str, file: Path, *, empty_first: bool, version: int) -> None:
    """Feed the restore script to ``psql``, and the COMMIT only once the script was whole.

    ``pg_restore --single-transaction`` would do, but it cannot empty the database in that
    transaction.
    """
    writer, writer_env = _client("psql", url)
    with tempfile.TemporaryFile() as read_errors, tempfile.TemporaryFile() as write_errors:
        script = subprocess.Popen(  # noqa: S603 our own program
            [
                binaries.program("pg_restore"),
                "--file=-",
                "--no-owner",
                "--no-privileges",
                str(file),
            ],
            env=binaries.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=read_errors,
        )
        session = subprocess.Popen(  # noqa: S603 our own program
            [*writer, "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--file=-"],
            env=writer_env,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=write_errors,
        )
        try:
            whole = _pour(script, session, empty_first=empty_first, version=version)
        finally:
            # Without its COMMIT the session's end is a rollback.
            for process in (script, session):
                if process.poll() is None:
                    process.kill()
                process.wait()
            for pipe in (script.stdout, session.stdin):
                with suppress(BrokenPipeError):
                    pipe and pipe.close()
        if not whole or script.returncode != 0 or session.returncode != 0:
            raise BackupError(
                "Nothing was restored, and nothing was changed. "
                + _explained(_tail(write_errors), _tail(read_errors))
            )


def _pour(
    script: "subprocess.Popen[bytes]",
    session: "subprocess.Popen[bytes]",
    *,
    empty_first: bool,
    version: int,
) -> bool:
    """True when all went in and was committed."""
    source, sink = script.stdout, session.stdin
    assert source is not None
    assert sink is not None
    try:
        sink.write(b"SET client_min_messages = 'warning';\nBEGIN;\n")
        if empty_first:
            sink.write(f"SET lock_timeout = '{_LOCK_WAIT}';\n{_EMPTY}".encode())
        for _ in range(_PREAMBLE):
            line = source.readline()
            sink.write(_understood(line, version))
        shutil.copyfileobj(source, sink, 1 << 20)
        if script.wait() != 0:
            session.kill()
            return False
        sink.write(b"\nCOMMIT;\n")
        sink.close()
    except BrokenPipeError:  # the session has given up, and is writing down why
        with suppress(subprocess.TimeoutExpired):
            session.wait(timeout=20)
        return False
    return session.wait() == 0


def _understood(line: bytes, version: int) -> bytes:
    """The line, or nothing if it is a setting of PostgreSQL 17 that this server stumbles over."""
    return b"" if version < 17 and line.startswith(b"SET transaction_timeout") else line


def _server_version(url: str) -> int:
    """The server's major version, if our programs get along with it."""
    try:
        with psycopg.connect(url, connect_timeout=20) as connection:
            major = connection.info.server_version // 10000
    except psycopg.OperationalError as error:
        raise BackupError(f"The database does not answer: {error}") from error
    if not OLDEST <= major <= binaries.MAJOR:
        raise BackupError(
            f"The database server is PostgreSQL {major}; the backup programs of this Bothways work"
            f" with {OLDEST} to {binaries.MAJOR}. Use the pg_dump and pg_restore of that server."
        )
    return major


def _client(name: str, url: str) -> tuple[list[str], dict[str, str]]:
    """Command and environment of a client: the password must not stand in the process list."""
    parts: dict[str, Any] = dict(conninfo_to_dict(url))
    password = str(parts.pop("password", ""))
    extra = {"PGPASSWORD": password} if password else {}
    for inherited in ("HOME", "PGPASSFILE", "PGSSLROOTCERT", "PGSSLCERT", "PGSSLKEY"):
        if value := os.environ.get(inherited):
            extra[inherited] = value
    return [binaries.program(name), f"--dbname={make_conninfo(**parts)}", "--no-password"], (
        binaries.environment(**extra)
    )


def _explained(database_says: str, file_says: str) -> str:
    if "lock timeout" in database_says:
        return "The database is in use. Stop Bothways (Ctrl-C where it runs), then try again."
    if file_says:
        return f"The backup file is damaged; take another one. The reason:\n{file_says}"
    return f"The reason:\n{database_says}"


def _tail(file: IO[bytes]) -> str:
    file.seek(0)
    return _words(file.read())


def _words(said: bytes) -> str:
    lines = said.decode(errors="replace").strip().splitlines()
    # The context of a failing row would show the row: a family's data.
    return "\n".join(line for line in lines if not line.startswith(("CONTEXT:", "DETAIL:")))[-1500:]
