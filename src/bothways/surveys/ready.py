"""Forms that stand ready: the long one, and short questions in all our languages."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Final

from bothways.languages.phrases import is_reviewed, languages, raw
from bothways.schools.models import District
from bothways.surveys.enums import ItemKind, ScaleKind
from bothways.surveys.forms import LABELS, Form, Item, Scale, read_json, read_toml
from bothways.surveys.models import Instrument
from bothways.surveys.translated import is_reviewed as table_is_reviewed
from bothways.surveys.translated import laid_in

BUILT_IN: Final = ("relationship",)
PULSE: Final = "pulse"
# Phrases survey_<code>; the last asks for words.
RATINGS: Final = ("p1", "p2", "p3", "p4", "p5")
OPEN: Final = ("p6",)
MOST_OF_A_PULSE: Final = 3


@cache
def built_in(code: str) -> Form:
    """The form in every language of words/. Raises UnusableForm where a table is not as the English."""
    text = files(__package__).joinpath("instruments", f"{code}.toml").read_text("utf-8")
    form = read_toml(text)
    rows = {s["code"]: s["labels"] for s in tomllib.loads(text)["scales"] if "labels" in s}
    for tag, words in _tables().items():
        form = laid_in(form, tag, words, rows=rows)
    return form


@cache
def _tables() -> dict[str, str]:
    """The long form's words by language, as they are written in files."""
    found = files(__package__).joinpath("instruments", "words").iterdir()
    return {
        file.name.removesuffix(".toml"): file.read_text("utf-8")
        for file in sorted(found, key=lambda file: file.name)
        if file.name.endswith(".toml")
    }


def unread(form: Form) -> tuple[str, ...]:
    """The languages in which this form has words of ours that no native reader has gone through."""
    ours = [*built_in(BUILT_IN[0]).items, *ready_items().values()]
    texts = {(tag, text) for item in ours for tag, text in item.texts.items() if not _read(tag)}
    used = {tag for item in form.items for tag, text in item.texts.items() if (tag, text) in texts}
    return tuple(tag for tag in form.languages if tag in used)


def _read(tag: str) -> bool:
    words = _tables().get(tag)
    return is_reviewed(tag) and (words is None or table_is_reviewed(words))


def forms_of(district: District) -> dict[str, Form]:
    """The forms that this district may use, by code: ours first."""
    found = {code: built_in(code) for code in BUILT_IN}
    for row in Instrument.objects.filter(district=district).order_by("code"):
        found[row.code] = read_json(row.form)
    return found


@cache
def ready_items() -> dict[str, Item]:
    """Questions for a pulse, each in every language in which it and its answers are written."""
    return {code: _item(code) for code in (*RATINGS, *OPEN)}


def _item(code: str) -> Item:
    texts = {tag: said for tag in languages() if (said := raw(tag, f"survey_{code}"))}
    if code in OPEN:
        return Item(code, ItemKind.WORDS, texts, {})
    return Item(code, ItemKind.RATING, texts, {tag: row for tag in texts if (row := labels(tag))})


def labels(tag: str) -> tuple[str, ...]:
    """The five answers of a pulse in this language; empty where one is missing."""
    row = [raw(tag, f"survey_l{n}") for n in range(1, LABELS + 1)]
    return tuple(said for said in row if said) if all(row) else ()


def pulse(items: list[Item]) -> Form:
    """A form of these few questions; each stands for itself, so none is averaged with another."""
    return Form(
        PULSE,
        "Pulse",
        "Our own words.",
        tuple(
            Scale(
                f"q_{item.code}",
                ScaleKind.OPEN if item.kind is ItemKind.WORDS else ScaleKind.SCALE,
                {},
                (item,),
            )
            for item in items
        ),
    )
