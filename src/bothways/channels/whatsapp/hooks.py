"""What Meta tells us by itself: statuses, and what families write, press and send.

Sources: Meta, “Webhooks: Getting started” (the challenge, X-Hub-Signature-256) and “Cloud API: Webhooks
payload reference”. Fields that we do not know are passed over; a kind of message that we do not know is
kept as words, with its name in brackets.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from bothways.channels.contract import Event, HookRequest, HookResponse
from bothways.channels.enums import Channel, EventKind
from bothways.channels.whatsapp.answers import STOPPED, code_of, state_of
from bothways.channels.whatsapp.message import read_payload, tracked_key

MOST_BYTES = 3 * 1024 * 1024  # Meta gathers up to a thousand news in one call
_MOST_DETAIL = 1000
_SKIN = re.compile("[\U0001f3fb-\U0001f3ff\ufe0f]")
_NAMES = {
    "audio": "a voice message",
    "image": "a photo",
    "video": "a video",
    "sticker": "a sticker",
    "document": "a document",
    "contacts": "a contact card",
    "location": "a place on the map",
    "order": "an order",
}

Told = Mapping[str, Any]


def handle(
    request: HookRequest, *, app_secret: str, verify_token: str, path: str, phone_number_id: str
) -> HookResponse:
    """The challenge by GET, news by POST, both at ``path``; 403 for a forgery."""
    parts = urlsplit(request.url)
    if parts.path.rstrip("/") != path.rstrip("/"):
        return HookResponse(status=404)
    method = request.method.upper()
    if method == "GET":
        return _challenge(dict(parse_qsl(parts.query)), verify_token)
    if method != "POST":
        return HookResponse(status=405)
    if len(request.body) > MOST_BYTES:
        return HookResponse(status=400, body="too large")
    if not genuine(request.headers.get("x-hub-signature-256", ""), app_secret, request.body):
        return HookResponse(status=403, body="wrong signature")
    try:
        told = json.loads(request.body)
    except (ValueError, RecursionError):
        return HookResponse(status=400, body="not JSON")
    return HookResponse(status=200, events=tuple(_events(told, phone_number_id)))


def sign(app_secret: str, body: bytes) -> str:
    """The value of X-Hub-Signature-256 for this body."""
    return "sha256=" + hmac.new(app_secret.encode(), body, hashlib.sha256).hexdigest()


def genuine(given: str, app_secret: str, body: bytes) -> bool:
    """Whether the signature fits, in time that does not depend on how nearly it does."""
    return hmac.compare_digest(sign(app_secret, body).encode(), given.encode(errors="replace"))


def _challenge(query: Mapping[str, str], verify_token: str) -> HookResponse:
    given = query.get("hub.verify_token", "").encode(errors="replace")
    right = hmac.compare_digest(given, verify_token.encode())
    challenge = query.get("hub.challenge", "")
    if not right or query.get("hub.mode") != "subscribe":
        return HookResponse(status=403, body="wrong token")
    if not re.fullmatch(r"[\w.~-]{1,200}", challenge, re.ASCII):
        return HookResponse(status=400, body="no challenge")
    return HookResponse(status=200, body=challenge)


def _events(told: object, phone_number_id: str) -> Iterator[Event]:
    for entry in _list(_object(told).get("entry")):
        for change in _list(_object(entry).get("changes")):
            if _object(change).get("field") != "messages":
                continue
            value = _object(_object(change).get("value"))
            metadata = _object(value.get("metadata"))
            # One app may serve several numbers: what the others are told is not for us.
            if metadata and _text(metadata, "phone_number_id") not in ("", phone_number_id):
                continue
            for status in _list(value.get("statuses")):
                if event := _status(_object(status)):
                    yield event
            ours = _e164(_text(metadata, "display_phone_number"))
            for message in _list(value.get("messages")):
                if event := _said(_object(message), ours):
                    yield event


def _status(status: Told) -> Event | None:
    wamid, name = _text(status, "id"), _text(status, "status").lower()
    state = state_of(name)
    if not wamid or state is None:
        return None
    errors = _list(status.get("errors"))
    code = code_of(errors[0]) if errors else ""
    return Event(
        kind=EventKind.RECEIPT,
        dedupe=_once(wamid, name),
        key=tracked_key(_text(status, "biz_opaque_callback_data")),
        carrier_id=wamid,
        state=state,
        code=code,
        blocked=code == STOPPED,
        to=_e164(_text(status, "recipient_id")),
        channel=Channel.WHATSAPP.value,
        at=_moment(status),
    )


def _said(message: Told, ours: str) -> Event | None:
    """What a family wrote or pressed; None for what says nothing: a thumb that was taken away again."""
    wamid, sender = _text(message, "id"), _e164(_text(message, "from"))
    if not wamid or not sender:
        return None
    common: dict[str, Any] = {
        "dedupe": _once(wamid),
        "carrier_id": wamid,
        "from_": sender,
        "to": ours,
        "channel": Channel.WHATSAPP.value,
        "at": _moment(message),
    }
    kind = _text(message, "type") or "unknown"
    value = _object(message.get(kind))
    if kind in ("button", "interactive"):
        given, title = _pressed(kind, value)
        ours_too = read_payload(given)
        if ours_too is not None:
            button, key = ours_too
            return Event(kind=EventKind.GESTURE, key=key, button=button.value, **common)
        # Somebody else's button, or a list: what stood on it is what the family said.
        return Event(kind=EventKind.INBOUND, body=title or f"[{kind}]", **common)
    if kind == "audio" and _text(value, "id"):
        return Event(kind=EventKind.INBOUND, audio=_text(value, "id"), **common)
    words = _words(kind, value)
    if not words:
        return None
    return Event(kind=EventKind.INBOUND, body=words, machine=kind == "system", **common)


def _pressed(kind: str, value: Told) -> tuple[str, str]:
    """(what the button sends, what stood on it)."""
    if kind == "button":
        return _text(value, "payload"), _text(value, "text")
    reply = _object(value.get(_text(value, "type")))
    return _text(reply, "id"), _text(reply, "title")


def _words(kind: str, value: Told) -> str:
    """The words of a message, or in brackets what it was; "" where it says nothing."""
    if kind == "text":
        return _text(value, "body") or "[an empty message]"
    if kind == "reaction":
        return _SKIN.sub("", _text(value, "emoji"))
    if kind == "system":
        number = _e164(_text(value, "wa_id") or _text(value, "new_wa_id"))
        return f"[this number has changed to {number}]" if number else "[this number has changed]"
    name = f"[{_NAMES.get(kind, 'something that cannot be shown here')}]"
    if kind == "location":
        name = f"{name} {_place(value)}"
    caption = _text(value, "caption") or _text(value, "filename")
    return f"{name} {caption}".strip()


def _place(value: Told) -> str:
    parts = [_text(value, "name"), _text(value, "address")]
    at = [_text(value, "latitude"), _text(value, "longitude")]
    return ", ".join(filter(None, [*parts, " ".join(filter(None, at))]))[:_MOST_DETAIL]


def _e164(digits: str) -> str:
    """Meta's spelling of a number as ours.

    Mexican mobiles carry a 1 behind the country's code there, which nobody dials since 2019.

    >>> _e164("16505551234"), _e164("5215512345678"), _e164("")
    ('+16505551234', '+525512345678', '')
    """
    plain = digits.strip().removeprefix("+")
    if not plain.isascii() or not plain.isdecimal():
        return ""
    if len(plain) == 13 and plain.startswith("521"):
        plain = f"52{plain[3:]}"
    return f"+{plain}"


def _once(wamid: str, *more: str) -> str:
    """By what the same news is known again, however long Meta's id may be."""
    whole = ":".join((wamid, *more))
    if len(whole) <= 200:
        return whole
    return "sha256:" + hashlib.sha256(whole.encode(errors="replace")).hexdigest()


def _moment(told: Told) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(_text(told, "timestamp")), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _object(value: object) -> Told:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _text(told: Told, name: str) -> str:
    value = told.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    # Half a character would make the database refuse the whole call, and Meta tell it for a week.
    return str(value).encode("utf-8", "replace").decode()
