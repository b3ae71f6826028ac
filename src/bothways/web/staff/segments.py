"""How many parts a text message goes out in: districts pay for each. Pure."""

from dataclasses import dataclass

from bothways.core.gsm import BASIC, DOUBLE


@dataclass(frozen=True, slots=True)
class Length:
    """``parts`` as sent; ``odd``: the letters that make it a text of 70 a part instead of 160."""

    letters: int
    parts: int
    odd: tuple[str, ...]


def length(text: str) -> Length:
    """
    >>> length("Picture day is Friday.").parts
    1
    >>> length("Picture day is Friday – smile!").odd
    ('–',)
    """
    odd = tuple(dict.fromkeys(c for c in text if c not in BASIC and c not in DOUBLE))
    if odd:
        # Emoji and rare scripts take two of the 70 places.
        size = len(text.encode("utf-16-le")) // 2
        one, more = 70, 67
    else:
        size = sum(2 if c in DOUBLE else 1 for c in text)
        one, more = 160, 153
    parts = 1 if size <= one else -(-size // more)
    return Length(letters=len(text), parts=parts if text else 0, odd=odd)
