"""What a family's words mean for the machine: stop, wrong person, a nod, or words for a person.

Pure: text in, Meaning out, never an error. The words are in ``replies.toml`` and ``danger.toml``,
one table a language; every table is tried on every message, because families write in more than
one language and in English to a school. When in doubt the answer is WORDS: a person reads it.
"""

import re
import tomllib
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

from bothways.languages.codes import fallbacks
from bothways.languages.folding import fold
from bothways.languages.patterns import compile_all

# A text message has at most 1,600 characters. A megabyte of anything must not hold up the queue;
# this many take a fifth of a second.
MOST_CHARACTERS = 40_000
_MOST_NOD_WORDS = 14
_FEW_WORDS = 3


class Kind(StrEnum):
    """What a reply is. Only WORDS is an answer; ACKNOWLEDGED shows that it was seen."""

    STOP = "stop"
    START = "start"
    HELP = "help"
    WRONG_PERSON = "wrong_person"
    ACKNOWLEDGED = "acknowledged"
    AUTO_REPLY = "auto_reply"
    EMPTY = "empty"
    WORDS = "words"


@dataclass(frozen=True, slots=True)
class Meaning:
    """How a reply was read, and why."""

    kind: Kind
    danger: bool = False  # whatever the kind: a person on duty looks now
    matched: str = ""  # the words, as folded, that decided the kind
    danger_matched: str = ""  # the words, as folded, that raised the alarm
    also: frozenset[Kind] = frozenset()  # "wrong number, stop": both; WORDS: more was said


@dataclass(frozen=True, slots=True)
class _Table:
    """The compiled words of one language."""

    courtesy: re.Pattern[str]
    stop: re.Pattern[str]
    stop_within: re.Pattern[str]
    stop_sentence: re.Pattern[str]
    stop_unless: re.Pattern[str]
    start: re.Pattern[str]
    start_within: re.Pattern[str]
    help: re.Pattern[str]
    wrong: re.Pattern[str]
    wrong_whole: re.Pattern[str]
    wrong_unless: re.Pattern[str]
    auto: re.Pattern[str]
    auto_whole: re.Pattern[str]
    ack: re.Pattern[str]
    titles: re.Pattern[str]
    danger: re.Pattern[str]
    harmless: re.Pattern[str]
    alone: re.Pattern[str]
    own: re.Pattern[str]


# Accents decide: Vietnamese "đúng" is right and "dừng" is stop; and English has none, so that
# Turkish "gün" (day) is no gun.
_MARKED = ("vi", "en")
_KEYS = _Table.__dataclass_fields__.keys()
_NODS = frozenset("👍👌✅✔☑🙏❤🧡💛💚💙💜🤍🖤💕💖💗💓💞🫶😊🙂😀😃😄☺😁🥰😍👏🤝🙌💯🆗🌹🌸💐🎉🤗😘♥")
_SKIN_AND_SHAPE = {chr(code) for code in (*range(0x1F3FB, 0x1F400), 0xFE0E, 0xFE0F, 0x200D)}
_QUESTION_MARKS = frozenset("?？؟፧⁇¿‽")
# "Liked “Picture day is Friday”": a telephone's way of sending a thumb, with our own words in it.
_QUOTE = r"(?:“[^”]*”|„[^“]*“|«[^»]*»|\"[^\"]*\")"
_TAPBACK = re.compile(
    r"\s*(?:(?P<nod>liked|loved|laughed at|emphasi[sz]ed|le gustó|le encantó|me gusta|amou|curtiu)"
    r"|(?P<other>disliked|questioned|no le gustó|removed an? \w+ from))"
    rf"\s+(?:an (?:image|attachment|message)\b|{_QUOTE})\s*",
    re.IGNORECASE,
)
_REACTED = re.compile(rf"\s*(?P<emoji>\S{{1,8}})\s+(?:to|a|à|em)\s+{_QUOTE}\s*", re.IGNORECASE)
_SENTENCE = re.compile(r"[.!?\n。！？؟።]+")
_QUOTED_LINE = re.compile(r"^\s*>.*$", re.MULTILINE)


