"""Kannel's smsbox as a stand-in: where a test wants an answer that the real one gives seldom."""

from dataclasses import dataclass, field

from aiohttp import web
from aiohttp.test_utils import TestServer

from bothways.channels.contract import Settings
from bothways.channels.kannel.carrier import KannelCarrier

SECRET = "only-the-gateway-knows"


@dataclass
class Smsbox:
    """Answers by number, and what was asked."""

    answers: dict[str, tuple[int, str]] = field(default_factory=dict)  # by X-Kannel-To
    hang_up: frozenset[str] = frozenset()
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)
    url: str = ""

    async def sendsms(self, request: web.Request) -> web.StreamResponse:
        self.headers.append({name.lower(): value for name, value in request.headers.items()})
        self.bodies.append((await request.read()).decode())
        to = request.headers["X-Kannel-To"]
        if to in self.hang_up and request.transport is not None:
            request.transport.close()
        status, words = self.answers.get(to, (202, "0: Accepted for delivery"))
        return web.Response(status=status, text=words)

    async def serve(self) -> TestServer:
        app = web.Application()
        app.add_routes([web.post("/cgi-bin/sendsms", self.sendsms)])
        server = TestServer(app)
        await server.start_server()
        self.url = str(server.make_url("/")).rstrip("/")
        return server

    def values(self, **more: str) -> dict[str, str]:
        return {
            "base_url": self.url or "http://127.0.0.1:13013",
            "username": "school",
            "password": "open sesame",
            "from_number": "+15125550100",
            "hook_secret": SECRET,
            **more,
        }

    def carrier(
        self, callback_base: str = "https://grandbend.example", **more: str
    ) -> KannelCarrier:
        return KannelCarrier(Settings(self.values(**more)), callback_base)
