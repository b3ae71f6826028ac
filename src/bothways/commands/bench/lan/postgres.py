"""PostgreSQL and pgbouncer as an administrator sets them up: a primary, its replica, a pooler.

The settings here are those of docs/how-to/many-machines.md, so that what is said there is what was measured.
"""

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from bothways.commands.bench.lan.network import NETWORK, Host, Lan
from bothways.commands.bench.lan.processes import Process, clean_environment

PORT, POOL_PORT = 5432, 6432
DATABASE = APP = "bothways"
ADMIN, REPLICATION = "postgres", "replication"
OLDEST = 15

# A host that falls silent is given up within about 25 seconds, and with it the locks it held.
CONF = """\
listen_addresses = '{address}'
port = 5432
unix_socket_directories = '{socket}'
max_connections = 100
password_encryption = 'scram-sha-256'
shared_buffers = '256MB'
effective_cache_size = '2GB'
max_wal_size = '2GB'
wal_compression = on
jit = off
random_page_cost = 1.1
wal_level = 'replica'
max_wal_senders = 5
wal_keep_size = '1GB'
hot_standby = on
wal_sender_timeout = '20s'
wal_receiver_timeout = '20s'
tcp_keepalives_idle = 10
tcp_keepalives_interval = 5
tcp_keepalives_count = 3
tcp_user_timeout = '25s'
client_connection_check_interval = '10s'
idle_in_transaction_session_timeout = '5min'
timezone = 'UTC'
log_timezone = 'UTC'
log_min_error_statement = 'panic'
log_parameter_max_length_on_error = 0
"""
HBA = f"""\
local all all scram-sha-256
host all all {NETWORK}.0/24 scram-sha-256
host replication {REPLICATION} {NETWORK}.0/24 scram-sha-256
"""
POOLER = """\
[databases]
* = host={primary} port=5432

[pgbouncer]
listen_addr = {address}
listen_port = 6432
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {folder}/userlist.txt
logfile = {folder}/pgbouncer.log
pidfile = {folder}/pgbouncer.pid
log_connections = 0
log_disconnections = 0
pool_mode = transaction
max_client_conn = 1000
default_pool_size = 20
query_wait_timeout = 60
server_connect_timeout = 5
server_login_retry = 2
tcp_keepalive = 1
tcp_keepidle = 10
tcp_keepintvl = 5
tcp_keepcnt = 3
tcp_user_timeout = 25000
"""


