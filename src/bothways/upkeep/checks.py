"""What the doctor says of the nights. Asked in plain SQL: the doctor works without all the rest."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from bothways.core.doctor import Check, Examine, Subject
from bothways.upkeep.rules import OLD_AFTER

_LAST = """
SELECT now(),
    (SELECT max(ended_at) FROM upkeep_run WHERE task = %(task)s AND ok),
    (SELECT max(ended_at) FROM upkeep_run WHERE task = %(task)s AND NOT ok),
    (SELECT words FROM upkeep_run WHERE task = %(task)s AND ended_at IS NOT NULL
        ORDER BY ended_at DESC LIMIT 1),
    (SELECT min(applied) FROM django_migrations WHERE app = 'upkeep'),
    EXISTS (SELECT FROM schools_district),
    coalesce((SELECT backups FROM upkeep_nightly), true)
"""


def nights() -> tuple[Examine, ...]:
    """The checks, for the doctor."""
    return (last_backup, last_retention)


def last_backup(subject: Subject) -> Check:
    """How old the last backup is, and whether a later one failed."""
    return _judge(
        subject,
        "backup",
        {
            "none": "No backup has been made yet.",
            "good": "The last backup is {age} old.",
            "failed": "The last try to make a backup failed ({age_failed} ago). {words}",
            "soon": "The first backup is made in the coming night.",
            "empty": "There is nothing to back up yet.",
            "off": "Nightly backups are turned off: somebody else has to make them.",
        },
        "See that Bothways runs at night (bothways up), then try: bothways nightly --now",
    )


def last_retention(subject: Subject) -> Check:
    """When what is too old was let go last."""
    return _judge(
        subject,
        "retention",
        {
            "none": "What is too old was never let go yet.",
            "good": "What is too old was let go {age} ago.",
            "failed": "Letting go of what is too old failed ({age_failed} ago). {words}",
            "soon": "What is too old is let go in the coming night.",
            "empty": "There is nothing that could be too old yet.",
            "off": "",
        },
        "See that Bothways runs at night (bothways up), then try: bothways retention --now",
    )


def _judge(subject: Subject, task: str, said: dict[str, str], mend: str) -> Check:
    assert subject.database_url is not None
    try:
        with psycopg.connect(subject.database_url, connect_timeout=20) as connection:
            row = connection.execute(_LAST, {"task": task}).fetchone()
    except psycopg.errors.UndefinedTable:
        return Check(task, True, said["empty"])  # from before there were nights, or new
    assert row is not None
    now, good, failed, words, since, filled, backups = row
    if task == "backup" and not backups:
        return Check(task, True, said["off"])
    if failed is not None and (good is None or failed > good):
        text = said["failed"].format(age_failed=_age(now - failed), words=words or "").strip()
        if good is not None:
            text += " " + said["good"].format(age=_age(now - good))
        return Check(task, False, text, mend)
    if good is not None:
        return Check(
            task,
            now - good < OLD_AFTER,
            said["good"].format(age=_age(now - good)),
            "" if now - good < OLD_AFTER else mend,
        )
    if not filled:
        return Check(task, True, said["empty"])
    if since is not None and now - since < OLD_AFTER:
        return Check(task, True, said["soon"])
    return Check(task, False, said["none"], mend)


def _age(span: timedelta) -> str:
    hours = span / timedelta(hours=1)
    if hours < 1:
        return "less than an hour"
    if hours < 48:
        return f"{hours:.0f} hours"
    return f"{hours / 24:.0f} days"


def note_by_hand(url: str, file: Path, size: int) -> None:
    """Note that somebody made a backup by hand; a database of an earlier Bothways has no place for it."""
    now = datetime.now(UTC)
    with suppress(psycopg.errors.UndefinedTable), psycopg.connect(url) as connection:
        connection.execute(
            "INSERT INTO upkeep_run (task, began_at, ended_at, ok, words, file, bytes, counts)"
            " VALUES ('backup', %s, %s, true, '', %s, %s, '{}')",
            [now, now, file.name[:200], size],
        )
