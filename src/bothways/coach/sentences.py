"""What a sentence does, by its words: a small linear model beside the rules.

Fitted on sentences of our own (``words/*-sentences.txt``) and the labelled messages outside the final half
by ``scripts/fit_coach.py``; each weight in ``words/*-weights.json`` belongs to a word, the beginning of a word,
a pair of them or a sign of the rules.
"""

import json
import math
import re
from collections.abc import Iterator
from functools import cache
from importlib import resources

from bothways.coach.book import Book

DOES = ("praise", "step", "seen")
FOR = ("concern", "good", "logistics")
LABELS = (*DOES, *FOR)
_SIGNS = (
    "concern", "logistics", "worry", "day", "child", "nots", "you", "everybody", "deed", "rhetorical",
    "formal_thanks", "to_come", "only_if", "seen", "step", "praise", "invites", "but",
)  # fmt: skip
_WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?|[?!]")


def said(text: str, known: Book) -> list[float]:
    """How much a folded sentence does each of LABELS: 0 to 1."""
    weights = _weights(known.language)
    sums = [0.0] * len(LABELS)
    for name in features(text, known):
        for place, weight in enumerate(weights.get(name, ())):
            sums[place] += weight
    return [1 / (1 + math.exp(-max(-30.0, min(30.0, value)))) for value in sums]


def features(text: str, known: Book) -> Iterator[str]:
    """The words of a sentence, their beginnings, pairs of these, and the signs of the rules; each once."""
    words = ["0" if word.isdigit() else word for word in _WORD.findall(text)]
    roots = [word[:5] for word in words]
    yield "always"
    yield from {f"w {word}" for word in words}
    yield from {f"s {root}" for root in roots}
    yield from {f"b {a} {b}" for a, b in zip(["^", *roots], roots, strict=False)}
    yield from (f"g {name}" for name in _SIGNS if known.signs[name].search(text))


@cache
def _weights(language: str) -> dict[str, list[float]]:
    path = resources.files("bothways.coach") / "words" / f"{language}-weights.json"
    raw: dict[str, list[float]] = json.loads(path.read_text("utf-8"))
    return raw
