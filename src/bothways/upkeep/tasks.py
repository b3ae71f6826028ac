"""The nights: a minute's tick finds what is due, by the machine's own clock."""

from datetime import datetime

from django.conf import settings

from bothways.core import jobs
from bothways.upkeep import services


@jobs.every_minute("upkeep.tick")
def tick() -> None:
    services.begin_what_is_due()


@jobs.task("upkeep.backup", tries=1)
def backup(*, planned: str) -> None:
    services.back_up(settings.SESSION_URL, at=datetime.fromisoformat(planned))
