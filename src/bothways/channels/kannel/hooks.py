"""What Kannel tells us by itself: reports, and texts from families.

Kannel cannot sign what it sends. So its requests carry a secret, as the password of the address that they are
sent to (`http://kannel:SECRET@…`), which Kannel writes into a header and not into anybody's log of addresses.
"""

import binascii
import hashlib
import re
from base64 import b64decode
from hmac import compare_digest
from urllib.parse import parse_qsl, unquote, urlsplit

from bothways.channels.contract import Event, HookRequest, HookResponse
from bothways.channels.enums import EventKind
from bothways.channels.kannel.answers import code_of, state_of
from bothways.core.phone import to_e164

MOST_BYTES = 64 * 1024
_MOST_FIELDS = 20
_UCS_2 = "2"


def handle(request: HookRequest, *, secret: str, path: str, country: str) -> HookResponse:
    """Reports at ``path``/status/KEY (GET or POST), texts at ``path``/in (POST); 403 without the secret."""
    parts = urlsplit(request.url)
    place = re.fullmatch(
        re.escape(path.rstrip("/")) + r"/(?:status/(?P<key>[^/]+)|in)/?", parts.path
    )
    if place is None:
        return HookResponse(status=404)
    if not compare_digest(_password(request.headers.get("authorization", "")), secret.encode()):
        return HookResponse(status=403, body="wrong secret")
    method = request.method.upper()
    # A family's words have no place in an address, which every server on the way writes down.
    if method != "POST" and not (method == "GET" and place["key"] is not None):
        return HookResponse(status=405)
    if len(request.body) > MOST_BYTES:
        return HookResponse(status=400, body="too large")
    try:
        told = dict(parse_qsl(parts.query, errors="replace", max_num_fields=_MOST_FIELDS))
    except ValueError:
        return HookResponse(status=400, body="too many fields")
    if place["key"] is not None:
        return _status(unquote(place["key"]), told)
    return _inbound(request, told, country)


def _password(header: str) -> bytes:
    kind, _, pair = header.partition(" ")
    if kind.casefold() != "basic":
        return b""
    try:
        return b64decode(pair.encode(), validate=True).partition(b":")[2]
    except (binascii.Error, ValueError):
        return b""


def _status(key: str, told: dict[str, str]) -> HookResponse:
    kind = told.get("type", "")
    if not kind.isascii() or not kind.isdecimal() or len(kind) > 4:
        return HookResponse(status=400, body="no type")
    state = state_of(int(kind))
    if state is None:
        return HookResponse(status=200)
    event = Event(
        kind=EventKind.RECEIPT,
        # When the report was made is part of it: a text that went out again may fail again.
        dedupe=f"{key}:{kind}:{told.get('at', '')}",
        key=key,
        state=state,
        code=code_of(int(kind), told.get("reply", "")),
    )
    return HookResponse(status=200, events=(event,))


def _inbound(request: HookRequest, told: dict[str, str], country: str) -> HookResponse:
    sender = request.headers.get("x-kannel-from", "").strip()
    if not sender:
        return HookResponse(status=400, body="no sender: set send-sender = true in kannel.conf")
    words = _words(request)
    at = request.headers.get("x-kannel-time", "")
    mark = told.get("id") or _fingerprint(sender, at, words)
    event = Event(
        kind=EventKind.INBOUND,
        dedupe=f"in:{mark}",
        carrier_id=told.get("id", "")[:64],
        # Operators leave out the plus, or the country.
        from_=to_e164(sender, country) or sender[:200],
        to=request.headers.get("x-kannel-to", "").strip()[:200],
        body=words,
    )
    # Whatever stood here Kannel might text to the family.
    return HookResponse(status=200, events=(event,))


def _words(request: HookRequest) -> str:
    """The text in whatever letters it came; never an error, since nothing that a family writes is lost."""
    named = re.search(r'charset="?([\w.:-]+)', request.headers.get("content-type", ""))
    charset = named[1] if named else "utf-8"
    if named is None and request.headers.get("x-kannel-coding") == _UCS_2:
        charset = "utf-16-be"
    try:
        return request.body.decode(charset, errors="replace")
    except LookupError:  # a charset that nobody knows
        return request.body.decode("utf-8", errors="replace")


def _fingerprint(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode(errors="replace")).hexdigest()
