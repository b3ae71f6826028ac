"""The answers to “did it help?”, as they come in by message."""

from django.db import transaction

from bothways.feedback.enums import Helped
from bothways.feedback.models import AnswersRead, Item
from bothways.feedback.services.items import ASKS, say_helped
from bothways.messaging.services.questions import answers

_IN_ORDER = (Helped.YES, Helped.LITTLE, Helped.NO)
BATCH = 500


@transaction.atomic
def take_answers() -> int:
    """Take in what came since the last time; how many. Twice at once takes each once."""
    AnswersRead.objects.get_or_create(pk=1)
    read = AnswersRead.objects.select_for_update().get(pk=1)
    found = answers(ASKS, after=read.last, most=BATCH)
    for answer in found:
        ref = answer.question.ref
        item = (
            Item.objects.select_for_update().filter(pk=int(ref)).first()
            if ref.isdecimal()
            else None
        )
        place = int(answer.value) - 1 if answer.value is not None else -1
        # Opened again meanwhile, or told anew: what they say is of what they were told then.
        stands = item is not None and item.told_id == answer.question.message_id
        if item is not None and stands and 0 <= place < len(_IN_ORDER):
            say_helped(item=item, helped=_IN_ORDER[place], words=answer.words)
    if found:
        read.last = found[-1].pk
        read.save(update_fields=["last"])
    return len(found)
