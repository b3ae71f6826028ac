"""Mails that machines write about mails: bounces (RFC 3464) and complaints (RFC 5965)."""

import re
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser, HeaderParser

from bothways.channels.enums import ReceiptState
from bothways.channels.mail.headers import addresses, decoded, header, headers

_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_REPLY = re.compile(r"\b([45]\d\d)[ -]")
_MOST = 64_000  # characters of a plain bounce that are looked at
_FAILED = "failed"
_STATES = {_FAILED: ReceiptState.UNDELIVERED, "delivered": ReceiptState.DELIVERED}
_WAITS = re.compile(
    r"delay|will (?:be )?retr|still trying|warning: .{0,40}not (?:yet )?(?:been )?deliver",
    re.IGNORECASE,
)
_BOUNCED = re.compile(
    r"undeliver|delivery (?:status|failure|has failed|incomplete)|mail delivery|returned mail"
    r"|failure notice|no se ha podido entregar|unzustellbar|non remis|échec",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Bounce:
    """What a mail server says of one of our mails."""

    state: ReceiptState | None  # None: it waits and is tried again; nothing is settled
    code: str  # enhanced status code, such as 5.1.1


@dataclass(frozen=True, slots=True)
class Complaint:
    """Somebody pressed “this is spam”: they do not want these mails."""

    address: str = ""  # where the report names it


def bounce_in(mail: Message) -> Bounce | None:
    """The verdict of a bounce, standard or plain; None for what is none."""
    if mail.get_content_type() == "multipart/report" and _report_type(mail) in (
        "",
        "delivery-status",
    ):
        for part in mail.walk():
            if part.get_content_type() in (
                "message/delivery-status",
                "message/global-delivery-status",
            ):
                return _of_status(part)
    from_machine = header(mail, "return-path").strip() == "<>" or re.search(
        r"mailer-daemon|postmaster", header(mail, "from"), re.IGNORECASE
    )
    if from_machine and (_BOUNCED.search(header(mail, "subject")) or "x-failed-recipients" in mail):
        return _of_words(_plain(mail))
    return None


def is_feedback(mail: Message) -> bool:
    return mail.get_content_type() == "multipart/report" and _report_type(mail) == "feedback-report"


def complaint_in(mail: Message) -> Complaint | None:
    if not is_feedback(mail):
        return None
    for part in mail.walk():
        if part.get_content_type() == "message/feedback-report":
            fields = _fields(part)
            kind = header(fields, "feedback-type").casefold()
            # "not-spam" takes a complaint back; the others (virus, fraud) are no wish of the family.
            if kind not in ("abuse", "opt-out", "opt-out-list", "unsubscribe", "other"):
                return None
            found = addresses(fields, "original-rcpt-to", "removal-recipient")
            return Complaint(found[0] if found else "")
    return None


def returned(mail: Message) -> Message | None:
    """The headers of our own mail inside a bounce or a complaint."""
    for part in mail.walk():
        kind = part.get_content_type()
        if kind == "message/rfc822" and part.is_multipart():
            inner = part.get_payload(0)
            return inner if isinstance(inner, Message) else None
        if kind in (
            "text/rfc822-headers",
            "message/rfc822",
            "message/global",
            "message/global-headers",
        ):
            raw = part.get_payload(decode=True)
            if isinstance(raw, bytes) and raw:
                return BytesParser().parsebytes(raw[:_MOST], headersonly=True)
    return None


def _report_type(mail: Message) -> str:
    return str(mail.get_param("report-type") or "").casefold()


def _of_status(part: Message) -> Bounce:
    """Of several recipients the worst: our mails have one."""
    worst = Bounce(None, "")
    for block in _blocks(part):
        action = header(block, "action").split(" ")[0].casefold()
        status = _STATUS.search(
            " ".join(headers(block, "status") + headers(block, "diagnostic-code"))
        )
        code = status[1] if status else ""
        if action == _FAILED:
            return Bounce(ReceiptState.UNDELIVERED, code)
        if action in _STATES or not worst.code:
            worst = Bounce(_STATES.get(action), code)
    return worst


def _blocks(part: Message) -> list[Message]:
    payload = part.get_payload()
    if isinstance(payload, list):
        return [block for block in payload if isinstance(block, Message)]
    return [_fields(part)]


def _fields(part: Message) -> Message:
    """The fields of a report, however a mail program wrapped them."""
    payload = part.get_payload()
    if isinstance(payload, list):
        first = payload[0] if payload else None
        return first if isinstance(first, Message) else Message()
    raw = part.get_payload(decode=True)
    text = decoded(raw, part.get_content_charset()) if isinstance(raw, bytes) else str(payload)
    return HeaderParser().parsestr(text[:_MOST], headersonly=True)


def _of_words(text: str) -> Bounce:
    found = _STATUS.search(text)
    if found is None:
        reply = _REPLY.search(text)
        code = reply[1] if reply else ""
    else:
        code = found[1]
    if _WAITS.search(text[:4000]):
        return Bounce(None, code)
    return Bounce(ReceiptState.UNDELIVERED, code)


def _plain(mail: Message) -> str:
    for part in mail.walk():
        if part.get_content_maintype() == "text":
            raw = part.get_payload(decode=True)
            if isinstance(raw, bytes):
                return decoded(raw[:_MOST], part.get_content_charset())
    return ""
