"""The town's clock: set by hand in a simulation, or running (as fast as wanted) for hand play."""

import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo


class Clock:
    """Time in UTC inside, with the town's offset outside; never goes back.

    ``speed`` None: time stands still until ``move``. Otherwise it runs that many times as fast as
    the wall clock. Simulated time has whole seconds, so what is written down is exact.
    """

    def __init__(self, zone: ZoneInfo, start: datetime, speed: float | None = None) -> None:
        self.zone = zone
        self.speed = speed
        self._set = _whole(start) if speed is None else start.astimezone(UTC)
        self._since = time.monotonic()
        self._stamped = (self._set, self.local(self._set))

    def now(self) -> datetime:
        if self.speed is None:
            return self._set
        return self._set + timedelta(seconds=(time.monotonic() - self._since) * self.speed)

    def move(self, to: datetime) -> None:
        """Make it at least this late; a running clock is left alone."""
        if self.speed is None:
            self._set = max(self._set, _whole(to))

    def local(self, moment: datetime) -> str:
        """ISO 8601 with the town's offset, to the second."""
        return moment.astimezone(self.zone).isoformat(timespec="seconds")

    def stamp(self) -> tuple[datetime, str]:
        """(now, as ISO 8601 in the town); kept, since simulated time mostly stands still."""
        now = self.now()
        if self._stamped[0] != now:
            self._stamped = (now, self.local(now))
        return self._stamped

    def read(self, text: str) -> datetime:
        """An ISO 8601 moment in UTC; without offset the town's own time. ValueError if not."""
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=self.zone)
        try:
            return moment.astimezone(UTC)
        except OverflowError as error:
            raise ValueError(f"{text} is too far away") from error


def _whole(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)


def awake(moment: datetime, zone: ZoneInfo, drawn: float) -> datetime:
    """The moment itself between 07:00 and 22:00 in the town, else some minute of the next morning.

    ``drawn`` in [0, 1) spreads those who slept over the hour after seven.
    """
    local = moment.astimezone(zone)
    if 7 <= local.hour < 22:
        return moment
    if local.hour >= 22:
        local += timedelta(days=1)
    morning = local.replace(hour=7, minute=int(drawn * 60), second=0, microsecond=0)
    return morning.astimezone(UTC)
