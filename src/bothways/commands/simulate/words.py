"""What simulated staff write, in every language that the demo has."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Final

ANSWER: Final = "answer"


@cache
def _all() -> dict[str, dict[str, str]]:
    with Path(__file__).with_name("words.toml").open("rb") as file:
        return tomllib.load(file)


def versions(kind: str, **parts: str) -> dict[str, str]:
    """Language → words of this kind, with the parts filled in."""
    return {tag: words.format(**parts) for tag, words in _all()[kind].items()}


def answer(language: str) -> str:
    """A short answer in this language, or in English."""
    words = _all()[ANSWER]
    return words.get(language) or words.get(language.split("-")[0]) or words["en"]


def marked(words: dict[str, str], number: int) -> dict[str, str]:
    """The words with their number at the end: by it whoever sees a text knows which message it is."""
    return {tag: f"{text} #{number}" for tag, text in words.items()}
