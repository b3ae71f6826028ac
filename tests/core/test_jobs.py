"""Jobs live and die with the transaction that left them, and no worker's death loses one."""

import asyncio
import os
import signal

import psycopg
import pytest
from django.db import connection, transaction

from bothways.core import jobs
from bothways.schools.models import District
from messaging.world import FakeCarrier, World


@pytest.fixture(autouse=True)
def _no_jobs_of_others(transactional_db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs, procrastinate_workers CASCADE")


def waiting() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'")
        row = cursor.fetchone()
    assert row is not None
    return int(row[0])


def test_a_rollback_leaves_no_job() -> None:
    with transaction.atomic():
        jobs.enqueue("messaging.apply")
        transaction.set_rollback(True)
    assert waiting() == 0


def test_the_same_word_waits_once_and_spoils_nothing() -> None:
    with transaction.atomic():
        for _ in range(3):
            jobs.enqueue("messaging.apply", once="apply")
        District.objects.create(sis_id="d", name="Still here")
    assert (waiting(), District.objects.count()) == (1, 1)


def test_run_all_does_what_waits(world: World, carrier: FakeCarrier) -> None:
    guardian = world.guardian("Alician", mobile="+13125550101")
    world.home(world.student("Troy"), guardians=[guardian])
    world.write()
    assert waiting() == 1
    assert jobs.run_all() == 1
    assert (waiting(), [out.to for out in carrier.sent]) == (0, ["+13125550101"])


def test_a_worker_does_what_waits(world: World, carrier: FakeCarrier) -> None:
    guardian = world.guardian("Alician", mobile="+13125550101")
    world.home(world.student("Troy"), guardians=[guardian])
    world.write()
    jobs.work(wait=False)
    assert [out.to for out in carrier.sent] == ["+13125550101"]


def test_the_job_of_a_worker_that_died_is_given_back() -> None:
    jobs.enqueue("messaging.apply")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 hour') RETURNING id"
        )
        row = cursor.fetchone()
        assert row is not None
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s", [row[0]])
    assert waiting() == 0
    jobs.rescue()
    assert waiting() == 1


def test_a_worker_whose_database_went_away_works_on_when_it_is_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    began: list[bool] = []

    async def work(**given: object) -> None:
        began.append(True)
        if len(began) < 4:
            raise psycopg.OperationalError("the server closed the connection unexpectedly")
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.sleep(60)

    monkeypatch.setattr(jobs, "_work", work)
    monkeypatch.setattr(jobs, "PAUSES", (0.01, 0.02))
    jobs.work()
    assert len(began) == 4
