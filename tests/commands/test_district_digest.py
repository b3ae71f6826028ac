"""The district's digest from the command line."""

from datetime import time

import pytest

from bothways.commands.district import _digest
from bothways.commands.installation import Unusable


@pytest.mark.parametrize(
    ("typed", "day", "at"),
    [
        ("thursday 16:00", 3, time(16)),
        ("Monday 07:30", 0, time(7, 30)),
        ("sunday", 6, time(12)),
        ("off", None, time(12)),
    ],
)
def test_a_day_and_an_hour_are_read(typed: str, day: int | None, at: time) -> None:
    assert _digest(typed, time(12)) == (day, at)


@pytest.mark.parametrize("typed", ["", "someday 16:00", "monday 25:00", "monday noon", "3 16:00"])
def test_what_is_no_day_is_refused_with_an_example(typed: str) -> None:
    with pytest.raises(Unusable, match="like “thursday 16:00”"):
        _digest(typed, time(12))
