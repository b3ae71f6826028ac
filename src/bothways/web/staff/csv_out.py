"""Tables for spreadsheets: written row by row, and without formulas."""

import csv
from collections.abc import Iterable, Iterator

from django.http import StreamingHttpResponse

# What makes a spreadsheet take a cell for a formula, or for the start of one after a line's end.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def as_text(cell: object) -> str:
    """The cell as words: what would begin a formula gets an apostrophe, as spreadsheets themselves write it.

    A name can be typed in by anybody; opened in a spreadsheet, ``=HYPERLINK(…)`` would act. Numbers are ours.
    """
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        return str(cell)
    text = str(cell)
    # Blanks in front do not keep a spreadsheet from reading a formula.
    return (
        f"'{text}" if text.lstrip(" \u00a0").startswith(_FORMULA) or text[:1] in _FORMULA else text
    )


class _Echo:
    def write(self, line: str) -> str:
        return line


def lines(head: Iterable[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield "\ufeff"  # spreadsheets take a file without it for an old encoding
    yield writer.writerow([as_text(cell) for cell in head])
    for row in rows:
        yield writer.writerow([as_text(cell) for cell in row])


def download(
    name: str, head: Iterable[str], rows: Iterable[Iterable[object]]
) -> StreamingHttpResponse:
    """The table as a file of this name."""
    return StreamingHttpResponse(
        lines(head, rows),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )
