"""Work out what changed soon after it changed, so that pages seldom have to."""

from bothways.core import clock, jobs
from bothways.reach.facts import refresh
from bothways.schools.models import District


@jobs.every_minute("reach.refresh")
def refresh_all() -> None:
    """After an import or at midnight there are many: a page would wait seconds for them."""
    now = clock.now()
    for district in District.objects.order_by("pk"):
        refresh(district, now)
