"""The yardstick of an import: the rows that it made, read with ``csv`` and written with COPY.

The same tables with all their keys, indexes and triggers, emptied first; no reading of rosters, no
comparing, no decisions: ids and values stand in the files as they stood in the tables.
"""

import csv
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import click
import psycopg
from psycopg import sql

from bothways.commands.words import say

# In the order in which they need each other.
TABLES = (
    "schools_district",
    "schools_school",
    "schools_term",
    "schools_section",
    "accounts_user",
    "accounts_membership",
    "accounts_teaching",
    "people_household",
    "people_student",
    "people_guardian",
    "people_householdstudent",
    "people_link",
    "people_restriction",
    "people_contactpoint",
    "people_contactperson",
    "people_enrollment",
    "people_possiblysame",
)
_NOTHING = "\\N"

Connection = psycopg.Connection[tuple[int]]


@dataclass(frozen=True, slots=True)
class Setting:
    """``rows``: of a table in one transaction; None: everything in one. ``at_once``: each COPY checks
    its foreign keys when it ends, not all of them when the transaction does."""

    words: str
    rows: int | None
    at_once: bool = False


SETTINGS = (
    Setting("one transaction, keys checked at its end", None),
    Setting("one transaction, keys checked after each table", None, at_once=True),
    Setting("100,000 rows a transaction", 100_000),
    Setting("10,000 rows a transaction", 10_000),
)


@dataclass(frozen=True, slots=True)
class Copied:
    """Seconds by setting; rows of each table as the import left them and as COPY did."""

    seconds: dict[str, float]
    rows: dict[str, int]
    copied: dict[str, int]


def measure(url: str, folder: Path) -> Copied:
    """Put the rows of the database into files, and them back into its emptied tables in every setting."""
    folder.mkdir()
    seconds: dict[str, float] = {}
    with psycopg.connect(url, autocommit=True) as database:
        rows = _counts(database)
        columns = {table: _unload(database, table, folder / f"{table}.csv") for table in TABLES}
        for setting in SETTINGS:
            # Before the clock starts, and not in the transaction that copies: that would write no log.
            database.execute("TRUNCATE schools_district CASCADE")
            began = time.monotonic()
            _load(database, folder, columns, setting)
            seconds[setting.words] = time.monotonic() - began
            say(f"  {setting.words}: {seconds[setting.words]:.1f} s")
            copied = _counts(database)
            if copied != rows:
                raise click.ClickException(f"COPY made other rows, {copied}, than {rows}.")
    return Copied(seconds, rows, copied)


def _counts(database: Connection) -> dict[str, int]:
    found = {}
    for table in TABLES:
        query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
        (found[table],) = database.execute(query).fetchone() or (0,)
    return found


def _unload(database: Connection, table: str, path: Path) -> list[str]:
    """Write the table's rows; the names of its columns."""
    out = sql.SQL("COPY (SELECT * FROM {} ORDER BY id) TO STDOUT (FORMAT csv, HEADER, NULL {})")
    with (
        path.open("wb") as file,
        database.cursor() as cursor,
        cursor.copy(out.format(sql.Identifier(table), sql.Literal(_NOTHING))) as copy,
    ):
        for data in copy:
            file.write(data)
    with path.open(encoding="utf-8", newline="") as text:
        return next(csv.reader(text))


def _load(
    database: Connection, folder: Path, columns: dict[str, list[str]], setting: Setting
) -> None:
    if setting.rows is not None:
        for table in TABLES:
            rows = _rows(folder / f"{table}.csv")
            while chunk := list(islice(rows, setting.rows)):
                with database.transaction():
                    _copy(database, table, columns[table], iter(chunk))
        return
    with database.transaction():
        if setting.at_once:
            database.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in TABLES:
            _copy(database, table, columns[table], _rows(folder / f"{table}.csv"))


def _copy(
    database: Connection, table: str, columns: list[str], rows: Iterator[list[str | None]]
) -> None:
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    into = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)
    with database.cursor() as cursor, cursor.copy(into) as copy:
        write = copy.write_row
        for row in rows:
            write(row)


def _rows(path: Path) -> Iterator[list[str | None]]:
    with path.open(encoding="utf-8", newline="") as text:
        reader = csv.reader(text)
        next(reader)
        for row in reader:
            yield [None if value == _NOTHING else value for value in row]
