"""Mailgun, Postmark, Brevo and SparkPost as stand-ins: what each answers to a mail."""

from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from bothways.channels.anymail.carrier import AnymailCarrier
from bothways.channels.contract import Settings

SECRET = "the-providers-secret"
KEYS = {"mailgun": "key-1", "postmark": "token-1", "brevo": "xkeysib-1", "sparkpost": "spark-1"}


@dataclass
class MailProvider:
    """All of them at one address; ``answer`` overrides what they say."""

    answer: tuple[int, dict[str, Any]] | None = None
    mails: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    hang_up: bool = False
    url: str = ""

    async def mailgun(self, request: web.Request) -> web.StreamResponse:
        form = {name: str(value) for name, value in (await request.post()).items()}
        return self._said(request, form, {"id": "<1@grandbend.example>", "message": "Queued."})

    async def postmark(self, request: web.Request) -> web.StreamResponse:
        mail = await request.json()
        said = {"ErrorCode": 0, "Message": "OK", "MessageID": "b7bc2f4a", "To": mail["To"]}
        return self._said(request, mail, said)

    async def brevo(self, request: web.Request) -> web.StreamResponse:
        return self._said(request, await request.json(), {"messageId": "<2@smtp-relay.example>"})

    async def sparkpost(self, request: web.Request) -> web.StreamResponse:
        results = {"total_rejected_recipients": 0, "total_accepted_recipients": 1, "id": "1166"}
        return self._said(request, await request.json(), {"results": results})

    def _said(
        self, request: web.Request, mail: dict[str, Any], usual: dict[str, Any]
    ) -> web.StreamResponse:
        self.mails.append(mail)
        self.headers.append({name.lower(): value for name, value in request.headers.items()})
        if self.hang_up and request.transport is not None:
            request.transport.close()
        status, said = self.answer or (200, usual)
        return web.json_response(said, status=status)

    async def serve(self) -> TestServer:
        app = web.Application()
        app.add_routes(
            [
                web.post("/grandbend.example/messages", self.mailgun),
                web.post("/email", self.postmark),
                web.post("/smtp/email", self.brevo),
                web.post("/transmissions/", self.sparkpost),
                web.post("/transmissions", self.sparkpost),
            ]
        )
        server = TestServer(app)
        await server.start_server()
        self.url = str(server.make_url("/"))
        return server

    def values(self, provider: str = "mailgun", **more: str) -> dict[str, str]:
        return {
            "provider": provider,
            "api_key": KEYS.get(provider, "key"),
            "from_address": "families@grandbend.example",
            "hook_secret": SECRET,
            "base_url": self.url,
            **more,
        }

    def carrier(self, provider: str = "mailgun", **more: str) -> AnymailCarrier:
        return AnymailCarrier(Settings(self.values(provider, **more)))
