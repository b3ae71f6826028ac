"""The catalogue: what may stand in the way, at three levels, and what is known to help.

What Bothways brings along is ``catalogue.toml``; what a district changed, added or retired lies over it.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from typing import Any

from django.utils.translation import get_language

from bothways.barriers.enums import Effect, Level
from bothways.barriers.models import OwnBarrier, OwnSolution


@dataclass(frozen=True, slots=True)
class Solution:
    """Something that helps. ``removes``: with it the barrier is out of the way, not only got around."""

    code: str
    said: Mapping[str, str] = field(hash=False)  # words by language; a district's own under ""
    removes: bool = False
    retired: bool = False
    own: bool = False

    @property
    def words(self) -> str:
        """In the language of the page."""
        return _in_language(self.said)


@dataclass(frozen=True, slots=True)
class Barrier:
    """What stands in the way, what a person does about it, what it changes, what helps."""

    code: str
    level: Level
    said: Mapping[str, str] = field(hash=False)
    advised: Mapping[str, str] = field(hash=False)
    effects: frozenset[Effect] = frozenset()
    helps: tuple[str, ...] = ()
    retired: bool = False
    own: bool = False

    @property
    def words(self) -> str:
        return _in_language(self.said)

    @property
    def advice(self) -> str:
        return _in_language(self.advised)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything by its code, retired rows too: what was noted before keeps its words."""

    barriers: Mapping[str, Barrier]
    solutions: Mapping[str, Solution]

    @property
    def offered(self) -> list[Barrier]:
        """What can be noted now, in order of level."""
        order = list(Level)
        return sorted(
            (barrier for barrier in self.barriers.values() if not barrier.retired),
            key=lambda barrier: order.index(barrier.level),
        )

    @property
    def offered_solutions(self) -> list[Solution]:
        return [solution for solution in self.solutions.values() if not solution.retired]

    def helps(self, barrier: Barrier) -> list[Solution]:
        """What helps against it, of what the district offers."""
        found = [self.solutions[code] for code in barrier.helps if code in self.solutions]
        return [solution for solution in found if not solution.retired]

    def of(self, code: str) -> Barrier:
        """The barrier of this code; by its code alone where nobody knows it any more."""
        return self.barriers.get(code) or Barrier(
            code, Level.FAMILY, {"": code}, {"": ""}, retired=True
        )


def _in_language(said: Mapping[str, str]) -> str:
    tag = (get_language() or "en").split("-")[0]
    return said.get(tag) or said.get("") or said.get("en", "")


@cache
def bundled() -> Catalogue:
    """What Bothways brings along."""
    read = tomllib.loads(files(__package__).joinpath("catalogue.toml").read_text("utf-8"))
    return Catalogue(
        barriers={code: _barrier(code, row) for code, row in read["barriers"].items()},
        solutions={
            code: Solution(code, _said(row, "words", "es"), bool(row.get("removes", False)))
            for code, row in read["solutions"].items()
        },
    )


def _barrier(code: str, row: Mapping[str, Any]) -> Barrier:
    return Barrier(
        code=code,
        level=Level(row["level"]),
        said=_said(row, "words", "es"),
        advised=_said(row, "advice", "advice_es"),
        effects=frozenset(Effect(name) for name in row.get("effects", ())),
        helps=tuple(row["helps"]),
    )


def _said(row: Mapping[str, Any], english: str, spanish: str) -> dict[str, str]:
    return {"en": row[english], "es": row[spanish]}


def laid_over(
    ours: Catalogue, barriers: Iterable[OwnBarrier], solutions: Iterable[OwnSolution]
) -> Catalogue:
    """The catalogue as a district has it.

    A row with the words that we brought along keeps our words in every language.
    """
    helped = dict(ours.solutions)
    for one in solutions:
        before = helped.get(one.code)
        ours_said = before is not None and one.words == before.said["en"]
        helped[one.code] = Solution(
            one.code,
            before.said if before is not None and ours_said else {"": one.words},
            one.removes,
            one.retired_at is not None,
            own=True,
        )
    found = dict(ours.barriers)
    for row in barriers:
        old = found.get(row.code)
        made = Barrier(
            code=row.code,
            level=Level(row.level),
            said={"": row.words},
            advised={"": row.advice},
            # An effect that no version of ours knows changes nothing.
            effects=frozenset(Effect(name) for name in row.effects if name in set(Effect)),
            helps=tuple(row.helps),
            retired=row.retired_at is not None,
            own=True,
        )
        if old is not None and row.words == old.said["en"]:
            made = replace(made, said=old.said)
        if old is not None and row.advice == old.advised["en"]:
            made = replace(made, advised=old.advised)
        found[row.code] = made
    return Catalogue(found, helped)
