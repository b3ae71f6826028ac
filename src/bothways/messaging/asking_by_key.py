"""What a call can ask so that a key answers it: pure, from a question to its keys in one language."""

from collections.abc import Mapping, Sequence
from typing import Any

from bothways.channels.contract import KeyQuestion
from bothways.channels.enums import KeyKind
from bothways.languages.codes import fallbacks
from bothways.languages.phrases import phrase
from bothways.messaging.enums import Takes
from bothways.messaging.models import Question

_MOST_ON_ONE_KEY = 9


def asked_by_key(question: Question, tag: str) -> tuple[KeyQuestion, ...]:
    """The question and those that the same call asks next, up to the first that no key can answer.

    Words are never read in another language than the listener's: what is not there in it ends the list.
    """
    own = {
        "takes": question.takes,
        "low": question.low,
        "high": question.high,
        "choices": question.choices,
    }
    found: list[KeyQuestion] = []
    for nth, told in enumerate((own, *question.then)):
        words = _in(told["words"], tag) if nth else ""
        keys = _keys(told, tag, words=words or "", final=question.anonymous)
        if keys is None or words is None:
            break
        found.append(keys)
    return tuple(found)


def _keys(told: Mapping[str, Any], tag: str, *, words: str, final: bool) -> KeyQuestion | None:
    takes, low, high = Takes(told["takes"]), int(told["low"]), int(told["high"])
    if takes is Takes.WORDS:
        return None
    if takes is Takes.NUMBER:
        return KeyQuestion(KeyKind.NUMBER, low=0, words=words, final=final)
    if takes is Takes.YES_NO:
        yes_no = (phrase(tag, "told_yes"), phrase(tag, "told_no"))
        return KeyQuestion(KeyKind.CHOICE, choices=yes_no, words=words, final=final)
    choices: Sequence[str] | None = _in(told["choices"], tag)
    if takes is Takes.CHOICE or (choices and high <= _MOST_ON_ONE_KEY):
        if not choices:
            return None
        first = low if takes is Takes.SCALE else 1
        return KeyQuestion(
            KeyKind.CHOICE, low=first, choices=tuple(choices), words=words, final=final
        )
    by = KeyKind.DIGIT if high <= _MOST_ON_ONE_KEY else KeyKind.NUMBER
    return KeyQuestion(by, low=low, high=high, words=words, final=final)


def _in(known: Mapping[str, Any], tag: str) -> Any:
    """What is written in this language, or a wider one of the same name; None where nothing is."""
    language = tag.partition("-")[0]
    steps = (step for step in fallbacks(tag) if step.partition("-")[0] == language)
    return next((known[step] for step in (tag, *steps) if step in known), None)
