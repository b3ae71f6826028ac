"""What the tests of families’ pages share."""

import re
from collections.abc import Callable

from bothways.messaging.models import Delivery

# Writes to Alician; what she got. See the fixture ``letter``.
Letter = Callable[..., Delivery]


def text_of(html: str) -> str:
    """What is read, without what is only for the browser."""
    return " ".join(re.sub(r"<[^>]+>|[\u2066-\u2069]", " ", html.split("<body")[1]).split())
