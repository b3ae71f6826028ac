"""Background work of surveys."""

from bothways.core import clock, jobs
from bothways.surveys.services.answering import mix_waiting, read_texts
from bothways.surveys.services.sending import close_due


@jobs.every_minute("surveys.tend")
def tend() -> None:
    """Take in answers by text, mix anonymous ones, close what is over."""
    read_texts()
    mix_waiting()
    close_due(clock.now())
