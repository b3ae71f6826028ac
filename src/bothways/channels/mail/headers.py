"""Headers as text, whatever somebody put there: nothing that a stranger sends raises an error here."""

import re
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses

LONGEST = 4_000  # characters of one header that are looked at
_SPACES = re.compile(r"\s+")


def header(mail: Message, name: str) -> str:
    """The first header of this name, decoded, on one line; "" where there is none."""
    found = headers(mail, name)
    return found[0] if found else ""


def headers(mail: Message, name: str) -> list[str]:
    return [_decoded(str(value)) for value in mail.get_all(name, [])]


def _decoded(raw: str) -> str:
    raw = raw[:LONGEST]
    try:
        parts = decode_header(raw)
    except (HeaderParseError, ValueError, LookupError):
        parts = [(raw, None)]
    text = "".join(_part(words, charset) for words, charset in parts)
    return _SPACES.sub(" ", text.replace("\x00", "")).strip()


def _part(words: bytes | str, charset: str | None) -> str:
    if isinstance(words, str):
        return words.encode(errors="surrogateescape").decode(errors="replace")
    return decoded(words, charset)


def decoded(raw: bytes, charset: str | None) -> str:
    """Text in the charset that it claims, or in the likeliest one; never an error."""
    for name in (charset or "utf-8", "utf-8", "cp1252"):
        try:
            # Some charsets make halves of letters (UTF-7): nothing after us could write them.
            return raw.decode(name).encode(errors="replace").decode()
        except (UnicodeError, LookupError, ValueError):
            continue
    return raw.decode("latin-1")


def addresses(mail: Message, *names: str) -> list[str]:
    """The bare addresses in these headers."""
    texts = [text for name in names for text in headers(mail, name)]
    try:
        found = getaddresses(texts)
    except (ValueError, IndexError, AttributeError):  # what the reader itself trips over
        return []
    return [address for _, address in found if "@" in address]
