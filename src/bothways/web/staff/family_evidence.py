"""How we know that a way works: what became of what was sent to it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bothways.channels.enums import Channel
from bothways.core import clock
from bothways.messaging.enums import RANKS, State
from bothways.messaging.models import Delivery
from bothways.people.models import Household

REMEMBERED = timedelta(days=365)
_WENT = (
    State.ACCEPTED,
    State.REJECTED,
    State.UNDELIVERED,
    State.DELIVERED,
    State.SEEN,
    State.ANSWERED,
)
_PAPER = (Channel.LETTER.value, Channel.HANDOVER.value)


@dataclass(frozen=True, slots=True)
class Proof:
    """Of what went out on one channel to one address within a year."""

    channel: str
    sent: int
    arrived: int
    signs: int  # a gesture or words: somebody had it before their eyes
    failed: int
    last: datetime | None  # when the last that arrived was sent; of none: the last

    @property
    def on_paper(self) -> bool:
        return self.channel in _PAPER

    @property
    def words(self) -> str:
        """“4 of 4 arrived”; of paper how often it was posted, since it gives no receipt."""
        values = {"sent": self.sent, "arrived": self.arrived, "signs": self.signs}
        if self.on_paper and self.arrived == self.failed == 0:
            return ngettext("%(sent)d sent", "%(sent)d sent", self.sent) % values
        if self.arrived == self.failed == 0:
            return (
                ngettext("%(sent)d sent, no receipt", "%(sent)d sent, no receipt", self.sent)
                % values
            )
        return _("%(arrived)d of %(sent)d arrived") % values

    @property
    def sign_words(self) -> str:
        if not self.signs:
            return ""
        return ngettext("%(signs)d seen or answered", "%(signs)d seen or answered", self.signs) % {
            "signs": self.signs
        }


def proofs(home: Household, ways: Iterable[tuple[str, str]]) -> dict[tuple[str, str], list[Proof]]:
    """For these addresses (kind, match) of this family; one query whatever their number."""
    wanted = set(ways)
    arrived = Q(rank__gte=RANKS[State.DELIVERED])
    rows = (
        Delivery.objects.filter(
            household=home,
            match__in={match for _kind, match in wanted},
            created_at__gte=clock.now() - REMEMBERED,
            state__in=[state.value for state in _WENT],
        )
        .values("kind", "match", "channel")
        .annotate(
            sent=Count("pk"),
            arrived=Count("pk", filter=arrived),
            signs=Count("pk", filter=Q(rank__gte=RANKS[State.SEEN])),
            failed=Count("pk", filter=Q(state__in=[State.REJECTED.value, State.UNDELIVERED.value])),
            last_arrived=Max("created_at", filter=arrived),
            last=Max("created_at"),
        )
        .order_by("channel")
    )
    found: dict[tuple[str, str], list[Proof]] = {}
    for row in rows:
        proof = Proof(
            channel=row["channel"],
            sent=row["sent"],
            arrived=row["arrived"],
            signs=row["signs"],
            failed=row["failed"],
            last=row["last_arrived"] or row["last"],
        )
        found.setdefault((row["kind"], row["match"]), []).append(proof)
    return found
