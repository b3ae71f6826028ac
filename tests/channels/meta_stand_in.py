"""A server on this machine that answers as a test wants, with the path of Meta's Cloud API."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from bothways.channels.contract import Settings
from bothways.channels.whatsapp.carrier import WhatsAppCarrier

NUMBER_ID = "106540352242922"
SECRET, VERIFY = "app-secret", "verify-me"
Body = dict[str, Any]
Answer = Callable[[Body], Awaitable[web.StreamResponse]]


async def taken(body: Body) -> web.StreamResponse:
    return web.json_response(
        {
            "messaging_product": "whatsapp",
            "contacts": [{"input": body["to"], "wa_id": body["to"].strip("+")}],
            "messages": [{"id": f"wamid.{body['to'].strip('+')}", "message_status": "accepted"}],
        }
    )


def refuses(code: int, status: int = 400, **headers: str) -> Answer:
    async def answer(body: Body) -> web.StreamResponse:
        error = {"message": f"(#{code}) no", "type": "OAuthException", "code": code}
        return web.json_response({"error": error}, status=status, headers=headers)

    return answer


@dataclass
class MetaStandIn:
    """Answers by kind of message and by number, and what was asked."""

    answers: dict[str, Answer] = field(default_factory=dict)  # by type, or by “type language”
    bodies: list[Body] = field(default_factory=list)
    auth: list[str] = field(default_factory=list)
    media: dict[str, bytes] = field(default_factory=dict)
    media_url: str = ""
    url: str = ""

    async def create(self, request: web.Request) -> web.StreamResponse:
        body = json.loads(await request.read())
        self.bodies.append(body)
        self.auth.append(request.headers["Authorization"])
        language = body.get("template", {}).get("language", {}).get("code", "")
        for key in (f"{body['type']} {language}", body["to"], body["type"]):
            if key in self.answers:
                return await self.answers[key](body)
        return await taken(body)

    async def about(self, request: web.Request) -> web.StreamResponse:
        if request.match_info["id"] not in self.media:
            return web.json_response({"error": {"code": 100}}, status=400)
        return web.json_response({"url": self.media_url, "mime_type": "audio/ogg"})

    async def sound(self, request: web.Request) -> web.StreamResponse:
        assert request.headers["Authorization"] == "Bearer token"
        return web.Response(body=self.media["m1"], content_type="audio/ogg")

    async def serve(self) -> TestServer:
        app = web.Application()
        app.add_routes(
            [
                web.post(f"/v23.0/{NUMBER_ID}/messages", self.create),
                web.get("/v23.0/{id}", self.about),
                web.get("/sound", self.sound),
            ]
        )
        server = TestServer(app)
        await server.start_server()
        self.url = str(server.make_url("/")).rstrip("/")
        self.media_url = f"{self.url}/sound"
        return server

    def values(self, **more: str) -> dict[str, str]:
        return {
            "phone_number_id": NUMBER_ID,
            "access_token": "token",
            "app_secret": SECRET,
            "verify_token": VERIFY,
            "template": "school_message",
            "base_url": self.url,
            **more,
        }

    def carrier(self, **more: str) -> WhatsAppCarrier:
        return WhatsAppCarrier(Settings(self.values(**more)))
