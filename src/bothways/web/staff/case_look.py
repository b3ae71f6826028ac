"""What the page of a case shows its reader."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from bothways.accounts.models import User
from bothways.cases import rules
from bothways.cases.enums import Event, Part, Side, Stage, Verdict
from bothways.cases.models import Asking, Case, CaseAlert, CaseEvent, Contribution, Member, Plan
from bothways.cases.queries import (
    Analysis,
    Calendar,
    analyses,
    facts,
    is_own,
    readable,
    reader_for,
)
from bothways.cases.rules import Facts, Turn
from bothways.cases.services.speaking import reads
from bothways.cases.tau import Z90, Z95, attainment
from bothways.languages.services import Reading, read_all_for
from bothways.messaging.models import Alert
from bothways.people.models import Guardian
from bothways.web.case_plots import Drawn, Terms, draw
from bothways.web.staff.case_words import (
    CONSENTS,
    ENDS,
    EVENTS,
    HOWS,
    PARTS,
    READERS,
    SIDES,
    STAGES,
)


@dataclass(frozen=True, slots=True)
class Line:
    """Words of somebody, as this reader may read them."""

    one: Contribution
    reading: Reading | None  # where they are not in the reader's language
    readers: object
    how: object
    own: bool


@dataclass(slots=True)
class Half:
    """One side of “what each side sees”."""

    side: Side
    name: object
    strengths: list[Line] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    asked: Asking | None = None  # the last time, where no word came since

    @property
    def silent(self) -> bool:
        return not self.strengths and not self.lines


@dataclass(frozen=True, slots=True)
class Step:
    stage: Stage
    name: object
    state: str  # done, here, ahead


@dataclass(frozen=True, slots=True)
class Rated:
    member: Member
    level: int
    words: str
    score: float


@dataclass(frozen=True, slots=True)
class MemberLine:
    pk: int
    name: str
    part: str
    user_id: int | None
    part_words: object


@dataclass(frozen=True, slots=True)
class Happened:
    """A dated line, in words."""

    at: datetime
    sentence: object
    words: str
    user: User | None
    guardian: Guardian | None


@dataclass(slots=True)
class Look:
    case: Case
    member: Member
    facts: Facts
    turn: Turn
    missing: Sequence[rules.Missing]
    stages: Sequence[Step]
    halves: Sequence[Half]
    withheld: int
    members: Sequence[MemberLine]
    plan: Plan | None
    ratings: Sequence[Rated]
    drawn: Sequence[Drawn]
    events: Sequence[Happened]
    consent: object
    consent_how: object
    why: object
    told: str
    danger: Sequence[Line]
    is_lead: bool


def tongues(case: Case, links: Sequence[object] = ()) -> list[str]:
    """Languages that the family's members read, besides the one in which the case is written."""
    found = {
        reads(member.guardian)
        for member in case.members.all()
        if member.guardian is not None and member.left_at is None
    }
    return sorted(found - {case.language})


def look(case: Case, member: Member, user: User, today: date, calendar: Calendar) -> Look:
    """The case as this member may see it; ``case`` is loaded."""
    known = facts(case, today, calendar)
    reader = reader_for(member, case)
    all_words = [one for one in case.contributions.all() if one.withdrawn_at is None]
    mine = readable(all_words, member, reader)
    lines = _lines(case, member, mine)
    plans = list(case.plans.all())
    plan = plans[-1] if plans else None
    here = Stage(case.stage)
    return Look(
        case=case,
        member=member,
        facts=known,
        turn=rules.turn(known),
        missing=rules.missing(known),
        stages=[
            Step(
                stage,
                STAGES[stage],
                "here" if stage is here else "done" if stage.number < here.number else "ahead",
            )
            for stage in Stage
        ],
        halves=[half for side in Side if (half := _half(case, side, lines)) is not None],
        withheld=len(all_words) - len(mine),
        members=[
            MemberLine(one.pk, one.name, one.part, one.user_id, PARTS[one.part])
            for one in case.members.all()
            if one.left_at is None
        ],
        plan=plan,
        ratings=_ratings(plan),
        drawn=[_drawn(one) for one in analyses(case, today, calendar)],
        events=[
            _happened(one)
            for one in case.events.select_related("user", "guardian").order_by("-at", "-pk")[:40]
        ],
        consent=CONSENTS[case.consent],
        consent_how=HOWS.get(case.consent_how, ""),
        why=ENDS.get(case.closed_why, ""),
        told=_told(lines),
        danger=[line for line in lines if line.one.danger],
        is_lead=member.part == Part.LEAD.value,
    )


def _told(lines: Sequence[Line]) -> str:
    """Who was told of the words of danger that this reader sees."""
    danger = [line.one for line in lines if line.one.danger]
    if not danger:
        return ""
    mine = CaseAlert.objects.filter(contribution__in=danger).select_related("user")
    texts = Alert.objects.filter(
        entry__in=[one.entry_id for one in danger if one.entry_id]
    ).select_related("user")
    names = [alert.user.name for alert in mine] + [alert.user.name for alert in texts]
    return ", ".join(dict.fromkeys(names))


