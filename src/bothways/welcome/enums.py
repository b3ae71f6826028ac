"""Words for a welcome conversation."""

from enum import StrEnum


class How(StrEnum):
    """Where the talk is held."""

    CALL = "call"
    VISIT = "visit"
    AT_SCHOOL = "at_school"
    ELSEWHERE = "elsewhere"  # a library, a laundry, a church: not school, not home
    PAGE = "page"  # the family's own page


class Band(StrEnum):
    """The partnership changes with age: so do the questions."""

    ELEMENTARY = "elementary"
    MIDDLE = "middle"
    HIGH = "high"


class Asked(StrEnum):
    """How far a family's welcome conversation has come."""

    HELD = "held"
    HALF = "half"
    PREFERRED_NOT = "preferred_not"
    INVITED = "invited"  # asked by a message, or somebody is to ask; nothing told yet
    NOT_YET = "not_yet"


class AskedBy(StrEnum):
    """By what a family is being asked."""

    MESSAGE = "message"
    PERSON = "person"
