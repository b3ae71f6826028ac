"""Make a data folder, start the server on it, and give Bothways its database."""

import os
import shutil
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import pq, sql

from bothways.core import home as homes
from bothways.core.pg import account, binaries, keeper, settings
from bothways.core.pg.account import Account
from bothways.core.pg.errors import PgError
from bothways.core.pg.layout import SOCKET, Layout, make_socket_dir

DATABASE, APP, ADMIN = "bothways", "bothways", "postgres"
START_SECONDS = 60.0
RECOVERY_SECONDS = 600.0  # a server that answers "I am recovering" is given this long
_LOG_LIMIT = 2_000_000  # bytes; then it becomes database.log.1
_NO_SUCH_PID = 2**31 - 1


def url(place: Layout, role: str, database: str = DATABASE) -> str:
    """The address (``postgresql://…``) for a role: through the socket, with its password."""
    password = homes.secret(place.home, f"database-{role}")
    return (
        f"postgresql://{role}:{quote(password, safe='')}@/{database}"
        f"?host={quote(os.fsencode(place.socket_dir), safe='')}&port=5432"
    )


def answers(place: Layout) -> pq.Ping:
    """What the socket says; needs no password. A full house counts as an answer."""
    host = str(place.socket_dir).replace("\\", "\\\\").replace("'", "\\'")
    return pq.Ping(pq.PGconn.ping(f"host='{host}' port=5432 dbname=postgres user={APP}".encode()))


def running(place: Layout) -> bool:
    """Whether the server is there: as a process of this data folder, *and* answering."""
    return keeper.find(place.data) is not None and answers(place) == pq.Ping.OK


def start(place: Layout) -> None:
    """Bring the server up, making its data the first time. The caller holds the starting lock."""
    owner = account.owner_for(place.home, place.data)
    if os.geteuid() == 0 and place.folder.stat().st_uid != owner[0]:
        place.folder.chmod(0o711)  # the way to its data; the home above is not touched
    make_socket_dir(place, *owner)
    if not place.data.exists():
        _make_data(place, owner)
    _take_over_data(place, owner)
    runner = account.choose(owner, [place.data, place.socket_dir])
    _check_version(place)
    _write_settings(place)
    _turn_log(place)
    _launch_and_wait(place, runner)
    _prepare(place)


