"""What the steps of one import share, and how rows get into the database fast."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper

from bothways.roster.records import Flagged, Parsed, Rejected
from bothways.roster.report import Conflict, Same

LONGEST_ID = 200
# Made once: json.dumps would make an encoder for each of half a million rows.
as_json = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode
Say = Callable[[str], None]


@dataclass(slots=True)
class Run:
    """One import into one district, inside its transaction."""

    district_id: int
    region: str
    at: datetime
    parsed: Parsed
    cursor: CursorWrapper
    by: int | None = None
    new_year: bool = False
    added: int = 0
    changed: int = 0
    removed: int = 0
    families_moved: bool = False  # something changed that households are made of
    rejected: list[Rejected] = field(default_factory=list)
    flagged: list[Flagged] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    possibly_same: list[Same] = field(default_factory=list)

    def whole(self, kind: str) -> bool:
        """Whether what is missing of this kind is gone. A kind that is not mentioned loses nothing."""
        return self.parsed.modes.get(kind) == "bulk"

    def ended(self, kind: str) -> list[str]:
        return sorted(self.parsed.ended.get(kind, ()))

    def run(self, sql: str, names: Mapping[str, str] | None = None, **parts: Any) -> int:
        """Execute; how many rows it touched.

        ``%(district)s`` and ``%(at)s`` are known beside ``parts``. ``names`` stand in the statement as
        ``<name>``: names of tables and columns out of this program, never anybody's words.
        """
        for name, text in (names or {}).items():
            sql = sql.replace(f"<{name}>", text)
        values: dict[str, Any] = {"district": self.district_id, "at": self.at, **parts}
        self.cursor.execute(sql, values)
        return max(int(self.cursor.rowcount), 0)

    def grew(self, table: str, new: int) -> int:
        """Tell the planner of new rows; gives their number back.

        Without it a table that was empty a moment ago is joined row by row: minutes instead of seconds.
        """
        if new:
            self.run("ANALYZE <table>", {"table": table})
        return new

    def rows(self, sql: str, names: Mapping[str, str] | None = None, **parts: Any) -> list[Any]:
        self.run(sql, names, **parts)
        return list(self.cursor.fetchall())

    def stage(self, table: str, columns: str, rows: Iterable[Sequence[Any]] = ()) -> None:
        stage(self.cursor, table, columns, rows)

    def reject(self, record: Any, column: str, reason: str, done: str = "not imported") -> None:
        self.rejected.append(Rejected(record.file, record.line, column, reason, done))

    def flag(self, record: Any, column: str, reason: str) -> None:
        self.flagged.append(Flagged(record.file, record.line, column, reason))

    def usable_id(self, record: Any) -> bool:
        """False, and said so, for an id that is too long to be one: cut, it could be another's."""
        if len(record.id) <= LONGEST_ID:
            return True
        self.reject(record, "sourcedId", f"the id is longer than {LONGEST_ID} characters")
        return False

    def shorten(self, record: Any, limits: Iterable[tuple[str, int]]) -> None:
        """Say which of a record's words are shown only in part."""
        for name, limit in limits:
            if len(getattr(record, name)) > limit:
                self.flag(record, name, f"longer than {limit} characters; shown cut off")


@contextmanager
def whole_tables() -> Iterator[CursorWrapper]:
    """A cursor for statements that join whole tables, in the transaction that is open.

    The planner knows little of rows that came a moment ago, and joining 100,000 of them one by one
    takes minutes instead of seconds; joins that spill to disk take twice as long as they need.
    """
    with connection.cursor() as cursor:
        # Compiling costs half a second a statement, and what must be a loop all the same looks costly.
        for setting in ("enable_nestloop = off", "work_mem = '64MB'", "jit = off"):
            cursor.execute(f"SET LOCAL {setting}")
        yield cursor
        # The caller's own statements in this transaction are planned as usual again.
        for name in ("enable_nestloop", "work_mem", "jit"):
            cursor.execute(f"SET LOCAL {name} TO DEFAULT")


def stage(
    cursor: CursorWrapper, table: str, columns: str, rows: Iterable[Sequence[Any]] = ()
) -> None:
    """A temporary table of this transaction, filled with COPY and known to the planner."""
    names = ", ".join(column.split()[0] for column in columns.split(", "))
    cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{table}")
    cursor.execute(f"CREATE TEMPORARY TABLE {table} ({columns}) ON COMMIT DROP")
    with cursor.copy(f"COPY pg_temp.{table} ({names}) FROM STDIN") as copy:
        write = copy.write_row
        for row in rows:
            write(row)
    cursor.execute(f"ANALYZE pg_temp.{table}")
