"""The tables at a path: one by its columns, or one of several by its name."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from bothways.progress.enums import Kind
from bothways.progress.readers.columns import (
    OF_KIND,
    Meaning,
    UnusableFile,
    guess,
    problems,
)
from bothways.roster.readers import sources
from bothways.roster.readers.dates import Dates
from bothways.roster.readers.files import OpenTable
from bothways.roster.readers.findings import Findings
from bothways.roster.readers.headers import Columns, match
from bothways.roster.readers.sources import Limits, Source, folded
from bothways.roster.readers.tables import Table

LINE_ITEMS, RESULTS = "lineitems", "results"
# Where the month comes first, and where the day does (as rosters are read).
_REGIONS = {"mdy": "US", "dmy": "GB"}


class Start(NamedTuple):
    """The head of a table, for a page on which somebody says what its columns mean."""

    header: list[str]
    rows: list[list[str]]
    oneroster: bool


@contextmanager
def opened(path: Path | str) -> Iterator[Source]:
    """The tables at a path. Raises UnusableFile, or UnusableRoster as readers of rosters do."""
    try:
        with closing(sources.find(Path(path), Limits())) as source:
            yield source
    except (UnicodeError, OSError) as error:
        raise UnusableFile(
            f"The file could not be read to its end ({type(error).__name__}). "
            "Did it change meanwhile? Try again."
        ) from error


def is_oneroster(source: Source) -> bool:
    """Whether it holds OneRoster's gradebook."""
    names = {folded(name) for name in source.names}
    return LINE_ITEMS in names and RESULTS in names


def the_table(source: Source, kind: Kind, findings: Findings) -> Table:
    """The only one, or of several the one that is called after what it is."""
    names = list(source.names)
    if len(names) > 1:
        names = [name for name in names if folded(name).startswith(kind.value)]
    if len(names) != 1:
        raise UnusableFile(
            f"Here are {len(source.names)} files, and none or more than one is called {kind.value}.csv. "
            "Name the one file."
        )
    table = Table(source, names[0], findings, Limits())
    if table.empty:
        raise UnusableFile(f"{table.file} holds no table. Export it again.")
    return table


def start(path: Path | str, kind: Kind, *, rows: int = 20) -> Start:
    """Header and first rows; of OneRoster's gradebook nothing needs to be said."""
    with opened(path) as source:
        if kind is Kind.GRADEBOOK and is_oneroster(source):
            return Start([], [], True)
        table = the_table(source, kind, Findings())
        width = len(table.header)
        return Start(table.header, [row[:width] for _, row in islice(table.rows(), rows)], False)


def mapped(table: Table, kind: Kind, meaning: Meaning | None, findings: Findings) -> OpenTable:
    """The table with its columns found: as somebody said, else by their names."""
    if meaning is None:
        for column, words in match(table.header, OF_KIND[kind]).words:
            findings.flag(table.file, table.header_line, column, words)
    used = meaning or guess(kind, table.header)
    wrong = problems(kind, used, table.header)
    if wrong:
        titles = ", ".join(table.header[:12])
        raise UnusableFile(
            f"{table.file}: {' '.join(wrong)} Its columns are: {titles}. "
            "Say on the page, or with --mapping, what they mean."
        )
    found = OpenTable(table, (), Columns(standard={}, ignored=table.header))
    found.at = {ours: table.header.index(title) for ours, title in used.columns.items()}
    return found


def dates(
    table: OpenTable, findings: Findings, column: str, meaning: Meaning, region: str
) -> Dates:
    return table.dates(findings, _REGIONS.get(meaning.dates, region), column)
