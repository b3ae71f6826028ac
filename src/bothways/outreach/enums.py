"""Words for what people do to reach a family."""

from enum import StrEnum


class Way(StrEnum):
    CALL = "call"
    VISIT = "visit"
    HANDOVER = "handover"
    AT_SCHOOL = "at_school"  # a talk at the door, the gate, an event
    GO_BETWEEN = "go_between"
    NEUTRAL_PLACE = "other_place"  # as short as the ledger's channels are

    @property
    def label(self) -> str:
        return {
            "call": "A call",
            "visit": "A visit at home",
            "handover": "Handed something over",
            "at_school": "A talk at school",
            "go_between": "Somebody they trust passed word on",
            "other_place": "A talk at another place",
        }[self.value]


class Result(StrEnum):
    TALKED = "talked"
    NO_ANSWER = "no_answer"
    LEFT_WORD = "left_word"  # with somebody who will pass it on, or on a machine
    GIVEN = "given"  # into a guardian's hand
    WRONG_PERSON = "wrong_person"
    MOVED = "moved"
    NOT_SAFE = "not_safe"

    @property
    def label(self) -> str:
        return {
            "talked": "We talked",
            "no_answer": "Nobody answered this time",
            "left_word": "Left word",
            "given": "Given to a guardian",
            "wrong_person": "It was somebody else",
            "moved": "They moved",
            "not_safe": "It did not feel safe",
        }[self.value]


class StepChannel(StrEnum):
    """By what the next step goes: by the machine, or by a person."""

    OFFICE = "office"  # something to find out or to decide before anyone is contacted
    WRITE = "write"
    TEXT = "text"
    WHATSAPP = "whatsapp"
    PUSH = "push"
    VOICE = "voice"
    EMAIL = "email"
    LETTER = "letter"
    CALL = "call"
    VISIT = "visit"
    HANDOVER = "handover"
    GO_BETWEEN = "go_between"
    NEUTRAL_PLACE = "neutral_place"
    WAIT = "wait"  # for a sign


class TaskKind(StrEnum):
    """What a person is asked to do. The first five reach out; the others find something out first."""

    CALL = "call"
    VISIT = "visit"
    HANDOVER = "handover"
    GO_BETWEEN = "go_between"  # somebody whom the family trusts passes word on
    NEUTRAL_PLACE = "neutral_place"  # a library, a church, a shop: not school, not home
    FIND_GUARDIAN = "find_guardian"
    READ_ORDER = "read_order"
    WRITE = "write"
    REVIEW = "review"  # look at the family's plan and decide what is next

    @property
    def label(self) -> str:
        return {
            "call": "Call them",
            "visit": "Visit, in a pair",
            "handover": "Hand something over",
            "go_between": "Ask somebody they trust",
            "neutral_place": "Meet at another place",
            "find_guardian": "Find out who cares for the student",
            "read_order": "Read the restriction again",
            "write": "Write to this family",
            "review": "Look at the plan and decide what is next",
        }[self.value]


REACHING_OUT = (
    TaskKind.CALL,
    TaskKind.VISIT,
    TaskKind.HANDOVER,
    TaskKind.GO_BETWEEN,
    TaskKind.NEUTRAL_PLACE,
)


class TaskState(StrEnum):
    OPEN = "open"
    DONE = "done"  # with an outcome
    DROPPED = "dropped"  # evidence came another way, or a named person decided so
    PAUSED = "paused"  # until a date, because of a reason, reviewed by somebody


class ClimbState(StrEnum):
    OPEN = "open"
    DONE = "done"  # evidence
    OVER = "over"  # the words lost their worth; the family's own climb goes on
    PAUSED = "paused"  # by a person, until a date


class StepKind(StrEnum):
    WAIT = "wait"
    SEND = "send"
    PERSON = "person"
    DONE = "done"


class DayPart(StrEnum):
    """Hours are too fine for the few signs that one family gives."""

    MORNING = "morning"  # until noon
    AFTERNOON = "afternoon"  # until five
    EVENING = "evening"


class Place(StrEnum):
    """Where a visit meets the family: it is theirs to choose."""

    HOME = "home"
    SCHOOL = "school"
    NEUTRAL = "neutral"


class PlanState(StrEnum):
    """There is no state for giving up."""

    OPEN = "open"
    PAUSED = "paused"  # until a date, because of a reason, reviewed by somebody
    IN_CONTACT = "in_contact"


class NoteKind(StrEnum):
    TRIED = "tried"
    LEARNED = "learned"
    STUDENT = "student"  # what the student suggests


class RequestKind(StrEnum):
    """What a family asks of the record that is kept of its children."""

    CORRECT = "correct"
    INSPECT = "inspect"


class RequestOutcome(StrEnum):
    DONE = "done"
    PARTLY = "partly"
    REFUSED = "refused"  # the family hears why, and what it can do
