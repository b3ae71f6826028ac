"""A school calendar as its file says it; whatever comes, a clear word and no crash."""

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bothways.schools.ics import MOST_BYTES, AllDay, UnusableCalendar, all_day_events

FILE = b"""BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//Grand Bend//EN\r
BEGIN:VEVENT\r
UID:1\r
DTSTART;VALUE=DATE:20261126\r
DTEND;VALUE=DATE:20261128\r
SUMMARY:Thanksgiving Break - No School\r
END:VEVENT\r
BEGIN:VEVENT\r
UID:2\r
DTSTART;VALUE=DATE:20261204\r
SUMMARY:Picture day\r
END:VEVENT\r
BEGIN:VEVENT\r
UID:3\r
DTSTART:20261204T180000Z\r
DTEND:20261204T190000Z\r
SUMMARY:School closed early\r
END:VEVENT\r
BEGIN:VEVENT\r
UID:4\r
DTSTART;VALUE=DATE:20261202\r
RRULE:FREQ=WEEKLY\r
SUMMARY:Late start\r
END:VEVENT\r
END:VCALENDAR\r
"""


def test_whole_days_come_in_order_and_those_without_school_are_known_by_their_title() -> None:
    found = all_day_events(FILE)
    assert found == [
        AllDay(date(2026, 11, 26), date(2026, 11, 27), "Thanksgiving Break - No School"),
        AllDay(date(2026, 12, 4), date(2026, 12, 4), "Picture day"),
    ]
    assert [one.off for one in found] == [True, False]
    assert found[0].days == [date(2026, 11, 26), date(2026, 11, 27)]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"%PDF-1.7",
        b"BEGIN:VEVENT\r\nEND:VCALENDAR",
        b"\xff\xfe\x00",
        b"x" * (MOST_BYTES + 1),
    ],
)
def test_what_is_no_calendar_is_refused_with_a_word(data: bytes) -> None:
    with pytest.raises(UnusableCalendar):
        all_day_events(data)


def test_an_end_before_the_beginning_is_one_day_and_a_lifetime_is_none() -> None:
    odd = FILE.replace(b"DTEND;VALUE=DATE:20261128", b"DTEND;VALUE=DATE:20251128")
    assert all_day_events(odd)[0].last == date(2026, 11, 26)
    long = FILE.replace(b"DTEND;VALUE=DATE:20261128", b"DTEND;VALUE=DATE:20991128")
    assert [one.title for one in all_day_events(long)] == ["Picture day"]


@settings(max_examples=300, deadline=None)
@given(junk=st.binary(max_size=60), at=st.integers(0, len(FILE)))
def test_a_broken_file_is_read_or_refused_and_never_breaks_us(junk: bytes, at: int) -> None:
    with suppress(UnusableCalendar):
        found = all_day_events(FILE[:at] + junk + FILE[at + len(junk) :])
        assert all(one.first <= one.last and one.title for one in found)
