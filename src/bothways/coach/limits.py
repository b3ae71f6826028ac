"""How sure the model must be beside a rule, and by itself.

``words/limits.toml`` is set by ``scripts/fit_coach.py``, each time on writers whom the model had not read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from bothways.coach.advice import Rule
from bothways.coach.book import raw_book


@dataclass(frozen=True, slots=True)
class Limit:
    """Of words that hurt: enough where a rule found something too, enough ``alone``.

    Of what is missing: so little that it is missing where a rule misses it too, and so little ``alone``.
    """

    beside: float
    alone: float


@cache
def limits() -> Mapping[Rule, Limit]:
    """Of each rule that the model reads; for both languages, since one alone has too few cases to tell."""
    return {Rule(name): Limit(**line) for name, line in raw_book("limits.toml").items()}
