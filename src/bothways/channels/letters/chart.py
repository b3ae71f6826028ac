"""One sheet with a box for each school day, for homes that count on paper."""

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from pathlib import Path
from typing import Any

import segno
import typst

from bothways.channels.letters.direction import isolated
from bothways.channels.letters.layout import one_line, version_style
from bothways.channels.letters.typesetting import fonts, forget, one_at_a_time

_TEMPLATE = Path(__file__).with_name("chart.typ")


@dataclass(frozen=True, slots=True)
class Chart:
    """All words in the reader's language; ``weeks``: school days in words, a row a week."""

    title: str
    how: str
    language: str
    weeks: Sequence[Sequence[str]]
    code: str  # by which the office finds where to type it in
    url: str
    author: str
    paper: str


def print_chart(chart: Chart, *, made_at: datetime) -> bytes:
    """A tagged PDF (PDF/UA-1) of one page. Blocking; raises typst.TypstError."""
    own = version_style(chart.language, f"{chart.title} {chart.how}")

    def told(line: str) -> str:
        return isolated(one_line(line)) if own["rtl"] else one_line(line)

    drawing = io.BytesIO()
    segno.make(chart.url, error="m", micro=False).save(drawing, kind="svg", border=2)
    values: dict[str, Any] = {
        "title": told(chart.title),
        "how": told(chart.how),
        "own": own,
        "weeks": [[told(day) for day in week] for week in chart.weeks],
        "code": one_line(chart.code),
        "qr": drawing.getvalue().decode(),
        "author": one_line(chart.author),
        "paper": chart.paper,
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


@lru_cache(maxsize=1)
def _compiler() -> typst.Compiler:
    return typst.Compiler(str(_TEMPLATE), root=str(_TEMPLATE.parent), font_paths=fonts())
