"""Tell a member of staff something at once, by text and mail; never the words of a family."""

import asyncio
import logging

from bothways.accounts.models import User
from bothways.channels.contract import Carrier, Outgoing, Sender, Version
from bothways.channels.enums import Channel, OutcomeKind
from bothways.messaging.carriers import carrier_for
from bothways.schools.models import District

log = logging.getLogger(__name__)


def tell(
    user: User, *, key: str, words: str, subject: str, district: District | None = None
) -> bool:
    """Send these words to this person at any hour; whether at least one carrier took them.

    ``key``: letters, digits and dashes; carriers know a repeated text by it.
    """
    sender = Sender(school=district.name if district else "Bothways")
    told = False
    for channel, address in ((Channel.TEXT, user.phone), (Channel.EMAIL, user.email)):
        if address:
            outgoing = Outgoing(
                key=f"{key}-{channel.value}",
                channel=channel,
                to=address,
                versions=(Version("en", words, subject),),
                purpose="emergency",
                sender=sender,
            )
            try:
                told |= asyncio.run(_taken(carrier_for(channel), outgoing))
            except Exception as error:
                # One way that is not set up must not close the other.
                log.error("%s by %s: %s", key, channel, type(error).__name__)
    return told


async def _taken(carrier: Carrier, outgoing: Outgoing) -> bool:
    outcomes = [o async for o in carrier.send([outgoing])]
    return any(o.kind is OutcomeKind.ACCEPTED for o in outcomes)
