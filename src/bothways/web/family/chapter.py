"""A chapter of “take it along”."""

from dataclasses import dataclass
from typing import Any

from bothways.channels.letters.booklet import Item


@dataclass(frozen=True, slots=True)
class Part:
    """A chapter of the PDF and the same for another program, under ``key`` of the JSON file.

    What a page of this adult would not show, it does not hold.
    """

    key: str
    title: str
    items: list[Item]
    data: Any
