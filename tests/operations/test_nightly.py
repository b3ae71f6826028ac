"""A backup each night, in real time; a good one is always there; and it comes back elsewhere, whole."""

import json
import os
import signal
import subprocess
import sys
import time as clocktime
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import sql

from bothways.core.doctor import Subject
from bothways.core.pg import attach
from bothways.core.pg import backup as programs
from bothways.core.pg.backup import BackupError
from bothways.schools.models import District
from bothways.upkeep import backups, checks, services
from bothways.upkeep.models import Nightly, Run, Task
from bothways.upkeep.rules import (
    AGAIN_AFTER,
    LOST_AFTER,
    backup_name,
    due,
    planned,
    superfluous,
)
from commands.test_demo import bothways

CHICAGO = ZoneInfo("America/Chicago")
PREVIOUS = Path(__file__).parent / "data" / "bothways-0.1.0.backup"


def chicago(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=CHICAGO)  # type: ignore[arg-type,misc]


@given(
    st.datetimes(datetime(2024, 1, 1), datetime(2029, 1, 1), timezones=st.just(UTC)),
    st.times(),
    st.sampled_from(["America/Chicago", "Pacific/Auckland", "Asia/Kathmandu", "UTC"]),
)
def test_the_planned_moment_is_the_last_one_and_less_than_two_days_ago(
    now: datetime, at: time, name: str
) -> None:
    moment = planned(at.replace(microsecond=0), now=now, zone=ZoneInfo(name))
    assert moment <= now < moment + timedelta(hours=26)


def test_it_is_at_half_past_two_on_the_districts_wall_also_when_the_clocks_change() -> None:
    half_past_two = time(2, 30)
    for now, want in (
        (chicago(2026, 11, 22, 2, 29), chicago(2026, 11, 21, 2, 30)),
        (chicago(2026, 11, 22, 2, 30), chicago(2026, 11, 22, 2, 30)),
        # In this night the clocks jump from two to three: half past two is when it would have been.
        (chicago(2026, 3, 8, 4, 0), datetime(2026, 3, 8, 8, 30, tzinfo=UTC)),
    ):
        assert planned(half_past_two, now=now, zone=CHICAGO) == want


def test_a_night_is_done_once_a_failure_again_and_a_killed_one_too() -> None:
    now = datetime(2026, 11, 22, 9, tzinfo=UTC)
    before = now - timedelta(minutes=1)
    assert due(now=now, began_at=None, ended_at=None, ok=False) is True
    assert due(now=now, began_at=before, ended_at=None, ok=False) is False
    assert due(now=now, began_at=now - LOST_AFTER, ended_at=None, ok=False) is True
    assert due(now=now, began_at=before, ended_at=before, ok=True) is False
    assert due(now=now, began_at=before, ended_at=before, ok=False) is False
    assert due(now=now, began_at=before, ended_at=now - AGAIN_AFTER, ok=False) is True


NAMES = st.lists(
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC)).map(
        backup_name
    ),
    unique=True,
    max_size=30,
)


@given(NAMES, st.integers(1, 20), st.data())
def test_the_newest_are_kept_and_never_fewer_than_one(
    names: list[str], keep: int, data: st.DataObject
) -> None:
    others = ["bothways-today.backup", "before-upgrade-20260101T000000Z.backup", "notes.txt"]
    assert superfluous([*names, *others], good="bothways-today.backup", keep=keep) == []
    if not names:
        return
    good = data.draw(st.sampled_from(names))
    gone = superfluous([*names, *others], good=good, keep=keep)
    left = set(names) - set(gone)
    assert good in left
    assert all(name < good for name in gone)
    assert len([name for name in left if name <= good]) == min(
        keep, len([name for name in names if name <= good])
    )
    assert all(kept > lost for kept in left for lost in gone)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BOTHWAYS_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that a setting names."""
    folder = tmp_path / "a disk"
    folder.mkdir()
    monkeypatch.setenv("BOTHWAYS_BACKUPS", str(folder))
    return folder


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The address of a small filled database, which no test here changes."""
    with attach(tmp_path_factory.mktemp("school")) as server:
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("CREATE TABLE django_migrations (id int); CREATE TABLE t (a int)")
        yield server.url


