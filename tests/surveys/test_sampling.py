"""No family is asked too often, and chance is the same for all of a language."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from bothways.surveys.rules import Candidate, may_be_asked, sample, share_out

homes = st.lists(
    st.tuples(
        st.sampled_from(["en", "es", "so"]),
        st.sampled_from(["KG", "03", "05"]),
        st.integers(0, 14),
    ),
    max_size=120,
).map(lambda rows: [Candidate(n, *row) for n, row in enumerate(rows)])


@given(homes, st.integers(1, 150), st.integers(0, 9), st.integers(1, 50))
def test_a_sample_has_its_size_and_nobody_who_was_asked_enough(all_, size, seed, questions):
    chosen = sample(all_, size=size, questions=questions, seed=seed)
    by_home = {one.home: one for one in all_}
    fresh = [one for one in all_ if may_be_asked(one.asked, questions)]
    assert len({one.home for one in chosen}) == len(chosen) == min(size, len(fresh))
    assert all(may_be_asked(by_home[one.home].asked, questions) for one in chosen)
    assert chosen == sample(list(reversed(all_)), size=size, questions=questions, seed=seed)


@given(homes, st.integers(1, 150))
def test_weights_add_up_to_the_families_of_each_language_that_was_drawn(all_, size):
    chosen = sample(all_, size=size, questions=3, seed=1)
    language = {one.home: one.language for one in all_}
    fresh = Counter(one.language for one in all_ if may_be_asked(one.asked, 3))
    told: Counter[str] = Counter()
    for one in chosen:
        told[language[one.home]] += one.weight
    assert all(abs(told[tag] - fresh[tag]) < 1e-6 for tag in told)


@given(
    st.dictionaries(st.sampled_from("abcde"), st.integers(1, 500), min_size=1), st.integers(0, 800)
)
def test_a_share_is_never_more_than_there_are(sizes, size):
    given_ = share_out(sizes, size)
    assert sum(given_.values()) == min(size, sum(sizes.values()))
    assert all(0 <= given_[tag] <= sizes[tag] for tag in sizes)


def test_a_small_language_is_heard():
    assert share_out({"en": 960, "so": 25, "ps": 15}, 100) == {"en": 65, "so": 20, "ps": 15}


def test_within_a_language_all_have_the_same_chance():
    all_ = [Candidate(n, "en", f"{n % 5:02}") for n in range(50)]
    drawn: Counter[int] = Counter()
    for seed in range(2000):
        drawn.update(one.home for one in sample(all_, size=10, questions=3, seed=seed))
    # 400 each on average; six standard deviations of a share of 0.2 in 2000 draws are 107.
    assert min(drawn.values()) > 290
    assert max(drawn.values()) < 510
    assert len(drawn) == 50


def test_a_sample_is_spread_over_the_grades():
    all_ = [Candidate(n, "en", f"{n % 5:02}") for n in range(50)]
    grades = Counter(all_[one.home].grade for one in sample(all_, size=10, questions=3, seed=3))
    assert set(grades.values()) == {2}
    assert len(grades) == 5
