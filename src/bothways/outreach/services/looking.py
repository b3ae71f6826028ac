"""Let the climb look at a family again at once."""

from datetime import datetime

from bothways.outreach.enums import ClimbState
from bothways.outreach.models import Climb
from bothways.outreach.services.climbing import open_unproven
from bothways.people.models import Household


def look_again(household_id: int, *, at: datetime) -> None:
    """Whatever was decided for this family: something happened, and it is decided anew."""
    Climb.objects.filter(household=household_id, state=ClimbState.OPEN.value).update(next_at=at)


def reopen(household: Household, *, since: datetime, at: datetime) -> None:
    """Words since then were found to be somebody else's: climbs that ended by them go on, at once."""
    open_unproven(household.district, [household.pk], closed_since=since, at=at)
    look_again(household.pk, at=at)
