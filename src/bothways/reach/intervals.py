"""How sure a share is. Pure."""

from math import sqrt

Z95 = 1.959964  # the standard normal's two-sided 5 % point


def wilson(part: int, whole: int, z: float = Z95) -> tuple[float, float]:
    """The score interval of a share: lowest and highest, each 0…1; of nothing (0, 1): we know nothing.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal of the
    American Statistical Association 22 (1927), 209-212. It stays inside 0…1 and holds its 95 % for groups of
    ten and shares near none or all, where the textbook's plus and minus does not (L. D. Brown, T. T. Cai,
    A. DasGupta, "Interval estimation for a binomial proportion", Statistical Science 16 (2001), 101-133).

    Raises ValueError where ``part`` is not among ``whole``.

    >>> [round(end, 3) for end in wilson(8, 10)]
    [0.49, 0.943]
    """
    if not 0 <= part <= whole:
        raise ValueError(f"{part} of {whole} is no share")
    if whole == 0:
        return 0.0, 1.0
    share, square = part / whole, z * z
    middle = share + square / (2 * whole)
    reach = z * sqrt(share * (1 - share) / whole + square / (4 * whole * whole))
    scale = 1 + square / whole
    # None and all are ends themselves; rounding must not push them outside.
    low = 0.0 if part == 0 else max(0.0, (middle - reach) / scale)
    high = 1.0 if part == whole else min(1.0, (middle + reach) / scale)
    return low, high
