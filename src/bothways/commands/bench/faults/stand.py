"""A whole installation in a scratch folder, run as ``bothways up`` runs it, and a stand-in carrier beside it.

Everything here looks at it from outside: processes, HTTP, the database's own counts. Linux.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from bothways.commands.bench.faults.judge import read_contacts
from bothways.commands.bench.faults.office import Office
from bothways.commands.processes import end_with_parent
from bothways.core import clock
from bothways.core.home import clock_file, logs_folder, sandbox_folder
from bothways.core.pg import keeper

PROGRAM = (sys.executable, "-m", "bothways")
ACCOUNT, TOKEN, CONTROL = "AC" + "5" * 32, "bench-secret", "bench-control"
_OTHERS = (
    "DATABASE_URL",
    "BOTHWAYS_SECRET_KEY",
    "BOTHWAYS_DEMO",
    "BOTHWAYS_HOSTS",
    "BOTHWAYS_POLL",
)
# Receipts come soon, so that what is measured is the product and not the town; a few never come.
TOWN = {
    "report_seconds": [1, 2],
    "kinds": {"mobile": {"text": {"delivered": 0.96, "undelivered": 0.02, "nothing": 0.02}}},
    "phone_kind": {"sms": {"mobile": 1.0}, "phone": {"mobile": 1.0}},
    "after_arrival": {"sees": 0.0},
}


class Broken(RuntimeError):
    """The installation itself did not come up; the words say where to look."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How long things take in a run, all in seconds unless said otherwise."""

    outage: float = 30.0  # how long a fault that lasts lasts
    latency: int = 20  # milliseconds until the carrier answers
    at_once: int = 100  # requests to the carrier
    again: str = "5,15,60,300,1800"  # until the carrier tells us again
    slow: int = (
        14_000  # milliseconds of a slow answer: a batch of 500 takes longer than claims live
    )
    patience: float = 300.0  # until what is not settled counts as lost
    doctor: bool = True  # whether the doctor is asked where it can tell


@dataclass(slots=True)
class Send:
    """One send under way."""

    messages: list[int]
    deliveries: int
    began: float  # monotonic seconds


@dataclass
class Stand:
    """The running installation."""

    home: Path
    guardians: int
    port: int
    pace: Pace
    program: Sequence[str]
    env: dict[str, str]
    up: "subprocess.Popen[bytes]"
    clerk: "subprocess.Popen[str]"
    carrier: "Carrier"
    url: str
    office: Office
    _reader: "psycopg.Connection[Any] | None" = None

    def ask(self, **words: Any) -> dict[str, Any]:
        return _ask(self.clerk, **words)

    def send(self) -> Send:
        """Write to all homes; back as soon as the messages are queued."""
        began = time.monotonic()
        done = self.ask(do="send")
        return Send(done["messages"], done["deliveries"], began)

    def processes(self, *words: str) -> list[int]:
        """Descendants of ``up`` whose command line holds all these words; without any, all."""
        return [pid for pid in _descendants(self.up.pid) if _said(pid, words)]

    def worker(self) -> int:
        """The ordinary worker."""
        found = [p for p in self.processes("worker") if p not in self.processes("--urgent")]
        if not found:
            raise Broken(f"No worker runs: see {self.home / 'logs'}.")
        return found[0]

    def database(self) -> int | None:
        """The database server's process."""
        return keeper.find(self.home / "database" / "data")

    def rows(self, sql: str, *params: Any) -> list[tuple[Any, ...]]:
        """Ask the database, on a new connection where the old one broke. psycopg.Error: it is away."""
        if self._reader is None or self._reader.closed:
            self._reader = psycopg.connect(self.url, autocommit=True, connect_timeout=5)
        try:
            return self._reader.execute(sql.encode(), params).fetchall()
        except psycopg.Error:
            self._reader.close()
            raise

    def states(self, send: Send) -> dict[str, str]:
        """Key → state of every delivery of this send."""
        sql = "SELECT key, state FROM messaging_delivery WHERE message_id = ANY(%s)"
        return dict(self.rows(sql, send.messages))

    def counts(self, send: Send) -> dict[str, int]:
        """State → how many."""
        sql = (
            "SELECT state, count(*) FROM messaging_delivery WHERE message_id = ANY(%s) "
            "GROUP BY state"
        )
        return dict(self.rows(sql, send.messages))

    def contacts(self) -> dict[str, list[str]]:
        """Key → outcomes, one for each time that it reached for somebody."""
        return read_contacts(self.home / "sandbox" / "contacts.jsonl")

    def log(self) -> str:
        """The last lines of what the processes said."""
        said = [
            f"--- {path.name}\n{path.read_text(errors='replace')[-3000:]}"
            for path in sorted(logs_folder(self.home).iterdir())
        ]
        return "\n".join(said)


