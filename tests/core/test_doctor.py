"""What the doctor says."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from bothways.core import doctor, pg
from bothways.core.doctor import Check, Subject


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[pg.Server]:
    with pg.attach(tmp_path_factory.mktemp("home")) as server:
        yield server


def test_a_sound_installation_has_nothing_to_mend(server: pg.Server) -> None:
    checks = doctor.run_checks(server.home, None)
    assert [(check.name, check.ok, check.mend) for check in checks] == [
        ("home", True, ""),
        ("disk", True, ""),
        ("programs", True, ""),
        ("database", True, ""),
        ("clock", True, ""),
        ("version", True, ""),
        ("encoding", True, ""),
    ]


def test_the_database_is_started_for_the_examination_and_stopped_after_it(tmp_path: Path) -> None:
    assert all(check.ok for check in doctor.run_checks(tmp_path, None))
    assert pg.stop(tmp_path) is True


def test_a_server_that_does_not_answer_is_told_with_what_to_look_at(tmp_path: Path) -> None:
    checks = doctor.run_checks(tmp_path, f"postgresql://bothways@/bothways?host={tmp_path}")
    bad = [check for check in checks if not check.ok]
    assert [check.name for check in bad] == ["database"]
    assert "DATABASE_URL" in bad[0].mend


def test_a_home_that_is_a_file_fails_by_name_and_stops_no_other_check(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("not a folder")
    checks = {check.name: check.ok for check in doctor.run_checks(tmp_path / "home", None)}
    assert checks == {
        "home": False,
        "disk": True,
        "programs": True,
        "database": False,
        "clock": True,
    }


def test_a_full_disk_is_told_in_gigabytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=400_000_000))
    check = doctor.disk_space(Subject(tmp_path, None, own_database=True))
    assert (check.ok, check.words) == (False, "0.4 GB are free on the disk.")


def test_an_encoding_that_drops_half_the_languages_is_found(server: pg.Server) -> None:
    with psycopg.connect(server.superuser_url, autocommit=True) as connection:
        connection.execute(
            "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE_PROVIDER libc LOCALE 'C'"
            " TEMPLATE template0"
        )
    url = server.superuser_url.replace("@/bothways?", "@/latin?")
    bad = [check.name for check in doctor.run_checks(server.home, url) if not check.ok]
    assert bad == ["encoding"]


@pytest.mark.parametrize(("seconds", "ok"), [(0, True), (-86_400, False), (-400_000_000, False)])
def test_a_clock_that_is_off_is_found(
    server: pg.Server, monkeypatch: pytest.MonkeyPatch, seconds: int, ok: bool
) -> None:
    real = time.time()
    monkeypatch.setattr(time, "time", lambda: real + seconds)
    assert doctor.clock(Subject(server.home, server.url, own_database=True)).ok is ok


def test_others_add_checks_and_one_that_breaks_stops_none(server: pg.Server) -> None:
    def fonts(_: Subject) -> Check:
        return Check("fonts", True, "There is a font for every language of the roster.")

    def broken(_: Subject) -> Check:
        raise RuntimeError("no such thing")

    checks = doctor.run_checks(server.home, None, checks=[broken, fonts], database_checks=[])
    assert [(check.name, check.ok) for check in checks] == [("broken", False), ("fonts", True)]
