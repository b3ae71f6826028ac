"""From a delivery to what the template places on paper: plain values, no I/O."""

import math
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlsplit

import segno
from babel import Locale

from bothways.channels.contract import Carried, Outgoing, Version
from bothways.channels.enums import Channel
from bothways.channels.letters.direction import balanced, isolated, right_to_left
from bothways.channels.letters.glyphs import missing
from bothways.channels.letters.labels import Labels, Piece

# Controls that have no place on paper; embeddings and overrides could turn a phone number around.
_DROPPED = re.compile(
    r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\ufeff\ufff9-\ufffc\U000e0000-\U000e007f]"
)
_LINE_ENDS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
# An unbroken run this long (an address, "aaaa…") would leave the sheet; scripts that are written
# without spaces break by themselves.
_UNBROKEN = re.compile(r"[^\s\u200b\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\U0010ffff]{36,}")

# The font that gives a language its spaces and punctuation; the other fonts stand behind it.
_FIRST_FONT = {
    "am": "Noto Sans Ethiopic",
    "ti": "Noto Sans Ethiopic",
    "zh": "Noto Sans SC",
    "yue": "Noto Sans SC",
    "ja": "Noto Sans SC",
    "ko": "Noto Sans KR",
    "he": "Noto Sans Hebrew",
    "yi": "Noto Sans Hebrew",
}
# Points. Naskh letters are small for their size, Chinese ones large.
_SIZES = {"Noto Naskh Arabic": 13.0, "Noto Sans SC": 11.5, "Noto Sans KR": 11.5}
_SIZE = 12.0
# Ems between lines: the lines of Naskh are tall by themselves.
_LEADING = {"Noto Naskh Arabic": 0.45, "Noto Sans SC": 0.8, "Noto Sans KR": 0.8}
_SHORT = 1200  # characters: surely less than a page in any script
_ONE_PAGE = 150.0  # points of words that surely leave room for the slip

_WINDOW_WIDTH = 245.0  # points: what both kinds of window show of a line
_WINDOW_ALWAYS = 50.0  # points: seen however the sheet lies in the envelope
_WINDOW_NOMINAL = 81.0
_WINDOW_LINES = 8


class Unprintable(Exception):
    """This letter cannot be printed; the text says why, without names or addresses."""


@dataclass(frozen=True, slots=True)
class Style:
    """What is the same for all letters of a batch."""

    labels: Labels
    day: date
    dates: Callable[[str, date], str]
    type_at: str  # where a code is typed, as people type it; "" = the reply address without it
    staff_note: str  # on letters to hand over


def placed(delivery: Outgoing, index: int, style: Style) -> dict[str, Any]:
    """The values for one letter of the template, as JSON types. Raises Unprintable."""
    handover = delivery.channel is Channel.HANDOVER
    address = [] if handover else _lines(delivery.to)
    if not handover and not address:
        raise Unprintable(
            "There is no postal address to print. Give the family's address, or hand it over."
        )
    if not any(version.body.strip() or version.subject.strip() for version in delivery.versions):
        raise Unprintable("The letter has no words. Write the message first.")
    names = [line for name in delivery.names for line in _lines(name)]
    sender = delivery.sender
    school = [line for part in (*sender.address, sender.phone) for line in _lines(part)]
    children = _joined(delivery.children)
    if delivery.carried is not None:
        names = outside(delivery.carried)
    elif not names and children and delivery.versions:
        family = style.labels.get(delivery.versions[0].language, "letter_to")
        names = [one_line(family.replace("{children}", children))]
    to = _as_on_an_envelope(names, address)
    code = grouped(delivery.code)
    letter: dict[str, Any] = {
        "index": index,
        "sender": {"school": one_line(sender.school), "lines": school},
        "to": {"lines": to, "size": address_size(to)},
        "staff": one_line(style.staff_note) if handover and not delivery.carried else "",
        "qr": qr(delivery.reply_url) if delivery.reply_url else "",
        "alt": one_line(f"QR code {code}"),
        "code": code,
        "slip-code": code or one_line(delivery.key),
        "handed": handover,
        "children": children,
        "turns": _may_turn(delivery.versions),
        "versions": [_version(v, delivery, children, code, style) for v in delivery.versions],
    }
    _refuse_empty_boxes(delivery.versions, letter)
    return letter