@dataclass
class Carrier:
    """The sandbox as a process that may die and come again with the same address and memory."""

    home: Path
    town: Path
    webhook: str
    pace: Pace
    port: int = 0
    smtp_port: int = 0
    process: "subprocess.Popen[str] | None" = None

    def start(self) -> None:
        command = [sys.executable, "-m", "bothways.sandbox", "--home", str(self.home)]
        command += ["--town", str(self.town), "--webhook", self.webhook, "--real-time"]
        command += ["--speed", "1", "--port", str(self.port), "--smtp-port", str(self.smtp_port)]
        command += ["--account", ACCOUNT, "--token", TOKEN, "--control-token", CONTROL]
        command += ["--latency", str(self.pace.latency), "--again", self.pace.again]
        command += ["--parent", str(os.getpid())]
        with (self.home.parent / "sandbox.log").open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 - our own command
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        assert self.process.stdout
        line = self.process.stdout.readline()
        if not line:
            raise Broken("The sandbox did not start; see sandbox.log.")
        ready = json.loads(line)
        self.port, self.smtp_port = ready["port"], ready["smtp_port"]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def kill(self) -> None:
        """kill -9."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()

    def call(self, path: str, body: Any = None) -> Any:
        """One control call."""
        request = urllib.request.Request(  # noqa: S310 - our own sandbox on this machine
            f"{self.url}/control/{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"X-Control-Token": CONTROL, "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            return json.load(answer)

    def fault(self, mode: str, **more: int) -> None:
        self.call("fault", {"mode": mode, **more})


@contextmanager
def stand(
    guardians: int,
    pace: Pace,
    *,
    program: Sequence[str] = PROGRAM,
    stepped_clock: bool = False,
    database_disk: Callable[[Path], Any] | None = None,
) -> Iterator[Stand]:
    """Set an installation up and run it; everything is gone afterwards.

    ``stepped_clock``: it lives by a clock file that can be moved. ``database_disk``: makes, as a context
    manager, the folder of its database (a small disk).
    """
    with ExitStack() as stack:
        folder = tempfile.mkdtemp(prefix="bothways-faults-")
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        home = Path(folder) / "home"
        home.mkdir(mode=0o700)
        if database_disk is not None:
            (home / "database").mkdir(mode=0o700)
            stack.enter_context(database_disk(home / "database"))
        port = _free_port()
        url = f"http://127.0.0.1:{port}"
        env = {name: value for name, value in os.environ.items() if name not in _OTHERS}
        env |= {"BOTHWAYS_HOME": str(home), "BOTHWAYS_PUBLIC_URL": url}
        if stepped_clock:
            clock.run_from(clock_file(home), datetime.now(UTC))
        town = home / "town.json"
        town.write_text(json.dumps(TOWN), "utf-8")
        carrier = Carrier(sandbox_folder(home), town, f"{url}/hooks/twilio/in", pace)
        stack.callback(carrier.stop)
        carrier.start()
        clerk = _clerk(env, stack)
        ready = _line(clerk)
        _ask(clerk, do="town", guardians=guardians)
        _ask(clerk, do="carrier", values=_settings(carrier.url, pace))
        link = _ask(clerk, do="link")["link"]
        up = _up([*program, "up", "--port", str(port)], env, home, stack)
        here = Stand(
            home=home,
            guardians=guardians,
            port=port,
            pace=pace,
            program=program,
            env=env,
            up=up,
            clerk=clerk,
            carrier=carrier,
            url=ready["url"],
            office=Office(url),
        )
        stack.callback(_close, here)
        _await_service(here)
        here.office.sign_in(link)
        yield here


def _settings(url: str, pace: Pace) -> dict[str, str]:
    return {
        "account_sid": ACCOUNT,
        "auth_token": TOKEN,
        "from_number": "+15125550100",
        "base_url": url,
        "concurrency": str(pace.at_once),
    }


def _clerk(env: dict[str, str], stack: ExitStack) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-m", "bothways.commands.bench.faults.clerk"],
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )

    def leave() -> None:
        assert process.stdin
        process.stdin.close()
        try:
            process.wait(90)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    stack.callback(leave)
    return process


def _line(process: "subprocess.Popen[str]") -> dict[str, Any]:
    assert process.stdout
    line = process.stdout.readline()
    if not line:
        raise Broken("The clerk of the scratch installation stopped; its words are above.")
    found: dict[str, Any] = json.loads(line)
    return found


def _ask(process: "subprocess.Popen[str]", **words: Any) -> dict[str, Any]:
    assert process.stdin
    process.stdin.write(json.dumps(words) + "\n")
    process.stdin.flush()
    return _line(process)


def _up(
    command: Sequence[str], env: dict[str, str], home: Path, stack: ExitStack
) -> "subprocess.Popen[bytes]":
    with (home / "up.log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - our own command
            command,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=end_with_parent,
        )

    def leave() -> None:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(90)
            except subprocess.TimeoutExpired:
                process.kill()  # its children end with it
                process.wait()

    stack.callback(leave)
    return process


def _close(here: Stand) -> None:
    if here._reader is not None:
        here._reader.close()


def _await_service(here: Stand) -> None:
    """Until pages are served and both workers have told the database that they live."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        if here.up.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{here.port}/r/", timeout=5):
                if here.rows("SELECT count(*) FROM procrastinate_workers")[0][0] >= 2:
                    return
        except (OSError, psycopg.Error):
            pass
        time.sleep(0.1)
    raise Broken(f"The scratch installation does not come up.\n{here.log()}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _descendants(pid: int) -> list[int]:
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            rest = entry.read_bytes().rpartition(b")")[2].split()
        except OSError:
            continue
        parents.setdefault(int(rest[1]), []).append(int(entry.parent.name))
    found, todo = [], [pid]
    while todo:
        for child in parents.get(todo.pop(), []):
            found.append(child)
            todo.append(child)
    return found


def _said(pid: int, words: Sequence[str]) -> bool:
    try:
        line = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return False
    return all(any(word in part for part in line) for word in words)
