"""Chance that repeats: every draw is a hash of what is asked, never of the order of asking."""

from hashlib import blake2b

Odds = tuple[tuple[str, float], ...]  # outcome and weight; weights need not sum to 1


def chance(seed: int, address: str, channel: str, nth: int, question: str) -> float:
    """A number in [0, 1), the same for the same question, about one microsecond each.

    ``nth`` is how many times this address was tried on this channel before.
    """
    asked = f"{seed}\x1f{address}\x1f{channel}\x1f{nth}\x1f{question}"
    digest = blake2b(asked.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 11) * 2.0**-53


def pick(odds: Odds, drawn: float) -> str:
    """The outcome on which ``drawn`` (in [0, 1)) falls when the weights stand in a row."""
    mark = drawn * sum(weight for _, weight in odds)
    last = ""
    for name, weight in odds:
        if weight > 0:
            last = name
            if mark < weight:
                return name
        mark -= weight
    return last  # only rounding brings us here


def between(low: int, high: int, drawn: float) -> int:
    """A whole number from ``low`` to ``high``, both included, evenly."""
    return low + int(drawn * (high - low + 1))
