"""When a message is to leave: a day and an hour on the school's clock. Pure."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _


class UnusableMoment(ValueError):
    """It cannot leave then; the text says what to choose instead."""


def moment(day: str, hour: str, *, zone: ZoneInfo, now: datetime) -> datetime:
    """The moment that somebody chose, in UTC. Raises UnusableMoment.

    An hour that comes twice in the night in which clocks go back is the first of the two.
    """
    try:
        wall = datetime.combine(date.fromisoformat(day.strip()), time.fromisoformat(hour.strip()))
    except ValueError:
        raise UnusableMoment(_("Choose a day and an hour, such as 2026-09-30 and 16:00.")) from None
    wall = wall.replace(tzinfo=None, microsecond=0)
    chosen = wall.replace(tzinfo=zone, fold=0)
    try:
        at = chosen.astimezone(UTC)
        there = at.astimezone(zone).replace(tzinfo=None)
    except OverflowError:
        raise UnusableMoment(_("Choose a day within the next twelve months.")) from None
    if there != wall:
        raise UnusableMoment(
            _(
                "In that night the clocks go forward: %(hour)s does not exist. Choose %(next)s instead."
            )
            % {"hour": f"{wall:%H:%M}", "next": f"{there:%H:%M}"}
        )
    if at <= now:
        raise UnusableMoment(
            _("That moment has passed. At school it is now %(now)s. Choose a later one.")
            % {"now": f"{now.astimezone(zone):%Y-%m-%d %H:%M}"}
        )
    if at > now + timedelta(days=366):
        raise UnusableMoment(_("Choose a day within the next twelve months."))
    return at
