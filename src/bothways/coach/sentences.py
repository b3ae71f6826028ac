"""What a sentence does, how it may hurt and what it is for: a linear model of its words and its meaning, beside
the rules.

Fitted on sentences and messages of our own by ``scripts/fit_coach.py``. A weight in ``words/*-weights.json``
belongs to a word, the beginning of a word, a pair of them, or a sign of the rules; of what it means, see
``meaning.py``.
"""

import json
import math
import re
from collections.abc import Iterable, Iterator, Sequence, Set
from functools import cache
from importlib import resources

from bothways.coach.advice import Rule
from bothways.coach.book import Book

HURTS = (
    Rule.BLAME.value,
    Rule.ABSOLUTE.value,
    Rule.LABEL.value,
    Rule.DEMAND.value,
    Rule.THREAT.value,
    Rule.DISMISSIVE.value,
)
DOES = ("praise", "step", "seen", "invites")
FOR = ("concern", "good", "logistics")
LABELS = (*HURTS, *DOES, *FOR)
_SPREAD = 5.0  # a long sentence weighs as much as a short one
_WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?|[?!]")


def said(
    text: str, known: Book, marks: Iterable[str], leaning: Sequence[float] = ()
) -> list[float]:
    """How much a folded sentence does each of LABELS: 0 to 1. ``marks``: see features; ``leaning``: what its
    meaning says of each of LABELS, where it was asked for."""
    weights = _weights(known.language)
    names = features(text, known, marks)
    scale = _SPREAD / math.sqrt(len(names))
    sums = [0.0] * len(LABELS)
    for name in names:
        for place, weight in weights.get(name, ()):
            sums[place] += weight * scale
    for place, weight in (*weights[""], *enumerate(leaning)):
        sums[place] += weight
    return [1 / (1 + math.exp(-max(-30.0, min(30.0, value)))) for value in sums]


def features(text: str, known: Book, marks: Iterable[str]) -> Set[str]:
    """The words of a sentence, their beginnings, pairs of these, and the signs of the rules.

    ``marks``: what is known of its place, and the rules that found something in it.
    """
    return {
        *_words(text),
        *(f"g {n}" for n, sign in known.signs.items() if sign.search(text)),
        *marks,
    }


def _words(text: str) -> Iterator[str]:
    words = ["0" if word.isdigit() else word for word in _WORD.findall(text)]
    roots = [word[:5] for word in words]
    yield f"long {min(6, len(words) // 5)}"
    yield from (f"w {word}" for word in words)
    yield from (f"s {root}" for root in roots)
    yield from (f"b {a} {b}" for a, b in zip(["^", *roots], roots, strict=False))


@cache
def _weights(language: str) -> dict[str, list[tuple[int, float]]]:
    """Feature → (place in LABELS, weight); under "" what holds for every sentence."""
    path = resources.files("bothways.coach") / "words" / f"{language}-weights.json"
    raw: dict[str, list[float]] = json.loads(path.read_text("utf-8"))
    return {
        name: [(int(place), weight) for place, weight in zip(flat[::2], flat[1::2], strict=True)]
        for name, flat in raw.items()
    }
