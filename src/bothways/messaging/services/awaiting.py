"""Answers that a person translates before they go to the family: who waits for whom, and what goes out."""

from django.db import transaction
from django.db.models import QuerySet

from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.core import clock
from bothways.languages.services import remember
from bothways.messaging.enums import Origin
from bothways.messaging.models import AwaitedAnswer, Conversation, Delivery, Writing
from bothways.messaging.services.conversations import NoWay, Said, answer


class NoLonger(ValueError):
    """Somebody has dealt with it meanwhile; the text says how."""


@transaction.atomic
def let_translate(
    *, conversation: Conversation, words: str, source: str, target: str, by: User
) -> AwaitedAnswer:
    """Give these words to whoever translates; the family goes on waiting until they are out.

    Another answer of the same conversation that waits already is replaced: a family gets one.
    """
    if not words.strip():
        raise NoWay("The answer is empty.")
    now = clock.now()
    Conversation.objects.select_for_update().get(pk=conversation.pk)
    waiting = AwaitedAnswer.objects.filter(
        conversation=conversation, done_at=None, withdrawn_at=None
    )
    waiting.update(withdrawn_at=now)
    made = AwaitedAnswer.objects.create(
        conversation=conversation,
        source=source,
        target=target,
        words=words.strip(),
        by=by,
        at=now,
    )
    Writing.objects.filter(conversation=conversation, user=by).delete()
    record("answer.awaits_translation", made, by=by.pk, district=conversation.district_id)
    return made


@transaction.atomic
def translated(*, awaited: AwaitedAnswer, words: str, by: User) -> Delivery:
    """The words in the family's language: they go out in the name of who wrote, and are remembered.

    Raises NoLonger, NoWay.
    """
    locked = (
        AwaitedAnswer.objects.select_for_update(of=("self",))
        .select_related("conversation__district", "by")
        .get(pk=awaited.pk)
    )
    if locked.done_at is not None:
        raise NoLonger("A colleague has translated this answer already. It is on its way.")
    if locked.withdrawn_at is not None:
        raise NoLonger("Who wrote this answer has taken it back. Nothing was sent.")
    talk = locked.conversation
    author = locked.by or by
    delivery = answer(
        conversation=talk,
        words=words,
        by=author,
        said=Said(
            language=locked.target,
            original=locked.words,
            original_language=locked.source,
            origin=Origin.PERSON,
            reviewed_by=by,
        ),
    )
    locked.done_at, locked.done_by = clock.now(), by
    locked.save(update_fields=["done_at", "done_by"])
    remember(
        talk.district,
        source=locked.source,
        source_text=locked.words,
        target=locked.target,
        target_text=words,
        by=by.pk,
        reviewed=True,
        names=names_in(talk),
    )
    record("answer.translated", locked, by=by.pk, district=talk.district_id)
    return delivery


@transaction.atomic
def withdraw_awaited(*, awaited: AwaitedAnswer, by: User) -> bool:
    """Take an answer back before it is translated; False where it was too late."""
    taken = AwaitedAnswer.objects.filter(pk=awaited.pk, done_at=None, withdrawn_at=None).update(
        withdrawn_at=clock.now()
    )
    if taken:
        record("answer.withdrawn", awaited, by=by.pk, district=awaited.conversation.district_id)
    return bool(taken)


def awaited_in(district: int) -> QuerySet[AwaitedAnswer]:
    """Answers of this district that wait for a translator, the longest first."""
    return (
        AwaitedAnswer.objects.filter(
            conversation__district=district, done_at=None, withdrawn_at=None
        )
        .select_related("conversation__student", "conversation__school", "by")
        .order_by("at", "pk")
    )


def names_in(talk: Conversation) -> list[str]:
    """Names that words of this conversation may hold: no engine gets them, no memory keeps them."""
    names: list[str] = []
    for row in talk.household.children.select_related("student"):
        names += [row.student.called, row.student.given, row.student.family]
    for adult in talk.household.guardians.all():
        names += [adult.given, adult.family]
    if talk.owner is not None:
        names += [talk.owner.given, talk.owner.family]
    return list(dict.fromkeys(name for name in names if name))
