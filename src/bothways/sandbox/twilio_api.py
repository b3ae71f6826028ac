"""Twilio's REST paths for messages, as far as a school's sender uses them."""

import asyncio
import hmac
import json
from base64 import b64decode
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from aiohttp import web

from bothways.sandbox import twilio_wire as wire
from bothways.sandbox.requests import Unreadable, read_body
from bothways.sandbox.world import World

MOST_BYTES: Final = 100_000
PREFIX: Final = "/2010-04-01"


def routes(world: World) -> list[web.RouteDef]:
    """POST and GET of messages, for one account."""
    api = Api(world)
    messages = PREFIX + "/Accounts/{account}/Messages.json"
    return [
        web.post(messages, api.create),
        web.get(messages, api.list, allow_head=False),
        web.get(PREFIX + "/Accounts/{account}/Messages/{sid}.json", api.fetch, allow_head=False),
    ]


def refusal(code: int, detail: str = "", headers: dict[str, str] | None = None) -> web.Response:
    """An answer with Twilio's error JSON."""
    status, body = wire.error(code, detail)
    return web.json_response(body, status=status, headers=headers)


class Api:
    """The messages of one account, and what the calls need as well: who may ask, and bad days."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._account = world.options.account
        self._secret = f"{world.options.account}:{world.options.token}".encode()
        self._admitted = ""  # the last right header, so that the usual case is one comparison

    async def create(self, request: web.Request) -> web.StreamResponse:
        world = self.world
        if world.options.latency:
            await asyncio.sleep(world.options.latency)
        fault = world.faults.strike()
        if fault in ("429", "500", "nonsense"):
            return self.bad_day(fault)
        if fault == "slow":
            await asyncio.sleep(world.faults.milliseconds / 1000)
        denied = self.denied(request)
        if denied is not None:
            return denied
        try:
            raw = (await read_body(request, MOST_BYTES)).decode("utf-8")
            form = dict(parse_qsl(raw, keep_blank_values=True, errors="strict", max_num_fields=60))
        except Unreadable as error:
            return refusal(error.code)
        except ValueError:
            return refusal(20001)
        taken = self._send(form)
        if isinstance(taken, web.Response):
            return taken
        answer = json.dumps(wire.resource(taken)).encode()
        if fault == "early":
            await world.report_early(taken)
        if fault == "lost" and request.transport is not None:
            request.transport.abort()
        return web.Response(body=answer, status=201, content_type="application/json")

    def _send(self, form: dict[str, str]) -> wire.Message | web.Response:
        """The message that was taken, or the refusal."""
        to, body, callback = (
            form.get("To", ""),
            form.get("Body", ""),
            form.get("StatusCallback", ""),
        )
        sender, service = form.get("From") or None, form.get("MessagingServiceSid") or None
        if callback and not is_web_address(callback):
            return refusal(21609)
        if not wire.E164.fullmatch(to):
            if to:
                self.world.refuse_text(to=to, body=body, callback=callback)
            return refusal(21211, to)
        if not body.strip():
            return refusal(21602)
        if len(body) > 1600:
            return refusal(21617)
        if sender is None and service is None:
            return refusal(21603)
        if sender is not None and not _is_sender(sender):
            return refusal(21212, sender)
        message = self.world.send_text(
            to=to, sender=sender, service=service, body=body, callback=callback
        )
        return message or refusal(21610)

    async def list(self, request: web.Request) -> web.StreamResponse:
        denied = self.denied(request)
        if denied is not None:
            return denied
        query = query_of(request)
        try:
            size = min(1000, max(1, int(query.get("PageSize", "50"))))
            page = max(0, int(query.get("Page", "0")))
            since = wire.moment(query["DateSent>"]) if "DateSent>" in query else None
            until = (
                wire.moment(query["DateSent<"], end_of_day=True) if "DateSent<" in query else None
            )
            if "DateSent" in query:
                since = wire.moment(query["DateSent"])
                until = wire.moment(query["DateSent"], end_of_day=True)
        except ValueError:
            return refusal(20001)
        token = query.get("PageToken", "").removeprefix("PA")
        if token and token not in self.world.texts.by_sid:
            return refusal(20404)
        messages, more = self.world.texts.listed(
            since=since,
            until=until,
            to=query.get("To"),
            sender=query.get("From"),
            after=token or None,
            skip=0 if token else page * size,
            count=size,
        )
        path = f"{PREFIX}/Accounts/{self._account}/Messages.json"

        def uri(number: int, last: str = "") -> str:
            kept = {k: v for k, v in query.items() if k not in ("Page", "PageSize", "PageToken")}
            kept |= {"PageSize": str(size), "Page": str(number)}
            if last:
                kept["PageToken"] = f"PA{last}"
            return f"{path}?{urlencode(kept, quote_via=quote)}"

        return web.json_response(
            {
                "end": page * size + max(0, len(messages) - 1),
                "first_page_uri": uri(0),
                "messages": [wire.resource(message) for message in messages],
                "next_page_uri": uri(page + 1, messages[-1].sid) if more else None,
                "page": page,
                "page_size": size,
                "previous_page_uri": uri(page - 1) if page else None,
                "start": page * size,
                "uri": uri(page),
            }
        )

    async def fetch(self, request: web.Request) -> web.StreamResponse:
        denied = self.denied(request)
        if denied is not None:
            return denied
        message = self.world.texts.by_sid.get(request.match_info["sid"])
        return web.json_response(wire.resource(message)) if message else refusal(20404)

    def denied(self, request: web.Request) -> web.Response | None:
        """Basic authentication with account and token; 404 for anyone else's account."""
        given = request.headers.get("Authorization", "")
        if not given or given != self._admitted:
            scheme, _, credentials = given.partition(" ")
            try:
                decoded = b64decode(credentials, validate=True)
            except ValueError:
                decoded = b""
            if scheme.lower() != "basic" or not hmac.compare_digest(decoded, self._secret):
                return refusal(20003, headers={"WWW-Authenticate": 'Basic realm="Twilio API"'})
            self._admitted = given
        if request.match_info["account"] != self._account:
            return refusal(20404)
        return None

    def bad_day(self, fault: str) -> web.Response:
        if fault == "429":
            return refusal(20429, headers={"Retry-After": str(self.world.faults.retry_after)})
        if fault == "500":
            return refusal(20500)
        return web.Response(text="<html>It works!</html>", content_type="text/html")


def query_of(request: web.Request) -> dict[str, Any]:
    """The query with Twilio's own names: ``DateSent>=2021-09-13`` has the name ``DateSent>``."""
    return dict(parse_qsl(request.rel_url.raw_query_string, keep_blank_values=True))


def is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def _is_sender(text: str) -> bool:
    """A phone number, a short code, or a name of up to 11 letters and digits."""
    if text.startswith("+"):
        return wire.E164.fullmatch(text) is not None
    return text.isascii() and text.replace(" ", "").isalnum() and len(text) <= 11
