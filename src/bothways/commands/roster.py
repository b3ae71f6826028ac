"""``bothways roster``: from a student information system's files to the families of a district."""

from collections.abc import Iterable
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import click

from bothways.commands.installation import Unusable, WantsConfirmation, installation
from bothways.commands.words import put, say, table

if TYPE_CHECKING:
    from bothways.roster.report import Report

MOST_SHOWN = 10


@click.command(short_help="Import a roster; again and again.")
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--mapping",
    type=click.Path(path_type=Path),
    help="a JSON file that says what the columns of any other table mean",
)
@click.option("--dry-run", is_flag=True, help="only say what would happen")
@click.option(
    "--allow-removals",
    is_flag=True,
    help="yes, more than 5 % of a school's students, guardians or links may end",
)
@click.option(
    "--new-year",
    is_flag=True,
    help="the school year has changed: the highest grade of each school may leave without asking",
)
@click.option(
    "--timezone",
    help="of the district, like America/New_York; America/Chicago if it was never given",
)
@click.option(
    "--new-district",
    is_flag=True,
    help="add a second district; without this, a roster of another district is refused",
)
@click.option("--json", "as_json", is_flag=True, help="one JSON object on stdout")
def roster(
    path: Path,
    mapping: Path | None,
    dry_run: bool,
    allow_removals: bool,
    new_year: bool,
    timezone: str | None,
    new_district: bool,
    as_json: bool,
) -> None:
    """Import the roster at PATH: a folder or zip of OneRoster 1.1 or 1.2 CSV, of School Data Sync 2.1,
    or (with --mapping) one table with a row for each student.

    What people corrected here stays, and so does what was learned about phones and addresses. Nobody
    is deleted: who is missing ends, and comes back whole. A restriction ends only by its date or by a
    person, never by a roster.

    Exit status: 0 done; 2 the roster cannot be used; 3 so many people would end that somebody must
    look first and then say --allow-removals. After 2 and 3 nothing has changed.
    """
    began = perf_counter()
    with installation():
        from bothways.roster.readers import UnusableRoster, open_roster
        from bothways.roster.report import NeedsConfirmation
        from bothways.roster.services import import_roster

        try:
            say(f"Reading {path.name or path} …")
            parsed = open_roster(path, mapping)
            report = import_roster(
                parsed,
                by=None,
                dry_run=dry_run,
                allow_removals=allow_removals,
                on_progress=lambda words: say(f"  {words} …"),
                new_year=new_year,
                timezone=timezone,
                new_district=new_district,
                source=path.name,
            )
        except UnusableRoster as error:
            raise Unusable(str(error)) from error
        except NeedsConfirmation as stop:
            if stop.report is not None:
                _tell(stop.report, perf_counter() - began, as_json=as_json, dry_run=True)
            raise WantsConfirmation(str(stop)) from stop
    _tell(report, perf_counter() - began, as_json=as_json, dry_run=dry_run)


def _tell(report: "Report", seconds: float, *, as_json: bool, dry_run: bool) -> None:
    report.seconds = round(seconds, 3)
    if as_json:
        put(report.as_json())
    else:
        say(summary(report, dry_run=dry_run))


def summary(report: "Report", *, dry_run: bool) -> str:
    """The same in words for an office."""
    lines = ["It would be so; nothing was changed:" if dry_run else "Done:"]
    lines.append(
        table(
            [
                ("students", str(report.students)),
                ("guardians", str(report.guardians)),
                ("families", str(report.households)),
                ("links", str(report.links)),
                ("staff", str(report.staff)),
                ("added", str(report.added)),
                ("changed", str(report.changed)),
                ("removed", str(report.removed)),
            ]
        )
    )
    _list(
        lines,
        "not imported",
        len(report.rejected),
        _by_reason((f"{r.reason} ({r.done})", r.file, r.line) for r in report.rejected),
    )
    _list(
        lines,
        "imported, and worth a look",
        len(report.flagged),
        _by_reason((f.reason, f.file, f.line) for f in report.flagged),
    )
    _list(
        lines,
        "the roster says otherwise than people here, whose word counts",
        len(report.conflicts),
        [f"{c.kind} {c.id}: {c.field}" for c in report.conflicts],
    )
    _list(
        lines,
        "possibly the same person",
        len(report.possibly_same),
        [f"{s.a} and {s.b}: {s.why}" for s in report.possibly_same],
    )
    return "\n".join(lines)


def _by_reason(findings: Iterable[tuple[str, str, int]]) -> list[str]:
    """One line a reason, with the first places where it holds."""
    places: dict[str, list[str]] = {}
    for reason, file, line in findings:
        places.setdefault(reason, []).append(f"{file} line {line}")
    return [
        f"{reason}: {', '.join(found[:3])}"
        + (f" and {len(found) - 3} more" if len(found) > 3 else "")
        for reason, found in places.items()
    ]


def _list(lines: list[str], title: str, count: int, rows: list[str]) -> None:
    if not rows:
        return
    lines.append(f"{count} {title}:")
    lines += [f"  {row}" for row in rows[:MOST_SHOWN]]
    if len(rows) > MOST_SHOWN:
        lines.append(f"  … and {len(rows) - MOST_SHOWN} more (--json shows all)")
