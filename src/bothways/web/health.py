"""Whether this installation does its work: for those who watch machines, without a word about people."""

import time
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, HttpResponse, JsonResponse

from bothways.core.jobs import STALLED_AFTER

# Anybody may ask: however often, the database is asked once in this time by each process.
ASKED_EVERY = 2.0  # seconds
_PATIENCE_MS = 3000

_QUESTION = """
SELECT (SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - %s::interval),
    (SELECT array_agg(app || '.' || name) FROM django_migrations)
"""

_wanted: frozenset[str] = frozenset()
_last: tuple[float, dict[str, Any]] | None = None


def livez(request: HttpRequest) -> HttpResponse:
    """This web process answers; says nothing about the rest."""
    return JsonResponse({"ok": True})


def healthz(request: HttpRequest) -> HttpResponse:
    """200 when the database answers, its structure is up to date and workers beat; else 503."""
    found = examine()
    return JsonResponse(found, status=200 if found["ok"] else 503)


def examine() -> dict[str, Any]:
    """``ok``, ``database``, ``migrations``, ``workers`` (how many told of themselves in the last minute)."""
    global _last
    if _last is not None and time.monotonic() - _last[0] < ASKED_EVERY:
        return _last[1]
    found = _ask()
    _last = (time.monotonic(), found)
    return found


def forget() -> None:
    """Ask anew at the next call."""
    global _last
    _last = None


def _ask() -> dict[str, Any]:
    found: dict[str, Any] = {"ok": False, "database": False, "migrations": False, "workers": 0}
    try:
        workers, applied = _answer()
    except psycopg.errors.UndefinedTable:
        return found | {"database": True}
    except (psycopg.Error, OSError):
        return found
    found |= {
        "database": True,
        "migrations": wanted_migrations() <= set(applied or ()),
        "workers": workers,
    }
    found["ok"] = bool(found["migrations"] and workers)
    return found


def _answer() -> tuple[int, list[str] | None]:
    """On a connection of its own: pages that wait for one from the pool must not make us wait too."""
    parts = connection_parts()
    with psycopg.connect(**parts, autocommit=False) as connection:
        connection.execute(f"SET LOCAL statement_timeout = {_PATIENCE_MS}")
        row = connection.execute(_QUESTION, [STALLED_AFTER]).fetchone()
        connection.rollback()
    assert row is not None
    workers, applied = row
    return int(workers), applied


def connection_parts() -> dict[str, Any]:
    """Where the database is, in psycopg's words, with a short patience."""
    settings = connections[DEFAULT_DB_ALIAS].settings_dict
    named = {
        "dbname": settings["NAME"],
        "user": settings["USER"],
        "password": settings["PASSWORD"],
        "host": settings["HOST"],
        "port": settings["PORT"],
    }
    options = {k: v for k, v in settings["OPTIONS"].items() if k != "pool"}
    return {
        **options,
        **{name: value for name, value in named.items() if value},
        "connect_timeout": 3,
        "prepare_threshold": None,
    }


def wanted_migrations() -> frozenset[str]:
    """Every step that this program knows, as ``app.name``."""
    global _wanted
    if not _wanted:
        loader = MigrationLoader(None, ignore_no_migrations=True)
        _wanted = frozenset(f"{app}.{name}" for app, name in loader.disk_migrations or {})
    return _wanted
