"""Time to answer families: the headline figure, for the pages that show it."""

from datetime import datetime, time, timedelta

from bothways.accounts.enums import Permission
from bothways.feedback.queries import time_to_answer
from bothways.feedback.rules import Promptness
from bothways.web.staff.door import StaffRequest
from bothways.web.staff.kept_figures import of_many
from bothways.web.staff.scope import home_ids, schools_where

SPAN = timedelta(days=90)


def answering(request: StaffRequest, now: datetime) -> tuple[Promptness | None, list[Promptness]]:
    """Of the schools whose reach this user sees, in the last three months: all together, and by language."""
    district = request.district
    day = now.astimezone(district.zone).date() - SPAN
    since = datetime.combine(day, time.min, district.zone)
    return of_many(
        "answering",
        lambda: time_to_answer(
            district,
            schools=schools_where(request.user, Permission.REACH_SEE),
            since=since,
            now=now,
        ),
        district=district.pk,
        homes=home_ids(request.user),
        since=since,
    )
