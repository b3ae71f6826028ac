"""A very small school system to talk with the sandbox: it takes hooks and has a reply page."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from html import escape
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from bothways.sandbox.opening import open_world
from bothways.sandbox.server import Running, start
from bothways.sandbox.town import parse
from bothways.sandbox.twilio_wire import signature
from bothways.sandbox.world import Options

ACCOUNT = "AC" + "1" * 32
TOKEN = "carrier-secret"
CONTROL = {"X-Control-Token": "driver-secret"}
OUR_NUMBER = "+15005550006"

# A town in which everything arrives and nobody stirs, unless a test says otherwise.
QUIET: dict[str, Any] = {
    "seed": 7,
    "timezone": "America/Chicago",
    "start": "2021-09-13",
    "kinds": {
        "mobile": {"text": {"delivered": 1.0}},
        "email": {"delivered": 1.0},
        "address": {"arrives": 1.0, "returned": 0.0, "days": [2, 2]},
        "home": {"handover": {"arrives": 1.0}},
    },
    "phone_kind": {"sms": {"mobile": 1.0}, "phone": {"mobile": 1.0}},
    "after_arrival": {
        "sees": 0.0,
        "answers": 0.0,
        "minutes": [10, 10],
        "by_channel": {},
        "words": ["Gracias, ¿a qué hora?"],
    },
}


def town(**changes: Any) -> dict[str, Any]:
    """The quiet town with parts replaced; ``kinds`` and ``after_arrival`` are merged."""
    raw = json.loads(json.dumps(QUIET))
    for name, value in changes.items():
        if name in ("kinds", "after_arrival", "phone_kind"):
            raw[name] |= value
        else:
            raw[name] = value
    return raw


@dataclass
class School:
    """What the school was told, and a reply page with a token in the form and in a cookie."""

    hooks: list[tuple[str, dict[str, str]]] = field(default_factory=list)  # path, form
    forged: int = 0
    replies: list[tuple[str, dict[str, str]]] = field(default_factory=list)  # path, form
    status: int = 200
    words: dict[str, str] = field(default_factory=dict)  # TwiML by the beginning of the path
    url: str = ""
    _tokens: set[str] = field(default_factory=set)

    async def open(self) -> web.AppRunner:
        app = web.Application()
        app.router.add_post("/hooks/{rest:.*}", self.hook)
        app.router.add_get("/r/{code}", self.page)
        app.router.add_post("/r/{code}/answer", self.answered)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        return runner

    async def hook(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        url = self.url + request.raw_path
        if request.headers.get("X-Twilio-Signature") != signature(TOKEN, url, form):
            self.forged += 1
        if self.status < 300:
            self.hooks.append((request.path_qs, form))
        rest = request.match_info["rest"]
        words = next((w for start, w in self.words.items() if rest.startswith(start)), None)
        return web.Response(status=self.status, text=words, content_type="text/xml")

    async def page(self, request: web.Request) -> web.Response:
        if self.status >= 300:
            return web.Response(status=self.status)
        token = secrets.token_hex(8)
        self._tokens.add(token)
        page = f"""<!doctype html><p>Troy’s class goes to the museum.
            <form method="get" action="/language"><button name="to" value="es">Español</button>
            </form>
            <form method="post" action="/r/{escape(request.match_info["code"])}/answer">
            <input type="hidden" name="csrf" value="{token}">
            <button name="seen" value="yes">I have read it</button>
            <label>Words<textarea name="words"></textarea></label>
            <button name="send" value="now">Send</button></form>"""
        answer = web.Response(text=page, content_type="text/html")
        answer.set_cookie("csrf", token)
        return answer

    async def answered(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        token = form.pop("csrf", "")
        if token not in self._tokens or request.cookies.get("csrf") != token:
            return web.Response(status=403)
        self.replies.append((request.path, form))
        raise web.HTTPSeeOther(f"/r/{request.match_info['code']}")


@dataclass
class Driver:
    """Drives one sandbox as the school's programs would."""

    running: Running
    http: aiohttp.ClientSession
    home: Path
    school: School

    @property
    def messages_url(self) -> str:
        return f"{self.running.url}/2010-04-01/Accounts/{ACCOUNT}/Messages.json"

    async def text(
        self, to: str, body: str = "School is closed today.", key: str = "k1", **more: str
    ) -> tuple[int, dict[str, Any]]:
        form = {
            "To": to,
            "From": OUR_NUMBER,
            "Body": body,
            "StatusCallback": f"{self.school.url}/hooks/text/{key}?p=timely",
        }
        form |= more
        sent = {name: value for name, value in form.items() if value}
        async with self.http.post(self.messages_url, data=sent, headers=BASIC) as answer:
            return answer.status, await answer.json()

    @property
    def calls_url(self) -> str:
        return self.messages_url.replace("Messages", "Calls")

    async def call(self, to: str, key: str = "k1", **more: str) -> tuple[int, dict[str, Any]]:
        form = {
            "To": to,
            "From": OUR_NUMBER,
            "Url": f"{self.school.url}/hooks/voice/call/{key}",
            "StatusCallback": f"{self.school.url}/hooks/voice/status/{key}?p=timely",
            "MachineDetection": "DetectMessageEnd",
        }
        form |= more
        sent = {name: value for name, value in form.items() if value}
        async with self.http.post(self.calls_url, data=sent, headers=BASIC) as answer:
            return answer.status, await answer.json()

    async def get(self, path: str, headers: Mapping[str, str]) -> tuple[int, Any]:
        async with self.http.get(self.running.url + path, headers=headers) as answer:
            return answer.status, await answer.json()

    async def control(self, path: str, body: Any = None) -> tuple[int, Any]:
        url = f"{self.running.url}/control/{path}"
        if body is None:
            call = self.http.get(url, headers=CONTROL)
        else:
            call = self.http.post(url, json=body, headers=CONTROL)
        async with call as answer:
            return answer.status, await answer.json()

    async def advance(self, to: str) -> dict[str, Any]:
        status, answer = await self.control("advance", {"to": to})
        assert status == 200, answer
        return answer

    def lines(self, name: str) -> list[dict[str, Any]]:
        text = (self.home / f"{name}.jsonl").read_text("utf-8")
        return [json.loads(line) for line in text.splitlines()]

    def outcomes(self) -> list[str]:
        return [line["outcome"] for line in self.lines("contacts")]

    def print_batch(self, name: str, *letters: dict[str, Any]) -> None:
        """Lay a PDF and its ticket into the tray, as the product does."""
        tray = self.home / "tray"
        (tray / f"{name}.pdf").write_bytes(b"%PDF-1.7\n")
        ticket = {"batch": name, "made_at": "2021-09-13T08:00:00-05:00", "letters": list(letters)}
        (tray / f".{name}.part").write_text(json.dumps(ticket), "utf-8")
        (tray / f".{name}.part").rename(tray / f"{name}.json")

    def letter(self, key: str, to: str, channel: str = "letter") -> dict[str, Any]:
        return {
            "key": key,
            "channel": channel,
            "to": to,
            "names": ["Emily's parents"],
            "purpose": "routine",
            "languages": ["en"],
            "body": "We would like to get to know you.",
            "code": f"CODE{key}",
            "reply_url": f"{self.school.url}/r/CODE{key}",
            "page": 1,
            "pages": 1,
        }


BASIC = {"Authorization": aiohttp.encode_basic_auth(ACCOUNT, TOKEN)}


async def open_sandbox(home: Path, raw_town: dict[str, Any], webhook: str) -> Running:
    options = Options(
        home=home,
        tray=home / "tray",
        account=ACCOUNT,
        token=TOKEN,
        control_token="driver-secret",
        webhook=webhook,
    )
    world = open_world(options, parse(raw_town))
    return await start(world, host="127.0.0.1", port=0, smtp_port=0)


def mail(to: str, body: str, key: str = "k1") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "School <office@school.example>"
    message["To"] = to
    message["Subject"] = "The museum"
    message["X-Bothways-Delivery"] = key
    message["X-Bothways-Purpose"] = "routine"
    message.set_content(body)
    message.add_alternative(f"<p>{body}</p>", subtype="html")
    return message
