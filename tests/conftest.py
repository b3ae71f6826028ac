"""What all tests share: a database of their own, and nothing of this machine's."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_django import DjangoDbBlocker

    from messaging.world import FakeCarrier, World

_stack = ExitStack()
_skipped: list[str] = []


def _database() -> None:
    """The embedded database, unless DATABASE_URL names one; before Django reads its settings."""
    os.environ.setdefault("BOTHWAYS_SECRET_KEY", "for-tests-only")
    if "DATABASE_URL" not in os.environ:
        from bothways.core.pg import attach

        home = Path(_stack.enter_context(tempfile.TemporaryDirectory(prefix="bothways-tests-")))
        os.environ["DATABASE_URL"] = _stack.enter_context(attach(home)).superuser_url
    os.environ["DJANGO_SETTINGS_MODULE"] = "bothways.config.settings"
    import django

    django.setup()


# While this file is imported: pytest-django sets Django up right after.
_database()


def pytest_unconfigure(config: pytest.Config) -> None:
    _stack.close()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped:
        _skipped.append(report.nodeid)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """In CI a skip is a failure: a test that did not run has shown nothing."""
    if os.environ.get("CI") and _skipped and session.exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if os.environ.get("CI") and _skipped:
        terminalreporter.write_line(f"In CI a skip is a failure: {', '.join(_skipped)}")


# Whole installations with processes and clocks of their own: one after another, or they starve each other.
_ALONE = frozenset({"bench", "commands", "faults", "machines", "operations", "sandbox"})


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if _ALONE & set(item.path.relative_to(Path(__file__).parent).parts[:1]):
            item.add_marker(pytest.mark.alone)


@pytest.fixture(autouse=True)
def _no_jobs_of_others(
    request: pytest.FixtureRequest, django_db_blocker: "DjangoDbBlocker"
) -> Iterator[None]:
    """What a test with real transactions left in the queue is not the next one's to run.

    The queue's tables are not Django's: its flush passes them by.
    """
    yield
    marked = request.node.get_closest_marker("django_db")
    if "transactional_db" in request.fixturenames or (marked and marked.kwargs.get("transaction")):
        from django.db import connection

        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM procrastinate_jobs")


@pytest.fixture(autouse=True)
def _real_time() -> None:
    """No test inherits another's clock."""
    from bothways.core import clock

    clock.forget()


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Path]:
    """A stopped clock: Monday, nine in the morning."""
    from bothways.core import clock
    from messaging.world import MONDAY_MORNING

    path = tmp_path / "clock"
    clock.stop_at(path, MONDAY_MORNING)
    clock.follow(path)
    yield path
    clock.forget()


@pytest.fixture
def world(db: None, at: Path) -> "World":
    """A district with one school and nobody in it yet."""
    from bothways.schools.models import District, School
    from messaging.world import World

    district = District.objects.create(sis_id="d", name="Grand Bend")
    school = School.objects.create(
        district=district,
        sis_id="s",
        name="Grand Bend Elementary",
        address="1 School Rd\nGrand Bend",
    )
    return World(district, school)


@pytest.fixture
def carrier(monkeypatch: pytest.MonkeyPatch) -> "FakeCarrier":
    """A carrier that takes everything and keeps it."""
    from messaging.world import FakeCarrier

    fake = FakeCarrier()
    for place in ("sending", "recovery"):
        monkeypatch.setattr(
            f"bothways.messaging.services.{place}.carrier_for",
            lambda channel, district=None: fake,
        )
    return fake
