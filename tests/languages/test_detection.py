"""In which language a family wrote."""

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bothways.languages.codes import LANGUAGES
from bothways.languages.detection import detect

WRITTEN = [
    ("My son is sick today, he will come tomorrow.", "en"),
    ("Mi hijo está enfermo hoy, irá mañana a la escuela.", "es"),
    ("ابني مريض اليوم وسيأتي غدا إلى المدرسة", "ar"),
    ("我儿子今天生病了，明天会去学校。", "zh-Hans"),
    ("Con tôi hôm nay bị ốm, ngày mai cháu sẽ đi học.", "vi"),
    ("Pitit gason m malad jodi a, l ap vini lekòl demen.", "ht"),
    ("Wiilkaygu maanta waa xanuunsan yahay, berri ayuu iman doonaa.", "so"),
    ("ልጄ ዛሬ ታሟል፣ ነገ ወደ ትምህርት ቤት ይመጣል።", "am"),
    ("زوی مې نن ناروغ دی، سبا به ښوونځي ته راشي", "ps"),
    ("Мій син сьогодні хворіє, завтра він прийде до школи.", "uk"),
    ("O meu filho está doente hoje, vai à escola amanhã.", "pt"),
]


@pytest.mark.parametrize(("words", "language"), WRITTEN)
def test_a_sentence_is_known_with_the_recorded_language(words: str, language: str) -> None:
    assert detect(words, language) == (language, True)


@pytest.mark.parametrize(("words", "language"), WRITTEN)
def test_a_sentence_is_known_where_nothing_is_recorded(words: str, language: str) -> None:
    assert detect(words, "")[0] == language


@pytest.mark.parametrize(("words", "language"), WRITTEN[1:])
def test_the_record_may_be_wrong(words: str, language: str) -> None:
    assert detect(words, "en")[0] == language


def test_dari_is_persian_to_the_statistics_and_dari_to_us() -> None:
    assert detect("کودکم امروز مریض است و فردا به مکتب می‌آید", "prs") == ("prs", True)


def test_english_of_a_spanish_family_is_english() -> None:
    assert detect("Thank you so much, we will be there on Monday", "es") == ("en", True)


@pytest.mark.parametrize(
    "words", ["", "👍", "🙏🏽🙏🏽", "12345", "?!", "\u200b\u202e", "https://example.org/a"]
)
@pytest.mark.parametrize("known", ["es", "ar", "prs"])
def test_what_has_no_words_is_as_recorded_and_not_sure(words: str, known: str) -> None:
    assert detect(words, known) == (known, False)


@pytest.mark.parametrize("words", ["ok", "si", "no", "k", "Sí 👍"])
def test_a_short_word_is_as_recorded(words: str) -> None:
    assert detect(words, "es") == ("es", False)


def test_a_short_word_in_another_script_is_not_as_recorded() -> None:
    assert detect("نعم", "es")[0] in {"ar", "prs", "ps", "fa", "ur"}


@pytest.mark.parametrize(
    "words", ["salam ustaza, ibni marid alyom", "shukran jazilan inshallah bukra"]
)
def test_arabic_spelled_in_latin_letters_is_arabic(words: str) -> None:
    assert detect(words, "ar") == ("ar", True)
    assert detect(words, "en")[0] == "ar"


def test_la_is_spanish_where_spanish_is_around_it() -> None:
    assert detect("la maestra de mi hija es muy buena", "es") == ("es", True)


def test_two_languages_in_one_message_are_not_sure() -> None:
    words = (
        "Good morning teacher my daughter will be late for school today because of the doctor "
        "mi hija tiene una cita con el médico y llegará tarde a la escuela esta mañana"
    )
    language, sure = detect(words, "es")
    assert language in {"es", "en"}
    assert not sure


def test_traditional_chinese_stays_what_is_recorded() -> None:
    assert detect("我兒子今天生病了", "zh-Hant") == ("zh-Hant", True)


def test_nothing_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    from bothways.languages import detection

    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("a look-up over the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    detection._identifier.cache_clear()
    assert detect("Mi hijo está enfermo hoy y no puede ir a la escuela", "")[0] == "es"


@given(st.text(max_size=300), st.sampled_from(["", *LANGUAGES, "ti", "xx"]))
def test_anything_has_a_language(words: str, known: str) -> None:
    language, sure = detect(words, known)
    assert language
    assert isinstance(sure, bool)


def test_an_endless_text_is_read_from_its_beginning() -> None:
    assert detect("Mi hijo está enfermo hoy. " * 50_000, "es") == ("es", True)
