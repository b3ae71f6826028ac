"""Tau-U: do the days with a plan lie better than the days before? And goal attainment as a score.

Tau-U after Parker, Vannest, Davis and Sauber (2011), “Combining nonoverlap and trend for single-case
research: Tau-U”, Behavior Therapy 42, 284–299, in the variant *A against B, corrected for baseline trend*:
Kendall's S of all pairs (day before, day with the plan), less the S of the trend that was there before, divided
by the number of pairs between the phases. Without a trend towards the better before, no correction: then it is
Tau, from −1 to 1; corrected it may go beyond by (n_before − 1) / (2 n_with).

The standard error is exact for S where days are exchangeable and without ties (Kendall 1975: S of parts of a
series are uncorrelated and their variances add up); with ties it is a little too large. Days that follow each
other are alike, which it does not know of: intervals are rather too narrow than too wide. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Final

from bothways.cases.enums import Better, Verdict

LEAST = 3  # days in each phase, below which nothing is said
TREND = 0.4  # Tau of the baseline by itself towards the better, from which on it is corrected for
Z90: Final = 1.6448536269514722
Z95: Final = 1.959963984540054

Number = float | int


@dataclass(frozen=True, slots=True)
class Tau:
    """One comparison. Positive is better, whichever way that is."""

    value: float
    error: float
    corrected: bool
    baseline_trend: float  # Tau of the baseline by itself, from −1 to 1
    before: int  # days
    during: int

    def interval(self, z: float = Z90) -> tuple[float, float]:
        """Around the value; without correction within −1 and 1, beyond which no Tau lies."""
        low, high = self.value - z * self.error, self.value + z * self.error
        return (low, high) if self.corrected else (max(low, -1.0), min(high, 1.0))


def sign(pair: Number) -> int:
    return (pair > 0) - (pair < 0)


def between(before: Sequence[Number], during: Sequence[Number]) -> int:
    """Kendall's S of all pairs between two phases: pairs that rise less pairs that fall; ties are neither.

    >>> between([2, 3, 5, 3], [4, 5, 5, 7, 6])
    16
    """
    return sum(sign(b - a) for a in before for b in during)


def trend(days: Sequence[Number]) -> int:
    """Kendall's S of a series in its order.

    >>> trend([2, 3, 5, 3])
    3
    """
    return sum(sign(later - earlier) for n, earlier in enumerate(days) for later in days[n + 1 :])


def tau_u(
    before: Sequence[Number],
    during: Sequence[Number],
    better: Better = Better.UP,
    *,
    correct: bool | None = None,
) -> Tau:
    """Compare two phases, each in the order of its days; at least one day in each.

    ``correct``: for baseline trend; None: where there is one towards the better (``TREND``).
    """
    n, m = len(before), len(during)
    if not n or not m:
        raise ValueError("Both phases need at least one day.")
    way = 1 if better is Better.UP else -1
    pairs = n * (n - 1) // 2
    own = way * trend(before)
    share = own / pairs if pairs else 0.0
    corrected = share >= TREND and n >= LEAST if correct is None else correct
    variance = n * m * (n + m + 1) / 3
    total = way * between(before, during)
    if corrected:
        total -= own
        variance += n * (n - 1) * (2 * n + 5) / 18
    return Tau(total / (n * m), sqrt(variance) / (n * m), corrected, share, n, m)


def verdict(before: Sequence[Number], during: Sequence[Number], better: Better) -> Verdict:
    """What may be said: better or worse only where the 90 % interval leaves out “no change”."""
    if len(before) < LEAST or len(during) < LEAST:
        return Verdict.TOO_FEW
    low, high = tau_u(before, during, better).interval(Z90)
    if low > 0:
        return Verdict.BETTER
    return Verdict.WORSE if high < 0 else Verdict.CANNOT_TELL


def attainment(levels: Sequence[int], weights: Sequence[float] = (), rho: float = 0.3) -> float:
    """The T score of goal attainment scaling: 50 is “as hoped”, 10 a standard deviation.

    Kiresuk and Sherman (1968), Community Mental Health Journal 4, 443–453, with their correlation of 0.3
    between the goals. Raises ValueError for no goal, or a level outside −2 … 2.

    >>> attainment([0])
    50.0
    >>> attainment([1])
    60.0
    """
    if not levels or any(not -2 <= level <= 2 for level in levels):
        raise ValueError("Each goal has a level from -2 to 2.")
    weighed = list(weights) or [1.0] * len(levels)
    if len(weighed) != len(levels) or any(weight <= 0 for weight in weighed):
        raise ValueError("Each goal has one weight above 0.")
    squares, total = sum(w * w for w in weighed), sum(weighed)
    reached = sum(w * level for w, level in zip(weighed, levels, strict=True))
    return 50 + 10 * reached / sqrt((1 - rho) * squares + rho * total * total)
