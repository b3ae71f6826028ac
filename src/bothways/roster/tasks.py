"""Look into the nightly folders."""

from bothways.core import jobs
from bothways.roster import folder
from bothways.schools.models import District


@jobs.every_minute("roster.folders")
def folders() -> None:
    for district, seen in folder.waiting():
        jobs.enqueue("roster.take_in", district_id=district, seen=seen)


@jobs.task("roster.take_in", tries=1)
def take_in(*, district_id: int, seen: str) -> None:
    folder.take_in(District.objects.get(pk=district_id), seen)
