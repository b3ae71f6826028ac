"""What Twilio's list of messages says: pure reading of its JSON, no network."""

from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime

from bothways.channels.contract import Event
from bothways.channels.enums import EventKind
from bothways.channels.twilio.answers import STOPPED, state_of


def event_of(message: Mapping[str, object]) -> Event | None:
    """A receipt for a text that we sent, the words of one that came in; None for the rest.

    The values by which a report is known again are those of the hooks: polling after a report,
    or the other way round, tells nothing twice.
    """
    sid, status = _text(message, "sid"), _text(message, "status").lower()
    if not sid:
        return None
    if _text(message, "direction") == "inbound":
        return Event(
            kind=EventKind.INBOUND,
            dedupe=sid,
            carrier_id=sid,
            from_=_text(message, "from"),
            to=_text(message, "to"),
            body=_text(message, "body"),
            at=_moment(message, "date_created"),
        )
    state = state_of(status)
    if state is None:
        return None
    code = _text(message, "error_code")
    return Event(
        kind=EventKind.RECEIPT,
        dedupe=f"{sid}:{status}",
        carrier_id=sid,
        state=state,
        code=code,
        blocked=code == STOPPED,
        to=_text(message, "to"),
        body=_text(message, "body"),
        at=_moment(message, "date_updated"),
    )


def _text(message: Mapping[str, object], name: str) -> str:
    value = message.get(name)
    return "" if value is None else str(value)


def _moment(message: Mapping[str, object], name: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(_text(message, name))
    except ValueError:
        return None
    return moment if moment.tzinfo else None
