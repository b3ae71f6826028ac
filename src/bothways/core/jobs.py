"""Background work: Procrastinate on the same database, behind a few words of ours.

A job is enqueued inside the caller's transaction: a rollback leaves none. Jobs carry ids, never
personal data. What is due at some time of the *school's* clock is found by ticks that look at domain
tables, not by scheduled jobs, so that simulated time moves them too.
"""

import asyncio
import functools
import json
import logging
import signal
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

import procrastinate
from django.db import close_old_connections, connection, connections, transaction
from procrastinate.contrib.django import app as _proxy
from procrastinate.contrib.django.utils import connector_params
from procrastinate.jobs import Status
from procrastinate.manager import JobManager
from procrastinate.psycopg_connector import PsycopgConnector

log = logging.getLogger(__name__)

F = TypeVar("F", bound=Callable[..., None])

ORDINARY, URGENT = "ordinary", "urgent"
# A worker tells so often that it lives; after this long without a word its jobs are given back.
BEAT_EVERY = timedelta(seconds=10)
STALLED_AFTER = timedelta(seconds=60)
# Seconds before a worker whose database went away tries again, the last one for as long as it takes.
PAUSES = (1, 2, 5, 10)
LONG_ENOUGH = 60.0  # seconds of work after which an interruption counts as the first again
TICK = "* * * * *"
# What runs once a minute, by name: a simulation runs it as its own time goes on.
EVERY_MINUTE: dict[str, Callable[..., None]] = {}
_BY_NAME: dict[str, Callable[..., None]] = {}


def _on_its_own_connection(function: Callable[..., None]) -> Callable[..., None]:
    """Jobs run in threads that live long: a connection that broke meanwhile must not be used."""

    @functools.wraps(function)
    def run(**values: Any) -> None:
        close_old_connections()
        try:
            function(**values)
        finally:
            if not connection.in_atomic_block:
                connection.close()

    return run


def task(name: str, *, queue: str = ORDINARY, tries: int = 3) -> Callable[[F], F]:
    """Make a keyword-only function a job. It may run twice: it must not matter."""

    def register(function: F) -> F:
        _proxy.task(
            name=name,
            queue=queue,
            retry=procrastinate.RetryStrategy(max_attempts=tries, exponential_wait=2),
        )(_on_its_own_connection(function))
        _BY_NAME[name] = function
        return function

    return register


def every_minute(name: str) -> Callable[[F], F]:
    """Make a function run once a minute somewhere among all workers."""

    def register(function: F) -> F:
        @_on_its_own_connection
        def run(timestamp: int) -> None:
            function()

        registered = _proxy.task(name=name, queue=ORDINARY, queueing_lock=name)(run)
        _proxy.periodic(cron=TICK)(registered)
        EVERY_MINUTE[name] = function
        return function

    return register


def enqueue(
    name: str,
    *,
    queue: str | None = None,
    once: str | None = None,
    after: float = 0.0,
    **values: int | str,
) -> None:
    """Run this task soon, if the transaction commits.

    ``once``: where a job with this word already waits, one more is not added. ``after``: not before so many
    real seconds; the task looks at the school's clock itself.
    """
    options: dict[str, Any] = {}
    if queue:
        options["queue"] = queue
    if after > 0:
        options["schedule_in"] = {"seconds": after}
    if once is None:
        _proxy.configure_task(name, **options).defer(**values)
        return
    if _waits(once):
        # Being refused costs a rollback and an error line in the database's log, at each receipt of a burst.
        return
    try:
        # A savepoint, so that the refusal of a second job does not spoil the caller's transaction.
        with transaction.atomic():
            _proxy.configure_task(name, queueing_lock=once, **options).defer(**values)
    except procrastinate.exceptions.AlreadyEnqueued:
        pass


def _waits(once: str) -> bool:
    from procrastinate.contrib.django.models import ProcrastinateJob

    return ProcrastinateJob.objects.filter(queueing_lock=once, status="todo").exists()


