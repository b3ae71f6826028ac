"""A PIN as somebody types it from a slip."""

import re
import unicodedata

from bothways.core import ids
from bothways.web.family.codes import LOOKS_LIKE
from bothways.web.family.door import PIN_LENGTH


def readable(typed: str) -> str | None:
    """The ten letters, in any case and grouping; None where this can be no PIN.

    >>> readable("bcdfg - hjkmn")
    'BCDFGHJKMN'
    """
    if len(typed) > 100:
        return None
    letters = re.sub(r"[^\w]|_", "", unicodedata.normalize("NFKC", typed)).upper()
    letters = letters.translate(LOOKS_LIKE)
    if len(letters) == PIN_LENGTH and all(letter in ids.CODE_LETTERS for letter in letters):
        return letters
    return None
