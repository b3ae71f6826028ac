"""Twilio's REST paths for calls, as far as a school's sender uses them."""

import asyncio
import json
from email.utils import format_datetime
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from aiohttp import web

from bothways.sandbox import twilio_wire as wire
from bothways.sandbox.calls import Call
from bothways.sandbox.requests import Unreadable, read_body
from bothways.sandbox.twilio_api import MOST_BYTES, PREFIX, Api, is_web_address, query_of, refusal
from bothways.sandbox.twiml import BadTwiML, parse
from bothways.sandbox.world import World

MOST_INLINE: Final = 4000
# A little silence that every browser can play: an MPEG-2 layer III frame of zeros, some dozens of times.
_SILENCE: Final = b"ID3\x04\x00\x00\x00\x00\x00\x00" + (b"\xff\xf3\x40\xc4" + bytes(188)) * 40


def routes(world: World) -> list[web.RouteDef]:
    """POST and GET of calls, and GET of recordings, for one account."""
    api = _Calls(world)
    account = PREFIX + "/Accounts/{account}"
    return [
        web.post(account + "/Calls.json", api.create),
        web.get(account + "/Calls.json", api.list, allow_head=False),
        web.get(account + "/Calls/{sid}.json", api.fetch, allow_head=False),
        web.get(account + "/Recordings/{sid}.mp3", api.sound, allow_head=False),
    ]


class _Calls(Api):
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
            given = parse_qsl(raw, keep_blank_values=True, errors="strict", max_num_fields=60)
        except Unreadable as error:
            return refusal(error.code)
        except ValueError:
            return refusal(20001)
        taken = self._order(given)
        if isinstance(taken, web.Response):
            return taken
        if fault == "lost" and request.transport is not None:
            request.transport.abort()
        answer = json.dumps(resource(taken)).encode()
        return web.Response(body=answer, status=201, content_type="application/json")

    def _order(self, given: list[tuple[str, str]]) -> Call | web.Response:
        """The call that was begun, or the refusal."""
        form = dict(given)
        to, sender = form.get("To", ""), form.get("From", "")
        url, twiml, callback = (form.get(n, "") for n in ("Url", "Twiml", "StatusCallback"))
        if not wire.E164.fullmatch(to):
            if to:
                self.world.refuse_call(to=to, callback=callback)
            return refusal(21211, to)
        if not wire.E164.fullmatch(sender):
            return refusal(21212, sender)
        if callback and not is_web_address(callback):
            return refusal(21609)
        if not twiml and not is_web_address(url):
            return refusal(21205)
        if len(twiml) > MOST_INLINE:
            return refusal(21218)
        if twiml:
            try:
                parse(twiml)
            except BadTwiML as error:
                return refusal(21218, str(error))
        events = tuple(value for name, value in given if name == "StatusCallbackEvent")
        return self.world.place_call(
            to=to,
            sender=sender,
            url="" if twiml else url,
            twiml=twiml,
            callback=callback,
            events=events or ("completed",),
            detects=bool(form.get("MachineDetection")),
        )

    async def list(self, request: web.Request) -> web.StreamResponse:
        denied = self.denied(request)
        if denied is not None:
            return denied
        query = query_of(request)
        try:
            size = min(1000, max(1, int(query.get("PageSize", "50"))))
            page = max(0, int(query.get("Page", "0")))
            since = wire.moment(query["StartTime>"]) if "StartTime>" in query else None
        except ValueError:
            return refusal(20001)
        found = [
            call
            for call in reversed(self.world.calls.all)
            if (since is None or call.created >= since)
            and query.get("To") in (None, call.to)
            and query.get("Status") in (None, call.status)
        ]
        shown = found[page * size : (page + 1) * size]
        kept = {k: v for k, v in query.items() if k not in ("Page", "PageSize")}
        path = f"{PREFIX}/Accounts/{self.world.options.account}/Calls.json"
        following = f"{path}?{urlencode({**kept, 'PageSize': size, 'Page': page + 1})}"
        return web.json_response(
            {
                "calls": [resource(call) for call in shown],
                "next_page_uri": following if len(found) > (page + 1) * size else None,
                "page": page,
                "page_size": size,
                "uri": f"{path}?{urlencode(query)}",
            }
        )

    async def fetch(self, request: web.Request) -> web.StreamResponse:
        denied = self.denied(request)
        if denied is not None:
            return denied
        call = self.world.calls.by_sid.get(request.match_info["sid"])
        return web.json_response(resource(call)) if call else refusal(20404)

    async def sound(self, request: web.Request) -> web.StreamResponse:
        denied = self.denied(request)
        if denied is not None:
            return denied
        if request.match_info["sid"] not in self.world.calls.recordings:
            return refusal(20404)
        return web.Response(body=_SILENCE, content_type="audio/mpeg")


def resource(call: Call) -> dict[str, Any]:
    """The Call resource as the API gives it."""
    created = format_datetime(call.created.replace(microsecond=0))
    over = call.status in ("completed", "busy", "no-answer", "failed", "canceled")
    return {
        "account_sid": call.account,
        "answered_by": call.answered_by,
        "api_version": "2010-04-01",
        "date_created": created,
        "date_updated": format_datetime(call.updated.replace(microsecond=0)),
        "direction": "outbound-api",
        "duration": str(call.seconds) if over else None,
        "end_time": format_datetime(call.updated.replace(microsecond=0)) if over else None,
        "from": call.sender,
        "price": None,
        "price_unit": "USD",
        "sid": call.sid,
        "start_time": created,
        "status": call.status,
        "to": call.to,
        "uri": f"{PREFIX}/Accounts/{call.account}/Calls/{call.sid}.json",
    }
