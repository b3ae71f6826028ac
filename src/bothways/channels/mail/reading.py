"""What a mail that came in means for us: pure, and never an error, whatever somebody sends."""

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import Message
from email.policy import compat32
from email.utils import parsedate_to_datetime

from bothways.channels.contract import Event
from bothways.channels.enums import Channel, EventKind, ReceiptState
from bothways.channels.mail.automatic import is_automatic
from bothways.channels.mail.headers import addresses, header, headers
from bothways.channels.mail.keys import keys_in_addresses, keys_in_message_ids
from bothways.channels.mail.reports import bounce_in, complaint_in, is_feedback, returned
from bothways.channels.mail.words import body_of, new_words

# Addresses that the mail was sent to, as the servers on its way noted them.
_TO = (
    "delivered-to",
    "x-original-to",
    "x-envelope-to",
    "envelope-to",
    "to",
    "cc",
    "x-forwarded-to",
)
_REPLY_SUBJECT = re.compile(
    r"^\s*(?:\w{1,6}|回复|回覆|答复|رد|የ?ምላሽ)\s*(?:\[\d+\])?\s*[:：]", re.IGNORECASE
)
UNREADABLE = (
    "[A mail came in that Bothways cannot read. It is in the mailbox, for a person to look at.]"
)
CUT = "[The mail is longer than what Bothways reads. All of it is in the mailbox.]"


@dataclass(frozen=True, slots=True)
class Ours:
    """Which mails are ours: the addresses that they come from and are answered to."""

    addresses: tuple[str, ...]


def events_in(raw: bytes, ours: Ours, *, whole: bool = True) -> list[Event]:
    """What this mail tells; [] for what is neither from a family nor about a mail of ours.

    ``whole``: False where only the beginning of a huge mail was fetched.
    """
    mark = hashlib.sha256(raw).hexdigest()
    try:
        mail = message_from_bytes(raw, policy=compat32)
        mark = _mark(mail, raw)
        return _events(mail, ours, mark, whole=whole)
    except Exception:
        # The reader of mails has its own limits; a person has not.
        sender = re.search(
            rb"(?im)^from:[^\r\n]*?([^\s<>\"@]{1,64}@[^\s<>\"@]{1,200})", raw[:64_000]
        )
        from_ = sender[1].decode("ascii", errors="ignore").casefold() if sender else ""
        return [_inbound(mark, "", from_, UNREADABLE)]


def _events(mail: Message, ours: Ours, mark: str, *, whole: bool) -> list[Event]:
    inner = returned(mail)
    complaint = complaint_in(mail)
    if complaint is not None:
        key = _key(mail, inner, ours)
        address = complaint.address or _first(inner, "to")
        if not key:
            return []  # not about a mail of ours: anybody could stop anybody's mails
        return [_inbound(mark, key, address.casefold(), "", stop=True)]
    if is_feedback(mail):
        return []
    bounce = bounce_in(mail)
    if bounce is not None:
        key = _key(mail, inner, ours)
        if not key:
            return []
        if bounce.state is None:
            return [_receipt(mark, key, ReceiptState.ACCEPTED, "")]
        code = bounce.code if bounce.state is ReceiptState.UNDELIVERED else ""
        return [_receipt(mark, key, bounce.state, code)]
    return _written(mail, ours, mark, whole=whole)


def _written(mail: Message, ours: Ours, mark: str, *, whole: bool) -> list[Event]:
    from_ = _first(mail, "from").casefold() or _first(mail, "reply-to").casefold()
    own = {address.casefold() for address in ours.addresses}
    bare = re.sub(r"\+[^@]*@", "@", from_)
    if from_ in own or bare in own:
        return []  # our own mail, come back to us
    key = _key(mail, None, ours)
    automatic = is_automatic(mail)
    if automatic and not key:
        return []  # newsletters, robots, advertising: for whoever reads this mailbox
    if not from_ and not key:
        return []
    body = body_of(mail)
    words = new_words(body.text, ours.addresses)
    subject = header(mail, "subject")
    # A new mail says in its subject what it is about; an answer only repeats ours.
    if subject and not _REPLY_SUBJECT.match(subject) and (not key or not words):
        words = f"{subject}\n\n{words}".strip()
    notes = [] if whole else [CUT]
    if body.attachments:
        count = body.attachments
        notes.append(f"[With {count} {'file' if count == 1 else 'files'}, kept in the mailbox.]")
    if not words and not notes and body.text:
        notes.append("[Nothing new was written above what is quoted.]")
    words = "\n\n".join([words, *notes] if words else notes)
    return [_inbound(mark, key, from_, words, automatic=automatic, at=_moment(mail))]


def _key(mail: Message, inner: Message | None, ours: Ours) -> str:
    """The delivery that this is about: by the address it came to, else by the mails it refers to."""
    raw_to = [text for name in _TO for text in headers(mail, name)]
    refers = headers(mail, "in-reply-to") + headers(mail, "references")[-1:]
    found = [
        *keys_in_addresses(raw_to, ours.addresses),
        *keys_in_message_ids(refers, ours.addresses),
    ]
    if inner is not None:
        own = re.fullmatch(r"[A-Za-z0-9_-]{1,48}", header(inner, "x-bothways-delivery"))
        found += [own[0]] if own else []
        found += keys_in_message_ids(headers(inner, "message-id"), ours.addresses)
    return found[0] if found else ""


def _mark(mail: Message, raw: bytes) -> str:
    """The same for one mail that came by two ways; another for another mail with a borrowed Message-ID."""
    end = raw.find(b"\r\n\r\n")
    body = raw[end:] if end >= 0 else raw[raw.find(b"\n\n") :]
    told = "\x1f".join([header(mail, "message-id"), header(mail, "from"), header(mail, "date")])
    return hashlib.sha256(told.encode(errors="replace") + b"\x1f" + body).hexdigest()


def _receipt(mark: str, key: str, state: ReceiptState, code: str) -> Event:
    return Event(
        kind=EventKind.RECEIPT,
        dedupe=f"mail:{mark}",
        key=key,
        state=state,
        code=code,
        channel=Channel.EMAIL,
    )


def _inbound(
    mark: str,
    key: str,
    from_: str,
    words: str,
    *,
    stop: bool | None = None,
    automatic: bool = False,
    at: datetime | None = None,
) -> Event:
    return Event(
        kind=EventKind.INBOUND,
        dedupe=f"mail:{mark}",
        key=key,
        from_=from_[:320],
        body=words,
        stop=stop,
        automatic=automatic,
        channel=Channel.EMAIL,
        at=at,
    )


def _first(mail: Message | None, name: str) -> str:
    found = addresses(mail, name) if mail is not None else []
    return found[0] if found else ""


def _moment(mail: Message) -> datetime | None:
    try:
        moment = parsedate_to_datetime(header(mail, "date"))
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