def read_reply(text: str, language: str | None = None) -> Meaning:
    """What the reply means; ``language`` is the family's, if known.

    Danger is looked for in every message and reported beside any kind.
    """
    # Cut again: one compatibility character may stand for eighteen others.
    text = unicodedata.normalize("NFKC", text[:MOST_CHARACTERS])[:MOST_CHARACTERS]
    if tapback := _TAPBACK.fullmatch(text):
        nod = tapback["nod"] is not None
        return Meaning(Kind.ACKNOWLEDGED if nod else Kind.WORDS, matched=tapback[1] or "reaction")
    if (reacted := _REACTED.fullmatch(text)) and not fold(reacted["emoji"]):
        return _only_signs(reacted["emoji"])
    own_words = _QUOTED_LINE.sub("", text)
    if not fold(own_words):
        return _only_signs(own_words)
    reading = _Reading(own_words, language)
    danger = reading.danger()
    kind, matched, also = reading.kind()
    return Meaning(kind, danger is not None, matched, danger or "", also)


def _only_signs(text: str) -> Meaning:
    """No letter and no digit: a thumb is a nod, nothing is nothing, the rest is for a person."""
    signs = [
        char
        for char in text
        if char not in _SKIN_AND_SHAPE and unicodedata.category(char)[0] not in "ZCM"
    ]
    nods = [char for char in signs if char in _NODS]
    if nods and all(char in _NODS or unicodedata.category(char)[0] == "P" for char in signs):
        return Meaning(Kind.ACKNOWLEDGED, matched=nods[0])
    if any(char in _QUESTION_MARKS or unicodedata.category(char)[0] == "S" for char in signs):
        return Meaning(Kind.WORDS)
    return Meaning(Kind.EMPTY)


class _Reading:
    """One message, folded in the ways the tables need, and the questions asked of it."""

    def __init__(self, text: str, language: str | None) -> None:
        bare = _as_words(fold(text))
        squeezed = _as_words(_squeeze(fold(text)))
        marked = fold(text, marks=True)
        self._asks = any(char in _QUESTION_MARKS for char in text)
        steps = fallbacks(language) if language else ()
        self._language = next((step for step in steps if step in _tables()), None)
        sentences = [_as_words(words) for part in _SENTENCE.split(text) if (words := fold(part))]
        self._edges = {sentences[0], sentences[-1]} if len(sentences) > 1 else set()
        self._texts = {
            "": (bare, squeezed),
            **dict.fromkeys(_MARKED, (_as_words(marked), _as_words(_squeeze(marked)))),
            "zh-Hans": (_chinese(text),) * 2,
        }
        self._count = len(bare.split())

    def danger(self) -> str | None:
        # "pistola de agua" is no more a danger for being Portuguese for a pistol too.
        harmless: dict[str, bytearray] = {}
        for language, table in _tables().items():
            text = self._text(language)
            _cover(harmless.setdefault(text, bytearray(len(text))), table.harmless, text)
        for language, table in _tables().items():
            text = self._text(language)
            if found := _first(text, table.danger, harmless[text]):
                return found
            if language == self._language and (found := _first(text, table.own, harmless[text])):
                return found
            if self._made_of(language, table.alone, table.courtesy):
                return text.strip()
        return None

    def kind(self) -> tuple[Kind, str, frozenset[Kind]]:
        whole, within = self._whole(), self._within()
        kinds = dict(within)
        if whole is not None:
            first, matched = whole
            return first, matched, frozenset(kinds.keys() - {first})
        for kind in (Kind.AUTO_REPLY, Kind.WRONG_PERSON, Kind.START, Kind.STOP):
            if kind in kinds:
                also = set(kinds) - {kind}
                # A start that follows a stop takes it back; a machine's "reply STOP" is no stop.
                if kind in (Kind.AUTO_REPLY, Kind.START):
                    also.clear()
                if self._count - len(kinds[kind].split()) > _FEW_WORDS:
                    also.add(Kind.WORDS)
                return kind, kinds[kind], frozenset(also)
        return Kind.WORDS, "", frozenset()

    def _whole(self) -> tuple[Kind, str] | None:
        """The kind of a message that is nothing but one kind of phrase, and courtesies."""
        for kind, key in (
            (Kind.STOP, "stop"),
            (Kind.WRONG_PERSON, "wrong_whole"),
            (Kind.AUTO_REPLY, "auto_whole"),
            (Kind.START, "start"),
            (Kind.HELP, "help"),
        ):
            for language, table in _tables().items():
                if self._made_of(language, getattr(table, key), table.courtesy, table.ack):
                    return kind, self._squeezed(language).strip()
        # "ok?" and "received?" ask something: a person answers.
        if not self._asks and self._count <= _MOST_NOD_WORDS:
            english = _tables()["en"]
            for language, table in _tables().items():
                allowed = (table.ack, table.courtesy, english.ack, english.courtesy)
                if self._made_of(language, table.ack, *allowed, titles=table.titles):
                    return Kind.ACKNOWLEDGED, self._squeezed(language).strip()
        return None

    def _within(self) -> Iterator[tuple[Kind, str]]:
        for language, table in _tables().items():
            text = self._text(language)
            if found := table.auto.search(text):
                yield Kind.AUTO_REPLY, found.group().strip()
            if not table.wrong_unless.search(text) and (found := table.wrong.search(text)):
                yield Kind.WRONG_PERSON, found.group().strip()
            if found := table.start_within.search(text):
                yield Kind.START, found.group().strip()
            spared = _cover(bytearray(len(text)), table.stop_unless, text)
            if stop := _first(text, table.stop_within, spared):
                yield Kind.STOP, stop
            for edge in self._edges:
                if table.stop_sentence.fullmatch(edge):
                    yield Kind.STOP, edge.strip()

    def _text(self, language: str) -> str:
        return self._texts.get(language, self._texts[""])[0]

    def _squeezed(self, language: str) -> str:
        return self._texts.get(language, self._texts[""])[1]

    def _made_of(
        self,
        language: str,
        needed: re.Pattern[str],
        *allowed: re.Pattern[str],
        titles: re.Pattern[str] | None = None,
    ) -> bool:
        """Whether the text is a row of phrases, all allowed, one of them needed.

        After a title ("Mrs.") one word, a name, may follow.
        """
        for text in {self._text(language), self._squeezed(language)}:
            if _row(text, needed, allowed, titles):
                return True
        return False


