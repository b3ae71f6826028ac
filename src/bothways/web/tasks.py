"""Background work of pages: rosters too large for a request; and what needs to know of all layers."""

from datetime import datetime

from bothways.core import clock, jobs
from bothways.reach.queries import period_start
from bothways.schools.models import District
from bothways.upkeep import services as upkeep
from bothways.web.family import door
from bothways.web.staff import cases_gradebook, progress_work, roster_work, uploads


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


@jobs.task("web.try_progress")
def try_progress(*, upload: str) -> None:
    found = uploads.load(upload)
    if found is not None and found.stage == "waiting":
        progress_work.attempt(found)


@jobs.task("web.load_progress")
def load_progress(*, upload: str) -> None:
    found = uploads.load(upload)
    if found is not None and found.stage == "importing":
        progress_work.carry_out(found)


@jobs.task("web.send_family_code", tries=2)
def send_family_code(*, code_id: int) -> None:
    door.send_code(code_id)


@jobs.task("upkeep.retention", tries=1)
def retention(*, planned: str) -> None:
    """Let go of what is too old; here, since reach says what its current period needs."""
    upkeep.clear_old(periods(), at=datetime.fromisoformat(planned))


def periods() -> dict[int, datetime]:
    """When the current period of reach began, by district."""
    return {d.pk: period_start(d, clock.now()) for d in District.objects.all()}


@jobs.every_minute("web.cases_gradebook")
def read_gradebook() -> None:
    """Once a day: what the gradebook says goes into the cases that count it."""
    cases_gradebook.read_due()
