"""The ways on from the first page of a family: one line a page, in groups, in the order in which they stand."""

from dataclasses import dataclass
from itertools import groupby
from typing import Final

from bothways.web.family.wording import Words


@dataclass(frozen=True, slots=True)
class Room:
    """The name of its address, the phrase that names it, and the group in which it stands."""

    name: str
    phrase: str
    # 1: you and the school; 2: what was written; 3: how you are reached; 4: what is kept
    group: int


ROOMS: Final[tuple[Room, ...]] = (
    Room("family-help", "home_help", 1),
    Room("family-hard", "bar_title", 1),
    Room("family-welcome", "welcome_room", 1),
    Room("family-goals", "goal_room", 1),
    Room("family-cases", "case_room", 1),
    Room("family-sent", "home_sent", 2),
    Room("family-said", "home_said", 2),
    Room("family-feedback", "fb_title", 2),
    Room("family-ways", "home_ways", 3),
    Room("family-language", "home_languages", 3),
    Room("family-quiet", "home_quiet", 3),
    Room("family-record", "home_record", 4),
    Room("family-take", "home_take", 4),
    Room("family-looked", "home_looked", 4),
    Room("family-devices", "home_devices", 4),
)


def rooms(words: Words) -> list[list[tuple[str, str]]]:
    """The groups, each a list of (name of the address, what it is called) in the reader's language."""
    return [
        [(room.name, words[room.phrase]) for room in group]
        for _, group in groupby(ROOMS, key=lambda room: room.group)
    ]
