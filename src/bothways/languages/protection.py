"""What a translation must leave as it is: names, dates, times, amounts, numbers, links, placeholders.

Before a text is given to an engine, these parts are replaced by tokens (⟦1⟧ ⟦2⟧ …) that engines pass through;
afterwards they are put back, and it is checked that each is there as often as in the original, whatever
digits the language writes. A date in words is put back in the words of the language.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from bothways.languages.dates import day_and_month, long_date


class Part(StrEnum):
    """What kind of thing is protected."""

    PLACEHOLDER = "placeholder"
    LINK = "link"
    EMAIL = "email"
    AMOUNT = "amount"
    DATE = "date"
    TIME = "time"
    PHONE = "phone"
    NUMBER = "number"
    NAME = "name"
    TERM = "term"  # of the glossary, not to be translated

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS = {
    Part.PLACEHOLDER: "placeholder",
    Part.LINK: "link",
    Part.EMAIL: "email address",
    Part.AMOUNT: "amount",
    Part.DATE: "date",
    Part.TIME: "time",
    Part.PHONE: "phone number",
    Part.NUMBER: "number",
    Part.NAME: "name",
    Part.TERM: "word that stays",
}


@dataclass(frozen=True, slots=True)
class Kept:
    """One protected part: where it stood (code points) and what it was."""

    part: Part
    value: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Protected:
    """A text with tokens in place of what is protected; token n stands for ``kept[n - 1]``."""

    text: str
    kept: tuple[Kept, ...]


@dataclass(frozen=True, slots=True)
class Warning:
    """Something a person must look at, with its place: in the translation, or (``missing``) in the original."""

    what: str  # missing, twice, added, empty, unchanged
    part: Part | None
    value: str
    start: int
    end: int
    missing: bool = False

    @property
    def words(self) -> str:
        label = self.part.label if self.part else ""
        match self.what:
            case "missing" if self.part is Part.NAME:
                return f"The name “{self.value}” is not there as it was. In other letters that can be right."
            case "missing":
                return f"The {label} “{self.value}” of the original is not in the translation."
            case "twice":
                return f"The {label} “{self.value}” is in the translation more often than in the original."
            case "added":
                return f"“{self.value}” is in the translation and not in the original."
            case "empty":
                return "The translation is empty."
        return "The translation is the same as the original."


TOKEN = re.compile(r"⟦\s*(\d+)\s*⟧")
_OURS = re.compile("[⟦⟧]")
_MONTHS = {
    "en": [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ],
    "es": [
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
    ],
}
_EN_MONTH = (
    "(?:January|February|March|April|May|June|July|August|September|October|November|December)"
)
_ES_MONTH = (
    "(?:enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre)"
)
_SIGN = re.compile(r"[^\W_]")
_END = r"(?![^\W_])"
_START = r"(?<![^\W_])"
_PATTERNS: tuple[tuple[Part, re.Pattern[str]], ...] = (
    (Part.PLACEHOLDER, re.compile(r"\{[a-z_][a-z0-9_]*\}", re.ASCII)),
    (
        Part.LINK,
        re.compile(r"\b(?:https?://|www\.)[^\s<>\"”»،。]*[^\s<>\"”».,;:!?)،。]", re.IGNORECASE),
    ),
    (Part.EMAIL, re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")),
    (
        Part.AMOUNT,
        re.compile(
            rf"[$€£¥]\s?\d[\d.,]*\d|[$€£¥]\s?\d|{_START}\d[\d.,]*\s?(?:[%٪€]|\$(?!\s?\d)|(?:USD|dollars?|dólares)\b)"
        ),
    ),
    (
        Part.DATE,
        re.compile(
            rf"{_START}(?:{_EN_MONTH} \d{{1,2}}(?:st|nd|rd|th)?(?:,? \d{{4}})?"
            rf"|\d{{1,2}} {_EN_MONTH}(?: \d{{4}})?|\d{{1,2}} de {_ES_MONTH}(?: de \d{{4}})?"
            rf"|\d{{4}}-\d{{2}}-\d{{2}}|\d{{1,2}}[/.]\d{{1,2}}(?:[/.]\d{{2,4}})?){_END}"
        ),
    ),
    (
        Part.TIME,
        re.compile(
            rf"{_START}\d{{1,2}}[:.]\d{{2}}(?:\s?[ap]\.?\s?m\.?{_END})?|{_START}\d{{1,2}}\s?[ap]\.?\s?m\.?{_END}",
            re.IGNORECASE,
        ),
    ),
    (
        Part.PHONE,
        re.compile(
            r"(?<![\w+])(?:\+?(?:\d{1,3}[ .-]?)?\(\d{2,4}\)(?:[ .-]{0,2}\d{2,4}){2,3}"
            r"|\+?\d{1,4}(?:[ .-]?\d{2,4}){2,4})(?!\w)"
        ),
    ),
    # One or two digits alone are left to the engine: they change the word beside them (1 day, 2 days).
    (Part.NUMBER, re.compile(rf"{_START}\d{{3,}}{_END}|{_START}[A-Z]+-?\d+[A-Z]?{_END}")),
)


def find(text: str, *, names: Iterable[str] = (), terms: Iterable[str] = ()) -> list[Kept]:
    """All protected parts in order, without overlaps; names and terms as given, whole words."""
    found: list[Kept] = []
    taken = bytearray(len(text))
    patterns = list(_PATTERNS)
    for part, words in ((Part.NAME, names), (Part.TERM, terms)):
        if (pattern := _words(words)) is not None:
            patterns.append((part, pattern))
    free = text
    for part, pattern in patterns:
        before = len(found)
        for match in pattern.finditer(free):
            start, end = match.span()
            if start < end and not any(taken[start:end]):
                taken[start:end] = b"\x01" * (end - start)
                found.append(Kept(part, text[start:end], start, end))
        # A phone number in front of a date must not reach into it: what is found already has no digits.
        for one in found[before:]:
            free = free[: one.start] + _SIGN.sub("ª", free[one.start : one.end]) + free[one.end :]
    return sorted(found, key=lambda kept: kept.start)


def _words(words: Iterable[str]) -> re.Pattern[str] | None:
    # A name of one letter would eat the language.
    longest = sorted({w.strip() for w in words if len(w.strip()) > 1}, key=len, reverse=True)
    if not longest:
        return None
    return re.compile(f"{_START}(?:{'|'.join(map(re.escape, longest))}){_END}")


def protect(text: str, *, names: Iterable[str] = (), terms: Iterable[str] = ()) -> Protected:
    """The text with tokens for its protected parts. Brackets of ours that somebody typed become plain ones."""
    text = plain(text)
    pieces: list[str] = []
    kept = find(text, names=names, terms=terms)
    last = 0
    for number, one in enumerate(kept, 1):
        pieces += [text[last : one.start], f"⟦{number}⟧"]
        last = one.end
    return Protected("".join([*pieces, text[last:]]), tuple(kept))


def plain(text: str) -> str:
    """Without the brackets that mark tokens."""
    return _OURS.sub(lambda m: "[" if m.group() == "⟦" else "]", unicodedata.normalize("NFC", text))


def restore(text: str, kept: Sequence[Kept], *, target: str) -> str:
    """The translation with its protected parts back, dates in the words of ``target``; unknown tokens go."""

    def put(match: re.Match[str]) -> str:
        number = int(match.group(1))
        return said(kept[number - 1], target) if 0 < number <= len(kept) else ""

    return TOKEN.sub(put, text)


def said(kept: Kept, target: str) -> str:
    """How this part stands in a text of ``target``."""
    return _date_said(kept.value, target) if kept.part is Part.DATE else kept.value


def _date_said(value: str, target: str) -> str:
    day, has_year = _date_of(value)
    if day is None:
        return value
    return long_date(target, day) if has_year else day_and_month(target, day)


def _date_of(value: str) -> tuple[date | None, bool]:
    """The day that words name, and whether the year is said; None for numbers, whose order nobody knows."""
    folded = value.lower()
    numbers = [int(n) for n in re.findall(r"\d+", folded)]
    for months in _MONTHS.values():
        for month, name in enumerate(months, 1):
            if name in folded.split() or f"{name}," in folded.split():
                year = next((n for n in numbers if n > 31), None)
                day = next((n for n in numbers if n <= 31), 0)
                try:
                    # 2024 is a leap year: February 29 is a day where no year is said.
                    return date(year or 2024, month, day), year is not None
                except ValueError:
                    return None, False
    return None, False


def check(
    source: str,
    translation: str,
    *,
    target: str,
    names: Iterable[str] = (),
    terms: Iterable[str] = (),
) -> list[Warning]:
    """What of the original's protected parts is missing, doubled or new in this translation."""
    source, translation = plain(source), plain(translation)
    if not translation.strip():
        return [Warning("empty", None, "", 0, 0)] if source.strip() else []
    warnings: list[Warning] = []
    left = western(translation)
    kept = find(source, names=names, terms=terms)
    covered = bytearray(len(left))
    lost: list[Kept] = []
    # First as it stands or is said there, longer ones first: the 12 of "12:30" is no number of its own.
    for forms, ones in _grouped(kept, lambda one: _strict(one, target)):
        places = _places(left, forms, covered)
        lost += ones[len(places) :]
        warnings += [
            Warning("twice", ones[0].part, ones[0].value, start, end)
            for start, end in places[len(ones) :]
        ]
    # Then by its digits alone: "3:30 PM" may have become "15:30", "September 14" a date in other words.
    for forms, ones in _grouped(lost, _loose):
        found = len(_places(left, forms, covered, most=len(ones)))
        warnings += [
            Warning("missing", one.part, one.value, one.start, one.end, missing=True)
            for one in ones[found:]
        ]
    warnings += _numbers(source, left, translation, kept, covered)
    if fold_spaces(source) == fold_spaces(translation) and len(source.split()) > 2:
        warnings.append(Warning("unchanged", None, "", 0, len(translation)))
    return sorted(warnings, key=lambda w: (w.missing, w.start))


