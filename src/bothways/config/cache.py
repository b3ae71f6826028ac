"""What all web hosts count together: how often somebody tried to sign in."""

import hashlib

from django.conf import settings


def hidden(key: str, key_prefix: str, version: int) -> str:
    """A name without what it names: allauth's hold addresses of visitors, and backups hold this table."""
    secret = hashlib.sha256(str(settings.SECRET_KEY).encode()).digest()
    name = f"{key_prefix}:{version}:{key}".encode()
    return hashlib.blake2b(name, key=secret, digest_size=20).hexdigest()
