"""A stop by text is confirmed once, in the family's language, with how to undo it.

Only our own stops: where the carrier itself blocks the number, no text of ours may go there, and the carrier
has told the family already.
"""

import asyncio
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from bothways.audit.services import record
from bothways.channels.contract import Carrier, Outgoing, Sender, Version
from bothways.channels.enums import Channel, OutcomeKind
from bothways.consent.models import Stop
from bothways.languages.phrases import phrase
from bothways.messaging.carriers import carrier_for
from bothways.people.enums import PointKind

PURPOSE = "stop_confirmation"
BATCH = 200


def _waiting(at: datetime) -> QuerySet[Stop]:
    blocked = Stop.objects.filter(
        district=OuterRef("district"),
        kind=OuterRef("kind"),
        match=OuterRef("match"),
        by=Stop.By.CARRIER,
        lifted_at=None,
    )
    return Stop.objects.filter(
        ~Exists(blocked),
        by=Stop.By.OURS,
        kind=PointKind.PHONE.value,
        lifted_at=None,
        confirm_at__lte=at,
        confirmed_at=None,
    )


def to_confirm(*, at: datetime) -> bool:
    """Whether a stop waits to be confirmed now."""
    return _waiting(at).exists()


def confirmation(stop: Stop) -> str:
    """The words: what stops, how to undo it, and the district's rule for emergencies."""
    district = stop.district
    tag = stop.language or district.default_language
    rule = "stop_emergencies" if district.emergencies_pass_stops else "stop_no_emergencies"
    return f"{phrase(tag, 'stop_confirmed', school=district.name)} {phrase(tag, rule)}"


def confirm_due(*, at: datetime) -> int:
    """Confirm the stops that wait for it; how many were taken by the carrier.

    Marked before it is sent: better no confirmation than two to somebody who wants none of our texts.
    """
    with transaction.atomic():
        stops = list(
            _waiting(at)
            .select_for_update(of=("self",), skip_locked=True)
            .select_related("district")
            .order_by("pk")[:BATCH]
        )
        Stop.objects.filter(pk__in=[stop.pk for stop in stops]).update(confirmed_at=at)
    if not stops:
        return 0
    outgoing = [
        Outgoing(
            key=f"stop-{stop.pk}",
            channel=Channel.TEXT,
            to=stop.match,
            versions=(
                Version(stop.language or stop.district.default_language, confirmation(stop)),
            ),
            purpose=PURPOSE,
            sender=Sender(school=stop.district.name, phone=stop.district.phone),
        )
        for stop in stops
    ]
    taken = asyncio.run(_send(carrier_for(Channel.TEXT), outgoing))
    for stop in stops:
        if f"stop-{stop.pk}" in taken:
            record("consent.stop_confirmed", stop, by=None, district=stop.district_id)
    return len(taken)


async def _send(carrier: Carrier, batch: list[Outgoing]) -> set[str]:
    return {
        outcome.key async for outcome in carrier.send(batch) if outcome.kind is OutcomeKind.ACCEPTED
    }
