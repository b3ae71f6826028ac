"""What Meta's answers and errors mean: pure decisions, no network.

Source: Meta, WhatsApp Business Platform, “Cloud API: Error codes”. The numbers named there:
130429 and 80007 too fast, 131056 too much to one number, 190 the token, 131026 it cannot be delivered,
131047 more than a day since the family's last words, 131049 held back by Meta, 131050 the family wants no
more marketing from us, 132001 no such template in this language.
"""

import json
from dataclasses import dataclass

from bothways.channels.contract import Outcome
from bothways.channels.enums import OutcomeKind, ReceiptState

WINDOW_CLOSED = "131047"
NO_TRANSLATION = "132001"
STOPPED = "131050"

# Failures that say nothing about whether this number takes WhatsApp messages.
NOT_THE_NUMBER = (
    "100",
    "130472",  # Meta's experiment: nothing was delivered to this group of people
    "131000",
    "131008",
    "131009",
    "131016",
    "131042",
    "131048",
    "131049",
    "131056",
    "131057",
    "130429",
    "135000",
    STOPPED,
    WINDOW_CLOSED,
)

_SETUP = {
    "3": "The token may not send messages.",
    "10": "The token may not send messages.",
    "33": "The phone number ID in the settings does not exist any more.",
    "190": "The access token has ended or was withdrawn. Make a new one at Meta.",
    "368": "Meta has blocked this account for a while for a violation of its rules.",
    "131005": "The token may not send messages.",
    "131030": "This is a test number: it sends to the numbers listed at Meta only.",
    "131031": "Meta has locked this account.",
    "131042": "There is no valid way to pay in the account at Meta.",
    "131045": "The sending number is not registered at Meta.",
    "131051": "Meta does not know this kind of message.",
    "131057": "The account at Meta is being serviced.",
    "132000": "The template has not the three places {{1}} school, {{2}} words, {{3}} link.",
    NO_TRANSLATION: "The template does not exist at Meta in this language, or is not approved yet.",
    "132005": "The template with the words in it is too long.",
    "132007": "Meta does not allow the words in the template.",
    "132008": "Meta does not allow the words in the template.",
    "132012": "The template has not the three places {{1}} school, {{2}} words, {{3}} link.",
    "132015": "Meta has paused the template because of poor quality.",
    "132016": "Meta has switched the template off.",
    "133004": "Meta's server is away.",
    "133010": "The sending number is not registered at Meta.",
}
_AMEND = " Mend it at Meta or with “bothways carrier”; the messages wait."
# Seconds in which nobody sends. Too much to one number concerns that number alone: it waits by itself.
_TOO_FAST = {"4": 60.0, "80007": 60.0, "130429": 5.0, "131048": 300.0, "133016": 300.0}
_BUSY = frozenset({"1", "2", "131000", "131016", "131056"})

_STATES = {
    "accepted": ReceiptState.ACCEPTED,
    "sent": ReceiptState.ACCEPTED,
    "delivered": ReceiptState.DELIVERED,
    # Blue ticks are a receipt of the phone, not a gesture of the family: no more than delivered.
    "read": ReceiptState.DELIVERED,
    "played": ReceiptState.DELIVERED,
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
    """What became of one message, by the answer to its request."""
    told = _object(answer.body)
    code = code_of(told.get("error"))
    if 200 <= answer.status < 300 and not code:
        return _taken(key, told)
    if code in _TOO_FAST:
        after = _seconds(answer.retry_after) or _TOO_FAST[code]
        return _waits(key, code, "WhatsApp wants us to send more slowly.", after)
    if code in _BUSY:
        return _waits(key, code, "WhatsApp is busy.", _seconds(answer.retry_after))
    if answer.status == 401 or code in _SETUP or (code.isdecimal() and 200 <= int(code) < 300):
        words = _SETUP.get(code, _SETUP["10"])
        return _waits(key, "setup", f"{words} (Meta's number {code or answer.status}.){_AMEND}")
    if answer.status == 429 or answer.status >= 500:
        detail = "WhatsApp is busy." if answer.status == 429 else "WhatsApp has a fault of its own."
        return _waits(key, code or str(answer.status), detail, _seconds(answer.retry_after))
    if 400 <= answer.status < 500 and code:
        return Outcome(key, OutcomeKind.REJECTED, code=code, detail=_why(code))
    detail = f"The base address in the settings does not answer as WhatsApp does.{_AMEND}"
    return _waits(key, str(answer.status), detail)


def unknown(key: str, detail: str) -> Outcome:
    return Outcome(key, OutcomeKind.UNKNOWN, detail=detail)


def code_of(error: object) -> str:
    """The number in one of Meta's error objects, "" where there is none."""
    code = error.get("code") if isinstance(error, dict) else None
    return str(code) if isinstance(code, int | str) and not isinstance(code, bool) else ""


def _why(code: str) -> str:
    if code == STOPPED:
        return (
            "This family has told WhatsApp that it wants no more such messages from us. Only the family "
            "can lift that, in WhatsApp; reach it another way until then."
        )
    if code == WINDOW_CLOSED:
        return "More than a day has passed since this family last wrote: WhatsApp takes templates only."
    if code == "131026":
        return "WhatsApp cannot deliver to this number: it may not use WhatsApp."
    return f"WhatsApp refused this number or message (number {code})."


def _taken(key: str, told: dict[str, object]) -> Outcome:
    messages = told.get("messages")
    first = messages[0] if isinstance(messages, list) and messages else None
    wamid = first.get("id") if isinstance(first, dict) else None
    if not isinstance(wamid, str) or not wamid:
        return unknown(key, "WhatsApp's answer could not be understood.")
    return Outcome(key, OutcomeKind.ACCEPTED, carrier_id=wamid)


def _waits(key: str, code: str, detail: str, retry_after: float | None = None) -> Outcome:
    return Outcome(key, OutcomeKind.UNAVAILABLE, code=code, detail=detail, retry_after=retry_after)


def _object(body: bytes) -> dict[str, object]:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _seconds(retry_after: str) -> float | None:
    return float(retry_after) if retry_after.isdecimal() else None
