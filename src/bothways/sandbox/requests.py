"""Reading what a client sends, up to a limit."""

import json

from aiohttp import web


class Unreadable(ValueError):
    """The body cannot be used. ``code`` is Twilio's, ``status`` is HTTP's."""

    def __init__(self, status: int, code: int, words: str) -> None:
        super().__init__(words)
        self.status = status
        self.code = code


async def read_body(request: web.Request, most: int) -> bytes:
    """The body in bytes; Unreadable with 413 when it is longer than ``most``."""
    if (request.content_length or 0) > most:
        raise Unreadable(413, 20013, f"The request is larger than {most} bytes.")
    if request.content_length is not None:
        return await request.read()
    parts, size = [], 0
    async for part in request.content.iter_chunked(65536):
        size += len(part)
        if size > most:
            raise Unreadable(413, 20013, f"The request is larger than {most} bytes.")
        parts.append(part)
    return b"".join(parts)


async def read_json(request: web.Request, most: int) -> object:
    """The body as JSON; Unreadable with 400 when it is none."""
    try:
        found: object = json.loads(await read_body(request, most))
    except Unreadable:
        raise
    except (ValueError, RecursionError) as error:
        raise Unreadable(400, 20001, "The request must be JSON in UTF-8.") from error
    return found
