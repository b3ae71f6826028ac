"""Dates as student information systems write them. 3/4/2023 is decided for a whole table at once."""

import re
from collections.abc import Callable, Iterable
from datetime import date
from typing import Literal

Order = Literal["mdy", "dmy"]

_YEAR_FIRST = re.compile(r"(\d{4})([-/.]?)(\d{1,2})\2(\d{1,2})(?:[T ].*)?")
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?:[T ].*)?")
_NAMED = re.compile(r"(?:([a-z]{3,9})\.? (\d{1,2})|(\d{1,2})[ \-]([a-z]{3,9}))\.?,?[ \-](\d{4})")
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
# Regions whose own short form puts the month first (Unicode CLDR).
_MONTH_FIRST = {"US", "PR", "GU", "VI", "AS", "MP", "PW", "FM", "MH", "PH", "BZ"}


class Dates:
    """Reads the dates of one table.

    ``column`` gives the raw values of all date columns; it is asked once, and only if a value such
    as 3/4/2023 comes by. One day beyond 12 anywhere in the table settles the order for all of it;
    without any, the region's habit does, and ``told`` is called once.
    """

    def __init__(
        self, column: Callable[[], Iterable[str]], region: str, told: Callable[[str], None]
    ) -> None:
        self._column, self._told = column, told
        self._habit: Order = "mdy" if region.upper() in _MONTH_FIRST else "dmy"
        self._order: Order | None = None
        self._known: dict[str, date | None] = {}

    def read(self, text: str) -> date | None:
        """The date, or None if it is none."""
        try:
            return self._known[text]
        except KeyError:
            found = self._known[text] = self._read(text.strip())
            return found

    def _read(self, text: str) -> date | None:
        if match := _YEAR_FIRST.fullmatch(text):
            return _date(int(match[1]), int(match[3]), int(match[4]))
        if match := _YEAR_LAST.fullmatch(text):
            first, second, year = int(match[1]), int(match[3]), _year(match[4])
            if first > 12 or (match[2] == "." and second <= 12):
                return _date(year, second, first)  # only a day can be beyond 12; dots mean d.m.y
            if second > 12 or self._settled() == "mdy":
                return _date(year, first, second)
            return _date(year, second, first)
        if match := _NAMED.fullmatch(text.casefold()):
            name, day = (match[1], match[2]) if match[1] else (match[4], match[3])
            if name[:3] in _MONTHS:
                return _date(int(match[5]), _MONTHS.index(name[:3]) + 1, int(day))
        return None

    def _settled(self) -> Order:
        if self._order is None:
            self._order = self._settle()
        return self._order

    def _settle(self) -> Order:
        day_first = month_first = unclear = False
        for text in self._column():
            match = _YEAR_LAST.fullmatch(text.strip())
            if match and match[2] != ".":
                first, second = int(match[1]), int(match[3])
                day_first = day_first or first > 12 >= second
                month_first = month_first or second > 12 >= first
                unclear = unclear or (first != second and first <= 12 and second <= 12)
        if day_first != month_first:
            return "dmy" if day_first else "mdy"
        if unclear:
            habit = "month first" if self._habit == "mdy" else "day first"
            mixed = "are written in two orders" if day_first else "can be read in two ways"
            self._told(f"dates in this file {mixed}; 3/4 was read with the {habit}")
        return self._habit


def _year(text: str) -> int:
    if len(text) == 4:
        return int(text)
    return int(text) + (2000 if int(text) < 50 else 1900)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        found = date(year, month, day)
    except ValueError:
        return None
    return found if 1900 <= year < 2200 else None
