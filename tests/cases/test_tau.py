"""Tau-U and goal attainment against published values, and what must always hold of them."""

from itertools import permutations
from math import isclose, sqrt
from statistics import pvariance

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bothways.cases.enums import Better, Verdict
from bothways.cases.tau import LEAST, Z95, attainment, between, tau_u, trend, verdict

numbers = st.integers(0, 9)
phase = st.lists(numbers, min_size=1, max_size=12)

# The worked example in the documentation of the R package SingleCaseES 0.7.3 (Pustejovsky, Chen and Swan),
# https://jepusto.github.io/SingleCaseES/reference/Tau_U.html: Tau-U 0.7380952.
A = [20, 20, 26, 25, 22, 23]
B = [28, 25, 24, 27, 30, 30, 29]


def test_tau_u_is_that_of_the_reference_implementation() -> None:
    assert round(tau_u(A, B, correct=True).value, 7) == 0.7380952


def test_tarlows_example_has_the_values_that_the_reference_tests_hold() -> None:
    # Tarlow (2017), as in SingleCaseES, tests/testthat/test-tarlow-2017.R: Tau 1, Tau-U 0.6.
    before, during = [1, 2, 3, 4, 5], [6, 7, 8, 9, 10]
    assert tau_u(before, during, correct=False).value == 1.0
    assert tau_u(before, during, correct=True).value == 0.6


def test_a_baseline_that_rises_by_itself_is_corrected_for_and_one_that_falls_is_not() -> None:
    assert tau_u([1, 2, 3, 4, 5], [6, 7, 8, 9, 10]).corrected is True
    assert tau_u([5, 4, 3, 2, 1], [6, 7, 8, 9, 10]).corrected is False
    assert tau_u([5, 4, 3, 2, 1], [0, 0, 0], Better.DOWN).corrected is True


@pytest.mark.parametrize("correct", [False, True])
def test_the_standard_error_is_exact_over_all_orders_of_the_days(correct: bool) -> None:
    """Seven different days, three before and four with the plan: all 5,040 orders are counted out."""
    n, m = 3, 4
    scores = [
        between(order[:n], order[n:]) - (trend(order[:n]) if correct else 0)
        for order in permutations(range(n + m))
    ]
    found = tau_u([1, 2, 3], [4, 5, 6, 7], correct=correct)
    assert isclose(found.error, sqrt(pvariance(scores)) / (n * m))


def test_the_interval_lies_around_the_value() -> None:
    found = tau_u([2, 3, 5, 3], [4, 5, 5, 7, 6], correct=False)
    # S = 16 of 20 pairs; variance 4 · 5 · 10 / 3 (Mann and Whitney 1947).
    assert found.value == 0.8
    assert isclose(found.error, sqrt(200 / 3) / 20)
    assert isclose(found.interval(Z95)[0], 0.8 - Z95 * found.error)


@given(phase, phase)
def test_tau_lies_between_minus_one_and_one(before: list[int], during: list[int]) -> None:
    assert -1 <= tau_u(before, during, correct=False).value <= 1


@given(phase, phase)
def test_corrected_it_stays_within_its_known_range(before: list[int], during: list[int]) -> None:
    most = 1 + (len(before) - 1) / (2 * len(during))
    assert -most <= tau_u(before, during, correct=True).value <= most


@given(phase, phase)
def test_before_and_after_changed_over_change_the_sign(
    before: list[int], during: list[int]
) -> None:
    there = tau_u(before, during, correct=False)
    back = tau_u(during, before, correct=False)
    assert (there.value, there.error) == (-back.value, back.error)


@given(phase, phase, st.booleans())
def test_better_down_is_better_up_of_the_mirrored_numbers(
    before: list[int], during: list[int], correct: bool
) -> None:
    mirrored = tau_u([-n for n in before], [-n for n in during], Better.UP, correct=correct)
    assert tau_u(before, during, Better.DOWN, correct=correct) == mirrored


@given(phase, phase)
def test_without_correction_the_order_of_the_days_does_not_matter(
    before: list[int], during: list[int]
) -> None:
    mixed = sorted(before), sorted(during)
    assert tau_u(*mixed, correct=False).value == tau_u(before, during, correct=False).value


@given(phase, phase, st.integers(1, 5), st.integers(-20, 20))
def test_only_order_counts_and_no_unit(
    before: list[int], during: list[int], scale: int, shift: int
) -> None:
    moved = tau_u([n * scale + shift for n in before], [n * scale + shift for n in during])
    assert moved == tau_u(before, during)


@given(numbers, st.integers(1, 9), st.integers(1, 9))
def test_days_that_are_all_alike_show_nothing(value: int, n: int, m: int) -> None:
    assert tau_u([value] * n, [value] * m).value == 0


@given(phase, phase)
def test_too_few_days_are_never_called_better_or_worse(
    before: list[int], during: list[int]
) -> None:
    said = verdict(before, during, Better.UP)
    assert (said is Verdict.TOO_FEW) == (min(len(before), len(during)) < LEAST)


def test_what_the_interval_does_not_show_is_not_claimed() -> None:
    assert verdict([1, 3, 2], [2, 3, 3, 2], Better.UP) is Verdict.CANNOT_TELL
    assert verdict([0, 1, 0, 1, 1], [3, 2, 3, 3, 2, 3], Better.UP) is Verdict.BETTER
    assert verdict([0, 1, 0, 1, 1], [3, 2, 3, 3, 2, 3], Better.DOWN) is Verdict.WORSE


def test_no_day_at_all_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least one day"):
        tau_u([], [1])


def test_goal_attainment_is_kiresuks_and_shermans() -> None:
    """T = 50 + 10 Σwx / √((1 − ρ) Σw² + ρ (Σw)²), ρ = 0.3: Kiresuk and Sherman (1968), formula and table.

    One goal moves by ten; three goals of equal weight at +1 give 63.69.
    """
    assert [attainment([level]) for level in (-2, -1, 0, 1, 2)] == [30, 40, 50, 60, 70]
    assert round(attainment([1, 1, 1]), 2) == 63.69
    assert attainment([1, -1]) == 50


@given(st.lists(st.integers(-2, 2), min_size=1, max_size=8))
def test_goals_that_are_mirrored_mirror_the_score(levels: list[int]) -> None:
    assert isclose(attainment(levels) + attainment([-level for level in levels]), 100)


@pytest.mark.parametrize("levels", [[], [3], [0, -3]])
def test_a_level_that_there_is_not_is_an_error(levels: list[int]) -> None:
    with pytest.raises(ValueError, match="level"):
        attainment(levels)
