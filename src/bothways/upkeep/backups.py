"""The nightly backup: a file that was read back, in a folder that keeps so many."""

import logging
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bothways.core.home import backups_folder, bothways_home
from bothways.core.pg.backup import BackupError, backup, check
from bothways.upkeep.rules import backup_name, superfluous

log = logging.getLogger(__name__)

_DRAFT_IS_DEAD = 24 * 3600  # seconds; no backup takes a day


@dataclass(frozen=True, slots=True)
class Saved:
    file: Path
    bytes: int
    removed: int  # older ones


def folder() -> Path:
    """Where the nightly backups go: BOTHWAYS_BACKUPS, else ``backups`` in the home.

    In the environment, not in the database: a trial restore of this database elsewhere must not write
    and clear up in the real one's folder. Raises BackupError.
    """
    named = os.environ.get("BOTHWAYS_BACKUPS", "").strip()
    if not named:
        return backups_folder(bothways_home())
    place = Path(named).expanduser().resolve()
    if not place.is_dir():
        # Not made: a disk that is not mounted would be replaced by a folder on the small one.
        raise BackupError(
            f"The folder for backups {place} is not there. Connect the disk, or make the folder,"
            " or change BOTHWAYS_BACKUPS."
        )
    return place


def save(url: str, *, keep: int, now: datetime | None = None) -> Saved:
    """Write a backup, read it back, and only then let the oldest go. Raises BackupError.

    When it fails there is no half file, and every earlier backup is still there.
    """
    place = folder()
    _clear_drafts(place)
    name = backup_name(now or datetime.now(UTC))
    file = place / name
    size = backup(url, file)
    try:
        check(file)
    except BackupError:
        file.unlink(missing_ok=True)
        raise
    removed = 0
    for old in superfluous([path.name for path in place.iterdir()], good=name, keep=keep):
        try:
            (place / old).unlink()
            removed += 1
        except OSError:
            log.warning("an old backup could not be removed")
    return Saved(file, size, removed)


def save_before_upgrade(url: str) -> Path:
    """A backup beside the nightly ones, before the database's structure changes. Raises BackupError.

    It does not count among those that are kept: a rule of its own lets it go, much later.
    """
    moment = datetime.now(UTC)
    file = folder() / f"before-upgrade-{moment:%Y%m%dT%H%M%SZ}.backup"
    backup(url, file)
    try:
        check(file)
    except BackupError:
        file.unlink(missing_ok=True)
        raise
    return file


def _clear_drafts(place: Path) -> None:
    """What a killed backup left: half files that nobody will finish."""
    for draft in place.glob(".bothways-*.backup.*.part"):
        with suppress(OSError):
            if time.time() - draft.stat().st_mtime > _DRAFT_IS_DEAD or _ended(draft):
                draft.unlink()


def _ended(draft: Path) -> bool:
    """Whether the process that wrote it is gone from this machine.

    A folder that several machines share may hold the draft of a process elsewhere: its age decides
    then, so a process that we cannot see counts as ended only after an hour without a byte.
    """
    number = draft.name.rsplit(".", 2)[-2]
    alive = number.isdigit() and Path(f"/proc/{number}").exists()
    return not alive and time.time() - draft.stat().st_mtime > 3600
