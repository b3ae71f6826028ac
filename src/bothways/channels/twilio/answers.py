"""What Twilio's answers to a send mean: pure decisions, no network.

Source: Twilio, "Message resource" and "Error and warning dictionary".
"""

import json
from dataclasses import dataclass

from bothways.channels.contract import Outcome
from bothways.channels.enums import OutcomeKind, ReceiptState

STOPPED = "21610"  # the family texted STOP: Twilio refuses until it texts START

# Refusals that are about our account or number. Taking them for "this family's number is bad" would
# mark every phone of the district as failing because of one wrong setting.
_ABOUT_US = {
    10004: "Too many calls at once for this Twilio account.",
    10001: "The Twilio account is not active.",
    14107: "Twilio's limit for sending was reached.",
    20001: "Twilio could not read our request.",
    20003: "Twilio does not accept the account SID or the auth token.",
    20005: "The Twilio account is not active.",
    20008: "These are test credentials of Twilio.",
    20404: "Twilio does not know this account SID.",
    20429: "Twilio's limit for requests was reached.",
    21205: "Twilio does not accept the public address of this installation for calls.",
    21210: "The calling number is not one that this Twilio account may show.",
    21212: "The sending number in the settings is not a phone number.",
    21215: "The Twilio account may not call this country.",
    21219: "This is a trial account of Twilio: it calls verified numbers only.",
    21603: "No sending number is set.",
    21606: "The sending number cannot send texts.",
    21608: "This is a trial account of Twilio: it sends to verified numbers only.",
    21609: "Twilio does not accept the public address of this installation for its reports.",
    21611: "Too many texts wait at Twilio for this sending number.",
    21659: "The sending number does not belong to this Twilio account.",
    21660: "The sending number does not belong to this Twilio account.",
    21701: "The messaging service in the settings does not exist.",
    21703: "The messaging service in the settings has no sending number.",
    21704: "The messaging service in the settings has no sending number.",
    21705: "The messaging service in the settings does not exist.",
    63038: "The daily limit of the Twilio account was reached.",
}
_AMEND = " Mend it with “bothways carrier”; the texts wait."

_STATES = {
    "accepted": ReceiptState.ACCEPTED,
    "queued": ReceiptState.ACCEPTED,
    "sending": ReceiptState.ACCEPTED,
    "sent": ReceiptState.ACCEPTED,
    "delivered": ReceiptState.DELIVERED,
    "read": ReceiptState.DELIVERED,
    "undelivered": ReceiptState.UNDELIVERED,
    "failed": ReceiptState.UNDELIVERED,
}


def state_of(status: str) -> ReceiptState | None:
    """None for a status that tells nothing about arrival."""
    return _STATES.get(status.lower())


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer, read whole."""

    status: int
    body: bytes
    retry_after: str = ""


def outcome_of(key: str, answer: Answer) -> Outcome:
    """What became of one text, by the answer to its request."""
    told = _object(answer.body)
    code = _code(told)
    if answer.status in (200, 201):
        return _taken(key, told, code)
    if 200 <= answer.status < 300:
        return unknown(key, "Twilio's answer could not be understood.")
    if answer.status in (401, 403):
        return _waits(key, code or str(answer.status), _ABOUT_US[20003] + _AMEND)
    if answer.status == 429 or answer.status >= 500:
        detail = "Twilio is busy." if answer.status == 429 else "Twilio has a fault of its own."
        return _waits(key, code or str(answer.status), detail, _seconds(answer.retry_after))
    if code.isdecimal() and int(code) in _ABOUT_US:
        after = _seconds(answer.retry_after)
        return _waits(key, code, _ABOUT_US[int(code)] + _AMEND, after)
    if 400 <= answer.status < 500 and code:
        return _refused(key, code)
    # An answer in HTML, a redirect: this is not Twilio's messages service.
    detail = f"The base address in the settings does not answer as Twilio does.{_AMEND}"
    return _waits(key, str(answer.status), detail)


def unknown(key: str, detail: str) -> Outcome:
    return Outcome(key, OutcomeKind.UNKNOWN, detail=detail)


def _taken(key: str, told: dict[str, object], code: str) -> Outcome:
    sid = told.get("sid")
    if not isinstance(sid, str) or not sid:
        return unknown(key, "Twilio's answer could not be understood.")
    if state_of(str(told.get("status", ""))) is ReceiptState.UNDELIVERED:
        return _refused(key, code, sid)
    return Outcome(key, OutcomeKind.ACCEPTED, carrier_id=sid)


def _refused(key: str, code: str, sid: str = "") -> Outcome:
    if code == STOPPED:
        detail = (
            "This number stopped texts at Twilio itself. Only the family can lift that, "
            "by texting START; reach it another way until then."
        )
    else:
        detail = f"Twilio refused this number or text (code {code})."
    return Outcome(key, OutcomeKind.REJECTED, carrier_id=sid, code=code, detail=detail)


def _waits(key: str, code: str, detail: str, retry_after: float | None = None) -> Outcome:
    return Outcome(key, OutcomeKind.UNAVAILABLE, code=code, detail=detail, retry_after=retry_after)


def _object(body: bytes) -> dict[str, object]:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _code(told: dict[str, object]) -> str:
    code = told.get("code") or told.get("error_code")
    return str(code) if isinstance(code, int | str) else ""


def _seconds(retry_after: str) -> float | None:
    return float(retry_after) if retry_after.isdecimal() else None
