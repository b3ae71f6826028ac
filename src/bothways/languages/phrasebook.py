"""The phrasebook: messages that every school sends, written once in twelve languages.

The texts are in ``phrasebook/``: a file for each topic; a table for each message (``[absence.first_day]``) with
``purpose``, ``title`` (English) and one key for each language; a table ``[reviewed]`` says for each language
whether a native reader went through the file. A district adds messages and marks of its own in the database.
"""

import hashlib
import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from string import Formatter

from django.db import transaction

from bothways.core import clock
from bothways.languages.codes import direction, fallbacks
from bothways.languages.models import OwnMessage, ReadByNative
from bothways.languages.phrases import placeholders
from bothways.languages.protection import fold_spaces, plain, protect, restore
from bothways.schools.models import District

LONGEST = 2_000
_LONGEST_VALUE = 60
_SENTENCE = re.compile(r"[.!?]\s|[。！？؟።]")


class UnusableMessage(ValueError):
    """It cannot be kept in the phrasebook as it is; the text says what to mend."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A message of the phrasebook in all its languages."""

    key: str
    purpose: str
    title: str
    texts: Mapping[str, str]  # language → words with {placeholders}
    reviewed: frozenset[str] = frozenset()  # languages that a native reader went through
    own: bool = False  # of this district

    @property
    def topic(self) -> str:
        return self.key.partition(".")[0]

    @property
    def placeholders(self) -> tuple[str, ...]:
        return tuple(
            sorted(placeholders(self.texts.get("en") or next(iter(self.texts.values()), "")))
        )


@dataclass(frozen=True, slots=True)
class Said:
    """One message in one language, filled in."""

    key: str
    text: str
    reviewed: bool


@cache
def shipped() -> Mapping[str, Entry]:
    """The messages that come with the product, by key, in the order of their files."""
    folder = files(__package__).joinpath("phrasebook")
    found: dict[str, Entry] = {}
    if not folder.is_dir():
        return found
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".toml"):
            found |= read(tomllib.loads(file.read_text("utf-8")))
    return found


def read(tables: Mapping[str, Mapping[str, object]]) -> dict[str, Entry]:
    """The messages of one file, as its parsed tables."""
    reviewed = frozenset(tag for tag, yes in tables.get("reviewed", {}).items() if yes is True)
    found: dict[str, Entry] = {}
    for topic, messages in tables.items():
        if topic == "reviewed":
            continue
        for name, message in messages.items():
            assert isinstance(message, dict)
            texts = {
                tag: str(words).strip()
                for tag, words in message.items()
                if tag not in ("purpose", "title")
            }
            key = f"{topic}.{name}"
            found[key] = Entry(key, message["purpose"], message["title"], texts, reviewed)
    return found


def entries(district: District) -> list[Entry]:
    """All messages as this district has them: its own first, with its own marks of review."""
    own = {
        row.key: Entry(row.key, row.purpose, row.title, row.texts, own=True)
        for row in OwnMessage.objects.filter(district=district, ended_at=None).order_by("title")
    }
    marks: dict[str, set[str]] = {}
    every = own | dict(shipped())
    for mark in ReadByNative.objects.filter(district=district):
        entry = every.get(mark.key)
        if entry and mark.digest == _digest(entry.texts.get(mark.language, "")):
            marks.setdefault(mark.key, set()).add(mark.language)
    return [
        Entry(e.key, e.purpose, e.title, e.texts, e.reviewed | marks.get(e.key, set()), e.own)
        for e in every.values()
    ]


def entry(district: District, key: str) -> Entry | None:
    """One message; None where there is none of this key."""
    return next((one for one in entries(district) if one.key == key), None)


def search(district: District, words: str, *, topic: str = "") -> list[Entry]:
    """Messages in which each of these words stands: in the title or the text of any language."""
    wanted = fold_spaces(words).split()
    return [
        one
        for one in entries(district)
        if (not topic or one.topic == topic) and all(word in _haystack(one) for word in wanted)
    ]


def _haystack(one: Entry) -> str:
    return fold_spaces(f"{one.title} {one.key} {' '.join(one.texts.values())}")


