"""What a provider tells of a mail: arrived, came back, was called spam. Read and checked by django-anymail."""

import hashlib
import re
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

from anymail.exceptions import AnymailConfigurationError, AnymailWebhookValidationFailure
from anymail.signals import EventType, RejectReason
from django.core.exceptions import SuspiciousOperation
from django.core.handlers.wsgi import WSGIRequest

from bothways.channels.contract import Event, HookRequest, HookResponse
from bothways.channels.enums import Channel, EventKind, ReceiptState

METADATA = "bothways"  # under this name our key goes with the mail and comes back
_STATUS = re.compile(r"\b([45]\.\d{1,3}\.\d{1,3})\b")
_REPLY = re.compile(r"^\D{0,20}\b([45]\d\d)\b")
_NO_SUCH_ADDRESS = (RejectReason.BOUNCED, RejectReason.INVALID)
# Codes for what a provider says without one (RFC 3463): no such mailbox; it may pass; somebody refuses us.
_BAD_ADDRESS, _PASSES, _REFUSED = "5.1.1", "4.0.0", "5.7.1"
_UNREADABLE = (
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    IndexError,
    OverflowError,
    RecursionError,
)


def handle(request: HookRequest, *, reader: Any, path: str) -> HookResponse:
    """Reports at ``path``/events; 403 for a forgery. What families do with a mail's links is not asked for."""
    if urlsplit(request.url).path.rstrip("/") != f"{path.rstrip('/')}/events":
        return HookResponse(status=404)
    if request.method.upper() == "HEAD":
        return HookResponse(status=200)  # some ask whether anybody is there
    if request.method.upper() != "POST":
        return HookResponse(status=405)
    told = _as_django(request)
    try:
        reader.run_validators(told)
    except (AnymailWebhookValidationFailure, SuspiciousOperation, *_UNREADABLE):
        return HookResponse(status=403, body="wrong signature or secret")
    try:
        events = [event for told_of in reader.parse_events(told) if (event := event_of(told_of))]
    except (AnymailConfigurationError, SuspiciousOperation, *_UNREADABLE):
        return HookResponse(status=400, body="not a report")
    return HookResponse(status=200, events=tuple(events))


def event_of(told: Any) -> Event | None:
    """None for what tells nothing of arrival: opened, clicked, queued, late."""
    metadata = told.metadata if isinstance(told.metadata, dict) else {}
    key, mail = str(metadata.get(METADATA) or ""), str(told.message_id or "")
    if told.event_type in (EventType.COMPLAINED, EventType.UNSUBSCRIBED):
        if not key:
            return None  # not of a mail of ours: it may be another program's list
        return Event(
            kind=EventKind.INBOUND,
            dedupe=_mark(told),
            key=key,
            from_=str(told.recipient or "").casefold()[:320],
            stop=True,
            channel=Channel.EMAIL,
            at=told.timestamp,
        )
    state = {
        EventType.DELIVERED: ReceiptState.DELIVERED,
        EventType.BOUNCED: ReceiptState.UNDELIVERED,
        EventType.REJECTED: ReceiptState.UNDELIVERED,
        EventType.FAILED: ReceiptState.UNDELIVERED,
    }.get(told.event_type)
    if state is None or not (key or mail):
        return None
    return Event(
        kind=EventKind.RECEIPT,
        dedupe=_mark(told),
        key=key,
        carrier_id=mail[:64],
        state=state,
        code=_code(told) if state is ReceiptState.UNDELIVERED else "",
        channel=Channel.EMAIL,
        at=told.timestamp,
    )


def _code(told: Any) -> str:
    response = str(told.mta_response or "")
    if found := _STATUS.search(response) or _REPLY.search(response):
        return found[1]
    raw = told.esp_event if isinstance(told.esp_event, dict) else {}
    if "soft" in str(raw.get("Type") or raw.get("event") or "").casefold():
        return _PASSES
    if told.event_type == EventType.FAILED:
        return _REFUSED
    return _BAD_ADDRESS if told.reject_reason in _NO_SUCH_ADDRESS else _REFUSED


def _mark(told: Any) -> str:
    parts = (told.event_id, told.event_type, told.message_id, told.recipient, told.timestamp)
    return hashlib.sha256("\x1f".join(map(str, parts)).encode(errors="replace")).hexdigest()


def _as_django(request: HookRequest) -> WSGIRequest:
    """The request in the form that django-anymail reads."""
    parts = urlsplit(request.url)
    environ: dict[str, Any] = {
        f"HTTP_{name.upper().replace('-', '_')}": value for name, value in request.headers.items()
    }
    return WSGIRequest(
        environ
        | {
            "REQUEST_METHOD": request.method.upper(),
            "PATH_INFO": parts.path,
            "QUERY_STRING": parts.query,
            "SERVER_NAME": parts.hostname or "localhost",
            "SERVER_PORT": str(parts.port or 443),
            "CONTENT_TYPE": request.headers.get("content-type", ""),
            "CONTENT_LENGTH": str(len(request.body)),
            "wsgi.input": BytesIO(request.body),
            "wsgi.url_scheme": parts.scheme or "https",
        }
    )
