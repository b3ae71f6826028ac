"""The nightly folder: what a student information system lays down there is taken in by itself.

One folder for each district, in the installation's home; who may write into it is the machine's business.
What would remove many people is not done but asked, like everywhere else.
"""

import hashlib
import os
import time
from pathlib import Path

from django.db import transaction

from bothways.core import clock
from bothways.core.home import bothways_home, rosters_folder
from bothways.roster.districts import refuse_foreign
from bothways.roster.models import NightlyFolder
from bothways.roster.readers import UnusableRoster, open_roster
from bothways.roster.report import NeedsConfirmation
from bothways.roster.services import import_roster
from bothways.schools.models import District

SETTLES = 120  # seconds without a change: nobody is writing into it any more
MAPPING = "mapping.json"  # what the columns of a plain table mean, beside it


def place(district: District) -> Path:
    """Where this district's roster is laid down."""
    return bothways_home() / "rosters" / str(district.pk)


def state_of(there: Path, *, now: float | None = None) -> str:
    """What lies there, as one short word that changes with it; "" for nothing, or while it still changes."""
    if not there.is_dir():
        return ""
    files = sorted(
        (entry.name, entry.stat())
        for entry in os.scandir(there)
        if entry.is_file(follow_symlinks=False) and not entry.name.startswith(".")
    )
    newest = max((found.st_mtime for _, found in files), default=0.0)
    if not files or newest > (time.time() if now is None else now) - SETTLES:
        return ""
    told = "\n".join(f"{name} {found.st_size} {found.st_mtime_ns}" for name, found in files)
    return hashlib.sha256(told.encode("utf-8", "surrogateescape")).hexdigest()


def switch(district: District, *, on: bool) -> NightlyFolder:
    """Watch the folder from now on, or no more."""
    found, _ = NightlyFolder.objects.update_or_create(district=district, defaults={"on": on})
    if on:
        rosters_folder(bothways_home())
        place(district).mkdir(mode=0o700, exist_ok=True)
    return found


def folder_of(district: District) -> NightlyFolder:
    """How this district's folder stands; switched off where nobody ever asked for it."""
    return NightlyFolder.objects.filter(district=district).first() or NightlyFolder(
        district=district
    )


def look_again(district: District) -> None:
    """Take what lies there as new: after somebody mended it, or a machine stopped in the middle."""
    NightlyFolder.objects.filter(district=district).update(seen="")


def waiting() -> list[tuple[int, str]]:
    """(district, what lies there) of each watched folder that holds something not looked at yet."""
    found = []
    for watched in NightlyFolder.objects.filter(on=True).select_related("district"):
        now = state_of(place(watched.district))
        if now and now != watched.seen:
            found.append((watched.district_id, now))
    return found


def take_in(district: District, seen: str) -> None:
    """Import what lies there, once; what came of it stands on the page of rosters."""
    with transaction.atomic():
        watched = NightlyFolder.objects.select_for_update().get(district=district)
        there = place(district)
        if not watched.on or watched.seen == seen or state_of(there) != seen:
            return  # done by another worker, or laid down anew meanwhile: the next minute looks again
        watched.seen = seen
        watched.looked_at = clock.now()
        watched.state, watched.words = NightlyFolder.State.WORKING, ""
        watched.save()
    state, words = NightlyFolder.State.TAKEN, ""
    try:
        mapping = there / MAPPING
        packed = sorted(there.glob("*.zip"))
        source = packed[-1] if packed else there
        parsed = open_roster(source, mapping if mapping.is_file() else None, region=district.region)
        refuse_foreign(parsed, district)
        import_roster(parsed, by=None, source=packed[-1].name if packed else _only(there))
    except NeedsConfirmation as stop:
        state, words = NightlyFolder.State.ASKS, "; ".join(str(loss) for loss in stop.losses)
    except UnusableRoster as error:
        state, words = NightlyFolder.State.UNUSABLE, str(error)
    except Exception:
        # Whatever it was: it is on record as not done, and the log has the rest.
        NightlyFolder.objects.filter(district=district).update(
            state=NightlyFolder.State.UNUSABLE,
            words="It could not be read. Whoever runs the machine finds more in its log.",
        )
        raise
    NightlyFolder.objects.filter(district=district).update(state=state, words=words[:2000])


def _only(there: Path) -> str:
    """The name of the one table that lies there, else the folder's."""
    tables = sorted(entry.name for entry in there.glob("*.csv"))
    return tables[0] if len(tables) == 1 else "nightly folder"
