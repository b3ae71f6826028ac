"""``bothways nightly``: when the night's work is done, how many backups are kept, how it went."""

from datetime import time
from typing import Any

import click

from bothways.commands.installation import Unusable, installation
from bothways.commands.words import put, say, table


@click.command(short_help="Nightly backup: its hour, how many are kept, how it went.")
@click.option("--at", metavar="HH:MM", help="by the clock on the district's wall")
@click.option("--keep", type=click.IntRange(1, 1000), metavar="N", help="backups")
@click.option(
    "--backups", type=click.Choice(["on", "off"]), help="off: where something else makes them"
)
@click.option("--now", is_flag=True, help="make a backup at once")
@click.option("--json", "as_json", is_flag=True, help="one JSON object on stdout")
def nightly(
    at: str | None, keep: int | None, backups: str | None, now: bool, as_json: bool
) -> None:
    """Show what is set for the nights, and set what is given."""
    hour = _hour(at) if at else None
    with installation():
        from django.conf import settings

        from bothways.upkeep import services

        wanted = services.nightly()
        if hour is not None:
            wanted.at = hour
        if keep is not None:
            wanted.keep = keep
        if backups is not None:
            wanted.backups = backups == "on"
        if hour is not None or keep is not None or backups is not None:
            wanted.save()
        done = services.back_up(settings.SESSION_URL) if now else None
        found = _found(wanted)
        if as_json:
            put(found)
        else:
            _show(found)
        if done is not None and not done.ok:
            raise click.ClickException(done.words)


def _hour(words: str) -> time:
    try:
        found = time.fromisoformat(words.strip())
    except ValueError:
        raise Unusable(f"“{words}” is no hour like 02:30.") from None
    return found.replace(second=0, microsecond=0, tzinfo=None)


def _found(wanted: Any) -> dict[str, Any]:
    from bothways.core.pg.backup import BackupError
    from bothways.upkeep.backups import folder
    from bothways.upkeep.models import Run
    from bothways.upkeep.services import zone

    place = zone()
    try:
        named, trouble = str(folder()), ""
    except BackupError as error:
        named, trouble = "", str(error)
    return {
        "at": f"{wanted.at:%H:%M}",
        "timezone": str(place) if place else None,
        "backups": wanted.backups,
        "keep": wanted.keep,
        "folder": named or None,
        "trouble": trouble or None,
        "runs": [
            {
                "task": run.task,
                "began": run.began_at.isoformat(),
                "ended": run.ended_at.isoformat() if run.ended_at else None,
                "ok": run.ok,
                "file": run.file or None,
                "bytes": run.bytes,
                "counts": run.counts,
                "words": run.words or None,
            }
            for run in Run.objects.order_by("-pk")[:10]
        ],
    }


def _show(found: dict[str, Any]) -> None:
    say(
        table(
            [
                ("hour", f"{found['at']} in {found['timezone'] or '(no district yet)'}"),
                ("backups", f"{found['keep']} kept" if found["backups"] else "off"),
                ("folder", found["folder"] or found["trouble"]),
            ]
        )
    )
    for run in found["runs"]:
        size = f", {run['bytes'] / 1e6:.1f} MB" if run["bytes"] else ""
        state = "well" if run["ok"] else (run["words"] or "not ended")
        say(f"  {run['began'][:16]} {run['task']}: {state}{size}")
