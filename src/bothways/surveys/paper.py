"""A survey on paper: one sheet for a family, with its code, or a blank one for a class."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from pathlib import Path
from typing import Any

import typst

from bothways.channels import letters
from bothways.channels.letters.direction import isolated
from bothways.channels.letters.layout import clean, missing_words, one_line, qr, version_style
from bothways.channels.letters.typesetting import fonts, forget, one_at_a_time
from bothways.core.ids import show_code
from bothways.languages.phrases import phrase
from bothways.surveys.enums import ItemKind, ScaleKind
from bothways.surveys.forms import Form

_TEMPLATE = Path(letters.__path__[0]) / "sheet.typ"
PREVIEW_PPI = 80


class NoSheet(Exception):
    """It cannot be printed; the text says what to do."""


@dataclass(frozen=True, slots=True)
class For:
    """Whose sheet it is: a code and no name; "" for a blank one. ``url``: what the square opens."""

    language: str
    code: str = ""
    url: str = ""


def print_sheets(
    form: Form,
    whose: Sequence[For],
    *,
    school: str,
    promise: str,
    number: int,
    paper: str,
    made_at: datetime,
) -> bytes:
    """A tagged PDF (PDF/UA-1) with a sheet for each. Raises NoSheet."""
    data = _data(form, whose, school=school, promise=promise, number=number, paper=paper)
    with one_at_a_time:
        try:
            pdf: Any = _compiler().compile(
                format="pdf",
                sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
                pdf_standards=["ua-1"],
                timestamp=made_at.replace(microsecond=0).astimezone(
                    timezone(made_at.utcoffset() or timedelta(0))
                ),
            )
        except typst.TypstError as error:
            raise NoSheet("The sheet could not be laid out. Shorten its words.") from error
        finally:
            forget()
    return bytes(pdf)


def preview(
    form: Form, whose: For, *, school: str, promise: str, number: int, paper: str
) -> list[bytes]:
    """The pages of one sheet as PNG pictures. Raises NoSheet."""
    data = _data(form, [whose], school=school, promise=promise, number=number, paper=paper)
    with one_at_a_time:
        try:
            pages: Any = _compiler().compile(
                format="png",
                ppi=PREVIEW_PPI,
                sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
            )
        except typst.TypstError as error:
            raise NoSheet("The sheet could not be laid out. Shorten its words.") from error
        finally:
            forget()
    return [pages] if isinstance(pages, bytes) else [bytes(page) for page in pages or ()]


def _data(
    form: Form, whose: Sequence[For], *, school: str, promise: str, number: int, paper: str
) -> dict[str, Any]:
    return {
        "paper": paper,
        "title": one_line(f"{school}: {form.title}"),
        "author": one_line(school),
        "sheets": [_sheet(form, one, school, promise, number) for one in whose],
    }


def _sheet(form: Form, one: For, school: str, promise: str, number: int) -> dict[str, Any]:
    tag = one.language
    lacking = missing_words(
        "".join(item.texts.get(tag, "") for item in form.items)
        + "".join(label for item in form.items for label in item.labels.get(tag, ()))
    )
    if lacking or form.missing_in(tag):
        raise NoSheet(f"Not all words are there in {tag}, or our fonts cannot print them.")
    own = version_style(tag, form.items[0].texts[tag])

    def told(text: str) -> str:
        line = one_line(clean(text))
        return isolated(line) if own["rtl"] else line

    code = show_code(one.code) if one.code else ""
    position = 0
    parts = []
    for scale in form.scales:
        rows = []
        for item in scale.items:
            position += 1
            rows.append({"n": position, "text": told(item.texts[tag])})
        first = scale.items[0]
        parts.append(
            {
                "title": told(scale.titles.get(tag) or scale.titles.get("en", "")),
                "kind": first.kind.value,
                "labels": [told(label) for label in first.labels.get(tag, ())]
                if first.kind is ItemKind.RATING
                else [],
                "how": told(phrase(tag, "survey_choose"))
                if scale.kind is ScaleKind.INVENTORY
                else "",
                "rows": rows,
            }
        )
    return {
        "own": own,
        "heading": told(phrase(tag, "survey_title", school=school)),
        "promise": told(phrase(tag, f"survey_{promise}")),
        "how": told(phrase(tag, "survey_paper")),
        "optional": told(phrase(tag, "survey_optional")),
        "code": code,
        "number": f"{number}",
        "qr": qr(one.url) if one.url else "",
        "alt": one_line(f"QR code {code}"),
        "parts": parts,
    }


@lru_cache(maxsize=1)
def _compiler() -> typst.Compiler:
    return typst.Compiler(str(_TEMPLATE), root=str(_TEMPLATE.parent), font_paths=fonts())
