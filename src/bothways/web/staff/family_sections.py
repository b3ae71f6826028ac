"""Parts of a family's page that other rooms bring: one line a part, in the order in which they stand."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from bothways.accounts.models import User
from bothways.web.staff import (
    barriers,
    cases_today,
    feedback_family,
    goals,
    talks,
    welcome_told,
)
from bothways.web.staff.family import Family


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page: its template, which reads ``section``, and what fills it.

    ``values`` takes a fixed number of queries, and gives None where this user sees nothing of it.
    """

    template: str
    values: Callable[[User, Family], dict[str, Any] | None]
    aside: bool = False


@dataclass(frozen=True, slots=True)
class Filled:
    template: str
    values: dict[str, Any]


SECTIONS: Final[tuple[Section, ...]] = (
    Section("staff/welcome/told.html", welcome_told.section),
    Section("staff/barriers/family.html", barriers.section),
    Section("staff/goals/section.html", goals.section),
    Section("staff/feedback/section.html", feedback_family.section, aside=True),
    Section("staff/talks/section.html", talks.section, aside=True),
    Section("staff/cases/section.html", cases_today.family_section),
)


def sections(user: User, family: Family) -> dict[str, list[Filled]]:
    """``parts`` for the column in the middle, ``parts_aside`` for the one beside it."""
    found: dict[str, list[Filled]] = {"parts": [], "parts_aside": []}
    for section in SECTIONS:
        values = section.values(user, family)
        if values is not None:
            place = "parts_aside" if section.aside else "parts"
            found[place].append(Filled(section.template, values))
    return found
