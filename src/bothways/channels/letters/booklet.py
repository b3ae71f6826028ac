"""Many words in one PDF to read and keep, each part in its own language and direction."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from pathlib import Path
from typing import Any

import typst

from bothways.channels.letters.direction import isolated
from bothways.channels.letters.glyphs import missing
from bothways.channels.letters.layout import clean, one_line, paragraphs, version_style
from bothways.channels.letters.typesetting import fonts, forget, one_at_a_time

_TEMPLATE = Path(__file__).with_name("booklet.typ")
# Stands for a picture or a letter that no font of ours has: never an empty box, and never silence.
_UNSEEN = "(…)"


@dataclass(frozen=True, slots=True)
class Item:
    heading: str  # in the reader's language
    body: str = ""
    language: str = ""  # of the body; "" where nobody knows


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    items: Sequence[Item]


def print_booklet(
    *,
    title: str,
    about: str,
    author: str,
    language: str,
    sections: Sequence[Section],
    paper: str,
    made_at: datetime,
) -> bytes:
    """A tagged PDF (PDF/UA-1). Blocking; raises typst.TypstError where it cannot be laid out."""
    own = version_style(language, title)

    def told(line: str) -> str:
        line = _seen(one_line(line))
        return isolated(line) if own["rtl"] else line

    values: dict[str, Any] = {
        "paper": paper,
        "title": told(title),
        "about": told(about),
        "author": one_line(author),
        "own": own,
        "sections": [
            {"title": told(section.title), "items": [_item(item, told) for item in section.items]}
            for section in sections
            if section.items
        ],
    }
    with one_at_a_time:
        try:
            pdf: Any = _compiler().compile(
                format="pdf",
                sys_inputs={"data": json.dumps(values, ensure_ascii=False)},
                pdf_standards=["ua-1"],
                timestamp=made_at.replace(microsecond=0).astimezone(
                    timezone(made_at.utcoffset() or timedelta(0))
                ),
            )
        finally:
            forget()
    return bytes(pdf)


def _item(item: Item, told: Any) -> dict[str, Any]:
    style = version_style(item.language or "und", item.body)
    return {
        "heading": told(item.heading),
        "own": style,
        "words": [
            [isolated(line) if style["rtl"] else line for line in part]
            for part in paragraphs(_seen(clean(item.body)))
        ],
    }


def _seen(text: str) -> str:
    lacking = set(missing(clean(text)))
    if not lacking:
        return text
    out: list[str] = []
    for char in text:
        if char not in lacking:
            out.append(char)
        elif not out or out[-1] != _UNSEEN:
            out.append(_UNSEEN)
    return "".join(out)


@lru_cache(maxsize=1)
def _compiler() -> typst.Compiler:
    return typst.Compiler(str(_TEMPLATE), root=str(_TEMPLATE.parent), font_paths=fonts())
