"""Twilio's proof that a request comes from Twilio.

Source: Twilio, "Webhooks security": HMAC-SHA1 over the address and the sorted form fields, Base64.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from urllib.parse import SplitResult, urlsplit

_USUAL_PORT = {"https": 443, "http": 80}


def sign(token: str, url: str, fields: Iterable[tuple[str, str]]) -> str:
    """The value of X-Twilio-Signature for a form posted to ``url``."""
    # A name given twice counts each of its different values once.
    told = url + "".join(name + value for name, value in sorted(set(fields)))
    digest = hmac.new(token.encode(), told.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def genuine(given: str, token: str, url: str, fields: Iterable[tuple[str, str]]) -> bool:
    """Whether the signature fits, in time that does not depend on how nearly it does."""
    pairs = list(fields)
    fits = False
    for spelling in _spellings(url):
        fits |= hmac.compare_digest(
            sign(token, spelling, pairs).encode(), given.encode(errors="replace")
        )
    return fits


def _spellings(url: str) -> list[str]:
    """Twilio sometimes signs the usual port and sometimes leaves it out."""
    parts = urlsplit(url)
    usual = _USUAL_PORT.get(parts.scheme)
    if parts.hostname is None or usual is None or parts.port not in (None, usual):
        return [url]
    bare = parts.netloc.removesuffix(f":{usual}")
    return [_at(parts, bare), _at(parts, f"{bare}:{usual}")]


def _at(parts: SplitResult, netloc: str) -> str:
    return parts._replace(netloc=netloc).geturl()
