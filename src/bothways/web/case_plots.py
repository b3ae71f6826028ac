"""The plots of a case as pages draw them: for staff in their language, for a family in its own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from bothways.cases.enums import Side
from bothways.cases.plot import Plot, plot
from bothways.cases.queries import Analysis, Dot


@dataclass(frozen=True, slots=True)
class Cell:
    value: str
    off: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A day of the table that says the same as the drawing."""

    day_words: str
    letter: str
    cells: Sequence[Cell | None]  # as the sides stand above


@dataclass(frozen=True, slots=True)
class Drawn:
    """One measure, drawn and as a table."""

    key: str
    title: str
    what: str
    plot: Plot | None
    sides: Sequence[tuple[str, str]]  # (side, its name)
    rows: Sequence[Row]
    sentences: Sequence[str]
    bands: Sequence[tuple[Any, str]]  # (band, what it is called)
    days: Sequence[tuple[Any, str]]  # (tick, the day in words)
    day_name: str
    off_name: str
    table_name: str
    analysis: Analysis


@dataclass(frozen=True, slots=True)
class Terms:
    """The words around a drawing, in the reader's language."""

    sides: dict[Side, str]
    before: str
    with_plan: Callable[[str], str]
    day: str
    off: str
    table: str
    short_day: Callable[[date], str]


def draw(
    one: Analysis, *, what: str, terms: Terms, sentences: Sequence[str], rtl: bool = False
) -> Drawn:
    series = [
        (side.side, [(dot.day, dot.value, dot.off) for dot in side.dots]) for side in one.series
    ]
    drawn = plot(one.kind, one.phases, series, rtl=rtl)
    known = [side for side in one.series if side.dots]
    return Drawn(
        key=f"m{one.measure.pk}",
        title=what,
        what=what,
        plot=drawn,
        sides=[(side.side.value, terms.sides[side.side]) for side in known],
        rows=_rows(one, [side.dots for side in known], terms.short_day),
        sentences=sentences,
        bands=[
            (band, terms.before if band.letter == "A" else terms.with_plan(band.letter))
            for band in (drawn.bands if drawn else ())
        ],
        days=[(tick, terms.short_day(tick.day)) for tick in (drawn.days if drawn else ())],
        day_name=terms.day,
        off_name=terms.off,
        table_name=terms.table,
        analysis=one,
    )


def _rows(
    one: Analysis, columns: Sequence[Sequence[Dot]], in_words: Callable[[date], str]
) -> list[Row]:
    by_day: dict[date, list[Cell | None]] = {}
    for number, dots in enumerate(columns):
        for dot in dots:
            cells = by_day.setdefault(dot.day, [None] * len(columns))
            cells[number] = Cell(f"{dot.value:g}", dot.off)
    found = []
    for day in sorted(by_day):
        letter = next(
            (
                phase.letter
                for phase in one.phases
                if phase.first <= day and (phase.last is None or day <= phase.last)
            ),
            "",
        )
        found.append(Row(in_words(day), letter, by_day[day]))
    return found
