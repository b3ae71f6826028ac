"""The main job on real rosters, held against what reached people."""

import json
import os
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import psycopg
import pytest

from commands.judge import Judge

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
ROSTERS = SHARED / "rosters"

needs_rosters = pytest.mark.skipif(
    not ROSTERS.is_dir(), reason="the public rosters are not beside this checkout"
)
# What the product may claim at most for an event that the sandbox wrote.
WORTH = {"delivered": 2, "seen": 3, "answered": 4, "stopped": 2, "undelivered": 1, "returned": 1}


def bothways(home: Path, *words: str, timeout: float = 300) -> subprocess.CompletedProcess[str]:
    env = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "BOTHWAYS_SECRET_KEY")}
    return subprocess.run(
        [sys.executable, "-m", "bothways", *words],
        env={**env, "BOTHWAYS_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=timeout,
    )


def only_object(output: str) -> dict[str, Any]:
    """Stdout carries exactly one JSON object on one line."""
    assert output.count("\n") == 1
    found = json.loads(output)
    assert isinstance(found, dict)
    return found


def nothing_runs(home: Path) -> bool:
    """No process still speaks of this home."""
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if str(home).encode() in place.read_bytes():
                return False
        except OSError:
            continue
    return True


@pytest.fixture(scope="module")
def grand_bend(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """Three days in Grand Bend, with its overlay and its town."""
    home = tmp_path_factory.mktemp("grand bend") / "home"
    roster = ROSTERS / "grand-bend"
    done = bothways(
        home,
        "demo",
        *("--roster", str(roster)),
        *("--overlay", str(roster / "overlay.json")),
        *("--town", str(SHARED / "towns" / "grand-bend.json")),
        *("--days", "3", "--no-serve", "--json"),
    )
    assert done.returncode == 0, done.stderr
    return home, only_object(done.stdout)


@pytest.fixture(scope="module")
def judge(grand_bend: tuple[Path, dict[str, Any]]) -> Judge:
    roster = ROSTERS / "grand-bend"
    return Judge(roster, json.loads((roster / "overlay.json").read_text("utf-8")), grand_bend[0])


@needs_rosters
class TestGrandBend:
    def test_everybody_is_found_and_every_family_counts_once(
        self, grand_bend: tuple[Path, dict[str, Any]]
    ) -> None:
        found = grand_bend[1]
        assert (found["students"], found["guardians"], found["families"]) == (960, 1873, 1248)
        assert sum(found["levels"].values()) == 1248
        above = sum(found["levels"][level] for level in ("SEEN", "ANSWERED", "MET"))
        assert found["reached"] == above
        assert len(found["unreached"]) == 1248 - above

    def test_every_unreached_family_has_a_reason_and_a_step_with_owner_and_date(
        self, grand_bend: tuple[Path, dict[str, Any]]
    ) -> None:
        for row in grand_bend[1]["unreached"]:
            step = row["next_step"]
            assert row["reason"]
            assert row["students"]
            assert step["what"]
            assert step["channel"]
            assert step["owner"]
            # Nobody works in a demo: what came due on its days stands there, overdue.
            assert step["due"] >= "2021-09-13"

    def test_nobody_was_contacted_who_might_not_be(self, judge: Judge) -> None:
        assert judge.barred() == []
        assert judge.after_stop() == []
        assert judge.in_quiet_hours() == []
        assert judge.hidden_shown() == []
        assert judge.not_readers_written() == []

    def test_nothing_was_sent_twice_or_claimed_without_a_contact(
        self, grand_bend: tuple[Path, dict[str, Any]], judge: Judge
    ) -> None:
        assert judge.twice() == []
        assert judge.by_channel() == grand_bend[1]["deliveries"]

    def test_no_family_claims_more_than_its_contacts_prove(
        self, grand_bend: tuple[Path, dict[str, Any]], judge: Judge
    ) -> None:
        """Each family's level is recomputed from what the sandbox saw, by delivery key."""
        home, found = grand_bend
        families, levels = _families(home)
        proved: dict[int, int] = defaultdict(int)
        for contact in judge.contacts:
            if contact["ref"] in families:
                family = families[contact["ref"]]
                proved[family] = max(proved[family], 1)
        for event in judge.events:
            family = families.get(event["ref"])
            if family is not None:
                proved[family] = max(proved[family], WORTH.get(event["what"], 0))
        # A posted letter that arrived is known to the town and to nobody else: not to the product.
        over = {f: (level, proved[f]) for f, level in levels.items() if level > proved[f]}
        assert over == {}
        assert Counter(levels.values())[3] == found["levels"]["SEEN"]
        # And nothing that people did was lost: every gesture and answer is in the ledger.
        seen = {
            families[e["ref"]] for e in judge.events if e["what"] == "seen" and e["ref"] in families
        }
        slips_late = {f for f in seen if levels[f] < 3}
        assert slips_late <= _families_with_paper(judge, families)

    def test_reach_says_the_same_afterwards(self, grand_bend: tuple[Path, dict[str, Any]]) -> None:
        home, found = grand_bend
        again = only_object(bothways(home, "reach", "--json").stdout)
        assert again == {key: found[key] for key in again}

    def test_nothing_is_left_running(self, grand_bend: tuple[Path, dict[str, Any]]) -> None:
        assert nothing_runs(grand_bend[0])


def _families(home: Path) -> tuple[dict[str, int], dict[int, int]]:
    """Delivery key → family, and family → level, as the product has them."""
    from bothways.core.pg import attach

    with attach(home) as server, psycopg.connect(server.url) as db:
        keys = dict(db.execute("SELECT key, household_id FROM messaging_delivery").fetchall())
        levels = dict(
            db.execute(
                "SELECT h.id, coalesce(max(e.level), 0) FROM people_household h "
                "LEFT JOIN ledger_contactevent e ON e.household_id = h.id "
                "WHERE h.ended_at IS NULL GROUP BY h.id"
            ).fetchall()
        )
    return keys, levels


def _families_with_paper(judge: Judge, families: dict[str, int]) -> set[int]:
    """Families whose slip may still lie in the office’s letter box."""
    return {
        families[c["ref"]]
        for c in judge.contacts
        if c["channel"] in ("letter", "handover") and c["ref"] in families
    }


@needs_rosters
@pytest.mark.parametrize(
    ("name", "students", "guardians"),
    [("sample-u-oneroster-1.1", 20, 0), ("school-data-sync-2.1", 4, 2)],
)
def test_the_small_public_sets(tmp_path: Path, name: str, students: int, guardians: int) -> None:
    done = bothways(
        tmp_path, "demo", "--roster", str(ROSTERS / name), "--days", "1", "--no-serve", "--json"
    )
    assert done.returncode == 0, done.stderr
    found = only_object(done.stdout)
    assert (found["students"], found["guardians"]) == (students, guardians)
    assert sum(found["levels"].values()) == found["families"] > 0
    assert nothing_runs(tmp_path)


def test_a_real_installation_is_never_taken_for_a_demo(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("something")
    done = bothways(tmp_path, "demo", "--no-serve")
    assert (done.returncode, done.stdout) == (2, "")
    assert "no demo" in done.stderr
    assert (tmp_path / "kept").read_text() == "something"
