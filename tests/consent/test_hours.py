"""When a family may be contacted: never in a quiet stretch, always some day, whatever the clock does."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from bothways.consent.hours import HORIZON, Hush, next_allowed, open_minutes, quiet_until

CHICAGO = ZoneInfo("America/Chicago")
# Clocks go back on 1 November 2026 and forward on 14 March 2027, both at two in the night.
NIGHTS = (datetime(2026, 11, 1, 12, tzinfo=UTC), datetime(2027, 3, 14, 12, tzinfo=UTC))

ZONES = st.sampled_from(
    [CHICAGO, ZoneInfo("America/New_York"), ZoneInfo("Australia/Lord_Howe"), ZoneInfo("Asia/Kabul")]
)
MOMENTS = st.one_of(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),
    # Around the nights in which an hour is missing or comes twice.
    st.builds(
        lambda night, minutes: night + timedelta(minutes=minutes),
        st.sampled_from(NIGHTS),
        st.integers(-24 * 60, 24 * 60),
    ),
)
TIMES = st.times().map(lambda t: t.replace(second=0, microsecond=0))
HUSHES = st.lists(
    st.one_of(
        st.builds(Hush, TIMES, TIMES),
        st.builds(Hush, TIMES, TIMES, weekday=st.integers(0, 6)),
        st.builds(Hush, weekday=st.integers(0, 6)),
        st.builds(Hush, day=st.dates(date(2026, 1, 1), date(2028, 1, 31))),
    ),
    max_size=6,
)
CLOSED = st.builds(
    lambda first, days: frozenset(first + timedelta(days=n) for n in range(days)),
    st.dates(date(2026, 1, 1), date(2027, 12, 31)),
    st.integers(0, 12),
)


@settings(max_examples=2000, deadline=None)
@given(now=MOMENTS, zone=ZONES, hushes=HUSHES, closed=CLOSED)
def test_the_next_moment_is_never_quiet_never_past_and_never_too_far(
    now: datetime, zone: ZoneInfo, hushes: list[Hush], closed: frozenset[date]
) -> None:
    found = next_allowed(now, zone, hushes, closed)
    assert now <= found <= now + HORIZON
    if found < now + HORIZON:
        assert quiet_until(found, zone, hushes, closed) is None
    if quiet_until(now, zone, hushes, closed) is None:
        assert found == now


@settings(max_examples=300, deadline=None)
@given(
    now=st.datetimes(datetime(2026, 5, 1), datetime(2026, 9, 1), timezones=st.just(UTC)),
    hushes=HUSHES,
)
def test_no_earlier_minute_was_free(now: datetime, hushes: list[Hush]) -> None:
    now = now.replace(second=0, microsecond=0)
    found = next_allowed(now, CHICAGO, hushes)
    minutes = min(int((found - now).total_seconds() // 60), 3 * 24 * 60)
    assert all(
        quiet_until(now + timedelta(minutes=m), CHICAGO, hushes) is not None
        for m in range(0, minutes, 7)
    )


def test_quiet_hours_run_over_midnight() -> None:
    night = Hush(time(20), time(7))
    late = datetime(2026, 9, 14, 23, tzinfo=CHICAGO)
    assert next_allowed(late, CHICAGO, [night]) == datetime(2026, 9, 15, 7, tzinfo=CHICAGO)


def test_equal_ends_are_never_quiet() -> None:
    now = datetime(2026, 9, 14, 23, tzinfo=CHICAGO)
    assert next_allowed(now, CHICAGO, [Hush(time(23), time(23))]) == now


def test_a_school_closed_for_a_week_is_waited_for() -> None:
    closed = {date(2026, 11, 23) + timedelta(days=n) for n in range(7)}
    now = datetime(2026, 11, 23, 9, tzinfo=CHICAGO)
    found = next_allowed(now, CHICAGO, [Hush(time(20), time(7))], closed)
    assert found == datetime(2026, 11, 30, 7, tzinfo=CHICAGO)


def test_in_the_hour_that_is_missing_the_next_one_counts() -> None:
    now = datetime(2027, 3, 14, 1, tzinfo=CHICAGO)
    found = next_allowed(now, CHICAGO, [Hush(time(0), time(2, 30))])
    assert found == datetime(2027, 3, 14, 8, 30, tzinfo=UTC)  # half past three on the wall


def test_in_the_hour_that_comes_twice_quiet_is_quiet_both_times() -> None:
    again = datetime(2026, 11, 1, 1, 15, fold=1, tzinfo=CHICAGO)
    found = next_allowed(again, CHICAGO, [Hush(time(1), time(1, 30))])
    assert found == datetime(2026, 11, 1, 7, 30, tzinfo=UTC)  # the second half past one


def test_the_sabbath_of_a_family_lasts_over_midnight() -> None:
    sabbath = Hush(time(18), time(20), weekday=4)
    hushes = [Hush(time(18), time(0), weekday=4), Hush(time(0), time(20), weekday=5)]
    friday = datetime(2026, 9, 18, 19, tzinfo=CHICAGO)
    assert next_allowed(friday, CHICAGO, hushes) == datetime(2026, 9, 19, 20, tzinfo=CHICAGO)
    assert next_allowed(friday, CHICAGO, [sabbath]) == datetime(2026, 9, 18, 20, tzinfo=CHICAGO)


def test_a_calendar_that_never_opens_still_comes_due() -> None:
    now = datetime(2026, 9, 14, 9, tzinfo=CHICAGO)
    always = [Hush(weekday=day) for day in range(7)]
    assert next_allowed(now, CHICAGO, always) == now + HORIZON
    assert open_minutes(always) == 0
