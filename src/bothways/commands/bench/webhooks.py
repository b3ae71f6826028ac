"""How many receipts a second the web server takes in, beside an empty page with one INSERT."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import click

from bothways.commands.bench.frame import (
    Result,
    Scratch,
    json_option,
    peak_mb,
    scratch,
    size_option,
    tell,
)
from bothways.commands.bench.load import load
from bothways.commands.bench.town import texts_go_to
from bothways.commands.words import say

AT_ONCE = (2, 4, 8, 16)
TRIED_WITH = 2_000  # requests for each number of connections that is tried
WORKERS, THREADS = 2, 4  # as ``bothways up`` starts it


@click.command(short_help="Receipts over HTTP, through the web server.")
@size_option("receipts", 20_000, "how many")
@json_option
def webhooks(receipts: int, as_json: bool) -> None:
    """Signed receipts over HTTP, checked and stored; beside a page of the same server with one INSERT."""
    with scratch() as here:
        from django.db import connection

        from bothways.channels.models import RawEvent
        from bothways.commands.bench.bare_page import TABLE

        texts_go_to("http://127.0.0.1:9")
        with connection.cursor() as cursor:
            cursor.execute(TABLE)
        with server(here) as (port, pid):
            tried = min(TRIED_WITH, receipts)
            numbers = iter(range(10_000_000))
            hooks = {n: rate(port, tried, n, lambda: hook(port, next(numbers))) for n in AT_ONCE}
            bares = {n: rate(port, tried, n, lambda: bare(port, next(numbers))) for n in AT_ONCE}
            at_once = max(hooks, key=lambda n: hooks[n])
            best = max(bares, key=lambda n: bares[n])
            before = rate(port, receipts, best, lambda: bare(port, next(numbers)))
            stored = RawEvent.objects.count()
            ours = rate(port, receipts, at_once, lambda: hook(port, next(numbers)))
            stored = RawEvent.objects.count() - stored
            after = rate(port, receipts, best, lambda: bare(port, next(numbers)))
            peak = peak_mb(pid, *children(pid))
        if stored != receipts:
            raise click.ClickException(f"{stored} of {receipts} are stored: nothing was measured.")
    say(f"  {receipts:,} receipts; {at_once} connections, the empty page {best}")
    tell(
        Result(
            "webhooks",
            rate=ours,
            baseline_rate=max(before, after),
            unit="receipts/s",
            peak_mb=peak,
            figures={
                "receipts": receipts,
                "stored": stored,
                "at_once": at_once,
                "baseline_at_once": best,
                "tried": {str(n): round(r, 1) for n, r in hooks.items()},
                "baselines": {str(n): round(r, 1) for n, r in bares.items()},
                "baseline_before": round(before, 1),
                "baseline_after": round(after, 1),
                "workers": WORKERS,
                "threads": THREADS,
            },
        ),
        as_json,
    )


@contextmanager
def server(here: Scratch) -> Iterator[tuple[int, int]]:
    """The web server with one page more: its port and process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = (here.home / "web.log").open("ab")
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1"]
    command += ["--port", str(port), "--workers", str(WORKERS)]
    command += ["--blocking-threads", str(THREADS), "--no-ws", "--log-level", "error"]
    process = subprocess.Popen(  # noqa: S603 - our own command
        [*command, "bothways.commands.bench.bare_page:application"],
        env={**os.environ, "BOTHWAYS_POOL": "1", "BOTHWAYS_PUBLIC_URL": f"http://127.0.0.1:{port}"},
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
    )
    try:
        _ready(port, process)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait()
        log.close()


def _ready(port: int, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(300):
        if process.poll() is not None:
            raise click.ClickException("The web server stopped before it began.")
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise click.ClickException("The web server does not begin.")


def rate(port: int, count: int, at_once: int, make: Callable[[], bytes]) -> float:
    """Requests a second; raises where one was not answered with 200."""
    done = load(port, [make() for _ in range(count)], at_once)
    if done.statuses != {"200": count}:
        raise click.ClickException(f"Answers were {done.statuses}: nothing was measured.")
    return count / done.seconds


def hook(port: int, number: int) -> bytes:
    """A receipt as Twilio sends it, signed."""
    from bothways.channels.twilio.signature import sign

    key = f"{number:032x}"
    fields = {
        "AccountSid": "ACbench",
        "ApiVersion": "2010-04-01",
        "From": "+15125550100",
        "MessageSid": f"SM{key}",
        "MessageStatus": "delivered",
        "SmsSid": f"SM{key}",
        "SmsStatus": "delivered",
        "To": f"+1512{number % 10_000_000:07d}",
    }
    path = f"/hooks/twilio/status/{key}?p=routine"
    signature = sign("bench", f"http://127.0.0.1:{port}{path}", list(fields.items()))
    return _post(port, path, urlencode(fields).encode(), f"X-Twilio-Signature: {signature}\r\n")


def bare(port: int, number: int) -> bytes:
    """A body of the same length to the empty page."""
    return _post(port, "/bare", b"x" * 240)


def _post(port: int, path: str, body: bytes, headers: str = "") -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{headers}"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def children(pid: int) -> list[int]:
    """The processes that this one started (Linux; none elsewhere)."""
    try:
        told = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii")
    except OSError:
        return []
    return [int(child) for child in told.split()]
