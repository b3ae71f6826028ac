"""Means and how sure they are. Pure; formulas and sources in docs/explanation/surveys.md."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import exp, inf, lgamma, log, sqrt

LOWEST, HIGHEST = 1, 5


class NeverAveraged(TypeError):
    """An inventory is a list of different things: its lines are counted, each for itself."""


@dataclass(frozen=True, slots=True)
class Mean:
    """The mean of ``n`` families' scores and its 95 % interval; None bounds where it cannot be told."""

    n: int
    value: float
    low: float | None
    high: float | None


def score(values: Sequence[int | None], *, of: int) -> float | None:
    """One family's score: the mean of what it answered; None where it answered less than half of ``of``.

    >>> score([5, 4, None], of=3), score([5, None, None], of=3)
    (4.5, None)
    """
    given = [value for value in values if value is not None]
    if not given or 2 * len(given) < of:
        return None
    return sum(given) / len(given)


def mean(scores: Sequence[float]) -> Mean | None:
    """The mean with Student's interval, cut off at the ends of the scale; None of nothing."""
    n = len(scores)
    if n == 0:
        return None
    middle = sum(scores) / n
    if n == 1:
        return Mean(1, middle, None, None)
    reach = t_quantile(n - 1) * sqrt(_variance(scores) / n)
    return Mean(n, middle, max(LOWEST, middle - reach), min(HIGHEST, middle + reach))


def weighted(by_language: Mapping[str, Sequence[float]], homes: Mapping[str, int]) -> Mean | None:
    """The mean as if each language had answered according to its number of families (post-stratified).

    ``homes``: families of each language among all that the survey is about. Languages of which nobody or one
    family answered share the stratum of “others”: one answer has no variance. W. G. Cochran, Sampling
    Techniques, 3rd edition 1977, section 5A.9. None where nobody answered.
    """
    strata: dict[str, list[float]] = {}
    size: dict[str, int] = {}
    for tag in {*by_language, *homes}:
        scores = by_language.get(tag, ())
        into = tag if len(scores) > 1 else "\0others"
        strata.setdefault(into, []).extend(scores)
        size[into] = size.get(into, 0) + max(homes.get(tag, 0), len(scores))
    # Others with no answer, or one: nothing can be told of them, so they count with the largest language.
    others = strata.get("\0others")
    known = [key for key in strata if key != "\0others"]
    if others is not None and len(others) < 2 and known:
        largest = max(known, key=lambda key: (size[key], key))
        strata[largest] += others
        size[largest] += size.pop("\0others")
        del strata["\0others"]
    n = sum(len(scores) for scores in strata.values())
    if n == 0:
        return None
    total = sum(size[key] for key in strata)
    shares = {key: size[key] / total for key in strata}
    middle = sum(shares[key] * sum(scores) / len(scores) for key, scores in strata.items())
    if any(len(scores) < 2 for scores in strata.values()):
        return Mean(n, middle, None, None)
    variance = sum(
        shares[key] ** 2 * _variance(scores) / len(scores) for key, scores in strata.items()
    )
    reach = t_quantile(n - len(strata)) * sqrt(variance)
    return Mean(n, middle, max(LOWEST, middle - reach), min(HIGHEST, middle + reach))


def change(before: Sequence[float], after: Sequence[float]) -> Mean | None:
    """By how much the mean moved, with Welch's interval; None where either has fewer than two answers.

    B. L. Welch, "The generalization of 'Student's' problem when several different population variances are
    involved", Biometrika 34 (1947), 28-35.
    """
    a, b = len(before), len(after)
    if min(a, b) < 2:
        return None
    va, vb = _variance(before) / a, _variance(after) / b
    moved = sum(after) / b - sum(before) / a
    if va + vb == 0:
        return Mean(a + b, moved, moved, moved)
    freedom = (va + vb) ** 2 / (va**2 / (a - 1) + vb**2 / (b - 1))
    reach = t_quantile(freedom) * sqrt(va + vb)
    return Mean(a + b, moved, moved - reach, moved + reach)


def _variance(scores: Sequence[float]) -> float:
    middle = sum(scores) / len(scores)
    return sum((score - middle) ** 2 for score in scores) / (len(scores) - 1)


@lru_cache(maxsize=512)
def t_quantile(freedom: float, p: float = 0.975) -> float:
    """The point below which Student's t with ``freedom`` degrees lies with probability ``p`` (above one half).

    By halving an interval on the distribution function, which follows from the incomplete beta function
    (Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.1 and 26.5.8).

    >>> round(t_quantile(10), 3)
    2.228
    """
    low, high = 0.0, 1000.0
    for _ in range(80):
        middle = (low + high) / 2
        if _below(middle, freedom) < p:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _below(t: float, freedom: float) -> float:
    return 1 - _beta(freedom / (freedom + t * t), freedom / 2, 0.5) / 2


def _beta(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function, by its continued fraction (modified Lentz)."""
    if x <= 0 or x >= 1:
        return min(max(x, 0.0), 1.0)
    if x > (a + 1) / (a + b + 2):
        return 1 - _beta(1 - x, b, a)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log(1 - x)) / a
    tiny = 1e-300
    f, c, d = 1.0, 1.0, 0.0
    for i in range(400):
        m = i // 2
        if i == 0:
            numerator = 1.0
        elif i % 2 == 0:
            numerator = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        else:
            numerator = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d = 1 / (1 + numerator * d or tiny)
        c = 1 + numerator / c or tiny
        f *= c * d
        if abs(1 - c * d) < 1e-13:
            break
    return front * (f - 1 if f != inf else 0.0)
