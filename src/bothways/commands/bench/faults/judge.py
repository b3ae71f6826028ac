"""Held against what reached people: what was lost, what came twice, what waits for a person."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# What the product says of a delivery that went out.
OUT = frozenset({"accepted", "delivered", "seen", "answered"})
ARRIVED = frozenset({"delivered", "seen", "answered"})
UNSETTLED = frozenset({"queued", "claimed"})
FAILED = frozenset({"undelivered", "landline", "blocked", "invalid"})


@dataclass(frozen=True, slots=True)
class Verdict:
    """Counts of deliveries; ``why`` tells the lost ones by what is wrong with them."""

    deliveries: int
    lost: int
    twice: int  # lines of contacts.jsonl beyond the first of each delivery
    held: int  # a person is asked
    undelivered: int
    withheld: int
    why: Mapping[str, int]


def judge(states: Mapping[str, str], contacts: Mapping[str, Sequence[str]]) -> Verdict:
    """``states``: key → the product's state; ``contacts``: key → outcomes, one for each time it went out.

    Lost is what is neither settled nor explained: still open; said to be out and never seen by the carrier;
    or with a report of the carrier that the product does not know.
    """
    why: dict[str, int] = {}
    for key, state in states.items():
        wrong = _wrong(state, contacts.get(key, ()))
        if wrong:
            why[wrong] = why.get(wrong, 0) + 1
    counts = {name: sum(s == name for s in states.values()) for name in _EXPLAINED}
    return Verdict(
        deliveries=len(states),
        lost=sum(why.values()),
        twice=sum(max(0, len(contacts.get(key, ())) - 1) for key in states),
        why=why,
        **counts,
    )


_EXPLAINED = ("held", "undelivered", "withheld")


def _wrong(state: str, outcomes: Sequence[str]) -> str:
    """Why a delivery in this state with these outcomes at the carrier counts as lost; "" if it does not."""
    if state in UNSETTLED:
        return "still open"
    if not outcomes:
        return "never went out" if state in OUT else ""
    if state == "held":
        return ""
    if "delivered" in outcomes:
        return "" if state in ARRIVED else "report lost"
    if FAILED & set(outcomes) and state == "accepted":
        return "report lost"
    return ""


def read_contacts(path: Path) -> dict[str, list[str]]:
    """Key → outcomes, from ``contacts.jsonl``; a line that is being written is passed over."""
    found: dict[str, list[str]] = {}
    for line in _lines(path):
        if line["ref"]:
            found.setdefault(str(line["ref"]), []).append(str(line["outcome"]))
    return found


def _lines(path: Path) -> Iterable[dict[str, object]]:
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return
    for line in raw.split(b"\n"):
        try:
            yield json.loads(line)
        except ValueError:
            continue
