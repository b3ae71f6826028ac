"""Background work of languages: thin, keyword-only, primitive."""

from bothways.core import jobs
from bothways.languages import reading


@jobs.task("languages.read", tries=5)
def read(*, district_id: int) -> None:
    if reading.translate_waiting(district_id):
        jobs.enqueue("languages.read", once=f"read-{district_id}", district_id=district_id)
