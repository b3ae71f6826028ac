"""The staff pages' sentences: all in the catalogue, compiled as they are written, and none lost on the way."""

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from django.utils import translation
from django.utils.translation import gettext

ROOT = Path(__file__).parents[2]
# Of all sentences so many, in Spanish.
AT_LEAST = 1.0


@pytest.fixture(scope="module")
def messages() -> ModuleType:
    spec = importlib.util.spec_from_file_location("messages", ROOT / "scripts" / "messages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["messages"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def spanish(messages: ModuleType) -> Catalog:
    with messages.catalogue_of("es").open("rb") as file:
        return read_po(file, locale="es")


def test_every_marked_sentence_is_in_the_catalogue(messages: ModuleType, spanish: Catalog) -> None:
    missing = [
        one.id
        for one in messages.sentences()
        if one.id and spanish.get(_first(one.id), one.context) is None
    ]
    assert missing == [], "Run “make messages”."


def test_no_sentence_of_a_template_is_overlooked(messages: ModuleType) -> None:
    """Counted by another way of reading: the plain marks, as they stand in the files."""
    found = {_first(one.id) for one in messages.sentences()}
    marks = re.compile(r"""{%\s*translate\s+"([^"]+)"|{%\s*translate\s+'([^']+)'""")
    templates = (ROOT / "src" / "bothways" / "web" / "templates").rglob("*.html")
    # Django doubles a percent sign, so that it is not read as a named part.
    marked = {
        (a or b).replace("%", "%%")
        for path in templates
        for a, b in marks.findall(path.read_text("utf-8"))
    }
    assert len(marked) > 300
    assert {one for one in marked if one not in found} == set()


def test_what_runs_is_what_was_written(messages: ModuleType, spanish: Catalog) -> None:
    compiled = messages.catalogue_of("es").with_suffix(".mo").read_bytes()
    assert compiled == messages.compiled(spanish), "Run “make messages”."


def test_translations_have_the_named_parts_of_their_sentence(
    messages: ModuleType, spanish: Catalog
) -> None:
    assert messages.wrong(spanish) == []


def test_enough_of_the_staff_pages_is_in_spanish(messages: ModuleType, spanish: Catalog) -> None:
    every = [one for one in spanish if one.id]
    missing = messages.untranslated(spanish)
    shown = "\n".join(_first(one.id) for one in missing[:40])
    assert 1 - len(missing) / len(every) >= AT_LEAST, f"{len(missing)} are missing:\n{shown}"


def test_a_translated_sentence_reaches_the_page(messages: ModuleType, spanish: Catalog) -> None:
    done = [one for one in spanish if one.id and isinstance(one.id, str) and one.string]
    with translation.override("es"):
        assert [gettext(str(one.id)) for one in done if not one.context] == [
            one.string for one in done if not one.context
        ]


def test_sentences_keep_their_translation_and_old_ones_go(
    messages: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "src" / "bothways"
    page = source / "page.html"
    page.parent.mkdir(parents=True)
    page.write_text(
        '{% load i18n %}\n<p>{% translate "Good morning" %}</p>\n'
        "  {% blocktranslate count n=n trimmed %}\n    {{ n }} family\n"
        "    {% plural %}{{ n }} families{% endblocktranslate %}"
    )
    monkeypatch.setattr(messages, "ROOT", tmp_path)
    monkeypatch.setattr(messages, "SOURCE", source)
    first = messages.merged("es")
    assert [one.id for one in first if one.id] == [
        "Good morning",
        ("%(n)s family", "%(n)s families"),
    ]
    first["Good morning"].string = "Buenos días"
    path = messages.catalogue_of("es")
    path.parent.mkdir(parents=True)
    path.write_bytes(messages.written(first))
    page.write_text('{% load i18n %}{% translate "Good morning" %} {% translate "Good bye" %}')
    again = messages.merged("es")
    assert [(one.id, one.string or "") for one in again if one.id] == [
        ("Good morning", "Buenos días"),
        ("Good bye", ""),
    ]
    assert [one.id for one in messages.untranslated(again)] == ["Good bye"]


def _first(sentence: object) -> str:
    return sentence[0] if isinstance(sentence, list | tuple) else str(sentence)
