"""The long form says the same in each language, or does not load."""

from importlib.resources import files

import pytest

from bothways.languages.phrases import languages
from bothways.surveys.forms import LABELS, UnusableForm, read_toml
from bothways.surveys.ready import built_in, labels, unread
from bothways.surveys.rules import grade_place
from bothways.surveys.translated import laid_in

FORM = """
code = "few"
title = "Few"
source = "Ours"
[labels.much]
en = ["a", "b", "c", "d", "e"]
[[scales]]
code = "climate"
kind = "scale"
labels = "much"
titles = { en = "School" }
items = [{ code = "glad", texts = { en = "Is {child} glad?" } }]
"""
WORDS = """
reviewed = false
[labels]
much = ["1", "2", "3", "4", "5"]
[titles]
climate = "Escola"
[items]
glad = "{child} está feliz?"
"""


def test_the_long_form_is_complete_in_every_language_of_the_phrases() -> None:
    form = built_in("relationship")
    assert set(form.languages) == set(languages())
    assert set(unread(form)) == set(languages()) - {"en"}
    assert all(set(scale.titles) == set(languages()) for scale in form.scales)


def test_the_answers_are_those_of_the_pulses() -> None:
    for item in built_in("relationship").items:
        if item.code.startswith(("climate", "fit", "social")):
            assert all(item.labels[tag] == labels(tag) for tag in languages())


def test_each_language_has_its_own_words_for_each_question() -> None:
    for tag in languages():
        texts = [item.texts[tag] for item in built_in("relationship").items]
        assert len(set(texts)) == len(texts)
        if tag != "en":
            assert not set(texts) & {item.texts["en"] for item in built_in("relationship").items}


def test_a_table_like_the_english_is_laid_in() -> None:
    form = laid_in(read_toml(FORM), "pt", WORDS, rows={"climate": "much"})
    assert form.languages == ("en", "pt")
    assert form.items[0].labels["pt"] == ("1", "2", "3", "4", "5")


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ('glad = "{child} está feliz?"', ""),
        ('glad = "{child} está feliz?"', 'glad = "{child}?"\nmore = "?"'),
        ("{child} está", "está"),
        ("{child} está feliz?", " "),
        ('"4", "5"', '"4"'),
        ('"4", "5"', '"4", "4"'),
        ('climate = "Escola"', ""),
        ("much =", "sure ="),
        ("reviewed = false", ""),
        ("reviewed = false", 'reviewed = "no"'),
    ],
)
def test_a_table_that_is_not_like_the_english_is_refused(here: str, there: str) -> None:
    with pytest.raises(UnusableForm):
        laid_in(read_toml(FORM), "pt", WORDS.replace(here, there), rows={"climate": "much"})


def test_spanish_beside_the_english_has_all_titles_and_answers() -> None:
    form = read_toml(
        files("bothways.surveys").joinpath("instruments", "relationship.toml").read_text("utf-8")
    )
    assert form.languages == ("en", "es")
    assert all(set(scale.titles) == {"en", "es"} for scale in form.scales)
    assert {len(row) for item in form.items for row in item.labels.values()} == {LABELS}


def test_grades_stand_in_the_order_of_school() -> None:
    mixed = ["12", "01", "", "KG", "10", "PK", "02", "UG"]
    assert sorted(mixed, key=grade_place) == ["PK", "KG", "01", "02", "10", "12", "UG", ""]
