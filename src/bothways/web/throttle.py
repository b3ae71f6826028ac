"""Not too many wrong guesses from one place.

``Throttle`` counts in the memory of each server worker: no query on any page, nothing to clean up, and no
address is ever written down; with four workers somebody gets four times as many tries. ``Shared`` counts
what guards a code for all workers together, in the database.
"""

import hashlib
import ipaddress
import secrets
import threading
import time
from collections.abc import Callable

from django.conf import settings
from django.db import connection
from django.http import HttpRequest

MOST_KEPT = 10_000

# Where a proxy of ours can stand: this machine and private networks. Not ``is_private``, which holds more.
_BESIDE_US = tuple(
    ipaddress.ip_network(network)
    for network in (
        "127.0.0.0/8",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "::1/128",
        "fc00::/7",
    )
)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Throttle:
    """At most ``most`` counts of one name ``within`` seconds of the first; memory is bounded."""

    def __init__(
        self, *, most: int, within: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.most = most
        self.within = within
        self._clock = clock
        self._salt = secrets.token_bytes(16)
        self._counts: dict[bytes, tuple[float, int]] = {}
        self._lock = threading.Lock()

    def full(self, who: str) -> bool:
        """Whether this name has used up its share."""
        began, count = self._counts.get(self._hide(who), (0.0, 0))
        return count >= self.most and self._clock() < began + self.within

    def count(self, who: str) -> None:
        """One more for this name."""
        now, name = self._clock(), self._hide(who)
        with self._lock:
            began, count = self._counts.pop(name, (now, 0))
            if now >= began + self.within:
                began, count = now, 0
            # Put in again at the end: the first ones are those that have been quiet longest.
            self._counts[name] = (began, count + 1)
            while len(self._counts) > MOST_KEPT:
                del self._counts[next(iter(self._counts))]

    def forget(self) -> None:
        with self._lock:
            self._counts.clear()

    def _hide(self, who: str) -> bytes:
        return hashlib.blake2b(who.encode(), key=self._salt, digest_size=16).digest()


class Shared:
    """As ``Throttle``, counted by all web processes together: for what guards codes.

    A count is one query, and tells this process the sum of all. Asking is free (``ask=False``): a process
    knows of the others from its own last count, so with ten processes somebody gets nine guesses more, and a
    page that nobody guesses at pays nothing. With ``ask`` the table is asked each time.
    """

    def __init__(self, name: str, *, most: int, within: int, ask: bool = False) -> None:
        self.most = most
        self.within = within
        self._name = name
        self._ask = ask
        self._known: dict[bytes, tuple[float, int]] = {}  # until (seconds), count

    def full(self, who: str) -> bool:
        """Whether this name has used up its share."""
        name = self._hide(who)
        if self._ask:
            with connection.cursor() as cursor:
                cursor.execute(_LOOK, [name])
                row = cursor.fetchone()
            return row is not None and int(row[0]) >= self.most
        until, count = self._known.get(name, (0.0, 0))
        return count >= self.most and time.time() < until

    def count(self, who: str) -> None:
        """One more for this name."""
        name = self._hide(who)
        with connection.cursor() as cursor:
            cursor.execute(_COUNT, {"name": name, "within": self.within})
            count, until = cursor.fetchone()
            if count == 1:  # somebody new: a good moment to let go of those whose time is over
                cursor.execute(_CLEAR)
        self._known.pop(name, None)
        self._known[name] = (until.timestamp(), int(count))
        while len(self._known) > MOST_KEPT:
            del self._known[next(iter(self._known))]

    def forget(self) -> None:
        """Begin anew under another name: for tests, of which each guesses from the same address."""
        self._known.clear()
        self._name += "'"

    def _hide(self, who: str) -> bytes:
        """Backups hold the table: no address stands in it."""
        key = hashlib.sha256(settings.SECRET_KEY.encode()).digest()
        return hashlib.blake2b(f"{self._name}:{who}".encode(), key=key, digest_size=16).digest()


# Real time, the database's: all hosts have the same. Over: it begins anew.
_COUNT = """
INSERT INTO accounts_misses AS m (name, count, until)
VALUES (%(name)s, 1, now() + make_interval(secs => %(within)s))
ON CONFLICT (name) DO UPDATE SET
    count = CASE WHEN m.until < now() THEN 1 ELSE m.count + 1 END,
    until = CASE WHEN m.until < now() THEN excluded.until ELSE m.until END
RETURNING count, until
"""
_LOOK = "SELECT count FROM accounts_misses WHERE name = %s AND until >= now()"
_CLEAR = """
DELETE FROM accounts_misses WHERE name IN (
    SELECT name FROM accounts_misses WHERE until < now() LIMIT 100 FOR UPDATE SKIP LOCKED
)
"""


def visitor(request: HttpRequest) -> str:
    """Where a request comes from: one IPv4 address, or one IPv6 network (/64), which is one home.

    The header of a proxy counts only where the proxy stands beside us; anybody can write that header.
    """
    peer = _address(request.META.get("REMOTE_ADDR", ""))
    if peer is not None and _beside_us(peer):
        for told in reversed(request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")):
            address = _address(told)
            if address is None:
                break
            peer = address
            if not _beside_us(address):
                break
    if isinstance(peer, ipaddress.IPv6Address):
        if peer.ipv4_mapped is not None:
            return str(peer.ipv4_mapped)
        return str(ipaddress.ip_network((peer, 64), strict=False))
    return str(peer)


def _beside_us(address: Address) -> bool:
    return any(address in network for network in _BESIDE_US)


def _address(text: str) -> Address | None:
    try:
        return ipaddress.ip_address(text.strip())
    except ValueError:
        return None
