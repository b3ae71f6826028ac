"""What open barriers and the help in place mean together. Pure.

A barrier takes ways away, moves them back or puts others first. It never opens one: who may be contacted,
and by which address, others have decided before.
"""

from collections.abc import Iterable, Set
from dataclasses import dataclass
from datetime import time
from typing import Final

from bothways.barriers.enums import Effect

# Who works at night sleeps until the early afternoon, where the family told no hours of its own.
SLEEP: Final = (time(7), time(14))


@dataclass(frozen=True, slots=True)
class Open:
    """One open barrier of a family."""

    effects: frozenset[Effect]
    helps: frozenset[str]  # solutions that are known to help, by code


def covered(helps: Set[str], in_place: Set[str]) -> bool:
    """Whether at least one of the solutions that help is in place."""
    return not helps.isdisjoint(in_place)


def in_force(barriers: Iterable[Open], removed_by: Set[str]) -> frozenset[Effect]:
    """What the open barriers of a family change now.

    ``removed_by``: solutions in place that take a barrier out of the way (a ride), not only around it (an
    interpreter is in place because one comes each time).
    """
    return frozenset(
        effect
        for barrier in barriers
        if barrier.helps.isdisjoint(removed_by)
        for effect in barrier.effects
    )


def gap(helps: Iterable[str], known: Set[str]) -> tuple[str, ...]:
    """Solutions that nobody has offered, arranged or asked about yet, in the catalogue's order."""
    return tuple(code for code in helps if code not in known)


def asleep(effects: Set[Effect]) -> tuple[time, time] | None:
    """The hours of sleep that nothing may ring in; None: as everybody."""
    return SLEEP if Effect.SLEEPS_BY_DAY in effects else None
