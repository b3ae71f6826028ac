from hypothesis import given
from hypothesis import strategies as st

from bothways.sandbox.draws import between, chance, pick

ASKED = [
    (7, "+19505550101", "text", nth, question)
    for nth in range(40)
    for question in ("sees", "words")
]


def test_a_draw_is_the_same_whatever_was_drawn_before():
    forwards = {asked: chance(*asked) for asked in ASKED}
    backwards = {asked: chance(*asked) for asked in reversed(ASKED)}
    assert forwards == backwards
    assert len(set(forwards.values())) == len(ASKED)


def test_a_draw_has_the_value_that_every_installation_gets():
    assert chance(7, "+19505550101", "text", 0, "sees") == 0.8754430011758736


def test_draws_are_spread_evenly():
    drawn = [chance(7, f"+1950555{n:04d}", "text", 0, "sees") for n in range(10_000)]
    assert [round(sum(d < share for d in drawn) / 10_000, 1) for share in (0.1, 0.5, 0.9)] == [
        0.1,
        0.5,
        0.9,
    ]


@given(st.floats(0, 1, exclude_max=True))
def test_what_has_no_share_is_never_picked(drawn):
    odds = (("never", 0.0), ("once", 0.4), ("often", 1.2), ("nor", 0.0))
    assert pick(odds, drawn) == ("once" if drawn < 0.25 else "often")


def test_both_ends_of_a_range_are_drawn():
    assert {between(1, 4, n / 100) for n in range(100)} == {1, 2, 3, 4}
