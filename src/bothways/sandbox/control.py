"""The strings behind the stage: time, residents, the office, bad days. For the driver only."""

import hmac
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from aiohttp import web

from bothways.sandbox.faults import FaultError
from bothways.sandbox.home import TriesError
from bothways.sandbox.requests import Unreadable, read_json
from bothways.sandbox.residents import ResidentsError
from bothways.sandbox.world import NotNow, Unknown, World

TOKEN_HEADER: Final = "X-Control-Token"  # noqa: S105
MOST_BYTES: Final = 64_000_000  # the residents of a large district
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def routes(world: World) -> list[web.RouteDef]:
    """All control calls; each wants the token, so that no web page elsewhere can make them."""
    control = _Control(world)
    guard = control.guarded
    return [
        web.post("/control/advance", guard(control.advance)),
        web.get("/control/next", guard(control.next), allow_head=False),
        web.post("/control/residents", guard(control.residents)),
        web.post("/control/tray", guard(control.tray)),
        web.post("/control/handover", guard(control.handover)),
        web.post("/control/browser", guard(control.browser)),
        web.post("/control/tries", guard(control.tries)),
        web.get("/control/slips", guard(control.slips), allow_head=False),
        web.post("/control/slips/take", guard(control.take_slips)),
        web.post("/control/fault", guard(control.fault)),
        web.get("/control/stats", guard(control.stats), allow_head=False),
    ]


class _Control:
    def __init__(self, world: World) -> None:
        self.world = world
        self._token = world.options.control_token.encode()

    def guarded(self, handler: _Handler) -> _Handler:
        async def checked(request: web.Request) -> web.StreamResponse:
            given = request.headers.get(TOKEN_HEADER, "").encode("utf-8", "surrogateescape")
            if not hmac.compare_digest(given, self._token):
                return _no(401, f"Control calls need the header {TOKEN_HEADER}.")
            try:
                return await handler(request)
            except Unreadable as error:
                return _no(error.status, str(error))
            except (ResidentsError, FaultError, TriesError) as error:
                return _no(400, str(error))
            except Unknown as error:
                return _no(404, str(error))
            except NotNow as error:
                return _no(409, str(error))

        return checked

    async def advance(self, request: web.Request) -> web.StreamResponse:
        body = await _object(request)
        try:
            to = self.world.clock.read(body["to"])
        except (KeyError, TypeError, ValueError):
            return _no(400, "Say “to” as an ISO 8601 moment, such as 2021-09-14T08:00:00-05:00.")
        return web.json_response(await self.world.advance(to))

    async def next(self, request: web.Request) -> web.StreamResponse:
        self.world.read_tray()
        return web.json_response(self.world.times())

    async def residents(self, request: web.Request) -> web.StreamResponse:
        known = self.world.residents.add(await read_json(request, MOST_BYTES))
        return web.json_response({"residents": known})

    async def tray(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"posted": self.world.read_tray(), **_tray(self.world)})

    async def handover(self, request: web.Request) -> web.StreamResponse:
        body = await _object(request)
        key, who = body.get("key"), body.get("who")
        if not isinstance(key, str) or not isinstance(who, str) or not key or not who.strip():
            return _no(400, "Say “key” (the letter) and “who” (the guardian's roster id).")
        return web.json_response({"arrives": self.world.hand_over(key, who)})

    async def browser(self, request: web.Request) -> web.StreamResponse:
        body = await _object(request)
        who = body.get("who")
        if not isinstance(who, str) or not who.strip():
            return _no(400, "Say “who” (the guardian's roster id).")
        return web.json_response(self.world.subscribe(who))

    async def tries(self, request: web.Request) -> web.StreamResponse:
        body = await read_json(request, MOST_BYTES)
        return web.json_response(self.world.try_in_person(body))

    async def slips(self, request: web.Request) -> web.StreamResponse:
        return web.json_response(self.world.office.waiting)

    async def take_slips(self, request: web.Request) -> web.StreamResponse:
        return web.json_response(self.world.office.take())

    async def fault(self, request: web.Request) -> web.StreamResponse:
        faults = self.world.faults
        faults.order(await read_json(request, MOST_BYTES))
        return web.json_response({"mode": faults.mode})

    async def stats(self, request: web.Request) -> web.StreamResponse:
        return web.json_response(stats(self.world))


def stats(world: World) -> dict[str, Any]:
    """Counts of everything, for a driver's summary and for tests."""
    contacts = Counter(f"{c.channel} {c.outcome}" for c in world.contacts.all)
    happened = Counter(f"{c.channel} {h.what}" for c in world.contacts.all for h in c.happenings)
    calls = world.callbacks
    return {
        **world.times(),
        "contacts": dict(sorted(contacts.items())),
        "happened": dict(sorted(happened.items())),
        "pending": len(world.agenda),
        "residents": len(world.residents),
        "stopped": len(world.texts.stopped),
        "callbacks": {
            "delivered": calls.delivered,
            "retried": calls.retried,
            "failed": calls.failed,
            "last_failed": [
                {"at": world.clock.local(one.at), "url": one.url, "why": one.why}
                for one in list(calls.last_failed)[-20:]
            ],
        },
        "pages_given_up": world.people.gave_up,
        "slips": len(world.office.waiting),
        "broken_events": world.agenda.broken,
        "faults": world.faults.struck,
        "tray": _tray(world),
    }


def _tray(world: World) -> dict[str, Any]:
    waiting = world.tray.handovers.keys() - world.tray.handed
    return {
        "tickets": len(world.tray.done),
        "broken": world.tray.broken,
        "handovers_waiting": len(waiting),
    }


async def _object(request: web.Request) -> Mapping[str, Any]:
    body = await read_json(request, MOST_BYTES)
    if not isinstance(body, dict):
        raise Unreadable(400, 20001, "The request must be a JSON object.")
    return body


def _no(status: int, words: str) -> web.Response:
    return web.json_response({"error": words}, status=status)
