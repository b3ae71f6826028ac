"""The words by which somebody asks for homework, in the languages of families."""

import tomllib
from functools import cache
from importlib.resources import files

from bothways.languages.folding import fold

_MOST = 40  # letters of the longest such word, with room


@cache
def _words() -> dict[str, str]:
    """Folded word → language; a word of two languages is the first one's."""
    table = tomllib.loads(files(__package__).joinpath("homework.toml").read_text("utf-8"))["words"]
    found: dict[str, str] = {}
    for tag, words in table.items():
        for word in words:
            found.setdefault(fold(word), tag)
    return found


def asks_for_homework(text: str) -> str | None:
    """The language of a text that is a word for homework and nothing else; None for any other text.

    >>> asks_for_homework(" Tarea? "), asks_for_homework("The homework was too hard")
    ('es', None)
    """
    return _words().get(fold(text)) if len(text) <= 3 * _MOST else None


def after_homework(text: str) -> str | None:
    """What follows the word for homework at the beginning; "" for nothing, None where none stands there.

    >>> after_homework("HW 3B: read"), after_homework("hw"), after_homework("hello")
    ('3B: read', '', None)
    """
    if asks_for_homework(text) is not None:
        return ""
    words = text.split()
    for length in (3, 2, 1):
        if len(words) <= length:
            continue
        head = " ".join(words[:length])
        bare = head.rstrip(":：")
        if fold(bare) in _words():
            rest = text.split(maxsplit=length)[length]
            return f":{rest}" if bare != head else rest
    # “HW:read” without a blank.
    head, colon, rest = text.partition(":")
    if colon and fold(head) in _words():
        return f":{rest}"
    return None
