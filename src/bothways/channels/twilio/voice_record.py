"""What Twilio says of a call: pure reading, no network.

Source: Twilio, "Call resource" and "Call progress events".
"""

from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime

from bothways.channels.contract import Event
from bothways.channels.enums import EventKind, ReceiptState

# Nobody took the call: that says nothing bad about the number.
NOBODY = {"busy": "busy", "no-answer": "no_answer", "canceled": "canceled"}
# It could not be rung at all: as a rule the number does not exist.
FAILED = "call_failed"
FAX = "fax"
_UNDER_WAY = frozenset({"queued", "initiated", "ringing", "in-progress", "completed"})


def state_of_call(status: str) -> tuple[ReceiptState | None, str]:
    """(state, our code). “completed” only says that somebody took it: words are another matter."""
    word = status.lower()
    if word in NOBODY:
        return ReceiptState.UNDELIVERED, NOBODY[word]
    if word == "failed":
        return ReceiptState.UNDELIVERED, FAILED
    return (ReceiptState.ACCEPTED, "") if word in _UNDER_WAY else (None, "")


def event_of_call(call: Mapping[str, object], *, spoken: bool) -> Event | None:
    """A receipt for a call of ours from Twilio's list; None for the rest.

    ``spoken``: the words went out with the request, so that who took the call heard them. Where Twilio
    fetches the words from us we know better ourselves what was given out.
    """
    sid, status = _text(call, "sid"), _text(call, "status").lower()
    if not sid or not _text(call, "direction").startswith("outbound"):
        return None
    state, code = state_of_call(status)
    if state is None:
        return None
    answered_by = _text(call, "answered_by").lower()
    if status == "completed" and answered_by == "fax":
        state, code = ReceiptState.UNDELIVERED, FAX
    elif status == "completed" and spoken and _seconds(call) > 0:
        state = ReceiptState.DELIVERED
    return Event(
        kind=EventKind.RECEIPT,
        dedupe=f"{sid}:{status}",
        carrier_id=sid,
        state=state,
        code=code,
        to=_text(call, "to"),
        at=_moment(call, "date_updated"),
    )


def _seconds(call: Mapping[str, object]) -> int:
    told = _text(call, "duration")
    return int(told) if told.isascii() and told.isdecimal() else 0


def _text(call: Mapping[str, object], name: str) -> str:
    value = call.get(name)
    return "" if value is None else str(value)


def _moment(call: Mapping[str, object], name: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(_text(call, name))
    except ValueError:
        return None
    return moment if moment.tzinfo else None
