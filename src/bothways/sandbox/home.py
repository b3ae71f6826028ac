"""Staff who ring, knock, or bring something: what the town makes of it, at once."""

from dataclasses import dataclass
from typing import Any, Final

from bothways.sandbox.town import Town

WAYS: Final = ("call", "visit", "handover")
# What is shown by an outcome: words by phone, a meeting, something in a hand. The others show nothing.
PROOF: Final = {"person": "answered", "met": "met", "arrives": "delivered"}


class TriesError(ValueError):
    """The list cannot be used; the text names the entry."""


@dataclass(frozen=True, slots=True)
class Try:
    """One person of the staff goes to one family."""

    how: str  # one of WAYS
    to: str  # the number, or the postal address; empty where something is handed over
    who: str | None  # the guardian's roster id
    ref: str  # the task's id
    purpose: str
    body: str


def outcome_of(town: Town, one: Try, *, column: str | None, nth: int) -> str:
    """``person``, ``none``, ``wrong``; ``met``, ``none``, ``moved``; ``arrives``, ``missed``.

    ``column``: of the roster, where the number is known; ``nth``: how many times before.
    """
    if one.how == "call":
        return town.call_fate(to=one.to, who=one.who, column=column, nth=nth)
    if one.how == "visit":
        return town.visit_fate(to=one.to, who=one.who, nth=nth)
    return "arrives" if town.handover_arrives(who=one.who or one.to, nth=nth) else "missed"


def read_tries(raw: object) -> list[Try]:
    """The list of a control call, or TriesError."""
    if not isinstance(raw, list):
        raise TriesError("The tries must be a JSON list.")
    return [_try(number, one) for number, one in enumerate(raw, 1)]


def _try(number: int, raw: Any) -> Try:
    if not isinstance(raw, dict):
        raise TriesError(f"Try {number} must be a JSON object.")
    given = {name: raw.get(name, "") for name in ("how", "to", "ref", "purpose", "body")}
    who = raw.get("who")
    if not all(isinstance(value, str) for value in given.values()):
        raise TriesError(f"Try {number}: how, to, ref, purpose and body must be texts.")
    if who is not None and not isinstance(who, str):
        raise TriesError(f"Try {number}: who must be a guardian's roster id, or null.")
    if given["how"] not in WAYS:
        raise TriesError(f"Try {number}: how must be one of {', '.join(WAYS)}.")
    if not given["ref"]:
        raise TriesError(f"Try {number} has no ref (the task's id).")
    if not (given["to"].strip() if given["how"] != "handover" else given["to"].strip() or who):
        raise TriesError(f"Try {number} says neither where nor to whom.")
    return Try(who=who or None, **given)
