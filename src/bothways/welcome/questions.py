"""The questions, as data: which there are, for whom, in which order."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from bothways.languages.phrases import phrase
from bothways.people.enums import WordClass
from bothways.people.models import Student
from bothways.welcome.enums import Band
from bothways.welcome.rules import band_of

# Answers to these lead on: to the office's contact people, to barriers, to wishes about being reached.
CARERS, HARD, REACH = "carers", "hard", "reach"


@dataclass(frozen=True, slots=True)
class Question:
    code: str
    child: bool  # asked for each child
    bands: frozenset[Band]
    readers: WordClass  # who reads the answer, unless the family chooses otherwise

    def words(self, tag: str, child: str = "") -> str:
        """The question in this language; raises KeyError without a name where it is about a child."""
        if self.child:
            return phrase(tag, f"welcome_{self.code}", child=child)
        return phrase(tag, f"welcome_{self.code}")


@dataclass(frozen=True, slots=True)
class Asking:
    """One question to one family: about this child, or about all of them."""

    question: Question
    student: Student | None

    @property
    def key(self) -> str:
        """As a form's field is called: letters, digits and low lines."""
        return f"{self.question.code}_{self.student.pk if self.student else 0}"

    def words(self, tag: str) -> str:
        return self.question.words(tag, _called(self.student) if self.student else "")


def _called(student: Student) -> str:
    return student.called or student.name


@cache
def questions() -> dict[str, Question]:
    """By code, in the order in which they are asked."""
    raw = tomllib.loads(files(__package__).joinpath("questions.toml").read_text("utf-8"))
    return {
        code: Question(
            code,
            bool(one.get("child", False)),
            frozenset(Band(band) for band in one.get("bands", [])),
            WordClass(one["readers"]),
        )
        for code, one in raw.items()
    }


def asked_about(students: Sequence[Student]) -> list[Asking]:
    """All that is asked of a family with these children, in order."""
    found: list[Asking] = []
    for question in questions().values():
        if not question.child:
            found.append(Asking(question, None))
            continue
        found += [
            Asking(question, student)
            for student in students
            if not question.bands or band_of(student.grade) in question.bands
        ]
    return found
