"""School's number from the gradebook file: of the work due on a day, how much was handed in by then."""

from collections import defaultdict
from datetime import date, timedelta

from django.db import transaction

from bothways.cases import rules
from bothways.cases.enums import Consent, How, Side
from bothways.cases.models import Measure
from bothways.cases.refusals import Unusable
from bothways.cases.services.counting import put
from bothways.core import clock
from bothways.progress.models import Result
from bothways.schools.models import District

# Files are mended for some days: a piece that was taken for missing turns out to be there.
_BACK = timedelta(days=21)


def read_due() -> int:
    """Once a day: copy what the gradebook says into the measures that count it; how many numbers."""
    kept = 0
    for district in District.objects.filter(measure__gradebook=True).distinct():
        today = clock.today(district.timezone)
        for pk in (
            Measure.objects.filter(
                district=district,
                gradebook=True,
                case__closed_at=None,
                case__consent=Consent.GIVEN.value,
                starts_on__lte=today,
                ends_on__gte=today - _BACK,
            )
            .exclude(read_on=today)
            .values_list("pk", flat=True)
        ):
            kept += _read(pk, today)
    return kept


@transaction.atomic
def _read(pk: int, today: date) -> int:
    measure = (
        Measure.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("case__student__school", "case__district")
        .filter(pk=pk)
        .first()
    )
    if measure is None:
        return 0
    measure.read_on = today
    measure.save(update_fields=["read_on"])
    first = max(measure.starts_on, today - _BACK)
    # What is due today may still be handed in today.
    last = min(measure.ends_on, today - timedelta(days=1))
    works: dict[date, list[str]] = defaultdict(list)
    for due, work in Result.objects.filter(
        student=measure.case.student_id, assignment__due_on__range=(first, last)
    ).values_list("assignment__due_on", "work"):
        if due is not None:
            works[due].append(work)
    kept = 0
    for day, found in sorted(works.items()):
        share = rules.on_time(found)
        if share is None:
            continue
        try:
            put(measure, day, share, Side.SCHOOL, How.GRADEBOOK)
        except Unusable:
            continue
        kept += 1
    return kept
