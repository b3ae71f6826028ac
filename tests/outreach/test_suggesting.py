"""Whose turn it is to hear something good: over a term no child is left out."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bothways.outreach.suggesting import MOST, Child, for_this_week

START = date(2026, 8, 17)
# Children by their homes: some are brothers and sisters, some have two homes.
classes = st.lists(
    st.frozensets(st.integers(1, 12), min_size=1, max_size=2), min_size=1, max_size=24
)


def term(children: list[Child], weeks: int, seed: str) -> Counter[int]:
    """Each week all whose turn it is hear something; how often each child did."""
    heard: Counter[int] = Counter()
    for week in range(weeks):
        day = START + timedelta(weeks=week)
        chosen = set(for_this_week(children, seed=f"{seed}:{week}"))
        heard.update(chosen)
        children = [
            replace(one, last_good=day, times=one.times + 1) if one.student in chosen else one
            for one in children
        ]
    return heard


@given(homes=classes, seed=st.text(max_size=4))
def test_everybody_had_a_turn_before_anybody_could_starve(
    homes: list[frozenset[int]], seed: str
) -> None:
    children = [Child(n, some) for n, some in enumerate(homes)]
    heard = term(children, len(children), seed)
    assert set(heard) == {one.student for one in children}


@given(size=st.integers(1, 24), weeks=st.integers(1, 40), seed=st.text(max_size=4))
def test_in_a_class_without_siblings_nobody_is_two_turns_ahead(
    size: int, weeks: int, seed: str
) -> None:
    heard = term([Child(n, frozenset({n})) for n in range(size)], weeks, seed)
    turns = [heard[n] for n in range(size)]
    assert max(turns) - min(turns) <= 1
    assert sum(turns) == weeks * min(MOST, size)


@given(homes=classes, seed=st.text(max_size=4), told=st.frozensets(st.integers(0, 23)))
def test_no_home_twice_in_a_week_and_none_that_heard_already(
    homes: list[frozenset[int]], seed: str, told: frozenset[int]
) -> None:
    children = [Child(n, some, told_this_week=n in told) for n, some in enumerate(homes)]
    chosen = for_this_week(children, seed=seed, taken={1})
    used = [home for n in chosen for home in homes[n]]
    assert len(used) == len(set(used))
    assert 1 not in used
    assert not set(chosen) & told
    assert len(chosen) <= MOST
    assert chosen == for_this_week(reversed(children), seed=seed, taken={1})


def test_a_child_of_whom_only_worries_were_told_comes_first() -> None:
    worried = Child(7, frozenset({7}), last_worry=START)
    children = [Child(n, frozenset({n})) for n in range(6)] + [worried]
    for seed in "abcdef":
        assert for_this_week(children, seed=seed)[0] == 7


def test_a_child_whom_nobody_may_hear_of_is_not_suggested() -> None:
    assert for_this_week([Child(1, frozenset())], seed="a") == []
