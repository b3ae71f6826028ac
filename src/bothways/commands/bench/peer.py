"""``python -m bothways.commands.bench.peer``: answers as Twilio does, after a set time, at next to no cost.

A carrier must cost as little as possible here: what it takes of the two cores is missing to those measured.
"""

import argparse
import asyncio
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from urllib.request import urlopen

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_KEY = re.compile(rb"status(?:%2F|/)([0-9a-f]+)(?:%3F|\?)p(?:%3D|=)(\w+)")
_BODY = (
    b'{"sid":"SM%s","account_sid":"ACbench","api_version":"2010-04-01","body":"as sent","num_segments":"1",'
    b'"direction":"outbound-api","from":"+15125550100","status":"queued","error_code":null,'
    b'"error_message":null,"messaging_service_sid":null,"date_created":"Mon, 14 Sep 2026 14:00:00 +0000"}'
)


class Log:
    """What arrived: how often each key, and when those that matter did (monotonic seconds)."""

    def __init__(self) -> None:
        self.count = 0
        self.twice = 0
        self.keys: set[bytes] = set()
        self.urgent: list[float] = []


class Peer(asyncio.Protocol):
    """One connection: requests one after the other, each answered after the delay."""

    def __init__(self, log: Log, delay: float) -> None:
        self.log, self.delay = log, delay
        self.waiting = b""
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.waiting += data
        while True:
            head, blank, rest = self.waiting.partition(b"\r\n\r\n")
            if not blank:
                return
            found = _LENGTH.search(head)
            length = int(found[1]) if found else 0
            if len(rest) < length:
                return
            self.waiting = rest[length:]
            self.take(head, rest[:length])

    def take(self, head: bytes, body: bytes) -> None:
        if head.startswith(b"GET"):
            log = self.log
            told = {"count": log.count, "twice": log.twice, "urgent": log.urgent}
            self.answer(b"200 OK", json.dumps(told).encode())
            log.urgent = []
            return
        found = _KEY.search(body)
        key = found[1] if found else b""
        if not head.startswith(b"POST /bare"):  # the baseline repeats itself
            self.log.count += 1
            if key in self.log.keys:
                self.log.twice += 1
            self.log.keys.add(key)
        if found and found[2] == b"emergency":
            self.log.urgent.append(time.monotonic())
        loop = asyncio.get_running_loop()
        loop.call_later(self.delay, self.answer, b"201 Created", _BODY % key.ljust(32, b"0")[:32])

    def answer(self, status: bytes, body: bytes) -> None:
        if self.transport and not self.transport.is_closing():
            self.transport.write(
                b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                % (status, len(body), body)
            )


async def _serve(delay: float) -> None:
    log = Log()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Peer(log, delay), "127.0.0.1", 0, backlog=1024)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    async with server:
        await server.serve_forever()


@dataclass(frozen=True, slots=True)
class Running:
    url: str
    pid: int

    def arrived(self) -> dict[str, object]:
        """``count``, ``twice`` and the moments of ``urgent`` texts since last asked (monotonic seconds)."""
        with urlopen(self.url + "/arrived", timeout=30) as answer:  # noqa: S310 - our own address
            told: dict[str, object] = json.load(answer)
        return told


@contextmanager
def peer(delay: float = 0.02) -> Iterator[Running]:
    """A carrier in a process of its own that answers after ``delay`` seconds."""
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "bothways.commands.bench.peer", "--delay", str(delay)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        yield Running(f"http://127.0.0.1:{port}", process.pid)
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--delay", type=float, default=0.02)
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(parser.parse_args().delay))
