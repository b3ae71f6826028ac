"""Cases as their members may see them: membership decides, never a role alone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import Exists, F, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from bothways.accounts.enums import Permission, Role
from bothways.accounts.models import Membership, User
from bothways.cases import rules, tau
from bothways.cases.enums import Better, Consent, Event, Kind, Part, Side, Stage, Verdict
from bothways.cases.models import (
    Asking,
    Case,
    CaseAlert,
    CaseEvent,
    Contribution,
    Measure,
    MeasurePoint,
    Member,
    Plan,
)
from bothways.cases.rules import Facts, Phase, Reader
from bothways.consent.queries import standing
from bothways.people.enums import WordClass
from bothways.people.models import Guardian, Link
from bothways.schools.calendar import is_school_day
from bothways.schools.models import ClosedDay, District

_FROM_HOME = (Event.CONSENT.value, Event.AGREED.value)


def _works_there() -> Exists:
    """The member still holds a role at the student's school, or one without a school."""
    return Exists(
        Membership.objects.filter(
            Q(school=None) | Q(school=OuterRef("case__student__school")),
            user=OuterRef("user"),
            user__is_active=True,
            ended_at=None,
        )
    )


def staff_members() -> QuerySet[Member]:
    """Members on the school's side who are still here: whoever left the school reads nothing more."""
    return Member.objects.filter(
        _works_there(),
        user__isnull=False,
        left_at=None,
        case__student__ended_at=None,
        case__district_id=F("user__district_id"),
    )


def cases_for(user: User) -> QuerySet[Case]:
    """The cases of which this person is a member: no role opens another one."""
    mine = staff_members().filter(user=user).values("case_id")
    return Case.objects.filter(pk__in=mine).select_related("student__school", "district")


def news_from_home(user: User) -> QuerySet[Case]:
    """Open cases in which home wrote or agreed to something since this person last looked; one query."""
    since = Coalesce(OuterRef("seen_at"), OuterRef("joined_at"))
    theirs = Q(user=None, guardian__isnull=False)
    happened = CaseEvent.objects.filter(
        theirs, case=OuterRef("case"), kind__in=_FROM_HOME, at__gt=since
    )
    told = Contribution.objects.filter(
        case=OuterRef("case"),
        member__part__in=[Part.FAMILY.value, Part.STUDENT.value],
        noted_by=None,
        danger=False,  # who reads those was told at once
        withdrawn_at=None,
        at__gt=since,
    )
    mine = staff_members().filter(Exists(happened) | Exists(told), user=user, case__closed_at=None)
    return (
        Case.objects.filter(pk__in=mine.values("case_id"))
        .select_related("student")
        .order_by("opened_at", "pk")
    )


def member_of(case: Case, user: User) -> Member | None:
    return staff_members().filter(case=case, user=user).select_related("user").first()


def family_cases(guardian: Guardian, at: datetime) -> QuerySet[Case]:
    """Cases to which this adult was invited, and for whose child they may hear of records today."""
    children = standing(district=guardian.district, at=at, records=True).filter(guardian=guardian)
    return Case.objects.filter(
        student__in=children.values("student_id"),
        pk__in=Member.objects.filter(guardian=guardian, left_at=None).values("case_id"),
    ).select_related("student__school", "district")


def family_links(case: Case, at: datetime) -> list[Link]:
    """Standing of the family's members for this child at this moment."""
    return list(
        standing(district=case.district, at=at, records=True)
        .filter(
            student=case.student_id,
            guardian__in=case.members.filter(part=Part.FAMILY.value, left_at=None).values(
                "guardian_id"
            ),
        )
        .select_related("guardian", "student")
        .order_by("guardian_id")
    )


def may_be_invited(case: Case, at: datetime) -> list[Guardian]:
    """Adults with standing for this child who are no members: nobody else can be asked in."""
    links = (
        standing(district=case.district, at=at, records=True)
        .filter(student=case.student_id)
        .exclude(
            guardian__in=case.members.filter(guardian__isnull=False, left_at=None).values(
                "guardian_id"
            )
        )
        .select_related("guardian")
        .order_by("guardian_id")
    )
    return [link.guardian for link in links]


