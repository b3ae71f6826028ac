"""Meta's REST path for messages, as far as a school's sender uses it."""

import asyncio
import hmac
import json
from typing import Final

from aiohttp import web

from bothways.sandbox.meta import NUMBER_ID, Refused
from bothways.sandbox.requests import Unreadable, read_body
from bothways.sandbox.world import World

MOST_BYTES: Final = 100_000


def routes(world: World) -> list[web.RouteDef]:
    """POST of messages for one number, in any version of the API."""
    return [web.post(r"/{version:v\d+\.\d+}/{number}/messages", _Api(world).create)]


def refusal(code: int, words: str, status: int = 400) -> web.Response:
    """An answer with Meta's error JSON."""
    error = {"message": f"(#{code}) {words}", "type": "OAuthException", "code": code}
    return web.json_response({"error": error}, status=status)


class _Api:
    def __init__(self, world: World) -> None:
        self.world = world
        self._secret = f"Bearer {world.options.token}".encode()

    async def create(self, request: web.Request) -> web.StreamResponse:
        world = self.world
        if world.options.latency:
            await asyncio.sleep(world.options.latency)
        given = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(given, self._secret):
            return refusal(190, "Invalid OAuth access token", 401)
        if request.match_info["number"] != NUMBER_ID:
            return refusal(33, "Unsupported post request", 400)
        try:
            body = json.loads(await read_body(request, MOST_BYTES))
            to, wamid = world.send_whatsapp(body)
        except Unreadable as error:
            return refusal(100, str(error))
        except (ValueError, RecursionError) as error:
            code = error.code if isinstance(error, Refused) else 100
            return refusal(code, str(error))
        return web.json_response(
            {
                "messaging_product": "whatsapp",
                "contacts": [{"input": to, "wa_id": to.removeprefix("+")}],
                "messages": [{"id": wamid, "message_status": "accepted"}],
            }
        )
