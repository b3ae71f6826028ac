"""What a message is for: a small linear model over signs that people can read.

The weights in ``words/kinds.toml`` are fitted by ``scripts/fit_coach.py`` (multinomial logistic regression, so
that each says how much one sign speaks for one kind).
"""

import math
import re
from collections.abc import Mapping, Sequence
from functools import cache

from bothways.coach.advice import Finding, Kind, Rule
from bothways.coach.book import Book, raw_book
from bothways.coach.sentences import FOR, LABELS
from bothways.coach.text import Folded

_CUES = (Rule.BLAME, Rule.LABEL, Rule.ABSOLUTE, Rule.DISMISSIVE, Rule.THREAT, Rule.DEMAND)
_NAME = re.compile(r"(?<=[a-zñáéíóú,] )[A-ZÁÉÍÓÚÑ][a-zñáéíóú]{2,}")


def guess(found: Mapping[str, float]) -> Kind:
    """The kind for which the signs speak most."""
    return max(Kind, key=lambda kind: _score(found, _weights()[kind]))


def _score(found: Mapping[str, float], weights: Mapping[str, float]) -> float:
    return sum(weights.get(name, 0.0) * value for name, value in found.items())


@cache
def _weights() -> dict[Kind, dict[str, float]]:
    raw = raw_book("kinds.toml")
    return {kind: dict(raw[kind.value]) for kind in Kind}


def _odds(sure: float) -> float:
    """The logarithm of the odds, at most 5 either way."""
    return max(-5.0, min(5.0, math.log((sure + 0.001) / (1.001 - sure))))


def signs(
    folded: Folded,
    known: Book,
    cued: Sequence[Finding],
    praised: Sequence[bool],
    said: Sequence[Sequence[float]],
) -> dict[str, float]:
    """The signs of a message, each a small number."""
    text = folded.text
    many = max(1, len(folded.sentences))
    rules = {finding.rule for finding in cued}

    def count(name: str, most: int) -> float:
        return float(min(most, sum(1 for _ in known.signs[name].finditer(text))))

    return {
        "always": 1.0,
        "praised": sum(praised) / many,
        "praises": float(min(3, sum(praised))),
        "praise_words": count("praise", 5),
        "opens_well": float(praised[0]),
        "ends_well": float(praised[-1]),
        "bad": count("concern", 5),
        "bad_some": min(1.0, count("concern", 1)),
        "bad_share": count("concern", 12) / many,
        "worry": count("worry", 2),
        "nots": count("nots", 4),
        "child": count("child", 5),
        "child_some": count("child", 1),
        "names": float(min(3, len(_NAME.findall(folded.original)))),
        "everybody": count("everybody", 3),
        "plans": count("logistics", 6),
        "plans_share": count("logistics", 15) / many,
        "plans_some": count("logistics", 1),
        "deed": count("deed", 3),
        "seen": count("seen", 2),
        "asks": float(min(2, sum(s.asks for s in folded.sentences))),
        "glad": float(min(2, folded.original.count("!"))),
        "but": count("but", 2),
        "you": count("you", 3),
        "long": min(2.0, many / 5),
        **{
            f"says_{name}": sum(one[place] for one in said) / many
            for place, name in enumerate(LABELS)
        },
        **{
            f"most_{name}": _odds(max(one[place] for one in said))
            for place, name in enumerate(LABELS)
        },
        **{
            f"leans_{name}": sum(_odds(one[LABELS.index(name)]) for one in said) / many
            for name in FOR
        },
        **{f"first_{name}": said[0][LABELS.index(name)] for name in FOR},
        **{f"last_{name}": said[-1][LABELS.index(name)] for name in FOR},
        **{rule.value: float(rule in rules) for rule in _CUES},
    }