def nights(url: str, place: Path, many: int, *, keep: int) -> list[str]:
    first = datetime(2026, 11, 1, 8, 30, tzinfo=UTC)
    for number in range(many):
        backups.save(url, keep=keep, now=first + timedelta(days=number))
    return sorted(path.name for path in place.iterdir())


def test_so_many_are_kept_and_what_others_put_there_stays(school: str, place: Path) -> None:
    (place / "holiday.jpg").write_bytes(b"x")
    assert nights(school, place, 5, keep=3) == [
        "bothways-20261103T083000Z.backup",
        "bothways-20261104T083000Z.backup",
        "bothways-20261105T083000Z.backup",
        "holiday.jpg",
    ]


def test_a_failed_backup_leaves_no_half_file_and_takes_no_good_one(
    school: str, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = nights(school, place, 3, keep=3)
    for harm in (
        lambda: backups.save("postgresql:///no?host=/nowhere", keep=1),
        lambda: _cut(monkeypatch, school),
    ):
        with pytest.raises(BackupError):
            harm()
        assert sorted(path.name for path in place.iterdir()) == names


def _cut(monkeypatch: pytest.MonkeyPatch, school: str) -> None:
    """The disk swallowed half of it: what was written cannot be read back."""
    whole = programs.backup

    def half(url: str, file: Path) -> int:
        size = whole(url, file)
        os.truncate(file, 100)
        return size

    with monkeypatch.context() as patch:
        patch.setattr(backups, "backup", half)
        backups.save(school, keep=1)


def test_a_disk_that_is_not_there_is_said_and_not_replaced_by_a_folder(
    school: str, place: Path
) -> None:
    place.rmdir()
    with pytest.raises(BackupError, match="Connect the disk"):
        backups.save(school, keep=1)
    assert not place.exists()


def test_what_a_killed_backup_left_goes_and_that_of_a_running_one_stays(
    school: str, place: Path
) -> None:
    dead = place / ".bothways-20261101T083000Z.backup.999999999.part"
    ours = place / f".bothways-20261101T083000Z.backup.{os.getpid()}.part"
    for path in (dead, ours):
        path.write_bytes(b"half")
        past = clocktime.time() - 7200
        os.utime(path, (past, past))
    backups.save(school, keep=1)
    assert sorted(path.name for path in place.iterdir() if path.suffix == ".part") == [ours.name]


@pytest.fixture
def district(db: None, home: Path) -> District:
    return District.objects.create(sis_id="d", name="Grand Bend")


NIGHT = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)  # 2:30 in Chicago


def jobs_waiting() -> list[str]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT task_name FROM procrastinate_jobs ORDER BY task_name")
        return [name for (name,) in cursor.fetchall()]


def test_at_its_hour_both_tasks_are_begun_and_once_only(district: District) -> None:
    assert services.begin_what_is_due(now=NIGHT) == ["backup", "retention"]
    assert services.begin_what_is_due(now=NIGHT) == ["backup", "retention"]  # they wait already
    assert jobs_waiting() == ["upkeep.backup", "upkeep.retention"]
    for task in Task:
        run = services.claim(task, NIGHT, now=NIGHT)
        assert run is not None
        assert services.claim(task, NIGHT, now=NIGHT) is None
        Run.objects.filter(pk=run.pk).update(ended_at=NIGHT, ok=True)
    assert services.begin_what_is_due(now=NIGHT + timedelta(hours=23)) == []
    assert services.begin_what_is_due(now=NIGHT + timedelta(hours=24)) == ["backup", "retention"]


