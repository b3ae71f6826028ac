"""What is done until a family is reached: by the machine (climbs) and by people (tasks, contacts)."""

from bothways.outreach.models.climb import ChannelRecord, Climb, ClimbedMessage, PolicyChoice
from bothways.outreach.models.contact import PersonContact
from bothways.outreach.models.task import Task

__all__ = ["ChannelRecord", "Climb", "ClimbedMessage", "PersonContact", "PolicyChoice", "Task"]
