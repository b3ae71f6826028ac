"""Two database hosts, a pooler, a carrier, a web host and worker hosts: each with a home of its own."""

import json
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString

import psycopg

from bothways.commands.bench.lan.network import Host, Lan, lan
from bothways.commands.bench.lan.postgres import (
    APP,
    DATABASE,
    POOL_PORT,
    PORT,
    Pooler,
    Postgres,
    Programs,
    Secrets,
)
from bothways.commands.bench.lan.processes import Process, clean_environment

WEB_PORT = 8000
PROCESSES_OF_A_HOST = 2  # one for the ordinary, one for emergencies
BOTHWAYS = [sys.executable, "-m", "bothways"]


@dataclass(slots=True)
class Centre:
    base: Path
    net: Lan
    first: Postgres  # the primary at the beginning
    second: Postgres  # its replica
    pooler: Pooler
    carrier: Host
    web: Host
    workers: list[Host]
    key: str
    primary: Postgres  # whichever it is now

    @property
    def direct_url(self) -> str:
        """To whichever of the two takes writes: nothing has to be changed after a failover."""
        password = self.first.secrets.app
        places = ",".join(f"{server.host.address}:{PORT}" for server in (self.first, self.second))
        return (
            f"postgresql://{APP}:{password}@{places}/{DATABASE}"
            "?target_session_attrs=read-write&connect_timeout=5"
        )

    def environment(self, host: Host) -> dict[str, str]:
        """What a host is told; everything else it needs is in the database."""
        password = self.first.secrets.app
        return {
            "BOTHWAYS_HOME": str(self.home(host)),
            "BOTHWAYS_PUBLIC_URL": f"http://{self.web.address}:{WEB_PORT}",
            "DATABASE_URL": (
                f"postgresql://{APP}:{password}@{self.pooler.host.address}:{POOL_PORT}/{DATABASE}"
            ),
            "BOTHWAYS_DIRECT_DATABASE_URL": self.direct_url,
        }

    def home(self, host: Host) -> Path:
        """Its own folder; new, it holds the key that all have in common, and nothing else."""
        home = self.base / f"home-{host.name}"
        if not home.exists():
            (home / "secrets").mkdir(parents=True, mode=0o700)
            key = home / "secrets" / "django"
            key.touch(mode=0o600)
            key.write_text(self.key + "\n", "ascii")
        return home

    def run(self, *command: str, env: dict[str, str] | None = None) -> str:
        """A command on the web host; its standard output."""
        done = subprocess.run(  # noqa: S603 - our own commands
            self.web.within(command),
            env=clean_environment({**self.environment(self.web), **(env or {})}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command[:5])}: {done.stderr.strip()[-2000:]}")
        return done.stdout

    def bothways(self, *words: str, env: dict[str, str] | None = None) -> Any:
        """A ``bothways … --json`` on the web host."""
        return json.loads(self.run(*BOTHWAYS, *words, "--json", env=env))

    def start_web(self) -> None:
        """The web host as an administrator starts it."""
        self._up(self.web, "--only", "web", "--host", self.web.address, "--port", str(WEB_PORT))
        address = f"http://{self.web.address}:{WEB_PORT}/sign-in/"
        script = f"import urllib.request as u; u.urlopen({address!r}, timeout=2)"
        wait_until(lambda: self._works(script), 60, "The web server does not answer.")

    def start_workers(self, *hosts: Host) -> list[Process]:
        """Worker hosts; back when all their workers have told the database that they live."""
        before = self.count("SELECT coalesce(max(id), 0) FROM procrastinate_workers")
        processes = [self._up(host, "--only", "workers") for host in hosts]
        wanted = PROCESSES_OF_A_HOST * len(hosts)
        wait_until(
            lambda: (
                self.count("SELECT count(*) FROM procrastinate_workers WHERE id > %s", before)
                >= wanted
            ),
            60,
            "The workers do not begin.",
        )
        return processes

    def count(self, question: LiteralString, *values: object) -> int:
        """One number from whichever is primary."""
        ((number,),) = self.rows(question, *values)
        return int(number)

    def rows(self, question: LiteralString, *values: object) -> list[tuple[Any, ...]]:
        with self.primary.ask() as database:
            return database.execute(question, values).fetchall()

    def fail_over(self) -> None:
        """The replica becomes the primary, and the pooler leads there."""
        self.second.promote()
        self.primary = self.second
        self.pooler.lead_to(self.second)

    def _up(self, host: Host, *words: str) -> Process:
        log = self.base / f"{host.name}.log"
        return self.net.start(host, [*BOTHWAYS, "up", *words], log, self.environment(host))

    def _works(self, script: str) -> bool:
        try:
            self.run(sys.executable, "-c", script)
        except RuntimeError:
            return False
        return True


def wait_until(true: Callable[[], bool], seconds: float, otherwise: str) -> float:
    """How many seconds it took; RuntimeError when it never came true."""
    started = time.monotonic()
    while True:
        try:
            if true():
                return time.monotonic() - started
        except psycopg.OperationalError:
            pass  # the server is just being killed or promoted
        if time.monotonic() - started > seconds:
            raise RuntimeError(otherwise)
        time.sleep(0.2)


@contextmanager
def centre(programs: Programs, workers: int = 3) -> Iterator[Centre]:
    """All hosts and both databases running; Bothways' own processes are for the caller to start."""
    with tempfile.TemporaryDirectory(prefix="bothways-centre-") as folder, lan() as net:
        base = Path(folder)
        base.chmod(0o711)  # the servers' user passes through to its own folders
        words = Secrets()
        first = Postgres(net, net.host("db"), programs, base / "db", words)
        second = Postgres(net, net.host("db2"), programs, base / "db2", words)
        pooler = Pooler(net, net.host("pool"), programs, base / "pool", words)
        carrier, web = net.host("carrier"), net.host("web1")
        hosts = [net.host(f"work{number + 1}") for number in range(workers)]
        first.make()
        second.follow(first)
        pooler.start(first)
        yield Centre(
            base,
            net,
            first,
            second,
            pooler,
            carrier,
            web,
            hosts,
            secrets.token_urlsafe(32),
            first,
        )
