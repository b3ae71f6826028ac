"""One notice: what a lock screen may show, encrypted for one browser, signed by this installation.

Sources: RFC 8030 (web push), RFC 8291 (its encryption), RFC 8292 (VAPID). The words of the message stay with
us: a lock screen is read by whoever passes.
"""

import base64
import binascii
import json
import re

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02
from pywebpush import WebPusher

from bothways.channels.contract import Misconfigured, Outgoing, Subscription

MOST_TITLE = 80
MOST_WORDS = 300
MOST_BYTES = 4096  # of an encrypted notice: what every push service must take
VALID_FOR = 12 * 3600  # seconds that a signature is good for; services refuse more than a day
_DAY = 86_400
# How long a push service keeps a notice for a phone that is off, in seconds.
_TOPIC = re.compile(r"[A-Za-z0-9_-]{1,32}", re.ASCII)
_KEPT = {"emergency": _DAY // 4, "timely": _DAY}


def words_of(delivery: Outgoing) -> bytes:
    """The notice as our service worker reads it: JSON of title, body, url, lang, tag and purpose."""
    version = delivery.versions[0]
    return json.dumps(
        {
            "title": _cut(delivery.sender.school, MOST_TITLE),
            "body": _cut(version.body, MOST_WORDS),
            "url": delivery.reply_url,
            "lang": version.language,
            # The same message again takes the place of the first notice.
            "tag": delivery.code,
            "purpose": delivery.purpose,
        },
        ensure_ascii=False,
    ).encode("utf-8", "replace")


def encrypted(subscription: Subscription, words: bytes) -> bytes:
    """The words for this browser's eyes only. Raises ValueError for keys that are none."""
    keys = {"p256dh": subscription.p256dh, "auth": subscription.auth}
    pusher = WebPusher({"endpoint": subscription.endpoint, "keys": keys})
    body: bytes = pusher.encode(words, "aes128gcm")["body"]
    return body


def headers_for(delivery: Outgoing) -> dict[str, str]:
    """How long the push service keeps it, and whether it may wake the phone."""
    # The same delivery given twice is shown once to a phone that was off.
    topic = {"Topic": delivery.key} if _TOPIC.fullmatch(delivery.key) else {}
    return {
        **topic,
        "TTL": str(_KEPT.get(delivery.purpose, 3 * _DAY)),
        "Urgency": "high" if delivery.purpose == "emergency" else "normal",
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
    }


def usable(subscription: Subscription) -> bool:
    """Whether these are keys that something can be encrypted with."""
    try:
        point, auth = _bytes(subscription.p256dh), _bytes(subscription.auth)
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError:
        return False
    return len(point) == 65 and len(auth) == 16


class Signature:
    """This installation's key pair: push services know by it who sends, and browsers subscribed to it."""

    def __init__(self, private_key: str, contact: str) -> None:
        """Raises Misconfigured for a key that is none."""
        try:
            if len(_bytes(private_key)) != 32:
                raise ValueError("not 32 bytes")
            self._vapid = Vapid02.from_raw(private_key.encode())
        except (ValueError, binascii.Error, IndexError) as error:
            raise Misconfigured(
                "The private key for notices is broken. Clear it with "
                "“bothways carrier push --set private_key=”: a new one is made, and families agree anew."
            ) from error
        self._contact = contact
        self._signed: dict[str, tuple[float, dict[str, str]]] = {}

    @property
    def public_key(self) -> str:
        """As browsers want it: the uncompressed point, base64url without padding."""
        return _public(self._vapid.public_key)

    def headers(self, origin: str, now: float) -> dict[str, str]:
        """The Authorization for this push service; ``now``: seconds since 1970, by the real clock."""
        until, signed = self._signed.get(origin, (0.0, {}))
        if now + VALID_FOR / 2 > until:
            until = now + VALID_FOR
            claims = {"aud": origin, "sub": self._contact, "exp": str(int(until))}
            signed = {"Authorization": self._vapid.sign(claims)["Authorization"]}
            self._signed[origin] = (until, signed)
        return signed


def new_private_key() -> str:
    """A new key pair's private part, base64url without padding."""
    number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return _text(number.to_bytes(32, "big"))


def _public(key: ec.EllipticCurvePublicKey) -> str:
    return _text(key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    padded = text + "=" * (-len(text) % 4)
    return base64.b64decode(padded.encode(), altchars=b"-_", validate=True)


def _cut(words: str, most: int) -> str:
    plain = " ".join(words.split())
    return plain if len(plain) <= most else f"{plain[: most - 1].rstrip()}…"
