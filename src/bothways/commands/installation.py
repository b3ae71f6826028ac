"""Open an installation for a command: its folder, its database, its key, its clock."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bothways.commands.words import say
from bothways.core import clock
from bothways.core.home import HomeError, bothways_home, clock_file, ensure, secret
from bothways.core.pg import PgError, Server, attach

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

DEMO_FILE = "demo"


class Unusable(click.ClickException):
    """The input or the call cannot be used: nothing was changed."""

    exit_code = 2


class WantsConfirmation(click.ClickException):
    """Nothing was done, because somebody has to say yes first."""

    exit_code = 3


@dataclass(frozen=True, slots=True)
class Installation:
    """An open installation; ``server`` is None where DATABASE_URL names a database elsewhere."""

    home: Path
    server: Server | None


@contextmanager
def installation(*, migrate: bool = True) -> Iterator[Installation]:
    """The installation with its database running and Django ready; left as it was found."""
    try:
        home = ensure(bothways_home())
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bothways.config.settings")
        os.environ.setdefault("BOTHWAYS_SECRET_KEY", secret(home, "django"))
        os.environ["BOTHWAYS_STATIC"] = str(home / "static")
        if (home / DEMO_FILE).exists():
            os.environ.setdefault("BOTHWAYS_DEMO", "1")
        if os.environ.get("DATABASE_URL"):
            _ready(home, migrate=migrate)
            yield Installation(home, None)
            return
        with attach(home) as server:
            os.environ["DATABASE_URL"] = server.url
            try:
                _ready(home, migrate=migrate)
                yield Installation(home, server)
            finally:
                _close_connections()
                del os.environ["DATABASE_URL"]
    except (HomeError, PgError) as error:
        raise click.ClickException(str(error)) from error


def _ready(home: Path, *, migrate: bool) -> None:
    import django

    django.setup()
    clock.follow(clock_file(home))
    if migrate:
        bring_up_to_date()


def bring_up_to_date() -> None:
    """Apply what is missing of the database's structure, one process at a time."""
    from django.core.management import call_command
    from django.db import connections
    from django.db.migrations.executor import MigrationExecutor

    from bothways.config.database import DIRECT

    executor = MigrationExecutor(connections["default"])
    if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return
    # A lock of the session holds only where one has a session: not through a pooler.
    alias = DIRECT if DIRECT in connections else "default"
    connection = connections[alias]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtext('bothways.migrate'))")
    try:
        # Another process may have done it while we waited for the lock.
        if MigrationExecutor(connection).migration_plan(executor.loader.graph.leaf_nodes()):
            _save_first(connection)
        call_command("migrate", database=alias, verbosity=0, interactive=False)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(hashtext('bothways.migrate'))")
        if alias == DIRECT:
            connection.close()


def _save_first(connection: "BaseDatabaseWrapper") -> None:
    """Before the structure of a filled database changes: a backup, so that there is a way back."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('schools_district') IS NOT NULL")
        if not cursor.fetchone()[0]:
            return
        cursor.execute("SELECT EXISTS (SELECT FROM schools_district)")
        if not cursor.fetchone()[0]:
            return
    if os.environ.get("BOTHWAYS_UPGRADE_WITHOUT_BACKUP", "") == "1":
        return
    from bothways.config.database import session_url
    from bothways.core.pg.backup import BackupError
    from bothways.upkeep import backups

    try:
        saved = backups.save_before_upgrade(session_url(os.environ) or "")
    except BackupError as error:
        raise click.ClickException(
            "This Bothways is newer than its database, and the backup that is made before the database"
            f" is changed failed. Nothing was changed.\n{error}\nMake a backup of your own, then start"
            " once with BOTHWAYS_UPGRADE_WITHOUT_BACKUP=1."
        ) from error
    say(f"The database is brought up to date. As it was before, it is in {saved}.")


def _close_connections() -> None:
    from django.db import connections

    connections.close_all()
