"""Try a carrier: one message to one's own address, outside of everything that is counted."""

import asyncio
from dataclasses import dataclass

from bothways.channels.collecting import waiting_in
from bothways.channels.contract import CarrierError, Outgoing, Sender, Version
from bothways.channels.enums import Channel, OutcomeKind
from bothways.channels.registry import SERVING
from bothways.core import ids
from bothways.messaging.carriers import with_words


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of it; ``words`` are for people and name no address."""

    ok: bool
    words: str


def channel_of(name: str) -> Channel:
    """The first channel that this carrier serves."""
    return next(channel for channel in Channel if name in SERVING.get(channel, ()))


def try_carrier(name: str, address: str) -> Tried:
    """Send one test there, now. Raises Misconfigured where a setting is missing or wrong."""
    outgoing = Outgoing(
        key=ids.key(),
        channel=channel_of(name),
        to=address,
        versions=(Version("en", "This is a test from Bothways. It works.", "A test"),),
        purpose="routine",
        sender=Sender(school="Bothways"),
        names=("Test",),
    )
    carrier = with_words(name, told=False)

    async def ask() -> list[tuple[bool, str]]:
        return [
            (True, "")
            if outcome.kind in (OutcomeKind.ACCEPTED, OutcomeKind.PRINTED)
            else (False, f"{outcome.kind}: {outcome.detail or outcome.code}")
            async for outcome in carrier.send([outgoing])
        ]

    outcomes = asyncio.run(ask())
    ok = bool(outcomes) and all(taken for taken, _ in outcomes)
    return Tried(ok, "taken by the carrier" if ok else ", ".join(words for _, words in outcomes))


def try_mailbox(name: str) -> int | None:
    """How many mails wait in this carrier's mailbox; None: it has none. Nothing in it is touched.

    Raises CarrierError where it cannot be opened.
    """
    return waiting_in(name)


__all__ = ["CarrierError", "Tried", "channel_of", "try_carrier", "try_mailbox"]
