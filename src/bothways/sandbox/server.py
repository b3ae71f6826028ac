"""The sandbox as running servers: HTTP for texts, control and the street, and SMTP for mail."""

import asyncio
import logging
import os
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from aiosmtpd.smtp import SMTP

from bothways.sandbox import control, mail, meta_api, push_api, street, twilio_api, voice_api
from bothways.sandbox.world import World

log = logging.getLogger("bothways.sandbox")

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Running:
    """The open doors, and how to shut them."""

    world: World
    url: str
    port: int
    smtp_port: int
    _runner: web.AppRunner
    _smtp: asyncio.Server
    _tasks: list[asyncio.Task[None]]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._smtp.close()
        await self._runner.cleanup()
        await self.world.close()


async def start(world: World, *, host: str, port: int, smtp_port: int) -> Running:
    """Open both doors; port 0 lets the system choose. OSError when a port is taken."""
    # Broken requests are answered with 400; their tracebacks would only fill the terminal.
    for noisy in ("mail.log", "aiohttp.server"):
        logging.getLogger(noisy).setLevel(logging.CRITICAL)
    app = web.Application(client_max_size=control.MOST_BYTES, middlewares=[_plain_errors])
    for part in (twilio_api, voice_api, meta_api, push_api, control, street):
        app.add_routes(part.routes(world))
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=2)
    await runner.setup()
    loop = asyncio.get_running_loop()
    mailroom = mail.Mailroom(world)

    def smtp() -> Any:
        return SMTP(
            mailroom,
            loop=loop,
            hostname="sandbox.invalid",
            ident="Bothways sandbox",
            data_size_limit=mail.MOST_BYTES,
            enable_SMTPUTF8=True,
        )

    try:
        await web.TCPSite(runner, host, port, backlog=1024).start()
        door = await loop.create_server(smtp, host, smtp_port, backlog=256)
    except OSError:
        await runner.cleanup()
        raise
    port = runner.addresses[0][1]
    world.url = world.calls.url = f"http://{host}:{port}"
    tasks = []
    if world.clock.speed is not None:
        tasks = [asyncio.create_task(world.agenda.run()), asyncio.create_task(_watch_tray(world))]
    smtp_port = door.sockets[0].getsockname()[1]
    return Running(world, world.url, port, smtp_port, runner, door, tasks)


async def until_told(parent: int | None) -> None:
    """Wait for SIGTERM, SIGINT, or the end of the process ``parent``."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, told.set)
    own = parent is not None and os.getppid() == parent
    while not told.is_set():
        # A killed parent that nobody has waited for still has its number: then ours has changed.
        if parent is not None and (os.getppid() != parent if own else not _lives(parent)):
            return
        try:
            await asyncio.wait_for(told.wait(), None if parent is None else 0.5)
        except TimeoutError:
            continue


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


async def _watch_tray(world: World) -> None:
    while True:
        world.read_tray()
        await asyncio.sleep(1)


@web.middleware
async def _plain_errors(request: web.Request, handler: _Handler) -> web.StreamResponse:
    """Refusals in the form that the caller of this path can read."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        if request.path.startswith(twilio_api.PREFIX) and error.status in (404, 405):
            return twilio_api.refusal(20004 if error.status == 405 else 20404)
        if error.status < 400:
            raise
        return web.json_response({"error": error.reason}, status=error.status)
    except (ConnectionError, asyncio.CancelledError):
        raise
    except Exception:
        log.exception("A request broke: %s", request.path)
        return web.json_response({"error": "The sandbox broke; see its output."}, status=500)
