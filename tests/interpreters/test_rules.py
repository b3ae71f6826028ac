"""When somebody can interpret, whatever the times."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bothways.interpreters.rules import Hours, Span, busy, clash, in_hours, minute, unusable

MOMENTS = st.datetimes(
    min_value=datetime(1990, 1, 1), max_value=datetime(2090, 1, 1), timezones=st.just(UTC)
)
LENGTHS = st.timedeltas(min_value=timedelta(minutes=5), max_value=timedelta(hours=8))
TRAVEL = st.integers(0, 180)
SPANS = st.tuples(st.integers(0, 10**6), st.integers(1, 500)).map(
    lambda pair: Span(pair[0], pair[0] + pair[1])
)


@given(MOMENTS, LENGTHS, TRAVEL)
def test_a_booking_takes_all_of_its_time_and_the_way(
    starts: datetime, length: timedelta, travel: int
) -> None:
    span = busy(starts, starts + length, travel=travel)
    begins = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(minutes=span.first + travel)
    stops = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(minutes=span.last - travel)
    assert begins <= starts
    assert stops >= starts + length
    assert (stops - begins) - length < timedelta(minutes=2)


@given(MOMENTS, LENGTHS, TRAVEL)
def test_one_booking_right_after_another_is_possible_without_travel(
    starts: datetime, length: timedelta, travel: int
) -> None:
    starts = starts.replace(second=0, microsecond=0)
    length = timedelta(minutes=length // timedelta(minutes=1))
    first = busy(starts, starts + length, travel=0)
    second = busy(starts + length, starts + length * 2, travel=0)
    assert not first.meets(second)
    assert busy(starts, starts + length, travel=travel).meets(second) == (travel > 0)


@given(SPANS, SPANS)
def test_two_spans_meet_where_a_minute_is_in_both(one: Span, other: Span) -> None:
    shared = max(one.first, other.first) < min(one.last, other.last)
    assert one.meets(other) == other.meets(one) == shared


@given(SPANS, st.lists(SPANS, max_size=8))
def test_a_clash_is_the_first_booking_in_the_way(wanted: Span, taken: list[Span]) -> None:
    found = clash(wanted, taken)
    meeting = [one for one in taken if wanted.meets(one)]
    assert (found is None) == (not meeting)
    if found is not None:
        assert found.first == min(one.first for one in meeting)


MONDAY = datetime(2026, 9, 14, 9, 0)


@pytest.mark.parametrize(
    ("hours", "starts", "ends", "fits"),
    [
        ((), MONDAY, MONDAY + timedelta(hours=1), True),
        ((Hours(0, time(8), time(12)),), MONDAY, MONDAY + timedelta(hours=3), True),
        ((Hours(0, time(8), time(12)),), MONDAY, MONDAY + timedelta(hours=3, minutes=1), False),
        ((Hours(1, time(8), time(12)),), MONDAY, MONDAY + timedelta(hours=1), False),
        # Two stretches with a break: nobody works through it.
        (
            (Hours(0, time(8), time(10)), Hours(0, time(10, 30), time(12))),
            MONDAY,
            MONDAY + timedelta(hours=2),
            False,
        ),
        ((Hours(0, time(0), time(23, 59)),), MONDAY, MONDAY + timedelta(days=1), False),
    ],
)
def test_hours_hold_the_whole_time(
    hours: tuple[Hours, ...], starts: datetime, ends: datetime, fits: bool
) -> None:
    assert in_hours(hours, starts, ends) is fits


NOW = datetime(2026, 9, 14, 14, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("starts", "length", "words"),
    [
        (timedelta(hours=1), timedelta(0), "before the beginning"),
        (timedelta(hours=1), timedelta(minutes=-5), "before the beginning"),
        (timedelta(hours=1), timedelta(minutes=4), "five minutes"),
        (timedelta(hours=1), timedelta(hours=9), "eight hours"),
        (timedelta(hours=-1), timedelta(hours=2), "has passed"),
        (timedelta(days=500), timedelta(hours=1), "Check the year"),
        (timedelta(hours=1), timedelta(hours=1), None),
    ],
)
def test_times_that_nobody_can_mean_are_told(
    starts: timedelta, length: timedelta, words: str | None
) -> None:
    found = unusable(NOW + starts, NOW + starts + length, now=NOW)
    assert found is None if words is None else words in (found or "")


def test_minutes_are_counted_from_1970() -> None:
    assert minute(datetime(1970, 1, 2, tzinfo=UTC)) == 24 * 60
