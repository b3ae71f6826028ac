"""Let the climb look at a family again at once."""

from datetime import datetime

from bothways.outreach.enums import ClimbState
from bothways.outreach.models import Climb


def look_again(household_id: int, *, at: datetime) -> None:
    """Whatever was decided for this family: something happened, and it is decided anew."""
    Climb.objects.filter(household=household_id, state=ClimbState.OPEN.value).update(next_at=at)
