"""What came of a survey: rates, means with their intervals, answers, words."""

from dataclasses import dataclass
from math import ceil, floor

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from bothways.accounts.enums import Permission
from bothways.audit.services import record
from bothways.languages.codes import name_in
from bothways.reach.board import Share
from bothways.reach.intervals import wilson
from bothways.schools.models import School
from bothways.surveys.enums import Promise, ScaleKind, State
from bothways.surveys.figures import HIGHEST, LOWEST, Mean
from bothways.surveys.queries import surveys_for
from bothways.surveys.results import (
    LEAST,
    ItemFigures,
    One,
    Rate,
    Results,
    ScaleFigures,
    by_group,
    comparable,
    results,
    words,
)
from bothways.surveys.rules import grade_place
from bothways.web.staff.csv_out import download
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.figures import Group, groups
from bothways.web.staff.paging import page_of
from bothways.web.staff.scope import homes_of
from bothways.web.staff.surveys import survey_here
from bothways.web.templatetags.face import grade

MARKS = ("language", "grade", "school")
WORDS_A_PAGE = 50


@dataclass(frozen=True, slots=True)
class Told:
    """A mean as the page shows it: rounded, with where it lies on the line from 1 to 5."""

    mean: Mean

    @property
    def value(self) -> str:
        return f"{self.mean.value:.1f}"

    @property
    def range(self) -> str:
        if self.mean.low is None or self.mean.high is None:
            return ""
        return f"{self.mean.low:.1f}–{self.mean.high:.1f}"

    @property
    def share(self) -> int:
        return round(100 * (self.mean.value - LOWEST) / (HIGHEST - LOWEST))


@dataclass(frozen=True, slots=True)
class Bars:
    """How often each answer was given."""

    text: str
    n: int
    rows: list[tuple[str, int]]
    shown: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """One part of the form with its figures."""

    title: str
    inventory: bool
    raw: Told | None
    weighted: Told | None
    moved: str
    bars: list[Bars]
    groups: list[tuple[str, Told | None]]


@require_safe
@staff(Permission.SURVEYS)
def survey_results(request: StaffRequest, pk: int) -> HttpResponse:
    one = survey_here(request, pk)
    among = surveys_for(request.user).filter(school=one.school_id, opened_at__isnull=False)
    earlier = comparable(one, among.order_by("-opened_at")[:50])
    before = next((s for s in earlier if str(s.pk) == request.GET.get("before", "")), None)
    mark = request.GET.get("by", "") if not one.is_anonymous else ""
    found = results(one, before=before)
    schools = _schools(request)
    record("survey.seen", one, by=request.user.pk, district=request.district.pk)
    page = page_of(request, words(one, answered=found.n), WORDS_A_PAGE)
    served = _served(request, [line.home for line in page if line.home])
    form = one.asks
    return render(
        request,
        "staff/surveys/results.html",
        {
            "survey": one,
            "open": one.state is State.OPEN,
            "draft": one.state is State.DRAFT,
            "found": found,
            "rate": _percent(found.answered, found.invited),
            "rates": [
                (title, _rates(found.rates.get(kind, []), schools, kind))
                for kind, title in (
                    ("language", _("By language")),
                    ("grade", _("By grade")),
                    ("school", _("By school")),
                )
                if len(found.rates.get(kind, [])) > 1
            ],
            "parts": [_shown(found.ones, scale, mark, schools) for scale in found.scales]
            if found.enough
            else [],
            "mark": mark if mark in MARKS else "",
            "marks": [("language", _("language")), ("grade", _("grade")), ("school", _("school"))]
            if not one.is_anonymous
            else [],
            "earlier": earlier,
            "before": before,
            "said": [
                (line, (item.texts.get("en", "") if (item := form.item(line.item)) else ""))
                for line in page
            ],
            "page": page,
            "served": served,
            "named": one.promise == Promise.NAMED,
            "least": LEAST,
        },
    )


def _schools(request: StaffRequest) -> dict[str, str]:
    schools = School.objects.filter(district=request.district)
    return {str(pk): name for pk, name in schools.values_list("pk", "name")}


def _name(schools: dict[str, str], key: str, kind: str) -> str:
    if kind == "school":
        return schools.get(key) or _("school not known")
    if kind == "grade":
        return _("grade %(grade)s") % {"grade": grade(key)} if key else _("grade not known")
    return name_in(key, get_language() or "en") if key else _("language not known yet")


def _rates(rates: list[Rate], schools: dict[str, str], kind: str) -> list[Group]:
    found = groups(
        {rate.key: Share(rate.invited, rate.answered, rate.answered) for rate in rates},
        lambda key: _name(schools, key, kind),
    )
    # Grades in their own order; of the others those who answered least come first.
    return sorted(found, key=lambda one: grade_place(one.key)) if kind == "grade" else found


