"""The phrasebook: complete, the same in all languages, found again when somebody writes."""

import pytest

from bothways.languages import phrasebook
from bothways.languages.codes import LANGUAGES
from bothways.languages.phrases import placeholders
from bothways.languages.services import From, suggest
from bothways.messaging.enums import Purpose
from bothways.schools.models import District

BOOK = phrasebook.shipped()
FIRST_DAY = BOOK["absence.first_day"]


def test_there_are_enough_messages() -> None:
    assert len(BOOK) >= 120


@pytest.mark.parametrize("key", BOOK)
def test_a_message_is_whole(key: str) -> None:
    one = BOOK[key]
    assert set(one.texts) == set(LANGUAGES)
    assert one.purpose in [purpose.value for purpose in Purpose]
    assert one.title
    wanted = placeholders(one.texts["en"])
    assert {tag: placeholders(text) for tag, text in one.texts.items()} == dict.fromkeys(
        one.texts, wanted
    )
    assert len(set(one.texts.values())) == len(LANGUAGES), "one language has another's words"


def test_titles_are_different() -> None:
    titles = [one.title for one in BOOK.values()]
    assert sorted(set(titles)) == sorted(titles)


@pytest.fixture
def district(db: None) -> District:
    return District.objects.create(sis_id="d", name="Grand Bend")


def test_a_filled_in_message_is_known_and_its_day_is_said_in_the_language(
    district: District,
) -> None:
    text = phrasebook.fill(FIRST_DAY, "en", {"child": "Troy", "date": "September 14"})
    found = suggest(district, text, source="en", targets=["es", "so"])
    assert found["es"].text == phrasebook.fill(
        FIRST_DAY, "es", {"child": "Troy", "date": "14 de septiembre"}
    )
    assert (found["so"].origin, found["so"].reviewed) == (From.PHRASEBOOK, False)


def test_a_name_in_arabic_words_is_set_apart() -> None:
    text = phrasebook.fill(FIRST_DAY, "ar", {"child": "Troy"})
    assert "\u2068Troy\u2069" in text
    assert "{date}" in text


@pytest.mark.parametrize("child", ["Troy. He hit somebody", "x" * 61, "", "Troy was absent! Why"])
def test_a_placeholder_holds_a_few_words_and_no_sentence(district: District, child: str) -> None:
    text = phrasebook.fill(FIRST_DAY, "en", {"child": child, "date": "September 14"})
    assert suggest(district, text, source="en", targets=["es"]) == {}


def test_a_message_that_was_changed_is_not_taken_for_the_phrasebooks(district: District) -> None:
    text = phrasebook.fill(FIRST_DAY, "en", {"child": "Troy", "date": "September 14"})
    assert suggest(district, f"{text} Again.", source="en", targets=["es"]) == {}


def test_a_mark_goes_when_the_words_change(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bothways.accounts.models import User

    reader = User.objects.create_user("f@example.org", district=district, given="Fadumo")
    phrasebook.mark_read(district, "absence.first_day", "so", by=reader.pk)
    marked = phrasebook.entry(district, "absence.first_day")
    assert marked is not None
    assert "so" in marked.reviewed
    changed = phrasebook.Entry(
        FIRST_DAY.key, FIRST_DAY.purpose, FIRST_DAY.title, FIRST_DAY.texts | {"so": "Kale."}
    )
    monkeypatch.setattr(phrasebook, "shipped", lambda: {FIRST_DAY.key: changed})
    again = phrasebook.entry(district, "absence.first_day")
    assert again is not None
    assert "so" not in again.reviewed


def test_marks_of_one_district_are_not_anothers(district: District) -> None:
    from bothways.accounts.models import User

    reader = User.objects.create_user("f@example.org", district=district, given="Fadumo")
    phrasebook.mark_read(district, "absence.first_day", "so", by=reader.pk)
    other = District.objects.create(sis_id="o", name="Oak Bend")
    found = phrasebook.entry(other, "absence.first_day")
    assert found is not None
    assert "so" not in found.reviewed
