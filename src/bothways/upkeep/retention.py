"""Carry out the retention rules: in small batches, each a short transaction of its own."""

import logging
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.apps import apps
from django.db import DatabaseError, connection, transaction
from django.db.models import QuerySet

from bothways.core import clock
from bothways.core.home import HomeError, bothways_home, logs_folder
from bothways.core.pg import PgError
from bothways.core.retention import (
    LONGEST,
    Effect,
    FolderRule,
    Rule,
    TableRule,
    before,
    gather,
)
from bothways.schools.models import District
from bothways.upkeep import backups
from bothways.upkeep.models import KeepFor

log = logging.getLogger(__name__)

BATCH = 1000
# A batch waits this long for a row that somebody works on; then it is left for the next night.
_WAIT = "2s"

# What no other part of the product owns: Django's tables, the job queue's, this part's own, the logs.
RULES: tuple[Rule, ...] = (
    TableRule(
        name="sessions",
        what="Sessions of staff, after they ran out",
        days=1,
        effect=Effect.DELETE,
        rows="django_session r",
        where="r.expire_date < %(before)s",
        key="session_key",
        act=("DELETE FROM django_session WHERE session_key = ANY(%(ids)s)",),
        by_district=False,
        real_time=True,
        text_key=True,
    ),
    TableRule(
        name="sign_in_tokens",
        what="Tokens that were mailed to prove an address",
        days=7,
        effect=Effect.DELETE,
        rows="account_emailconfirmation r",
        where="r.created < %(before)s",
        act=("DELETE FROM account_emailconfirmation WHERE id = ANY(%(ids)s)",),
        by_district=False,
        real_time=True,
    ),
    TableRule(
        name="failed_jobs",
        what="Background jobs that ended badly or were given up; ids only",
        days=30,
        effect=Effect.DELETE,
        rows="procrastinate_jobs r",
        where=(
            "r.status NOT IN ('todo', 'doing') AND NOT EXISTS (SELECT FROM procrastinate_events e"
            " WHERE e.job_id = r.id AND e.at >= %(before)s)"
        ),
        act=("DELETE FROM procrastinate_jobs WHERE id = ANY(%(ids)s)",),
        by_district=False,
        real_time=True,
    ),
    TableRule(
        name="nights",
        what="What was done in which night: backups and clearing, counts only",
        days=800,
        effect=Effect.DELETE,
        rows="upkeep_run r",
        # The last one that went well says how old the last backup is: it stays.
        where=(
            "r.began_at < %(before)s AND EXISTS (SELECT FROM upkeep_run n"
            " WHERE n.task = r.task AND n.ok AND n.id > r.id)"
        ),
        act=("DELETE FROM upkeep_run WHERE id = ANY(%(ids)s)",),
        by_district=False,
        real_time=True,
        least=30,
    ),
    FolderRule(
        name="logs",
        what="Log files on this machine; they hold no names",
        days=30,
        folder=logs_folder,
        patterns=("*.log", "*.log.*"),
        turn=True,
    ),
    FolderRule(
        name="upgrade_backups",
        what="Backups that were made before an upgrade changed the database",
        days=90,
        folder=lambda home: backups.folder(),
        patterns=("before-upgrade-*.backup",),
        least=14,
    ),
)


@dataclass(frozen=True, slots=True)
class Days:
    """How long a rule holds here, and who said so."""

    days: int | None
    set_for: str  # "default", "installation" or "district"


@dataclass(frozen=True, slots=True)
class Outcome:
    rule: str
    district_id: int | None
    days: int
    rows: int  # rows or files; in a dry run those that would go
    failed: bool = False


def rules() -> tuple[Rule, ...]:
    """All rules of the product."""
    return gather(config.name for config in apps.get_app_configs() if _ours(config.name))


def _ours(package: str) -> bool:
    return package.startswith("bothways.") and package != "bothways.core"


def days_of(rule: Rule, district_id: int | None) -> Days:
    """How long this rule keeps for this district (None: for all)."""
    found = {
        row.district_id: row.days
        for row in KeepFor.objects.filter(rule=rule.name)
        if row.district_id in (None, district_id)
    }
    if district_id is not None and district_id in found:
        return Days(found[district_id], "district")
    if None in found:
        return Days(found[None], "installation")
    return Days(rule.days, "default")


class Unfit(ValueError):
    """These days cannot be set; the words say why."""


