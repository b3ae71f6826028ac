"""A CSV table as rows with the physical line on which each starts."""

import csv
import io
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from itertools import chain
from operator import itemgetter

from bothways.roster.readers import encodings, headers
from bothways.roster.readers.findings import Findings, shown
from bothways.roster.readers.sources import Limits, Source
from bothways.roster.readers.unusable import UnusableRoster

Rows = Generator[tuple[int, list[str]], None, None]  # (line, cells)
_DELIMITERS = ",;\t|"
_MOST_COLUMNS = 600
# A row this much wider than its header is no row with a stray comma: the file is damaged.
_FAR_TOO_WIDE = 50
_MOST_LINES_IN_A_RECORD = 200
# NUL bytes were refused before, so no cell can ever be this.
_END = "\0end"


class Table:
    """One CSV file: header, and rows that can be read as often as needed."""

    def __init__(self, source: Source, name: str, findings: Findings, limits: Limits) -> None:
        self.file, self._source, self._findings = name, source, findings
        with source.open(name) as stream:
            allowed = source.allowance(name)
            why = "unpacks to far more than any roster: it is a zip bomb or damaged"
            if allowed is None or allowed > limits.total:
                allowed, why = limits.total, "is larger than any roster"
            self.encoding = encodings.survey(stream, name, allowed, why)
        if self.encoding.guessed:
            findings.flag(
                name,
                1,
                "",
                "this file is not UTF-8; it was read as Windows-1252: look at the accents",
            )
        self._told = False
        self.header_line, self.delimiter, self.header = self._read_header()

    @property
    def empty(self) -> bool:
        return not self.header

    def match(self, columns: headers.Columns, required: Sequence[str]) -> dict[str, int]:
        """Where each column stands; UnusableRoster if a required one is missing."""
        found = headers.match(self.header, columns)
        for name in required:
            if name not in found.at:
                raise UnusableRoster(
                    f"{self.file} has no column {shown(name)}. Its first line must name the columns; "
                    f"it begins with {shown(self.header[0] if self.header else '')}."
                )
        for column, words in found.words:
            self._findings.flag(self.file, self.header_line, column, words)
        return found.at

    def rows(self) -> Rows:
        """(line, cells) of each record, padded to the header and one empty cell more."""
        width, wide, short, total = len(self.header), 0, 0, 0
        tell = not self._told
        self._told = True
        damaged = self.encoding.damaged and tell
        rows = self._raw()
        next(rows, None)  # the header
        for line, row in rows:
            count = len(row)
            if count > width:
                if count > width + _FAR_TOO_WIDE:
                    raise UnusableRoster(
                        f"{self.file} has {count} values in line {line}, for {width} columns: "
                        "it is damaged. Export it again."
                    )
                if any(map(str.strip, row[width:])):
                    wide += 1
                    if tell:
                        self._findings.reject(
                            self.file,
                            line,
                            "",
                            f"{count} values for {width} columns: a comma or quote is out of place",
                        )
                    continue
                del row[width:]
            if not any(row):
                continue
            total += 1
            if count < width:
                short += 1
                if tell and short == 1:
                    self._findings.flag(
                        self.file,
                        line,
                        "",
                        "this line ends early; what is missing is taken as empty",
                    )
                row.extend([""] * (width - count))
            if damaged and any("\ufffd" in cell for cell in row):
                self._findings.flag(
                    self.file, line, "", "a letter in this line is damaged; it is shown as �"
                )
            row.append("")
            yield line, row
        if wide > 10 and wide > total:
            raise UnusableRoster(
                f"Most lines of {self.file} have more values than its header. Export it again."
            )
        if tell and short > 1:
            self._findings.flag(
                self.file, 1, "", f"{short} lines end early; what is missing is taken as empty"
            )

    def cells(self, at: dict[str, int], *names: str) -> Callable[[list[str]], tuple[str, ...]]:
        """A quick way from a row to these columns; "" for those that the table does not have."""
        last = len(self.header)
        places = [at.get(name, last) for name in names]
        if len(places) == 1:
            only = places[0]
            return lambda row: (row[only],)
        return itemgetter(*places)

    def _raw(self) -> Rows:
        with self._text() as text, closing(self._records(text)) as records:
            yield from records

    def _records(self, text: io.TextIOWrapper) -> Rows:
        lines: Iterator[str] = iter(text)
        skipped = 0
        if self.header_line > 1:
            for _ in range(self.header_line - 1):
                next(lines, "")
                skipped += 1
        reader = csv.reader(chain(lines, [_END]), delimiter=self.delimiter)
        before = 0
        start = 0
        try:
            for row in reader:
                start, before = before + 1, reader.line_num
                if before - start > _MOST_LINES_IN_A_RECORD:
                    raise self._open_quote(start + skipped)
                if not row:
                    continue
                if row[0] == _END:
                    return
                yield start + skipped, row
        except csv.Error as error:
            raise self._open_quote(before + 1 + skipped) from error
        raise self._open_quote(start + skipped)

    def _text(self) -> io.TextIOWrapper:
        stream = self._source.open(self.file)
        errors = "replace" if self.encoding.damaged else "strict"
        return io.TextIOWrapper(stream, encoding=self.encoding.name, errors=errors, newline="")

    def _open_quote(self, line: int) -> UnusableRoster:
        return UnusableRoster(
            f"{self.file} has a quotation mark in line {line} that is never closed. "
            "Mend that line, or export the file again."
        )

    def _read_header(self) -> tuple[int, str, list[str]]:
        line, first = 1, ""
        with self._text() as text:
            for line, first in enumerate(text, 1):  # noqa: B007
                if first.strip(" \t\r\n,;|\"'\ufeff") and not first.lower().startswith("sep="):
                    break
            else:
                return 1, ",", []
        self.header_line = line
        best: tuple[int, str, list[str]] = (0, ",", [])
        for delimiter in _DELIMITERS:
            try:
                cells = next(csv.reader([first], delimiter=delimiter), [])
            except csv.Error:
                continue
            if len(cells) > best[0]:
                best = (len(cells), delimiter, cells)
        _, self.delimiter, _ = best
        # Read again with the records' own eyes: a header may hold a quoted newline.
        with self._text() as text, closing(self._records(text)) as records:
            _, header = next(records, (line, []))
        header = [" ".join(cell.replace("\ufeff", "").split()) for cell in header]
        while header and not header[-1]:
            header.pop()
        if len(header) > _MOST_COLUMNS:
            raise UnusableRoster(
                f"{self.file} has {len(header)} columns in line {line}: it is no roster."
            )
        return line, self.delimiter, header
