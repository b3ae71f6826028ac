"""How far to climb for which purpose: policies as data, read and checked here. Pure.

A policy says what evidence is enough and whose, which ways the machine may try and how long it waits at
each, and which steps people take after that. ``reach`` is the policy for families with whom there is no
contact at all yet, whatever was sent; routine news climbs for nobody by itself: for a family that is in
contact it may go unseen, and one that is not has the climb of ``reach``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bothways.channels.enums import Channel
from bothways.ledger.enums import Level
from bothways.outreach.enums import REACHING_OUT, TaskKind

REACH = "reach"
PURPOSES = ("emergency", "timely", "personal", "routine", REACH)


class UnusablePolicy(ValueError):
    """The policy cannot be used; the text names the place and what belongs there."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What is done for one purpose until there is evidence."""

    purpose: str
    climbs: bool  # False: what was sent first is all
    enough: Level
    waits: Mapping[Channel, timedelta]  # the ways the machine may try, and how long a sign may take
    tries: Mapping[Channel, int]  # how often at most, where more than once
    people: tuple[TaskKind, ...]  # the steps of people, in this order
    days: Mapping[TaskKind, int]  # school days that a person has for a step
    worth: timedelta | None  # so long after the first word it is not worth more; None: for ever
    first: frozenset[Channel] | None  # the ways of the first sending; None: all there are
    every: bool  # the first sending uses every address of a guardian, not the likeliest alone


_DAYS = {"call": 1, "handover": 3, "visit": 5, "go_between": 5, "neutral_place": 5}
_LADDER = ["call", "handover", "visit", "go_between", "neutral_place"]
_MINUTE = 1
_HOUR = 60
_DAY = 24 * _HOUR

# Minutes. A text is read within hours or not at all; a letter travels, lies on a table and comes back.
_DEFAULT: Mapping[str, Mapping[str, Any]] = {
    "emergency": {
        "enough": "seen",
        "waits": {"text": 10, "whatsapp": 10, "push": 10, "email": 10, "voice": 30},
        "tries": {"voice": 3},
        "people": ["call", "handover"],
        "days": {"call": 0, "handover": 0},
        "worth": 6 * _HOUR,
    },
    "timely": {
        "enough": "seen",
        "waits": {"text": 60, "whatsapp": 60, "push": 60, "email": 120, "voice": 120},
        "tries": {"voice": 2},
        "people": [],
        "worth": _DAY,
    },
    "personal": {
        "enough": "seen",
        "waits": {
            "text": _DAY,
            "whatsapp": _DAY,
            "push": _DAY,
            "email": 2 * _DAY,
            "voice": _DAY,
            "letter": 8 * _DAY,
            "handover": 5 * _DAY,
        },
        "tries": {"voice": 2},
        "people": _LADDER,
        "worth": 30 * _DAY,
    },
    "routine": {"climbs": False, "enough": "seen", "waits": {}, "people": []},
    REACH: {
        "enough": "seen",
        "waits": {
            "text": 2 * _DAY,
            "whatsapp": 2 * _DAY,
            "push": _DAY,
            "email": 3 * _DAY,
            "voice": _DAY,
            "letter": 8 * _DAY,
            "handover": 5 * _DAY,
        },
        "tries": {"voice": 2},
        "people": _LADDER,
    },
}
_NOTHING_MORE = {"climbs": False, "enough": "seen", "waits": {}, "people": []}

# Whole sets by name. The two plain ones are what most products do; the simulation holds ours against them.
POLICY_SETS: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "default": _DEFAULT,
    "text_and_email": {
        purpose: {**_NOTHING_MORE, "first": ["text", "email"], "every": True}
        for purpose in PURPOSES
    },
    "text_call_nothing": {
        **{purpose: {**_NOTHING_MORE, "first": ["text"]} for purpose in PURPOSES},
        REACH: {
            "enough": "seen",
            "waits": {"voice": _DAY},
            "people": [],
            "first": ["text"],
        },
    },
}


def read(purpose: str, values: Mapping[str, Any]) -> Policy:
    """A policy from plain values as they are kept; raises UnusablePolicy."""
    known = {"climbs", "enough", "waits", "tries", "people", "days", "worth", "first", "every"}
    if purpose not in PURPOSES:
        raise UnusablePolicy(f"“{purpose}” is no purpose: use one of {', '.join(PURPOSES)}.")
    if not isinstance(values, Mapping) or set(values) - known:
        extra = ", ".join(sorted(set(values) - known)) if isinstance(values, Mapping) else ""
        raise UnusablePolicy(f"The policy for {purpose} has words nobody knows: {extra}.")
    enough = str(values.get("enough", "seen")).upper()
    if enough not in ("DELIVERED", "SEEN", "ANSWERED", "MET"):
        raise UnusablePolicy("“enough” is one of delivered, seen, answered, met.")
    waits = {
        _channel(name): timedelta(minutes=_count(minutes, f"waits.{name}", 60 * _DAY))
        for name, minutes in _table(values, "waits").items()
    }
    people = tuple(_kind(name) for name in _names(values, "people") or ())
    first = _names(values, "first")
    worth = values.get("worth")
    return Policy(
        purpose=purpose,
        climbs=bool(values.get("climbs", True)),
        enough=Level[enough],
        waits=waits,
        tries={
            _channel(name): _count(n, f"tries.{name}", 10)
            for name, n in _table(values, "tries").items()
        },
        people=people,
        days={
            **{TaskKind(name): n for name, n in _DAYS.items()},
            **{
                _kind(name): _count(n, f"days.{name}", 60)
                for name, n in _table(values, "days").items()
            },
        },
        worth=None if worth is None else timedelta(minutes=_count(worth, "worth", 400 * _DAY)),
        first=None if first is None else frozenset(_channel(name) for name in first),
        every=bool(values.get("every", False)),
    )


def bundled(name: str = "default") -> Mapping[str, Policy]:
    """The policies of a set by purpose; KeyError for a set that is none."""
    return {purpose: read(purpose, values) for purpose, values in POLICY_SETS[name].items()}


def _names(values: Mapping[str, Any], name: str) -> list[str] | None:
    found = values.get(name)
    if found is not None and not (
        isinstance(found, list) and all(isinstance(one, str) for one in found)
    ):
        raise UnusablePolicy(f"“{name}” is a list of names.")
    return found


def _table(values: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = values.get(name, {})
    if not isinstance(found, Mapping):
        raise UnusablePolicy(f"“{name}” is a table of names and numbers.")
    return found


def _channel(name: object) -> Channel:
    try:
        return Channel(str(name))
    except ValueError:
        raise UnusablePolicy(
            f"“{name}” is no channel: use one of {', '.join(c.value for c in Channel)}."
        ) from None


def _kind(name: object) -> TaskKind:
    try:
        kind = TaskKind(str(name))
    except ValueError:
        kind = None
    if kind not in REACHING_OUT:
        raise UnusablePolicy(
            f"“{name}” is no step of people: use {', '.join(k.value for k in REACHING_OUT)}."
        )
    return kind


def _count(value: object, where: str, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise UnusablePolicy(f"“{where}” is a whole number from 0 to {most}.")
    return value
