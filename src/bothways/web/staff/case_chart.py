"""The chart on paper: boxes for home in its language, and a code by which its numbers are typed in."""

from datetime import date, timedelta

from django.conf import settings
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from bothways.audit.services import record
from bothways.cases import rules
from bothways.cases.models import Measure
from bothways.cases.queries import calendar_of, cases_for, family_links
from bothways.cases.services.speaking import reads
from bothways.channels.letters.chart import Chart, print_chart
from bothways.channels.letters.dates import long_date
from bothways.core import clock
from bothways.languages.codes import LANGUAGES
from bothways.languages.phrases import phrase
from bothways.web.staff.door import StaffRequest, staff

WEEKS = 6


@require_safe
@staff(None)
def case_chart(request: StaffRequest, pk: int) -> HttpResponse:
    """The school days from today on, at most six weeks of them."""
    measure = (
        Measure.objects.select_related("case__student__school", "case__district")
        .filter(pk=pk, case__in=cases_for(request.user), home=True)
        .first()
    )
    if measure is None:
        raise Http404
    case, today = measure.case, clock.today(request.district.timezone)
    adults = [link.guardian for link in family_links(case, clock.now())]
    asked = request.GET.get("lang", "")
    tag = asked if asked in LANGUAGES else reads(adults[0]) if adults else case.language
    first = max(measure.starts_on, today)
    last = max(first, min(measure.ends_on, first + timedelta(weeks=WEEKS)))
    closed = calendar_of(case.district).of(case.student.school_id)
    name = case.student.called or case.student.name
    pdf = print_chart(
        Chart(
            title=f"{name}: {measure.what_in(tag)}",
            how=phrase(tag, "case_chart_how"),
            language=tag,
            weeks=_weeks(rules.school_days(first, last, closed), tag),
            code=f"{case.pk}-{measure.pk}",
            url=f"{settings.PUBLIC_URL}{reverse('case_step', args=[case.pk, 'data'])}?measure={measure.pk}",
            author=case.district.name,
            paper="us-letter" if case.district.region in ("US", "CA", "MX") else "a4",
        ),
        made_at=clock.now().astimezone(case.district.zone),
    )
    record("case.chart", case, by=request.user.pk, district=case.district_id, measure=measure.pk)
    return HttpResponse(
        pdf,
        content_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="chart-{case.pk}-{measure.pk}.pdf"'},
    )


def _weeks(days: list[date], tag: str) -> list[list[str]]:
    found: dict[tuple[int, int], list[str]] = {}
    for day in days:
        found.setdefault(day.isocalendar()[:2], []).append(long_date(tag, day))
    return list(found.values())
