"""What a day, a text and a list of classes mean: pure functions."""

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, timedelta

from bothways.languages.codes import fallbacks
from bothways.languages.folding import fold
from bothways.schools.calendar import is_school_day

MOST_BACK = 14  # days without school after which "the last school day" says nothing any more


def last_school_day(day: date, closed: Set[date]) -> date:
    """This day if it is a school day, else the one before it; the day itself where there is none near."""
    for back in range(MOST_BACK + 1):
        found = day - timedelta(days=back)
        if is_school_day(found, closed):
            return found
    return day


def next_school_day(day: date, closed: Set[date]) -> date:
    """The school day after this one; the day after where there is none near."""
    for ahead in range(1, MOST_BACK + 2):
        found = day + timedelta(days=ahead)
        if is_school_day(found, closed):
            return found
    return day + timedelta(days=1)


def words_for(tag: str, bodies: Mapping[str, str], written_in: str) -> tuple[str, str] | None:
    """(language, words) for this reader: theirs, a near one, else as it was written; None for no words."""
    for wish in (*fallbacks(tag), written_in, *sorted(bodies)):
        if bodies.get(wish, "").strip():
            return wish, bodies[wish]
    return None


@dataclass(frozen=True, slots=True)
class Class:
    """A class as a text may name it."""

    id: int
    title: str
    code: str


@dataclass(frozen=True, slots=True)
class Post:
    """Put these words on this class."""

    section: int
    words: str


class Undo:
    """Take the last change back."""


@dataclass(frozen=True, slots=True)
class Unclear:
    """It cannot be said for which class this is; ``named``: what stands where the class should."""

    named: str


@dataclass(frozen=True, slots=True)
class Empty:
    """A class and no words."""

    section: int


Meant = Post | Undo | Unclear | Empty

_UNDO = frozenset({"undo", "cancel", "delete"})
_MOST_NAME = 80


def read_staff(rest: str, classes: Sequence[Class]) -> Meant:
    """What a teacher's text means, after the word that began it: “3B: read pages 4–9”.

    The class stands before a colon, by title or code; with one class it may be left out.
    """
    if fold(rest) in _UNDO:
        return Undo()
    name, colon, words = _divided(rest)
    if colon and not name and len(classes) == 1:
        return _post(classes[0], words)
    if colon and name:
        found = named(name, classes)
        if found is not None:
            return _post(found, words)
        # “Math: finish the sheet” to the only class: the colon belongs to the words.
        return _post(classes[0], rest) if len(classes) == 1 else Unclear(name)
    first, _blank, after = rest.strip().partition(" ")
    found = next((one for one in classes if one.code == fold(first)), None)
    if found is not None:
        return _post(found, after)
    return _post(classes[0], rest) if len(classes) == 1 else Unclear("")


def _post(to: Class, words: str) -> Post | Empty:
    told = words.strip()
    return Post(to.id, told) if told else Empty(to.id)


def _divided(rest: str) -> tuple[str, bool, str]:
    """(class, whether a colon divides, words)."""
    found = re.match(rf"\s*([^:：\n]{{0,{_MOST_NAME}}})[:：]", rest)
    if found is None:
        return "", False, rest
    return found[1].strip(), True, rest[found.end() :]


def named(name: str, classes: Sequence[Class]) -> Class | None:
    """The one class that is meant: by code, by whole title, by words that only its title has; else None."""
    wanted = fold(name)
    if not wanted:
        return None
    for fits in (
        lambda one: one.code == wanted,
        lambda one: fold(one.title) == wanted,
        lambda one: set(wanted.split()) <= set(fold(one.title).split()),
        lambda one: wanted.replace(" ", "") in fold(one.title).replace(" ", ""),
    ):
        found = [one for one in classes if fits(one)]
        if found:
            return found[0] if len(found) == 1 else None
    return None
