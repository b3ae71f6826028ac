"""School's number out of the gradebook file: copied once a day, and corrected when the file is."""

from datetime import date
from decimal import Decimal

from bothways.cases.enums import Better, How, Kind, Side
from bothways.cases.models import Measure, MeasurePoint
from bothways.cases.services.counting import Counted, count
from bothways.core import clock
from bothways.people.models import Student
from bothways.progress.models import Assignment, Result
from bothways.web.staff.cases_gradebook import read_due
from people import Cast
from web import cases_made

THURSDAY, FRIDAY, MONDAY = date(2026, 9, 10), date(2026, 9, 11), date(2026, 9, 14)


def _work(student: Student, title: str, due: date, work: str) -> Result:
    assignment = Assignment.objects.create(
        district=student.district, key=title, title=title, due_on=due
    )
    return Result.objects.create(
        district=student.district,
        assignment=assignment,
        student=student,
        work=work,
        changed_at=clock.now(),
    )


def _measure(cast: Cast) -> Measure:
    counted = Counted(
        "homework in on time",
        Kind.PERCENT,
        Better.UP,
        THURSDAY,
        date(2026, 10, 30),
        school=True,
        gradebook=True,
    )
    return count(case=cases_made.running(cast), counted=counted, by=cast.mrs_c)


def _numbers(measure: Measure) -> dict[date, Decimal]:
    points = MeasurePoint.objects.filter(measure=measure)
    assert {(one.side, one.how) for one in points} <= {(Side.SCHOOL.value, How.GRADEBOOK.value)}
    return {one.day: one.value for one in points}


def test_the_share_handed_in_on_time_is_copied_once_and_corrected_with_the_file(
    everybody: Cast,
) -> None:
    measure = _measure(everybody)
    _work(everybody.troy, "fractions", THURSDAY, "done")
    taken_for_missing = _work(everybody.troy, "spelling", THURSDAY, "missing")
    _work(everybody.troy, "reading log", FRIDAY, "late")
    _work(everybody.troy, "the pond", FRIDAY, "exempt")
    _work(everybody.troy, "due today", MONDAY, "missing")
    _work(everybody.maya, "of his sister", THURSDAY, "missing")
    assert read_due() == 2
    assert _numbers(measure) == {THURSDAY: Decimal(50), FRIDAY: Decimal(0)}
    assert read_due() == 0
    taken_for_missing.work = "done"
    taken_for_missing.save()
    assert read_due() == 0
    Measure.objects.filter(pk=measure.pk).update(read_on=FRIDAY)  # the next day
    assert read_due() == 2
    assert _numbers(measure) == {THURSDAY: Decimal(100), FRIDAY: Decimal(0)}


def test_nothing_is_copied_into_a_case_to_which_the_family_no_longer_agrees(
    everybody: Cast,
) -> None:
    measure = _measure(everybody)
    _work(everybody.troy, "fractions", THURSDAY, "done")
    case = measure.case
    type(case).objects.filter(pk=case.pk).update(consent="withdrawn")
    assert read_due() == 0
    assert _numbers(measure) == {}
