"""Twilio's own forms: signatures, errors, messages, dates. Pure; nothing is sent from here.

Sources: Twilio's public API description ``twilio_api_v2010``, and its pages on webhook security,
error codes, and default opt-out keywords.
"""

import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from functools import lru_cache
from hashlib import sha1
from hmac import new as hmac
from typing import Any, Final

E164: Final = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
STOP_WORDS: Final = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"})
START_WORDS: Final = frozenset({"START", "YES", "UNSTOP"})
HELP_WORDS: Final = frozenset({"HELP", "INFO"})

# GSM 03.38: these take one of 160 places in a segment; the second row takes two.
_GSM: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_TWO: Final = frozenset("^{}\\[~]|€\f")
_GSM_ALL: Final = _GSM | _GSM_TWO

ERRORS: Final[Mapping[int, tuple[int, str]]] = {
    20003: (401, "Authenticate"),
    20004: (405, "Method not allowed"),
    20404: (404, "The requested resource was not found"),
    20429: (429, "Too Many Requests"),
    20500: (500, "An internal server error has occurred"),
    20001: (400, "The request could not be read"),
    20013: (413, "The request is too large"),
    21205: (400, "Invalid Url"),
    21218: (400, "Invalid TwiML"),
    21211: (400, "Invalid 'To' Phone Number"),
    21212: (400, "Invalid 'From' Number"),
    21602: (400, "Message body is required."),
    21603: (400, "A 'From' phone number is required."),
    21609: (400, "Invalid 'StatusCallback' URL"),
    21610: (400, "Attempt to send to unsubscribed recipient"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit"),
}


@dataclass(slots=True, eq=False)
class Message:
    """A Message resource, outbound or inbound."""

    sid: str
    account: str
    to: str
    sender: str
    service: str | None
    body: str
    direction: str  # outbound-api or inbound
    status: str
    created: datetime
    updated: datetime
    callback: str = ""
    error: int | None = None


def signature(token: str, url: str, params: Mapping[str, str]) -> str:
    """X-Twilio-Signature: HMAC-SHA1 over the whole address and the sorted form fields."""
    signed = url + "".join(name + params[name] for name in sorted(params))
    return b64encode(hmac(token.encode(), signed.encode(), sha1).digest()).decode()


def error(code: int, detail: str = "") -> tuple[int, dict[str, Any]]:
    """(HTTP status, Twilio's error JSON)."""
    status, words = ERRORS[code]
    return status, {
        "code": code,
        "message": f"{words}: {detail}" if detail else words,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }


def opt_out_type(body: str) -> str | None:
    """STOP, START or HELP when the whole text is one of Twilio's default keywords."""
    word = body.strip().upper()
    if word in STOP_WORDS:
        return "STOP"
    if word in START_WORDS:
        return "START"
    return "HELP" if word in HELP_WORDS else None


def segments(body: str) -> int:
    """How many texts a phone company counts for this body."""
    if _GSM_ALL.issuperset(body):
        length = len(body) + sum(map(body.count, _GSM_TWO))
        return 1 if length <= 160 else -(-length // 153)
    length = len(body.encode("utf-16-le")) // 2
    return 1 if length <= 70 else -(-length // 67)


def resource(message: Message) -> dict[str, Any]:
    """The Message resource as the API gives it."""
    uri = f"/2010-04-01/Accounts/{message.account}/Messages/{message.sid}"
    created, updated = _rfc2822(message.created), _rfc2822(message.updated)
    return {
        "account_sid": message.account,
        "api_version": "2010-04-01",
        "body": message.body,
        "date_created": created,
        "date_sent": created,
        "date_updated": updated,
        "direction": message.direction,
        "error_code": message.error,
        "error_message": None,
        "from": message.sender,
        "messaging_service_sid": message.service,
        "num_media": "0",
        "num_segments": str(segments(message.body)),
        "price": None,
        "price_unit": "USD",
        "sid": message.sid,
        "status": message.status,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": message.to,
        "uri": f"{uri}.json",
    }


@lru_cache(maxsize=1024)
def _rfc2822(moment: datetime) -> str:
    return format_datetime(moment.replace(microsecond=0))


def status_params(message: Message) -> dict[str, str]:
    """The form fields of a status callback."""
    params = {
        "AccountSid": message.account,
        "ApiVersion": "2010-04-01",
        "From": message.sender,
        "MessageSid": message.sid,
        "MessageStatus": message.status,
        "SmsSid": message.sid,
        "SmsStatus": message.status,
        "To": message.to,
    }
    if message.service:
        params["MessagingServiceSid"] = message.service
    if message.error is not None:
        params["ErrorCode"] = str(message.error)
    return params


def incoming_params(message: Message) -> dict[str, str]:
    """The form fields with which an incoming text reaches the webhook."""
    params = {
        "AccountSid": message.account,
        "ApiVersion": "2010-04-01",
        "Body": message.body,
        "From": message.sender,
        "MessageSid": message.sid,
        "NumMedia": "0",
        "NumSegments": str(segments(message.body)),
        "SmsMessageSid": message.sid,
        "SmsSid": message.sid,
        "SmsStatus": "received",
        "To": message.to,
    }
    if message.service:
        params["MessagingServiceSid"] = message.service
    keyword = opt_out_type(message.body)
    if keyword:
        params["OptOutType"] = keyword
    return params


def moment(text: str, *, end_of_day: bool = False) -> datetime:
    """A date or moment of a list filter, in UTC; a bare date is its start (or its last moment).

    ValueError when it is neither ISO 8601 nor RFC 2822.
    """
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
            day = datetime.fromisoformat(text).replace(tzinfo=UTC)
            return day + timedelta(days=1, microseconds=-1) if end_of_day else day
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            found = parsedate_to_datetime(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except OverflowError as far:
        raise ValueError(f"{text} is too far away") from far