def _make_data(place: Layout, owner: tuple[int, int]) -> None:
    """``initdb`` beside the final name, which only a whole data folder ever gets."""
    for left in place.folder.glob("new-*"):  # an earlier attempt was killed
        shutil.rmtree(left, ignore_errors=True)
    draft = Path(tempfile.mkdtemp(prefix="new-", dir=place.folder))
    try:
        password, data = draft / "password", draft / "data"
        password.touch(mode=0o600)
        password.write_text(homes.secret(place.home, f"database-{ADMIN}"), "ascii")
        data.mkdir(mode=0o700)
        if os.geteuid() == 0:
            for path in (draft, password, data):
                os.chown(path, *owner)
        runner = account.choose(owner, [data, place.socket_dir])
        maker = runner.popen(
            [
                *(binaries.program("initdb"), "-D", str(data), "-U", ADMIN, "--encoding=UTF8"),
                *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
                *("--auth=scram-sha-256", f"--pwfile={password}", "--no-instructions"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # a Ctrl-C is for us to hear
        )
        try:
            said, _ = maker.communicate(timeout=START_SECONDS * 3)
        except BaseException:
            maker.terminate()
            maker.wait()
            raise
        if maker.returncode != 0:
            raise PgError(
                f"The database could not be made in {place.folder}. What its maker said last:\n"
                + _last_lines(said.decode(errors="replace"))
            )
        data.rename(place.data)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _take_over_data(place: Layout, owner: tuple[int, int]) -> None:
    # Data copied back by root belongs to root, and a server may not run on what is not its own.
    if os.geteuid() == 0 and place.data.stat().st_uid != owner[0]:
        for path in (place.data, *place.data.rglob("*")):
            os.chown(path, *owner, follow_symlinks=False)
        place.data.chmod(0o700)


def _check_version(place: Layout) -> None:
    try:
        made_by = (place.data / "PG_VERSION").read_text("ascii").strip()
    except OSError as error:
        raise PgError(
            f"The folder {place.data} is damaged: it holds no database. Move it away, start"
            " Bothways, and restore a backup (bothways restore FILE)."
        ) from error
    if made_by != str(binaries.MAJOR):
        raise PgError(
            f"The database in {place.data} was made by PostgreSQL {made_by}; this Bothways has"
            f" {binaries.MAJOR}. With the earlier Bothways run: bothways backup FILE. Move the"
            " folder away, and with this one run: bothways restore FILE."
        )


def _write_settings(place: Layout) -> None:
    texts = {"postgresql.conf": settings.POSTGRESQL_CONF, "pg_hba.conf": settings.PG_HBA_CONF}
    if not (place.data / "local.conf").exists():
        texts["local.conf"] = settings.LOCAL_CONF
    for name, text in texts.items():
        path, draft = place.data / name, place.data / f"{name}.new"
        draft.write_text(text, "utf-8")
        draft.chmod(0o600)
        if os.geteuid() == 0:
            was = place.data.stat()
            os.chown(draft, was.st_uid, was.st_gid)
        draft.replace(path)


def _turn_log(place: Layout) -> None:
    with suppress(FileNotFoundError):
        if place.log.stat().st_size > _LOG_LIMIT:
            place.log.replace(place.log.with_name(place.log.name + ".1"))


def _launch_and_wait(place: Layout, runner: Account) -> None:
    began = time.monotonic()
    launched: int | None = None
    log_start = place.log.stat().st_size if place.log.exists() else 0
    while True:
        state = answers(place)
        process = keeper.find(place.data)
        if process is not None and state == pq.Ping.OK:
            return
        waited = time.monotonic() - began
        if waited > (RECOVERY_SECONDS if state == pq.Ping.REJECT else START_SECONDS):
            raise _not_started(place, log_start, f"did not answer within {waited:.0f} seconds")
        if process is None and launched is not None and not keeper.alive(launched):
            # After kill -9 of the server its last children hold the shared memory a moment longer.
            if b"shared memory block" not in _since(place.log, log_start):
                raise _not_started(place, log_start, "stopped at once")
            launched = None
            time.sleep(0.2)
            log_start = place.log.stat().st_size
        if process is None and launched is None:
            _disown_stale_pid(place.data)
            for left in (SOCKET, f"{SOCKET}.lock"):  # no other server ever uses this folder
                (place.socket_dir / left).unlink(missing_ok=True)
            launched = _launch(place, runner)
        time.sleep(0.01)


def _launch(place: Layout, runner: Account) -> int:
    """Start the server in a session of its own, as no child of ours; its process id."""
    quoted = str(place.socket_dir).replace('"', '""')
    log = os.open(place.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        homes.give(place.log, place.home)
        shell = runner.popen(
            [
                *("/bin/sh", "-c", '"$@" </dev/null >&2 & echo $!', "sh"),
                *(binaries.program("postgres"), "-D", str(place.data)),
                *(
                    "-c",
                    f'unix_socket_directories="{quoted}"',
                    "-c",
                    "unix_socket_permissions=0700",
                ),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
    finally:
        os.close(log)
    said, _ = shell.communicate(timeout=START_SECONDS)
    return int(said)


def _disown_stale_pid(data: Path) -> None:
    """See that the server does not take a stranger, or a zombie, for another server of this folder.

    It refuses to start while any process has the number in its pid file. We know that none serves
    this folder, so the number is put out of reach. The file itself must stay: it also names the
    shared memory by which the server notices children of a killed one that still write.
    """
    path = data / "postmaster.pid"
    with suppress(FileNotFoundError):
        lines = path.read_bytes().split(b"\n")
        if not lines[0].strip():
            path.unlink()  # the disk was full when it was written
            return
        lines[0] = str(_NO_SUCH_PID).encode()
        with path.open("r+b") as file:
            file.write(b"\n".join(lines))
            file.truncate()


def _prepare(place: Layout) -> None:
    """Role and database for Bothways: the role owns the database and is no superuser."""
    password = homes.secret(place.home, f"database-{APP}").encode()
    try:
        with psycopg.connect(url(place, ADMIN, "postgres"), autocommit=True) as admin:
            scrambled = admin.pgconn.encrypt_password(password, APP.encode(), b"scram-sha-256")
            known = admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [APP]).fetchone()
            admin.execute(
                sql.SQL("{} ROLE {} LOGIN NOSUPERUSER CREATEDB PASSWORD {}").format(
                    sql.SQL("ALTER" if known else "CREATE"),
                    sql.Identifier(APP),
                    sql.Literal(scrambled.decode()),
                )
            )
            if not admin.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]
            ).fetchone():
                admin.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {}").format(
                        sql.Identifier(DATABASE), sql.Identifier(APP)
                    )
                )
    except psycopg.OperationalError as error:
        raise PgError(
            f"The database in {place.data} runs but does not let Bothways in. If the folder"
            f" {place.home / 'secrets'} was changed, put it back from a copy. ({error})"
        ) from error


def _not_started(place: Layout, log_start: int, what: str) -> PgError:
    tail = _last_lines(_since(place.log, log_start).decode(errors="replace"))
    return PgError(
        f"The database {what}. Its log is {place.log}; it ends:\n{tail}\n"
        "If this stays so, restart the machine, then run: bothways doctor"
    )


def _since(log: Path, start: int) -> bytes:
    try:
        with log.open("rb") as file:
            file.seek(max(start, log.stat().st_size - 20_000))
            return file.read()
    except OSError:
        return b""


def _last_lines(text: str) -> str:
    return "\n".join(text.strip().splitlines()[-8:]) or "(nothing)"