def _percent(part: int, whole: int) -> dict[str, int]:
    low, high = wilson(part, whole)
    return {
        "percent": round(100 * part / whole) if whole else 0,
        "low": floor(100 * low),
        "high": ceil(100 * high),
    }


def _shown(ones: list[One], one: ScaleFigures, mark: str, schools: dict[str, str]) -> Shown:
    averaged = one.scale.kind is ScaleKind.SCALE
    return Shown(
        title=one.scale.titles.get("en", ""),
        inventory=one.scale.kind is ScaleKind.INVENTORY,
        raw=Told(one.raw) if one.raw else None,
        weighted=Told(one.weighted) if one.weighted else None,
        moved=_moved(one),
        bars=[_bars(item) for item in one.items if item.item.texts],
        groups=[
            (_name(schools, key, mark), Told(its) if its else None)
            for key, its in by_group(ones, one.scale, lambda who: _mark(who, mark))
        ]
        if averaged and mark in MARKS
        else [],
    )


def _mark(who: One, mark: str) -> str:
    return {"language": who.language, "grade": who.grade, "school": who.school}[mark]


def _moved(one: ScaleFigures) -> str:
    if one.moved is None or one.moved.low is None or one.moved.high is None:
        return ""
    values = {
        "by": f"{abs(one.moved.value):.1f}",
        "low": f"{one.moved.low:+.1f}",
        "high": f"{one.moved.high:+.1f}",
        "n": one.same_items,
    }
    if one.moved.low <= 0 <= one.moved.high:
        return (
            _("Whether it moved cannot be told (%(low)s to %(high)s; %(n)s same questions).")
            % values
        )
    if one.moved.value > 0:
        return _("Up by %(by)s since then (%(low)s to %(high)s; %(n)s same questions).") % values
    return _("Down by %(by)s since then (%(low)s to %(high)s; %(n)s same questions).") % values


def _bars(one: ItemFigures) -> Bars:
    text = one.item.texts.get("en") or next(iter(one.item.texts.values()))
    row = one.item.labels.get("en") or next(iter(one.item.labels.values()), ())
    labels = list(row) if row else [_("marked")]
    return Bars(text, one.n, list(zip(labels, one.counts, strict=False)), one.shown)


def _served(request: StaffRequest, homes: list[int]) -> set[int]:
    """Of these families those whom this reader serves: only they have a link."""
    if not homes:
        return set()
    return set(homes_of(request.user).filter(pk__in=set(homes)).values_list("pk", flat=True))


@require_safe
@staff(Permission.SURVEYS)
def results_csv(request: StaffRequest, pk: int) -> StreamingHttpResponse:
    """Figures of groups, as the page shows them; what is hidden there is hidden here."""
    one = survey_here(request, pk)
    found = results(one)
    schools = _schools(request)
    rows: list[tuple[object, ...]] = [
        (_("all"), "", _("answered"), found.invited, found.answered, *_interval(found))
    ]
    for kind, rates in found.rates.items():
        for group in _rates(rates, schools, kind):
            if group.hidden:
                rows.append((kind, group.name, _("answered"), "", _("too few to show"), "", ""))
            else:
                rows.append(
                    (kind, group.name, _("answered"), group.families, group.reached, *group.range)
                )
    if found.enough:
        for scale in found.scales:
            title = scale.scale.titles.get("en") or scale.scale.code
            for words_, its in ((_("mean"), scale.raw), (_("mean, weighted"), scale.weighted)):
                if its is not None:
                    rows.append((_("scale"), title, words_, its.n, *_rounded(its)))
            for item in scale.items:
                bars = _bars(item)
                for label, count in bars.rows:
                    shown = (bars.n, count) if bars.shown else ("", _("too few to show"))
                    if item.item.labels or scale.scale.kind is ScaleKind.INVENTORY:
                        rows.append((bars.text, label, _("count"), *shown, "", ""))
    record("survey.exported", one, by=request.user.pk, district=request.district.pk, rows=len(rows))
    head = (
        _("Group"),
        _("Name"),
        _("What"),
        _("Of"),
        _("Figure"),
        _("At least (95 %)"),
        _("At most (95 %)"),
    )
    return download(f"survey-{pk}.csv", head, rows)


def _interval(found: Results) -> tuple[int, int]:
    its = _percent(found.answered, found.invited)
    return its["low"], its["high"]


def _rounded(its: Mean) -> tuple[object, object, object]:
    low = "" if its.low is None else round(its.low, 2)
    high = "" if its.high is None else round(its.high, 2)
    return round(its.value, 2), low, high
