"""What a short reply answers: read in twelve languages, and in doubt not at all."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bothways.languages.codes import LANGUAGES
from bothways.languages.counting import _tables, number_said, yes_or_no
from bothways.languages.phrases import languages
from bothways.messaging.answers import MOST_READ, Shape, read_answer
from bothways.messaging.enums import Takes

SCALE = Shape(Takes.SCALE)
YES_NO = Shape(Takes.YES_NO)
NUMBER = Shape(Takes.NUMBER)
HELPED = Shape(Takes.CHOICE, choices=(("yes", "sí"), ("a little", "un poco"), ("no", "no")))
DIGITS = ("0123456789", "٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹", "०१२३४५६७८९", "０１２３４５６７８９")


AROUND = ("{}", "  {}. ", "{}!", "({})", "{} / 5", "{}/5", "{}\n")
BESIDES = ("pero llora en la noche", "but he cried for 2 days", "لكنه بكى")
UNCLEAR = (
    *("3-4", "3 4", "3:30", "3 pm", "3rd", "5th grade", "3/4", "-3", "3.5"),
    *("3125550101", "uno de mis hijos", "", ".", "\x00"),
)


def value(text: str, shape: Shape, language: str | None = None) -> int | None:
    found = read_answer(text, shape, language)
    return None if found is None or found.value is None else int(found.value)


@given(
    number=st.integers(0, 12),
    script=st.sampled_from(DIGITS),
    around=st.sampled_from(["{}", "  {}. ", "{}!", "({})", "{} / 5", "{}/5", "{}\n"]),
)
def test_a_digit_of_any_script_is_that_number_within_the_scale_and_nothing_outside(
    number: int, script: str, around: str
) -> None:
    said = around.format("".join(script[int(digit)] for digit in str(number)))
    assert value(said, SCALE) == (number if 1 <= number <= 5 else None)


@given(text=st.text(max_size=300), shape=st.sampled_from([SCALE, YES_NO, NUMBER, HELPED]))
def test_whatever_is_written_the_answer_lies_within_the_question(text: str, shape: Shape) -> None:
    found = read_answer(text, shape)
    if found is not None and found.value is not None:
        low, high = {
            Takes.SCALE: (1, 5),
            Takes.YES_NO: (0, 1),
            Takes.NUMBER: (0, 999_999),
            Takes.CHOICE: (1, 3),
        }[shape.takes]
        assert low <= found.value <= high


@given(
    number=st.integers(1, 5),
    words=st.sampled_from(BESIDES),
)
def test_words_beside_the_number_are_kept_and_somebody_reads_them(number: int, words: str) -> None:
    found = read_answer(f"{number}, {words}", SCALE)
    assert found is not None
    assert (found.value, found.words, found.whole) == (number, words, False)


def test_every_language_of_ours_counts_and_says_yes_and_no() -> None:
    assert set(_tables()) == set(LANGUAGES) == set(languages())
    for tag, words in _tables().items():
        assert set(words.numbers.values()) == set(range(11)), tag
        for word, number in words.numbers.items():
            said = number_said(word, tag)
            assert (said and said.value) == number, (tag, word)
        for word, answer in words.answers.items():
            said = yes_or_no(word, tag)
            assert (said and said.value) == answer, (tag, word)
        for phrase in words.unsure:
            assert yes_or_no(phrase, tag) is None, (tag, phrase)


@pytest.mark.parametrize(
    "text",
    [
        "3-4",
        "3 4",
        "3:30",
        "3 pm",
        "3rd",
        "5th grade",
        "3/4",
        "-3",
        "3.5",
        "3125550101",
        "uno de mis hijos",
        "",
        ".",
        "\x00",
    ],
)
def test_what_may_mean_something_else_is_no_point_on_a_scale(text: str) -> None:
    assert read_answer(text, SCALE) is None


@pytest.mark.parametrize(
    ("text", "language", "answer"),
    [
        ("Sí, gracias", "es", 1),
        ("No, porque no durmió", "es", 0),
        ("no sé", "es", None),
        ("no puede dormir", "es", None),
        ("نعم", "ar", 1),
        ("لا أعرف", "ar", None),
        ("không", "vi", 0),
        ("cô ơi", "vi", None),
        ("是的谢谢", "zh-Hans", 1),
        ("不知道", "zh-Hans", None),
        ("maya", "so", 0),
        ("Maya", "en", None),  # her daughter
        ("👍🏽", "en", 1),
        ("👎", "en", 0),
        ("1", "en", 1),
        ("2", "en", 0),
        ("1 hora", "es", None),
    ],
)
def test_yes_and_no(text: str, language: str, answer: int | None) -> None:
    assert value(text, YES_NO, language) == answer


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("B", 2),
        ("b) ", 2),
        ("opción b", 2),
        ("Un poco", 2),
        ("3", 3),
        ("В", 2),
        ("ب", 2),
        ("A mi hijo le gusta", None),
        ("d", None),
        ("4", None),
    ],
)
def test_a_choice_by_letter_by_number_or_in_its_words(text: str, choice: int | None) -> None:
    assert value(text, HELPED) == choice


def test_a_novel_is_read_in_no_time_and_a_number_with_a_comma_is_exact() -> None:
    assert read_answer("a " * 50_000, SCALE) is None
    long = read_answer("3 " + "y " * 50_000, SCALE)
    assert long is not None
    assert (long.value, len(long.words) <= MOST_READ) == (3, True)
    half = read_answer("2,5 horas", NUMBER)
    assert (half and half.value) == Decimal("2.5")
