"""A goal as its reader sees it, in the reader's language where somebody wrote it so."""

from dataclasses import dataclass, field

from bothways.cases.goal_enums import GoalState, Happened, SetBy
from bothways.cases.goal_queries import Told, goals_of_student, told
from bothways.cases.models import Goal
from bothways.languages.codes import direction
from bothways.people.models import Student
from bothways.web.family.wording import Words


@dataclass(slots=True)
class Said:
    """One part of a goal, in its own language."""

    label: str
    words: str
    language: str

    @property
    def direction(self) -> str:
        return direction(self.language)


@dataclass(slots=True)
class Shown:
    """A goal as its reader sees it, in the reader's language where somebody wrote it so."""

    pk: int
    open: bool
    words: Said
    from_whom: str
    when: str
    parts: list[Said] = field(default_factory=list)
    checks: list[tuple[str, int]] = field(default_factory=list)  # (day, 1…5)
    said: list[tuple[str, str, str]] = field(default_factory=list)  # (day, words, language)
    waits: bool = False  # for what school does


def shown(one: Told, words: Words) -> Shown:
    goal, tag = one.goal, words.tag
    child = goal.student.called or goal.student.name
    labels = {
        "student_does": words.say("goal_student", child=child),
        "home_does": words["goal_home"],
        "school_does": words["goal_school"],
        "see_it": words["goal_see"],
    }
    from_whom = {
        SetBy.FAMILY: words["goal_by_family"],
        SetBy.TEACHER: words["goal_by_teacher"],
        SetBy.STUDENT: words.say("goal_by_student", child=child),
    }[SetBy(goal.set_by)]
    zone = goal.student.district.zone
    if goal.ended_at is None:
        when = words.say("goal_until", date=words.date(goal.until))
    else:
        key = "goal_reached" if goal.state == GoalState.REACHED.value else "goal_let_go"
        when = words.say(key, date=words.date(goal.ended_at.astimezone(zone).date()))
    return Shown(
        goal.pk,
        one.open,
        _said(goal, "words", "", tag),
        from_whom,
        when,
        [
            _said(goal, part, label, tag)
            for part, label in labels.items()
            if goal.part_in(part, tag)
        ],
        [(words.date(check.at.astimezone(zone).date()), check.value or 0) for check in one.checks],
        [
            (words.date(event.at.astimezone(zone).date()), event.words, event.language)
            for event in one.events
            if event.words and event.kind in (Happened.SAID.value, Happened.CHECKED.value)
        ][-6:],
        one.needs_school,
    )


def _said(goal: Goal, part: str, label: str, tag: str) -> Said:
    return Said(label, goal.part_in(part, tag), goal.language_of(part, tag))


def of_student(child: Student, words: Words) -> list[Shown]:
    """What a student's own page shows."""
    return [shown(one, words) for one in told(goals_of_student(child))]
