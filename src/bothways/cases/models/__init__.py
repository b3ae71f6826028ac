"""Cases: who works on what, what each side said, the plan, the numbers."""

from bothways.cases.models.case import Case, CaseEvent, Member
from bothways.cases.models.data import Cursor, Measure, MeasurePoint, PointBefore
from bothways.cases.models.goals import Goal, GoalAlarm, GoalAsked, GoalEvent
from bothways.cases.models.plan import Plan, Rating
from bothways.cases.models.talks import Talk, TalkMember, TalkNote, TalkOffer, TalkStep
from bothways.cases.models.words import Asking, CaseAlert, Contribution

__all__ = [
    "Asking",
    "Case",
    "CaseAlert",
    "CaseEvent",
    "Contribution",
    "Cursor",
    "Goal",
    "GoalAlarm",
    "GoalAsked",
    "GoalEvent",
    "Measure",
    "MeasurePoint",
    "Member",
    "Plan",
    "PointBefore",
    "Rating",
    "Talk",
    "TalkMember",
    "TalkNote",
    "TalkOffer",
    "TalkStep",
]
