"""Families for whom somebody should make a plan."""

from collections import defaultdict
from datetime import datetime

from bothways.accounts.models import User
from bothways.ledger.enums import Direction
from bothways.ledger.models import ContactEvent
from bothways.outreach.enums import TaskState
from bothways.outreach.hardness import wants_plan
from bothways.outreach.services.tasks import tasks_for
from bothways.people.models import Household
from bothways.reach.queries import period_start

MOST = 20


def proposed_homes(user: User, *, at: datetime) -> list[int]:
    """Families with an open step of a person whom three different ways did not reach this period.

    Only such that this user serves and for whom there is no plan; at most twenty, the oldest first.
    """
    if user.district is None:
        return []
    since = period_start(user.district, at)
    waiting = tasks_for(user).filter(state=TaskState.OPEN.value)
    homes = Household.objects.filter(
        pk__in=waiting.order_by().values("household_id"), plan__isnull=True
    )
    tried: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for home, channel, level in (
        ContactEvent.objects.filter(
            household__in=homes,
            at__gte=since,
            direction=Direction.TO_FAMILY.value,
            withdrawn=None,
        )
        .order_by()
        .values_list("household_id", "channel", "level")
        .distinct()
    ):
        tried[home].append((channel, level))
    answered = set(
        ContactEvent.objects.filter(
            household__in=list(tried),
            at__gte=since,
            direction=Direction.FROM_FAMILY.value,
            withdrawn=None,
        )
        .order_by()
        .values_list("household_id", flat=True)
        .distinct()
    )
    found = [home for home, tries in tried.items() if home not in answered and wants_plan(tries)]
    return sorted(found)[:MOST]