def _happened(one: CaseEvent) -> Happened:
    sentence: object = EVENTS[one.kind]
    words = one.words
    if one.kind == Event.STAGE.value:
        sentence = f"{STAGES[one.before]} → {STAGES[one.after]}"
    elif one.kind == Event.CONSENT.value:
        sentence, words = CONSENTS[one.after], ""
    elif one.kind == Event.AGREED.value or one.kind == Event.CLOSED.value:
        words = ""
    return Happened(one.at, sentence, words, one.user, one.guardian)


def _lines(case: Case, member: Member, words: Sequence[Contribution]) -> list[Line]:
    reader = (get_language() or "en").split("-")[0]
    names = {case.student.name, case.student.called} | {m.name for m in case.members.all()}
    readings = read_all_for(
        case.district,
        [(one.words, one.language) for one in words],
        reader=reader,
        names={name for name in names if name},
    )
    return [
        Line(
            one,
            reading if reading.language not in ("", reader) else None,
            READERS[one.word_class],
            HOWS[one.how],
            is_own(one, member),
        )
        for one, reading in zip(words, readings, strict=True)
    ]


def _half(case: Case, side: Side, lines: Sequence[Line]) -> Half | None:
    mine = [line for line in lines if Part(line.one.member.part).side is side]
    if side is Side.STUDENT and not mine:
        return None
    half = Half(side, SIDES[side])
    half.strengths = [line for line in mine if line.one.about == "strength"]
    half.lines = [line for line in mine if line.one.about != "strength"]
    if side is Side.HOME:
        waiting = [asking for asking in case.askings.all() if asking.answered_at is None]
        half.asked = waiting[-1] if waiting else None
    return half


def _ratings(plan: Plan | None) -> list[Rated]:
    if plan is None or not plan.levels:
        return []
    return [
        Rated(
            rating.member, rating.level, plan.levels[rating.level + 2], attainment([rating.level])
        )
        for rating in plan.ratings.all()
    ]


def _day(day: date) -> str:
    return date_format(day, "M j")


def _drawn(one: Analysis) -> Drawn:
    terms = Terms(
        sides={side: str(SIDES[side]) for side in Side},
        before=_("Before the plan"),
        with_plan=lambda letter: _("Plan %(n)s") % {"n": rules.plan_number(letter)},
        day=_("Day"),
        off=_("no school"),
        table=_("The same as a table"),
        short_day=_day,
    )
    return draw(one, what=one.measure.what, terms=terms, sentences=sentences(one))


def sentences(one: Analysis) -> list[str]:
    """What the numbers say to staff: a sentence a side and plan, with how sure it is."""
    found = []
    for series in one.series:
        for compared in series.compared:
            values = {
                "side": str(SIDES[series.side]),
                "plan": rules.plan_number(compared.letter),
                "before": f"{compared.before:.1f}" if compared.before is not None else "–",
                "during": f"{compared.during:.1f}" if compared.during is not None else "–",
            }
            if compared.tau is None:
                found.append(
                    _(
                        "%(side)s, plan %(plan)s: too few days to tell. At least three school days are "
                        "needed before the plan and with it."
                    )
                    % values
                )
                continue
            low, high = compared.tau.interval(Z90)
            wide = compared.tau.interval(Z95)
            values |= {
                "tau": f"{compared.tau.value:+.2f}",
                "low": f"{low:+.2f}",
                "high": f"{high:+.2f}",
                "low95": f"{wide[0]:+.2f}",
                "high95": f"{wide[1]:+.2f}",
                "n": str(compared.tau.before),
                "m": str(compared.tau.during),
            }
            said = {
                Verdict.BETTER: _(
                    "%(side)s, plan %(plan)s: better than before; on average %(before)s before, "
                    "%(during)s with it."
                ),
                Verdict.WORSE: _(
                    "%(side)s, plan %(plan)s: less good than before; on average %(before)s before, "
                    "%(during)s with it."
                ),
                Verdict.CANNOT_TELL: _(
                    "%(side)s, plan %(plan)s: we cannot tell yet; on average %(before)s before, "
                    "%(during)s with it, and days like these come about by chance, too."
                ),
            }[compared.verdict]
            found.append(said % values)
            found.append(
                _(
                    "Tau-U %(tau)s (90 %% interval %(low)s to %(high)s; 95 %% %(low95)s to %(high95)s; "
                    "%(n)s days before, %(m)s with it): how much oftener a day with the plan is better "
                    "than a day before it than the other way round."
                )
                % values
            )
            if compared.tau.corrected:
                found.append(
                    _("It was getting better before the plan already: that is taken off here.")
                )
    return found
