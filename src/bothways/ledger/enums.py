"""Levels of evidence, ordered: a claim never exceeds its evidence."""

from enum import IntEnum, StrEnum


class Level(IntEnum):
    NONE = 0
    ATTEMPTED = 1  # a carrier took it, a letter was posted, somebody rang
    DELIVERED = 2  # the carrier's receipt, or a person's word
    SEEN = 3  # a gesture: a key, a button, a code, a slip
    ANSWERED = 4  # words
    MET = 5


REACHED = Level.SEEN
TWO_WAY = Level.ANSWERED


class Direction(StrEnum):
    TO_FAMILY = "to_family"
    FROM_FAMILY = "from_family"


class SourceKind(StrEnum):
    """What a ledger line was read from; with its id and level it is unique."""

    DELIVERY = "delivery"
    ENTRY = "entry"  # something a family wrote
    VISIT = "visit"  # a call, visit or handing over, noted by a person
    MOVED = "moved"  # words that a person found to be another family's, or about another child
    WELCOME = "welcome"  # a welcome conversation on the family's own page
