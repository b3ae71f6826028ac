"""A push service on this machine, and a browser that subscribed to it: it can read what arrives."""

import base64
import json
from dataclasses import dataclass, field
from typing import Any

import http_ece
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bothways.channels.contract import Settings, Subscription
from bothways.channels.push.carrier import PushCarrier
from bothways.channels.push.notice import new_private_key


def text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def raw(written: str) -> bytes:
    return base64.urlsafe_b64decode(written + "=" * (-len(written) % 4))


@dataclass
class Browser:
    """A family's browser: its keys never leave it."""

    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    secret: bytes = b"0123456789abcdef"

    def subscription(self, endpoint: str) -> Subscription:
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return Subscription(endpoint, text(point), text(self.secret))

    def read(self, body: bytes) -> dict[str, Any]:
        """What the service worker gets."""
        plain = http_ece.decrypt(
            body, private_key=self.key, auth_secret=self.secret, version="aes128gcm"
        )
        told: dict[str, Any] = json.loads(plain)
        return told


@dataclass
class PushService:
    """Takes notices as RFC 8030 says, or answers as a test wants."""

    status: int = 201
    headers: dict[str, str] = field(default_factory=dict)  # of its answers
    taken: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    url: str = ""

    async def take(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.taken.append((request.path, headers, await request.read()))
        return web.Response(status=self.status, headers=self.headers)

    async def serve(self) -> TestServer:
        app = web.Application()
        app.add_routes([web.post("/push/{id}", self.take)])
        server = TestServer(app)
        await server.start_server()
        self.url = str(server.make_url("/")).rstrip("/")
        return server

    def carrier(self, **more: str) -> PushCarrier:
        return PushCarrier(Settings(self.values(**more)))

    def values(self, **more: str) -> dict[str, str]:
        return {
            "contact": "office@grandbend.example",
            "private_key": new_private_key(),
            "own_services": self.url,
            **more,
        }
