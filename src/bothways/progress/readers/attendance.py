"""Attendance files: one row for each child and day that was not as usual."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NamedTuple

from bothways.core.text import clean
from bothways.progress.enums import Day, Kind
from bothways.progress.readers import tables
from bothways.progress.readers.columns import Meaning
from bothways.progress.readers.words import day_of
from bothways.roster.readers.findings import Findings, shown

_MOST_UNKNOWN = 40


class Row(NamedTuple):
    line: int
    student: str  # the roster's id
    day: date
    kind: Day
    category: str  # as written, on one line
    school: str  # the roster's id, "" where the file has none


@dataclass(slots=True)
class AttendanceFile:
    file: str
    rows: Iterator[Row]
    findings: Findings
    student_column: str
    date_column: str
    unknown: dict[str, int]  # words that nobody has explained, and how often they came


@contextmanager
def read(
    path: Path | str,
    meaning: Meaning | None,
    *,
    region: str,
    words: Mapping[str, Day] | None = None,
) -> Iterator[AttendanceFile]:
    """The rows of an attendance file; what cannot be read lands in its findings.

    ``words``: what the district's codes mean; the meaning's own words come before them.
    """
    unknown: dict[str, int] = {}
    findings = Findings()
    with tables.opened(path) as source:
        table = tables.mapped(
            tables.the_table(source, Kind.ATTENDANCE, findings),
            Kind.ATTENDANCE,
            meaning,
            findings,
        )
        said = meaning or Meaning()
        codes = {**(words or {}), **said.words}
        when = tables.dates(table, findings, "date", said, region)

        def rows() -> Iterator[Row]:
            file, column = table.file, table.column
            for line, cells in table.rows(
                "student", "date", "category", "reason", "duration", "school"
            ):
                student, written, category, reason, duration, school = cells
                student = student.strip()
                if not student:
                    findings.reject(
                        file, line, column("student"), "there is no student in this line"
                    )
                    continue
                day = when.read(written)
                if day is None:
                    findings.reject(file, line, column("date"), "this is no date")
                    continue
                if not category.strip() and not reason.strip():
                    findings.reject(file, line, column("category"), "it does not say what happened")
                    continue
                kind = day_of(category, reason, duration, codes)
                if kind is Day.OTHER:
                    if len(unknown) < _MOST_UNKNOWN or category in unknown:
                        unknown[category.strip()] = unknown.get(category.strip(), 0) + 1
                    findings.flag(
                        file,
                        line,
                        column("category"),
                        f"{shown(category or reason)} is a word we do not know: nobody is asked because of it,"
                        " until the mapping says what it means",
                    )
                yield Row(line, student, day, kind, clean(category or reason)[:60], school.strip())

        yield AttendanceFile(
            table.file,
            rows(),
            findings,
            table.column("student"),
            table.column("date"),
            unknown,
        )
