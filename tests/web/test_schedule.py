"""The day and the hour that somebody chose, on the school's clock."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bothways.web.staff.schedule import UnusableMoment, moment

CHICAGO = ZoneInfo("America/Chicago")
NOW = datetime(2026, 9, 14, 14, 0, tzinfo=UTC)  # Monday, nine in the morning there


@pytest.mark.parametrize(
    ("day", "hour", "at"),
    [
        ("2026-09-14", "09:01", datetime(2026, 9, 14, 14, 1, tzinfo=UTC)),
        ("2026-12-01", "08:00", datetime(2026, 12, 1, 14, 0, tzinfo=UTC)),  # winter
        # That night the hour from one to two comes twice: the first.
        ("2026-11-01", "01:30", datetime(2026, 11, 1, 6, 30, tzinfo=UTC)),
    ],
)
def test_the_hour_is_the_schools(day: str, hour: str, at: datetime) -> None:
    assert moment(day, hour, zone=CHICAGO, now=NOW) == at


@pytest.mark.parametrize(
    ("day", "hour", "words"),
    [
        ("2026-09-14", "09:00", "That moment has passed"),
        ("2027-03-14", "02:30", "02:30 does not exist. Choose 03:30"),
        ("2028-09-14", "09:00", "within the next twelve months"),
        ("9999-12-31", "23:59", "within the next twelve months"),
        ("0001-01-01", "00:00", "within the next twelve months|has passed"),
        ("", "", "Choose a day and an hour"),
        ("tomorrow", "noon", "Choose a day and an hour"),
        ("2026-09-15", "25:00", "Choose a day and an hour"),
    ],
)
def test_what_cannot_be_is_refused_with_what_to_choose(day: str, hour: str, words: str) -> None:
    with pytest.raises(UnusableMoment, match=words):
        moment(day, hour, zone=CHICAGO, now=NOW)
