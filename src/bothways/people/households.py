"""Which adults and children make a family: pure.

A family is guardians and children at one home. Two guardians share a home when they share a child,
nothing says that they live apart, their addresses agree, and neither is restricted. A child belongs to
every family in which a guardian of it lives; a child without any is a family of one.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple


class Adult(NamedTuple):
    """A guardian with at least one live link.

    ``home``: the folded postal address, "" where none is known. ``restricted``: under any order or
    block about some child. ``household``: where the adult is counted until now.
    """

    id: int
    home: str = ""
    restricted: bool = False
    household: int | None = None


class Tie(NamedTuple):
    """A live link."""

    student: int
    adult: int
    lives_with: bool | None = None
    primary: bool = False


class Family(NamedTuple):
    """``household``: the id that it keeps; None: a new one."""

    adults: tuple[int, ...]  # ascending; none for a student without guardian
    children: tuple[int, ...]  # ascending
    household: int | None


def families(
    adults: Iterable[Adult],
    ties: Iterable[Tie],
    students: Iterable[int],
    alone: Mapping[int, int] | None = None,
) -> list[Family]:
    """Every family of a district, whatever the order in which people are given.

    ``alone``: student → household of those who were a family of one until now.
    """
    people = {adult.id: adult for adult in adults}
    alone = alone or {}
    ties = [tie for tie in ties if tie.adult in people]
    homes = _homes(people, ties)
    children: dict[int, set[int]] = defaultdict(set)
    primary = set()
    home_of = {adult: number for number, home in enumerate(homes) for adult in home}
    for tie in ties:
        children[home_of[tie.adult]].add(tie.student)
        if tie.primary:
            primary.add(tie.adult)
    kept = _kept(people, homes, children, primary, alone)
    found = [
        Family(home, tuple(sorted(children[number])), kept.get(number))
        for number, home in enumerate(homes)
    ]
    used = {family.household for family in found}
    with_guardian = {tie.student for tie in ties}
    for student in sorted(set(students) - with_guardian):
        before = alone.get(student)
        found.append(Family((), (student,), None if before in used else before))
    return found


def _homes(people: Mapping[int, Adult], ties: Iterable[Tie]) -> list[tuple[int, ...]]:
    """The partition of the adults: each home ascending, homes by their first adult."""
    by_child: dict[int, dict[int, bool | None]] = defaultdict(dict)
    for tie in ties:
        if not people[tie.adult].restricted:
            by_child[tie.student][tie.adult] = tie.lives_with
    apart: dict[int, set[int]] = defaultdict(set)
    couples: dict[tuple[int, int], bool] = {}  # to: both live with some child
    for parents in by_child.values():
        if len(parents) < 2:
            continue
        ordered = sorted(parents)
        for i, one in enumerate(ordered):
            for other in ordered[i + 1 :]:
                lives, other_lives = parents[one], parents[other]
                if {lives, other_lives} == {True, False}:
                    apart[one].add(other)
                    apart[other].add(one)
                    continue
                pair = (one, other)
                couples[pair] = couples.get(pair, False) or bool(lives and other_lives)
    homes = _Homes(people, apart)
    # The surest couples first: where somebody without an address could go to either of two homes,
    # the stronger tie decides, and always the same.
    for one, other in sorted(couples, key=lambda pair: (*_doubt(people, couples, pair), pair)):
        homes.join(one, other)
    return homes.all()


def _doubt(
    people: Mapping[int, Adult], couples: Mapping[tuple[int, int], bool], pair: tuple[int, int]
) -> tuple[bool, bool]:
    one, other = people[pair[0]].home, people[pair[1]].home
    return (not (one and one == other), not couples[pair])


class _Homes:
    """Sets of adults that only grow together where no two of them may not."""

    def __init__(self, people: Mapping[int, Adult], apart: Mapping[int, set[int]]) -> None:
        self._people = people
        self._apart = apart
        self._home_of: dict[int, list[int]] = {}

    def join(self, one: int, other: int) -> None:
        a = self._home_of.get(one) or [one]
        b = self._home_of.get(other) or [other]
        if a is b or len(self._addresses(a) | self._addresses(b)) > 1:
            return
        if any(not self._apart[x].isdisjoint(b) for x in a if x in self._apart):
            return
        a += b
        for adult in a:
            self._home_of[adult] = a

    def _addresses(self, home: list[int]) -> set[str]:
        return {self._people[x].home for x in home} - {""}

    def all(self) -> list[tuple[int, ...]]:
        done: set[int] = set()
        found = []
        for adult in sorted(self._people):
            if adult not in done:
                home = tuple(sorted(self._home_of.get(adult, (adult,))))
                done.update(home)
                found.append(home)
        return found


def _kept(
    people: Mapping[int, Adult],
    homes: list[tuple[int, ...]],
    children: Mapping[int, set[int]],
    primary: set[int],
    alone: Mapping[int, int],
) -> dict[int, int]:
    """Which home keeps which household: number → household id.

    A home asks first for the household that most of its adults had, then for the others, last for
    those of children who were alone. Of several homes that ask, the one with the primary contact
    keeps it, then the one with more of its adults. What is agreed does not depend on the order.
    """
    wishes: dict[int, list[int]] = {}
    claim: dict[tuple[int, int], tuple[bool, int, int]] = {}
    for number, home in enumerate(homes):
        before: Counter[int] = Counter()
        for adult in home:
            if (household := people[adult].household) is not None:
                before[household] += 1
        wished = sorted(before, key=lambda household: (-before[household], household))
        wished += sorted(
            {alone[child] for child in children[number] if child in alone} - set(wished)
        )
        wishes[number] = wished
        for household in wished:
            members = [x for x in home if people[x].household == household] or list(home)
            leads = any(x in primary for x in members)
            claim[number, household] = (not leads, -before[household], members[0])
    holder: dict[int, int] = {}
    asking = list(wishes)
    while asking:
        number = asking.pop()
        while wishes[number]:
            household = wishes[number].pop(0)
            other = holder.get(household)
            if other is None:
                holder[household] = number
                break
            if claim[number, household] < claim[other, household]:
                holder[household] = number
                asking.append(other)
                break
    return {number: household for household, number in holder.items()}
