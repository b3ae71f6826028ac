"""Gradebook files: a table with a row for each child and assignment, or OneRoster's lineItems and results."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from bothways.core.text import clean, fold
from bothways.progress.enums import Kind, Work
from bothways.progress.readers import tables
from bothways.progress.readers.columns import (
    LINE_ITEMS,
    RESULTS,
    Meaning,
    UnusableFile,
)
from bothways.progress.readers.words import share_of, work_of
from bothways.roster.readers.dates import Dates
from bothways.roster.readers.files import OpenTable, ended
from bothways.roster.readers.findings import Findings
from bothways.roster.readers.sources import Limits, Source, folded
from bothways.roster.readers.tables import Table


class Piece(NamedTuple):
    """An assignment."""

    key: str
    section: str  # the roster's id, "" where the file has none
    course: str
    title: str
    due: date | None


class Row(NamedTuple):
    file: str
    line: int
    student: str
    piece: Piece
    work: Work
    share: Decimal | None


@dataclass(slots=True)
class GradebookFile:
    file: str
    rows: Iterator[Row]
    findings: Findings
    student_column: str


@contextmanager
def read(path: Path | str, meaning: Meaning | None, *, region: str) -> Iterator[GradebookFile]:
    """The rows of a gradebook; what cannot be read lands in its findings."""
    findings = Findings()
    with tables.opened(path) as source:
        if meaning is None and tables.is_oneroster(source):
            yield _oneroster(source, findings, region)
            return
        table = tables.mapped(
            tables.the_table(source, Kind.GRADEBOOK, findings),
            Kind.GRADEBOOK,
            meaning,
            findings,
        )
        when = tables.dates(table, findings, "due", meaning or Meaning(), region)
        yield GradebookFile(
            table.file, _plain(table, when, findings), findings, table.column("student")
        )


def _plain(table: OpenTable, when: Dates, findings: Findings) -> Iterator[Row]:
    file, column = table.file, table.column
    for line, cells in table.rows(
        "student", "course", "section", "title", "id", "due", "score", "possible", "status",
        "missing", "late",
    ):  # fmt: skip
        student, course, section, title, own, due, score, possible, status, missing, late = cells
        student, title, course = student.strip(), clean(title)[:300], clean(course)[:300]
        if not student or not title:
            what = "student" if not student else "title"
            words = "student" if not student else "assignment"
            findings.reject(file, line, column(what), f"there is no {words} in this line")
            continue
        day = _due(due, when, findings, file, line, column("due"))
        section = section.strip()
        yield Row(
            file,
            line,
            student,
            Piece(
                own.strip()[:200] or _key(section or course, title, day),
                section,
                course,
                title,
                day,
            ),
            work_of(status=status, missing=missing, late=late, score=score),
            share_of(score, possible),
        )


def _due(
    text: str, when: Dates, findings: Findings, file: str, line: int, column: str
) -> date | None:
    if not text.strip():
        return None
    day = when.read(text)
    if day is None:
        findings.flag(file, line, column, "this is no date; the work is taken without a day")
    return day


def _key(course: str, title: str, due: date | None) -> str:
    """The same assignment in the next file has the same key, if it is still called so."""
    told = f"{fold(course)}|{fold(title) or title}|{due or ''}"
    return "~" + hashlib.sha256(told.encode()).hexdigest()[:32]


def _oneroster(source: Source, findings: Findings, region: str) -> GradebookFile:
    names = {folded(name): name for name in source.names}
    items = OpenTable(
        _table(source, names[tables.LINE_ITEMS], findings), ("id", "title"), LINE_ITEMS
    )
    results = OpenTable(_table(source, names[tables.RESULTS], findings), ("id", "student"), RESULTS)
    when = items.dates(findings, region, "due")
    pieces: dict[str, tuple[Piece, str, bool]] = {}
    for line, (key, status, title, due, section, possible) in items.rows(
        "id", "status", "title", "due", "section", "possible"
    ):
        key, title = key.strip(), clean(title)[:300]
        if not key or not title:
            findings.reject(items.file, line, items.column("title"), "there is no title")
        elif len(key) > 200:
            findings.reject(items.file, line, items.column("id"), "this id is too long")
        else:
            day = _due(due, when, findings, items.file, line, items.column("due"))
            pieces[key] = Piece(key, section.strip(), "", title, day), possible, ended(status)

    def rows() -> Iterator[Row]:
        file = results.file
        for line, (key, status, student, told, score, missing, late, incomplete) in results.rows(
            "id", "status", "student", "score_status", "score", "missing", "late", "incomplete"
        ):
            found = pieces.get(key.strip())
            if found is None:
                findings.reject(
                    file, line, results.column("id"), f"{items.file} has no such assignment"
                )
                continue
            if not student.strip():
                findings.reject(
                    file, line, results.column("student"), "there is no student in this line"
                )
                continue
            piece, possible, gone = found
            work = (
                Work.EXEMPT
                if gone or ended(status)
                else work_of(status=told, missing=missing or incomplete, late=late, score=score)
            )
            yield Row(file, line, student.strip(), piece, work, share_of(score, possible))

    return GradebookFile(results.file, rows(), findings, results.column("student"))


def _table(source: Source, name: str, findings: Findings) -> Table:
    table = Table(source, name, findings, Limits())
    if table.empty:
        raise UnusableFile(f"{table.file} holds no table. Export it again.")
    return table
