"""A number, a yes or a no at the beginning of a short reply, in the words of twelve languages.

Pure: text in, what was found and what follows out; never an error. The words are in ``counting.toml``. The
writer's own language is tried first, then English, then all others: families write in more than one.
"""

import re
import tomllib
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import islice

from bothways.languages.codes import fallbacks
from bothways.languages.folding import fold

_MOST_WORDS = 5
# A word ends at a blank or at any of these.
_WORD = re.compile(r"[^\s.,;:!?…()\[\]{}\"“”„«»،؛؟。，、！？；：።፣፤—–/*_~|]+")
_HAN = re.compile(r"[\u4e00-\u9fff〇]")


@dataclass(frozen=True, slots=True)
class Found:
    """What a reply begins with: the value, and the text after it."""

    value: int
    rest: str


@dataclass(frozen=True, slots=True)
class _Words:
    numbers: dict[str, int]
    answers: dict[str, int]  # 1 yes, 0 no
    unsure: frozenset[str]
    joins: frozenset[str]
    before: frozenset[str]
    after: frozenset[str]
    own: frozenset[str]  # these mean something else in another language
    tag: str


def number_said(text: str, language: str | None = None) -> Found | None:
    """The number word from 0 to 10 that stands first; None where none does."""
    return _first(text, language, lambda words: words.numbers, counted=True)


def yes_or_no(text: str, language: str | None = None) -> Found | None:
    """1 for a yes, 0 for a no, where it stands first; None for neither, and for “I do not know”."""
    if any(_begins(text, words.unsure) for words in _in_order(language)):
        return None
    return _first(text, language, lambda words: words.answers)


def after_one_of(text: str, phrases: Iterable[str]) -> str | None:
    """What follows one of these phrases, where the text begins with it and more is clearly set apart."""
    known = {fold(phrase) for phrase in phrases}
    joins = {join for words in _tables().values() for join in words.joins}
    for folded, rest in _beginnings(text):
        if folded in known and _ends_there(rest, joins):
            return rest
    return None


def without_lead(text: str) -> str:
    """The text without words like “about” or “I think” before a number; the text where there are none."""
    for words in _tables().values():
        for folded, rest in _beginnings(text):
            if folded in words.before and rest.strip():
                return rest.lstrip()
    return text


def only_a_unit(text: str) -> bool:
    """Whether this, after a number, is just what was counted: “points”, “veces”, “分”."""
    folded = fold(text)
    return any(folded in words.after for words in _tables().values())


def out_of(text: str) -> int | None:
    """5 of “out of 5”, “de 5”, “/ 5”: the end of a scale, said after a number; None where nothing says so."""
    found = re.fullmatch(r"\s*(.*?)\s*(\d{1,3})\s*[.!]*\s*", text, re.DOTALL)
    if found is None:
        return None
    said = found[1].strip()
    if said == "/" or any(fold(said) in words.after for words in _tables().values() if said):
        return int(found[2])
    return None


def _first(
    text: str,
    language: str | None,
    table: Callable[[_Words], dict[str, int]],
    *,
    counted: bool = False,
) -> Found | None:
    order = list(_in_order(language))
    mine = next((step for step in fallbacks(language) if step in _tables()), "") if language else ""
    joins = {join for words in order for join in words.joins}
    for words in order:
        known = table(words)
        for folded, rest in _beginnings(text):
            if folded not in known or (folded in words.own and mine not in ("", words.tag)):
                continue
            if _ends_there(rest, joins) or (counted and only_a_unit(rest)):
                return Found(known[folded], rest)
    return None


def _begins(text: str, phrases: Iterable[str]) -> bool:
    known = frozenset(phrases)
    return any(folded in known for folded, _ in _beginnings(text))


def _beginnings(text: str) -> Iterator[tuple[str, str]]:
    """(folded words, what follows) for the first words of a text, the longest beginning first."""
    found = list(islice(_WORD.finditer(text), _MOST_WORDS))
    ends = [match.end() for match in found]
    if found and text[: found[0].start()].strip(" \t\n\"'“«(¡¿*#-"):
        return
    start = found[0].start() if found else 0
    for end in reversed(ends):
        yield fold(text[start:end]), text[end:]
    if found and _HAN.match(text[start:]):
        for end in range(min(ends[0], start + 4), start, -1):
            yield fold(text[start:end]), text[end:]


def _ends_there(rest: str, joins: Iterable[str]) -> bool:
    """Whether the answer is over before ``rest``: nothing, a sign, or a word that begins more."""
    begin = rest.lstrip(" \t")
    if not begin or not (begin[0].isalnum() or unicodedata.category(begin[0])[0] == "M"):
        return True
    known = frozenset(joins)
    return any(folded in known for folded, _ in _beginnings(begin))


def _in_order(language: str | None) -> Iterator[_Words]:
    tables = _tables()
    own = next((step for step in fallbacks(language) if step in tables), None) if language else None
    order = dict.fromkeys([*([own] if own else []), "en", *tables])
    return (tables[tag] for tag in order)


@cache
def _tables() -> dict[str, _Words]:
    read = tomllib.loads(files(__package__).joinpath("counting.toml").read_text("utf-8"))
    return {
        tag: _Words(
            numbers={
                fold(word): value for value, words in enumerate(table["numbers"]) for word in words
            },
            answers={fold(word): 1 for word in table["yes"]}
            | {fold(word): 0 for word in table["no"]},
            unsure=frozenset(map(fold, table["unsure"])),
            joins=frozenset(map(fold, table["joins"])),
            before=frozenset(map(fold, table["before"])),
            after=frozenset(map(fold, table["after"])),
            own=frozenset(map(fold, table.get("own", ()))),
            tag=tag,
        )
        for tag, table in read.items()
    }
