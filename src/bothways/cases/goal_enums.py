"""Words for shared goals and for talks when it is tense."""

from enum import StrEnum


class SetBy(StrEnum):
    """Whose goal it is: who said it first."""

    FAMILY = "family"
    TEACHER = "teacher"
    STUDENT = "student"


class GoalState(StrEnum):
    OPEN = "open"
    REACHED = "reached"
    LET_GO = "let_go"  # with a reason


class Band(StrEnum):
    """Ages between which the student's own part grows."""

    ELEMENTARY = "elementary"
    MIDDLE = "middle"
    HIGH = "high"


class AskEvery(StrEnum):
    """How often the family is asked how it goes."""

    NEVER = "never"
    WEEK = "week"
    FORTNIGHT = "fortnight"

    @property
    def weeks(self) -> int:
        return {"never": 0, "week": 1, "fortnight": 2}[self.value]


class Happened(StrEnum):
    """A dated line of a goal's story."""

    SET = "set"
    CHANGED = "changed"
    SAID = "said"  # how it goes, in somebody's words
    CHECKED = "checked"  # a number, 1 to 5, to the question of a week
    REACHED = "reached"
    LET_GO = "let_go"
    OPENED_AGAIN = "opened_again"


LOW, HIGH = 1, 5  # of a check-in: not yet … very well
