"""What is said of a question in a call, and what a pressed key answers: pure.

``At`` is where a call stands. It travels in our own addresses and holds no answer: a line in the log of a
proxy tells nobody what a family said.
"""

import re
from dataclasses import dataclass

from bothways.channels.contract import KeyQuestion
from bothways.channels.enums import KeyKind

STAR = "*"
MOST_DIGITS = 6  # more are a telephone number
# Who corrects an answer more often than this in one call gets the menu: a person can help.
MOST_TURNS = 30
_AT = re.compile(r"(\d{1,2})-(\d{1,2})-([01])", re.ASCII)


@dataclass(frozen=True, slots=True)
class At:
    """The question, from 0; ``turn``: how many answers were given before; ``again``: a key was wrong."""

    question: int = 0
    turn: int = 0
    again: bool = False

    def __str__(self) -> str:
        return f"{self.question}-{self.turn}-{int(self.again)}"


def at(text: str) -> At | None:
    """The place that an address of ours names; the beginning for none, None for what is no place."""
    if not text:
        return At()
    found = _AT.fullmatch(text)
    return At(int(found[1]), int(found[2]), found[3] == "1") if found else None


def answered(pressed: str, question: KeyQuestion) -> str | None:
    """The digits that answer this question, without leading noughts; None: these keys are no answer."""
    digits = pressed.removesuffix("#")
    if not digits.isascii() or not digits.isdecimal():
        return None
    digits = digits.lstrip("0") or "0"
    if len(digits) > MOST_DIGITS:
        return None
    value, high = int(digits), highest(question)
    if value < question.low or (high is not None and value > high):
        return None
    return digits


def highest(question: KeyQuestion) -> int | None:
    """The highest answer; None: any."""
    if question.by is KeyKind.CHOICE:
        return question.low + len(question.choices) - 1
    return question.high


def meant(digits: str, question: KeyQuestion) -> str:
    """What these digits say, in the listener's words."""
    if question.by is KeyKind.CHOICE:
        return question.choices[int(digits) - question.low]
    return digits
