"""Background work of feedback: thin, keyword-only, primitive."""

from bothways.core import jobs
from bothways.feedback.services import taking


@jobs.every_minute("feedback.answers")
def answers() -> None:
    """What families say of what came of it."""
    while taking.take_answers() == taking.BATCH:
        pass
