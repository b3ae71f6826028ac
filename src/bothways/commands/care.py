"""``bothways doctor``, ``backup`` and ``restore``: care of an installation."""

import os
from contextlib import ExitStack
from pathlib import Path

import click

from bothways.commands.installation import Unusable
from bothways.commands.words import put, say


@click.command(short_help="What is wrong, and how to mend it.")
@click.option("--json", "as_json", is_flag=True, help="one JSON object on stdout")
def doctor(as_json: bool) -> None:
    """Look at everything an installation needs and say in plain words what is wrong."""
    from bothways.config.database import session_url
    from bothways.core.doctor import DATABASE_CHECKS, run_checks
    from bothways.core.home import bothways_home
    from bothways.upkeep.checks import nights

    checks = run_checks(
        bothways_home(),
        session_url(os.environ),
        database_checks=[*DATABASE_CHECKS, *nights()],
    )
    ok = all(check.ok for check in checks)
    if as_json:
        put(
            {
                "ok": ok,
                "checks": [
                    {"name": c.name, "ok": c.ok, "words": c.words, "mend": c.mend} for c in checks
                ],
            }
        )
    else:
        for check in checks:
            say(f"{'ok   ' if check.ok else 'WRONG'}  {check.words}")
            if not check.ok and check.mend:
                say(f"       What to do: {check.mend}")
    if not ok:
        raise SystemExit(1)


def _database(stack: ExitStack) -> str:
    from bothways.config.database import session_url

    if url := session_url(os.environ):
        return url
    from bothways.core.home import bothways_home, ensure
    from bothways.core.pg import attach

    return stack.enter_context(attach(ensure(bothways_home()))).url


def _alone(url: str) -> None:
    """Refuse while somebody else uses the database: their work would be cut off half done."""
    import psycopg

    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        ).fetchone()
    if row and row[0]:
        raise Unusable(
            "Bothways is running on this database. Stop it first (Ctrl-C), then restore."
        )


@click.command(short_help="Save everything in one file.")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """Save the database in FILE. The file holds children's data: keep it where few can read it."""
    from bothways.core.pg import PgError
    from bothways.core.pg.backup import BackupError
    from bothways.core.pg.backup import backup as save
    from bothways.upkeep.checks import note_by_hand

    if file.exists() and not file.is_file():
        raise Unusable(f"{file} is no ordinary file. Name a new one, or an older backup.")

    try:
        with ExitStack() as stack:
            url = _database(stack)
            size = save(url, file)
            note_by_hand(url, file, size)
    except BackupError as error:
        raise Unusable(str(error)) from error
    except PgError as error:
        raise click.ClickException(str(error)) from error
    say(f"Saved in {file} ({file.stat().st_size / 1e6:.1f} MB).")


@click.command(short_help="Put a saved file back.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="over the data that is there now, which is then gone")
def restore(file: Path, replace: bool) -> None:
    """Put the database saved in FILE back into this installation."""
    from bothways.core.pg import PgError
    from bothways.core.pg.backup import BackupError
    from bothways.core.pg.backup import restore as put_back

    try:
        with ExitStack() as stack:
            url = _database(stack)
            _alone(url)
            put_back(url, file, replace=replace)
    except BackupError as error:
        raise Unusable(str(error)) from error
    except PgError as error:
        raise click.ClickException(str(error)) from error
    say(f"Everything in {file} is back.")
