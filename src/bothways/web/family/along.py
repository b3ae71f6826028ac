"""What other rooms add to “take it along”: one line a part."""

from collections.abc import Callable
from typing import Final

from bothways.web.family import cases, feedback, goals, hard, surveys_kept, talks, welcome
from bothways.web.family.chapter import Part
from bothways.web.family.inside import Visit

__all__ = ["PARTS", "Part", "parts"]


PARTS: Final[tuple[Callable[[Visit], Part], ...]] = (
    cases.along,
    feedback.along,
    goals.along,
    hard.part,
    surveys_kept.part,
    talks.along,
    welcome.part,
)


def parts(visit: Visit) -> list[Part]:
    return [part(visit) for part in PARTS]
