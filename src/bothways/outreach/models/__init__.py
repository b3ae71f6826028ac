"""What is done until a family is reached: by the machine (climbs) and by people (tasks, contacts)."""

from bothways.outreach.models.climb import ChannelRecord, Climb, ClimbedMessage, PolicyChoice
from bothways.outreach.models.contact import PersonContact
from bothways.outreach.models.hours import Away, StaffHours
from bothways.outreach.models.plan import FamilyPlan, GoBetween, PlanNote
from bothways.outreach.models.request import FamilyRequest
from bothways.outreach.models.task import Task
from bothways.outreach.models.visit import Visit, VisitAlarm

__all__ = [
    "Away",
    "ChannelRecord",
    "Climb",
    "ClimbedMessage",
    "FamilyPlan",
    "FamilyRequest",
    "GoBetween",
    "PersonContact",
    "PlanNote",
    "PolicyChoice",
    "StaffHours",
    "Task",
    "Visit",
    "VisitAlarm",
]
