"""Our own forms in further languages: a table each, laid into the form as a whole or not at all. Pure."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from string import Formatter
from typing import Any

from bothways.surveys.enums import ItemKind
from bothways.surveys.forms import LABELS, MOST_LENGTH, Form, Item, Scale, UnusableForm

_TABLES = {"reviewed", "labels", "titles", "items"}


def laid_in(form: Form, tag: str, text: str, *, rows: Mapping[str, str]) -> Form:
    """The form with this language as well. ``rows``: scale → the name of its answers in ``text``.

    Raises UnusableForm unless it has the keys, the names in braces and the number of answers of the English.
    """
    table = tomllib.loads(text)
    _same(tag, "tables", table, _TABLES)
    if not isinstance(table["reviewed"], bool):
        raise UnusableForm(f"{tag}: write reviewed = true or false.")
    _same(tag, "labels", table["labels"], set(rows.values()))
    _same(tag, "titles", table["titles"], {scale.code for scale in form.scales})
    _same(tag, "items", table["items"], {item.code for item in form.items})
    for name, row in table["labels"].items():
        if len(row) != LABELS or not all(map(_words, row)) or len(set(row)) != LABELS:
            raise UnusableForm(f"{tag}: labels.{name} needs {LABELS} different answers.")
    for scale in form.scales:
        _alike(tag, scale.code, scale.titles["en"], table["titles"][scale.code])
        for item in scale.items:
            _alike(tag, item.code, item.texts["en"], table["items"][item.code])
    return replace(form, scales=tuple(_scale(s, tag, table, rows) for s in form.scales))


def is_reviewed(text: str) -> bool:
    """Whether a native reader has gone through this table."""
    return tomllib.loads(text).get("reviewed") is True


def _scale(scale: Scale, tag: str, table: Mapping[str, Any], rows: Mapping[str, str]) -> Scale:
    titles = {**scale.titles, tag: table["titles"][scale.code]}
    row = table["labels"].get(rows.get(scale.code, ""), ())
    items = tuple(_item(item, tag, table["items"][item.code], row) for item in scale.items)
    return replace(scale, titles=titles, items=items)


def _item(item: Item, tag: str, text: str, row: Iterable[str]) -> Item:
    labels = {**item.labels, tag: tuple(row)} if item.kind is ItemKind.RATING else item.labels
    return replace(item, texts={**item.texts, tag: text}, labels=labels)


def _same(tag: str, what: str, found: Mapping[str, Any], wanted: set[str]) -> None:
    if odd := sorted(found.keys() ^ wanted):
        raise UnusableForm(f"{tag}, {what}: {odd[0]} stands there or in English only.")


def _alike(tag: str, code: str, english: str, text: object) -> None:
    if not _words(text) or _names(english) != _names(str(text)):
        raise UnusableForm(f"{tag}: {code} is empty, too long, or has other names in braces.")


def _words(text: object) -> bool:
    return isinstance(text, str) and 0 < len(text.strip()) <= MOST_LENGTH


def _names(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}
