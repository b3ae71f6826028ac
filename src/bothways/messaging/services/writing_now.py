"""Two people at one family: who has the answer open, and what came in between."""

from collections.abc import Collection
from datetime import timedelta
from typing import Final

from django.db import transaction

from bothways.accounts.models import User
from bothways.core import clock
from bothways.messaging.models import Conversation, Entry, Writing

# Who opened a form so long ago has left it, or went home.
FORGOTTEN: Final = timedelta(minutes=30)


@transaction.atomic
def open_form(*, conversation: Conversation, by: User) -> None:
    """This person may be writing now. Opening again after a while begins anew."""
    now = clock.now()
    mine, made = Writing.objects.get_or_create(
        conversation=conversation, user=by, defaults={"since": now, "last_at": now}
    )
    if not made:
        if now - mine.last_at > FORGOTTEN:
            mine.since = now
        mine.last_at = now
        mine.save(update_fields=["since", "last_at"])


def close_form(*, conversation: Conversation, by: User) -> None:
    """This person does not write any more."""
    Writing.objects.filter(conversation=conversation, user=by).delete()


def others_writing(conversations: Collection[int], *, than: User) -> dict[int, list[Writing]]:
    """Who else has opened the form of these conversations of late, the first first."""
    found: dict[int, list[Writing]] = {}
    for row in (
        Writing.objects.filter(conversation__in=conversations, last_at__gt=clock.now() - FORGOTTEN)
        .exclude(user=than)
        .select_related("user")
        .order_by("since", "pk")
    ):
        found.setdefault(row.conversation_id, []).append(row)
    return found


def come_since(conversation: Conversation, *, seen: int) -> list[Entry]:
    """What was written here, by either side, after the entry with this id was the last; oldest first."""
    return list(
        conversation.entries.filter(pk__gt=seen).select_related("author", "guardian").order_by("pk")
    )


def last_seen(conversation: Conversation) -> int:
    """The id of the last entry there is now; 0 for none."""
    last = conversation.entries.order_by("-pk").values_list("pk", flat=True).first()
    return last or 0
