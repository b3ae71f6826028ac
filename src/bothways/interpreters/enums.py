"""Words for interpreters and their bookings."""

from enum import StrEnum


class Part(StrEnum):
    """What somebody does between a family and the school."""

    INTERPRETER = "interpreter"  # says what both sides say, adds nothing
    REPRESENTATIVE = "representative"  # is trusted in a community, and explains both sides


class Occasion(StrEnum):
    """What somebody is booked for."""

    CALL = "call"
    VISIT = "visit"  # at the family's home
    CONVERSATION = "conversation"  # at school
    PLACE = "place"  # somewhere else

    @property
    def travels(self) -> bool:
        """Whether the interpreter has to get there and back."""
        return self is not Occasion.CALL


class BookingState(StrEnum):
    ASKED = "asked"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    TOOK_PLACE = "took_place"
    NO_SHOW = "no_show"  # the interpreter did not come


# A person with one of these is taken at that time.
TAKEN = (BookingState.ASKED, BookingState.ACCEPTED, BookingState.TOOK_PLACE)
# What still lies ahead.
OPEN = (BookingState.ASKED, BookingState.ACCEPTED)


class AskedFrom(StrEnum):
    """The page from which somebody was booked, so that it can show the booking."""

    FAMILY = "family"
    TASK = "task"  # a call or a visit of outreach
    CONVERSATION = "conversation"  # of the inbox
