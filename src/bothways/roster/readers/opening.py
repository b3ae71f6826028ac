"""The door: which kind of roster lies at a path, and who reads it."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from bothways.core import garbage
from bothways.roster.readers import mapped, mapping, oneroster, sources
from bothways.roster.readers.findings import Findings
from bothways.roster.readers.mapping import Mapping
from bothways.roster.readers.sources import Limits, Source
from bothways.roster.readers.tables import Table
from bothways.roster.readers.unusable import UnusableRoster
from bothways.roster.records import Parsed


class Start(NamedTuple):
    """The head of a table, for a page on which somebody maps its columns."""

    file: str
    header: list[str]
    rows: list[list[str]]


def open_roster(
    path: Path | str,
    mapping: Mapping | Path | str | None = None,
    *,
    region: str = "US",
    limits: Limits | None = None,
) -> Parsed:
    """Read a folder or zip of OneRoster 1.1, 1.2 or School Data Sync 2.1, or one table by a mapping.

    ``region`` (ISO 3166) is where phone numbers and dates without more are at home. Raises
    UnusableRoster, whose text is one sentence for an office; nothing else, whatever lies at the path.
    """
    limits = limits or Limits()
    with (
        _told_plainly(),
        closing(sources.find(Path(path), limits)) as source,
        garbage.left_lying(),
    ):
        if mapping is not None:
            return _mapped(source, mapping, region, limits)
        if oneroster.recognises(source):
            if Path(path).is_file() and list(source.names) == [Path(path).name]:
                raise UnusableRoster(
                    f"{Path(path).name} is one table of a roster. Name the folder that holds all of them."
                )
            return oneroster.read(source, region=region, limits=limits)
        raise UnusableRoster(_what_it_may_be(source))


def table_start(path: Path | str, *, rows: int = 20, limits: Limits | None = None) -> Start:
    """Header and first rows of the one table at a path; UnusableRoster if there is none."""
    limits = limits or Limits()
    with _told_plainly(), closing(sources.find(Path(path), limits)) as source:
        table = _only_table(source, Findings(), limits)
        width = len(table.header)
        return Start(
            table.file, table.header, [row[:width] for _, row in islice(table.rows(), rows)]
        )


def _mapped(source: Source, given: Mapping | Path | str, region: str, limits: Limits) -> Parsed:
    plan = given if isinstance(given, Mapping) else mapping.load(Path(given))
    findings = Findings()
    return mapped.read(_only_table(source, findings, limits), plan, findings, region=region)


def _only_table(source: Source, findings: Findings, limits: Limits) -> Table:
    if len(source.names) != 1:
        names = ", ".join(source.names[:4]) or "none"
        raise UnusableRoster(
            f"A mapping is for one table, and here are {len(source.names)} ({names}). "
            "Name the one file that has a row for each student."
        )
    table = Table(source, source.names[0], findings, limits)
    if table.empty:
        raise UnusableRoster(f"{table.file} holds no table. Export it again.")
    return table


def _what_it_may_be(source: Source) -> str:
    names = {sources.folded(name) for name in source.names}
    if "student" in names and "school" in names:
        return (
            "These are files of School Data Sync version 1. Export version 2.1 or OneRoster, "
            "then try again."
        )
    if len(source.names) == 1:
        return (
            f"{source.names[0]} is no roster by its name. If it has a row for each student, say what "
            "its columns mean in a mapping file (--mapping FILE)."
        )
    return (
        f"There is no roster here: none of the {len(source.names)} files is called users.csv. Export "
        "OneRoster or School Data Sync 2.1, or name one table and a mapping."
    )


@contextmanager
def _told_plainly() -> Iterator[None]:
    try:
        yield
    except (UnicodeError, OSError) as error:
        raise UnusableRoster(
            f"The roster could not be read to its end ({type(error).__name__}). "
            "Did it change meanwhile? Try again."
        ) from error
