"""The buttons under a question: what may be answered, in the reader’s language."""

from dataclasses import dataclass

from bothways.core import clock
from bothways.languages.codes import fallbacks
from bothways.languages.phrases import phrase
from bothways.messaging.enums import MessageKind, Takes
from bothways.messaging.models import Delivery, Question
from bothways.messaging.services.taking import open_at_page

# A longer scale is typed: thirty buttons are no help.
_MOST_BUTTONS = 11


@dataclass(frozen=True, slots=True)
class Choices:
    """What the buttons say, in order; ``row``: short ones that stand side by side; ``number``: it is typed."""

    words: tuple[str, ...] = ()
    row: bool = False
    number: bool = False


def choices(delivery: Delivery, tag: str) -> Choices | None:
    """The buttons under this message’s question, or a box for a number; None where words are the answer."""
    if delivery.message.kind != MessageKind.QUESTION:
        return None
    question = open_at_page(delivery, at=clock.now())
    if question is None:
        return None
    takes = Takes(question.takes)
    if takes is Takes.SCALE and question.high - question.low < _MOST_BUTTONS:
        return Choices(tuple(str(n) for n in range(question.low, question.high + 1)), row=True)
    if takes in (Takes.SCALE, Takes.NUMBER):
        return Choices(number=True)
    if takes is Takes.YES_NO:
        return Choices((phrase(tag, "told_yes"), phrase(tag, "told_no")), row=True)
    if takes is Takes.CHOICE:
        known: dict[str, list[str]] = question.choices
        step = next((step for step in fallbacks(tag) if step in known), None)
        words = known[step] if step else next(iter(known.values()), [])
        return Choices(tuple(words), row=False)
    return None


def anonymous_at(delivery: Delivery) -> bool:
    """Whether this message asks something whose answers nobody may trace."""
    return Question.objects.filter(message=delivery.message_id, anonymous=True).exists()
