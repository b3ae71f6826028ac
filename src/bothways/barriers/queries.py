"""What stands in the way of whom, what is in place, and what it changes: read in few queries."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db import connection
from django.db.models import Q, QuerySet

from bothways.barriers.catalogue import Barrier, Catalogue, Solution, bundled, laid_over
from bothways.barriers.enums import Effect, HelpState
from bothways.barriers.models import (
    FamilyBarrier,
    FamilyHelp,
    OwnBarrier,
    OwnSolution,
    Telling,
)
from bothways.barriers.rules import Open, asleep, covered, gap, in_force
from bothways.core.sql import as_array
from bothways.people.enums import WordClass
from bothways.people.models import Guardian, Household
from bothways.schools.models import District


def catalogue(district: District) -> Catalogue:
    """What may stand in the way and what helps, as this district words it; two queries."""
    return laid_over(
        bundled(),
        OwnBarrier.objects.filter(district=district).order_by("pk"),
        OwnSolution.objects.filter(district=district).order_by("pk"),
    )


@dataclass(frozen=True, slots=True)
class Help:
    """A solution for one family: how far it is, since when; no state: nobody has offered it yet."""

    solution: Solution
    state: HelpState | None = None
    since: datetime | None = None
    by: str = ""


@dataclass(slots=True)
class Standing:
    """One thing that stands in a family's way now."""

    row: FamilyBarrier
    barrier: Barrier
    tellings: list[Telling] = field(default_factory=list)
    helps: list[Help] = field(default_factory=list)
    covered: bool = False

    @property
    def in_place(self) -> list[Help]:
        return [help_ for help_ in self.helps if help_.state is HelpState.IN_PLACE]

    @property
    def gap(self) -> list[Help]:
        """What could help and nobody has arranged, offered or asked about yet."""
        open_ = gap(
            (help_.solution.code for help_ in self.helps),
            {help_.solution.code for help_ in self.helps if help_.state is not None},
        )
        return [help_ for help_ in self.helps if help_.solution.code in open_]


def of_household(household: Household, known: Catalogue | None = None) -> list[Standing]:
    """What stands in this family's way now, the newest first; three queries, and two for the catalogue.

    The words of the tellings are whoever's they are: a page shows those that its reader may read.
    """
    known = known or catalogue(household.district)
    rows = list(
        FamilyBarrier.objects.filter(household=household, ended_at=None)
        .select_related("noted_by")
        .order_by("-noted_at", "-pk")
    )
    tellings: dict[int, list[Telling]] = defaultdict(list)
    for telling in (
        Telling.objects.filter(barrier__in=rows, taken_back_at=None)
        .select_related("by", "guardian")
        .order_by("at", "pk")
    ):
        tellings[telling.barrier_id].append(telling)
    states = {
        row.code: row for row in FamilyHelp.objects.filter(household=household).select_related("by")
    }
    in_place = {code for code, row in states.items() if row.state == HelpState.IN_PLACE}
    found = []
    for row in rows:
        barrier = known.of(row.code)
        helps = [_help(solution, states.get(solution.code)) for solution in known.helps(barrier)]
        found.append(
            Standing(
                row, barrier, tellings[row.pk], helps, covered(frozenset(barrier.helps), in_place)
            )
        )
    return found


def _help(solution: Solution, row: FamilyHelp | None) -> Help:
    if row is None:
        return Help(solution)
    return Help(solution, HelpState(row.state), row.since, row.by.name if row.by else "")


def told_to(guardian: Guardian) -> QuerySet[Telling]:
    """What stands in their way as this adult may read it: told by them, or said in the whole family's words.

    What another adult told for themselves, a child said or staff protect is not theirs to read.
    """
    return Telling.objects.filter(
        Q(word_class=WordClass.FAMILY.value)
        | Q(word_class=WordClass.SPEAKER_ONLY.value, guardian=guardian),
        barrier__household=guardian.household_id,
        barrier__ended_at=None,
        taken_back_at=None,
    )


# Open barriers with the district's own wording of each, and the solutions in place that take it away. One
# statement however many families; {which} says of whom.
_OPEN = """
SELECT b.household_id, b.code, o.effects, o.helps,
    (SELECT array_agg(h.code) FROM barriers_familyhelp h
     LEFT JOIN barriers_ownsolution s ON s.district_id = h.district_id AND s.code = h.code
     WHERE h.household_id = b.household_id AND h.state = 'in_place'
        AND coalesce(s.removes, h.code = ANY(%(removing)s)))
FROM barriers_familybarrier b
LEFT JOIN barriers_ownbarrier o ON o.district_id = b.district_id AND o.code = b.code
WHERE b.district_id = %(district)s AND b.ended_at IS NULL AND {which}
"""
_OF_HOMES = "b.household_id = ANY(%(homes)s::bigint[])"
_WITH_EFFECT = "((o.id IS NULL AND b.code = ANY(%(codes)s)) OR o.effects && %(effects)s::varchar[])"


