"""Words for what people do to reach a family."""

from enum import StrEnum


class Way(StrEnum):
    CALL = "call"
    VISIT = "visit"
    HANDOVER = "handover"
    AT_SCHOOL = "at_school"  # a talk at the door, the gate, an event

    @property
    def label(self) -> str:
        return {
            "call": "A call",
            "visit": "A visit at home",
            "handover": "Handed something over",
            "at_school": "A talk at school",
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
    OFFICE = "office"  # something to find out or to decide before anyone is contacted
    WRITE = "write"
    LETTER = "letter"
    CALL = "call"
    VISIT = "visit"
    HANDOVER = "handover"