def _version(
    version: Version, delivery: Outgoing, children: str, code: str, style: Style
) -> dict[str, Any]:
    language = version.language
    own = version_style(language, version.body)
    rtl = own["rtl"]
    labels = style.labels

    def told(line: str) -> str:
        return isolated(line) if rtl else line

    def label(key: str) -> str:
        return clean(labels.get(language, key))

    about = told(label("page_about").replace("{child}", children)) if children else ""
    school = one_line(delivery.sender.school)
    subject = one_line(version.subject)
    if subject == school:  # it stands at the top of the letter already
        subject = ""
    return {
        **own,
        "short": len(version.body) < _SHORT and version.body.count("\n") < 30,
        "date": _date(language, style),
        "about": about,
        "subject": told(subject) or about or school,
        "paragraphs": [[told(line) for line in part] for part in paragraphs(version.body)],
        "page": labels.pieces(language, "page_of", "regular", n="PAGE", m="PAGES"),
        "front": told(clean(labels.get(language, "card_front")).replace("{child}", children)),
        "how": {
            "title": label("letter_how"),
            "lines": _ways_to_answer(language, delivery, code, style),
            "slip": label("letter_slip"),
        },
        "slip": {
            part: label(f"slip_{part}")
            for part in ("title", "read", "not_understood", "call", "answer")
        },
    }


def version_style(language: str, body: str) -> dict[str, Any]:
    """Tag, direction, font, size (points) and leading (ems) of words in a language."""
    rtl = right_to_left(language, body)
    font = _FIRST_FONT.get(language.split("-")[0], "Noto Naskh Arabic" if rtl else "")
    return {
        **_tag(language),
        "rtl": rtl,
        "font": font,
        "size": _SIZES.get(font, _SIZE),
        "leading": _LEADING.get(font, 0.72),
    }


def missing_words(text: str) -> str:
    """The characters of words that somebody wrote which no font has; controls that fall out aside."""
    return missing(clean(text))


def _date(language: str, style: Style) -> str:
    """In the language's own script where a font has it: Fula in Latin letters has dates in Adlam."""
    told = clean(style.dates(language, style.day))
    return clean(style.dates("en", style.day)) if missing(told) else told


def _ways_to_answer(
    language: str, delivery: Outgoing, code: str, style: Style
) -> list[list[Piece]]:
    ways = []
    labels = style.labels
    if delivery.reply_url:
        ways.append(labels.pieces(language, "letter_scan"))
    url = style.type_at or _without_code(delivery.reply_url)
    if code and url:
        ways.append(labels.pieces(language, "letter_code", url=url))
    if delivery.sender.phone:
        phone = one_line(delivery.sender.phone)
        ways.append(labels.pieces(language, "letter_call", phone=phone))
    return ways


def _may_turn(versions: tuple[Version, ...]) -> bool:
    """A cautious guess whether a page is too little; a wrong "no" costs a second layout."""
    if len(versions) != 1:
        return True
    height = 0.0
    for paragraph in paragraphs(versions[0].body):
        for line in paragraph:
            width = sum(1 if char < "\u0900" else 2 for char in line)
            tall = any("\u0590" <= char < "\u1200" for char in line)  # Arabic, Hindi, Burmese …
            height += math.ceil(max(width, 1) / 76) * (22 if tall else 18)
        height += 8
    return height > _ONE_PAGE


def _tag(language: str) -> dict[str, str | None]:
    """A BCP 47 tag in the three parts that typst wants."""
    primary, *rest = language.split("-")
    script = next((part.lower() for part in rest if len(part) == 4), None)
    region = next((part.upper() for part in rest if len(part) == 2), None)
    known = re.fullmatch(r"[A-Za-z]{2,3}", primary)
    return {"lang": primary.lower() if known else "und", "region": region, "script": script}


# --- words ---------------------------------------------------------------------------------------


def clean(text: str) -> str:
    """Text as it can be set: composed letters, one kind of line end, no controls."""
    text = unicodedata.normalize("NFC", _LINE_ENDS.sub("\n", text)).replace("\t", " ")
    return _UNBROKEN.sub(_breakable, _DROPPED.sub("", text))


def _breakable(run: re.Match[str]) -> str:
    return "\u200b".join(run[0][i : i + 12] for i in range(0, len(run[0]), 12))


def one_line(text: str) -> str:
    return balanced(" ".join(clean(text).split()))


def _lines(text: str) -> list[str]:
    return [line for line in map(one_line, clean(text).split("\n")) if line]


def _joined(names: tuple[str, ...]) -> str:
    return ", ".join(filter(None, map(one_line, names)))


def paragraphs(body: str) -> list[list[str]]:
    """Paragraphs (divided by blank lines), each a list of lines."""
    parts = re.split(r"\n[ \u00a0]*\n\s*", clean(body).strip())
    return [
        [balanced(line.rstrip()) for line in part.split("\n")] for part in parts if part.strip()
    ]


def grouped(code: str) -> str:
    """“ABCDEFGH” as “ABCD-EFGH”: groups of four are read off paper with fewer slips."""
    letters = re.sub(r"[^0-9A-Za-z]", "", code)
    return "-".join(letters[i : i + 4] for i in range(0, len(letters), 4))


