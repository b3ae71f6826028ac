"""Figures about groups of families, with no small group exposed. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import ceil, floor
from typing import TypeVar

from bothways.reach.board import Share
from bothways.reach.intervals import wilson

K = TypeVar("K", int, str)

# Below this a figure speaks about single families.
LEAST = 10


@dataclass(frozen=True, slots=True)
class Group:
    """Families of one school, language or grade; where they are too few ``hidden``, and all counts 0."""

    key: str
    name: str
    families: int
    reached: int
    two_way: int
    hidden: bool = False

    @property
    def percent(self) -> int:
        return round(100 * self.reached / self.families) if self.families else 0

    @property
    def range(self) -> tuple[int, int]:
        """Between how many of a hundred the share lies, with 95 % confidence."""
        low, high = wilson(self.reached, self.families)
        return floor(100 * low), ceil(100 * high)


def groups(shares: Mapping[K, Share], name: Callable[[K], str]) -> list[Group]:
    """Groups by key, the least reached first, then those too small to show.

    Where all that is hidden together is still less than ten families, the next smallest is hidden, too:
    else the hidden figure could be had by subtraction.
    """
    by_size = sorted(
        (key for key in shares if shares[key].families),
        key=lambda key: (shares[key].families, str(key)),
    )
    hidden: set[K] = set()
    covered = 0
    for key in by_size:
        if shares[key].families < LEAST or 0 < covered < LEAST:
            hidden.add(key)
            covered += shares[key].families
    found = []
    for key in by_size:
        its = shares[key]
        if key in hidden:
            found.append(Group(str(key), name(key), 0, 0, 0, hidden=True))
        else:
            found.append(Group(str(key), name(key), its.families, its.reached, its.two_way))
    return sorted(
        found,
        key=lambda g: (g.hidden, g.reached / g.families if g.families else 0, g.name),
    )