def colleagues(case: Case) -> QuerySet[User]:
    """Who may become a member on the school's side: a role at the school, or one without a school."""
    held = Membership.objects.filter(
        Q(school=None) | Q(school=case.student.school_id), district=case.district_id, ended_at=None
    )
    return (
        User.objects.filter(pk__in=held.values("user_id"), is_active=True)
        .exclude(pk__in=case.members.filter(user__isnull=False, left_at=None).values("user_id"))
        .order_by("family", "given", "pk")
    )


def without_lead(user: User) -> QuerySet[Case]:
    """Open cases at this principal's schools whose lead is no longer here. No words, no name of a child."""
    schools = [
        m.school_id
        for m in user.memberships.filter(role=Role.PRINCIPAL.value, ended_at=None)
        if m.school_id is not None
    ]
    if not user.is_active or not schools:
        return Case.objects.none()
    leads = staff_members().filter(case=OuterRef("pk"), part=Part.LEAD.value)
    return Case.objects.filter(
        ~Exists(leads), district=user.district_id, closed_at=None, student__school__in=schools
    ).order_by("opened_at", "pk")


def reader_for(member: Member, case: Case) -> Reader:
    protected = member.user is not None and member.user.may(
        Permission.PROTECTED_READ, {case.student.school_id}
    )
    return Reader(Part(member.part), protected)


def is_own(words: Contribution, member: Member) -> bool:
    """The member said it, or wrote down what another said."""
    return words.member_id == member.pk or (
        member.user_id is not None and words.noted_by_id == member.user_id
    )


def readable(
    contributions: Iterable[Contribution], member: Member, reader: Reader
) -> list[Contribution]:
    return [
        one
        for one in contributions
        if one.withdrawn_at is None
        and rules.may_read(WordClass(one.word_class), reader, own=is_own(one, member))
    ]


def loaded(cases: QuerySet[Case]) -> QuerySet[Case]:
    """With all that ``facts`` and ``analyses`` read, in a fixed number of queries."""
    return cases.prefetch_related(
        Prefetch(
            "members", Member.objects.select_related("user", "guardian", "student").order_by("pk")
        ),
        Prefetch(
            "contributions",
            Contribution.objects.select_related(
                "member__user", "member__guardian", "member__student", "noted_by"
            ).order_by("at", "pk"),
        ),
        Prefetch("askings", Asking.objects.select_related("guardian").order_by("at", "pk")),
        Prefetch("plans", Plan.objects.prefetch_related("ratings__member").order_by("number")),
        Prefetch(
            "measures",
            Measure.objects.prefetch_related(
                Prefetch("points", MeasurePoint.objects.order_by("day", "side"))
            ).order_by("pk"),
        ),
    )


def loaded_for_turns(cases: QuerySet[Case], user: User) -> QuerySet[Case]:
    """With what a list shows: whose turn it is, and whether something is new to this member.

    Numbers are read only where ``rules.turn`` asks how many there are: ``rules.missing`` needs ``loaded``.
    ``newest``: when something last happened.
    """
    happened = CaseEvent.objects.filter(case=OuterRef("pk")).order_by("-at").values("at")[:1]
    counts = MeasurePoint.objects.filter(measure__case__stage=Stage.BASELINE.value)
    return cases.annotate(newest=Coalesce(Subquery(happened), F("opened_at"))).prefetch_related(
        Prefetch("members", Member.objects.filter(user=user).order_by("pk")),
        Prefetch(
            "contributions",
            Contribution.objects.filter(withdrawn_at=None)
            .select_related("member")
            .only("case_id", "withdrawn_at", "member__part"),
        ),
        Prefetch("askings", Asking.objects.filter(answered_at=None)),
        Prefetch("plans", Plan.objects.prefetch_related("ratings").order_by("number")),
        Prefetch("measures", Measure.objects.prefetch_related(Prefetch("points", counts))),
    )