def _without_code(url: str) -> str:
    """“https://school.example/r/ABCD” as “school.example/r”."""
    parts = urlsplit(url)
    return parts.netloc + parts.path.rpartition("/")[0]


def qr(url: str) -> str:
    """The square as SVG: one path, without the border (the paper around it is the border)."""
    # A given mask is as readable and spares trying all eight: 2 of the 3 ms.
    matrix = segno.make(url, error="m", micro=False, mask=3).matrix
    runs = [
        f"M{run.start()} {y}h{run.end() - run.start()}v1H{run.start()}z"
        for y, row in enumerate(matrix)
        for run in re.finditer(b"\x01+", bytes(row))
    ]
    size = len(matrix)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}">'
        f'<path d="{"".join(runs)}"/></svg>'
    )


# --- the bag -------------------------------------------------------------------------------------


def outside(carried: Carried) -> list[str]:
    """What a letter in a bag shows when it is folded: the child and the class, never an address.

    Of a child with two homes also whom it is for: two letters look alike otherwise.
    """
    lines = [one_line(carried.child), one_line(carried.room)]
    return [line for line in [*lines, _joined(carried.to)] if line]


def cover(letters: Sequence[Outgoing], style: Style) -> dict[str, Any]:
    """The sheet on top of a class's letters: whom to give one, and a place to tick. No content, no address."""
    first = letters[0].carried
    if first is None:
        raise ValueError("Only letters in a bag have a cover sheet.")
    sheet = {
        "school": one_line(first.school),
        "room": one_line(first.room) or "Children without a class",
        "date": clean(style.dates("en", style.day)),
        "children": [
            {"name": one_line(letter.carried.child), "to": _joined(letter.carried.to)}
            for letter in letters
            if letter.carried is not None
        ],
    }
    # A letter whose child's name cannot be printed is refused before this; a class's title may be the rest.
    if missing("".join(_strings(sheet))):
        sheet["room"] = "A class whose name our fonts cannot print"
    return sheet


# --- the envelope --------------------------------------------------------------------------------


def _as_on_an_envelope(names: list[str], address: list[str]) -> list[str]:
    """Names first, unless the address already begins with them."""
    told = [name for name in names if name.casefold() not in {line.casefold() for line in address}]
    if len(told) > 2:
        told = [", ".join(told)]
    return told + _fewer(address)


def _fewer(address: list[str]) -> list[str]:
    """At most as many lines as a window shows; the shortest neighbours share one, the town stays."""
    lines = list(address)
    while len(lines) > _WINDOW_LINES:
        at = min(range(len(lines) - 2), key=lambda n: len(lines[n]) + len(lines[n + 1]))
        lines[at : at + 2] = [f"{lines[at]}, {lines[at + 1]}"]
    return lines


def address_size(lines: list[str]) -> float:
    """Points: the largest type in which the address shows in the window, 6 at the least."""

    def height(size: float) -> float:
        rows = sum(max(1, math.ceil(_width(line) * size / _WINDOW_WIDTH)) for line in lines)
        return rows * size * 1.18

    for room, size, least in ((_WINDOW_ALWAYS, 11.0, 9.5), (_WINDOW_NOMINAL, 9.5, 6.0)):
        while size >= least:
            if height(size) <= room:
                return size
            size -= 0.5
    return 6.0


def _width(line: str) -> float:
    """In ems, on the wide side."""
    return sum(1.0 if unicodedata.east_asian_width(char) in "WF" else 0.58 for char in line)


# --- what the fonts lack -------------------------------------------------------------------------


def _refuse_empty_boxes(versions: tuple[Version, ...], letter: dict[str, Any]) -> None:
    for version, own in zip(versions, letter["versions"], strict=True):
        _refuse(f"The words in {_language_name(version.language)}", own)
    _refuse(
        "The address or a name", {k: v for k, v in letter.items() if k not in ("versions", "qr")}
    )


def _refuse(where: str, values: object) -> None:
    lacking = missing("".join(_strings(values)))
    if lacking:
        shown = ", ".join(f"{_shown(char)} ({_point(char)})" for char in lacking[:5])
        raise Unprintable(
            f"{where} hold characters that our fonts cannot print: {shown}. "
            "Write it in other letters, or send it another way."
        )


def _strings(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for item in value.values() for text in _strings(item)]
    if isinstance(value, list):
        return [text for item in value for text in _strings(item)]
    return []


def _shown(char: str) -> str:
    return f"“{char}”" if char.isprintable() else "a character without a shape"


def _point(char: str) -> str:
    return f"U+{ord(char):04X} {unicodedata.name(char, '')}".rstrip()


def _language_name(tag: str) -> str:
    names = Locale("en").languages
    return str(names.get(tag.replace("-", "_")) or names.get(tag.split("-")[0]) or tag)
