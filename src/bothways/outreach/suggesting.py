"""Whose turn it is to hear something good, so that no child is left out. Pure."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

MOST = 3


@dataclass(frozen=True, slots=True)
class Child:
    """A child of somebody's classes, and what was told about it at home."""

    student: int
    homes: frozenset[int]  # where somebody may be told
    last_good: date | None = None
    last_worry: date | None = None
    times: int = 0  # good words before
    told_this_week: bool = False  # one of these homes heard something good, or it is on its way

    @property
    def only_worries(self) -> bool:
        """A worry came since the last good word, or there was no good word at all."""
        if self.last_worry is None:
            return False
        return self.last_good is None or self.last_worry > self.last_good


def for_this_week(
    children: Iterable[Child], *, seed: str, taken: Iterable[int] = (), most: int = MOST
) -> list[int]:
    """The children whose turn it is, at most ``most``: longest without a good word first.

    Of two who wait as long, first the one of whom only worries were told, then who heard fewer times, then
    by lot: the same lot for the same ``seed`` (a person and a week), another one next week. No home twice;
    none that heard this week, or is among ``taken``.
    """
    used = set(taken)
    found: list[int] = []
    for child in sorted(children, key=lambda one: _turn(one, seed)):
        if len(found) == most:
            break
        if child.told_this_week or not child.homes or child.homes & used:
            continue
        found.append(child.student)
        used |= child.homes
    return found


def _turn(child: Child, seed: str) -> tuple[date, bool, int, bytes]:
    lot = hashlib.sha256(f"{seed}:{child.student}".encode()).digest()
    return child.last_good or date.min, not child.only_worries, child.times, lot