def _grouped(
    kept: Iterable[Kept], forms_of: Callable[[Kept], tuple[str, ...]]
) -> list[tuple[tuple[str, ...], list[Kept]]]:
    """Parts that may stand in the same forms together, those with the longest forms first."""
    groups: dict[tuple[str, ...], list[Kept]] = {}
    for one in kept:
        groups.setdefault(forms_of(one), []).append(one)
    return sorted(groups.items(), key=lambda group: -max(map(len, group[0]), default=0))


def _strict(kept: Kept, target: str) -> tuple[str, ...]:
    """The part as it is, or as ``restore`` says it."""
    return tuple(dict.fromkeys((western(kept.value), western(said(kept, target)))))


def _loose(kept: Kept) -> tuple[str, ...]:
    """The digits by which a time, an amount, a number or a date in words is known in other words."""
    digits = re.search(r"\d[\d.,:/ ()-]*\d|\d", kept.value)
    if digits is None or kept.part not in (Part.TIME, Part.AMOUNT, Part.PHONE, Part.DATE):
        return ()
    if kept.part is Part.DATE:
        day, has_year = _date_of(kept.value)
        return (str(day.day),) if day is not None and not has_year else ()
    return tuple(dict.fromkeys((digits.group(), *(_later(kept) if kept.part is Part.TIME else ()))))


