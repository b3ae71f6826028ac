"""Web addresses at which a carrier hears a recording: signed, and good for a day.

Whoever calls for us has no account here; an address that a stranger finds in an old log opens nothing.
"""

from django.conf import settings
from django.core import signing

_SALT = "bothways.recording"
_GOOD_FOR = 86_400  # seconds, on the real clock


def recording_url(version: int) -> str:
    """The address of what was recorded for this version."""
    return f"{settings.PUBLIC_URL}/recordings/{signing.dumps(version, salt=_SALT)}"


def version_behind(token: str) -> int | None:
    """The version that such an address means; None for a forged or an old one."""
    try:
        found = signing.loads(token, salt=_SALT, max_age=_GOOD_FOR)
    except signing.BadSignature:
        return None
    return found if isinstance(found, int) else None
