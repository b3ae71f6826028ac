"""What stands in a family's way, as the climb reads it: what comes first, later, or not at all. Pure.

A lean only orders and holds back. Which ways there are, and whether somebody may be contacted, it never says.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from bothways.barriers.enums import Effect
from bothways.channels.enums import Channel
from bothways.outreach.enums import DayPart, TaskKind


@dataclass(frozen=True, slots=True)
class Lean:
    """How the climb for one family leans."""

    first: frozenset[Channel] = frozenset()
    last: frozenset[Channel] = frozenset()
    # Held back until a person has tried: alone on the mat it would say nothing, or the wrong thing.
    after_person: frozenset[Channel] = frozenset()
    no_calls: frozenset[DayPart] = frozenset()
    people_first: tuple[TaskKind, ...] = ()
    people_last: frozenset[TaskKind] = frozenset()
    people_not: frozenset[TaskKind] = frozenset()
    another_face: bool = False  # not the person whose turn it would be
    interpreter: bool = False

    def __add__(self, other: "Lean") -> "Lean":
        return Lean(
            self.first | other.first,
            self.last | other.last,
            self.after_person | other.after_person,
            self.no_calls | other.no_calls,
            tuple(dict.fromkeys((*self.people_first, *other.people_first))),
            self.people_last | other.people_last,
            self.people_not | other.people_not,
            self.another_face or other.another_face,
            self.interpreter or other.interpreter,
        )

    def rank(self, channel: Channel) -> int:
        """1 goes first, 0 as ever, -1 last; what both is asked of stays as ever."""
        return (channel in self.first) - (channel in self.last)

    def place(self, kind: TaskKind) -> int:
        """Where a person's step stands before the policy's own order counts: the lowest first."""
        if kind in self.people_last:
            return len(TaskKind) + 1
        if kind in self.people_first:
            return self.people_first.index(kind)
        return len(self.people_first)

    def parts(self, wanted: tuple[DayPart, ...]) -> tuple[DayPart, ...]:
        """The parts of the day that are left for calls; all of them where none would be left."""
        return tuple(part for part in wanted if part not in self.no_calls) or wanted


NEUTRAL: Final = Lean()
_C, _T = Channel, TaskKind
_LINKS: Final = frozenset({_C.EMAIL, _C.PUSH, _C.WHATSAPP})
_BY_DAY: Final = frozenset({DayPart.MORNING, DayPart.AFTERNOON})
# Kinds of people's steps that go before others are named in their order.
_LEANS: Final[dict[Effect, Lean]] = {
    # The hours themselves are kept as quiet hours of the family: see consent.
    Effect.SLEEPS_BY_DAY: Lean(no_calls=frozenset({DayPart.MORNING})),
    Effect.NO_CALLS_BY_DAY: Lean(no_calls=_BY_DAY),
    Effect.NO_CALLS_IN_THE_EVENING: Lean(no_calls=frozenset({DayPart.EVENING})),
    Effect.LINKS_LATER: Lean(last=_LINKS),
    Effect.CALLS_LATER: Lean(last=frozenset({_C.VOICE}), people_last=frozenset({_T.CALL})),
    Effect.PHONE_LATER: Lean(
        last=frozenset({_C.TEXT, _C.VOICE, _C.WHATSAPP, _C.PUSH}), people_last=frozenset({_T.CALL})
    ),
    Effect.VOICE_FIRST: Lean(
        first=frozenset({_C.VOICE}), after_person=frozenset({_C.LETTER, _C.EMAIL})
    ),
    Effect.PAPER_LATER: Lean(last=frozenset({_C.LETTER}), people_first=(_T.CALL, _T.GO_BETWEEN)),
    Effect.INTERPRETER: Lean(interpreter=True),
    Effect.ANOTHER_FACE: Lean(
        after_person=frozenset({_C.LETTER}),
        people_first=(_T.GO_BETWEEN, _T.NEUTRAL_PLACE),
        another_face=True,
    ),
    Effect.MEET_NEAR: Lean(people_first=(_T.CALL, _T.NEUTRAL_PLACE, _T.VISIT)),
    Effect.NO_VISIT: Lean(people_not=frozenset({_T.VISIT})),
}


@lru_cache(maxsize=1024)
def lean_of(effects: frozenset[Effect]) -> Lean:
    """How the climb leans for a family of whom this is in force.

    What was hurt weighs most: who is met, and where, is asked before what is near.
    """
    found = NEUTRAL
    for effect in _WEIGHT:
        if effect in effects:
            found = found + _LEANS[effect]
    return found


_WEIGHT: Final = (Effect.ANOTHER_FACE, *(one for one in Effect if one is not Effect.ANOTHER_FACE))
