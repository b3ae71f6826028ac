"""``python -m bothways.commands.bench.load``: send prepared requests over kept connections, at little cost.

Reads from stdin one JSON object: ``port``, ``at_once`` and ``requests`` (each a whole HTTP request in base64);
writes one: ``seconds`` and ``statuses``.
"""

import asyncio
import json
import subprocess
import sys
import time
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Done:
    seconds: float
    statuses: dict[str, int]


def load(port: int, requests: Sequence[bytes], at_once: int) -> Done:
    """Send all requests over so many connections, each waiting for its answer; in a process of its own."""
    order = {
        "port": port,
        "at_once": at_once,
        "requests": [b64encode(request).decode() for request in requests],
    }
    told = subprocess.run(
        [sys.executable, "-m", "bothways.commands.bench.load"],
        input=json.dumps(order).encode(),
        stdout=subprocess.PIPE,
        check=True,
    )
    return Done(**json.loads(told.stdout))


async def _send(port: int, requests: Iterator[bytes], statuses: Counter[str]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for request in requests:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        statuses[head[9:12].decode()] += 1
        length = next(
            (
                int(line.split(b":")[1])
                for line in head.split(b"\r\n")
                if line.lower().startswith(b"content-length:")
            ),
            0,
        )
        if length:
            await reader.readexactly(length)
    writer.close()


async def _run(port: int, requests: Sequence[bytes], at_once: int) -> Done:
    statuses: Counter[str] = Counter()
    waiting = iter(requests)
    started = time.monotonic()
    await asyncio.gather(*(_send(port, waiting, statuses) for _ in range(at_once)))
    return Done(time.monotonic() - started, dict(statuses))


if __name__ == "__main__":
    order = json.load(sys.stdin)
    done = asyncio.run(
        _run(order["port"], [b64decode(r) for r in order["requests"]], order["at_once"])
    )
    sys.stdout.write(json.dumps({"seconds": done.seconds, "statuses": done.statuses}))
