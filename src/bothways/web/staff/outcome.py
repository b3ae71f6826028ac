"""Which families of a message it is about: who did not get it, did not see it, did not answer."""

from collections.abc import Mapping
from enum import StrEnum

from django.db.models import Max, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bothways.accounts.enums import Permission
from bothways.accounts.models import User
from bothways.messaging.enums import MessageKind, State
from bothways.messaging.fates import with_fate
from bothways.messaging.models import Delivery, HeldHome, Message
from bothways.web.staff.scope import homes_of, schools_where


class Those(StrEnum):
    NOT_GOT = "not_got"
    NOT_SEEN = "not_seen"
    NOT_ANSWERED = "not_answered"


WORDS: Mapping[Those, Promise] = {
    Those.NOT_GOT: _("who did not get it"),
    Those.NOT_SEEN: _("who have not seen it"),
    Those.NOT_ANSWERED: _("who have not answered"),
}
_ENOUGH = {
    Those.NOT_GOT: State.DELIVERED.rank,
    Those.NOT_SEEN: State.SEEN.rank,
    Those.NOT_ANSWERED: State.ANSWERED.rank,
}
# Of these nobody can say yet that they did not get it.
_UNDER_WAY = (State.QUEUED, State.CLAIMED, State.PRINTED, State.ACCEPTED, State.HELD)


def messages_of(user: User) -> QuerySet[Message]:
    """One's own; those of the schools where one may write to everybody, and of the whole district."""
    found = Message.objects.filter(district=user.district, kind=MessageKind.NEWS.value)
    wide = schools_where(user, Permission.MESSAGE_DISTRICT)
    if wide is not None:
        mine = Q(author=user)
        if wide:
            # A message to the district shows only this school's families to its office.
            mine |= Q(school__in=wide) | Q(school=None, student=None, sent_at__isnull=False)
        found = found.filter(mine)
    return found


def may_change(user: User, message: Message) -> bool:
    """Whether this user may stop it, move it or take it back: its author, and who may write to all of them."""
    if message.author_id == user.pk:
        return True
    wide = schools_where(user, Permission.MESSAGE_DISTRICT)
    return wide is None or (message.school_id is not None and message.school_id in wide)


def deliveries_of(user: User, message: Message) -> QuerySet[Delivery]:
    if user.is_district_wide:
        return message.deliveries.all()
    return message.deliveries.filter(household__in=homes_of(user))


def held_of(user: User, message: Message) -> QuerySet[HeldHome]:
    if user.is_district_wide:
        return message.held.all()
    return message.held.filter(household__in=homes_of(user))


def families(user: User, message: Message, those: Those) -> list[int]:
    """Ids of these families, of those whom this user serves."""
    best = dict(
        with_fate(deliveries_of(user, message))
        .order_by()
        .values_list("household")
        .annotate(best=Max("fate_rank"))
    )
    waits: set[int] = set()
    if those is Those.NOT_GOT:
        states = [state.value for state in _UNDER_WAY]
        waits = set(
            with_fate(deliveries_of(user, message))
            .filter(fate__in=states)
            .order_by()
            .values_list("household", flat=True)
        )
    found = {home for home, rank in best.items() if rank < _ENOUGH[those]} - waits
    found |= set(held_of(user, message).values_list("household", flat=True)) - best.keys()
    return sorted(found)
