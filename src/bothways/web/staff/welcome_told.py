"""What the family told, for whoever is about to speak with it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import get_language

from bothways.accounts.enums import Permission
from bothways.accounts.models import User
from bothways.languages.codes import direction
from bothways.languages.services import Reading, read_all_for
from bothways.people.models import Household, Student
from bothways.web.staff.family import Family
from bothways.welcome.enums import Asked
from bothways.welcome.models import Answer, Carer
from bothways.welcome.queries import asked_at, open_carers, told_to_staff
from bothways.welcome.questions import questions
from bothways.welcome.rules import may_read

# What helps most before a first word: hopes, then what the child is good at, then their own school story.
_FIRST = ("hopes", "hopes_high", "good_at", "story", "help")
_AT_ONCE = 3


@dataclass(slots=True)
class Shown:
    """One answer on a staff page."""

    answer: Answer
    question: str
    withheld: bool
    private: bool  # never printed
    spoken: bool
    reading: Reading | None = None

    @property
    def language(self) -> str:
        return (self.reading.language if self.reading else "") or self.answer.language

    @property
    def direction(self) -> str:
        return direction(self.language) if self.language else "auto"


@dataclass(frozen=True, slots=True)
class Told:
    """What one home told, question by question."""

    shown: list[Shown] = field(default_factory=list)

    @property
    def first(self) -> list[Shown]:
        """A few words to have in mind before calling."""
        readable = [one for one in self.shown if not one.withheld and one.answer.words]
        order = {code: place for place, code in enumerate(_FIRST)}
        chosen = [one for one in readable if one.answer.question in order]
        return sorted(chosen, key=lambda one: order[one.answer.question])[:_AT_ONCE]


def told(
    user: User, home: Household, students: Sequence[Student], *, protected: bool, names: list[str]
) -> Told:
    """The answers this user may read, in the order of the questions; three queries at the most."""
    order = {code: place for place, code in enumerate(questions())}
    reader = get_language() or "en"
    rows = told_to_staff(home, children=[s.pk for s in students], protected=protected, user=user.pk)
    found = [
        Shown(
            row.answer,
            _question(row.answer),
            row.withheld,
            row.answer.word_class == "protected",
            row.spoken,
        )
        for row in rows
    ]
    readable = [one for one in found if not one.withheld and one.answer.words]
    readings = read_all_for(
        home.district,
        [(one.answer.words, one.answer.language) for one in readable],
        reader=reader,
        names=names,
    )
    for one, reading in zip(readable, readings, strict=True):
        one.reading = reading
    found.sort(key=lambda one: (-one.answer.talk_id, order.get(one.answer.question, 99)))
    return Told(found)


def _question(answer: Answer) -> str:
    """In the district's own language: staff read it."""
    question = questions().get(answer.question)
    if question is None:
        return answer.question
    student = answer.student
    child = (student.called or student.name) if student else ""
    return question.words("en", child)


def names_of(family: Family) -> list[str]:
    """Whom a translator must leave as they are."""
    students = [name for s in family.students for name in (s.given, s.preferred, s.family)]
    adults = [name for a in family.guardians for name in (a.given, a.family)]
    return [name for name in dict.fromkeys([*students, *adults]) if name]


def section(user: User, family: Family) -> dict[str, Any] | None:
    """The part of the family's page; two queries, and three more of a family that has talked with us."""
    home = family.home
    names = names_of(family)
    state, talks = asked_at(home)
    carers: list[Carer] = [
        carer
        for carer in (open_carers(home) if talks and family.rights.contact else [])
        if may_read(
            carer.answer.word_class,
            protected=family.rights.protected,
            wrote_it=carer.answer.by_id == user.pk,
        )
    ]
    return {
        "home": home,
        "may_make": user.can(Permission.INBOX_ANSWER),
        "told": told(
            user, home, family.students, protected=family.rights.protected, names=names
        ).shown
        if talks
        else [],
        "state": state.value,
        "held": state is Asked.HELD,
        "talks": talks,
        "may_talk": any(adult.may_be_told for adult in family.adults),
        "carers": carers,
        "students": family.students,
        "district": home.district,
    }
