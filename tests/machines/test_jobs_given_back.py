"""Jobs of a host that died go to those that live, whatever waits already."""

import pytest
from django.db import connection

from bothways.core import jobs


@pytest.fixture(autouse=True)
def _no_jobs_of_others(transactional_db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs, procrastinate_workers CASCADE")


def _with_a_host_that_died(once: str) -> None:
    """A job that its worker began an hour ago, and has not been heard of since."""
    jobs.enqueue("messaging.apply", once=once)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat)"
            " VALUES (now() - interval '1 hour') RETURNING id"
        )
        row = cursor.fetchone()
        assert row is not None
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s"
            " WHERE queueing_lock = %s AND status = 'todo'",
            [row[0], once],
        )


def _jobs() -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT queueing_lock, status::text FROM procrastinate_jobs ORDER BY 1, 2")
        return list(cursor.fetchall())


def test_a_job_whose_like_waits_already_does_not_keep_the_others_from_being_given_back() -> None:
    _with_a_host_that_died("a")
    _with_a_host_that_died("b")
    jobs.enqueue("messaging.apply", once="a")
    assert _jobs() == [("a", "doing"), ("a", "todo"), ("b", "doing")]
    jobs.rescue()
    assert _jobs() == [("a", "todo"), ("b", "todo")]