def run_all() -> int:
    """Do what waits, here and now and one after the other, until nothing is left; how many jobs.

    For simulations and tests: a worker's pool and heartbeat would cost more than the work. A job that
    raises, raises here.
    """
    done = 0
    while (job := _take()) is not None:
        name, values = job
        # Without a worker's threads there is no connection that could have broken meanwhile.
        _BY_NAME[name](**values)
        done += 1
    return done


def _take() -> tuple[str, dict[str, Any]] | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM procrastinate_jobs WHERE id = (SELECT id FROM procrastinate_jobs "
            "WHERE status = 'todo' ORDER BY priority DESC, id FOR UPDATE SKIP LOCKED LIMIT 1) "
            "RETURNING task_name, args"
        )
        row = cursor.fetchone()
    if row is None:
        return None
    values = row[1] if isinstance(row[1], dict) else json.loads(row[1])
    return row[0], values


def work(*, wait: bool = True, queues: list[str] | None = None, concurrency: int = 2) -> None:
    """Be a worker; with ``wait`` until a signal says stop, however long the database is away meanwhile."""
    if wait:
        asyncio.run(_until_told(queues=queues, concurrency=concurrency))
    else:
        asyncio.run(_work(wait=False, queues=queues, concurrency=concurrency))


async def _until_told(*, queues: list[str] | None, concurrency: int) -> None:
    """Work; where the database went away, wait and work on.

    Ending instead would help nobody: whoever starts us again would find no database either.
    """
    told = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, told.set)
    stop = asyncio.create_task(told.wait())
    fell = 0
    while not told.is_set():
        began = time.monotonic()
        working = asyncio.create_task(_work(wait=True, queues=queues, concurrency=concurrency))
        await asyncio.wait({working, stop}, return_when=asyncio.FIRST_COMPLETED)
        if told.is_set():
            # Finishes the jobs at hand.
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
            break
        fell = 1 if time.monotonic() - began > LONG_ENOUGH else fell + 1
        pause = PAUSES[min(fell, len(PAUSES)) - 1]
        # Without an error a task of the worker's own broke off; it has said why.
        log.warning("worker interrupted; it goes on in %s s", pause, exc_info=working.exception())
        await asyncio.wait({stop}, timeout=pause)


def _worker_connector() -> procrastinate.BaseConnector:
    # Workers listen on a connection of their own; Django's is for enqueueing. Made anew each time, since
    # inside a worker the app's own connector is already the worker's. Round a pooler, where there is one:
    # through it a worker would never hear that there is work.
    alias = "direct" if "direct" in connections else "default"
    return PsycopgConnector(min_size=1, max_size=4, kwargs=connector_params(alias))


async def _work(*, wait: bool, queues: list[str] | None, concurrency: int) -> None:
    connector = _worker_connector()
    with _proxy.replace_connector(connector) as app:
        async with app.open_async():
            await app.run_worker_async(
                wait=wait,
                queues=queues or None,  # type: ignore[arg-type]  # None: all, as documented
                concurrency=concurrency,
                install_signal_handlers=False,
                update_heartbeat_interval=BEAT_EVERY.total_seconds(),
                stalled_worker_timeout=STALLED_AFTER.total_seconds(),
                listen_notify=wait,
                delete_jobs="successful",
                shutdown_graceful_timeout=20,
            )


@every_minute("core.rescue")
def rescue() -> None:
    """Give the jobs of workers that died back to those that live: Procrastinate does not by itself."""
    asyncio.run(_rescue())


async def _rescue() -> None:
    # A manager on a connector of its own: the running worker's must not be touched.
    connector = _worker_connector()
    await connector.open_async()
    try:
        manager = JobManager(connector)
        for job in await manager.get_stalled_jobs(
            seconds_since_heartbeat=STALLED_AFTER.total_seconds()
        ):
            try:
                await manager.retry_job(job)
            except procrastinate.exceptions.UniqueViolation:
                # One with the same word waits already and will do all of it: this one may go. Raised, it
                # would keep every job after it from being given back.
                await manager.finish_job(job, status=Status.FAILED, delete_job=True)
    finally:
        await connector.close_async()
