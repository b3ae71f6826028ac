"""``bothways attendance`` and ``bothways gradebook``: files about how children are doing."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bothways.commands.installation import Unusable, installation
from bothways.commands.words import put, say, table

if TYPE_CHECKING:
    from bothways.progress.services.taking import Report

MOST_SHOWN = 10

_path = click.argument("path", type=click.Path(path_type=Path))
_mapping = click.option(
    "--mapping",
    type=click.Path(path_type=Path),
    help="a JSON file that says what the columns mean, where their names do not",
)
_dry_run = click.option("--dry-run", is_flag=True, help="only say what would change")
_district = click.option("--district", "district_id", help="its roster id, where there are several")
_json = click.option("--json", "as_json", is_flag=True, help="one JSON object on stdout")


@click.command(short_help="Take in an attendance file.")
@_path
@_mapping
@_dry_run
@_district
@_json
def attendance(
    path: Path, mapping: Path | None, dry_run: bool, district_id: str | None, as_json: bool
) -> None:
    """Take in the attendance at PATH: a CSV file with a row for each child and day.

    The same file twice changes nothing; a corrected row changes what stood there. Whether and when
    families are asked about today is chosen on the page Absences.

    Exit status: 0 done; 2 the file cannot be used: then nothing has changed.
    """
    _load("attendance", path, mapping, dry_run, district_id, as_json)


@click.command(short_help="Take in a gradebook.")
@_path
@_mapping
@_dry_run
@_district
@_json
def gradebook(
    path: Path, mapping: Path | None, dry_run: bool, district_id: str | None, as_json: bool
) -> None:
    """Take in the gradebook at PATH: a CSV file with a row for each child and assignment, or a folder or
    zip with OneRoster's lineItems.csv and results.csv.

    An empty score is not taken for missing work. Whether and when families hear of missing work is chosen
    on the page Absences.

    Exit status: 0 done; 2 the file cannot be used: then nothing has changed.
    """
    _load("gradebook", path, mapping, dry_run, district_id, as_json)


def _load(
    name: str,
    path: Path,
    mapping: Path | None,
    dry_run: bool,
    district_id: str | None,
    as_json: bool,
) -> None:
    with installation():
        from bothways.commands.districts import the_district
        from bothways.progress.enums import Kind
        from bothways.progress.readers.columns import load
        from bothways.progress.services.attendance import load_attendance
        from bothways.progress.services.gradebook import load_gradebook
        from bothways.roster.readers import UnusableRoster

        kind = Kind(name)
        take = load_attendance if kind is Kind.ATTENDANCE else load_gradebook
        district = the_district(district_id)
        try:
            report = take(
                path,
                district=district,
                meaning=load(mapping, kind) if mapping else None,
                dry_run=dry_run,
                source=path.name,
            )
        except UnusableRoster as error:
            raise Unusable(str(error)) from error
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
                ("rows", str(report.rows)),
                ("students", str(report.students)),
                ("new", str(report.added)),
                ("changed", str(report.changed)),
                ("as before", str(report.unchanged)),
                *((f"read as {what}", str(n)) for what, n in report.totals.items()),
            ]
        )
    )
    for title, found in (
        ("not taken in", report.findings.rejected),
        ("taken in, and worth a look", report.findings.flagged),
    ):
        if found:
            lines.append(f"{len(found)} {title}:")
            lines += [f"  {f.file} line {f.line}: {f.reason}" for f in found[:MOST_SHOWN]]
            if len(found) > MOST_SHOWN:
                lines.append(f"  … and {len(found) - MOST_SHOWN} more (--json shows all)")
    return "\n".join(lines)
