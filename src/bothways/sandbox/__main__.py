"""``python -m bothways.sandbox``: one JSON line when ready, then serve until told to stop."""

import argparse
import asyncio
import fcntl
import json
import logging
import os
import secrets
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from bothways.sandbox import server
from bothways.sandbox.clock import Clock
from bothways.sandbox.meta import NUMBER_ID
from bothways.sandbox.opening import open_world
from bothways.sandbox.town import Town, TownError, load
from bothways.sandbox.world import Options

UNUSABLE = 2  # exit status: the call cannot be used, nothing was changed


def main(argv: list[str] | None = None) -> int:
    """Run the sandbox; the exit status."""
    given = _parser().parse_args(argv)
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(message)s")
    try:
        town = load(given.town)
        options = _options(given, town)
        lock = _only_one(options.home)
    except (TownError, ValueError) as error:
        return _unusable(str(error))
    except OSError as error:
        return _unusable(f"The folder {given.home} cannot be used: {error.strerror}.")
    with lock:
        try:
            return asyncio.run(_serve(given, options, town))
        except OSError as error:
            return _unusable(f"The sandbox cannot start: {error}. Choose other ports, or 0.")


async def _serve(given: argparse.Namespace, options: Options, town: Town) -> int:
    world = open_world(options, town)
    try:
        running = await server.start(
            world, host=given.host, port=given.port, smtp_port=given.smtp_port
        )
    except OSError:
        await world.close()
        raise
    ready = {
        "ready": True,
        "pid": os.getpid(),
        "url": running.url,
        "host": given.host,
        "port": running.port,
        "smtp_host": given.host,
        "smtp_port": running.smtp_port,
        "home": str(options.home),
        "tray": str(options.tray),
        "account": options.account,
        "token": options.token,
        "phone_number_id": NUMBER_ID,
        "control_token": options.control_token,
        "now": world.times()["now"],
    }
    sys.stdout.write(json.dumps(ready) + "\n")
    sys.stdout.flush()
    await server.until_told(given.parent)
    await running.stop()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bothways.sandbox",
        description="Stand-in carriers for texts, mail and paper, with a town that answers.",
    )
    add = parser.add_argument
    add("--home", type=Path, required=True, help="folder for contacts.jsonl and its companions")
    add("--town", type=Path, help="town file; without it a built-in town")
    add("--host", default="127.0.0.1")
    add("--port", type=int, default=0, help="HTTP; 0 = choose one")
    add("--smtp-port", type=int, default=0, help="SMTP; 0 = choose one")
    add("--tray", type=Path, help="print tray (default: HOME/tray)")
    add("--webhook", default="", metavar="URL", help="where incoming texts go")
    add("--whatsapp-webhook", default="", metavar="URL", help="where WhatsApp's news go")
    add("--account", metavar="SID", help="account of the text carrier (AC and 32 hex digits)")
    add("--token", help="its secret; default: a new one")
    add("--control-token", help="secret for control calls; default: a new one")
    add("--latency", type=float, default=0.0, metavar="MS", help="wait before each answer")
    add("--now", metavar="ISO", help="simulated time at the start")
    add("--real-time", action="store_true", help="events fire by themselves")
    add("--speed", type=float, default=60.0, help="with --real-time: how many times faster")
    add("--again", default="15,60,300,1800", metavar="S,S…", help="seconds before each further try")
    add("--parent", type=int, metavar="PID", help="end when this process is gone")
    return parser


def _options(given: argparse.Namespace, town: Town) -> Options:
    if given.latency < 0 or given.speed <= 0:
        raise ValueError("--latency cannot be below 0, and --speed must be above 0.")
    waits = given.again.split(",") if given.again else []
    if not all(wait.isascii() and wait.isdecimal() and len(wait) < 8 for wait in waits):
        raise ValueError("--again must be whole numbers of seconds, divided by commas.")
    now = None
    if given.now:
        try:
            now = Clock(town.zone, datetime.now(UTC)).read(given.now)
        except ValueError as error:
            raise ValueError("--now must be a moment such as 2021-09-13T08:00-05:00.") from error
    elif given.real_time:
        now = datetime.now(UTC)
    return Options(
        home=given.home,
        tray=given.tray or given.home / "tray",
        account=given.account or "AC" + "5" * 32,
        token=given.token or secrets.token_hex(16),
        control_token=given.control_token or secrets.token_urlsafe(24),
        webhook=given.webhook,
        whatsapp_webhook=given.whatsapp_webhook,
        latency=given.latency / 1000,
        now=now,
        speed=given.speed if given.real_time else None,
        again=tuple(int(wait) for wait in waits),
    )


def _only_one(home: Path) -> IO[str]:
    """Hold the folder: two sandboxes writing one contacts.jsonl would spoil the record."""
    home.mkdir(parents=True, exist_ok=True)
    lock = (home / "sandbox.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise ValueError(f"Another sandbox already uses the folder {home}.") from error
    return lock


def _unusable(words: str) -> int:
    sys.stderr.write(words + "\n")
    return UNUSABLE


if __name__ == "__main__":
    sys.exit(main())
