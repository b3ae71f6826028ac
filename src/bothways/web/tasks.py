"""Background work of pages: rosters too large for a request."""

from bothways.core import jobs
from bothways.web.staff import roster_work, uploads


@jobs.task("web.try_roster")
def try_roster(*, upload: str) -> None:
    found = uploads.load(upload)
    if found is not None and found.stage == "waiting":
        roster_work.attempt(found)


@jobs.task("web.import_roster")
def import_roster(*, upload: str) -> None:
    found = uploads.load(upload)
    if found is not None and found.stage == "importing":
        roster_work.carry_out(found)
