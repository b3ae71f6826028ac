"""Who takes a step and when: fair, never more than somebody can do, and always a date."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bothways.outreach.assigning import Candidate, choose, due_for
from bothways.outreach.hardness import wants_plan
from bothways.schools.calendar import is_school_day

MONDAY = date(2026, 9, 14)
FRIDAY = date(2026, 9, 18)

days = st.integers(0, 40).map(lambda n: MONDAY + timedelta(days=n))
spans = st.tuples(days, st.integers(0, 20)).map(lambda s: (s[0], s[0] + timedelta(days=s[1])))
someone = st.builds(
    Candidate,
    user_id=st.integers(1, 50),
    open_tasks=st.integers(0, 30),
    weekdays=st.none() | st.frozensets(st.integers(0, 6)),
    away=st.lists(spans, max_size=2).map(tuple),
)


def test_the_one_with_least_to_do_takes_it() -> None:
    assert choose([Candidate(1, 5), Candidate(2, 2), Candidate(3, 2)], day=MONDAY) == 2


def test_who_is_away_takes_nothing() -> None:
    away = Candidate(1, 0, away=((MONDAY, FRIDAY),))
    assert choose([away, Candidate(2, 9)], day=FRIDAY) == 2
    assert choose([away], day=FRIDAY) is None
    assert choose([away], day=FRIDAY + timedelta(days=1)) == 1


def test_who_works_on_other_days_takes_it_only_where_nobody_is_there() -> None:
    tuesdays = Candidate(1, 0, weekdays=frozenset({1}))
    assert choose([tuesdays, Candidate(2, 9)], day=MONDAY) == 2
    assert choose([tuesdays], day=MONDAY) == 1


def test_nobody_gets_more_than_so_many_a_day() -> None:
    load: dict[date, int] = {}
    for _ in range(7):
        day = due_for(load, 3, FRIDAY, set())
        load[day] = load.get(day, 0) + 1
    assert load == {FRIDAY: 3, date(2026, 9, 21): 3, date(2026, 9, 22): 1}


def test_a_calendar_closed_for_good_still_gives_a_date() -> None:
    closed = {MONDAY + timedelta(days=n) for n in range(1000)}
    assert due_for({}, 3, MONDAY, closed) == MONDAY


@given(st.lists(someone, max_size=8), days)
def test_whoever_is_chosen_is_not_away_and_nobody_present_has_less_to_do(
    people: list[Candidate], day: date
) -> None:
    chosen = choose(people, day=day)
    free = [one for one in people if not one.is_away(day)]
    assert (chosen is None) == (not free)
    if chosen is not None:
        present = [one for one in people if one.works(day)] or free
        least = min(one.open_tasks for one in present)
        assert (chosen, least) in {(one.user_id, one.open_tasks) for one in present}


@given(
    st.dictionaries(days, st.integers(0, 6), max_size=40),
    st.integers(1, 5),
    days,
    st.sets(days, max_size=20),
    st.none() | someone,
)
def test_a_due_day_is_a_school_day_of_theirs_with_room(
    load: dict[date, int], per_day: int, today: date, closed: set[date], who: Candidate | None
) -> None:
    due = due_for(load, per_day, today, closed, who=who)
    assert due >= today
    if who is None or who.weekdays is None or any(day < 5 for day in who.weekdays):
        assert is_school_day(due, closed)
        assert who is None or who.works(due)
        assert load.get(due, 0) < per_day
        sooner = (today + timedelta(days=n) for n in range((due - today).days))
        assert all(
            not is_school_day(day, closed)
            or (who is not None and not who.works(day))
            or load.get(day, 0) >= per_day
            for day in sooner
        )


def test_three_ways_in_vain_call_for_a_plan_and_one_way_ten_times_does_not() -> None:
    assert wants_plan([("letter", 1), ("call", 1), ("visit", 1)])
    assert not wants_plan([("letter", 1)] * 10)
    assert not wants_plan([("letter", 1), ("call", 1), ("visit", 1), ("text", 3)])


@given(st.lists(st.tuples(st.sampled_from("abcde"), st.integers(1, 5))))
def test_any_sign_ends_the_proposal_of_a_plan(tries: list[tuple[str, int]]) -> None:
    assert wants_plan(tries) == (
        all(level < 3 for _, level in tries) and len({way for way, _ in tries}) >= 3
    )
