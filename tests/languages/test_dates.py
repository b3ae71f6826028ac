"""Dates, numbers, lists and names in all twelve, pinned."""

from datetime import date

import pytest

from bothways.languages.codes import LANGUAGES
from bothways.languages.dates import (
    day_and_month,
    listed,
    long_date,
    number,
    weekday,
    whole_name,
)

DAY = date(2026, 9, 14)
# tag: long date, day and month, day of the week, 1234.5, a list
AS_WRITTEN = {
    "en": ("September 14, 2026", "September 14", "Monday", "1,234.5", "A, B, and C"),
    "es": ("14 de septiembre de 2026", "14 de septiembre", "lunes", "1.234,5", "A, B y C"),
    "ar": ("14 سبتمبر 2026", "14 سبتمبر", "الاثنين", "1,234.5", "A وB وC"),
    "zh-Hans": ("2026年9月14日", "9月14日", "星期一", "1,234.5", "A、B和C"),
    "vi": ("14 tháng 9, 2026", "14 tháng 9", "Thứ Hai", "1.234,5", "A, B và C"),
    "ht": ("14 septanm 2026", "14 septanm", "lendi", "1\u202f234,5", "A, B ak C"),
    "so": ("Sebtembar 14, 2026", "14 Sebtembar", "Isniin", "1,234.5", "A, B iyo C"),
    "am": ("14 ሴፕቴምበር 2026", "14 ሴፕቴምበር", "ሰኞ", "1,234.5", "A፣ B እና C"),
    "prs": ("14 سپتمبر 2026", "14 سپتمبر", "دوشنبه", "1,234.5", "A،‏ B، و C"),
    "ps": ("د 2026 کال د سپتمبر 14مه", "د سپتمبر 14مه", "دوشنبه", "1.234,5", "A، B، او C"),
    "uk": ("14 вересня 2026", "14 вересня", "понеділок", "1\xa0234,5", "A, B і C"),
    "pt": ("14 de setembro de 2026", "14 de setembro", "segunda-feira", "1.234,5", "A, B e C"),
}


def test_every_language_is_pinned() -> None:
    assert set(AS_WRITTEN) == set(LANGUAGES)


@pytest.mark.parametrize("tag", LANGUAGES)
def test_a_day_is_written_as_its_readers_write_it(tag: str) -> None:
    assert (
        long_date(tag, DAY),
        day_and_month(tag, DAY),
        weekday(tag, DAY),
        number(tag, 1234.5),
        listed(tag, ["A", "B", "C"]),
    ) == AS_WRITTEN[tag]


@pytest.mark.parametrize("tag", [tag for tag in LANGUAGES if tag != "en"])
def test_no_language_has_the_months_of_another(tag: str) -> None:
    months = {day_and_month(tag, date(2026, month, 3)) for month in range(1, 13)}
    assert len(months) == 12
    for month in range(1, 13):
        assert day_and_month(tag, date(2026, month, 3)) != day_and_month("en", date(2026, month, 3))
    if tag == "ht":
        french = {"janvier", "février", "mars", "mai", "juin", "juillet", "août", "septembre"}
        assert not any(word in french for day in months for word in day.split())


@pytest.mark.parametrize("tag", LANGUAGES)
def test_the_days_of_a_week_are_seven(tag: str) -> None:
    assert len({weekday(tag, date(2026, 9, day)) for day in range(14, 21)}) == 7


def test_an_unknown_language_gets_english() -> None:
    assert long_date("xx", DAY) == "September 14, 2026"


@pytest.mark.parametrize("tag", LANGUAGES)
def test_a_list_of_one_is_that_one(tag: str) -> None:
    assert listed(tag, ["A"]) == "A"


def test_a_chinese_name_has_the_family_first_and_a_foreign_one_stays() -> None:
    assert whole_name("zh-Hans", "小明", "王") == "王小明"
    assert whole_name("zh-Hans", "Troy", "Washington") == "Troy Washington"
    assert whole_name("es", "Luis", "Núñez") == "Luis Núñez"
    assert whole_name("en", "", "Parker") == "Parker"
