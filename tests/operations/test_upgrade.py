"""A filled installation of the previous release becomes one of this: nothing is lost, pages open.

``data/bothways-0.1.0.backup`` was made by Bothways 0.1.0 from its own generated district: two days after
a first message to every family. Nobody in it is real.
"""

import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from bothways.core import clock
from bothways.core.home import clock_file
from bothways.core.pg import attach
from bothways.core.pg.backup import restore
from commands.test_demo import bothways, nothing_runs
from commands.test_up import free_port, wait

PREVIOUS = Path(__file__).parent / "data" / "bothways-0.1.0.backup"
# The queue of jobs and what the night does are of the moment; Django's own lists grow with the structure.
OF_THE_MOMENT = re.compile(
    r"procrastinate_|upkeep_|django_(migrations|content_type|session)|auth_permission"
)

Table = dict[str, tuple[str, ...]]


def columns(connection: psycopg.Connection[Any]) -> Table:
    """Tables of the school with their columns."""
    rows = connection.execute(
        "SELECT table_name, array_agg(column_name::text ORDER BY column_name)"
        " FROM information_schema.columns WHERE table_schema = 'public' GROUP BY table_name"
    ).fetchall()
    return {name: tuple(found) for name, found in rows if not OF_THE_MOMENT.match(name)}


def digest(connection: psycopg.Connection[Any], table: str, names: tuple[str, ...]) -> Any:
    """How many rows, and one sum of what these columns say in all of them."""
    return connection.execute(
        sql.SQL(
            "SELECT count(*), md5(string_agg(line, ',' ORDER BY line))"
            " FROM (SELECT md5(row({})::text) AS line FROM {}) lines"
        ).format(sql.SQL(", ").join(map(sql.Identifier, names)), sql.Identifier(table))
    ).fetchone()


def content(url: str, of: Table) -> dict[str, Any]:
    with psycopg.connect(url) as connection:
        return {table: digest(connection, table, names) for table, names in of.items()}


def applied(url: str) -> set[tuple[str, str]]:
    with psycopg.connect(url) as connection:
        return set(connection.execute("SELECT app, name FROM django_migrations").fetchall())


class Upgraded:
    def __init__(self, home: Path) -> None:
        self.home = home
        with attach(home) as server:
            restore(server.url, PREVIOUS)
            with psycopg.connect(server.url) as connection:
                self.old_columns = columns(connection)
            self.old = content(server.url, self.old_columns)
            self.old_steps = applied(server.url)
        self.families = 431
        # Two days after the message, as it was there: a link of Bothways opens for some weeks.
        clock.run_from(clock_file(home), datetime(2026, 9, 16, 18, tzinfo=UTC))
        done = bothways(home, "reach", "--json")
        assert done.returncode == 0, done.stderr
        self.told = done.stderr


@pytest.fixture(scope="module")
def upgraded(tmp_path_factory: pytest.TempPathFactory) -> Upgraded:
    return Upgraded(tmp_path_factory.mktemp("upgrade") / "home")


def test_the_fixture_is_filled_and_of_the_earlier_structure(upgraded: Upgraded) -> None:
    assert len(upgraded.old) > 25
    assert upgraded.old["people_household"][0] == upgraded.families
    assert upgraded.old["messaging_delivery"][0] > 500
    assert upgraded.old["messaging_entry"][0] > 0
    assert ("upkeep", "0001_initial") not in upgraded.old_steps


def test_any_command_brings_the_structure_up_to_date(upgraded: Upgraded) -> None:
    from django.db.migrations.loader import MigrationLoader

    loader = MigrationLoader(None, ignore_no_migrations=True)
    with attach(upgraded.home) as server:
        steps = applied(server.url)
    assert set(loader.disk_migrations or {}) <= steps
    assert upgraded.old_steps <= steps


def test_no_row_is_lost_and_what_stood_in_the_columns_that_remain_stands_there(
    upgraded: Upgraded,
) -> None:
    with attach(upgraded.home) as server:
        with psycopg.connect(server.url) as connection:
            now = columns(connection)
        gone = {table for table in upgraded.old_columns if table not in now}
        common = {
            table: tuple(name for name in names if name in now[table])
            for table, names in upgraded.old_columns.items()
            if table in now
        }
        after = content(server.url, common)
        with attach(upgraded.home.parent / "as it was") as other:
            restore(other.url, PREVIOUS)
            before = content(other.url, common)
    # A table or column that a later release takes away takes a reason with it, in this test.
    assert gone == set()
    assert {t: rows for t, (rows, _) in after.items()} == {
        t: rows for t, (rows, _) in upgraded.old.items()
    }
    assert {t for t in common if before[t] != after[t]} == set()


