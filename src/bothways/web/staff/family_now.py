"""Who else is at this family just now, and what the family last told us."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from bothways.accounts.models import User
from bothways.core import clock
from bothways.messaging.enums import Meaning
from bothways.messaging.models import Conversation, Delivery, Entry
from bothways.messaging.services.writing_now import others_writing
from bothways.people.enums import WordClass
from bothways.people.models import Household
from bothways.web.staff.family import Rights
from bothways.web.staff.scope import children_of

JUST_NOW = timedelta(minutes=15)
LAST_WORDS = 3


@dataclass(frozen=True, slots=True)
class AtIt:
    """A colleague who writes to this family, or just did."""

    name: str
    since: datetime
    sent: bool
    conversation: int | None


def colleagues_at_it(user: User, home: Household, talks: list[Conversation]) -> list[AtIt]:
    """Who else has an answer to this family open, and who sent something in the last minutes."""
    writing = others_writing([talk.pk for talk in talks], than=user)
    found = [
        AtIt(row.user.name, row.since, sent=False, conversation=row.conversation_id)
        for rows in writing.values()
        for row in rows
    ]
    lately = (
        Delivery.objects.filter(
            household=home,
            created_at__gte=clock.now() - JUST_NOW,
            message__author__isnull=False,
        )
        .exclude(message__author=user)
        .select_related("message__author")
        .order_by("-pk")
    )
    sent: dict[int, AtIt] = {}
    for delivery in lately[:20]:
        author = delivery.message.author
        if author is not None:
            sent.setdefault(
                author.pk,
                AtIt(author.name, delivery.created_at, True, None),
            )
    return [*found, *sent.values()]


def last_words(user: User, home: Household, here: Rights) -> list[Entry]:
    """What the family last told us and this user may read, the latest first."""
    rows = Entry.objects.filter(
        conversation__household=home, from_family=True, meaning=Meaning.WORDS.value
    ).filter(
        Q(conversation__student=None) | Q(conversation__student__in=children_of(user)),
    )
    if not here.protected:
        rows = rows.filter(
            ~Q(word_class=WordClass.PROTECTED.value)
            | Q(pk__in=Entry.objects.filter(alerts__user=user).values("pk"))
        )
    return list(rows.select_related("guardian").order_by("-at", "-pk")[:LAST_WORDS])