@dataclass(frozen=True, slots=True)
class Calendar:
    """Days without school of a district, by school; 0 is everybody's."""

    closed: Mapping[int, frozenset[date]]

    def of(self, school: int | None) -> frozenset[date]:
        return self.closed.get(0, frozenset()) | self.closed.get(school or 0, frozenset())


def calendar_of(district: District) -> Calendar:
    found: dict[int, set[date]] = {}
    for school, day in ClosedDay.objects.filter(district=district).values_list("school_id", "day"):
        found.setdefault(school or 0, set()).add(day)
    return Calendar({school: frozenset(days) for school, days in found.items()})


def asked_and_silent(case: Case) -> date | None:
    """When home was last asked and no word came since."""
    waiting = [asking.at for asking in case.askings.all() if asking.answered_at is None]
    return min(waiting).astimezone(case.district.zone).date() if waiting else None


def facts(case: Case, today: date, calendar: Calendar) -> Facts:
    """How far a case is; of a case that was ``loaded`` (or ``loaded_for_turns``) without another query."""
    words = [one for one in case.contributions.all() if one.withdrawn_at is None]
    plans = list(case.plans.all())
    running = next((plan for plan in plans if plan.ended_on is None), None)
    latest = running or (plans[-1] if plans else None)
    seen = analyses(case, today, calendar, compare=False)
    baseline = max(
        (
            series.days(phase)
            for one in seen
            for series in one.series
            for phase in one.phases
            if phase.letter == "A"
        ),
        default=0,
    )
    during = max(
        (
            series.days(phase)
            for one in seen
            for series in one.series
            for phase in one.phases
            if latest is not None and phase.letter == latest.letter
        ),
        default=0,
    )
    return Facts(
        stage=Stage(case.stage),
        consent=Consent(case.consent),
        school_said=any(Part(one.member.part).side is Side.SCHOOL for one in words),
        home_said=any(Part(one.member.part).side is Side.HOME for one in words),
        definition=bool(case.definition),
        home_agreed=case.home_agreed_at is not None,
        school_agreed=case.school_agreed_at is not None,
        measures=len(seen),
        baseline_days=baseline,
        plan=running is not None,
        plan_days=during,
        review_due=running is None or running.review_on <= today,
        rated=latest is not None and bool(latest.ratings.all()),
        asked_home=asked_and_silent(case),
        today=today,
    )


@dataclass(frozen=True, slots=True)
class Dot:
    day: date
    value: float
    off: bool  # a day without school: kept, and not counted
    point: int  # its id


@dataclass(frozen=True, slots=True)
class Compared:
    """The days of one plan against the days before any."""

    letter: str
    verdict: Verdict
    tau: tau.Tau | None  # None where there are too few days
    before: float | None  # the mean of the days
    during: float | None


@dataclass(frozen=True, slots=True)
class Series:
    side: Side
    dots: Sequence[Dot]
    compared: Sequence[Compared] = ()

    def values(self, phase: Phase) -> list[float]:
        return [d.value for d in self.dots if not d.off and rules.in_phase(d.day, phase)]

    def days(self, phase: Phase) -> int:
        return len(self.values(phase))


@dataclass(frozen=True, slots=True)
class Analysis:
    """One measure with its phases, its two series, and what they say."""

    measure: Measure
    kind: Kind
    better: Better
    phases: Sequence[Phase]
    series: Sequence[Series] = field(default_factory=tuple)

    @property
    def empty(self) -> bool:
        return not any(series.dots for series in self.series)

    @property
    def verdict(self) -> Verdict:
        """Of the last plan, over both sides: one that is sure counts, two that differ cannot tell."""
        last = [series.compared[-1].verdict for series in self.series if series.compared]
        sure = {v for v in last if v in (Verdict.BETTER, Verdict.WORSE)}
        if len(sure) == 1:
            return sure.pop()
        if sure or Verdict.CANNOT_TELL in last:
            return Verdict.CANNOT_TELL
        return Verdict.TOO_FEW


