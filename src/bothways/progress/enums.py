"""Words for attendance, schoolwork, and what is told of them."""

from enum import IntEnum, StrEnum


class Day(StrEnum):
    """What a file says of one child on one school day."""

    UNEXCUSED = "unexcused"
    UNKNOWN = "unknown"  # absent; nobody has said why
    EXCUSED = "excused"
    PARTIAL = "partial"  # a part of the day
    TARDY = "tardy"
    ACTIVITY = "activity"  # elsewhere for the school
    PRESENT = "present"
    OTHER = "other"  # a word that a person has to explain first

    @property
    def missed(self) -> bool:
        """Whether the whole day was missed, for whatever reason."""
        return self in MISSED

    @property
    def weight(self) -> int:
        """Of two rows for one day the weightier says more."""
        return _WEIGHTS[self]


MISSED = frozenset({Day.UNEXCUSED, Day.UNKNOWN, Day.EXCUSED})
# Nobody is asked about these whatever a district chooses: the child was there, or the school knows why.
NEVER_ASKED = frozenset({Day.EXCUSED, Day.ACTIVITY, Day.PRESENT, Day.OTHER})
_WEIGHTS: dict[Day, int] = {
    Day.EXCUSED: 7,  # an excuse stands, whatever else the file says of the day
    Day.UNEXCUSED: 6,
    Day.UNKNOWN: 5,
    Day.OTHER: 4,
    Day.PARTIAL: 3,
    Day.TARDY: 2,
    Day.ACTIVITY: 1,
    Day.PRESENT: 0,
}


class Work(StrEnum):
    """What became of one assignment for one child."""

    MISSING = "missing"
    LATE = "late"  # handed in after its day
    DONE = "done"
    OPEN = "open"  # not due yet, or not looked at yet
    EXEMPT = "exempt"


class What(StrEnum):
    """What a family is told."""

    ABSENCE = "absence"  # today
    WEEK = "week"  # what is missing
    GOOD = "good"  # nothing is missing
    MONTH = "month"  # days missed since the school year began


class Standing(IntEnum):
    """How it goes, in words; never beside another child's name."""

    UNKNOWN = 0
    GOING_WELL = 1
    SOME_MISSING = 2
    NEEDS_TALK = 3


class Ask(StrEnum):
    """What is done about one absence now, and why not if nothing."""

    ASK = "ask"
    ASKED = "asked"
    EXCUSED = "excused"
    NOT_COUNTED = "not_counted"
    NOT_TODAY = "not_today"
    NO_SCHOOL = "no_school"
    TOO_EARLY = "too_early"
    TOO_LATE = "too_late"
    SWITCHED_OFF = "switched_off"
    NOBODY = "nobody"  # nobody may be told about this child


class Kind(StrEnum):
    """Which files there are; each is also the name of its command."""

    ATTENDANCE = "attendance"
    GRADEBOOK = "gradebook"
