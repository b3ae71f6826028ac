"""Move simulated time from one due event to the next, and do the work that comes due."""

import heapq
import time as steady
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from django.db.models import Min

from bothways.commands.simulation.town import Town
from bothways.core import clock, jobs
from bothways.messaging.enums import State
from bothways.messaging.models import Delivery
from bothways.outreach.models import Climb
from bothways.people.models import ContactPoint
from bothways.roster.overlay import apply_stop
from bothways.schools.models import District

# Events closer together than this are done in one step: three days are some hundred steps, not thousands.
STEP = timedelta(minutes=10)
# What is due and did not happen waits for something that no table says (a family's own quiet hours, a
# carrier that is away): it is looked at again so much later.
LOOK_AGAIN = timedelta(minutes=30)
# Time never jumps further than this: what a job finds by the clock alone must be found.
LONGEST = timedelta(hours=1)
# What is done each minute and may as well be done once an hour of simulated time.
HOURLY = ("messaging.recover", "messaging.collect", "messaging.poll", "outreach.mind")
# What workers do each minute that has nothing to do with simulated time: jobs of dead workers, backups,
# what is kept how long.
LEFT_OUT = ("core.", "upkeep.", "web.")

MOST_PASSES = 3  # of all jobs at one moment

# Something done at a moment; when it is to be done again, or None.
Deed = Callable[[datetime], datetime | None]


@dataclass(slots=True)
class Driver:
    """One simulated district; it alone writes the clock."""

    district: District
    town: Town
    clock_file: Path
    now: datetime
    progress: Callable[[datetime], None]
    step: timedelta = STEP
    next_due: datetime | None = None
    seconds: Counter[str] = field(default_factory=Counter)  # where the time of the machine goes
    _agenda: list[tuple[datetime, int, Deed]] = field(default_factory=list)
    _count: int = 0
    _hour: datetime | None = None

    def put(self, at: datetime, deed: Deed) -> None:
        """Do this at that moment, or at the next step if it is past; those of one moment in this order."""
        self._count += 1
        heapq.heappush(self._agenda, (at, self._count, deed))

    def put_stops(self, stops: Sequence[tuple[datetime, str]]) -> None:
        """Families that ask to be written to no more at a known time (the overlay's stops)."""
        for at, address in stops:
            self.put(at, _Stop(self.district, address, at))

    def run(self, end: datetime) -> None:
        """Let everything happen up to this moment."""
        self._work()
        while self.now < end:
            # What is on the agenda happens at its moment: a stop of 19:00 counts at 19:00.
            planned = self._agenda[0][0] if self._agenda else end
            due = max(self._next(), self.now + self.step)
            self.now = min(end, max(self.now, planned), due, self.now + LONGEST)
            clock.stop_at(self.clock_file, self.now)
            with self._measured("town"):
                self.next_due = self.town.advance(self.now)
            self._do_planned()
            self._work()
            self.progress(self.now)
        self._work()  # what the print shop and the carriers told last

    def _do_planned(self) -> None:
        while self._agenda and self._agenda[0][0] <= self.now:
            _, _, deed = heapq.heappop(self._agenda)
            with self._measured("people"):
                again = deed(self.now)
            if again is not None:
                self.put(max(again, self.now + timedelta(seconds=1)), deed)

    def _next(self) -> datetime:
        """When something is due in the town, in the queue, or for a climb."""
        moments = [self.now + LONGEST]
        if self.next_due:
            moments.append(self.next_due)
        queued = Delivery.objects.filter(district=self.district, state=State.QUEUED.value)
        climbs = Climb.objects.filter(district=self.district, state="open")
        waiting = (
            queued.aggregate(at=Min("not_before"))["at"],
            climbs.aggregate(at=Min("next_at"))["at"],
        )
        moments += [at if at > self.now else self.now + LOOK_AGAIN for at in waiting if at]
        if Delivery.objects.filter(district=self.district, state=State.CLAIMED.value).exists():
            moments.append(self.now + self.step)
        return min(moments)

    def _work(self) -> None:
        """What the workers would do now, until nothing is left to do."""
        hour = self.now.replace(minute=0, second=0, microsecond=0)
        skipped = HOURLY if hour == self._hour else ()
        self._hour = hour
        for _ in range(MOST_PASSES):
            for name, function in list(jobs.EVERY_MINUTE.items()):
                if not name.startswith(LEFT_OUT) and name not in skipped:
                    with self._measured(name):
                        function()
            with self._measured("jobs"):
                jobs.run_all()
            # What sending found out a climb may have to act upon at once.
            climbs = Climb.objects.filter(state="open", next_at__lte=self.now)
            if not climbs.filter(district=self.district).exists():
                break
        due = self.town.call("next")["next_due"]
        self.next_due = datetime.fromisoformat(due) if due else None

    def _measured(self, name: str) -> "_Measured":
        return _Measured(self.seconds, name)


@dataclass(slots=True)
class _Measured:
    seconds: Counter[str]
    name: str
    began: float = 0.0

    def __enter__(self) -> None:
        self.began = steady.monotonic()

    def __exit__(self, *_: object) -> None:
        self.seconds[self.name] += steady.monotonic() - self.began  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class _Stop:
    district: District
    address: str
    at: datetime

    def __call__(self, now: datetime) -> None:
        apply_stop(self.district, self.address, self.at)


def residents(district: District) -> Sequence[dict[str, object]]:
    """Who lives behind which address, so that the town can know whom it plays."""
    who: dict[tuple[str, str, str], dict[str, str]] = defaultdict(dict)
    channels = {"phone": "text", "email": "email", "postal": "letter"}
    points = ContactPoint.objects.filter(district=district, ended_at=None, kind__in=channels)
    for point in points.select_related("guardian").order_by("pk"):
        column = {
            "phone": "sms" if point.said_mobile else "phone",
            "email": "email",
            "postal": "address",
        }[point.kind]
        guardian = point.guardian
        known = who[(point.address, channels[point.kind], column)]
        known[guardian.sis_id or str(guardian.pk)] = guardian.name
    return [
        {
            "address": address,
            "channel": channel,
            "column": column,
            "who": list(people),
            # Two homes may share an address: the envelope's name says whose letter it is.
            "names": list(people.values()),
        }
        for (address, channel, column), people in who.items()
    ]