def _later(kept: Kept) -> list[str]:
    """The hours of the afternoon counted on from twelve."""
    match = re.match(r"(\d{1,2})(?:[:.](\d{2}))?\s?(p?)", kept.value.lower())
    if not match or match[3] != "p" or int(match[1]) >= 12:
        return []
    hour = int(match[1]) + 12
    return [f"{hour}:{match[2]}", f"{hour}.{match[2]}"] if match[2] else [f"{hour}:00", str(hour)]


def _places(
    text: str, forms: Sequence[str], covered: bytearray, most: int | None = None
) -> list[tuple[int, int]]:
    """Where any of the forms stands and nothing was found before; these places are covered then."""
    if not forms:
        return []
    either = "|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True))
    found: list[tuple[int, int]] = []
    # Names take endings and stand without spaces in many languages; digits must end where they end.
    for match in re.finditer(rf"(?<!\d)(?:{either})(?!\d)", text):
        start, end = match.span()
        if (most is None or len(found) < most) and not any(covered[start:end]):
            covered[start:end] = b"\x01" * (end - start)
            found.append((start, end))
    return found


def _numbers(
    source: str, left: str, translation: str, kept: Sequence[Kept], covered: bytearray
) -> list[Warning]:
    """Numbers outside protected parts: those of the original must be there, and no others."""
    spared = bytearray(len(source))
    for one in kept:
        spared[one.start : one.end] = b"\x01" * (one.end - one.start)
    plain_source = western(source)
    wanted = [m for m in re.finditer(r"\d+", plain_source) if not any(spared[slice(*m.span())])]
    there = [m for m in re.finditer(r"\d+", left) if not any(covered[slice(*m.span())])]
    missing = Counter(m.group() for m in wanted) - Counter(m.group() for m in there)
    added = Counter(m.group() for m in there) - Counter(m.group() for m in wanted)
    found: list[Warning] = []
    for match in wanted:
        # Small numbers are often said in words.
        if missing[match.group()] > 0 and int(match.group()) > 10:
            missing[match.group()] -= 1
            found.append(
                Warning("missing", Part.NUMBER, match.group(), *match.span(), missing=True)
            )
    for match in there:
        if added[match.group()] > 0:
            added[match.group()] -= 1
            start, end = match.span()
            found.append(Warning("added", Part.NUMBER, translation[start:end], start, end))
    return found


def western(text: str) -> str:
    """The same text with 0–9 for the digits of any script; one character stays one character."""
    return "".join(_digit(char) for char in text)


def _digit(char: str) -> str:
    if char.isascii():
        return char
    value = unicodedata.decimal(char, None)
    if value is not None:
        return str(value)
    return {
        "：": ":",
        "／": "/",
        "．": ".",
        "٫": ".",
        "٬": ",",
        "，": ",",
        "＄": "$",
        "％": "%",
        "٪": "%",
    }.get(char, char)


def fold_spaces(text: str) -> str:
    """For comparing: one space between words, no case."""
    return " ".join(text.casefold().split())
