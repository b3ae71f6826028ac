"""Every sentence that a family’s page asks for exists in all twelve languages."""

import re
from datetime import date
from pathlib import Path

import pytest

import bothways.web.family
from bothways.languages.codes import LANGUAGES
from bothways.languages.phrases import keys
from bothways.web.family.wording import Words

HERE = Path(bothways.web.family.__file__).parent
TEMPLATES = HERE.parent / "templates" / "family"


def test_templates_ask_only_for_phrases_that_exist() -> None:
    asked = {
        key
        for file in TEMPLATES.glob("*.html")
        for key in re.findall(r"\bt\.(\w+)", file.read_text("utf-8"))
    }
    assert len(asked) > 15
    assert asked - set(keys()) == set()


def test_code_asks_only_for_phrases_that_exist() -> None:
    named = {
        key
        for file in HERE.glob("*.py")
        for key in re.findall(
            r'"((?:page|stop|thanks|unsubscribe|resubscribe|letter)_\w+|the_office|acknowledgement_\w+)"',
            file.read_text("utf-8"),
        )
    }
    assert len(named) > 15
    assert named - set(keys()) == set()


@pytest.mark.parametrize("tag", LANGUAGES)
def test_names_and_dates_can_be_said(tag: str) -> None:
    words = Words(tag)
    said = words.names(["Troy", "Maya", "Sam"])
    assert all(name in said for name in ("Troy", "Maya", "Sam"))
    assert words.names(["Troy"]).strip("\u2068\u2069") == "Troy"
    assert words.date(date(2026, 9, 14))


def test_a_name_keeps_its_direction_against_the_sentence() -> None:
    assert Words("en").say("page_about", child="تروي") == "About \u2068تروي\u2069"
    assert Words("en").say("page_about", child="Troy") == "About Troy"
    assert "\u2068Troy\u2069" in Words("ar").say("page_about", child="Troy")
