"""Families for whom somebody should make a plan."""

from collections import defaultdict
from datetime import datetime

from bothways.accounts.models import User
from bothways.core.sql import among
from bothways.ledger.enums import Direction
from bothways.ledger.models import ContactEvent
from bothways.outreach.enums import TaskState
from bothways.outreach.hardness import wants_plan
from bothways.outreach.services.tasks import tasks_for
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
    homes = set(
        waiting.filter(household__plan__isnull=True)
        .order_by()
        .values_list("household_id", flat=True)
    )
    if not homes:
        return []
    tried: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for home, channel, level in (
        ContactEvent.objects.filter(
            household__in=among(homes),
            at__gte=since,
            direction=Direction.TO_FAMILY.value,
            withdrawn=None,
        )
        .order_by()
        .values_list("household_id", "channel", "level")
        .distinct()
    ):
        tried[home].append((channel, level))
    unheard = [home for home, tries in tried.items() if wants_plan(tries)]
    if not unheard:
        return []
    answered = set(
        ContactEvent.objects.filter(
            household__in=unheard,
            at__gte=since,
            direction=Direction.FROM_FAMILY.value,
            withdrawn=None,
        )
        .order_by()
        .values_list("household_id", flat=True)
        .distinct()
    )
    return sorted(home for home in unheard if home not in answered)[:MOST]