def set_days(rule: Rule, days: int | None, *, district_id: int | None) -> None:
    """Keep for so many days from now on (None: keep); raises Unfit."""
    if district_id is not None and not rule.by_district:
        raise Unfit(f"“{rule.name}” is not divided by district: set it for the whole installation.")
    if days is not None and not rule.least <= days <= LONGEST:
        raise Unfit(f"“{rule.name}” can be set to {rule.least} days or more, or to “keep”.")
    with transaction.atomic():
        _set_here(rule, district_id).delete()
        KeepFor.objects.create(rule=rule.name, district_id=district_id, days=days)


def unset_days(rule: Rule, *, district_id: int | None) -> None:
    """Back to the default (or, for a district, to what is set for all)."""
    _set_here(rule, district_id).delete()


def _set_here(rule: Rule, district_id: int | None) -> QuerySet[KeepFor]:
    rows = KeepFor.objects.filter(rule=rule.name)
    if district_id is None:
        return rows.filter(district__isnull=True)
    return rows.filter(district_id=district_id)


def carry_out(
    periods: Mapping[int, datetime], *, dry: bool = False, batch: int = BATCH
) -> Iterator[Outcome]:
    """Carry out every rule for every district, or (``dry``) count what would go.

    ``periods``: when the current period of reach began, by district. A rule that fails stops no other.
    """
    districts = list(District.objects.order_by("pk"))
    for rule in rules():
        if isinstance(rule, FolderRule):
            yield from _folder(rule, dry=dry)
            continue
        for district in districts if rule.by_district else [None]:
            days = days_of(rule, district.pk if district else None).days
            if days is None:
                continue
            yield _table(rule, district, days, periods, dry=dry, batch=batch)


def _table(
    rule: TableRule,
    district: District | None,
    days: int,
    periods: Mapping[int, datetime],
    *,
    dry: bool,
    batch: int,
) -> Outcome:
    now = datetime.now(UTC) if rule.real_time else clock.now()
    number = district.pk if district else None
    values: dict[str, Any] = {
        "before": before(days, now=now, zone=district.zone if district else ZoneInfo("UTC")),
        # A district whose period nobody named keeps everything that could be in one.
        "period": periods.get(number, now - timedelta(days=LONGEST)) if number else now,
        "now": now,
        "district": number,
        "after": "" if rule.text_key else 0,
        "batch": batch,
    }
    rows = 0
    try:
        while True:
            ids = _batch(rule, values, dry=dry)
            rows += len(ids)
            if len(ids) < batch:
                break
            values["after"] = ids[-1]
            if not dry:
                time.sleep(0.01)  # others get their turn between two batches
    except DatabaseError as error:
        log.error("rule %s could not be carried out: %s", rule.name, error)
        return Outcome(rule.name, number, days, rows, failed=True)
    return Outcome(rule.name, number, days, rows)


def _batch(rule: TableRule, values: Mapping[str, Any], *, dry: bool) -> list[Any]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{_WAIT}'")
        cursor.execute(rule.find, values)
        ids = [found for (found,) in cursor.fetchall()]
        if ids and not dry:
            for statement in rule.act:
                cursor.execute(statement, {**values, "ids": ids})
    return ids


def _folder(rule: FolderRule, *, dry: bool) -> Iterator[Outcome]:
    days = days_of(rule, None).days
    if days is None:
        return
    limit = before(days, now=datetime.now(UTC), zone=ZoneInfo("UTC")).timestamp()
    gone, failed = 0, False
    try:
        place = rule.folder(bothways_home())
        found = {path for pattern in rule.patterns for path in place.glob(pattern)}
    except (OSError, HomeError, PgError) as error:
        log.error("rule %s could not look into its folder: %s", rule.name, error)
        yield Outcome(rule.name, None, days, 0, failed=True)
        return
    for path in sorted(found):
        try:
            if path.is_symlink() or rule.keep(path):
                continue
            if rule.turn and path.suffix == ".log":
                if not dry:
                    _turn(path)
            elif path.stat().st_mtime < limit:
                if not dry:
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
                gone += 1
        except OSError as error:
            log.error("rule %s could not remove a file: %s", rule.name, error)
            failed = True
    yield Outcome(rule.name, None, days, gone, failed)


def _turn(log_file: Path) -> None:
    """Put what a log says so far into a file of this day, and cut the log.

    Its writers have it open to append: moving it away would take their next lines along. A line that
    is written between the copy and the cut is lost; nothing counts on it.
    """
    if log_file.stat().st_size == 0:
        return
    kept = log_file.with_name(f"{log_file.name}.{datetime.now(UTC):%Y%m%d}")
    with log_file.open("r+b") as source, kept.open("ab") as copy:
        kept.chmod(0o600)
        shutil.copyfileobj(source, copy)
        source.truncate(0)
