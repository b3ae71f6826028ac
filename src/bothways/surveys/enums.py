"""Words for surveys."""

from enum import StrEnum


class Promise(StrEnum):
    """What families are told about their answers before the first question. It holds."""

    NAMED = "named"  # staff who serve the family read the answers with its name
    CONFIDENTIAL = (
        "confidential"  # staff see groups only; the link to the family is shown to nobody
    )
    ANONYMOUS = "anonymous"  # kept without any way back


class ItemKind(StrEnum):
    RATING = "rating"  # one of five labelled answers
    MARK = "mark"  # part of an inventory: marked or not, counted and never averaged
    WORDS = "words"


class ScaleKind(StrEnum):
    SCALE = "scale"  # the mean of its items says something
    INVENTORY = "inventory"  # a list: each of its lines is counted for itself
    OPEN = "open"


class Of(StrEnum):
    """Who gives one answer."""

    HOUSEHOLD = "household"
    GUARDIAN = "guardian"


class State(StrEnum):
    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"
