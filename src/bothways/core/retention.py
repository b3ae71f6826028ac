"""What is kept how long: rules as data, declared by each part of the product for its own tables.

A part of the product puts ``RULES`` into its module ``retention``. The rules are carried out at night by
``bothways.upkeep``; a rule says what becomes too old, and what that night must leave alone all the same.
"""

import importlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from zoneinfo import ZoneInfo

LONGEST = 100 * 365


class Effect(StrEnum):
    DELETE = "delete"
    EMPTY = "empty"  # the row stays and is counted; its words or addresses go


@dataclass(frozen=True, slots=True)
class TableRule:
    """What happens to rows of one table after so many days.

    ``rows`` is the table with its alias ``r``, and what is joined to it; ``where`` may use
    ``%(before)s`` (older than this moment), ``%(period)s`` (start of the current period of reach) and
    ``%(district)s`` (null for rules of the whole installation). ``act`` are statements on ``%(ids)s``,
    done in one short transaction for each batch.
    """

    name: str
    what: str
    days: int | None  # None: kept until a person sets something else
    effect: Effect
    rows: str
    where: str
    act: tuple[str, ...]
    least: int = 1  # fewest days that may be set
    by_district: bool = True
    real_time: bool = False  # security expiries never follow simulated time
    key: str = "id"
    text_key: bool = False  # the key is text, not a number

    @property
    def find(self) -> str:
        """Up to ``%(batch)s`` keys above ``%(after)s`` in their order, without rows that are in use."""
        return (
            f"SELECT r.{self.key} FROM {self.rows} WHERE ({self.where}) AND r.{self.key} > %(after)s"  # noqa: S608
            f" ORDER BY r.{self.key} LIMIT %(batch)s FOR UPDATE OF r SKIP LOCKED"
        )


@dataclass(frozen=True, slots=True)
class FolderRule:
    """Files in a folder of the installation go after so many days; always in real time.

    ``folder`` gives the folder for a home. ``keep`` says of one entry that it stays.
    """

    name: str
    what: str
    days: int | None
    folder: Callable[[Path], Path]
    patterns: tuple[str, ...] = ("*",)
    keep: Callable[[Path], bool] = lambda path: False
    # Logs that are being written: each night they are cut, and what they said becomes a file of its own.
    turn: bool = False
    least: int = 1
    effect: Effect = Effect.DELETE
    by_district: bool = False
    real_time: bool = True


Rule = TableRule | FolderRule


def before(days: int, *, now: datetime, zone: ZoneInfo) -> datetime:
    """What is older than this moment is too old: the first midnight of the day ``days`` days ago.

    A thing is thus kept for the day on which it happened and ``days`` whole days after it, whatever the
    hour at which we look, and goes in the night after.
    """
    day: date = now.astimezone(zone).date() - timedelta(days=days)
    return datetime.combine(day, time.min, zone)


def gather(packages: Iterable[str]) -> tuple[Rule, ...]:
    """The rules of these packages, in their order; ValueError where two have one name."""
    rules: list[Rule] = []
    for package in packages:
        if find_spec(f"{package}.retention") is None:
            continue
        rules += importlib.import_module(f"{package}.retention").RULES
    names = [rule.name for rule in rules]
    if twice := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"two rules are called {', '.join(sorted(twice))}")
    return tuple(rules)
