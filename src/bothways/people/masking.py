"""An address as its owner knows it again, and nobody else learns it: links are forwarded."""

import re

from bothways.people.enums import PointKind

_NUMBERS = (PointKind.PHONE, PointKind.WHATSAPP)
_HIDDEN = "•••"


def last_digits(match: str) -> str:
    """The two digits by which somebody is asked about a number.

    >>> last_digits("+13125550143")
    '43'
    """
    return match[-2:]


def masked(kind: str, address: str, *, hidden: bool = False) -> str:
    """The last two digits, the first letter and what is behind the @, the first letters of the street.

    ``hidden``: a home that is shown to nobody; then nothing of it.

    >>> masked("phone", "+13125550143"), masked("email", "troys.mother@example.org")
    ('••• 43', 't•••@example.org')
    >>> masked("postal", "12 Fence Rd\\nGrand Bend, TX 78834"), masked("push", "a-browser")
    ('F••• R•••', '•••')
    """
    if kind in _NUMBERS:
        return f"{_HIDDEN} {last_digits(address)}"
    if kind == PointKind.EMAIL:
        name, _, host = address.rpartition("@")
        return f"{name[:1]}{_HIDDEN}@{host}"
    if kind == PointKind.POSTAL and not hidden:
        street = address.split("\n", 1)[0]
        letters = [word[0] for word in re.findall(r"[^\W\d_]+", street)]
        return " ".join(f"{letter}{_HIDDEN}" for letter in letters[:3]) or _HIDDEN
    return _HIDDEN
