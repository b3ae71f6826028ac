"""What the terms of cases are called on staff pages."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bothways.cases.enums import (
    Better,
    Consent,
    Ended,
    Event,
    Every,
    How,
    Kind,
    Part,
    Side,
    Stage,
    Verdict,
)
from bothways.people.enums import WordClass

Words = Mapping[str, Promise]

STAGES: Words = {
    Stage.SEES: _("What each side sees"),
    Stage.DEFINITION: _("One shared description"),
    Stage.BASELINE: _("How it is now"),
    Stage.PLAN: _("The plan"),
    Stage.TRY: _("Try it"),
    Stage.HELPED: _("Did it help?"),
    Stage.DECIDE: _("Keep, change or end"),
}
PARTS: Words = {
    Part.LEAD: _("leads"),
    Part.TEACHER: _("teacher"),
    Part.COUNSELOR: _("counselor"),
    Part.LIAISON: _("family liaison"),
    Part.INTERPRETER: _("interpreter"),
    Part.FAMILY: _("family"),
    Part.STUDENT: _("student"),
}
SIDES: Words = {Side.HOME: _("Home"), Side.SCHOOL: _("School"), Side.STUDENT: _("Student")}
HOWS: Words = {
    How.TEXT: _("by text"),
    How.PAGE: _("on a page"),
    How.CALL: _("by call"),
    How.LETTER: _("by letter"),
    How.VISIT: _("in person"),
    How.PAPER: _("on paper"),
    How.TAP: _("one tap"),
    How.GRADEBOOK: _("gradebook"),
}
SPOKEN_HOWS = (How.CALL, How.VISIT, How.LETTER, How.TEXT)
CONSENTS: Words = {
    Consent.NOT_ASKED: _("The family has not been asked yet"),
    Consent.ASKED: _("The family has been asked, and has not said yet"),
    Consent.GIVEN: _("The family wants to work on it together"),
    Consent.DECLINED: _("The family said no"),
    Consent.WITHDRAWN: _("The family took its yes back"),
}
READERS: Words = {
    WordClass.FAMILY: _("everybody who works on this case"),
    WordClass.SPEAKER_ONLY: _("whoever said it, and the school’s members"),
    WordClass.STUDENT_VOICE: _("the student and the school’s members; not the family"),
    WordClass.PROTECTED: _("only who may read protected words, and the persons on duty"),
}
KINDS: Words = {
    Kind.COUNT: _("how often in a day"),
    Kind.RATING: _("how it went, 1 to 5"),
    Kind.YES_NO: _("yes or no (1 or 0)"),
    Kind.PERCENT: _("percent of the work"),
}
BETTERS: Words = {Better.UP: _("more is better"), Better.DOWN: _("less is better")}
EVERY: Words = {
    Every.NEVER: _("do not ask by text"),
    Every.DAY: _("each school day"),
    Every.WEEK: _("on the last school day of the week"),
}
ENDS: Words = {
    Ended.REACHED: _("what we hoped for is reached"),
    Ended.OTHER_WAY: _("it goes on in another way"),
    Ended.NO_CONSENT: _("the family does not want it"),
    Ended.MOVED: _("the student has moved"),
    Ended.OTHER: _("for another reason"),
}
VERDICTS: Words = {
    Verdict.BETTER: _("it is better with the plan"),
    Verdict.WORSE: _("it is less good with the plan"),
    Verdict.CANNOT_TELL: _("we cannot tell yet"),
    Verdict.TOO_FEW: _("too few days yet to tell"),
}
EVENTS: Words = {
    Event.OPENED: _("Begun"),
    Event.ASKED: _("The family was asked:"),
    Event.CONSENT: _("The family said what it wants"),
    Event.STAGE: _("Another stage"),
    Event.JOINED: _("Asked in:"),
    Event.LEFT: _("Works on it no more:"),
    Event.TAKEN_OVER: _("Somebody else leads now:"),
    Event.DEFINED: _("The shared words were written or changed"),
    Event.AGREED: _("The shared words were found right"),
    Event.PLAN_BEGUN: _("A plan was made:"),
    Event.PLAN_ENDED: _("A plan ended:"),
    Event.CLOSED: _("Closed"),
    Event.OPENED_AGAIN: _("Opened again"),
}
LEVELS = (
    _("much less than hoped (−2)"),
    _("less than hoped (−1)"),
    _("as hoped (0)"),
    _("more than hoped (+1)"),
    _("much more than hoped (+2)"),
)


def choices(words: Words, *only: str) -> list[tuple[str, Promise]]:
    return [(str(key), said) for key, said in words.items() if not only or key in only]
