"""Words from a sender whom nobody knew: a person who knows puts them with their family.

Whose words they are is one question, whether the number is the family's another: nothing is written to the
number before it stands on the family's page, by the usual proof.
"""

from django.db import transaction

from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.core import clock
from bothways.ledger.services import withdraw
from bothways.messaging.models import Conversation, Entry, EntryMove
from bothways.messaging.queries import Writer
from bothways.messaging.services.moving import (
    MISPLACED,
    NotMovable,
    count,
    lines_of,
    wait_less,
    wait_more,
    writer_there,
)
from bothways.messaging.services.replies import alert_duty, conversation_with
from bothways.people.models import Household, Student


@transaction.atomic
def place_entry(
    *, entry: Entry, household: Household, student: Student | None, by: User
) -> Conversation:
    """Put words that belong to nobody into this family's conversation about this child (None: in general).

    The family waits for an answer from the moment it wrote, and what the words show counts for it. Raises
    NotMovable. Placing twice in the same place is placing once.
    """
    entry = Entry.objects.select_for_update(of=("self",)).get(pk=entry.pk)
    here = entry.conversation
    if here is not None:
        if (here.household_id, here.student_id) == (household.pk, student.pk if student else None):
            return here
        raise NotMovable("A colleague has put these words with a family meanwhile.")
    if not entry.from_family:
        raise NotMovable("Only words of a family can be put with a family.")
    if household.ended_at is not None or entry.district_id not in (None, household.district_id):
        raise NotMovable("This family is recorded in another way now. Search for it again.")
    if student is not None and not household.children.filter(student=student).exists():
        raise NotMovable("This child is not of this family. Search for it again.")
    now = clock.now()
    after = conversation_with(
        Writer(
            district_id=household.district_id,
            household=household,
            guardian=None,
            student=student,
            delivery=None,
            language=entry.language,
        ),
        entry.at,
    )
    move = EntryMove.objects.create(entry=entry, before=None, after=after, at=now, by=by)
    entry.district_id = household.district_id
    entry.conversation = after
    entry.guardian = writer_there(entry, household, student)
    entry.save(update_fields=["district", "conversation", "guardian"])
    count(entry, move, after, at=now)
    wait_more(after, entry)
    if entry.danger:
        # Those on duty at the child's school have to know; who was told before stays told.
        alert_duty(entry, after)
    record("entry.placed", entry, by=by.pk, district=entry.district_id, after=after.pk)
    return after


@transaction.atomic
def unplace_entry(*, entry: Entry, by: User) -> None:
    """It was not this family after all: the words belong to nobody again. Raises NotMovable."""
    entry = Entry.objects.select_for_update(of=("self",)).get(pk=entry.pk)
    talk = entry.conversation
    last = entry.moves.order_by("-pk").first()
    if talk is None:
        return
    if last is None or last.before_id is not None or entry.delivery_id is not None:
        raise NotMovable("Only words that somebody here put with a family can be taken back.")
    lines = lines_of(entry, talk)
    now = clock.now()
    EntryMove.objects.create(entry=entry, before=talk, after=None, at=now, by=by)
    entry.conversation, entry.guardian = None, None
    entry.save(update_fields=["conversation", "guardian"])
    withdraw([line.pk for line in lines], why=MISPLACED, by=by.pk, at=now)
    wait_less(talk, entry)
    record("entry.unplaced", entry, by=by.pk, district=entry.district_id, before=talk.pk)
