"""Background work: Procrastinate on the same database, behind a few words of ours.

A job is enqueued inside the caller's transaction: a rollback leaves none. Jobs carry ids, never
personal data. What is due at some time of the *school's* clock is found by ticks that look at domain
tables, not by scheduled jobs, so that simulated time moves them too.
"""

import asyncio
import functools
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

import procrastinate
from django.db import close_old_connections, connection, transaction
from procrastinate.contrib.django import app as _proxy
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.manager import JobManager

F = TypeVar("F", bound=Callable[..., None])

ORDINARY, URGENT = "ordinary", "urgent"
# A worker tells every 10 s that it lives; after this long without a word its jobs are given back.
STALLED_AFTER = timedelta(seconds=60)


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
        return function

    return register


def every_minute(name: str) -> Callable[[F], F]:
    """Make a function run once a minute somewhere among all workers."""

    def register(function: F) -> F:
        @_on_its_own_connection
        def run(timestamp: int) -> None:
            function()

        registered = _proxy.task(name=name, queue=ORDINARY, queueing_lock=name)(run)
        _proxy.periodic(cron="* * * * *")(registered)
        return function

    return register


def enqueue(
    name: str, *, queue: str | None = None, once: str | None = None, **values: int | str
) -> None:
    """Run this task soon, if the transaction commits.

    ``once``: where a job with this word already waits, one more is not added.
    """
    options: dict[str, Any] = {}
    if queue:
        options["queue"] = queue
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
        _proxy.tasks[name].func(**values)
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
    """Be a worker; with ``wait`` until a signal says stop."""
    asyncio.run(_work(wait=wait, queues=queues, concurrency=concurrency))


def _worker_connector() -> procrastinate.BaseConnector:
    # Workers listen on a connection of their own; Django's is for enqueueing. Made anew each time, since
    # inside a worker the app's own connector is already the worker's.
    return DjangoConnector(alias="default").get_worker_connector()


async def _work(*, wait: bool, queues: list[str] | None, concurrency: int) -> None:
    connector = _worker_connector()
    with _proxy.replace_connector(connector) as app:
        async with app.open_async():
            await app.run_worker_async(
                wait=wait,
                queues=queues or None,  # type: ignore[arg-type]  # None: all, as documented
                concurrency=concurrency,
                install_signal_handlers=wait,
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
            await manager.retry_job(job)
    finally:
        await connector.close_async()
