"""A message on its way out: ten seconds to think again, or the hour that its author chose; and back.

It is kept with its versions and without a single delivery until it leaves. Who is meant and who may be
contacted is asked at that moment, not when it was written.
"""

from datetime import datetime, timedelta

from django.db import transaction

from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.core import clock, jobs
from bothways.messaging.enums import MessageKind, Purpose, State
from bothways.messaging.fanout import Fanned
from bothways.messaging.models import Delivery, Message
from bothways.messaging.services.evidence import refresh_families
from bothways.messaging.services.messages import Draft, UnusableMessage, let_go, write_down
from bothways.schools.models import District

GRACE = timedelta(seconds=10)
LONGEST_AHEAD = timedelta(days=366)
CALLED_OFF = "called_off"


class TooLate(ValueError):
    """It has left already; the text says what can still be done."""


@transaction.atomic
def prepare(draft: Draft, *, district: District, by: User, leaves_at: datetime | None) -> Message:
    """Keep a message that leaves at this moment; None: when somebody lets it go.

    An emergency leaves here and now. Raises UnusableMessage.
    """
    now = clock.now()
    if draft.purpose is Purpose.EMERGENCY:
        message = write_down(draft, district=district, by=by, leaves_at=now)
        let_go(message)
        return message
    if leaves_at is not None and leaves_at > now + LONGEST_AHEAD:
        raise UnusableMessage("Choose a day within the next twelve months.")
    message = write_down(draft, district=district, by=by, leaves_at=leaves_at)
    record("message.prepared", message, by=by.pk, district=district.pk)
    _mind(message)
    return message


def _mind(message: Message) -> None:
    """Let a worker look when it is time; what is further off is found by the minute's tick."""
    if message.leaves_at is None:
        return
    wait = (message.leaves_at - clock.now()).total_seconds()
    if wait < 60:
        jobs.enqueue("messaging.leave", after=max(wait, 0.0), message_id=message.pk)


@transaction.atomic
def leave(message_id: int) -> Fanned | None:
    """Let this message go if its time has come; None where it has gone, was taken back, or waits longer."""
    message = _locked(message_id)
    if message is None or message.leaves_at is None or message.leaves_at > clock.now():
        return None
    return let_go(message)


def leave_due(*, at: datetime) -> int:
    """Let go all whose time has come, and what waited for reviewers and is reviewed now; how many."""
    _reviewed(at)
    due = Message.objects.filter(sent_at=None, leaves_at__lte=at).order_by("leaves_at", "pk")
    return sum(leave(pk) is not None for pk in due.values_list("pk", flat=True))


def _reviewed(at: datetime) -> None:
    """Let those that waited for a reviewer leave now, where nothing of them waits any more."""
    waiting = Message.objects.filter(kind=MessageKind.NEWS.value, sent_at=None, leaves_at=None)
    for message in waiting.order_by("pk"):
        written = message.versions.count()
        if written and message.versions.may_go().count() == written:
            Message.objects.filter(pk=message.pk, leaves_at=None).update(leaves_at=at)


@transaction.atomic
def take_back(message: Message, *, by: User) -> None:
    """Make as if it had never been sent: nothing has left yet. Raises TooLate."""
    kept = _locked(message.pk)
    if kept is None:
        raise TooLate("It has left already. What is not out yet can still be stopped.")
    record("message.taken_back", kept, by=by.pk, district=kept.district_id)
    kept.delete()


@transaction.atomic
def move(message: Message, *, leaves_at: datetime, by: User) -> None:
    """Let it leave at another moment. Raises TooLate, UnusableMessage."""
    kept = _locked(message.pk)
    if kept is None:
        raise TooLate("It has left already.")
    if leaves_at > clock.now() + LONGEST_AHEAD:
        raise UnusableMessage("Choose a day within the next twelve months.")
    kept.leaves_at = leaves_at
    kept.save(update_fields=["leaves_at"])
    record("message.moved", kept, by=by.pk, district=kept.district_id)
    _mind(kept)


@transaction.atomic
def withdraw(message: Message, *, by: User) -> int:
    """Stop what of a message is not out yet, further tries included; how many deliveries that were."""
    waiting = Delivery.objects.filter(message=message, state=State.QUEUED.value)
    homes = dict(waiting.order_by("pk").select_for_update().values_list("pk", "household_id"))
    # A worker that has claimed some meanwhile keeps them: they are on their way.
    stopped = Delivery.objects.filter(pk__in=homes, state=State.QUEUED.value).update(
        state=State.WITHHELD.value, rank=State.WITHHELD.rank, error=CALLED_OFF
    )
    Message.objects.filter(pk=message.pk, withdrawn_at=None).update(withdrawn_at=clock.now())
    record("message.withdrawn", message, by=by.pk, district=message.district_id, deliveries=stopped)
    refresh_families(homes.values())
    return stopped


def _locked(message_id: int) -> Message | None:
    """The message, ours alone until the transaction ends; None where it has left or is gone."""
    return (
        Message.objects.select_for_update(of=("self",))
        .select_related("author", "district")
        .filter(pk=message_id, sent_at=None)
        .first()
    )
