"""Words for cases."""

from enum import IntEnum, StrEnum


class Stage(StrEnum):
    """The stages of solving something together, in their order."""

    SEES = "sees"  # what each side sees, strengths first
    DEFINITION = "definition"  # one shared description, in behaviour words
    BASELINE = "baseline"  # how it is before anything changes
    PLAN = "plan"  # what home does, what school does, what the student does
    TRY = "try"
    HELPED = "helped"
    DECIDE = "decide"  # keep, change or end

    @property
    def number(self) -> int:
        return list(Stage).index(self)


class Part(StrEnum):
    """What somebody is in a case."""

    LEAD = "lead"
    TEACHER = "teacher"
    COUNSELOR = "counselor"
    LIAISON = "liaison"
    INTERPRETER = "interpreter"
    FAMILY = "family"
    STUDENT = "student"

    @property
    def side(self) -> "Side | None":
        """An interpreter stands on neither side."""
        if self is Part.INTERPRETER:
            return None
        return {Part.FAMILY: Side.HOME, Part.STUDENT: Side.STUDENT}.get(self, Side.SCHOOL)


STAFF_PARTS = (Part.LEAD, Part.TEACHER, Part.COUNSELOR, Part.LIAISON, Part.INTERPRETER)


class Side(StrEnum):
    HOME = "home"
    SCHOOL = "school"
    STUDENT = "student"


class About(StrEnum):
    """What words in a case speak of."""

    STRENGTH = "strength"
    SEES = "sees"
    WISH = "wish"
    NOTE = "note"


class How(StrEnum):
    """By which way words or a number came."""

    PAGE = "page"
    TEXT = "text"
    CALL = "call"
    LETTER = "letter"
    VISIT = "visit"
    PAPER = "paper"  # a chart on paper, typed in
    TAP = "tap"
    GRADEBOOK = "gradebook"


class Consent(StrEnum):
    """What the family said to working on this together."""

    NOT_ASKED = "not_asked"
    ASKED = "asked"
    GIVEN = "given"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class Ended(StrEnum):
    """Why a case is closed."""

    REACHED = "reached"
    OTHER_WAY = "other_way"  # it goes on by another way
    NO_CONSENT = "no_consent"
    MOVED = "moved"
    OTHER = "other"


class Kind(StrEnum):
    """What a number counts."""

    COUNT = "count"  # how often in a day
    RATING = "rating"  # 1 to 5
    YES_NO = "yes_no"  # 1 or 0
    PERCENT = "percent"

    @property
    def bounds(self) -> tuple[int, int]:
        """The least and the greatest number that can be meant."""
        return {"count": (0, 200), "rating": (1, 5), "yes_no": (0, 1), "percent": (0, 100)}[
            self.value
        ]


class Better(StrEnum):
    UP = "up"
    DOWN = "down"


class Every(StrEnum):
    """How often home is asked for a number."""

    NEVER = "never"
    DAY = "day"  # each school day
    WEEK = "week"  # on the last school day of the week


class Verdict(StrEnum):
    BETTER = "better"
    WORSE = "worse"
    CANNOT_TELL = "cannot_tell"  # enough days, and the interval holds no change, too
    TOO_FEW = "too_few"


class Level(IntEnum):
    """Goal attainment, after Kiresuk and Sherman (1968)."""

    MUCH_LESS = -2
    LESS = -1
    AS_HOPED = 0
    MORE = 1
    MUCH_MORE = 2


class Event(StrEnum):
    """What happened in a case; all its members read these lines."""

    OPENED = "opened"
    ASKED = "asked"
    CONSENT = "consent"
    STAGE = "stage"
    JOINED = "joined"
    LEFT = "left"
    TAKEN_OVER = "taken_over"
    DEFINED = "defined"
    AGREED = "agreed"
    PLAN_BEGUN = "plan_begun"
    PLAN_ENDED = "plan_ended"
    CLOSED = "closed"
    OPENED_AGAIN = "opened_again"