@dataclass(frozen=True, slots=True)
class Programs:
    """Where the server's programs lie, and whom they run as: they refuse to be root."""

    folder: Path
    pgbouncer: str
    user: str

    def path(self, name: str) -> str:
        return str(self.folder / name)

    def as_user(self, command: Sequence[str]) -> list[str]:
        account = pwd.getpwnam(self.user)
        who = (f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups")
        return ["setpriv", *who, "--pdeathsig=QUIT", *command]

    def give(self, path: Path) -> None:
        account = pwd.getpwnam(self.user)
        os.chown(path, account.pw_uid, account.pw_gid)


def find_programs() -> Programs | str:
    """Debian's programs, or in one line what is missing and how to get it."""
    missing = [name for name in ("ip", "setpriv", "pgbouncer") if shutil.which(name) is None]
    folders = [
        folder
        for folder in Path("/usr/lib/postgresql").glob("*/bin")
        if folder.parent.name.isdecimal()
        and int(folder.parent.name) >= OLDEST
        and (folder / "initdb").exists()
    ]
    if not folders:
        missing.append(f"PostgreSQL {OLDEST} or later")
    if missing:
        return (
            f"Missing here: {', '.join(missing)}."
            " On Debian: apt-get install iproute2 util-linux pgbouncer postgresql"
        )
    newest = max(folders, key=lambda folder: int(folder.parent.name))
    users = {entry.pw_name for entry in pwd.getpwall()}
    return Programs(newest, shutil.which("pgbouncer") or "", ADMIN if ADMIN in users else "nobody")


@dataclass(slots=True)
class Secrets:
    """Passwords of this run."""

    admin: str = field(default_factory=lambda: secrets.token_hex(16))
    app: str = field(default_factory=lambda: secrets.token_hex(16))
    replication: str = field(default_factory=lambda: secrets.token_hex(16))


@dataclass(slots=True)
class Postgres:
    """One server of the two, as primary or replica."""

    lan: Lan
    host: Host
    programs: Programs
    place: Path  # holds data/ and the socket
    secrets: Secrets
    process: Process | None = None

    @property
    def data(self) -> Path:
        return self.place / "data"

    def ask(self, database: str = DATABASE) -> psycopg.Connection[tuple[Any, ...]]:
        """A superuser's connection through the socket: watching works whatever the network does."""
        return psycopg.connect(
            host=str(self.place),
            port=PORT,
            dbname=database,
            user=ADMIN,
            password=self.secrets.admin,
            autocommit=True,
            connect_timeout=10,
        )

    def make(self) -> None:
        """A new, empty primary with Bothways' role and database."""
        self._folder()
        password = self.place / "password"
        password.touch(mode=0o600)
        password.write_text(self.secrets.admin, "ascii")
        self.programs.give(password)
        self._run(
            *(self.programs.path("initdb"), "-D", str(self.data), "-U", ADMIN),
            *("--encoding=UTF8", "--locale=C.UTF-8", "--auth=scram-sha-256"),
            *("--pwfile", str(password), "--no-sync", "--no-instructions"),
        )
        password.unlink()
        self._configure()
        self.start()
        with self.ask("postgres") as admin:
            for statement in (
                f"CREATE ROLE {APP} LOGIN PASSWORD '{self.secrets.app}'",
                f"CREATE ROLE {REPLICATION} LOGIN REPLICATION PASSWORD '{self.secrets.replication}'",
                f"CREATE DATABASE {DATABASE} OWNER {APP}",
            ):
                admin.execute(statement.encode())

    def follow(self, primary: "Postgres") -> None:
        """A streaming replica of that one."""
        self._folder()
        source = (
            f"host={primary.host.address} port={PORT} user={REPLICATION}"
            f" password={self.secrets.replication} application_name={self.host.name}"
            " connect_timeout=5 keepalives_idle=10 keepalives_interval=5 keepalives_count=3"
        )
        self._run(
            *(self.programs.path("pg_basebackup"), "-D", str(self.data), "-d", source),
            *("--write-recovery-conf", "--wal-method=stream", "--checkpoint=fast", "--no-sync"),
        )
        self._configure()
        self.start()

    def start(self) -> None:
        self.process = Process.start(
            self.host.within(
                self.programs.as_user([self.programs.path("postgres"), "-D", str(self.data)])
            ),
            log=self.place.parent / f"{self.host.name}.log",
            env={},
            ask=signal.SIGINT,
        )
        self.lan.processes.append(self.process)
        until = time.monotonic() + 60
        while True:
            try:
                self.ask("postgres").close()
                return
            except psycopg.OperationalError:
                if time.monotonic() > until or not self.process.alive():
                    words = self.process.last_words()
                    raise RuntimeError(f"PostgreSQL did not start:\n{words}") from None
                time.sleep(0.1)

    def promote(self) -> None:
        """The replica becomes the primary."""
        with self.ask("postgres") as admin:
            admin.execute("SELECT pg_promote(true, 60)")

    def _folder(self) -> None:
        self.place.mkdir(mode=0o700)
        self.programs.give(self.place)

    def _configure(self) -> None:
        text = CONF.format(address=self.host.address, socket=self.place)
        for name, words in (("postgresql.conf", text), ("pg_hba.conf", HBA)):
            path = self.data / name
            path.write_text(words, "utf-8")
            self.programs.give(path)

    def _run(self, *command: str) -> None:
        done = subprocess.run(  # noqa: S603 - our own commands
            self.host.within(self.programs.as_user(command)),
            env=clean_environment({}),
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"{command[0]}: {done.stderr.strip()}")


@dataclass(slots=True)
class Pooler:
    """pgbouncer in transaction mode in front of whichever is primary."""

    lan: Lan
    host: Host
    programs: Programs
    place: Path
    secrets: Secrets
    process: Process | None = None

    def start(self, primary: Postgres) -> None:
        self.place.mkdir(mode=0o700)
        self.programs.give(self.place)
        self._write(primary)
        users = self.place / "userlist.txt"
        users.write_text(f'"{APP}" "{self.secrets.app}"\n', "ascii")
        self.programs.give(users)
        self.process = self.lan.start(
            self.host,
            self.programs.as_user([self.programs.pgbouncer, str(self.place / "pgbouncer.ini")]),
            self.place.parent / f"{self.host.name}.log",
            {},
        )

    def lead_to(self, primary: Postgres) -> None:
        """From now on there: what an administrator does after a failover."""
        assert self.process is not None
        self._write(primary)
        os.kill(self.process.pid, signal.SIGHUP)

    def _write(self, primary: Postgres) -> None:
        path = self.place / "pgbouncer.ini"
        path.write_text(
            POOLER.format(
                primary=primary.host.address, address=self.host.address, folder=self.place
            ),
            "utf-8",
        )
        self.programs.give(path)