def test_the_database_as_it_was_is_kept_and_is_a_way_back(upgraded: Upgraded) -> None:
    files = list((upgraded.home / "backups").iterdir())
    assert [path.name[:15] for path in files] == ["before-upgrade-"]
    assert str(files[0]) in upgraded.told
    with attach(upgraded.home.parent / "the way back") as server:
        restore(server.url, files[0])
        assert content(server.url, upgraded.old_columns) == upgraded.old
        assert applied(server.url) == upgraded.old_steps


def test_a_second_start_changes_nothing_and_makes_no_further_backup(upgraded: Upgraded) -> None:
    done = bothways(upgraded.home, "reach", "--json")
    assert (done.returncode, "brought up to date" in done.stderr) == (0, False)
    assert len(list((upgraded.home / "backups").glob("before-upgrade-*"))) == 1


def test_where_no_backup_can_be_made_nothing_is_changed_unless_somebody_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    with attach(home) as server:
        restore(server.url, PREVIOUS)
        old = applied(server.url)
    monkeypatch.setenv("BOTHWAYS_BACKUPS", str(tmp_path / "a disk that is not there"))
    done = bothways(home, "reach", "--json")
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert "Nothing was changed" in done.stderr
    with attach(home) as server:
        assert applied(server.url) == old
    monkeypatch.setenv("BOTHWAYS_UPGRADE_WITHOUT_BACKUP", "1")
    assert bothways(home, "reach", "--json").returncode == 0
    with attach(home) as server:
        assert applied(server.url) > old


@pytest.fixture
def browser(upgraded: Upgraded) -> Iterator[tuple[urllib.request.OpenerDirector, str]]:
    """``bothways up`` on the upgraded installation, and a browser in which an administrator is signed in."""
    port = free_port()
    env = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "BOTHWAYS_SECRET_KEY")}
    env |= {"BOTHWAYS_HOME": str(upgraded.home), "BOTHWAYS_PUBLIC_URL": f"http://127.0.0.1:{port}"}
    up = subprocess.Popen(
        [sys.executable, "-m", "bothways", "up", "--port", str(port)],
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    jar = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    address = f"http://127.0.0.1:{port}"

    def healthy() -> bool:
        try:
            with jar.open(f"{address}/healthz", timeout=5) as page:
                return bool(page.status == 200)
        except OSError:
            return False

    try:
        assert wait(healthy, 90)
        yield jar, address
    finally:
        up.send_signal(signal.SIGINT)
        up.wait(60)
        assert wait(lambda: nothing_runs(upgraded.home), 20)


def test_pages_of_staff_and_of_families_open(
    upgraded: Upgraded, browser: tuple[urllib.request.OpenerDirector, str]
) -> None:
    jar, address = browser
    named = ("gloria@example.org", "--role", "district_admin", "--name", "Gloria Whitfield")
    assert bothways(upgraded.home, "staff", *named).returncode == 0
    link = bothways(upgraded.home, "sign-in", "gloria@example.org").stdout.strip()
    link = address + link[link.index("/sign-in/") :]
    with jar.open(link, timeout=30) as page:
        form = page.read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)
    assert token is not None
    body = f"csrfmiddlewaretoken={token[1]}".encode()
    asked = urllib.request.Request(link, body, headers={"Referer": link})
    with jar.open(asked, timeout=30) as page:
        board = page.read().decode()
    assert f"of {upgraded.families} families" in board
    with attach(upgraded.home) as server, psycopg.connect(server.url) as connection:
        row = connection.execute(
            "SELECT d.code, d.household_id, d.message_id, c.id FROM messaging_delivery d"
            " JOIN messaging_entry e ON e.delivery_id = d.id"
            " JOIN messaging_conversation c ON c.id = e.conversation_id ORDER BY d.id LIMIT 1"
        ).fetchone()
    assert row is not None
    code, home, message, talk = row
    statuses = {}
    for path in (
        *("/", "/families/", f"/families/{home}/", "/write/", "/sent/", f"/sent/{message}/"),
        *("/inbox/", f"/inbox/{talk}/", "/letters/", "/roster/", f"/r/{code}/", f"/stop/{code}/"),
    ):
        try:
            with jar.open(address + path, timeout=60) as page:
                statuses[path] = 200 if "</html>" in page.read().decode() else 0
        except urllib.error.HTTPError as error:
            statuses[path] = error.code
    assert statuses == dict.fromkeys(statuses, 200)
