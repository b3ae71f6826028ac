"""What Twilio tells us by itself: status reports and texts from families."""

import re
from collections.abc import Sequence
from urllib.parse import parse_qsl, unquote, urlsplit

from bothways.channels.contract import Event, HookRequest, HookResponse
from bothways.channels.enums import EventKind
from bothways.channels.twilio.answers import STOPPED, state_of
from bothways.channels.twilio.signature import genuine

MOST_BYTES = 64 * 1024
_MOST_FIELDS = 200
_NOTHING_TO_SAY = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
_STOPS = {"STOP": True, "START": False}

Fields = Sequence[tuple[str, str]]


def handle(request: HookRequest, *, token: str, path: str) -> HookResponse:
    """Status reports at ``path``/status/KEY and texts at ``path``/in; 403 for a forgery."""
    place = re.fullmatch(
        re.escape(path.rstrip("/")) + r"/(?:status/(?P<key>[^/]+)|in)/?",
        urlsplit(request.url).path,
    )
    if place is None:
        return HookResponse(status=404)
    if request.method.upper() != "POST":
        return HookResponse(status=405)
    if len(request.body) > MOST_BYTES:
        return HookResponse(status=400, body="too large")
    try:
        fields = _fields(request.body)
    except ValueError:
        return HookResponse(status=400, body="not a form in UTF-8")
    if not genuine(request.headers.get("x-twilio-signature", ""), token, request.url, fields):
        return HookResponse(status=403, body="wrong signature")
    if place["key"] is not None:
        return _status(unquote(place["key"]), dict(fields))
    return _inbound(dict(fields))


def _fields(body: bytes) -> Fields:
    """The form's fields. Raises ValueError for what is no form in UTF-8."""
    return parse_qsl(
        body.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS
    )


def _status(key: str, told: dict[str, str]) -> HookResponse:
    sid = told.get("MessageSid") or told.get("SmsSid", "")
    status = (told.get("MessageStatus") or told.get("SmsStatus", "")).lower()
    if not sid or not status:
        return HookResponse(status=400, body="no message")
    state = state_of(status)
    if state is None:
        return HookResponse(status=200)  # "scheduled", or a word that is newer than we are
    code = told.get("ErrorCode", "")
    event = Event(
        kind=EventKind.RECEIPT,
        dedupe=f"{sid}:{status}",
        key=key,
        carrier_id=sid,
        state=state,
        code=code,
        blocked=code == STOPPED,
        to=told.get("To", ""),
    )
    return HookResponse(status=200, events=(event,))


def _inbound(told: dict[str, str]) -> HookResponse:
    sid = told.get("MessageSid") or told.get("SmsSid", "")
    sender = told.get("From", "")
    if not sid or not sender:
        return HookResponse(status=400, body="no message")
    event = Event(
        kind=EventKind.INBOUND,
        dedupe=sid,
        carrier_id=sid,
        from_=sender,
        to=told.get("To", ""),
        body=told.get("Body", ""),
        stop=_STOPS.get(told.get("OptOutType", "").upper()),
    )
    return HookResponse(status=200, body=_NOTHING_TO_SAY, content_type="text/xml", events=(event,))
