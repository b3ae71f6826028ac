"""Put anonymous answers among others, so that no order and no transaction tells whose one is.

An anonymous answer is written in the same transaction in which its invitation becomes “done”: the row's
transaction and place on the disk would name the family. Ten or more are therefore moved at once, shuffled, and
the invitations are written anew in an order of chance. Read docs/explanation/surveys.md for what remains.
"""

import random

from django.db import connection, transaction

from bothways.surveys.models import Invitation, LooseWords, Sheet, Survey, Unmixed
from bothways.surveys.rules import MIXED

_lots = random.SystemRandom()


@transaction.atomic
def mix(survey: Survey) -> int:
    """Move the answers that wait, if they are enough to hide each other; how many were moved."""
    waiting = list(Unmixed.objects.select_for_update().filter(survey=survey))
    if len(waiting) < MIXED:
        return 0
    _move(survey, waiting)
    return len(waiting)


@transaction.atomic
def mix_all(survey: Survey) -> None:
    """At the end: what is left goes among all others, and every sheet is written anew."""
    waiting = list(Unmixed.objects.select_for_update().filter(survey=survey))
    earlier = list(Sheet.objects.select_for_update().filter(survey=survey))
    words = list(LooseWords.objects.select_for_update().filter(survey=survey))
    Sheet.objects.filter(survey=survey).delete()
    LooseWords.objects.filter(survey=survey).delete()
    _move(survey, waiting, earlier, words)


def _move(
    survey: Survey,
    waiting: list[Unmixed],
    earlier: list[Sheet] | None = None,
    words: list[LooseWords] | None = None,
) -> None:
    # New random ids: the old ones stood beside an invitation.
    sheets = [Sheet(survey=survey, values=one.values, paper=one.paper) for one in waiting]
    sheets += [Sheet(survey=survey, values=one.values, paper=one.paper) for one in earlier or ()]
    loose = [
        LooseWords(survey=survey, item=item, words=said)
        for one in waiting
        for item, said in one.words.items()
    ]
    loose += [LooseWords(survey=survey, item=one.item, words=one.words) for one in words or ()]
    _lots.shuffle(sheets)
    _lots.shuffle(loose)
    Sheet.objects.bulk_create(sheets, batch_size=1000)
    LooseWords.objects.bulk_create(loose, batch_size=1000)
    Unmixed.objects.filter(pk__in=[one.pk for one in waiting]).delete()
    with connection.cursor() as cursor:
        # All of them, the silent ones too, in one transaction and without an order.
        cursor.execute(
            f"UPDATE {Invitation._meta.db_table} i SET done = i.done FROM"  # noqa: S608 - our own name
            f" (SELECT id FROM {Invitation._meta.db_table} WHERE survey_id = %s ORDER BY random()) r"
            " WHERE i.id = r.id",
            [survey.pk],
        )
