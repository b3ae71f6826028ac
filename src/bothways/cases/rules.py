"""Decisions about cases: who reads which words, what is missing, whose turn it is, which days count. Pure."""

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

from bothways.cases.enums import Consent, Every, Kind, Part, Side, Stage
from bothways.people.enums import WordClass
from bothways.schools.calendar import is_school_day

SILENT_AFTER = 5  # days without an answer, after which other ways are offered
LATE_DAYS = 14  # so far back a day's number can still be given
REVIEW_WEEKS = 6


@dataclass(frozen=True, slots=True)
class Reader:
    """Whoever reads: a part in the case, and whether protected words are open to them."""

    part: Part
    protected: bool = False


def may_read(words: WordClass, reader: Reader, *, own: bool, for_student: bool = False) -> bool:
    """Whether these words are for this reader.

    What one parent said in confidence is not for the other, what the student said not for the family (unless
    the student said so, and then it is of class ``family``). Words of danger are for named staff only, and
    for whoever said or wrote them down.
    """
    if own:
        # A parent who wrote of danger reads their own words; nobody else at home does.
        return True
    if words is WordClass.PROTECTED:
        return reader.part.side is Side.SCHOOL and reader.protected
    if reader.part is Part.STUDENT:
        # The adults' words are theirs; the student reads what is agreed.
        return False
    if words is WordClass.FAMILY:
        return True
    return reader.part.side is Side.SCHOOL


@dataclass(frozen=True, slots=True)
class Facts:
    """How far a case is."""

    stage: Stage
    consent: Consent = Consent.NOT_ASKED
    school_said: bool = False
    home_said: bool = False
    definition: bool = False
    home_agreed: bool = False
    school_agreed: bool = False
    measures: int = 0
    baseline_days: int = 0  # the most of any series
    plan: bool = False  # one that runs
    plan_days: int = 0
    review_due: bool = False
    rated: bool = False
    asked_home: date | None = None  # when home was last asked and has not answered
    today: date = date.min


class Missing(str):
    """What is not there yet, in words; ``hard`` where nobody may go on without it."""

    hard: bool

    def __new__(cls, words: str, *, hard: bool = False) -> "Missing":
        made = super().__new__(cls, words)
        made.hard = hard
        return made


def missing(facts: Facts) -> list[Missing]:
    """What this stage still lacks before the next one."""
    stage = facts.stage
    found: list[Missing] = []
    if facts.consent is not Consent.GIVEN:
        found.append(Missing("The family has not said yet that it wants this.", hard=True))
    if stage is Stage.SEES:
        if not facts.school_said:
            found.append(Missing("The school has not said what it sees.", hard=True))
        if not facts.home_said:
            found.append(Missing("We have not heard yet what home sees."))
    elif stage is Stage.DEFINITION:
        if not facts.definition:
            found.append(Missing("There is no shared description yet.", hard=True))
        if not facts.home_agreed:
            found.append(Missing("Home has not agreed to the words yet."))
        if not facts.school_agreed:
            found.append(Missing("School has not agreed to the words yet."))
    elif stage is Stage.BASELINE:
        if not facts.measures:
            found.append(Missing("Nothing is counted yet.", hard=True))
        if facts.baseline_days < 3:
            found.append(
                Missing("Fewer than three days are counted: later we could not tell what helped.")
            )
    elif stage is Stage.PLAN:
        if not facts.plan:
            found.append(Missing("There is no plan yet.", hard=True))
    elif stage is Stage.TRY:
        if facts.plan_days < 3:
            found.append(Missing("Fewer than three days with the plan are counted."))
    elif stage is Stage.HELPED and not facts.rated:
        found.append(Missing("Nobody has said yet how far the aim was reached."))
    return found


@dataclass(frozen=True, slots=True)
class Turn:
    """Whose turn it is, and what is to be done: one step."""

    side: Side
    what: str
    do: str = ""  # the step's name in addresses; "": wait
    silent: bool = False  # home was asked long ago: other ways are offered


