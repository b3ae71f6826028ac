"""Not too many wrong guesses from one place.

Counted in the memory of each server worker: no query on any page, nothing to clean up, and no address is
ever written down. With four workers somebody gets four times as many guesses, which changes nothing for
codes of 48 bits; what must not happen is that guessing costs nothing at all.
"""

import hashlib
import ipaddress
import secrets
import threading
import time
from collections.abc import Callable

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
