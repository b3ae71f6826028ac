"""What the staff side calls attendance, schoolwork and what is told of them."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bothways.progress.enums import Ask, Day, Kind, Standing, What, Work

KINDS: dict[str, Promise] = {
    Kind.ATTENDANCE: _("Attendance"),
    Kind.GRADEBOOK: _("Gradebook"),
}
DAYS_OFF: dict[str, Promise] = {
    Day.UNEXCUSED: _("absent, unexcused"),
    Day.UNKNOWN: _("absent, nobody has said why"),
    Day.EXCUSED: _("absent, excused"),
    Day.PARTIAL: _("absent for a part of the day"),
    Day.TARDY: _("tardy"),
    Day.ACTIVITY: _("elsewhere for the school"),
    Day.PRESENT: _("present"),
    Day.OTHER: _("a word that nobody has explained"),
}
# Why a family has not been asked.
ASKS: dict[str, Promise] = {
    Ask.ASK: _("is asked within a minute"),
    Ask.ASKED: _("asked"),
    Ask.EXCUSED: _("excused: nobody is asked"),
    Ask.NOT_COUNTED: _("nobody is asked about this"),
    Ask.NOT_TODAY: _("not today"),
    Ask.NO_SCHOOL: _("no school today"),
    Ask.TOO_EARLY: _("is asked later today"),
    Ask.TOO_LATE: _("too late to ask today: call"),
    Ask.SWITCHED_OFF: _("not asked: it is switched off"),
    Ask.NOBODY: _("no adult may be told"),
}
STANDINGS: dict[str, Promise] = {
    str(Standing.UNKNOWN): _("nothing to say yet"),
    str(Standing.GOING_WELL): _("going well"),
    str(Standing.SOME_MISSING): _("some work is missing"),
    str(Standing.NEEDS_TALK): _("needs a talk"),
}
TOTALS: dict[str, Promise] = {
    **DAYS_OFF,
    Work.MISSING: _("missing"),
    Work.LATE: _("handed in late"),
    Work.DONE: _("handed in"),
    Work.OPEN: _("not due or not looked at yet"),
    Work.EXEMPT: _("not asked of this child"),
}
COLUMNS: dict[str, Promise] = {
    "student": _("the student’s number"),
    "date": _("the date"),
    "category": _("what happened"),
    "reason": _("the reason"),
    "duration": _("how much of the day"),
    "school": _("the school’s number"),
    "course": _("the course, as families know it"),
    "section": _("the class’s number"),
    "title": _("the assignment"),
    "id": _("the assignment’s number"),
    "due": _("when it is due"),
    "score": _("points earned"),
    "possible": _("points possible"),
    "status": _("what became of it"),
    "missing": _("whether it is missing"),
    "late": _("whether it is late"),
}
TOLD: dict[str, Promise] = {
    What.ABSENCE: _("Not in school today"),
    What.WEEK: _("Schoolwork that is missing"),
    What.GOOD: _("All schoolwork handed in"),
    What.MONTH: _("Days missed so far"),
}
