"""What both kinds of files share while they are taken in."""

from collections.abc import Iterable, Mapping, Set
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction

from bothways.audit.services import record
from bothways.core import clock
from bothways.people.models import Student
from bothways.progress.enums import Kind
from bothways.progress.models import ProgressLoad
from bothways.progress.readers.columns import UnusableFile
from bothways.roster.readers.findings import Findings
from bothways.schools.models import District

if TYPE_CHECKING:
    from collections.abc import Iterator

# Two loads of one district at once would each count the other's rows as changed.
_LOCK = 0x0A77E4D
_KEPT = 200  # findings of a kind that the report on the page keeps
# A file of which so much belongs to nobody here is another district's, or its ids are of another kind.
_MOST_UNKNOWN = 0.5
_ENOUGH_TO_TELL = 20


class _TakenBack(Exception):
    """Carries the counts of a trial out of its transaction."""


@dataclass(slots=True)
class Report:
    """What a file changed. ``rows``: those that could be read."""

    kind: Kind
    rows: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    students: int = 0
    totals: dict[str, int] = field(default_factory=dict)  # of this file, by meaning
    unknown: dict[str, int] = field(default_factory=dict)  # words that nobody has explained
    seconds: float = 0.0
    findings: Findings = field(default_factory=Findings)

    def as_json(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "added": self.added,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "students": self.students,
            "totals": self.totals,
            "rejected": [
                {"file": r.file, "line": r.line, "column": r.column, "reason": r.reason}
                for r in self.findings.rejected
            ],
            "flagged": [
                {"file": f.file, "line": f.line, "column": f.column, "reason": f.reason}
                for f in self.findings.flagged
            ],
            "seconds": round(self.seconds, 3),
        }

    def short(self) -> dict[str, Any]:
        """For a page: the first findings, and how many there are."""
        words = self.as_json() | {"unknown": self.unknown}
        for name in ("rejected", "flagged"):
            words[f"{name}_count"] = len(words[name])
            words[name] = words[name][:_KEPT]
        return words


class Children:
    """The children of a district by their roster's id; one query."""

    def __init__(self, district: District, schools: Set[int] | None) -> None:
        self.schools = schools
        self._by_id: dict[str, tuple[int, int | None, bool]] = {
            sis_id or "": (pk, school, ended is None)
            for sis_id, pk, school, ended in Student.objects.filter(
                district=district, sis_id__isnull=False
            ).values_list("sis_id", "pk", "school_id", "ended_at")
        }
        self.asked = self.unknown = 0

    def find(self, sis_id: str) -> tuple[int, int | None] | str:
        """(id, school), or why the row is not taken."""
        self.asked += 1
        found = self._by_id.get(sis_id)
        if found is None:
            self.unknown += 1
            return "no student of the roster has this number"
        pk, school, live = found
        if not live:
            return "this student has left"
        if self.schools is not None and school not in self.schools:
            return "this student is at a school whose files you do not load"
        return pk, school

    def must_be_ours(self) -> None:
        """Raise UnusableFile where most rows are about nobody here."""
        if self.asked >= _ENOUGH_TO_TELL and self.unknown > _MOST_UNKNOWN * self.asked:
            raise UnusableFile(
                f"{self.unknown} of {self.asked} rows are about students whom the roster does not have. Is the "
                "column with the student’s number the right one, and the roster loaded? Nothing was changed."
            )


@contextmanager
def one_at_a_time(district: District) -> "Iterator[None]":
    """In a transaction, and no other load of this district meanwhile."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK, district.pk])
        yield


@contextmanager
def taken_back(dry_run: bool) -> "Iterator[None]":
    """With ``dry_run`` everything done inside is undone at the end."""
    try:
        with transaction.atomic():
            yield
            if dry_run:
                raise _TakenBack
    except _TakenBack:
        pass


def copy_in(create: str, copy: str, rows: Iterable[tuple[object, ...]]) -> None:
    """Make a table that lasts as long as the transaction, and fill it."""
    with connection.cursor() as cursor:
        cursor.execute(create)
        with cursor.copy(copy) as into:
            for row in rows:
                into.write_row(row)


def fetch(sql: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def note(report: Report, *, district: District, by: int | None, source: str, began: float) -> None:
    """Keep that it was done, and by whom."""
    report.seconds = perf_counter() - began
    counts = {name: getattr(report, name) for name in ("rows", "added", "changed", "unchanged")} | {
        "rejected": len(report.findings.rejected),
        "flagged": len(report.findings.flagged),
    }
    kept = report.short()
    load = ProgressLoad.objects.create(
        district=district,
        kind=report.kind.value,
        at=clock.now(),
        by_id=by,
        source=source[:200],
        counts=counts,
        report={name: kept[name] for name in ("rejected", "flagged", "totals")},
    )
    record(f"{report.kind.value}.loaded", load, by=by, district=district.pk, **counts)
