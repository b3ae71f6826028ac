"""A code as families type it: on any keyboard, in any grouping."""

import unicodedata

from bothways.core import ids
from bothways.core.text import clean

# The keys on which other alphabets have a letter that looks the same: a Ukrainian phone writes В, Н, К.
_CYRILLIC, _GREEK = "ВСНКМРТ", "ΒΗΚΜΡΤΝ"
LOOKS_LIKE = str.maketrans(_CYRILLIC + _GREEK, "BCHKMPT" + "BHKMPTN")
_LONGEST = 100


def read(typed: str) -> str | None:
    """The code as it is kept; None where this cannot be one.

    >>> read(" bcdf-ghjk mnpq ")
    'BCDFGHJKMNPQ'
    """
    if len(typed) > _LONGEST:
        return None
    plain = clean(unicodedata.normalize("NFKC", typed)).upper()
    return ids.read_code(plain.translate(LOOKS_LIKE))
