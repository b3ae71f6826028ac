"""Reading an answer to a question: a number on a scale, yes or no, one of several, or words.

Pure: text in, what it answers out, None where it does not fit. What does not fit is lost to nobody: it is an
ordinary reply that a person reads. When in doubt it does not fit, or it fits and a person reads it besides.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from bothways.languages.counting import (
    after_one_of,
    number_said,
    only_a_unit,
    out_of,
    without_lead,
    yes_or_no,
)
from bothways.languages.folding import fold
from bothways.languages.meaning import Kind, read_reply
from bothways.messaging.enums import Takes

# Longer than any answer with a sentence beside it is still read as one; a novel is read by a person first.
MOST_READ = 4000
_MOST_DIGITS = 6  # more are a telephone number
_YES_SIGNS = frozenset("👍👌✅✔☑🙏❤🙂😀😃😄😊💯🆗⭕")
_NO_SIGNS = frozenset("👎❌✖✗✘🚫⛔🙅")
_NUMBER = re.compile(r"(\d+)(?:[.,٫](\d{1,3}))?(?![\d])")
_LEAD = " \t\n\r\"'“”«»(¡¿*#=:-–—•"
# "3-4", "3 4", "3:30", "3,4", "3/8": two numbers, or an hour, or a day. Which is meant, nobody can tell.
_MORE_NUMBERS = re.compile(r"[ \t]*(?:[-–—:/.,+][ \t]*)?\d|[ \t]*%")
_AN_HOUR = re.compile(r"[ \t]*(?:[ap]\.?[ \t]?m\b|o'?clock\b|h\b|hrs?\b|uhr\b)", re.IGNORECASE)
_LETTERS = re.compile(
    r"[ \t]*(?:option|opción|opcion|opção|letter|letra|la|the|el)?[ \t]*", re.IGNORECASE
)
# The same letter on another keyboard, and the first letters of other alphabets.
_SAME_LETTER = {
    **dict(zip("авсеАВСЕ", "abceabce", strict=True)),
    **dict(zip("ابجده", "abcde", strict=True)),
    "أ": "a",
}


@dataclass(frozen=True, slots=True)
class Shape:
    """What a question takes."""

    takes: Takes
    low: int = 1
    high: int = 5
    choices: tuple[tuple[str, ...], ...] = ()  # of each choice its words in all languages


@dataclass(frozen=True, slots=True)
class Reading:
    """An answer; ``whole``: nothing was said besides it that a person should answer."""

    value: Decimal | None
    words: str
    whole: bool


def read_answer(text: str, shape: Shape, language: str | None = None) -> Reading | None:
    """What this reply answers to such a question; None: it is no answer to it."""
    text = unicodedata.normalize("NFKC", text[:MOST_READ])
    text = "".join(map(_plain, text)).strip()
    if not text:
        return None
    if shape.takes is Takes.WORDS:
        return Reading(None, text, whole=False)
    if shape.takes is Takes.YES_NO:
        return _yes_or_no(text, language)
    if shape.takes is Takes.CHOICE:
        return _choice(text, shape.choices, language)
    scale = shape.takes is Takes.SCALE
    return _number(
        text, language, low=shape.low if scale else 0, high=shape.high if scale else None
    )


def _plain(char: str) -> str:
    """Digits of every script as 0–9; invisible marks away."""
    category = unicodedata.category(char)
    if category == "Nd":
        return str(unicodedata.decimal(char))
    return "" if category == "Cf" or char in "\u20e3\ufe0f\x00" else char


def _number(text: str, language: str | None, *, low: int, high: int | None) -> Reading | None:
    bare = text.lstrip(_LEAD)
    found = _NUMBER.match(bare)
    if found is None:
        bare = without_lead(bare).lstrip(_LEAD)
        found = _NUMBER.match(bare)
    if _is_negative(text):
        return None
    if found is not None:
        value, rest = _digits(found), bare[found.end() :]
        if value is None or _AN_HOUR.match(rest):
            return None
        if rest[:1].isalpha() and not only_a_unit(rest[:1]):
            return None  # "3rd", "5th grade", "2B"
    else:
        said = number_said(bare, language)
        if said is None:
            return None
        value, rest = Decimal(said.value), said.rest
    end = out_of(rest.split("\n")[0])
    if end is not None and high is not None:
        if end != high:
            return None
        rest = rest[rest.find(str(end)) + len(str(end)) :]
    elif _MORE_NUMBERS.match(rest):
        return None
    if value < low or (high is not None and (value > high or value != value.to_integral_value())):
        return None
    return _with(value, rest)


def _is_negative(text: str) -> bool:
    return re.match(r"\s*[-−–]\d", text) is not None


def _digits(found: re.Match[str]) -> Decimal | None:
    whole, part = found[1].lstrip("0") or "0", found[2]
    if len(whole) > _MOST_DIGITS:
        return None
    return Decimal(f"{whole}.{part}" if part else whole)


def _yes_or_no(text: str, language: str | None) -> Reading | None:
    sign = text[0]
    if sign in _YES_SIGNS or sign in _NO_SIGNS:
        return _with(Decimal(int(sign in _YES_SIGNS)), text[1:])
    bare = text.lstrip(_LEAD)
    pressed = re.match(r"([012])(?![\d.,:/%])", bare)
    if pressed and not _MORE_NUMBERS.match(bare[1:]):
        reading = _with(Decimal(int(pressed[1] == "1")), bare[1:])
        # "1 hora" is no yes.
        loose = (
            bare[1:].lstrip(" \t")[:1].isalpha()
            and read_reply(reading.words).kind is not Kind.ACKNOWLEDGED
        )
        return None if loose else reading
    said = yes_or_no(bare, language)
    return None if said is None else _with(Decimal(said.value), said.rest)


def _choice(text: str, choices: Sequence[Sequence[str]], language: str | None) -> Reading | None:
    folded = fold(text)
    for number, words in enumerate(choices, 1):
        if folded and folded in {fold(word) for word in words}:
            return Reading(Decimal(number), "", whole=True)
    # The button of the page or the words of a choice, with more beside it.
    first, _, more = text.partition("\n")
    for number, words in enumerate(choices, 1):
        if more.strip() and fold(first) in {fold(word) for word in words}:
            return _with(Decimal(number), more)
    for number, words in enumerate(choices, 1):
        rest = after_one_of(text, words)
        if rest is not None:
            return _with(Decimal(number), rest)
    number_ = _number(text, language, low=1, high=len(choices))
    if number_ is not None:
        return number_
    bare = text.lstrip(_LEAD)
    for start in {0, _LETTERS.match(bare).end()}:  # type: ignore[union-attr]  # it matches nothing, too
        letter, tail = bare[start : start + 1], bare[start + 1 :]
        place = ord(_SAME_LETTER.get(letter, letter.lower())) - ord("a") + 1 if letter else 0
        # "A mi hijo le gusta" begins with no choice: after the letter comes its end.
        if 1 <= place <= len(choices) and (not tail.strip() or tail[0] in ").:,;-!\n"):
            return _with(Decimal(place), tail)
    return None


def _with(value: Decimal, rest: str) -> Reading:
    """The value, and what was said besides."""
    words = rest.strip(" \t\n\r.,;:!-–—)]}”»\"'،。，！")
    if not words or only_a_unit(words):
        return Reading(value, "", whole=True)
    nod = read_reply(words).kind in (Kind.ACKNOWLEDGED, Kind.EMPTY)
    return Reading(value, "" if nod and not fold(words) else words, whole=nod)
