"""What the system itself says, in twelve languages."""

from datetime import datetime

import pytest

from bothways.languages import phrases
from bothways.languages.codes import LANGUAGES
from bothways.languages.meaning import Kind, read_reply
from bothways.languages.phrases import phrase, placeholders

TABLES = phrases._tables()
KEYS = phrases.keys()
VALUES = {
    "name": "Mrs. C",
    "school": "Cedar Hollow Elementary",
    "when": "today",
    "link": "https://example.org/r/ABCD",
    "url": "example.org",
    "phone": "(317) 555-0100",
    "child": "Troy",
    "children": "Troy, Emily",
    "day": "Monday",
    "date": "September 14, 2026",
    "courses": "Reading, Science",
    "time": "8:00 AM",
    "section": "Room 12",
    "code": "48213",
    "what": "homework done",
    "words": "A later bus.",
    "choices": "1 = no; 2 = yes",
    "end": "43",
    "n": 1,
    "m": 2,
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_phrase_exists_in_every_language(language: str) -> None:
    assert tuple(key for key in TABLES[language] if key != "reviewed") == KEYS


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", KEYS)
def test_a_phrase_has_the_same_placeholders_in_every_language(language: str, key: str) -> None:
    assert placeholders(str(TABLES[language][key])) == placeholders(str(TABLES["en"][key]))


@pytest.mark.parametrize("language", [tag for tag in LANGUAGES if tag != "en"])
def test_no_phrase_was_left_in_english(language: str) -> None:
    same = {("es", "told_no")}  # “No” is Spanish, too
    left = [key for key in KEYS if TABLES[language][key] == TABLES["en"][key]]
    assert [key for key in left if (language, key) not in same] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_phrase_can_be_filled_in(language: str) -> None:
    for key in KEYS:
        filled = phrase(language, key, **VALUES)
        assert "{" not in filled
        assert filled == filled.strip()


def test_only_english_has_been_reviewed() -> None:
    assert [tag for tag in LANGUAGES if phrases.is_reviewed(tag)] == ["en"]


def test_a_language_we_do_not_write_gets_the_nearest_then_english() -> None:
    assert phrase("es-MX", "send_button") == "Enviar"
    assert phrase("fa", "send_button") == phrase("prs", "send_button")
    assert phrase("kjb", "send_button") == "Send"
    assert phrases.written_in("zh-Hant") == "en"


def test_a_wrong_key_or_a_missing_value_is_an_error() -> None:
    with pytest.raises(phrases.UnknownPhrase):
        phrase("en", "no_such_phrase")
    with pytest.raises(KeyError):
        phrase("es", "page_title")


def test_what_is_counted_is_asked_for_as_the_form_names_it() -> None:
    """“pieces of homework done” is what the form of a case gives as its example."""
    asked = phrase("en", "case_ask_count", child="Troy", what="pieces of homework done")
    assert asked == (
        "Troy: pieces of homework done. How many today? Answer with a number; 0 means none."
    )
    assert phrase("es", "case_ask_count", child="Troy", what="tareas terminadas") == (
        "Troy: tareas terminadas. ¿Qué cantidad hoy? Responda con un número; 0 quiere decir ninguna."
    )


def test_numbers_keep_their_order_in_arabic_and_links_stay_bare() -> None:
    told = phrase("ar", "help", school="Cedar Hollow", phone="(317) 555-0100")
    assert "\u2068(317) 555-0100\u2069" in told
    assert phrase("ps", "text_tail", link="https://example.org/r/A").endswith(
        ": https://example.org/r/A"
    )
    assert "\u2068" not in phrase("es", "help", school="Cedar Hollow", phone="(317) 555-0100")


@pytest.mark.parametrize("language", LANGUAGES)
def test_confirmations_name_the_word_that_undoes_them(language: str) -> None:
    assert "START" in phrase(language, "stop_confirmed", school="X")
    assert "STOP" in phrase(language, "start_confirmed", school="X")
    assert "911" in phrase(language, "acknowledgement_emergency", school="X")
    assert read_reply("START").kind is Kind.START
    assert read_reply("STOP").kind is Kind.STOP


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_answers_on_our_own_buttons_and_slips_are_read_as_meant(language: str) -> None:
    assert read_reply(phrase(language, "read_button"), language).kind is Kind.ACKNOWLEDGED
    assert read_reply(phrase(language, "slip_read"), language).kind is Kind.ACKNOWLEDGED
    assert read_reply(phrase(language, "unsubscribe_button"), language).kind is Kind.STOP
    assert read_reply(phrase(language, "not_understood_button"), language).kind is Kind.WORDS
    assert read_reply(phrase(language, "call_me_button"), language).kind is Kind.WORDS


def test_none_of_our_own_phrases_would_raise_an_alarm_when_quoted_back() -> None:
    alarming = {
        (language, key)
        for language in LANGUAGES
        for key in KEYS
        if key != "acknowledgement_emergency"
        and read_reply(phrase(language, key, **VALUES), language).danger
    }
    assert alarming == set()


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (datetime(2026, 9, 14, 9, 0), "today"),
        (datetime(2026, 9, 14, 15, 30), "today from 3:30 PM"),
        (datetime(2026, 9, 15, 8, 0), "tomorrow from 8:00 AM"),
        (datetime(2026, 9, 18, 8, 0), "on Friday from 8:00 AM"),
        (datetime(2026, 9, 20, 8, 0), "on Sunday from 8:00 AM"),
        (datetime(2026, 9, 21, 8, 0), "as soon as the school is open again"),
    ],
)
def test_when_is_said_as_people_say_it(at: datetime, said: str) -> None:
    assert phrases.when("en", at, now=datetime(2026, 9, 14, 10, 0)) == said


def test_when_fits_into_the_sentence() -> None:
    monday = phrases.when("uk", datetime(2026, 9, 16, 8, 0), now=datetime(2026, 9, 14, 20, 0))
    assert phrase("uk", "acknowledgement", name="Mrs. C", school="Cedar Hollow", when=monday) == (
        "Ми отримали ваше повідомлення. Mrs. C (Cedar Hollow) прочитає його у середу після 8:00 AM."
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_goes_into_a_text_message_is_short(language: str) -> None:
    for key in ("acknowledgement", "text_tail", "text_tail_short", "stop_confirmed"):
        assert len(str(TABLES[language][key])) <= 150
