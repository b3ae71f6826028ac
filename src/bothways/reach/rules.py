"""From facts to one reason: pure."""

from dataclasses import dataclass
from datetime import datetime

from bothways.reach.enums import Reason


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a family that is not reached in a period."""

    has_guardian: bool  # a live adult with a live link lives there
    has_standing: bool  # at least one of them may be contacted about a child today
    has_point: bool  # an address on record that is not known to be somebody else's
    only_stopped: bool  # a stop, and nothing unstopped under way or usable
    attempted: bool  # in the period
    held_why: str  # why the last message of the period could not be sent here; "" if it could
    failed: bool  # something failed in the period
    waiting_until: datetime | None  # of what has not failed


def reason(facts: Facts, *, since: datetime, now: datetime) -> Reason:
    """The first reason that applies; “not attempted” is the school's gap, and says so."""
    waiting = facts.waiting_until is not None and facts.waiting_until > now
    if not facts.has_guardian:
        return Reason.NO_GUARDIAN
    if not facts.has_standing:
        return Reason.NO_LAWFUL_CONTACT
    if not facts.attempted and not facts.held_why and not waiting:
        return Reason.NOT_ATTEMPTED
    if not facts.has_point or (facts.held_why == "no_contact_point" and not facts.attempted):
        return Reason.NO_CONTACT_POINT
    if facts.only_stopped or (facts.held_why == "stopped" and not facts.attempted):
        return Reason.STOPPED
    if facts.held_why in ("no_translation", "spoken_needed") and not facts.attempted:
        return Reason.NO_TRANSLATION
    if facts.failed and (facts.waiting_until is None or facts.waiting_until < since):
        return Reason.UNDELIVERED
    return Reason.WAITING if waiting else Reason.NO_SIGN
