"""What other rooms add to “take it along”: one line a part."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from bothways.channels.letters.booklet import Item
from bothways.web.family.inside import Visit


@dataclass(frozen=True, slots=True)
class Part:
    """A chapter of the PDF and the same for another program, under ``key`` of the JSON file.

    What a page of this adult would not show, it does not hold.
    """

    key: str
    title: str
    items: list[Item]
    data: Any


PARTS: Final[tuple[Callable[[Visit], Part], ...]] = ()


def parts(visit: Visit) -> list[Part]:
    return [part(visit) for part in PARTS]
