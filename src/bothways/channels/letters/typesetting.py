"""From placed letters to one PDF, in this process."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

import typst

from bothways.channels.letters.glyphs import FONTS

_TEMPLATE = Path(__file__).with_name("letter.typ")
_EMPTY = Path(__file__).with_name("empty.typ")

# The compiler keeps what it laid out until ten more documents have been made: half a gigabyte for a
# thousand letters, times ten. Empty documents make it forget at once.
_ROUNDS_TO_FORGET = 12
PREVIEW_PPI = 96

one_at_a_time = Lock()  # the compiler uses all cores for one document


@dataclass(frozen=True, slots=True)
class Printed:
    """A PDF and, for each letter in it, the first page (from 1) and how many pages it has."""

    pdf: bytes
    spans: list[tuple[int, int]]
    refused: list[int]  # places in the input that could not be laid out; they are not in the PDF


def typeset(
    letters: Sequence[dict[str, Any]], *, paper: str, title: str, author: str, made_at: datetime
) -> Printed:
    """One tagged PDF (PDF/UA-1) of all letters, each on a new sheet. Blocking; about 3 ms a letter.

    A letter that the compiler refuses is left out and named, and never spoils the others.
    """
    with one_at_a_time:
        try:
            return _typeset(list(letters), paper=paper, title=title, author=author, made_at=made_at)
        finally:
            forget()


def _typeset(
    letters: list[dict[str, Any]], *, paper: str, title: str, author: str, made_at: datetime
) -> Printed:
    def compiled(chosen: list[dict[str, Any]]) -> tuple[bytes, list[tuple[int, int]]]:
        data = {"paper": paper, "title": title, "author": author, "letters": chosen}
        compiler = _compiler()
        pdf = compiler.compile(
            format="pdf",
            sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
            pdf_standards=["ua-1"],
            # The compiler takes no zone of a place (America/Chicago), only an offset of that moment.
            timestamp=made_at.replace(microsecond=0).astimezone(
                timezone(made_at.utcoffset() or timedelta(0))
            ),
        )
        spans = json.loads(compiler.query("<pages>", field="value", one=True))
        return bytes(pdf), [(first, count) for first, count in spans]  # type: ignore[arg-type]

    def offenders(places: list[int]) -> list[int]:
        try:
            compiled([letters[place] for place in places])
        except typst.TypstError:
            if len(places) == 1:
                return places
            middle = len(places) // 2
            return offenders(places[:middle]) + offenders(places[middle:])
        return []

    try:
        pdf, spans = compiled(letters)
        mistaken = [
            letter
            for letter, (_, count) in zip(letters, spans, strict=True)
            if count > 1 and not letter["turns"]
        ]
        if mistaken:
            for letter in mistaken:
                letter["turns"] = True
            pdf, spans = compiled(letters)
        return Printed(pdf, spans, [])
    except typst.TypstError:
        refused = offenders(list(range(len(letters))))
        kept = [
            {**letter, "turns": True}
            for place, letter in enumerate(letters)
            if place not in refused
        ]
        if not refused or not kept:
            return Printed(b"", [], list(range(len(letters))))
        pdf, spans = compiled(kept)
        return Printed(pdf, spans, refused)


def pictured(letter: dict[str, Any], *, paper: str, title: str, author: str) -> list[bytes]:
    """The pages of one letter as PNG pictures, to be looked at. Raises typst.TypstError."""
    data = {"paper": paper, "title": title, "author": author, "letters": [letter]}
    with one_at_a_time:
        try:
            pages: Any = _compiler().compile(
                format="png",
                ppi=PREVIEW_PPI,
                sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
            )
        finally:
            forget()
    return [pages] if isinstance(pages, bytes) else [bytes(page) for page in pages or ()]


@lru_cache(maxsize=1)
def fonts() -> typst.Fonts:
    return typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)]
    )


@lru_cache(maxsize=1)
def _compiler() -> typst.Compiler:
    return typst.Compiler(str(_TEMPLATE), root=str(_TEMPLATE.parent), font_paths=fonts())


def forget() -> None:
    empty = typst.Compiler(str(_EMPTY), root=str(_EMPTY.parent), font_paths=fonts())
    for _ in range(_ROUNDS_TO_FORGET):
        empty.compile(format="pdf")
