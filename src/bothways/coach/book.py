"""The rules as data: one file a language in ``words/``, read and compiled once."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from bothways.coach.advice import Rule

LANGUAGES = ("en", "es")
_NAMED = re.compile(r"@([a-z]+)")


@dataclass(frozen=True, slots=True)
class Cues:
    """Patterns that say the same thing, and what to propose instead."""

    patterns: tuple[re.Pattern[str], ...]
    reach: str  # what is marked: "words", "clause" (to its end) or "sentence"
    better: str
    hard: bool  # a demand also where a message only arranges something
    start: bool  # only where a sentence or clause begins


@dataclass(frozen=True, slots=True)
class Entry:
    """One rule in one language; ``texts`` holds title, why, bad, good, move …"""

    rule: Rule
    cues: tuple[Cues, ...]
    unless: re.Pattern[str] | None
    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Book:
    """Everything that the coach knows of one language."""

    language: str
    entries: Mapping[Rule, Entry]
    signs: Mapping[str, re.Pattern[str]]  # of kind and evidence, by name
    jargon: Mapping[tuple[str, ...], tuple[str, str]]  # words → (plain words, only written so)
    longest: int  # words of the longest school word


@cache
def book(language: str) -> Book:
    """The rules of a language in LANGUAGES."""
    raw = raw_book(f"{language}.toml")
    words = _expanded(raw["words"])
    entries = {rule: _entry(rule, raw[rule.value], words) for rule in Rule}
    signs = {
        name: _one(said, words)
        for part in ("kind", "evidence", "mood")
        for name, said in raw[part].items()
    }
    for name in ("offers",):
        signs[name] = _one(raw["demand"][name], words)
    signs["explained"] = _one(raw["jargon"]["explained"], words)
    if "plain_letters" in raw["jargon"]:
        signs["plain_letters"] = _one(raw["jargon"]["plain_letters"], words)
    jargon = _jargon(raw_book(f"{language}-jargon.toml"))
    return Book(language, entries, signs, jargon, max(map(len, jargon)))


def raw_book(name: str) -> dict[str, Any]:
    """One file of ``words/`` as it stands."""
    return tomllib.loads((resources.files("bothways.coach") / "words" / name).read_text("utf-8"))


def _expanded(words: Mapping[str, str | list[str]]) -> dict[str, str]:
    done: dict[str, str] = {}
    for name, said in words.items():  # a list may use those before it
        whole = f"(?:{'|'.join(said)})" if isinstance(said, list) else said
        done[name] = _fill(whole, done)
    return done


def _fill(said: str, words: Mapping[str, str]) -> str:
    return _NAMED.sub(lambda match: words[match.group(1)], said)


def _lines(said: str) -> list[str]:
    """One pattern a line; a line that ends in “|” goes on in the next."""
    lines = (line.strip() for line in said.splitlines())
    kept = "\n".join(line for line in lines if line and not line.startswith("#"))
    return kept.replace("|\n", "|").split("\n") if kept else []


def _whole(pattern: str) -> str:
    return rf"(?<![a-z0-9])(?:{pattern})(?![a-z0-9]|'t)"


def _compile(said: str, words: Mapping[str, str]) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(_whole(_fill(line, words))) for line in _lines(said))


def _one(said: str, words: Mapping[str, str]) -> re.Pattern[str]:
    return re.compile(_whole("|".join(_fill(line, words) for line in _lines(said))))


def _entry(rule: Rule, raw: Mapping[str, Any], words: Mapping[str, str]) -> Entry:
    groups = raw.get("cues") or ([raw] if "say" in raw or "words" in raw else [])
    return Entry(
        rule,
        tuple(
            Cues(
                _compile(group.get("say") or group["words"], words),
                group.get("reach", raw.get("reach", "words")),
                group.get("better", raw.get("better", "")),
                group.get("hard", False),
                group.get("start", False),
            )
            for group in groups
        ),
        _one(raw["unless"], words) if "unless" in raw else None,
        {key: value for key, value in raw.items() if isinstance(value, str)},
    )


def _jargon(raw: Mapping[str, Mapping[str, str]]) -> dict[tuple[str, ...], tuple[str, str]]:
    found: dict[tuple[str, ...], tuple[str, str]] = {}
    for part, terms in raw.items():
        for term, plain in terms.items():
            found[tuple(term.lower().split())] = (plain, term if part == "letters" else "")
    return found
