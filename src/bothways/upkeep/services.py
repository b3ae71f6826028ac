"""Plan the nights, do their work, and note what came of it. Always in real time."""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from bothways.audit.services import record
from bothways.core import jobs
from bothways.core.pg import PgError
from bothways.schools.models import District
from bothways.upkeep import backups, retention
from bothways.upkeep.models import Nightly, Run, Task
from bothways.upkeep.rules import due, planned

log = logging.getLogger(__name__)


def real_now() -> datetime:
    """The machine's own time: a simulated district's nights are not the machine's."""
    return datetime.now(UTC)


def nightly() -> Nightly:
    """What is set for the nights, or the defaults."""
    return Nightly.objects.first() or Nightly(pk=1)


def zone() -> ZoneInfo | None:
    """The time zone of the nights: the first district's; None where there is no district yet."""
    district = District.objects.order_by("pk").first()
    return district.zone if district else None


def begin_what_is_due(*, now: datetime | None = None) -> list[str]:
    """Leave a job for each of the night's tasks whose hour has come; which they are.

    A machine that was off at that hour does its work when it is on again.
    """
    moment = now or real_now()
    place = zone()
    if place is None or settings.DEMO:
        return []
    wanted = nightly()
    at = planned(wanted.at, now=moment, zone=place)
    begun = []
    for task in Task:
        if task is Task.BACKUP and not wanted.backups:
            continue
        run = Run.objects.filter(task=task.value, planned_at=at).first()
        if due(
            now=moment,
            began_at=run.began_at if run else None,
            ended_at=run.ended_at if run else None,
            ok=bool(run and run.ok),
        ):
            jobs.enqueue(
                f"upkeep.{task.value}", once=f"upkeep-{task.value}", planned=at.isoformat()
            )
            begun.append(task.value)
    return begun


def claim(task: Task, at: datetime | None, *, now: datetime | None = None) -> Run | None:
    """Note that this task begins; None where another worker has it, or it is done."""
    moment = now or real_now()
    if at is None:
        return Run.objects.create(task=task.value, began_at=moment)
    with transaction.atomic():
        run, made = Run.objects.get_or_create(
            task=task.value, planned_at=at, defaults={"began_at": moment}
        )
        if made:
            return run
        run = Run.objects.select_for_update().get(pk=run.pk)
        if not due(now=moment, began_at=run.began_at, ended_at=run.ended_at, ok=run.ok):
            return None
        run.began_at, run.ended_at, run.words = moment, None, ""
        run.save(update_fields=["began_at", "ended_at", "words"])
        return run


def back_up(url: str, *, at: datetime | None = None, now: datetime | None = None) -> Run | None:
    """Make the backup of this night (``at``), or one by hand; the run, ended well or not.

    A failure is noted and logged, never raised: it is seen by the doctor and in the metrics.
    """
    run = claim(Task.BACKUP, at, now=now)
    if run is None:
        return None
    try:
        saved = backups.save(url, keep=nightly().keep, now=now)
    except (PgError, OSError) as error:
        # The words may come from the database's programs: they are for the doctor, not for the log.
        _end(run, ok=False, words=str(error)[:500])
        log.error("the backup failed: %s", error)
        return run
    run.file, run.bytes, run.counts = saved.file.name, saved.bytes, {"removed": saved.removed}
    _end(run, ok=True)
    log.info("backup %s made: %s MB", run.pk, round(saved.bytes / 1e6))
    return run


def clear_old(
    periods: Mapping[int, datetime], *, at: datetime | None = None, now: datetime | None = None
) -> Run | None:
    """Carry out the retention rules for this night (``at``), or by hand; the run.

    ``periods``: for each district when its current period of reach began: nothing that this period
    counts is touched.
    """
    run = claim(Task.RETENTION, at, now=now)
    if run is None:
        return None
    failed: list[str] = []
    for outcome in retention.carry_out(periods):
        if outcome.failed:
            failed.append(outcome.rule)
        if outcome.rows:
            counts: dict[str, Any] = run.counts
            counts[outcome.rule] = counts.get(outcome.rule, 0) + outcome.rows
            record(
                "retention.applied",
                by=None,
                district=outcome.district_id,
                rule=outcome.rule,
                rows=outcome.rows,
                days=outcome.days,
            )
    words = f"These rules could not be carried out: {', '.join(failed)}." if failed else ""
    _end(run, ok=not failed, words=words)
    log.info("retention %s done: %s rows", run.pk, sum(run.counts.values()))
    return run


def _end(run: Run, *, ok: bool, words: str = "") -> None:
    run.ok, run.words, run.ended_at = ok, words, real_now()
    run.save()