def turn(facts: Facts) -> Turn:
    """The next thing, and who does it."""
    silent = facts.asked_home is not None and (facts.today - facts.asked_home).days >= SILENT_AFTER
    waiting = facts.asked_home is not None
    if facts.consent in (Consent.NOT_ASKED, Consent.ASKED):
        if not facts.school_said:
            return Turn(Side.SCHOOL, "Say what you see, strengths first", "say")
        if not waiting and facts.consent is Consent.NOT_ASKED:
            return Turn(
                Side.SCHOOL, "Ask the family what it sees, and whether it wants this", "ask"
            )
        if facts.home_said:
            return Turn(Side.SCHOOL, "Note whether the family wants to work on this", "consent")
        return Turn(Side.HOME, "Say what home sees, and whether to work on it", "ask", silent)
    if facts.stage is Stage.SEES:
        if not facts.school_said:
            return Turn(Side.SCHOOL, "Say what you see, strengths first", "say")
        if not facts.home_said:
            if not waiting:
                return Turn(Side.SCHOOL, "Ask the family what it sees", "ask")
            return Turn(Side.HOME, "Say what home sees", "ask", silent)
        return Turn(Side.SCHOOL, "Write one description that both can share", "on")
    if facts.stage is Stage.DEFINITION:
        if not facts.definition:
            return Turn(Side.SCHOOL, "Write one description that both can share", "definition")
        if not facts.school_agreed:
            return Turn(Side.SCHOOL, "Say whether the words are right", "definition")
        if not facts.home_agreed:
            return Turn(Side.HOME, "Say whether the words are right", "ask", silent)
        return Turn(Side.SCHOOL, "Go on: count how it is now", "on")
    if facts.stage is Stage.BASELINE:
        if not facts.measures:
            return Turn(Side.SCHOOL, "Choose what is counted", "measure")
        if facts.baseline_days < 3:
            return Turn(Side.SCHOOL, "Count on at least three school days", "data")
        return Turn(Side.SCHOOL, "Go on: make a plan together", "on")
    if facts.stage is Stage.PLAN:
        return (
            Turn(Side.SCHOOL, "Go on: try it", "on")
            if facts.plan
            else Turn(Side.SCHOOL, "Write the plan, home part and school part", "plan")
        )
    if facts.stage is Stage.TRY:
        if facts.review_due:
            return Turn(Side.SCHOOL, "Look together at whether it helped", "on")
        return Turn(Side.SCHOOL, "Keep counting until the day of review", "data")
    if facts.stage is Stage.HELPED:
        return (
            Turn(Side.SCHOOL, "Go on: keep, change or end", "on")
            if facts.rated
            else Turn(Side.SCHOOL, "Say how far the aim was reached", "rate")
        )
    return Turn(Side.SCHOOL, "Decide with the family: keep, change or end", "decide")


def next_stage(stage: Stage) -> Stage | None:
    order = list(Stage)
    return order[stage.number + 1] if stage.number + 1 < len(order) else None


def read_number(text: str, kind: Kind) -> Decimal | None:
    """A number as somebody types it; None where it is none that can be meant.

    >>> read_number("2,5", Kind.COUNT)
    Decimal('2.5')
    >>> read_number("7", Kind.RATING) is None
    True
    """
    folded = text.strip()[:20].replace(",", ".").removesuffix("%").strip().casefold()
    if kind is Kind.YES_NO and folded in ("yes", "no"):
        folded = "1" if folded == "yes" else "0"
    try:
        value = Decimal(folded)
    except InvalidOperation:
        return None
    return value if fits(value, kind) else None


def fits(value: Decimal, kind: Kind) -> bool:
    """Whether this number can be meant: within bounds, and whole where halves make no sense."""
    if not value.is_finite():
        return False
    least, most = kind.bounds
    whole = kind in (Kind.YES_NO, Kind.RATING)
    return least <= value <= most and (not whole or value == value.to_integral_value())


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of days between two lines of the plot; A is before any plan."""

    letter: str
    first: date
    last: date | None  # None: it goes on


def phases(since: date, plans: Iterable[tuple[str, date, date | None]]) -> list[Phase]:
    """A, then each plan (letter, first day, last day) in their order.

    >>> [p.letter for p in phases(date(2026, 9, 1), [("B", date(2026, 9, 21), None)])]
    ['A', 'B']
    """
    ordered = sorted(plans, key=lambda plan: plan[1])
    if not ordered:
        return [Phase("A", since, None)]
    found = []
    if ordered[0][1] > since:
        found.append(Phase("A", since, ordered[0][1] - timedelta(days=1)))
    return found + [Phase(letter, first, last) for letter, first, last in ordered]


def plan_number(letter: str) -> int:
    """What people call a plan: A is the time before any, so B is plan 1.

    >>> plan_number("B")
    1
    """
    return ord(letter) - ord("A")


def in_phase(day: date, phase: Phase) -> bool:
    return phase.first <= day and (phase.last is None or day <= phase.last)


def counted(points: Iterable[tuple[date, float]], phase: Phase, closed: Set[date]) -> list[float]:
    """The numbers of this phase's school days in their order: days off are kept, and not counted."""
    return [
        value
        for day, value in sorted(points)
        if in_phase(day, phase) and is_school_day(day, closed)
    ]


def due_today(every: Every, day: date, closed: Set[date]) -> bool:
    """Whether home is asked on this day: each school day, or the last school day of its week."""
    if every is Every.NEVER or not is_school_day(day, closed):
        return False
    if every is Every.DAY:
        return True
    rest = [day + timedelta(days=n) for n in range(1, 5 - day.weekday())]
    return not any(is_school_day(later, closed) for later in rest)


def school_days(first: date, last: date, closed: Set[date]) -> list[date]:
    return [
        day
        for n in range(max(0, (last - first).days + 1))
        if is_school_day(day := first + timedelta(days=n), closed)
    ]


def on_time(works: Sequence[str]) -> Decimal | None:
    """Of the work that was due on one day, the percentage handed in by then; None where none was due.

    ``done`` is in time; ``late`` and ``missing`` are not; what is open or exempt does not count.

    >>> on_time(["done", "late", "missing", "done", "exempt"])
    Decimal('50.00')
    """
    due = [work for work in works if work in ("done", "late", "missing")]
    if not due:
        return None
    return (Decimal(100) * due.count("done") / len(due)).quantize(Decimal("0.01"))
