"""The tables of one roster folder: which are there, and what the manifest says of each."""

from collections.abc import Iterator, Sequence

from bothways.roster.readers import headers, layout
from bothways.roster.readers.dates import Dates
from bothways.roster.readers.findings import Findings, shown
from bothways.roster.readers.sources import Limits, Source, folded
from bothways.roster.readers.tables import Table
from bothways.roster.records import Mode

_MODES: dict[str, Mode] = {"bulk": "bulk", "delta": "delta", "absent": "absent"}
_ENDED = {"tobedeleted", "inactive", "deleted"}


class OpenTable:
    """A table whose columns are found."""

    def __init__(self, table: Table, required: Sequence[str], columns: headers.Columns) -> None:
        self.table = table
        self.file = table.file
        self.at = table.match(columns, required)

    def has(self, name: str) -> bool:
        return name in self.at

    def column(self, name: str) -> str:
        """The header as the file writes it; our own name if the file has none."""
        return self.table.header[self.at[name]] if name in self.at else name

    def rows(self, *names: str) -> Iterator[tuple[int, tuple[str, ...]]]:
        """(line, these cells as written)."""
        cells = self.table.cells(self.at, *names)
        for line, row in self.table.rows():
            yield line, cells(row)

    def dates(self, findings: Findings, region: str, *names: str) -> Dates:
        def values() -> Iterator[str]:
            for _, row in self.rows(*names):
                yield from row

        first = next((name for name in names if name in self.at), names[0])
        return Dates(
            values,
            region,
            lambda words: findings.flag(
                self.file, self.table.header_line, self.column(first), words
            ),
        )


class RosterFiles:
    """Opens tables by their folded name."""

    def __init__(self, source: Source, findings: Findings, limits: Limits) -> None:
        self._source, self._findings, self._limits = source, findings, limits
        self._names = {folded(name): name for name in source.names}
        self.version, self._stated = self._manifest()
        self.left = limits.total

    def __contains__(self, table: str) -> bool:
        return table in self._names

    def mode(self, table: str) -> Mode:
        """As the manifest says. A file that is there and not named in it is the whole truth, unless
        others are parts: relationships.csv has no line in the manifests of OneRoster."""
        if table not in self._names:
            return "absent"
        stated = self._stated.get(table, "absent")
        if stated == "absent":
            return "delta" if "delta" in self._stated.values() else "bulk"
        return stated

    def stated(self, table: str) -> bool:
        """Whether the manifest says anything about this table."""
        return table in self._stated

    def open(self, table: str, *required: str) -> OpenTable | None:
        """The table, None if it is not there or has no line at all."""
        if table not in self._names:
            return None
        limits = Limits(self.left, self._limits.ratio, self._limits.ratio_from)
        found = Table(self._source, self._names[table], self._findings, limits)
        self.left -= found.encoding.bytes
        if found.empty:
            self._findings.flag(found.file, 1, "", "this file is empty")
            return None
        return OpenTable(found, required, layout.TABLES[table])

    def _manifest(self) -> tuple[str, dict[str, Mode]]:
        if "manifest" not in self._names:
            return "", {}
        name = self._names["manifest"]
        table = Table(self._source, name, self._findings, Limits(total=1 << 20))
        if table.empty:
            return "", {}
        version, modes = "", dict[str, Mode]()
        for line, row in self._manifest_rows(table):
            key, value = row[0].strip().casefold(), row[1].strip().casefold()
            if headers.close(key, "oneroster.version"):
                version = value
            what, _, named = key.partition(".")
            table_name = folded(named)
            if table_name not in layout.TABLES:
                continue
            # "fiel.demographics": a slip in the first word does not hide which file is meant.
            if what != "file":
                self._findings.flag(name, line, "propertyName", f"{shown(key)} is misspelt")
            if value in _MODES:
                modes[table_name] = _MODES[value]
            else:
                words = f"{shown(value)} is not bulk, delta or absent"
                self._findings.flag(name, line, "value", words)
        return version, modes

    def _manifest_rows(self, table: Table) -> Iterator[tuple[int, list[str]]]:
        if "." in table.header[0] and len(table.header) > 1:
            yield table.header_line, table.header  # a manifest without a header line
        for line, row in table.rows():
            if len(row) >= 2:
                yield line, row


def ended(status: str) -> bool:
    """Whether the roster itself ends this record."""
    return bool(status) and status.strip().casefold() in _ENDED