def analyses(
    case: Case, today: date, calendar: Calendar, *, compare: bool = True
) -> list[Analysis]:
    """Each measure of a case, in the order in which it was made; without ``compare`` only its days."""
    closed = calendar.of(case.student.school_id)
    plans = [(plan.letter, plan.starts_on, plan.ended_on) for plan in case.plans.all()]
    found = []
    for measure in case.measures.all():
        points = list(measure.points.all())
        since = min([measure.starts_on, *(point.day for point in points)])
        stretch = rules.phases(
            since, [plan for plan in plans if plan[2] is None or plan[2] >= since]
        )
        sides = [side for side in (Side.HOME, Side.SCHOOL) if getattr(measure, side.value)]
        sides += [
            side
            for side in (Side.HOME, Side.SCHOOL)
            if side not in sides and any(point.side == side for point in points)
        ]
        found.append(
            Analysis(
                measure,
                Kind(measure.kind),
                Better(measure.better),
                stretch,
                [
                    _compared(series, stretch, Better(measure.better)) if compare else series
                    for series in (_series(side, points, closed) for side in sides)
                ],
            )
        )
    return found


def _series(side: Side, points: Sequence[MeasurePoint], closed: frozenset[date]) -> Series:
    dots = [
        Dot(point.day, float(point.value), not is_school_day(point.day, closed), point.pk)
        for point in points
        if point.side == side
    ]
    return Series(side, dots)


def _compared(bare: Series, phases: Sequence[Phase], better: Better) -> Series:
    baseline = next((phase for phase in phases if phase.letter == "A"), None)
    before = bare.values(baseline) if baseline else []
    compared = []
    for phase in phases:
        if phase.letter == "A":
            continue
        during = bare.values(phase)
        said = tau.verdict(before, during, better)
        compared.append(
            Compared(
                phase.letter,
                said,
                None if said is Verdict.TOO_FEW else tau.tau_u(before, during, better),
                _mean(before),
                _mean(during),
            )
        )
    return Series(bare.side, bare.dots, compared)


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


@dataclass(frozen=True, slots=True)
class ToTap:
    """A number of today that this person can give with one tap."""

    measure: Measure
    case: Case
    days: Sequence[date]  # the school days without a number, the newest first


def to_tap(user: User, today: date) -> list[ToTap]:
    """What school counts in this person's cases and has no number for yet, on school days of this week."""
    rows = list(
        Measure.objects.filter(
            case__in=cases_for(user).filter(closed_at=None, consent=Consent.GIVEN.value),
            school=True,
            gradebook=False,
            starts_on__lte=today,
            ends_on__gte=today - timedelta(days=today.weekday()),
        )
        .select_related("case__student", "case__district")
        .order_by("pk")
    )
    if not rows:
        return []
    calendar = calendar_of(rows[0].case.district)
    have = set(
        MeasurePoint.objects.filter(
            measure__in=rows, side=Side.SCHOOL.value, day__gte=today - timedelta(days=7)
        ).values_list("measure_id", "day")
    )
    found = []
    for measure in rows:
        closed = calendar.of(measure.case.student.school_id)
        first = max(measure.starts_on, today - timedelta(days=today.weekday()))
        days = [
            day
            for day in rules.school_days(first, min(today, measure.ends_on), closed)
            if (measure.pk, day) not in have
        ]
        if days:
            found.append(ToTap(measure, measure.case, days[::-1]))
    return found


def alerts_of(user: User) -> list[CaseAlert]:
    """Words of danger in cases of which this person was told and has not taken in hand."""
    return list(
        CaseAlert.objects.filter(user=user, seen_at=None)
        .select_related("contribution__case__student")
        .order_by("at", "pk")
    )
