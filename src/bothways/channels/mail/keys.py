"""The delivery key in an address and in a Message-ID: by it a bounce or an answer finds what it is about.

A key has 128 bits that nobody guesses: who has it, got our mail or carried it.
"""

import re
from collections.abc import Iterable, Iterator

_KEYED = re.compile(r"([^\s@<>\"]+)\+([A-Za-z0-9_-]{1,48})@([^\s@<>\"]+)")
_MESSAGE_ID = re.compile(r"<([A-Za-z0-9_-]{1,48})@([^\s@<>]+)>")


def with_key(address: str, key: str) -> str:
    """
    >>> with_key("families@grandbend.example", "k1")
    'families+k1@grandbend.example'
    """
    local, _, domain = address.rpartition("@")
    return f"{local}+{key}@{domain}"


def message_id(address: str, key: str) -> str:
    """
    >>> message_id("families@grandbend.example", "k1")
    '<k1@grandbend.example>'
    """
    return f"<{key}@{address.rpartition('@')[2]}>"


def keys_in_addresses(texts: Iterable[str], ours: Iterable[str]) -> Iterator[str]:
    """The keys of our own addresses in these headers; those of others say nothing to us."""
    known = {address.casefold() for address in ours}
    for text in texts:
        for local, key, domain in _KEYED.findall(text):
            if f"{local}@{domain}".casefold() in known:
                yield key


def keys_in_message_ids(texts: Iterable[str], ours: Iterable[str]) -> Iterator[str]:
    """The keys in the ids of our own mails: In-Reply-To, References, the headers of a returned mail."""
    domains = {address.rpartition("@")[2].casefold() for address in ours}
    for text in texts:
        for key, domain in _MESSAGE_ID.findall(text):
            if domain.casefold() in domains:
                yield key
