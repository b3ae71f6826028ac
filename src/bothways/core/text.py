"""Text as people type it, made comparable."""

import re
import unicodedata

_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_SPACE = re.compile(r"\s+")


def clean(text: str) -> str:
    """One line, no control characters or bidi tricks, single spaces."""
    text = _INVISIBLE.sub("", unicodedata.normalize("NFC", text))
    return _SPACE.sub(" ", "".join(c if c.isprintable() else " " for c in text)).strip()


def fold(text: str) -> str:
    """For searching and comparing: no accents, no case, letters and digits only."""
    # Decomposed before and after: “𝕬” has no small letter until it is an A.
    plain = unicodedata.normalize("NFKD", clean(text)).casefold()
    bare = unicodedata.normalize("NFKD", plain)
    kept = "".join(c if c.isalnum() else " " for c in bare if not unicodedata.combining(c))
    return _SPACE.sub(" ", kept).strip()


def fold_address(text: str) -> str:
    """A postal address for comparing: “12 Main St.” and “12 main  st” are one."""
    return fold(text.replace("\n", " "))
