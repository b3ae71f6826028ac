"""Codes as people type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bothways.core.ids import CODE_LENGTH, CODE_LETTERS, show_code
from bothways.web.family.codes import read

CODES = st.text(CODE_LETTERS, min_size=CODE_LENGTH, max_size=CODE_LENGTH)
BETWEEN = st.lists(
    st.sampled_from(["", " ", "-", "–", ".", "\u200b", "\u202e", "\u00a0", "_"]),
    min_size=CODE_LENGTH + 1,
    max_size=CODE_LENGTH + 1,
)


@given(CODES, BETWEEN, st.lists(st.booleans(), min_size=CODE_LENGTH, max_size=CODE_LENGTH))
def test_any_case_and_grouping_is_read(code: str, between: list[str], small: list[bool]) -> None:
    letters = [c.lower() if low else c for c, low in zip(code, small, strict=True)]
    typed = between[0] + "".join(a + b for a, b in zip(letters, between[1:], strict=True))
    assert read(typed) == code


@given(CODES)
def test_the_printed_form_is_read(code: str) -> None:
    assert read(show_code(code)) == code


@given(st.text(max_size=200))
def test_what_is_read_is_a_code_or_nothing(typed: str) -> None:
    found = read(typed)
    assert found is None or (len(found) == CODE_LENGTH and set(found) <= set(CODE_LETTERS))


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("ВСDF-GНJК-МNРQ", "BCDFGHJKMNPQ"),  # В С Н К М Р from a Ukrainian keyboard
        ("вcdf ghjk mnpq", "BCDFGHJKMNPQ"),
        ("ＢＣＤＦＧＨＪＫＭＮＰＱ", "BCDFGHJKMNPQ"),  # full width, from a Chinese one
    ],
)
def test_letters_that_look_the_same_are_the_same(typed: str, code: str) -> None:
    assert read(typed) == code
