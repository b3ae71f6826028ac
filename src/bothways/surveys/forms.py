"""A form: scales, inventories and open questions with their words in each language. Pure.

An instrument is a form that stands ready, as a TOML or CSV file; a survey keeps its own copy, so that what
families answered is never changed afterwards.
"""

import csv
import hashlib
import io
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from bothways.surveys.enums import ItemKind, ScaleKind

MOST_ITEMS = 120
MOST_LENGTH = 400  # characters of one question
LABELS = 5
_CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")
_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
KIND_OF_ITEM = {
    ScaleKind.SCALE: ItemKind.RATING,
    ScaleKind.INVENTORY: ItemKind.MARK,
    ScaleKind.OPEN: ItemKind.WORDS,
}


class UnusableForm(ValueError):
    """It cannot be used as a form; the text says where, and what to write instead."""


@dataclass(frozen=True, slots=True)
class Item:
    """One question. ``labels``: language → its five answers, from the least to the most."""

    code: str
    kind: ItemKind
    texts: Mapping[str, str]
    labels: Mapping[str, tuple[str, ...]]
    reverse: bool = False  # much is bad: turned round before it is averaged

    @property
    def same_as(self) -> str:
        """What makes it the same question in another survey: its code, its English words and its answers."""
        told = [self.code, self.kind.value, self.texts.get("en", ""), *self.labels.get("en", ())]
        if "en" not in self.texts:
            told += [f"{tag}:{text}" for tag, text in sorted(self.texts.items())]
        return hashlib.sha256("\0".join(told).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Scale:
    code: str
    kind: ScaleKind
    titles: Mapping[str, str]
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Form:
    code: str
    title: str
    source: str  # where the constructs are from, and whose the words are
    scales: tuple[Scale, ...]

    @property
    def items(self) -> tuple[Item, ...]:
        return tuple(item for scale in self.scales for item in scale.items)

    @property
    def questions(self) -> int:
        return len(self.items)

    def item(self, code: str) -> Item | None:
        return next((item for item in self.items if item.code == code), None)

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages in which all of it is there: in no other does it go to a family."""
        return tuple(
            tag
            for tag in dict.fromkeys(tag for item in self.items for tag in item.texts)
            if not self.missing_in(tag)
        )

    def missing_in(self, tag: str) -> int:
        """How many questions lack words or answers in this language."""
        return sum(
            not item.texts.get(tag)
            or (item.kind is ItemKind.RATING and len(item.labels.get(tag, ())) != LABELS)
            for item in self.items
        )

    def only(self, scales: tuple[str, ...]) -> Self:
        """The same form with these scales alone."""
        return type(self)(
            self.code, self.title, self.source, tuple(s for s in self.scales if s.code in scales)
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "title": self.title,
            "source": self.source,
            "scales": [
                {
                    "code": scale.code,
                    "kind": scale.kind.value,
                    "titles": dict(scale.titles),
                    "items": [
                        {
                            "code": item.code,
                            "texts": dict(item.texts),
                            "labels": {tag: list(row) for tag, row in item.labels.items()},
                            "reverse": item.reverse,
                        }
                        for item in scale.items
                    ],
                }
                for scale in self.scales
            ],
        }


def read_json(values: Mapping[str, Any]) -> Form:
    """The form kept by ``to_json``, or read from a file. Raises UnusableForm."""
    try:
        return _form(values)
    except (KeyError, TypeError, AttributeError) as error:
        raise UnusableForm(
            f"A part of the form is missing or of the wrong kind: {error}. "
            "Look at docs/how-to/ask-all-families.md for what belongs into such a file."
        ) from None


def read_toml(text: str) -> Form:
    """A form as a district writes it down. Raises UnusableForm."""
    try:
        return read_json(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise UnusableForm(f"This is no TOML file: {error}.") from None


def read_csv(text: str, *, code: str, title: str, source: str) -> Form:
    """One question a line: scale, kind, item, language, text, and for ratings answer1 … answer5.

    Raises UnusableForm.
    """
    rows = csv.DictReader(io.StringIO(text.lstrip("\ufeff")))
    needed = {"scale", "kind", "item", "language", "text"}
    lacking = needed - {(name or "").strip().lower() for name in rows.fieldnames or ()}
    if lacking:
        raise UnusableForm(f"The first line lacks the columns {', '.join(sorted(lacking))}.")
    scales: dict[str, dict[str, Any]] = {}
    for row in rows:
        line = {
            str(name).strip().lower(): (value or "").strip()
            for name, value in row.items()
            if isinstance(value, str) or value is None
        }
        scale = scales.setdefault(
            line["scale"],
            {
                "code": line["scale"],
                "kind": line["kind"],
                "titles": {"en": line["scale"]},
                "by": {},
            },
        )
        item = scale["by"].setdefault(
            line["item"], {"code": line["item"], "texts": {}, "labels": {}}
        )
        item["texts"][line["language"]] = line["text"]
        item["reverse"] = line.get("reverse", "") in ("1", "yes", "true")
        labels = [line.get(f"answer{n}", "") for n in range(1, LABELS + 1)]
        if any(labels):
            item["labels"][line["language"]] = labels
    return read_json(
        {
            "code": code,
            "title": title,
            "source": source,
            "scales": [
                {**scale, "items": list(scale.pop("by").values())} for scale in scales.values()
            ],
        }
    )


def _form(values: Mapping[str, Any]) -> Form:
    scales: list[Scale] = []
    shared = values.get("labels", {})
    for raw in values["scales"]:
        kind = _kind(str(raw["kind"]))
        labels = shared.get(raw["labels"], {}) if isinstance(raw.get("labels"), str) else {}
        scales.append(
            Scale(
                _code(raw["code"]),
                kind,
                {tag: _words(text) for tag, text in raw["titles"].items()},
                tuple(_item(item, kind, labels) for item in raw["items"]),
            )
        )
    form = Form(
        _code(values["code"]), _words(values["title"]), str(values["source"])[:2000], tuple(scales)
    )
    codes = [item.code for item in form.items]
    if not codes:
        raise UnusableForm("There is no question in it. Write at least one.")
    if len(codes) > MOST_ITEMS:
        raise UnusableForm(f"{len(codes)} questions are too many: {MOST_ITEMS} is the most.")
    twice = sorted({code for code in codes if codes.count(code) > 1})
    if twice:
        raise UnusableForm(f"Two questions are called {twice[0]}. Give each a name of its own.")
    return form


def _item(raw: Mapping[str, Any], kind: ScaleKind, shared: Mapping[str, Any]) -> Item:
    of = KIND_OF_ITEM[kind]
    texts = {_tag(tag): _words(text) for tag, text in raw["texts"].items() if str(text).strip()}
    labels = {
        _tag(tag): tuple(_words(label) for label in row)
        for tag, row in {**shared, **raw.get("labels", {})}.items()
    }
    code = _code(raw["code"])
    if not texts:
        raise UnusableForm(f"The question {code} has no words.")
    for tag, row in labels.items():
        if of is ItemKind.RATING and len(row) != LABELS:
            raise UnusableForm(
                f"The question {code} has {len(row)} answers in {tag}: give {LABELS} to each."
            )
    if of is not ItemKind.RATING:
        labels = {}
    elif not labels:
        raise UnusableForm(f"The question {code} has no answers to choose from: give {LABELS}.")
    return Item(code, of, texts, labels, bool(raw.get("reverse", False)))


def _kind(typed: str) -> ScaleKind:
    try:
        return ScaleKind(typed)
    except ValueError:
        raise UnusableForm(f"“{typed[:40]}” is no kind: write scale, inventory or open.") from None


def _code(typed: object) -> str:
    if not isinstance(typed, str) or not _CODE.fullmatch(typed):
        raise UnusableForm(
            f"“{str(typed)[:40]}” cannot be a name in the file: use small letters, digits and _."
        )
    return typed


def _tag(typed: str) -> str:
    if not _TAG.fullmatch(typed):
        raise UnusableForm(f"“{typed[:40]}” is no language: write en, es, zh-Hans …")
    return typed


def _words(text: object) -> str:
    if not isinstance(text, str) or not text.strip():
        raise UnusableForm("Some words are empty. Fill them in, or leave the line out.")
    if len(text) > MOST_LENGTH or "\x00" in text:
        raise UnusableForm(
            f"“{text[:40]}…” is too long or cannot be read: {MOST_LENGTH} characters is the most."
        )
    return text.strip()
