"""What must survive a translation: taken out, put back, checked."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bothways.languages.codes import LANGUAGES
from bothways.languages.protection import (
    TOKEN,
    Part,
    check,
    find,
    plain,
    protect,
    restore,
    western,
)

WORDS = (
    "Troy was absent on September 14. Call {school} at (312) 555-0101 before 3:30 PM, "
    "or see https://example.org/a?b=1. It costs $5.00, in room 204, for 2 days. "
    "Write to office@example.org."
)
NAMES = ["Troy", "Troy Washington", "Mrs. C"]


def test_each_part_is_found_for_what_it_is() -> None:
    assert [(kept.part, kept.value) for kept in find(WORDS, names=NAMES)] == [
        (Part.NAME, "Troy"),
        (Part.DATE, "September 14"),
        (Part.PLACEHOLDER, "{school}"),
        (Part.PHONE, "(312) 555-0101"),
        (Part.TIME, "3:30 PM"),
        (Part.LINK, "https://example.org/a?b=1"),
        (Part.AMOUNT, "$5.00"),
        (Part.NUMBER, "204"),
        (Part.EMAIL, "office@example.org"),
    ]


def test_no_name_is_left_for_an_engine() -> None:
    whole = protect("Troy Washington and Troy: ask Mrs. C, not Troyes.", names=NAMES)
    assert whole.text == "⟦1⟧ and ⟦2⟧: ask ⟦3⟧, not Troyes."


def test_a_date_in_words_comes_back_in_the_words_of_the_language() -> None:
    whole = protect("It is on September 14, 2026 and on 9/15.")
    assert restore("Es el ⟦1⟧ y el ⟦2⟧.", whole.kept, target="es") == (
        "Es el 14 de septiembre de 2026 y el 9/15."
    )


def test_a_token_that_the_engine_made_up_goes() -> None:
    assert (
        restore("a ⟦7⟧ b ⟦ 1 ⟧", protect("Troy", names=["Troy"]).kept, target="es") == "a  b Troy"
    )


def test_brackets_that_somebody_typed_are_no_tokens() -> None:
    assert protect("⟦1⟧ is here", names=[]).text == "[1] is here"


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("ar", "غاب Troy في 14 سبتمبر. اتصلوا بـ {school} على (٣١٢) ٥٥٥-٠١٠١ قبل ٣:٣٠ مساءً أو"
         " https://example.org/a?b=1. الثمن $٥٫٠٠ في غرفة ٢٠٤ ليومين. office@example.org"),
        ("prs", "Troy به تاریخ ۱۴ سپتمبر غیرحاضر بود. {school} (۳۱۲) ۵۵۵-۰۱۰۱ پیش از ۳:۳۰ https://example.org/a?b=1"
         " $۵.۰۰ اتاق ۲۰۴ برای ۲ روز office@example.org"),
        ("zh-Hans", "Troy 9月14日缺席。请在下午３：３０前致电 {school} (312) 555-0101，或看 https://example.org/a?b=1"
         " 。费用＄５．００，２０４室，２天。office@example.org"),
        ("es", "Troy faltó el 14 de septiembre. Llame a {school} al (312) 555-0101 antes de las 15:30, o vea "
         "https://example.org/a?b=1. Cuesta $5.00, salón 204, dos días. Escriba a office@example.org."),
    ],
)  # fmt: skip
def test_a_right_translation_has_no_warning_whatever_its_digits(language: str, said: str) -> None:
    assert [w.words for w in check(WORDS, said, target=language, names=NAMES)] == []


@pytest.mark.parametrize(
    ("said", "warnings"),
    [
        ("Tony faltó el 14 de septiembre.", [("missing", "Troy")]),
        ("Troy faltó el 15 de septiembre.", [("added", "15"), ("missing", "September 14")]),
        ("Troy, Troy faltó el 14 de septiembre.", [("twice", "Troy")]),
        ("Troy faltó el 14 de septiembre, 3 veces.", [("added", "3")]),
        ("", [("empty", "")]),
    ],
)
def test_what_is_wrong_is_named_with_its_place(said: str, warnings: list[tuple[str, str]]) -> None:
    source = "Troy was absent on September 14."
    found = check(source, said, target="es", names=NAMES)
    assert [(w.what, w.value) for w in found] == warnings
    for warning in found:
        text = source if warning.missing else said
        if warning.value:
            assert text[warning.start : warning.end] == warning.value
        assert warning.words


def test_other_digits_in_another_script_are_seen() -> None:
    found = check("Room 204", "غرفة ٢٠٥", target="ar")
    assert [(w.what, w.value) for w in found] == [("added", "٢٠٥"), ("missing", "204")]


def test_an_untranslated_text_is_pointed_out() -> None:
    found = check("Please come to school", "Please come to  school", target="es")
    assert [w.what for w in found] == ["unchanged"]


_PIECES = st.sampled_from(
    [
        *(
            "Troy",
            "Emily O'Neill",
            "{child}",
            "https://a.example/x",
            "(312) 555-0101",
            "$12.50",
            "3:30 PM",
        ),
        *(
            "September 14",
            "9/14/2026",
            "2026-09-14",
            "204",
            "B12",
            "a@b.example",
            "2",
            "⟦3⟧",
            "٣",
            "{",
        ),
        *("come", "to school", "the", "escuela", "学校", "مدرسة", "\n", "…", "100%"),
    ]
)


def test_a_phone_number_in_front_of_a_date_does_not_reach_into_it() -> None:
    found = find("(312) 555-0101 2026-09-14")
    assert [(one.part, one.value) for one in found] == [
        (Part.PHONE, "(312) 555-0101"),
        (Part.DATE, "2026-09-14"),
    ]


@given(st.lists(_PIECES, max_size=12), st.sampled_from(LANGUAGES))
def test_an_engine_that_changes_nothing_loses_nothing(pieces: list[str], target: str) -> None:
    """Tokens that come back as they went give the text as it was, but for dates in words."""
    text = " ".join(pieces)
    whole = protect(text, names=["Troy", "Emily O'Neill"])
    assert "Troy" not in whole.text
    assert len(TOKEN.findall(whole.text)) == len(whole.kept)
    back = restore(whole.text, whole.kept, target=target)
    if "September" not in text:
        assert back == plain(text)
    assert [
        w for w in check(text, back, target=target, names=["Troy"]) if w.what != "unchanged"
    ] == []


@given(st.lists(_PIECES, min_size=1, max_size=8), st.data())
def test_a_part_that_got_lost_is_always_noticed(pieces: list[str], data: st.DataObject) -> None:
    whole = protect(" ".join(pieces), names=["Troy", "Emily O'Neill"])
    if not whole.kept:
        return
    lost = data.draw(st.integers(1, len(whole.kept)))
    back = restore(whole.text.replace(f"⟦{lost}⟧", "", 1), whole.kept, target="es")
    found = check(" ".join(pieces), back, target="es", names=["Troy", "Emily O'Neill"])
    assert [w.what for w in found if w.what in ("missing", "empty")] != []


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_two_texts_can_be_compared(source: str, said: str) -> None:
    for warning in check(source, said, target="ar", names=["Troy"]):
        length = len(plain(source if warning.missing else said))
        assert 0 <= warning.start <= warning.end <= length


@given(st.text(max_size=100))
def test_digits_of_any_script_keep_their_places(text: str) -> None:
    assert len(western(text)) == len(text)


def test_a_long_text_is_read_in_a_moment() -> None:
    began = time.perf_counter()
    find(
        "1234567890 " * 500 + "(" * 3_000 + "9" * 3_000 + "1 de " * 1_000 + "$" * 1_000,
        names=["Troy"],
    )
    assert time.perf_counter() - began < 2
