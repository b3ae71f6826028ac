"""Figures of very many families may be a minute old; those of a class never are."""

from datetime import UTC, datetime
from itertools import count

import pytest

from bothways.web.staff import kept_figures
from bothways.web.staff.kept_figures import MANY, of_many

SINCE = datetime(2021, 8, 23, tzinfo=UTC)
SCHOOL = list(range(MANY))


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    kept_figures.forget()


def looks(homes: list[int] | None, *readers: int) -> list[int]:
    """What each of these readers sees of a figure that grows with each count."""
    seen = count(1)
    return [
        of_many("f", lambda: next(seen), district=1, homes=homes, since=SINCE, reader=reader)
        for reader in readers
    ]


def test_a_class_is_counted_at_each_look() -> None:
    assert looks(SCHOOL[1:], 0, 0, 0) == [1, 2, 3]


@pytest.mark.parametrize("homes", [SCHOOL, None])
def test_a_school_and_a_district_are_counted_once_for_all_who_serve_them(
    homes: list[int] | None,
) -> None:
    assert looks(homes, 0, 0, 0) == [1, 1, 1]


def test_what_is_about_the_reader_is_counted_for_each() -> None:
    assert looks(SCHOOL, 7, 8, 7) == [1, 2, 1]


def test_who_serves_one_family_more_sees_other_figures() -> None:
    assert looks(SCHOOL, 0) == [1]
    seen = of_many("f", lambda: 99, district=1, homes=[*SCHOOL, MANY], since=SINCE)
    assert seen == 99


def test_after_a_minute_it_is_counted_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000.0
    monkeypatch.setattr(kept_figures.time, "monotonic", lambda: now)
    assert looks(SCHOOL, 0) == [1]
    now += kept_figures.FRESH + 1
    assert of_many("f", lambda: 2, district=1, homes=SCHOOL, since=SINCE) == 2
