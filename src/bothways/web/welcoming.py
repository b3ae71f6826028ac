"""What follows from an answer in a welcome conversation: a line in the ledger, the duty person's alert."""

import hashlib

from django.db import transaction

from bothways.core import clock
from bothways.ledger.enums import Direction, Level, SourceKind
from bothways.ledger.services import Line, write
from bothways.messaging.models import Entry
from bothways.messaging.services.own_words import receive_own
from bothways.welcome.models import Answer, Talk


def answered_on_page(talk: Talk) -> None:
    """They told something on their own page: words, once for each talk."""
    write(
        [
            Line(
                district_id=talk.district_id,
                household_id=talk.household_id,
                guardian_id=talk.guardian_id,
                at=clock.now(),
                level=Level.ANSWERED,
                direction=Direction.FROM_FAMILY,
                channel="page",
                source_kind=SourceKind.WELCOME,
                source_id=talk.pk,
            )
        ]
    )


@transaction.atomic
def tell_duty(answer: Answer) -> Entry | None:
    """Words of danger go where all such words go: into the conversation, to the duty person, at once.

    The same words twice are one. None where there is none, or where the adult has no home on record.
    """
    if not answer.danger or answer.talk.guardian.household_id is None:
        return None
    said = f"welcome {answer.pk} {answer.words}"
    return receive_own(
        guardian=answer.talk.guardian,
        student=answer.student,
        words=answer.words,
        button=None,
        language=answer.language,
        form_key=hashlib.sha256(said.encode(errors="surrogatepass")).hexdigest()[:32],
    )
