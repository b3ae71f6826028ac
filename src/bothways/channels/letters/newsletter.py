"""A newsletter on paper: one language, two columns, at most two pages, for everybody and about nobody."""

import json
import math
import struct
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from pathlib import Path
from typing import Any

import typst

from bothways.channels.contract import Sender
from bothways.channels.letters.direction import isolated
from bothways.channels.letters.layout import (
    Style,
    clean,
    missing_words,
    one_line,
    paragraphs,
    qr,
    version_style,
)
from bothways.channels.letters.typesetting import fonts, forget, one_at_a_time

_TEMPLATE = Path(__file__).with_name("newsletter.typ")
MOST_PAGES = 2
_TOP, _BOTTOM = 0.7 * 72, 0.65 * 72  # points: the margins of the template
PREVIEW_PPI = 80
MOST_PICTURE = 1_500_000  # bytes
MOST_PIXELS = 24_000_000


class NoNewsletter(Exception):
    """It cannot be printed; the text says why and what to do."""


class TooLong(NoNewsletter):
    """More than two pages. ``lines``: so many of one column are too many."""

    def __init__(self, lines: int) -> None:
        super().__init__(
            f"This is {lines} lines too long for two pages. Leave a message out, or the picture."
        )
        self.lines = lines


@dataclass(frozen=True, slots=True)
class Item:
    """One message of it in the newsletter's language."""

    heading: str  # "" for none
    body: str


@dataclass(frozen=True, slots=True)
class Picture:
    data: bytes
    format: str  # png or jpg
    alt: str  # what it shows, for those who do not see it


@dataclass(frozen=True, slots=True)
class Newsletter:
    """``title`` in its own language; ``url``: what the square opens."""

    language: str
    title: str
    sender: Sender
    items: tuple[Item, ...]
    url: str
    picture: Picture | None = None


def picture_in(data: bytes, alt: str) -> Picture:
    """A PNG or JPEG of a size that can be printed. Raises NoNewsletter."""
    if len(data) > MOST_PICTURE:
        raise NoNewsletter("The picture is larger than 1.5 MB. Save it smaller, and try again.")
    found = _png(data) or _jpeg(data)
    if found is None:
        raise NoNewsletter("The picture is neither a PNG nor a JPEG. Save it as one of these.")
    kind, width, height = found
    if not 0 < width * height <= MOST_PIXELS:
        raise NoNewsletter("The picture has too many dots. Save it smaller, and try again.")
    if not alt.strip():
        raise NoNewsletter("Say in a few words what the picture shows: not everybody can see it.")
    return Picture(data, kind, alt.strip())


def _png(data: bytes) -> tuple[str, int, int] | None:
    if data[:8] != b"\x89PNG\r\n\x1a\n" or len(data) < 24:
        return None
    width, height = struct.unpack(">II", data[16:24])
    return "png", width, height


def _jpeg(data: bytes) -> tuple[str, int, int] | None:
    """The size in the first frame header (ITU T.81, B.2.2)."""
    at = 2
    while data[:2] == b"\xff\xd8" and at + 9 < len(data) and data[at] == 0xFF:
        marker, (size,) = data[at + 1], struct.unpack(">H", data[at + 2 : at + 4])
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return "jpg", width, height
        at += 2 + max(size, 2)
    return None


def print_newsletter(news: Newsletter, style: Style, *, paper: str, made_at: datetime) -> bytes:
    """A tagged PDF (PDF/UA-1) of one or two pages. Raises NoNewsletter."""
    values = placed(news, style, paper=paper)
    with one_at_a_time:
        try:
            compiler = _compiler()
            pdf: Any = compiler.compile(
                format="pdf",
                sys_inputs={"data": json.dumps(values, ensure_ascii=False)},
                pdf_standards=["ua-1"],
                timestamp=made_at.replace(microsecond=0).astimezone(
                    timezone(made_at.utcoffset() or timedelta(0))
                ),
            )
            end: Any = json.loads(compiler.query("<place>", field="value", one=True))
        except typst.TypstError as error:
            raise _why(error, news) from error
        finally:
            forget()
    if end["page"] > MOST_PAGES:
        raise TooLong(lines_too_long(end))
    return bytes(pdf)


def preview(news: Newsletter, style: Style, *, paper: str) -> list[bytes]:
    """The pages as PNG pictures. Raises NoNewsletter."""
    values = placed(news, style, paper=paper)
    with one_at_a_time:
        try:
            pages: Any = _compiler().compile(
                format="png",
                ppi=PREVIEW_PPI,
                sys_inputs={"data": json.dumps(values, ensure_ascii=False)},
            )
        except typst.TypstError as error:
            raise _why(error, news) from error
        finally:
            forget()
    return [pages] if isinstance(pages, bytes) else [bytes(page) for page in pages or ()]


def _why(error: Exception, news: Newsletter) -> NoNewsletter:
    if news.picture is not None and "image" in str(error).lower():
        return NoNewsletter("The picture cannot be read. Save it anew as a PNG or JPEG.")
    return NoNewsletter("These words could not be laid out. Change them, and try again.")


def lines_too_long(end: dict[str, Any]) -> int:
    """From where it ends to lines of one column beyond the second page.

    >>> lines_too_long({"page": 3, "right": False, "y": 150.0, "height": 792.0, "line": 17.0})
    6
    """
    column = end["height"] - _TOP - _BOTTOM
    columns = 2 * (end["page"] - MOST_PAGES - 1) + (1 if end["right"] else 0)
    height = float(columns * column + end["y"] - _TOP)
    return max(1, math.ceil(height / max(float(end["line"]), 1.0)))


def placed(news: Newsletter, style: Style, *, paper: str) -> dict[str, Any]:
    """The values of the template, as JSON types. Raises NoNewsletter."""
    if not any(item.body.strip() or item.heading.strip() for item in news.items):
        raise NoNewsletter("There are no words in it. Choose a message.")
    own = version_style(news.language, "\n".join(item.body for item in news.items))

    def told(line: str) -> str:
        return isolated(line) if own["rtl"] else line

    labels = style.labels
    ways = [labels.pieces(news.language, "letter_scan")]
    if news.sender.phone:
        ways.append(labels.pieces(news.language, "letter_call", phone=one_line(news.sender.phone)))
    day = clean(style.dates(news.language, style.day))
    picture = news.picture
    values: dict[str, Any] = {
        "paper": paper,
        "title": told(one_line(news.title)),
        "author": one_line(news.sender.school),
        "school": one_line(news.sender.school),
        "date": clean(style.dates("en", style.day)) if missing_words(day) else day,
        "how": clean(labels.get(news.language, "letter_how")),
        "ways": ways,
        "qr": qr(news.url),
        "alt": one_line(news.url),
        "picture": {
            "data": list(picture.data),
            "format": picture.format,
            "alt": one_line(picture.alt) or "-",
        }
        if picture
        else None,
        "words": {
            **own,
            "items": [
                {
                    "heading": told(one_line(item.heading)),
                    "paragraphs": [[told(line) for line in part] for part in paragraphs(item.body)],
                }
                for item in news.items
            ],
        },
    }
    lacking = missing_words(
        "".join(
            [values["title"], values["school"], *(item.heading + item.body for item in news.items)]
        )
    )
    if lacking:
        raise NoNewsletter(
            "Our fonts cannot print these characters: "
            + ", ".join(f"“{char}”" for char in lacking[:5])
            + ". Write the words in other letters."
        )
    return values


@lru_cache(maxsize=1)
def _compiler() -> typst.Compiler:
    return typst.Compiler(str(_TEMPLATE), root=str(_TEMPLATE.parent), font_paths=fonts())
