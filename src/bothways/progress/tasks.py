"""Background work of progress."""

from bothways.core import clock, jobs
from bothways.progress.services import notices


@jobs.every_minute("progress.tell")
def tell() -> None:
    """Tell families what is due by the school’s clock."""
    notices.tick(at=clock.now())
