"""Days, warnings and figures of waiting: pure decisions."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from bothways.feedback.enums import Kind
from bothways.feedback.rules import (
    FEWEST,
    Wait,
    cautions,
    due_on,
    is_overdue,
    promptness,
    school_days,
)

CHICAGO = ZoneInfo("America/Chicago")
FRIDAY = datetime(2026, 9, 11, 20, 0, tzinfo=UTC)
NOW = datetime(2026, 9, 30, 20, 0, tzinfo=UTC)
waits = st.lists(
    st.builds(
        Wait,
        language=st.sampled_from(["en", "es", "so", ""]),
        family=st.integers(1, 40),
        since=st.datetimes(datetime(2026, 9, 1), datetime(2026, 9, 20), timezones=st.just(UTC)),
        until=st.none()
        | st.datetimes(datetime(2026, 9, 21), datetime(2026, 9, 29), timezones=st.just(UTC)),
    ),
    max_size=80,
)


def test_a_request_is_due_in_five_school_days_and_a_holiday_is_none() -> None:
    assert due_on(Kind.REQUEST, date(2026, 9, 14), set()) == date(2026, 9, 21)
    assert due_on(Kind.REQUEST, date(2026, 9, 14), {date(2026, 9, 16)}) == date(2026, 9, 22)
    assert due_on(Kind.SUGGESTION, date(2026, 9, 14), set()) == date(2026, 9, 28)


def test_it_is_overdue_the_day_after_and_never_once_it_is_closed() -> None:
    due = date(2026, 9, 21)
    assert not is_overdue(due, due, closed=False)
    assert is_overdue(due, date(2026, 9, 22), closed=False)
    assert not is_overdue(due, date(2026, 9, 22), closed=True)


def test_a_name_a_number_and_a_class_are_pointed_out_before_anything_is_public() -> None:
    names = {"troy", "washington", "will", "نور"}
    found = cautions(
        "Troy’s mother in room 12 said: call 312 555 0101. We will do it; نور too.",
        names=names,
        families=1,
    )
    assert [(one.what, one.found) for one in found] == [
        ("name", "Troy’s"),
        ("name", "نور"),
        ("number", "312 555 0101"),
        ("few", "room 12"),
    ]


def test_many_families_of_a_grade_are_no_small_group_and_an_hour_is_no_number() -> None:
    assert cautions("Grade 4 wanted the bus at 16:30.", names=set(), families=FEWEST) == []
    assert cautions("Hay un autobús más tarde.", names=set(), families=1) == []


@given(rows=waits)
def test_no_language_of_fewer_than_ten_families_is_shown_nor_found_by_subtraction(
    rows: list[Wait],
) -> None:
    whole, shown = promptness(rows, now=NOW, zone=CHICAGO, closed=set())
    if whole is None:
        assert len({row.family for row in rows}) < FEWEST
        assert shown == []
        return
    assert all(one.families >= FEWEST for one in shown)
    hidden = (
        {row.family for row in rows}
        if not shown
        else {row.family for row in rows if row.language not in {one.language for one in shown}}
    )
    assert not hidden or len(hidden) >= FEWEST
    assert all(one.within <= one.decided <= one.answered + one.waiting for one in [whole, *shown])


def test_a_weekend_does_not_count_and_who_waits_too_long_counts_as_not_in_time() -> None:
    monday = FRIDAY + timedelta(days=3)
    assert school_days(FRIDAY, monday, zone=CHICAGO, closed=set()) == 1
    rows = [Wait("es", n, FRIDAY, monday) for n in range(8)]
    rows += [Wait("es", 8, FRIDAY, None), Wait("es", 9, NOW - timedelta(hours=2), None)]
    whole, shown = promptness(rows, now=NOW, zone=CHICAGO, closed=set())
    assert whole is not None
    assert (whole.within, whole.decided, whole.waiting, whole.percent) == (8, 9, 2, 89)
    assert (whole.median_hours, [one.language for one in shown]) == (72.0, ["es"])
