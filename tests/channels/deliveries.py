"""Deliveries to Alician, Troy's mother, and a few others, for tests of carriers."""

from dataclasses import replace
from typing import Any

from bothways.channels.contract import Outcome, Outgoing, Sender, Version
from bothways.channels.enums import Channel

SCHOOL = Sender(
    school="Grand Bend Elementary School",
    address=("100 Main Street", "Grand Bend, TX 78000"),
    phone="(512) 555-0100",
    email="office@grandbend.example",
)
GOOD_NEWS = Version(
    "en",
    "Dear Ms. Brown,\n\nTroy turned in all of his homework this week.\n\nWarmly,\nMrs. C",
    "A good week in math",
)
_TO = {
    Channel.TEXT: "+15125550143",
    Channel.WHATSAPP: "+15125550143",
    Channel.PUSH: "aliciansphone",
    Channel.VOICE: "+15125550143",
    Channel.EMAIL: "alician@families.example",
    Channel.LETTER: "1411 Oak Street, Apt 4\nGrand Bend, TX 78000",
    Channel.HANDOVER: "",
}


def to_alician(channel: Channel, key: str = "k1", **changes: Any) -> Outgoing:
    """One delivery about Troy to his mother."""
    delivery = Outgoing(
        key=key,
        channel=channel,
        to=_TO[channel],
        versions=(GOOD_NEWS,),
        purpose="personal",
        sender=SCHOOL,
        names=("Alician Brown",),
        children=("Troy",),
        code="BCDF-GHJK-MNPQ",
        reply_url="https://grandbend.example/r/BCDFGHJKMNPQ",
        stop_url="https://grandbend.example/stop/BCDFGHJKMNPQ",
        sort_key=key,
    )
    return replace(delivery, **changes)


async def outcomes(carrier: Any, *batch: Outgoing) -> dict[str, Outcome]:
    """What the carrier said of each, by key; an outcome told twice is an error."""
    told: dict[str, Outcome] = {}
    async for outcome in carrier.send(batch):
        assert outcome.key not in told
        told[outcome.key] = outcome
    return told
