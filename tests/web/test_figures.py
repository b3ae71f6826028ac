"""No figure speaks about a handful of families."""

from bothways.reach.board import Share
from bothways.web.staff.figures import Group, groups


def _by_language(**sizes: int) -> list[Group]:
    """Half of each are reached."""
    return groups({tag: Share(size, size // 2, 0) for tag, size in sizes.items()}, str)


def test_groups_of_ten_are_shown_with_their_denominator() -> None:
    assert _by_language(es=10) == [Group("es", "es", 10, 5, 0)]


def test_groups_under_ten_are_named_and_not_counted() -> None:
    found = _by_language(en=40, es=20, so=6, ar=5)
    assert [(g.key, g.families, g.hidden) for g in found] == [
        ("en", 40, False),
        ("es", 20, False),
        ("ar", 0, True),
        ("so", 0, True),
    ]


def test_a_single_small_group_takes_the_next_smallest_with_it() -> None:
    """Else the total less what is shown would give it away."""
    found = _by_language(en=40, es=20, so=3)
    assert [g.key for g in found if g.hidden] == ["es", "so"]