def effects_of(district: District, homes: Sequence[int]) -> dict[int, frozenset[Effect]]:
    """What open barriers change for each of these families; no key where nothing; one query for them all."""
    return _in_force(_OF_HOMES, {"district": district.pk, "homes": as_array(homes)})


def asleep_by_day(district: District) -> dict[int, tuple[time, time]]:
    """The families in which somebody sleeps by day, with the hours in which nothing rings there; one query."""
    found = with_effects(district, frozenset({Effect.SLEEPS_BY_DAY}))
    return {home: hours for home, effects in found.items() if (hours := asleep(effects))}


def with_effects(district: District, wanted: Set[Effect]) -> dict[int, frozenset[Effect]]:
    """The families for whom one of these is in force, with those that are; one query for the district."""
    codes = [code for code, one in bundled().barriers.items() if one.effects & wanted]
    names = sorted(effect.value for effect in wanted)
    found = _in_force(_WITH_EFFECT, {"district": district.pk, "codes": codes, "effects": names})
    return {home: those for home, effects in found.items() if (those := effects & wanted)}


def _in_force(which: str, values: Mapping[str, Any]) -> dict[int, frozenset[Effect]]:
    ours = bundled()
    removing = [code for code, one in ours.solutions.items() if one.removes]
    open_: dict[int, list[Open]] = defaultdict(list)
    removed: dict[int, frozenset[str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_OPEN.format(which=which), {**values, "removing": removing})
        for home, code, effects, helps, removed_by in cursor.fetchall():
            open_[home].append(_opened(ours.barriers.get(code), effects, helps))
            removed[home] = frozenset(removed_by or ())
    found = {home: in_force(those, removed[home]) for home, those in open_.items()}
    return {home: effects for home, effects in found.items() if effects}


def _opened(
    ours: Barrier | None, effects: Iterable[str] | None, helps: Iterable[str] | None
) -> Open:
    if effects is not None and helps is not None:
        known = set(Effect)
        return Open(frozenset(Effect(name) for name in effects if name in known), frozenset(helps))
    if ours is None:
        return Open(frozenset(), frozenset())
    return Open(ours.effects, frozenset(ours.helps))


@dataclass(frozen=True, slots=True)
class Touched:
    """One line of the matrix before anything is hidden: families by id, and how far each solution is."""

    barrier: Barrier
    families: frozenset[int]
    covered: frozenset[int]
    helps: Mapping[str, Mapping[HelpState, frozenset[int]]]


def touched(district: District, known: Catalogue, homes: Collection[int] | None) -> list[Touched]:
    """Which families each barrier touches, of these homes (None: of all); two queries.

    Families whose home has ended count no more.
    """
    rows = FamilyBarrier.objects.filter(district=district, ended_at=None, household__ended_at=None)
    states = FamilyHelp.objects.filter(district=district)
    if homes is not None:
        rows, states = rows.filter(household__in=homes), states.filter(household__in=homes)
    # One array for each: tens of thousands of rows take longer to read than to find.
    ids = ArrayAgg("household_id")
    by_code = {
        code: frozenset(found)
        for code, found in rows.order_by()
        .values("code")
        .annotate(ids=ids)
        .values_list("code", "ids")
    }
    help_: dict[tuple[str, HelpState], frozenset[int]] = {
        (code, HelpState(state)): frozenset(found)
        for code, state, found in states.order_by()
        .values("code", "state")
        .annotate(ids=ids)
        .values_list("code", "state", "ids")
    }
    return [_touched(known, code, by_code[code], help_) for code in _ordered(known, by_code)]


def _ordered(known: Catalogue, codes: Collection[str]) -> list[str]:
    """Barriers in the catalogue's order, those that it does not know any more at the end."""
    return [code for code in known.barriers if code in codes] + sorted(
        code for code in codes if code not in known.barriers
    )


def _touched(
    known: Catalogue,
    code: str,
    families: frozenset[int],
    states: Mapping[tuple[str, HelpState], frozenset[int]],
) -> Touched:
    barrier = known.of(code)
    helps = {
        solution.code: {
            state: families & states.get((solution.code, state), frozenset()) for state in HelpState
        }
        for solution in known.helps(barrier)
    }
    done = {home for one in helps.values() for home in one[HelpState.IN_PLACE]}
    return Touched(barrier, families, frozenset(done), helps)
