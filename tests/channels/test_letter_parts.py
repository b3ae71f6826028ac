"""The small decisions behind a letter."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bothways.channels.contract import Version
from bothways.channels.enums import Channel
from bothways.channels.letters.dates import long_date
from bothways.channels.letters.direction import balanced, isolated, right_to_left
from bothways.channels.letters.glyphs import missing
from bothways.channels.letters.labels import Labels
from bothways.channels.letters.layout import (
    Style,
    address_size,
    clean,
    grouped,
    paragraphs,
    placed,
)
from bothways.channels.letters.tray import batch_name
from bothways.channels.letters.typesetting import typeset
from channels.deliveries import to_alician
from channels.letter_words import WORDS

NOW = datetime(2021, 9, 13, 14, 0, tzinfo=UTC)
STYLE = Style(Labels(WORDS), NOW.date(), long_date, type_at="", staff_note="By hand.")


@pytest.mark.parametrize(
    ("language", "text", "rtl"),
    [
        ("ar", "", True),
        ("prs", "", True),
        ("ps", "English name", True),
        ("ur-PK", "", True),
        ("en", "", False),
        ("pa", "ਪਿਆਰੇ", False),
        ("pa-Arab", "", True),
        ("ku", "خێزانی خۆشەویست", True),
        ("ku", "Malbata hêja", False),
    ],
)
def test_direction_of(language: str, text: str, rtl: bool) -> None:
    assert right_to_left(language, text) is rtl


@pytest.mark.parametrize(
    "kept",
    [
        "(512) 555-0100",
        "+1 512 555 0100",
        "8:00-15:30",
        "https://a.example/r?x=1&y=2",
        "a.example/r",
        "office@a.example",
        "BCDF-GHJK",
        "9/13/2021",
        "3.5",
    ],
)
def test_numbers_and_addresses_keep_their_own_direction(kept: str) -> None:
    assert isolated(f"اتصلوا {kept} اليوم") == f"اتصلوا \u2066{kept}\u2069 اليوم"


def test_words_and_what_is_already_isolated_stay_as_they_are() -> None:
    for line in ("عائلتنا العزيزة Troy", "اتصلوا \u2066555-0100\u2069 اليوم", ""):
        assert isolated(line) == line


@given(st.text(st.sampled_from("ab\u2066\u2067\u2068\u2069")))
def test_no_line_turns_the_next_one_around(line: str) -> None:
    depth = 0
    for char in balanced(line):
        depth += (char in "\u2066\u2067\u2068") - (char == "\u2069")
        assert depth >= 0
    assert depth == 0
    marks = str.maketrans("", "", "\u2066\u2067\u2068\u2069")
    assert balanced(line).translate(marks) == line.translate(marks)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "September 13, 2021"),
        ("es", "13 de septiembre de 2021"),
        ("ht", "13 septanm 2021"),
        ("zh-Hans", "2021年9月13日"),
        ("zh-Hant", "2021年9月13日"),
        ("vi", "13 tháng 9, 2021"),
        ("so", "Sebtembar 13, 2021"),
        ("am", "13 ሴፕቴምበር 2021"),
        ("ar", "13 سبتمبر 2021"),
        ("uk", "13 вересня 2021\u202fр."),
        ("pt-BR", "13 de setembro de 2021"),
        ("hmn", "September 13, 2021"),
        ("no such language", "September 13, 2021"),
    ],
)
def test_date_as_its_readers_write_it(language: str, words: str) -> None:
    assert long_date(language, date(2021, 9, 13)) == words


def test_dari_has_the_dates_of_afghanistan() -> None:
    assert long_date("prs", date(2021, 3, 2)) == long_date("fa-AF", date(2021, 3, 2))


def test_date_in_a_script_without_a_font_is_told_in_english() -> None:
    fula = Version("ff-Adlm", "Mi yidi", "Jam")
    letter = placed(to_alician(Channel.LETTER, versions=(fula,)), 0, STYLE)
    assert letter["versions"][0]["date"] == "September 13, 2021"


def test_language_without_its_own_words_gets_english_ones() -> None:
    labels = Labels(WORDS)
    assert labels.get("es-MX", "slip_read") == WORDS["es"]["slip_read"]
    assert labels.get("hmn", "slip_read") == "I have read this letter"


def test_values_stand_apart_in_a_sentence() -> None:
    assert Labels(WORDS).pieces("en", "letter_call", phone="{url} 555") == [
        "Or call us: ",
        {"value": "{url} 555", "weight": "bold"},
    ]


@pytest.mark.parametrize(
    ("code", "shown"),
    [("BCDFGHJKMNPQ", "BCDF-GHJK-MNPQ"), ("BCDF-GHJK-MNPQ", "BCDF-GHJK-MNPQ"), ("", "")],
)
def test_code_is_shown_in_groups(code: str, shown: str) -> None:
    assert grouped(code) == shown


def test_paragraphs_are_divided_by_blank_lines() -> None:
    assert paragraphs("Dear all,\r\n\r\n\r\none\ntwo \n \n three") == [
        ["Dear all,"],
        ["one", "two"],
        ["three"],
    ]


@given(st.text(max_size=200))
def test_clean_text_stays_clean_and_has_no_controls(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    assert not set(once) & {"\r", "\t", "\x00", "\u202e", "\u2028", "\ufeff"}


def test_short_address_is_large_and_a_long_one_still_fits() -> None:
    assert address_size(["Alician Brown", "1411 Oak Street", "Grand Bend, TX 78000"]) == 11.0
    sizes = [address_size([f"Line {n}" for n in range(count)]) for count in range(1, 14)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] == 6.0


def test_marks_and_joiners_need_no_glyph() -> None:
    assert missing("a\u200c\u200d\u2066b\u2069\ufe0f\u00ad\n") == ""


def test_characters_without_a_font_are_named_once() -> None:
    assert missing("ᏣᏣ a 𞤀") == "Ꮳ𞤀"


def test_every_font_covers_its_script() -> None:
    assert missing("ñ ặ ґ Ω अ আ અ ਅ அ అ അ မ ก ກ ក א ա ა 你 個 あ 한 ش ټ ڈ አ 👍") == ""


def test_same_letters_have_the_same_name_in_any_order() -> None:
    assert batch_name("letter", ["a", "b"]) == batch_name("letter", ["b", "a"])
    others = {
        batch_name("letter", ["a"]),
        batch_name("letter", ["ab"]),
        batch_name("handover", ["a"]),
    }
    assert len(others | {batch_name("letter", ["a", "b"])}) == 4


def test_letter_that_the_compiler_refuses_is_left_out_and_named() -> None:
    letters: list[dict[str, Any]] = [
        placed(to_alician(Channel.LETTER, f"k{n}"), n, STYLE) for n in range(5)
    ]
    letters[3]["qr"] = "<svg broken"
    printed = typeset(letters, paper="us-letter", title="t", author="a", made_at=NOW)
    assert printed.refused == [3]
    assert printed.spans == [(1, 1), (3, 1), (5, 1), (7, 1)]
    nothing = typeset([letters[3]], paper="us-letter", title="t", author="a", made_at=NOW)
    assert (nothing.pdf, nothing.refused) == (b"", [0])
