"""From queued deliveries to carriers, and their answers back.

Claim and commit; then call the carrier, with no transaction open; then write the answers as they come.
A crash in between loses nothing: see ``recovery``.
"""

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from bothways.channels import pace
from bothways.channels.contract import Carrier, Misconfigured, Outcome, Outgoing
from bothways.channels.enums import Channel, OutcomeKind
from bothways.consent.queries import Hushed, hushed
from bothways.core import clock
from bothways.messaging.carriers import carrier_for
from bothways.messaging.enums import EMERGENCY_LANE, LANES
from bothways.messaging.models import Delivery
from bothways.messaging.rendering import outgoing
from bothways.messaging.services.claiming import (
    BATCH,
    BEGINNING,
    NOBODY_HUSHED,
    Claimed,
    Place,
    Queue,
    claim,
    due,
    is_loud,
    still_mine,
)
from bothways.messaging.services.courier import Courier
from bothways.messaging.services.digests import postpone
from bothways.messaging.services.outcomes import write_down
from bothways.schools.models import District

# Answers are written so many at a time, or so many seconds apart: what one statement costs is shared by all.
FLUSH_EVERY = 500
FLUSH_AFTER = 0.2
BEAT_EVERY = 10.0  # seconds; claims are taken for dead after recovery.STALE
# A sender whose pace allows the next batch within this time is waited for; else the next tick looks again.
PATIENCE = 5.0
PRINTED = (Channel.LETTER, Channel.HANDOVER)


@dataclass(frozen=True, slots=True)
class Sent:
    """How many deliveries were taken (sent or withheld), and whether time ended before the work did."""

    count: int
    more: bool = False


def send_due(district: District, *, urgent: bool, seconds: float | None = None) -> Sent:
    """Send what is due, batch after batch, the most urgent first; for so many seconds at most.

    ``urgent``: emergencies only. Who sends the rest sends emergencies first, too: one that comes in the
    middle of a hundred thousand newsletters has every worker after the batch that is under way.
    """
    lanes = (EMERGENCY_LANE,) if urgent else LANES
    ends = None if seconds is None else time.monotonic() + seconds
    total = 0
    with Courier(most=FLUSH_EVERY, wait=FLUSH_AFTER) as courier:
        sender = _Sender(district, courier)
        while True:
            taken, wait = sender.next_batch(lanes)
            total += taken
            if not taken and (wait is None or wait > PATIENCE):
                return Sent(total)
            if ends is not None and time.monotonic() > ends:
                return Sent(total, more=True)
            if not taken:
                time.sleep(min(wait or 0.0, 1.0))


class _Sender:
    """One district's deliveries through one courier; carriers are made once."""

    def __init__(self, district: District, courier: Courier) -> None:
        self.district = district
        self.courier = courier
        self.carriers: dict[Channel, Carrier] = {}
        self.places: dict[Queue, Place] = {}
        self.put_off = False

    def next_batch(self, lanes: Sequence[int]) -> tuple[int, float | None]:
        """Send one batch of the first queue that may go: how many were taken.

        Where it is none: the seconds until a sender's pace allows more, or None where nothing is due.
        """
        waits = []
        peace = self._peace(lanes)
        for queue in due(self.district, lanes=lanes, at=clock.now()):
            urgent = queue.lane == EMERGENCY_LANE
            carrier, trouble = self._carrier(queue.channel)
            granted = pace.Grant(BATCH)
            if carrier is not None:
                granted = pace.take(carrier.name, rate=carrier.rate, wanted=BATCH, urgent=urgent)
            if not granted.count:
                waits.append(granted.wait)
                continue
            claimed = self._claim(queue, min(BATCH, granted.count), peace)
            if carrier is None:
                write_down(_unavailable(claimed.ids, trouble), "")
            elif claimed.ids:
                self._send(claimed.ids, queue, carrier)
            if claimed.count:
                return claimed.count, None
        return 0, min(waits, default=None)

    def _peace(self, lanes: Sequence[int]) -> Hushed:
        """Who is left in peace now; what waits for them is put off once, to when it may go."""
        if lanes == (EMERGENCY_LANE,):
            return NOBODY_HUSHED
        now = clock.now()
        peace = hushed(self.district, now)
        if peace and not self.put_off:
            self.put_off = True
            loud = [channel.value for channel in Channel if is_loud(channel)]
            postpone(self.district, peace, at=now, loud=loud)
        return peace

    def _claim(self, queue: Queue, batch: int, peace: Hushed) -> Claimed:
        after = self.places.get(queue, BEGINNING)
        claimed = claim(
            self.district, queue, at=clock.now(), batch=batch, after=after, hushed=peace
        )
        if not claimed.count and after != BEGINNING:
            # What was put back, or became due before that place.
            claimed = claim(self.district, queue, at=clock.now(), batch=batch, hushed=peace)
        self.places[queue] = claimed.last
        return claimed

    def _carrier(self, channel: Channel) -> tuple[Carrier | None, str]:
        if channel not in self.carriers:
            try:
                self.carriers[channel] = carrier_for(channel, self.district)
            except Misconfigured as error:
                return None, str(error)
        return self.carriers[channel], ""

    def _send(self, ids: Sequence[int], queue: Queue, carrier: Carrier) -> None:
        """Give claimed deliveries to their carrier and write what it says as it says it."""
        beat = time.monotonic()
        batch = outgoing(ids)
        for part in _by_school(batch) if queue.channel in PRINTED else [batch]:
            for outcomes in self.courier.take(carrier, part):
                if outcomes:
                    write_down(outcomes, carrier.name)
                    _slow_down(carrier, outcomes)
                if time.monotonic() - beat > BEAT_EVERY:
                    still_mine(ids)
                    beat = time.monotonic()


def _slow_down(carrier: Carrier, outcomes: Sequence[Outcome]) -> None:
    """Where the carrier says that we are too fast, all workers wait, not this one alone."""
    asked = max((outcome.retry_after or 0.0 for outcome in outcomes), default=0.0)
    if asked > 0:
        pace.pause(carrier.name, asked)


def _by_school(batch: Sequence[Outgoing]) -> list[list[Outgoing]]:
    """Letters are printed where they are sent from, by people who serve that school's families alone."""
    schools: dict[str, list[Outgoing]] = defaultdict(list)
    for out in batch:
        schools[out.carried.school if out.carried else out.sender.school].append(out)
    return list(schools.values())


def _unavailable(ids: Sequence[int], why: str) -> list[Outcome]:
    keys = Delivery.objects.filter(pk__in=ids).values_list("key", flat=True)
    return [Outcome(key, OutcomeKind.UNAVAILABLE, code="setup", detail=why) for key in keys]
