"""When a family is hard to reach for us, so that somebody should make a plan: pure."""

from collections.abc import Iterable

from bothways.ledger.enums import Level

ENOUGH_WAYS = 3


def wants_plan(tries: Iterable[tuple[str, int]]) -> bool:
    """Whether at least three different ways were tried and none led to a sign.

    ``tries``: (way or channel, level that it proved). The same way ten times is one way: it says more about
    us than about them.
    """
    ways = set()
    for way, level in tries:
        if level >= Level.SEEN:
            return False
        ways.add(way)
    return len(ways) >= ENOUGH_WAYS
