"""What smsbox answers to a text, and what the types of its reports mean: pure, no network.

Source: Kannel User's Guide, "Using the HTTP interface to send SMS messages" and "Delivery reports", and the
words of smsbox 1.4.5.
"""

import re

from bothways.channels.contract import Outcome
from bothways.channels.enums import OutcomeKind, ReceiptState

# Asked for: delivered (1), not delivered (2), handed to the operator (8), refused by it (16). That a text waits
# in a buffer (4) tells nothing new; a gateway that reports it all the same is understood.
REPORTS = 1 + 2 + 8 + 16

_STATES = {
    1: ReceiptState.DELIVERED,
    2: ReceiptState.UNDELIVERED,
    4: ReceiptState.ACCEPTED,
    8: ReceiptState.ACCEPTED,
    16: ReceiptState.UNDELIVERED,
    32: ReceiptState.ACCEPTED,  # on its way between operators
}
_REFUSED_BY_OPERATOR = 16
# Of all that an operator refuses, only this speaks of the number (SMPP 3.4, ESME_RINVDSTADR): taking the rest
# for "this family's number is bad" would mark every phone of the district for one wrong sender.
_BAD_NUMBER = "11"
_ABOUT_US = "setup"
_AMEND = " Mend it there, or with “bothways carrier”; the texts wait."


def state_of(kind: int) -> ReceiptState | None:
    """None for a type that is newer than we are."""
    return _STATES.get(kind)


def code_of(kind: int, reply: str) -> str:
    """The code of a failure, from the operator's own reply (`%A`); "" where there is none.

    >>> code_of(2, "id:7 sub:001 dlvrd:000 stat:UNDELIV err:001 text:")
    'UNDELIV-001'
    >>> code_of(16, "NACK/11/Invalid Destination Address")
    '11'
    >>> code_of(16, "NACK/10/Invalid Source Address")
    'setup'
    """
    if _STATES.get(kind) is not ReceiptState.UNDELIVERED:
        return ""
    if kind == _REFUSED_BY_OPERATOR:
        refused = re.match(r"NACK/(?:0x)?(\w{1,8})", reply)
        return _BAD_NUMBER if refused and refused[1] in (_BAD_NUMBER, "0000000b") else _ABOUT_US
    said = re.search(r"\bstat:(\w{1,16})", reply)
    error = re.search(r"\berr:(\w{1,16})", reply)
    return "-".join(found[1] for found in (said, error) if found)


def outcome_of(key: str, status: int, words: str) -> Outcome:
    """What became of one text, by the answer to its request."""
    said = words.casefold()
    if status == 202:
        return Outcome(key, OutcomeKind.ACCEPTED)
    if 200 <= status < 300:
        return unknown(key, "The answer did not come from Kannel’s smsbox.")
    if status == 400 and ("denied" in said or "empty receiver" in said):
        detail = "Kannel refuses this number: it is none, or stands on a list of the gateway."
        return Outcome(key, OutcomeKind.REJECTED, code="number", detail=detail)
    if status in (401, 403):
        return _waits(key, status, "Kannel does not accept the name and password." + _AMEND)
    if status == 400 and "routable" in said:
        return _waits(key, status, "Kannel has no way out for this number." + _AMEND)
    if status == 400 and "sender" in said:
        return _waits(key, status, "Kannel wants a sending number." + _AMEND)
    if status == 400 or status == 404:
        return _waits(key, status, "Kannel does not take texts at this address." + _AMEND)
    if status >= 500:
        return _waits(key, status, "Kannel takes no texts at the moment.")
    detail = "The address in the settings does not answer as Kannel’s smsbox does." + _AMEND
    return _waits(key, status, detail)


def unknown(key: str, detail: str) -> Outcome:
    return Outcome(key, OutcomeKind.UNKNOWN, detail=detail)


def _waits(key: str, status: int, detail: str) -> Outcome:
    return Outcome(key, OutcomeKind.UNAVAILABLE, code=str(status), detail=detail)
