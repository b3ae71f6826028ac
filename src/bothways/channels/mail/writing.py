"""From a delivery to a mail: pure, no network."""

import binascii
import html
import re
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.utils import format_datetime, parseaddr

from bothways.channels.contract import Outgoing, Version
from bothways.channels.mail.keys import message_id, with_key

ACKNOWLEDGEMENT = "acknowledgement"  # the purpose of answers that no person wrote

_RIGHT_TO_LEFT = frozenset(["ar", "fa", "prs", "ps", "ur", "he", "yi", "ckb", "sd", "ug", "dv"])
_LINK = re.compile(r"https?://[^\s<>\"'\u2066-\u2069]+")
_AFTER_A_LINK = ".,;:!?)]}»”’،؛؟。！？"
_NOT_IN_A_HEADER = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]+")
_NOT_IN_A_MAIL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\\\"\x00-\x1f\x7f]+@[^\s@<>()\[\],;:\\\"\x00-\x1f\x7f]+")
_LONGEST = 250  # characters of a name or a subject
_KEY = re.compile(r"[A-Za-z0-9_-]{1,48}")

_PAGE = (
    '<!doctype html>\n<html lang="{lang}" dir="{dir}">\n<head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width"><title>{title}</title></head>\n'
    '<body style="margin:0;padding:24px 16px;background:#fbf7f0;color:#26211b">\n'
    '<div style="max-width:34em;margin:0 auto;padding:24px;background:#fffdf9;'
    "border:1px solid #e4dacb;border-radius:12px;text-align:{start};"
    "font:17px/1.55 -apple-system,'Segoe UI',Roboto,'Noto Sans',sans-serif\">\n"
    "{words}\n{foot}</div>\n</body>\n</html>\n"
)
_FOOT = (
    '<p dir="auto" style="margin:24px 0 0;padding-top:12px;border-top:1px solid #e4dacb;'
    'color:#655b4f;font-size:14px">{lines}</p>\n'
)


class Undeliverable(ValueError):
    """No mail can be made of this; the text says why, without the address."""


@dataclass(frozen=True, slots=True)
class From:
    """Who mails come from."""

    address: str
    name: str = ""  # "" = the school's
    bounces_to_key: bool = True  # the envelope sender names the delivery: office+KEY@school
    answers_to: str = ""  # our own mailbox, which names the delivery too; "" = the school's address


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail, ready for the wire."""

    sender: str  # of the envelope
    recipient: str
    content: bytes  # with CRLF
    message_id: str
    needs_utf8: bool  # the address itself is not ASCII: the server must speak SMTPUTF8


def mail_of(delivery: Outgoing, from_: From, at: datetime) -> Mail:
    """Raises Undeliverable."""
    recipient, needs_utf8 = recipient_of(delivery.to)
    key = _KEY.fullmatch(delivery.key)
    if key is None:
        raise Undeliverable("The delivery has a key that cannot stand in a mail.")
    if len(delivery.versions) != 1:
        raise Undeliverable("A mail carries exactly one language.")
    version = delivery.versions[0]
    mail_id = message_id(from_.address, delivery.key)
    school = in_a_header(from_.name or delivery.sender.school)
    headers = [
        ("From", mailbox(school, from_.address)),
        ("To", mailbox(in_a_header(", ".join(delivery.names)), recipient)),
        ("Subject", _encoded("Subject", in_a_header(version.subject) or school)),
        ("Date", format_datetime(at)),
        ("Message-ID", mail_id),
        ("Content-Language", _token(version.language)),
        ("X-Bothways-Delivery", delivery.key),
        ("X-Bothways-Purpose", _token(delivery.purpose)),
    ]
    if reply_to := answers_to(delivery, from_):
        headers.append(("Reply-To", mailbox(in_a_header(delivery.sender.school), reply_to)))
    if _LINK.fullmatch(delivery.stop_url) and delivery.stop_url.isascii():
        headers.append(("List-Unsubscribe", f"<{delivery.stop_url}>"))
        if delivery.stop_url.startswith("https://"):  # RFC 8058: the one click over nothing else
            headers.append(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
    if delivery.purpose == ACKNOWLEDGEMENT:
        headers.append(("Auto-Submitted", "auto-generated"))  # no robot shall answer our robot
    content = _alternatives(headers, in_a_mail(version.body), as_html(version, delivery))
    sender = with_key(from_.address, delivery.key) if from_.bounces_to_key else from_.address
    return Mail(sender, recipient, content, mail_id, needs_utf8)


def answers_to(delivery: Outgoing, from_: From) -> str:
    """Where “Reply” goes: to the mailbox that we read, else to the school's own address; "" for neither."""
    if from_.answers_to:
        keyed = from_.bounces_to_key
        return with_key(from_.answers_to, delivery.key) if keyed else from_.answers_to
    email = delivery.sender.email
    return email if _ADDRESS.fullmatch(email) and email.isascii() else ""


