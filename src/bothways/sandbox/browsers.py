"""Families' browsers and their push service: what a lock screen shows is all that anybody reads here.

Sources: RFC 8030 (web push) and RFC 8291 (its encryption).
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

import http_ece
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bothways.sandbox.requests import Unreadable, read_body

MOST_BYTES: Final = 4096
PREFIX: Final = "/push"
_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@dataclass(frozen=True, slots=True)
class Notice:
    """What a browser showed."""

    words: str
    link: str
    purpose: str


@dataclass
class Browsers:
    """One browser for each guardian, with keys that are the same at every start."""

    seed: int
    who: dict[str, str] = field(default_factory=dict)  # by the last part of the endpoint

    def subscribe(self, who: str, url: str) -> dict[str, str]:
        """What this guardian's browser gives to a page that may send it notices."""
        name = sha256(f"{self.seed}\x1f{who}".encode()).hexdigest()[:32]
        self.who[name] = who
        key, secret = self._keys(name)
        point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {"endpoint": f"{url}{PREFIX}/{name}", "p256dh": _text(point), "auth": _text(secret)}

    def read(self, name: str, body: bytes) -> Notice:
        """Raises ValueError for what this browser cannot read."""
        key, secret = self._keys(name)
        try:
            plain = http_ece.decrypt(body, private_key=key, auth_secret=secret, version="aes128gcm")
            told: Mapping[str, Any] = json.loads(plain)
            words = f"{told['title']}\n{told['body']}"
            return Notice(words, str(told["url"]), str(told.get("purpose", "")))
        except Exception as error:  # the library raises whatever it meets
            raise ValueError(f"not for this browser: {type(error).__name__}") from error

    def _keys(self, name: str) -> tuple[ec.EllipticCurvePrivateKey, bytes]:
        digest = sha256(f"{self.seed}\x1fkeys\x1f{name}".encode()).digest()
        number = int.from_bytes(digest, "big") % (_ORDER - 1) + 1
        secret = sha256(digest).digest()[:16]
        return ec.derive_private_key(number, ec.SECP256R1()), secret


async def take(request: web.Request, browsers: Browsers) -> tuple[str, Notice] | web.Response:
    """(the browser's name, what it shows), or the refusal of a push service."""
    name = request.match_info["name"]
    if name not in browsers.who:
        return web.Response(status=410)
    if not request.headers.get("Authorization", "").startswith("vapid t="):
        return web.Response(status=401)
    if not request.headers.get("TTL", "").isdecimal():
        return web.Response(status=400)
    try:
        return name, browsers.read(name, await read_body(request, MOST_BYTES))
    except Unreadable as error:
        return web.Response(status=error.status)
    except ValueError:
        return web.Response(status=400)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
