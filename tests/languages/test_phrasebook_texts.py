"""The words of the phrasebook: complete, safe to fill in, and short enough to be sent as a text."""

import re
import tomllib
import unicodedata
from importlib.resources import files

import pytest

from bothways.core.gsm import DOUBLE, is_plain
from bothways.languages import phrasebook
from bothways.languages.codes import LANGUAGES
from bothways.languages.meaning import Kind, read_reply
from bothways.languages.phrases import placeholders
from bothways.messaging.enums import Purpose

FOLDER = files("bothways.languages").joinpath("phrasebook")
MESSAGES = phrasebook.shipped()
# As README.md beside the files explains them, filled in with values of an ordinary length.
VALUES = {
    "child": "Alician",
    "school": "Cedar Hollow Elementary",
    "teacher": "Mrs. Castellano",
    "name": "Mr. Okafor",
    "date": "September 14, 2026",
    "until": "September 21, 2026",
    "time": "8:00 AM",
    "place": "Library, room 12",
    "phone": "(317) 555-0100",
    "link": "https://example.org/r/ABCDEFGH",
    "amount": "$12.50",
    "days": "11",
    "grade": "B+",
    "bus": "42",
    "subject": "Mathematics",
    "work": "Essay on the river",
    "event": "Family reading night",
    "item": "Tablet and charger",
    "language": "Somali",
    "reason": "power failure",
}
# Letters of these languages only, once the placeholders are out.
SCRIPTS = {
    "ar": "ARABIC",
    "prs": "ARABIC",
    "ps": "ARABIC",
    "am": "ETHIOPIC",
    "uk": "CYRILLIC",
    "zh-Hans": "CJK",
}
RIGHT_TO_LEFT = ("ar", "prs", "ps")
# About danger in so many words: an answer that quotes them may well alarm somebody.
ALARMING = ("safety.tell_us",)
MOST_PARTS = 4


def bare(text: str) -> str:
    return re.sub(r"\{\w+\}", "", text)


def parts(text: str) -> int:
    """How many parts of a text message it takes."""
    if is_plain(text):
        places, one, more = len(text) + sum(map(text.count, DOUBLE)), 160, 153
    else:
        places, one, more = len(text.encode("utf-16-le")) // 2, 70, 67
    return 1 if places <= one else -(-places // more)


def where(language: str, wrong: object) -> list[str]:
    """The keys of the messages whose words in this language are wrong."""
    assert callable(wrong)
    return [key for key, entry in MESSAGES.items() if wrong(entry.texts[language])]


def test_every_message_exists_in_every_language() -> None:
    assert len(MESSAGES) >= 125
    assert {tuple(entry.texts) for entry in MESSAGES.values()} == {LANGUAGES}


def test_every_file_says_for_every_language_whether_it_was_read_by_a_native() -> None:
    marks = {
        file.name: tomllib.loads(file.read_text("utf-8"))["reviewed"]
        for file in FOLDER.iterdir()
        if file.name.endswith(".toml")
    }
    assert {tuple(mark) for mark in marks.values()} == {LANGUAGES}
    assert {name for name, mark in marks.items() if not mark["en"]} == set()


def test_a_file_holds_the_messages_of_its_own_topic() -> None:
    for file in FOLDER.iterdir():
        if file.name.endswith(".toml"):
            tables = set(tomllib.loads(file.read_text("utf-8"))) - {"reviewed"}
            assert tables == {file.name.removesuffix(".toml")}


def test_purposes_are_those_of_messages_and_titles_differ() -> None:
    assert {entry.purpose for entry in MESSAGES.values()} == {purpose.value for purpose in Purpose}
    titles = [entry.title for entry in MESSAGES.values()]
    assert sorted(set(titles)) == sorted(titles)


def test_every_placeholder_is_explained_beside_the_files() -> None:
    explained = set(re.findall(r"^\| `\{(\w+)\}`", FOLDER.joinpath("README.md").read_text(), re.M))
    used = {name for entry in MESSAGES.values() for name in entry.placeholders}
    assert explained == used == set(VALUES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_message_has_the_same_placeholders_in_every_language(language: str) -> None:
    assert [
        key
        for key, entry in MESSAGES.items()
        if placeholders(entry.texts[language]) != placeholders(entry.texts["en"])
    ] == []


@pytest.mark.parametrize("language", [tag for tag in LANGUAGES if tag != "en"])
def test_no_message_was_left_in_english(language: str) -> None:
    english = [bare(entry.texts["en"]) for entry in MESSAGES.values()]
    assert where(language, lambda text: bare(text) in english) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_message_is_at_most_four_parts_of_a_text(language: str) -> None:
    assert where(language, lambda text: parts(text.format_map(VALUES)) > MOST_PARTS) == []


def test_english_is_short() -> None:
    assert where("en", lambda text: len(text) > 300) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_are_composed_and_without_stray_spaces_or_hidden_characters(language: str) -> None:
    assert where(language, lambda text: unicodedata.normalize("NFC", text) != text) == []
    assert where(language, lambda text: " ".join(text.split()) != text) == []
    hidden = {"\u200c"} if language in ("prs", "ps") else set()  # joins no letters: spelling there
    assert (
        where(
            language,
            lambda text: any(unicodedata.category(c) == "Cf" and c not in hidden for c in text),
        )
        == []
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_letters_are_of_one_script(language: str) -> None:
    script = SCRIPTS.get(language, "LATIN")

    def foreign(text: str) -> bool:
        return any(
            unicodedata.category(c).startswith("L") and script not in unicodedata.name(c)
            for c in bare(text).replace("ʼ", "")
        )

    assert where(language, foreign) == []


def test_punctuation_is_that_of_the_language() -> None:
    for language in RIGHT_TO_LEFT:
        assert where(language, lambda text: bool(re.search("[,;?]", bare(text)))) == []
    assert where("zh-Hans", lambda text: bool(re.search(r"[,;:?!.()]", bare(text)))) == []
    assert where("am", lambda text: bool(re.search(r"[,;:.]", bare(text)))) == []
    assert (
        where(
            "es",
            lambda text: text.count("¿") != text.count("?") or text.count("¡") != text.count("!"),
        )
        == []
    )


def test_dari_and_pashto_are_not_written_with_arabic_letters() -> None:
    assert where("prs", lambda text: bool(re.search("[كيىة]", text))) == []
    assert where("ps", lambda text: bool(re.search("[كگىة]", text))) == []
    assert where("ar", lambda text: bool(re.search("[کیگپچژ]", text))) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_message_quoted_back_raises_no_alarm_and_stops_nothing(language: str) -> None:
    meant = {
        key: read_reply(entry.texts[language].format_map(VALUES), language)
        for key, entry in MESSAGES.items()
        if key not in ALARMING
    }
    assert [key for key, read in meant.items() if read.danger or read.kind is not Kind.WORDS] == []


def test_every_question_of_consent_can_be_answered_with_no() -> None:
    asked = ("consent.trip", "consent.photos", "consent.share_records", "consent.no_answer_yet")
    assert [key for key in asked if not re.search(r"\bno\b", MESSAGES[key].texts["en"], re.I)] == []
