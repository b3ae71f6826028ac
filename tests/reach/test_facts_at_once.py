"""Readers and writers at the same time: no change is lost, and no reader waits for a writer."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction

from bothways.people.models import Guardian, Household, Student
from bothways.reach.facts import refresh
from bothways.reach.queries import report
from people import Cast, cast

NOW = datetime(2026, 9, 14, 14, 0, tzinfo=UTC)


@pytest.fixture
def everybody(transactional_db: None) -> Cast:
    return cast()


@contextmanager
def somebody_else() -> Iterator["psycopg.Connection[Any]"]:
    """Another connection to the same database, in a transaction until it commits."""
    params = connection.get_connection_params()
    names = ("dbname", "user", "password", "host", "port")
    with psycopg.connect(**{name: params[name] for name in names if params.get(name)}) as other:
        yield other


def language(home: Household) -> str:
    everybody = Student.objects.filter(district=home.district)
    since = NOW - timedelta(days=7)
    rows = report(home.district, students=everybody, since=since, now=NOW, household=home.pk).rows
    return rows[0].language


def notes() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM reach_stale")
        found = cursor.fetchone()
    assert found is not None
    return int(found[0])


def test_a_change_that_commits_after_an_older_note_was_taken_is_not_lost(everybody: Cast) -> None:
    home = everybody.nours_home
    assert language(home) == "ar"
    with somebody_else() as other:
        other.execute("UPDATE people_guardian SET reads = 'so' WHERE id = %s", [everybody.karim.pk])
        # Somebody else's note about the same family, which the reader takes.
        everybody.nour.ended_at = NOW
        everybody.nour.save()
        everybody.nour.ended_at = None
        everybody.nour.save()
        assert language(home) == "ar"
        other.commit()
    assert language(home) == "so"


def test_an_adult_who_moves_while_somebody_changes_their_address(everybody: Cast) -> None:
    """The change is noted at the adult, not at the home where the adult was."""
    elena, home = everybody.elena, everybody.nours_home
    everybody.karim.delete()
    assert language(home) == ""
    with somebody_else() as other:
        other.execute(
            "UPDATE people_link SET primary_contact = true, ended_at = %s WHERE guardian_id = %s",
            [NOW, elena.pk],
        )
        Guardian.objects.filter(pk=elena.pk).update(household=home)
        assert language(home) == "es"
        other.commit()
    assert language(home) == ""  # nobody who lives there has a link any more


def test_what_is_rolled_back_leaves_no_note(everybody: Cast) -> None:
    refresh(everybody.district, NOW)
    with somebody_else() as other:
        other.execute("UPDATE people_guardian SET reads = 'so'")
        other.rollback()
    assert notes() == 0


def test_a_refresh_that_is_rolled_back_keeps_the_notes(everybody: Cast) -> None:
    refresh(everybody.district, NOW)
    Guardian.objects.filter(pk=everybody.karim.pk).update(reads="so")
    with transaction.atomic():
        refresh(everybody.district, NOW)
        assert notes() == 0
        transaction.set_rollback(True)
    assert notes() > 0
    assert language(everybody.nours_home) == "so"


def test_a_second_reader_waits_for_what_the_first_works_out(everybody: Cast) -> None:
    refresh(everybody.district, NOW)
    Guardian.objects.filter(pk=everybody.karim.pk).update(reads="so")
    found: list[str] = []

    def second() -> None:
        found.append(language(everybody.nours_home))
        connection.close()

    reader = Thread(target=second)
    with transaction.atomic():
        refresh(everybody.district, NOW)
        reader.start()
        reader.join(timeout=0.5)
        assert found == []
    reader.join(timeout=20)
    assert found == ["so"]
    assert notes() == 0


def test_many_readers_and_writers_end_with_the_truth(everybody: Cast) -> None:
    tongues = ("so", "vi", "uk", "ps")

    def write() -> None:
        for tongue in tongues * 5:
            Guardian.objects.filter(pk=everybody.karim.pk).update(reads=tongue)
        connection.close()

    def read() -> None:
        for _ in range(20):
            refresh(everybody.district, NOW)
        connection.close()

    threads = [Thread(target=target) for target in (write, read, read)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not any(thread.is_alive() for thread in threads)
    assert language(everybody.nours_home) == "ps"
