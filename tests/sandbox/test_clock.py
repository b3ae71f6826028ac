from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bothways.sandbox.clock import Clock, awake

CHICAGO = ZoneInfo("America/Chicago")
MONDAY = datetime(2021, 9, 13, 8, tzinfo=CHICAGO)


@given(
    st.datetimes(datetime(2021, 1, 1), datetime(2022, 12, 31), timezones=st.just(CHICAGO)),
    st.floats(0, 1, exclude_max=True),
)
def test_people_answer_by_day_and_never_before_it_arrived(moment, drawn):
    answered = awake(moment.astimezone(UTC), CHICAGO, drawn)
    assert answered >= moment
    assert 7 <= answered.astimezone(CHICAGO).hour < 22
    assert answered - moment <= timedelta(hours=11)


def test_a_text_at_night_is_answered_the_next_morning():
    night = datetime(2021, 9, 13, 23, 30, tzinfo=CHICAGO)
    assert awake(night, CHICAGO, 0.5) == datetime(2021, 9, 14, 7, 30, tzinfo=CHICAGO)


def test_simulated_time_has_whole_seconds_and_never_goes_back():
    clock = Clock(CHICAGO, MONDAY)
    clock.move(MONDAY + timedelta(seconds=5, microseconds=900_000))
    assert clock.now() == MONDAY + timedelta(seconds=5)
    clock.move(MONDAY)
    assert clock.stamp() == (clock.now(), "2021-09-13T08:00:05-05:00")


def test_a_moment_without_offset_is_the_towns_own():
    clock = Clock(CHICAGO, MONDAY)
    assert clock.read("2021-12-13T08:00") == clock.read("2021-12-13T14:00:00Z")
    for text in ("soon", "", "0001-01-01T00:00:00+23:00", "9999-12-31T23:00"):
        with pytest.raises(ValueError, match=r"isoformat|out of range|far away"):
            clock.read(text)
