"""Words to their own writer, before any family gets them: marked as a test, counted nowhere."""

import asyncio
import logging
from collections.abc import Mapping

from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.channels.contract import Carrier, CarrierError, Outgoing
from bothways.channels.enums import Channel, OutcomeKind
from bothways.core import ids
from bothways.messaging.carriers import carrier_for
from bothways.messaging.sample import outgoing_sample
from bothways.schools.models import District, School

log = logging.getLogger(__name__)
PATIENCE = 20.0  # seconds for all of them
MARK = "TEST"


def send_test(
    bodies: Mapping[str, str],
    subjects: Mapping[str, str],
    *,
    to: User,
    channel: Channel,
    district: District,
    school: School | None,
) -> list[str]:
    """Send each version to this person by this channel; the languages that the carrier took.

    Nothing is written into the ledger, and no family's page stands behind the link in it.
    """
    address = to.phone if channel is Channel.TEXT else (to.email or "")
    taken = []
    if address:
        marked = {
            tag: outgoing_sample(
                channel,
                [(tag, f"{MARK}: {subjects.get(tag, '')}".rstrip(": "), f"{MARK}. {body}")],
                to=address,
                key=ids.key(),
                district=district,
                school=school,
            )
            for tag, body in bodies.items()
        }
        try:
            carrier = carrier_for(channel, district)
            outcomes = asyncio.run(_handed_over(carrier, list(marked.values())))
        except (CarrierError, KeyError, TimeoutError, OSError) as error:
            log.warning("a test by %s did not go: %s", channel, type(error).__name__)
            outcomes = {}
        taken = [tag for tag, one in marked.items() if outcomes.get(one.key)]
    record("message.tested", None, by=to.pk, district=district.pk, versions=len(taken))
    return taken


async def _handed_over(carrier: Carrier, batch: list[Outgoing]) -> dict[str, bool]:
    found: dict[str, bool] = {}
    async with asyncio.timeout(PATIENCE):
        async for outcome in carrier.send(batch):
            found[outcome.key] = outcome.kind is OutcomeKind.ACCEPTED
    return found
