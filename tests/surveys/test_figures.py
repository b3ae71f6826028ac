"""Means and intervals against published numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bothways.surveys.enums import ScaleKind
from bothways.surveys.figures import NeverAveraged, change, mean, score, t_quantile, weighted
from bothways.surveys.ready import built_in
from bothways.surveys.results import One, same_items, scored
from bothways.surveys.rules import hidden


@pytest.mark.parametrize(
    ("freedom", "point"),
    # NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2, upper 2.5 % points of Student's t.
    [(1, 12.706), (2, 4.303), (5, 2.571), (10, 2.228), (29, 2.045), (60, 2.000), (100, 1.984)],
)
def test_students_points_are_those_of_the_tables(freedom, point):
    assert round(t_quantile(freedom), 3) == point


def test_the_change_between_two_groups_is_that_of_students_own_sleep_data():
    # W. S. Gosset 1908; R's documented t.test(extra ~ group, data = sleep): mean of x 0.75, of y 2.33,
    # 95 percent confidence interval -3.3654832 to 0.2054832 for x - y, df 17.776.
    one = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
    other = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
    moved = change(one, other)
    assert (round(moved.value, 2), round(moved.low, 5), round(moved.high, 5)) == (
        1.58,
        -0.20548,
        3.36548,
    )


def test_the_weighted_mean_is_the_textbooks_stratified_one():
    # By hand: strata of 90 and 10 families; means 4 and 2, variances 1 and 1, three answers each.
    # 0.9·4 + 0.1·2 = 3.8; variance 0.81/3 + 0.01/3 = 0.27333; t(4) = 2.776.
    its = weighted({"en": [3, 4, 5], "so": [1, 2, 3]}, {"en": 90, "so": 10})
    assert (its.n, round(its.value, 3)) == (6, 3.8)
    assert round(its.value - its.low, 2) == round(2.776 * 0.27333**0.5, 2)


def test_a_language_with_one_answer_does_not_make_a_false_interval():
    its = weighted({"en": [3.0, 4.0, 5.0], "so": [1.0]}, {"en": 90, "so": 10, "vi": 5})
    assert its.n == 4
    assert its.low is not None


@given(st.lists(st.floats(1, 5), min_size=2, max_size=40))
def test_a_mean_stays_on_the_scale_and_inside_its_interval(scores):
    its = mean(scores)
    assert 1 <= its.low <= its.value + 1e-9
    assert its.value - 1e-9 <= its.high <= 5


def test_who_answers_less_than_half_has_no_score():
    assert score([5, None, None, None], of=4) is None
    assert score([5, 3, None, None], of=4) == 4.0


def test_inventories_are_never_averaged():
    form = built_in("relationship")
    lists = [scale for scale in form.scales if scale.kind is ScaleKind.INVENTORY]
    assert {scale.code for scale in lists} == {"barriers", "roles"}
    for scale in lists:
        with pytest.raises(NeverAveraged):
            scored(scale, [One({scale.items[0].code: 1})])


def test_only_the_very_same_questions_are_compared():
    scale = built_in("relationship").scales[0]
    later = built_in("relationship").to_json()
    later["scales"][0]["items"][0]["texts"]["en"] = "Another question"
    from bothways.surveys.forms import read_json

    now, then = same_items(scale, read_json(later).scales)
    assert scale.items[0].code not in now
    assert len(now) == len(scale.items) - 1 == len(then)


@given(st.dictionaries(st.text("abcdef", min_size=1, max_size=2), st.integers(0, 60), max_size=8))
def test_what_is_hidden_cannot_be_had_by_subtraction(sizes):
    closed = hidden(sizes)
    assert all(n >= 10 for key, n in sizes.items() if n and key not in closed)
    together = sum(sizes[key] for key in closed)
    everything = {key for key, n in sizes.items() if n} <= closed
    assert together == 0 or together >= 10 or everything
