"""Move simulated time from one due event to the next, and do the work that comes due."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from pathlib import Path

from django.db.models import Min

from bothways.commands.demo.staff import Office
from bothways.commands.demo.town import Town
from bothways.consent.models import Stop
from bothways.consent.queries import quiet
from bothways.consent.services import stop
from bothways.core import clock, jobs
from bothways.messaging.enums import State
from bothways.messaging.models import Delivery
from bothways.messaging.tasks import tick
from bothways.people.enums import PointKind
from bothways.people.models import ContactPoint
from bothways.schools.models import District

# Events closer together than this are done in one step: three days are some hundred steps, not thousands.
STEP = timedelta(minutes=10)
OFFICE_HOURS = (time(10), time(15))


@dataclass(slots=True)
class Driver:
    """One simulated district; it alone writes the clock."""

    district: District
    town: Town
    clock_file: Path
    stops: list[tuple[datetime, str]]  # (when, address) still to come
    office: Office
    now: datetime
    progress: Callable[[datetime], None]
    next_due: datetime | None = None
    office_next: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.office_next = self._office_after(self.now)

    def run(self, end: datetime) -> None:
        """Let everything happen up to this moment."""
        self._work()
        while self.now < end:
            self.now = min(end, max(self._next(), self.now + STEP))
            clock.stop_at(self.clock_file, self.now)
            self._families_stop()
            self.next_due = self.town.advance(self.now)
            if self.now >= self.office_next:
                self.office.hand_over(self.now)
                self.office.open_mail(self.now)
                self.office_next = self._office_after(self.now)
            self._work()
            self.progress(self.now)

    def _next(self) -> datetime:
        """When something is due: in the town, at the office, or in the queue."""
        moments = [self.office_next]
        if self.next_due:
            moments.append(self.next_due)
        if self.stops:
            moments.append(self.stops[0][0])
        queued = Delivery.objects.filter(state=State.QUEUED.value).aggregate(at=Min("not_before"))[
            "at"
        ]
        if queued:
            moments.append(max(queued, self._loud_again()))
        claimed = Delivery.objects.filter(state=State.CLAIMED.value).exists()
        if claimed:
            moments.append(self.now + STEP)
        return min(moments)

    def _loud_again(self) -> datetime:
        """The end of the quiet hours, if these are some."""
        if not quiet(self.district, self.now):
            return self.now
        local = self.now.astimezone(self.district.zone)
        end = datetime.combine(local.date(), self.district.quiet_until, self.district.zone)
        return end if end > local else end + timedelta(days=1)

    def _office_after(self, moment: datetime) -> datetime:
        """The next time that the office sees to its mail: twice on weekdays."""
        local = moment.astimezone(self.district.zone)
        for days in range(8):
            day = local.date() + timedelta(days=days)
            for hour in OFFICE_HOURS:
                at = datetime.combine(day, hour, self.district.zone)
                if day.weekday() < 5 and at > moment:
                    return at
        raise AssertionError("every week has a weekday")

    def _families_stop(self) -> None:
        """Families that ask to be written to no more at a known time (the overlay's stops)."""
        while self.stops and self.stops[0][0] <= self.now:
            at, address = self.stops.pop(0)
            kind = PointKind.EMAIL if "@" in address else PointKind.PHONE
            stop(district=self.district, kind=kind.value, match=address, by=Stop.By.OURS, at=at)

    def _work(self) -> None:
        """What the workers would do now, until nothing is left to do."""
        tick()
        jobs.run_all()
        due = self.town.call("next")["next_due"]
        self.next_due = datetime.fromisoformat(due) if due else None


def residents(district: District) -> Sequence[dict[str, object]]:
    """Who lives behind which address, so that the town can know whom it plays."""
    who: dict[tuple[str, str, str], dict[str, str]] = defaultdict(dict)
    channels = {"phone": "text", "email": "email", "postal": "letter"}
    points = ContactPoint.objects.filter(district=district, ended_at=None)
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