def fill(one: Entry, language: str, values: Mapping[str, str]) -> str:
    """The words of this language with what is known put in; what is not known stays in braces."""
    # Set apart in languages written from the right, as in ``phrases``; links stay bare.
    apart = direction(language) == "rtl"
    said = {
        name: f"\u2068{value}\u2069" if apart and name not in ("link", "url") else value
        for name, value in values.items()
    }
    return one.texts[language].format_map(_Given(said))


class _Given(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return f"{{{key}}}"


def same_as(
    district: District, text: str, *, source: str, targets: Collection[str]
) -> dict[str, Said]:
    """Where a text is a message of the phrasebook, word for word: the same in these languages.

    The placeholders may be filled in: “Troy was absent today” is “{child} was absent today”, and its Spanish
    has Troy in it.
    """
    for one in entries(district):
        words = one.texts.get(source)
        values = _values(words, text) if words else None
        if values is None:
            continue
        found: dict[str, Said] = {}
        for target in targets:
            tag = next((step for step in fallbacks(target) if step in one.texts), None)
            if tag is not None:
                # A day is said in the words of the language; names and times stay as they are.
                there = {name: _in(value, target) for name, value in values.items()}
                found[target] = Said(one.key, fill(one, tag, there), tag in one.reviewed)
        return found
    return {}


def _values(words: str, text: str) -> dict[str, str] | None:
    """What stands in the place of each placeholder; None where the text is another."""
    template, text = " ".join(words.split()), " ".join(plain(text).split())
    values: dict[str, str] = {}
    position = 0
    pieces = _pieces(template)
    for index, (literal, name) in enumerate(pieces):
        if not text.startswith(literal, position):
            return None
        position += len(literal)
        if name is None:
            continue
        following = pieces[index + 1][0] if index + 1 < len(pieces) else ""
        end = text.find(following, position) if following else len(text)
        # A placeholder holds a few words, not half a letter.
        if (
            end < 0
            or not 0 < end - position <= _LONGEST_VALUE
            or _SENTENCE.search(text, position, end)
        ):
            return None
        value = text[position:end]
        if values.setdefault(name, value) != value:
            return None
        position = end
    return values if position == len(text) else None


def _in(value: str, target: str) -> str:
    whole = protect(value)
    return restore(whole.text, whole.kept, target=target)


def _pieces(template: str) -> list[tuple[str, str | None]]:
    return [(literal, name) for literal, name, _, _ in Formatter().parse(template)]


@transaction.atomic
def add(
    district: District, *, title: str, purpose: str, texts: Mapping[str, str], by: int
) -> OwnMessage:
    """A message of the district's own. Raises UnusableMessage where languages differ in their placeholders."""
    title = " ".join(title.split())[:120]
    words = {tag: text.strip() for tag, text in texts.items() if text.strip()}
    if not title:
        raise UnusableMessage("Give the message a title by which colleagues find it.")
    if not words:
        raise UnusableMessage("Write the message in at least one language.")
    first = None
    for tag, text in words.items():
        if len(text) > LONGEST:
            raise UnusableMessage(f"The words in {tag} are longer than {LONGEST} characters.")
        try:
            names = placeholders(text)
        except ValueError as error:
            raise UnusableMessage(
                f"In {tag} a brace stands alone. Write placeholders as {{child}}."
            ) from error
        if any(not name.isidentifier() for name in names):
            raise UnusableMessage(f"In {tag} a placeholder has no name. Write it as {{child}}.")
        first = names if first is None else first
        if names != first:
            raise UnusableMessage(
                "Each language needs the same placeholders; they differ in " + tag + "."
            )
    number = OwnMessage.objects.filter(district=district).count() + 1
    return OwnMessage.objects.create(
        district=district,
        key=f"own.{number}",
        purpose=purpose,
        title=title,
        texts=words,
        by_id=by,
        at=clock.now(),
    )


def mark_read(district: District, key: str, language: str, *, by: int) -> None:
    """A native reader of this district found these words right. Raises LookupError for unknown ones."""
    one = entry(district, key)
    if one is None or language not in one.texts:
        raise LookupError(key)
    ReadByNative.objects.update_or_create(
        district=district,
        key=key,
        language=language,
        defaults={"digest": _digest(one.texts[language]), "by_id": by, "at": clock.now()},
    )


def unmark_read(district: District, key: str, language: str) -> None:
    """Take the district's own mark back."""
    ReadByNative.objects.filter(district=district, key=key, language=language).delete()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
