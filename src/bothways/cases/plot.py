"""Where things stand in the plot of a case: days along, numbers up, a line where each plan begins. Pure.

Coordinates are of a drawing 400 wide and 240 high, the origin at the top left. Right to left the days run
from the right, as the words do.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from bothways.cases.enums import Kind, Side
from bothways.cases.rules import Phase

WIDTH, HEIGHT = 400.0, 240.0
LEFT, RIGHT, TOP, BOTTOM = 34.0, 10.0, 26.0, 30.0
MARK = 4.2  # half the width of a mark


@dataclass(frozen=True, slots=True)
class Mark:
    x: float
    y: float
    off: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One side's marks, and the lines between them: broken where a phase begins."""

    side: Side
    marks: Sequence[Mark]
    paths: Sequence[str]  # "x,y x,y …"


@dataclass(frozen=True, slots=True)
class Band:
    """A phase: where it begins and where its name stands."""

    letter: str
    x: float  # the line before it; of the first none is drawn
    middle: float
    first: bool


@dataclass(frozen=True, slots=True)
class Tick:
    at: float
    words: str


@dataclass(frozen=True, slots=True)
class DayTick:
    at: float
    day: date
    anchor: str


@dataclass(frozen=True, slots=True)
class Plot:
    lines: Sequence[Line]
    bands: Sequence[Band]
    ticks: Sequence[Tick]
    days: Sequence[DayTick]
    rtl: bool
    axis: float  # x of the axis
    edge: float  # x of the other side
    floor: float  # y of zero
    first: date
    last: date

    @property
    def label(self) -> float:
        """Where the numbers of the axis stand."""
        return self.axis + 5 if self.rtl else self.axis - 5


def top_of(kind: Kind, values: Sequence[float]) -> float:
    """The greatest number of the axis: a round one above all values.

    >>> top_of(Kind.COUNT, [3, 7]), top_of(Kind.PERCENT, [20]), top_of(Kind.COUNT, [])
    (8.0, 100.0, 4.0)
    """
    if kind in (Kind.PERCENT, Kind.RATING, Kind.YES_NO):
        return float(kind.bounds[1])
    most = max([*values, 1.0])
    step = next(s for s in (1, 2, 5, 10, 20, 50, 100) if s * 4 >= most)
    return float(step * 4)


def plot(
    kind: Kind,
    phases: Sequence[Phase],
    series: Sequence[tuple[Side, Sequence[tuple[date, float, bool]]]],
    *,
    rtl: bool = False,
) -> Plot | None:
    """The drawing of one measure: per side its (day, number, day off); None where there is no number."""
    days = [day for _side, dots in series for day, _value, _off in dots]
    if not days:
        return None
    first, last = min(days), max(days)
    shown = [phase for phase in phases if phase.first <= last]
    span = max((last - first).days, 1)
    low = float(kind.bounds[0]) if kind is Kind.RATING else 0.0
    high = top_of(kind, [value for _side, dots in series for _day, value, _off in dots])

    def x(number: float) -> float:
        share = number / span
        along = LEFT + 8 + share * (WIDTH - LEFT - RIGHT - 16)
        return round(WIDTH - along if rtl else along, 1)

    def y(value: float) -> float:
        return round(HEIGHT - BOTTOM - (value - low) / (high - low) * (HEIGHT - TOP - BOTTOM), 1)

    def at(day: date) -> float:
        return x((day - first).days)

    def edge(phase: Phase) -> float:
        return x(max((phase.first - first).days - 0.5, -0.5))

    bands = []
    for number, phase in enumerate(shown):
        start = edge(phase)
        end = edge(shown[number + 1]) if number + 1 < len(shown) else x(span + 0.5)
        bands.append(Band(phase.letter, start, round((start + end) / 2, 1), number == 0))
    lines = []
    for side, dots in series:
        if not dots:
            continue
        ordered = sorted(dots)
        marks = [Mark(at(day), y(value), off) for day, value, off in ordered]
        paths = []
        for phase in shown:
            inside = [
                f"{at(day)},{y(value)}"
                for day, value, off in ordered
                if not off and phase.first <= day and (phase.last is None or day <= phase.last)
            ]
            if len(inside) > 1:
                paths.append(" ".join(inside))
        lines.append(Line(side, marks, paths))
    steps = _steps(kind, low, high)
    axis = WIDTH - LEFT if rtl else LEFT
    return Plot(
        lines=lines,
        bands=bands,
        ticks=[Tick(y(value), f"{value:g}") for value in steps],
        days=_days(first, last, at),
        rtl=rtl,
        axis=axis,
        edge=RIGHT if rtl else WIDTH - RIGHT,
        floor=y(low),
        first=first,
        last=last,
    )


def _steps(kind: Kind, low: float, high: float) -> list[float]:
    if kind is Kind.YES_NO:
        return [0.0, 1.0]
    if kind is Kind.RATING:
        return [float(n) for n in range(int(low), int(high) + 1)]
    return [high * n / 4 for n in range(5)]


def _days(first: date, last: date, at: Callable[[date], float]) -> list[DayTick]:
    if first == last:
        return [DayTick(at(first), first, "middle")]
    # SVG's “start” follows the writing direction.
    return [DayTick(at(first), first, "start"), DayTick(at(last), last, "end")]