def test_the_hour_is_data_and_backups_can_be_left_to_others(district: District) -> None:
    Nightly.objects.create(pk=1, at=time(4, 0), backups=False)
    Run.objects.create(
        task="retention",
        planned_at=NIGHT - timedelta(hours=22.5),
        began_at=NIGHT,
        ok=True,
        ended_at=NIGHT,
    )
    assert services.begin_what_is_due(now=NIGHT) == []
    assert services.begin_what_is_due(now=NIGHT + timedelta(hours=1.5)) == ["retention"]


def test_simulated_time_moves_no_night_and_a_demo_has_none(
    district: District, at: Path, settings: Any
) -> None:
    from bothways.core import clock

    clock.stop_at(at, datetime(2031, 1, 1, tzinfo=UTC))
    assert abs(services.real_now() - datetime.now(UTC)) < timedelta(minutes=1)
    settings.DEMO = True
    assert services.begin_what_is_due(now=NIGHT) == []


def test_without_a_district_nothing_is_begun(db: None) -> None:
    assert services.begin_what_is_due(now=NIGHT) == []


def test_a_failure_is_noted_logged_and_tried_again(
    district: District, caplog: pytest.LogCaptureFixture
) -> None:
    run = services.back_up("postgresql:///no?host=/nowhere", at=NIGHT, now=NIGHT)
    assert run is not None
    assert (run.ok, run.ended_at is not None) == (False, True)
    assert "does not answer" in run.words
    assert "the backup failed" in caplog.text
    Run.objects.update(ended_at=NIGHT)
    assert services.begin_what_is_due(now=NIGHT + AGAIN_AFTER - timedelta(seconds=1)) == [
        "retention"
    ]
    assert services.begin_what_is_due(now=NIGHT + AGAIN_AFTER) == ["backup", "retention"]


@pytest.mark.django_db(transaction=True)
def test_the_doctor_says_how_old_the_last_backup_is(home: Path) -> None:
    from django.db import connection

    parts = connection.get_connection_params()
    url = psycopg.conninfo.make_conninfo(
        **{k: v for k, v in parts.items() if k in ("dbname", "user", "password", "host", "port")}
    )
    subject = Subject(home, url, own_database=True)

    def said() -> tuple[bool, str]:
        found = checks.last_backup(subject)
        return found.ok, found.words

    assert said() == (True, "There is nothing to back up yet.")
    District.objects.create(sis_id="d", name="Grand Bend")
    assert said() == (True, "The first backup is made in the coming night.")
    now = datetime.now(UTC)
    Run.objects.create(task="backup", began_at=now, ended_at=now - timedelta(hours=20), ok=True)
    assert said() == (True, "The last backup is 20 hours old.")
    Run.objects.create(task="backup", began_at=now, ended_at=now, ok=False, words="Disk full.")
    assert said() == (
        False,
        "The last try to make a backup failed (less than an hour ago). Disk full."
        " The last backup is 20 hours old.",
    )
    Run.objects.filter(ok=False).delete()
    Run.objects.update(ended_at=now - timedelta(days=3))
    assert said() == (False, "The last backup is 3 days old.")
    assert checks.last_backup(subject).mend != ""
    Run.objects.all().delete()
    District.objects.all().delete()


def tables(url: str) -> dict[str, tuple[int, str, list[Any]]]:
    """Every table: how many rows, a digest of all of them, and the first three."""
    found = {}
    with psycopg.connect(url) as connection:
        names = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
        ).fetchall()
        for (name,) in names:
            # Rows of workers are of the moment, not of the school.
            table = sql.Identifier(name)
            row = connection.execute(
                sql.SQL(
                    "SELECT count(*), coalesce(md5(string_agg(r::text, '\n' ORDER BY r::text)), '')"
                    " FROM {} r"
                ).format(table)
            ).fetchone()
            assert row is not None
            few = connection.execute(
                sql.SQL("SELECT r::text FROM {} r ORDER BY r::text LIMIT 3").format(table)
            ).fetchall()
            found[name] = (row[0], row[1], few)
    return found


