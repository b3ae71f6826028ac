"""The next step for a family that is not reached: pure, and never “nothing”.

The default ladder is a letter, then a person's call, then a visit, then something handed over by somebody
the family trusts; then again, by other people and at other times.
"""

from collections.abc import Set
from dataclasses import dataclass
from datetime import date

from bothways.outreach.enums import StepChannel
from bothways.reach.enums import Reason
from bothways.schools.calendar import add_school_days


@dataclass(frozen=True, slots=True)
class Ways:
    """What can be tried, and how often each was since the start of the period."""

    phone: bool  # any number that may be rung, a landline too
    address: bool  # where a letter may go
    letters: int = 0
    calls: int = 0
    visits: int = 0
    handovers: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    what: str  # for staff, in plain words
    channel: StepChannel
    role: str  # whose it is: teacher, office, principal
    due: date


def next_step(
    reason: Reason,
    ways: Ways,
    *,
    today: date,
    last_tried: date | None,
    waiting_until: date | None,
    spoken: bool,
    language: str,
    closed: Set[date],
) -> Step:
    """One step with whose it is and by when; ``language``: its name, "" where nobody needs to care."""
    soon = add_school_days(today, 1, closed)
    if reason is Reason.NO_GUARDIAN:
        return Step(
            "Ask the student who cares for them, and add that adult",
            StepChannel.OFFICE,
            "office",
            add_school_days(today, 2, closed),
        )
    if reason is Reason.NO_LAWFUL_CONTACT:
        return Step(
            "Read the restriction again and find out who may be told",
            StepChannel.OFFICE,
            "principal",
            add_school_days(today, 5, closed),
        )
    if reason is Reason.NOT_ATTEMPTED:
        return Step("Write to this family", StepChannel.WRITE, "office", soon)
    if reason is Reason.NO_TRANSLATION:
        what = (
            "Call with an interpreter and tell it in their own words"
            if not spoken
            else "Call and tell it: reading is not the way here"
        )
        if not ways.phone:
            what = f"{'Visit' if ways.visits <= ways.handovers else 'Meet at school'}, with an interpreter"
        channel = StepChannel.CALL if ways.phone else StepChannel.VISIT
        return Step(_in(what, language), channel, "teacher", soon)
    step = _ladder(ways, language)
    if reason is Reason.WAITING and waiting_until is not None:
        return Step(
            f"Wait for a sign; then {step[0][0].lower()}{step[0][1:]}",
            step[1],
            step[2],
            add_school_days(waiting_until, 0, closed),
        )
    from_ = max(last_tried or today, today)
    return Step(step[0], step[1], step[2], add_school_days(from_, _DAYS[step[1]], closed))


_DAYS = {
    StepChannel.LETTER: 1,
    StepChannel.CALL: 1,
    StepChannel.VISIT: 5,
    StepChannel.HANDOVER: 3,
}


def _ladder(ways: Ways, language: str) -> tuple[str, StepChannel, str]:
    """The first rung that was climbed least often, of those that exist for this family."""
    rungs = [
        (StepChannel.LETTER, ways.letters, ways.address),
        (StepChannel.CALL, ways.calls, ways.phone),
        (StepChannel.VISIT, ways.visits, ways.address),
        (StepChannel.HANDOVER, ways.handovers, True),
    ]
    open_ = [(channel, tried) for channel, tried, possible in rungs if possible]
    least = min(tried for _, tried in open_)
    channel = next(channel for channel, tried in open_ if tried == least)
    first, again, role = _WORDS[channel]
    what = again if least else first
    return (what if channel is StepChannel.LETTER else _in(what, language)), channel, role


def _in(what: str, language: str) -> str:
    return f"{what} ({language})" if language else what


# What it says the first time, what after that, and whose it is.
_WORDS = {
    StepChannel.LETTER: ("Send a letter home", "Send another letter, in other words", "office"),
    StepChannel.CALL: (
        "Call them",
        "Call again at another hour, or let somebody else call",
        "teacher",
    ),
    StepChannel.VISIT: (
        "Ask when a visit would be welcome, and go in a pair",
        "Offer to meet at another place",
        "teacher",
    ),
    StepChannel.HANDOVER: (
        "Ask the student, or somebody the family trusts, to take it home",
        "Ask the student again who at home would welcome a word",
        "teacher",
    ),
}
