"""How far a message is, in plain words. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bothways.messaging.services.leaving import GRACE


class Stage(StrEnum):
    LEAVING = "leaving"  # in some seconds
    SCHEDULED = "scheduled"
    REVIEW = "review"  # waits until a person has gone through a machine's words
    GOING = "going"
    DIGEST = "digest"  # all that is left waits for digests
    WITHDRAWN = "withdrawn"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Way:
    """A message on its way: ``out`` of ``total`` deliveries have left, ``digest`` of the rest wait for it."""

    stage: Stage
    seconds: int = 0  # until it leaves
    at: datetime | None = None
    out: int = 0
    total: int = 0
    digest: int = 0

    @property
    def still(self) -> bool:
        """Whether something can still be stopped."""
        return self.out < self.total

    @property
    def moves(self) -> bool:
        """Whether looking again in a moment shows something else."""
        return self.stage in (Stage.LEAVING, Stage.GOING)


def way_of(
    *,
    sent_at: datetime | None,
    leaves_at: datetime | None,
    withdrawn_at: datetime | None,
    waiting: int,
    digest: int,
    total: int,
    now: datetime,
) -> Way:
    """``waiting``: deliveries that have not left, those for a digest included."""
    if sent_at is None:
        if leaves_at is None:
            return Way(Stage.REVIEW)
        left = leaves_at - now
        # When its moment has come a worker takes it at its next look.
        if left <= GRACE:
            return Way(Stage.LEAVING, max(0, -(-left // timedelta(seconds=1))), leaves_at)
        return Way(Stage.SCHEDULED, at=leaves_at)
    out = total - waiting
    if waiting > digest:
        stage = Stage.GOING
    elif withdrawn_at is not None:
        stage = Stage.WITHDRAWN
    else:
        stage = Stage.DIGEST if digest else Stage.DONE
    return Way(stage, at=sent_at, out=out, total=total, digest=digest)
