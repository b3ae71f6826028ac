"""A server on this machine that answers as a test wants, with Twilio's paths."""

import asyncio
from base64 import b64encode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aiohttp import web
from aiohttp.test_utils import TestServer

from bothways.channels.contract import Settings
from bothways.channels.twilio.carrier import TwilioCarrier

ACCOUNT = "AC" + "0" * 32
TOKEN = "12345"
Answer = Callable[[web.Request, dict[str, str]], Awaitable[web.StreamResponse]]


async def created(request: web.Request, form: dict[str, str]) -> web.StreamResponse:
    sid = ("SM" if "Body" in form else "CA") + form["To"].strip("+").zfill(32)
    return web.json_response({"sid": sid, "status": "queued", "error_code": None}, status=201)


def refuses(status: int, code: int | None = None, **headers: str) -> Answer:
    async def answer(request: web.Request, form: dict[str, str]) -> web.StreamResponse:
        body = {"code": code, "message": "no", "status": status}
        return web.json_response(body, status=status, headers=headers)

    return answer


@dataclass
class StandIn:
    """Answers by number, and what was asked."""

    answers: dict[str, Answer] = field(default_factory=dict)  # by To
    lists: dict[str, dict[str, object]] = field(default_factory=dict)  # by PageToken
    forms: list[dict[str, str]] = field(default_factory=list)
    queries: list[dict[str, str]] = field(default_factory=list)
    auth: list[str] = field(default_factory=list)
    sounds: dict[str, bytes] = field(default_factory=dict)  # by file name
    at_once: int = 0
    most_at_once: int = 0
    slowness: float = 0.0
    url: str = ""

    async def create(self, request: web.Request) -> web.StreamResponse:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.forms.append(form)
        self.auth.append(request.headers["Authorization"])
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(self.slowness)
            return await self.answers.get(form["To"], created)(request, form)
        finally:
            self.at_once -= 1

    async def list(self, request: web.Request) -> web.StreamResponse:
        self.queries.append(dict(request.query))
        self.auth.append(request.headers["Authorization"])
        return web.json_response(self.lists[request.query.get("PageToken", "")])

    async def sound(self, request: web.Request) -> web.StreamResponse:
        self.auth.append(request.headers["Authorization"])
        data = self.sounds.get(request.match_info["name"])
        return web.Response(status=404) if data is None else web.Response(body=data)

    async def serve(self) -> TestServer:
        app = web.Application()
        path = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
        calls = path.replace("Messages", "Calls")
        app.add_routes([web.post(path, self.create), web.get(path, self.list)])
        app.add_routes([web.post(calls, self.create), web.get(calls, self.list)])
        sounds = f"/2010-04-01/Accounts/{ACCOUNT}/Recordings/{{name}}"
        app.add_routes([web.get(sounds, self.sound)])
        server = TestServer(app)
        await server.start_server()
        self.url = str(server.make_url("/")).rstrip("/")
        return server

    def carrier(
        self, callback_base: str = "https://grandbend.example", **more: str
    ) -> TwilioCarrier:
        values = {
            "account_sid": ACCOUNT,
            "auth_token": TOKEN,
            "from_number": "+15125550100",
            "base_url": self.url,
            **more,
        }
        return TwilioCarrier(Settings(values), callback_base)


PASSWORD = "Basic " + b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
