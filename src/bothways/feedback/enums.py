"""Words for what families said and what came of it."""

from enum import StrEnum


class Kind(StrEnum):
    REQUEST = "request"
    OBSERVATION = "observation"
    SUGGESTION = "suggestion"


class Source(StrEnum):
    """Where it was said."""

    ENTRY = "entry"  # words of a conversation
    SURVEY = "survey"
    CASE = "case"
    TALK = "talk"  # a call, a visit, a meeting
    WELCOME = "welcome"


class Outcome(StrEnum):
    DONE = "done"
    PARTLY = "partly"
    NOT_POSSIBLE = "not_possible"  # and why
    NO_CHANGE = "no_change"  # an observation that was good to hear


class Helped(StrEnum):
    """What the family says of it; in the order in which a message offers it."""

    YES = "yes"
    LITTLE = "little"
    NO = "no"


class Did(StrEnum):
    """What happened to an item."""

    MADE = "made"
    GIVEN = "given"  # to another owner, or to another day
    CLOSED = "closed"
    TOLD = "told"
    HELPED = "helped"  # the family’s answer
    REOPENED = "reopened"
    JOINED = "joined"  # to a change, or taken out of one