def test_a_filled_school_comes_back_elsewhere_with_every_row_of_every_table(
    tmp_path: Path,
) -> None:
    """Another folder, as on another machine: filled, backed up by the night's own work, restored."""
    old, new = tmp_path / "old machine", tmp_path / "new machine"
    assert bothways(old, "restore", str(PREVIOUS)).returncode == 0
    done = bothways(old, "nightly", "--now", "--keep", "2", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["keep"], told["folder"]) == (2, str(old / "backups"))
    file = old / "backups" / told["runs"][0]["file"]
    assert (told["runs"][0]["ok"], file.stat().st_mode & 0o777) == (True, 0o600)
    with attach(old) as server:
        was = tables(server.url)
    assert bothways(new, "restore", str(file)).returncode == 0
    with attach(new) as server:
        now = tables(server.url)
    # The night notes its own end after the backup is made: that one row is younger than the file.
    mine = "upkeep_run"
    assert (was.pop(mine)[0], now.pop(mine)[0]) == (1, 1)
    assert now == was
    assert len(was) > 30
    assert sum(rows for rows, _, _ in was.values()) > 5000
    assert bothways(new, "doctor", "--json").returncode == 0
    # A trial restore keeps its backups to itself.
    done = bothways(new, "nightly", "--json")
    assert json.loads(done.stdout)["folder"] == str(new / "backups")


def test_the_command_shows_sets_and_refuses(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with attach(home):  # one start of the database for all these calls
        _shows_sets_and_refuses(home)


def _shows_sets_and_refuses(home: Path) -> None:
    done = bothways(home, "nightly", "--at", "04:15", "--keep", "30", "--backups", "off", "--json")
    assert done.returncode == 0, done.stderr
    assert bothways(home, "nightly", "--at", "late").returncode == 2
    told = json.loads(bothways(home, "nightly", "--json").stdout)
    assert (told["at"], told["keep"], told["backups"]) == ("04:15", 30, False)
    done = bothways(home, "retention", "--set", "raw_events=60", "--set", "letters=keep", "--json")
    assert done.returncode == 0, done.stderr
    rules = {rule["rule"]: rule for rule in json.loads(done.stdout)["rules"]}
    assert (rules["raw_events"]["days"], rules["raw_events"]["set_for"]) == (60, "installation")
    assert rules["letters"]["days"] is None
    refusals: list[list[str]] = [
        ["--set", "raw_events=soon"],
        ["--set", "raw_events=70", "--set", "audit=1"],
        ["--dry-run", "--now"],
    ]
    for wrong in refusals:
        refused = bothways(home, "retention", *wrong)
        assert (refused.returncode, "Traceback" in refused.stderr) == (2, False)
    tried = json.loads(bothways(home, "retention", "--dry-run", "--json").stdout)
    rules = {rule["rule"]: rule for rule in tried["rules"]}
    assert (rules["raw_events"]["days"], rules["raw_events"]["rows"]) == (60, 0)


def test_a_backup_that_is_killed_leaves_no_backup_behind(tmp_path: Path) -> None:
    """kill -9 in the middle: what is there is no file that anybody would take for a backup."""
    home, folder = tmp_path / "home", tmp_path / "backups"
    folder.mkdir()
    assert bothways(home, "restore", str(PREVIOUS)).returncode == 0
    env = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "BOTHWAYS_SECRET_KEY")}
    process = subprocess.Popen(
        [sys.executable, "-m", "bothways", "nightly", "--now"],
        env=env | {"BOTHWAYS_HOME": str(home), "BOTHWAYS_BACKUPS": str(folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    end = clocktime.monotonic() + 60
    while clocktime.monotonic() < end and not list(folder.glob(".bothways-*.part")):
        clocktime.sleep(0.002)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for path in folder.iterdir():
        if path.suffix == ".backup":  # it was quicker than we: then it is whole
            programs.check(path)
        else:
            assert path.name.startswith(".")
            assert path.name.endswith(".part")