# --- the wire ------------------------------------------------------------------------------------
# Written out by hand from the parts of `email`: EmailMessage writes a long List-Unsubscribe address as
# encoded words, which no mail program follows, at a tenth of the speed.


def _alternatives(headers: list[tuple[str, str]], plain: str, page: str) -> bytes:
    """multipart/alternative in quoted-printable: seven bits, short lines, CRLF."""
    # No quoted-printable text holds "=_": every "=" in it is followed by a hexadecimal digit or a
    # line end. So this can be no line of the words.
    boundary = "=_bothways_="
    lines = [f"{name}: {value}" for name, value in headers]
    lines += ["MIME-Version: 1.0", f'Content-Type: multipart/alternative; boundary="{boundary}"']
    parts = ["\r\n".join(lines).encode(), b""]
    for kind, words in (("plain", plain), ("html", page)):
        parts += [
            f"--{boundary}".encode(),
            f"Content-Type: text/{kind}; charset=utf-8".encode(),
            b"Content-Transfer-Encoding: quoted-printable",
            b"",
            binascii.b2a_qp(words.replace("\n", "\r\n").encode(), istext=True),
        ]
    parts += [f"--{boundary}--".encode(), b""]
    return b"\r\n".join(parts)


def mailbox(name: str, address: str) -> str:
    """“Name <address>” with the name as RFC 5322 and 2047 want it."""
    if not name:
        return address
    if name.isascii():
        quoted = name.replace("\\", r"\\").replace('"', r"\"")
        return f'"{quoted}" <{address}>'
    return f"{_encoded('From', name)} <{address}>"


def _encoded(header: str, text: str) -> str:
    short = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    charset = "us-ascii" if short.isascii() else "utf-8"
    return Header(short, charset, header_name=header).encode(linesep="\r\n")


def _token(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "", text)


def recipient_of(to: str) -> tuple[str, bool]:
    """The address as the wire wants it, and whether the server has to speak SMTPUTF8 for it."""
    if not _ADDRESS.fullmatch(to) or parseaddr(to)[1] != to:
        raise Undeliverable("This is no email address.")
    local, _, domain = to.rpartition("@")
    try:
        domain = domain.encode("idna").decode()
    except UnicodeError as error:
        raise Undeliverable("This is no email address.") from error
    return f"{local}@{domain}", not local.isascii()


def in_a_header(text: str) -> str:
    """One line, so that no name and no subject can begin a header of its own."""
    return " ".join(_NOT_IN_A_HEADER.sub(" ", text).split())[: 2 * _LONGEST]


def in_a_mail(text: str) -> str:
    return _NOT_IN_A_MAIL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip() + "\n"


# --- the page ------------------------------------------------------------------------------------


def as_html(version: Version, delivery: Outgoing) -> str:
    """The same words as a plain page that reads well on a phone; every word escaped."""
    rtl = version.language.split("-")[0] in _RIGHT_TO_LEFT
    sender = delivery.sender
    about = [sender.school, *sender.address, sender.phone]
    lines = [html.escape(line) for line in map(in_a_header, about) if line]
    words = "\n".join(_paragraph(part) for part in re.split(r"\n\s*\n", in_a_mail(version.body)))
    return _PAGE.format(
        lang=html.escape(version.language, quote=True),
        dir="rtl" if rtl else "ltr",
        start="right" if rtl else "left",
        title=html.escape(in_a_header(version.subject)),
        words=words,
        foot=_FOOT.format(lines="<br>".join(lines)) if lines else "",
    )


def _paragraph(text: str) -> str:
    lines = "<br>\n".join(_linked(line) for line in text.strip().split("\n"))
    return f'<p style="margin:0 0 16px">{lines}</p>'


def _linked(line: str) -> str:
    """The line escaped, its web addresses made links that keep their own direction."""
    parts: list[str] = []
    at = 0
    for found in _LINK.finditer(line):
        url = found[0].rstrip(_AFTER_A_LINK)
        parts.append(html.escape(line[at : found.start()]))
        shown = html.escape(url, quote=True)
        parts.append(f'<bdi dir="ltr"><a href="{shown}" style="color:#a8480f">{shown}</a></bdi>')
        at = found.start() + len(url)
    parts.append(html.escape(line[at:]))
    return "".join(parts)
