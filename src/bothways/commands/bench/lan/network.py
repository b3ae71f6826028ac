"""Hosts that can be killed and cut off: a network namespace each, on a bridge that leads nowhere else.

Nothing is added to the machine's own network: the bridge stands in a namespace too.
"""

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from bothways.commands.bench.lan.processes import Process

NETWORK = "10.77.0"
_OURS = re.compile(r"bw(\d+)-\w+")


class NoNetwork(Exception):
    """This machine does not let us make network namespaces."""


@dataclass(frozen=True, slots=True)
class Host:
    """One of them: its namespace, its address, and its end of the cable in the switch."""

    name: str
    netns: str
    address: str
    port: str

    def within(self, command: Sequence[str]) -> list[str]:
        """This command, run on the host; it keeps the process id."""
        return ["ip", "netns", "exec", self.netns, *command]


@dataclass(slots=True)
class Lan:
    """A switch and the hosts on it."""

    prefix: str
    hosts: list[Host] = field(default_factory=list)
    processes: list[Process] = field(default_factory=list)

    @property
    def switch(self) -> str:
        return f"{self.prefix}-switch"

    def host(self, name: str) -> Host:
        """A new host with a cable to the switch."""
        number = len(self.hosts) + 2
        host = Host(name, f"{self.prefix}-{name}", f"{NETWORK}.{number}", f"v{number}")
        _ip("netns", "add", host.netns)
        self.hosts.append(host)
        _ip("-n", host.netns, "link", "set", "lo", "up")
        _ip(
            *("link", "add", host.port, "netns", self.switch, "type", "veth"),
            *("peer", "name", "eth0", "netns", host.netns),
        )
        _ip("-n", self.switch, "link", "set", host.port, "master", "bridge", "up")
        _ip("-n", host.netns, "address", "add", f"{host.address}/24", "dev", "eth0")
        _ip("-n", host.netns, "link", "set", "eth0", "up")
        return host

    def start(self, host: Host, command: Sequence[str], log: Path, env: dict[str, str]) -> Process:
        process = Process.start(host.within(command), log=log, env=env)
        self.processes.append(process)
        return process

    def cut(self, host: Host) -> None:
        """Pull the cable out of the switch: nothing says goodbye to anybody."""
        _ip("-n", self.switch, "link", "set", host.port, "down")

    def mend(self, host: Host) -> None:
        _ip("-n", self.switch, "link", "set", host.port, "up")

    def pids(self, host: Host) -> list[int]:
        """All processes of the host, whoever started them."""
        return [int(pid) for pid in _ip("netns", "pids", host.netns).split()]

    def cpu_seconds(self, host: Host) -> float:
        """Processor time of the host's living processes so far."""
        ticks = 0
        for pid in self.pids(host):
            with suppress(OSError):
                stat = Path(f"/proc/{pid}/stat").read_text("ascii", errors="replace")
                user, system = stat.rpartition(")")[2].split()[11:13]
                ticks += int(user) + int(system)
        return ticks / os.sysconf("SC_CLK_TCK")

    def kill(self, host: Host) -> int:
        """End every process of the host at once, as a power cut does; how many there were."""
        killed = 0
        while pids := self.pids(host):
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    killed += 1
            time.sleep(0.05)
            for process in self.processes:
                process.alive()  # waited for, so that no zombie keeps its number
        return killed


@contextmanager
def lan() -> Iterator[Lan]:
    """A switch without hosts; at the end every process, cable and namespace is gone."""
    _clear_left_over()
    net = Lan(f"bw{os.getpid()}")
    try:
        _ip("netns", "add", net.switch)
        _ip("-n", net.switch, "link", "add", "bridge", "type", "bridge")
        _ip("-n", net.switch, "link", "set", "bridge", "up")
        yield net
    finally:
        for process in reversed(net.processes):
            process.stop()
        for host in net.hosts:
            with suppress(NoNetwork):
                net.kill(host)
        for name in (*(host.netns for host in net.hosts), net.switch):
            with suppress(NoNetwork):
                _ip("netns", "delete", name)


def _clear_left_over() -> None:
    """Namespaces of a run that was killed: those whose number is no process any more."""
    for line in _ip("netns", "list").splitlines():
        found = _OURS.match(line)
        if found and not Path(f"/proc/{found[1]}").exists():
            with suppress(NoNetwork):
                _ip("netns", "delete", found[0])


def _ip(*words: str) -> str:
    done = subprocess.run(  # noqa: S603 - a fixed program, our own names
        ["ip", *words],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise NoNetwork(f"ip {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout
