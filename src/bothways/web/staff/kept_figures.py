"""Figures of very many families, a minute old at most: counting them takes longer than the rest of a page.

Only numbers are kept, never who the families are, and only of so many families that no number speaks of one.
"""

import time
from collections.abc import Callable, Collection
from datetime import datetime
from typing import TypeVar, cast

T = TypeVar("T")

FRESH = 60.0  # seconds
MANY = 1_000  # families; figures of fewer are counted at each look

_kept: dict[tuple[object, ...], tuple[float, object]] = {}


def of_many(
    what: str,
    read: Callable[[], T],
    *,
    district: int,
    homes: Collection[int] | None,
    since: datetime,
    reader: int = 0,
) -> T:
    """What ``read`` counts of these families since then, or counted within the last minute.

    ``homes``: their ids, None for all of the district: whoever serves the same families shares the figures.
    ``reader``: a user's id, where the figures are about this person, too.
    """
    if homes is not None and len(homes) < MANY:
        return read()
    whose = None if homes is None else hash(frozenset(homes))
    key = (what, district, whose, since, reader)
    at = time.monotonic()
    kept = _kept.get(key)
    if kept is not None and at - kept[0] <= FRESH:
        return cast(T, kept[1])
    found = read()
    for old in [its for its, (then, _) in list(_kept.items()) if at - then > FRESH]:
        _kept.pop(old, None)
    _kept[key] = (at, found)
    return found


def forget() -> None:
    """Count anew at the next call."""
    _kept.clear()
