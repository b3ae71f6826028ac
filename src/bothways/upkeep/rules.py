"""Decisions about the night's work: pure functions of plain values."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from pathlib import PurePath
from re import compile as pattern
from zoneinfo import ZoneInfo

# A task that failed is tried again after so long; one that never ended was killed.
AGAIN_AFTER = timedelta(minutes=30)
LOST_AFTER = timedelta(hours=6)
# A backup a night, and a night may be missed when the machine was off: after two it is worth a word.
OLD_AFTER = timedelta(hours=50)

_NAME = pattern(r"bothways-(\d{8}T\d{6}Z)\.backup")


def planned(at: time, *, now: datetime, zone: ZoneInfo) -> datetime:
    """The last moment at which the clock on the wall showed this hour, in UTC.

    Where a night has the hour twice, its first; where it has none, the moment at which it would be.
    """
    today = now.astimezone(zone).date()
    for day in (today, today - timedelta(days=1)):
        moment = datetime.combine(day, at, zone).astimezone(UTC)
        if moment <= now:
            return moment
    return (datetime.combine(today, at, zone) - timedelta(days=2)).astimezone(UTC)


def due(*, now: datetime, began_at: datetime | None, ended_at: datetime | None, ok: bool) -> bool:
    """Whether a planned task is to be begun now, by what became of it so far (None: not begun)."""
    if began_at is None:
        return True
    if ended_at is None:
        return now - began_at >= LOST_AFTER
    return not ok and now - ended_at >= AGAIN_AFTER


def backup_name(moment: datetime) -> str:
    """The name of the backup of this moment: names sort by time."""
    return f"bothways-{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}.backup"


def is_backup_name(name: str) -> bool:
    """Whether a file has a name that we give: others in the folder are none of our business."""
    return _NAME.fullmatch(name) is not None


def superfluous(names: Sequence[str], *, good: str, keep: int) -> list[str]:
    """Which of our backups may go now that ``good`` was written and read back: the oldest.

    ``good`` is never among them, nor is anything newer; without it nothing goes.
    """
    ours = sorted({PurePath(name).name for name in names if is_backup_name(PurePath(name).name)})
    if good not in ours:
        return []
    older = [name for name in ours if name < good]
    return older[: max(0, len(older) - (max(keep, 1) - 1))]
