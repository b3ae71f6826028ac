"""After a large import the planner knows what is in the tables; a small one does not make it look."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bothways.roster import services
from roster.written import load, town

pytestmark = pytest.mark.django_db


def _looks(capture: object) -> list[str]:
    with CaptureQueriesContext(connection) as asked, capture(execute=True):  # type: ignore[operator]
        load(town())
    said = [query["sql"] for query in asked.captured_queries]
    return [sql for sql in said if sql.startswith("ANALYZE people_student, ")]


def test_a_large_import_lets_the_planner_look_once_it_is_done(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: object
) -> None:
    monkeypatch.setattr(services, "MANY_ROWS", 17)
    looks = _looks(django_capture_on_commit_callbacks)
    assert len(looks) == 1
    with connection.cursor() as cursor:
        # The family of an adult is set last, after the look that the import itself takes at the table.
        cursor.execute(
            "SELECT null_frac FROM pg_stats WHERE tablename = 'people_guardian'"
            " AND attname = 'household_id'"
        )
        assert cursor.fetchall() == [(0.0,)]


def test_a_small_import_does_not(django_capture_on_commit_callbacks: object) -> None:
    assert _looks(django_capture_on_commit_callbacks) == []


def test_nor_does_the_same_roster_again(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: object
) -> None:
    load(town())
    monkeypatch.setattr(services, "MANY_ROWS", 1)
    assert _looks(django_capture_on_commit_callbacks) == []
