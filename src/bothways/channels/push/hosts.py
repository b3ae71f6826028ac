"""Where notices may be sent to.

A family's browser says where its push service is. Whoever says it could name an address inside the school's
own network: only https and only addresses of the public internet are called, checked again at each call.
"""

import ipaddress
import socket
from urllib.parse import urlsplit

from aiohttp.abc import ResolveResult
from aiohttp.resolver import ThreadedResolver

MOST_CHARACTERS = 1000
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class NotPublic(OSError):
    """The name leads to an address inside; nothing was sent there."""


def acceptable(endpoint: str, own_services: frozenset[str] = frozenset()) -> bool:
    """Whether notices may be sent to this address, as far as its spelling tells.

    ``own_services``: origins that this installation runs itself.

    >>> acceptable("https://fcm.googleapis.com/fcm/send/abc"), acceptable("https://10.0.0.1/a")
    (True, False)
    """
    if len(endpoint) > MOST_CHARACTERS or not endpoint.isascii() or not endpoint.isprintable():
        return False
    try:
        parts = urlsplit(endpoint)
        port = parts.port
    except ValueError:
        return False
    host = (parts.hostname or "").rstrip(".")
    if origin(endpoint) in own_services:
        return True
    if parts.scheme != "https" or port not in (None, 443) or parts.username or parts.password:
        return False
    if not host or " " in endpoint or "\\" in endpoint:
        return False
    try:
        ipaddress.ip_address(host)
    except ValueError:
        # A name without a dot, or all digits, is resolved by this machine's own lists.
        last = host.rpartition(".")[2]
        return "." in host and last not in ("localhost", "local", "internal") and last.isalpha()
    return False  # push services have names


def origin(address: str) -> str:
    """``https://host:port`` without what is usual.

    >>> origin("https://Push.Example:443/a?b")
    'https://push.example'
    """
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return ""
    usual = {"https": 443, "http": 80}.get(parts.scheme)
    shown = "" if port in (None, usual) else f":{port}"
    return f"{parts.scheme}://{(parts.hostname or '').lower()}{shown}"


def is_public(address: str) -> bool:
    """Whether this IP address is one of the public internet, whatever it is wrapped in."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour
        if inner is None and found in _NAT64:
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is not None:
            return inner.is_global and not inner.is_multicast
    return found.is_global and not found.is_multicast


class PublicOnly(ThreadedResolver):
    """Names to addresses of the public internet, but for the services that we run ourselves.

    Asked for each new connection, and the connection goes to the very address that was looked at: a name that
    leads elsewhere the second time gains nothing.
    """

    def __init__(self, own_services: frozenset[str]) -> None:
        super().__init__()
        self._own = {urlsplit(service).hostname for service in own_services}

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await super().resolve(host, port, family)
        if host.lower() in self._own:
            return found
        public = [one for one in found if is_public(one["host"])]
        if not public:
            raise NotPublic(f"{host} is not on the public internet")
        return public
