"""How sure a share is."""

from itertools import pairwise
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bothways.reach.intervals import wilson


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [
        # Newcombe, Statistics in Medicine 17 (1998), 857-872, table I: the score method.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_published_intervals_come_out(part: int, whole: int, low: float, high: float) -> None:
    assert [round(end, 4) for end in wilson(part, whole)] == [low, high]


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_share_lies_inside_and_the_ends_inside_nothing_and_all(pair: tuple[int, int]) -> None:
    part, whole = pair
    low, high = wilson(part, whole)
    assert 0 <= low <= part / whole <= high <= 1
    assert high > low


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_reached_and_not_reached_mirror_each_other(pair: tuple[int, int]) -> None:
    part, whole = pair
    low, high = wilson(part, whole)
    other_low, other_high = wilson(whole - part, whole)
    assert (low, high) == pytest.approx((1 - other_high, 1 - other_low))


def test_more_families_make_it_surer() -> None:
    widths = [high - low for low, high in (wilson(n // 2, n) for n in (10, 40, 160, 640))]
    assert all(wide > narrow for wide, narrow in pairwise(widths))


def test_of_ten_families_it_covers_the_truth_nine_times_in_ten_at_least() -> None:
    """Exact coverage over a grid of true shares; the textbook interval falls to 0.65 here."""
    for truth in (0.05, 0.1, 0.3, 0.5, 0.7, 0.9, 0.95):
        covered = sum(
            comb(10, k) * truth**k * (1 - truth) ** (10 - k)
            for k in range(11)
            if wilson(k, 10)[0] <= truth <= wilson(k, 10)[1]
        )
        assert covered >= 0.9


def test_of_no_families_nothing_is_known() -> None:
    assert wilson(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(("part", "whole"), [(-1, 5), (6, 5), (1, 0)])
def test_what_is_no_share_is_refused(part: int, whole: int) -> None:
    with pytest.raises(ValueError, match="is no share"):
        wilson(part, whole)
