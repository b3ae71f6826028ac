"""Texts of teachers and days of schools, as pure functions."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bothways.hotline.rules import (
    Class,
    Empty,
    Post,
    Unclear,
    Undo,
    last_school_day,
    named,
    next_school_day,
    read_staff,
    words_for,
)
from bothways.languages.homework import after_homework, asks_for_homework

ROOM_12 = Class(1, "Room 12", "48213")
MATH_A = Class(2, "Math 3A", "59102")
MATH_B = Class(3, "Math 3B", "60713")
CLASSES = (ROOM_12, MATH_A, MATH_B)
TITLES = st.lists(
    st.text(min_size=1, max_size=30).filter(lambda title: title.strip() != ""), max_size=8
)
OURS = TITLES.map(
    lambda titles: [Class(n, title, str(40_000 + n)) for n, title in enumerate(titles)]
)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("3B: read pages 4-9", Post(3, "read pages 4-9")),
        ("math 3b：read", Post(3, "read")),
        ("60713: read\npages 4-9", Post(3, "read\npages 4-9")),
        ("60713 read pages 4-9", Post(3, "read pages 4-9")),
        ("Room 12: math: sheet 5", Post(1, "math: sheet 5")),
        ("room12: sheet", Post(1, "sheet")),
        ("math: sheet 5", Unclear("math")),
        ("read pages 4-9", Unclear("")),
        (": read", Unclear("")),
        ("4C: read", Unclear("4C")),
        ("3A:  ", Empty(2)),
        ("", Unclear("")),
    ],
)
def test_a_class_is_named_by_title_part_of_it_or_code(text: str, meant: object) -> None:
    assert read_staff(text, CLASSES) == meant


@pytest.mark.parametrize("text", ["undo", " UNDO ", "Undo!", "cancel"])
def test_one_word_takes_it_back(text: str) -> None:
    assert isinstance(read_staff(text, CLASSES), Undo)


@pytest.mark.parametrize(
    ("text", "words"),
    [(": read", "read"), ("read", "read"), ("math: sheet 5", "math: sheet 5")],
)
def test_who_has_one_class_need_not_name_it(text: str, words: str) -> None:
    assert read_staff(text, [ROOM_12]) == Post(1, words)


@given(st.text(max_size=300), OURS)
def test_whatever_is_written_posts_to_a_class_of_ones_own_or_to_none(
    text: str, classes: list[Class]
) -> None:
    meant = read_staff(text, classes)
    if isinstance(meant, Post | Empty):
        assert meant.section in {one.id for one in classes}
    if isinstance(meant, Post):
        assert meant.words == meant.words.strip() != ""
        assert meant.words in text


@given(OURS, st.text(min_size=1, max_size=200).filter(lambda words: words.strip() != ""))
def test_by_its_code_every_class_is_found(classes: list[Class], words: str) -> None:
    for one in classes:
        assert read_staff(f"{one.code}: {words}", classes) == Post(one.id, words.strip())


@given(st.text(max_size=40), OURS)
def test_two_classes_that_fit_alike_are_never_guessed(name: str, classes: list[Class]) -> None:
    twice = [*classes, *(Class(one.id + 100, one.title, "x" + one.code) for one in classes)]
    found = named(name, twice)
    assert found is None or found.code == "".join(name.split()) or found.code in name


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("HW", "en"),
        ("  homework? ", "en"),
        ("TAREA", "es"),
        ("واجب", "ar"),
        ("作业", "zh-Hans"),
        ("Bài tập", "vi"),
        ("devwa", "ht"),
        ("የቤት ሥራ", "am"),
        ("کارخانگی", "prs"),
        ("Домашнє завдання", "uk"),
        ("Lição de casa", "pt"),
        ("The homework was too hard", None),
        ("tarea de ayer?", None),
        ("", None),
        ("👍", None),
    ],
)
def test_a_word_for_homework_alone_asks_for_it(text: str, language: str | None) -> None:
    assert asks_for_homework(text) == language


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("HW 3B: read", "3B: read"),
        ("hw: read", ":read"),
        ("HW:read", ":read"),
        ("home work 3B: read", "3B: read"),
        ("hw", ""),
        ("Troy has homework", None),
        ("hwy 3B: read", None),
    ],
)
def test_what_follows_the_word(text: str, rest: str | None) -> None:
    assert after_homework(text) == rest


@given(st.text(max_size=400))
def test_any_text_can_be_read(text: str) -> None:
    rest = after_homework(text)
    assert asks_for_homework(text) is None or rest == ""


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.sets(st.integers(-20, 20)))
def test_school_days_lie_before_and_after(day: date, offsets: set[int]) -> None:
    closed = {day + timedelta(days=n) for n in offsets}
    assert last_school_day(day, closed) <= day < next_school_day(day, closed)


def test_after_the_weekend_friday_is_the_last_school_day() -> None:
    sunday = date(2026, 9, 13)
    assert last_school_day(sunday, set()) == date(2026, 9, 11)
    assert last_school_day(sunday, {date(2026, 9, 11)}) == date(2026, 9, 10)
    assert next_school_day(date(2026, 9, 11), {date(2026, 9, 14)}) == date(2026, 9, 15)


@pytest.mark.parametrize(
    ("tag", "found"),
    [
        ("es", ("es", "Lea")),
        ("es-MX", ("es", "Lea")),
        ("vi", ("en", "Read")),
        ("en", ("en", "Read")),
    ],
)
def test_a_reader_gets_the_own_language_else_the_teachers(tag: str, found: tuple[str, str]) -> None:
    assert words_for(tag, {"en": "Read", "es": "Lea", "pt": " "}, "en") == found


def test_no_words_are_no_words() -> None:
    assert words_for("en", {"en": " \n"}, "en") is None
