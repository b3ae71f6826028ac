"""The ways on from the first page of a family: one line a page, in the order in which they stand."""

from dataclasses import dataclass
from typing import Final

from bothways.web.family.wording import Words


@dataclass(frozen=True, slots=True)
class Room:
    """The name of its address, and the phrase that names it."""

    name: str
    phrase: str


ROOMS: Final[tuple[Room, ...]] = (
    Room("family-help", "home_help"),
    Room("family-sent", "home_sent"),
    Room("family-said", "home_said"),
    Room("family-ways", "home_ways"),
    Room("family-language", "home_languages"),
    Room("family-quiet", "home_quiet"),
    Room("family-looked", "home_looked"),
    Room("family-record", "home_record"),
    Room("family-take", "home_take"),
    Room("family-devices", "home_devices"),
)


def rooms(words: Words) -> list[tuple[str, str]]:
    """(name of the address, what it is called) in the reader's language."""
    return [(room.name, words[room.phrase]) for room in ROOMS]
