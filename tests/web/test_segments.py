"""Districts pay for texts by the part."""

import pytest

from bothways.web.staff.segments import Length, length


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Length(0, 0, ())),
        ("a" * 160, Length(160, 1, ())),
        ("a" * 161, Length(161, 2, ())),
        ("a" * 306, Length(306, 2, ())),
        ("a" * 307, Length(307, 3, ())),
        ("€" * 80, Length(80, 1, ())),
        ("€" * 81, Length(81, 2, ())),
        ("ñandú", Length(5, 1, ("ú",))),
        ("“" + "a" * 69, Length(70, 1, ("“",))),
        ("“" + "a" * 70, Length(71, 2, ("“",))),
        ("😀" * 35, Length(35, 1, ("😀",))),
        ("😀" * 36, Length(36, 2, ("😀",))),
    ],
)
def test_parts_are_counted_as_carriers_count_them(text: str, expected: Length) -> None:
    assert length(text) == expected
