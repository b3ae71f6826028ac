"""Figures about groups of families, with no small group exposed. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bothways.ledger.enums import REACHED, Level
from bothways.reach.queries import FamilyRow

# Below this a figure speaks about single families.
LEAST = 10


@dataclass(frozen=True, slots=True)
class Group:
    """Families of one school or language; ``families`` is 0 and ``hidden`` True where they are too few."""

    key: str
    name: str
    families: int
    reached: int
    two_way: int
    hidden: bool = False


def groups(
    rows: Iterable[FamilyRow],
    keys: Callable[[FamilyRow], Iterable[str]],
    name: Callable[[str], str],
) -> list[Group]:
    """Groups by key, the least reached first, then those too small to show.

    Where all that is hidden together is still less than ten families, the next smallest is hidden, too:
    else the hidden figure could be had by subtraction.
    """
    members: dict[str, list[FamilyRow]] = defaultdict(list)
    for row in rows:
        for key in keys(row):
            members[key].append(row)
    by_size = sorted(members, key=lambda key: (len(members[key]), key))
    hidden: set[str] = set()
    covered = 0
    for key in by_size:
        if len(members[key]) < LEAST or 0 < covered < LEAST:
            hidden.add(key)
            covered += len(members[key])
    found = []
    for key in by_size:
        if key in hidden:
            found.append(Group(key, name(key), 0, 0, 0, hidden=True))
            continue
        its = members[key]
        reached = sum(row.level >= REACHED for row in its)
        two_way = sum(row.level >= Level.ANSWERED for row in its)
        found.append(Group(key, name(key), len(its), reached, two_way))
    return sorted(
        found,
        key=lambda g: (g.hidden, g.reached / g.families if g.families else 0, g.name),
    )
