"""Words for what stands in the way, where it was heard, and what it changes."""

from enum import StrEnum


class Level(StrEnum):
    """Where something stands in the way: no level is about what people are like."""

    FAMILY = "family"
    EDUCATOR = "educator"
    PARTNERSHIP = "partnership"


class Effect(StrEnum):
    """What a barrier changes in how a family is reached. Others change what people say and bring."""

    SLEEPS_BY_DAY = "sleeps_by_day"  # nothing that rings in the hours of sleep
    NO_CALLS_BY_DAY = "no_calls_by_day"
    NO_CALLS_IN_THE_EVENING = "no_calls_in_the_evening"
    LINKS_LATER = "links_later"  # email and notices after what needs no internet
    CALLS_LATER = "calls_later"  # each call costs them minutes
    PHONE_LATER = "phone_later"  # paper and people before anything that needs a phone
    VOICE_FIRST = "voice_first"  # heard before read; nothing long to read before a person called
    PAPER_LATER = "paper_later"  # the address may be an old one
    INTERPRETER = "interpreter"  # somebody interprets whenever people talk
    ANOTHER_FACE = "another_face"  # another person, another place; no official letter first
    MEET_NEAR = "meet_near"  # where they are, before where school is
    NO_VISIT = "no_visit"  # nobody goes to their home unless they ask


class Source(StrEnum):
    """Where it was heard."""

    STAFF = "staff"  # a member of staff wrote it down, from no one conversation
    CONVERSATION = "conversation"
    OUTCOME = "outcome"
    SURVEY = "survey"
    PAGE = "page"  # the family's own page
    VISIT = "visit"
    WELCOME = "welcome"
    CASE = "case"


class HelpState(StrEnum):
    """How far a solution is for one family."""

    OFFERED = "offered"
    IN_PLACE = "in_place"
    NOT_NEEDED = "not_needed"  # the family says so


class EndedHow(StrEnum):
    GONE = "gone"  # it stands in the way no more
    UNDONE = "undone"  # it was noted by mistake: as if it had never been
