"""What became of deliveries, and how much a family gets: reads over all that went to it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, Count, F, Q, QuerySet, When

from bothways.messaging.enums import DIGEST_LANE, State
from bothways.messaging.models import Delivery, Version


def with_fate(deliveries: QuerySet[Delivery]) -> QuerySet[Any]:
    """With ``fate``, ``fate_rank`` and ``fate_error``: of words that went with a digest, that digest's."""
    gathered = Q(state=State.GATHERED.value, digest__isnull=False)
    return deliveries.annotate(
        fate=Case(When(gathered, then=F("digest__state")), default=F("state")),
        fate_rank=Case(When(gathered, then=F("digest__rank")), default=F("rank")),
        fate_error=Case(When(gathered, then=F("digest__error")), default=F("error")),
    )


@dataclass(frozen=True, slots=True)
class Held:
    """Words that wait for the family's digest."""

    message: int
    words: str  # the subject, else the beginning
    language: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Load:
    """How much a family already gets from the school: contacts that went out, by channel."""

    week: dict[str, int] = field(default_factory=dict)
    month: dict[str, int] = field(default_factory=dict)
    waiting: tuple[Held, ...] = ()

    @property
    def in_week(self) -> int:
        return sum(self.week.values())

    @property
    def in_month(self) -> int:
        return sum(self.month.values())


def load_of(household: int, *, at: datetime) -> Load:
    """Contacts of the last 7 and 30 days by channel (a digest is one), and what waits; three queries."""
    went = Delivery.objects.filter(
        household=household,
        rank__gte=State.ACCEPTED.rank,
        accepted_at__gt=at - timedelta(days=30),
    )
    rows = list(
        went.order_by("channel")
        .values_list("channel")
        .annotate(
            month=Count("pk"), week=Count("pk", filter=Q(accepted_at__gt=at - timedelta(days=7)))
        )
    )
    return Load(
        week={channel: week for channel, _month, week in rows if week},
        month={channel: month for channel, month, _week in rows},
        waiting=tuple(_waiting(household)),
    )


def _waiting(household: int) -> Sequence[Held]:
    rows = list(
        Delivery.objects.filter(
            household=household, state=State.QUEUED.value, lane=DIGEST_LANE
        ).order_by("not_before", "pk")
    )
    versions = {
        (version.message_id, version.language): version
        for version in Version.objects.filter(message__in={row.message_id for row in rows})
    }
    found: dict[int, Held] = {}
    for row in rows:
        tag = row.languages[0] if row.languages else ""
        version = versions.get((row.message_id, tag))
        words = (version.subject or version.body[:120]) if version else ""
        # To two adults the same words wait twice: once is what somebody wants to know.
        found.setdefault(row.message_id, Held(row.message_id, words, tag, row.not_before))
    return list(found.values())