def _row(
    text: str,
    needed: re.Pattern[str],
    allowed: tuple[re.Pattern[str], ...],
    titles: re.Pattern[str] | None,
) -> bool:
    # Walks forward over every position that some row of phrases can reach, with or without the
    # needed one; linear in the text, unlike a nested expression.
    if len(text) > 200:  # longer than any nod or stop word with courtesies
        return False
    reached: dict[int, bool] = {0: False}
    for position in range(len(text)):
        if position not in reached:
            continue
        had = reached[position]
        for end in _ends(needed, text, position):
            reached[end] = True
        for pattern in allowed:
            for end in _ends(pattern, text, position):
                reached[end] = reached.get(end, False) or had
        if titles is not None and (title := titles.match(text, position)):
            name = text.find(" ", title.end()) + 1
            for end in (title.end(), name):
                if end > position:
                    reached[end] = reached.get(end, False) or had
    return reached.get(len(text), False)


def _ends(pattern: re.Pattern[str], text: str, start: int) -> list[int]:
    """Where phrases that begin at ``start`` end: the first found in the table, and the shorter."""
    ends: list[int] = []
    stop = len(text)
    while stop > start and (found := pattern.match(text, start, stop)) and found.end() > start:
        ends.append(found.end())
        stop = found.end() - 1
    if found := pattern.fullmatch(text, start):
        ends.append(found.end())
    return ends


def _cover(spared: bytearray, pattern: re.Pattern[str], text: str) -> bytearray:
    """Mark the characters at which the pattern stands."""
    for found in pattern.finditer(text):
        start, end = found.span()
        spared[start:end] = b"\x01" * (end - start)
    return spared


def _first(text: str, pattern: re.Pattern[str], spared: bytearray) -> str | None:
    """The first place that overlaps no spared one."""
    for found in pattern.finditer(text):
        if 1 not in spared[found.start() : found.end()]:
            return found.group().strip()
    return None


def _as_words(folded: str) -> str:
    """Every word followed by one space."""
    return f"{folded} " if folded else ""


def _squeeze(folded: str) -> str:
    """ "stoppp" → "stop", "okaaay" → "okay"; digits stay."""
    return re.sub(r"([^\W\d])\1{2,}", r"\1", folded)


def _chinese(text: str) -> str:
    return fold(text).replace(" ", "").translate(_simplified())


@cache
def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath(name).read_text("utf-8"))


@cache
def _simplified() -> dict[int, str]:
    pairs = _read("replies.toml")["zh-Hans"]["same"].split()
    return {ord(pair[0]): pair[1] for pair in pairs}


@cache
def _tables() -> dict[str, _Table]:
    replies, danger = _read("replies.toml"), _read("danger.toml")
    tables = {}
    for language in replies:
        words = {**replies[language], **danger[language]}
        compiled = {
            key: compile_all(words.get(key, ()), _folding(language), language) for key in _KEYS
        }
        tables[language] = _Table(**compiled)
    return tables


def _folding(language: str) -> Callable[[str], str]:
    if language in _MARKED:
        return lambda text: fold(text, marks=True)
    if language == "zh-Hans":
        return _chinese
    return fold
