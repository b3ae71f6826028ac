"""The mail server of the town: takes mail for every mailbox, refuses the bouncing ones at the door.

A mailbox that bounces refuses at RCPT, before any header was read; the delivery key is then taken
from the envelope sender, when it is of the form ``anything+KEY@host``.
"""

import re
from email import message_from_bytes
from email.message import Message
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from bothways.sandbox.world import World

MOST_BYTES: Final = 10_000_000
_LINK: Final = re.compile(r"https?://[^\s<>\"'\]]+")


class _Envelope(Protocol):
    mail_from: str | None
    rcpt_tos: list[str]
    content: bytes | str | None


class Mailroom:
    """The hooks that aiosmtpd calls."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: _Envelope, address: str, options: list[str]
    ) -> str:
        if "@" not in address:
            return "553 5.1.3 This is no mail address"
        if self._world.email_bounces(address):
            key = key_of_sender(envelope.mail_from or "")
            self._world.take_email(to=address, ref=key, purpose="", body="", link="", bounced=True)
            return f"550 5.1.1 <{address}>: no such mailbox here"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802
        self, server: Any, session: Any, envelope: _Envelope
    ) -> str:
        content = envelope.content or b""
        raw = content if isinstance(content, bytes) else content.encode("utf-8", "replace")
        mail = message_from_bytes(raw)
        body = text_of(mail)
        for address in envelope.rcpt_tos:
            self._world.take_email(
                to=address,
                ref=_header(mail, "X-Bothways-Delivery") or key_of_sender(envelope.mail_from or ""),
                purpose=_header(mail, "X-Bothways-Purpose") or "",
                body=body,
                link=reply_link(body),
                bounced=False,
            )
        return "250 2.0.0 Taken"


def key_of_sender(sender: str) -> str | None:
    """The delivery key in ``anything+KEY@host``, if there is one."""
    local = sender.rpartition("@")[0]
    return local.partition("+")[2] or None


def reply_link(text: str) -> str:
    """The first web address in the text whose path begins with /r/, or ""."""
    for found in _LINK.findall(text):
        link = found.rstrip(".,;:!?)")
        try:
            if urlsplit(link).path.startswith("/r/"):
                return str(link)
        except ValueError:
            continue
    return ""


def text_of(mail: Message) -> str:
    """The words of the first text/plain part, with plain line ends."""
    for part in mail.walk():
        if part.get_content_type() == "text/plain" and not part.is_multipart():
            raw = part.get_payload(decode=True)
            if not isinstance(raw, bytes):
                continue
            try:
                text = raw.decode(part.get_content_charset("utf-8"), "replace")
            except LookupError:
                text = raw.decode("utf-8", "replace")
            return text.replace("\r\n", "\n").strip()
    return ""


def _header(mail: Message, name: str) -> str | None:
    value = mail.get(name)
    return str(value).strip() or None if value is not None else None
