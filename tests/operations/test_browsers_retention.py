"""Browsers that get no notices any more are forgotten; the others stay, however old."""

from pathlib import Path

import pytest

from bothways.channels.models import PushSubscription
from bothways.channels.services import configure
from bothways.people.agreed import agree_to_notices, end_notices
from bothways.people.models import ContactPoint
from channels.push_service import Browser
from messaging.world import World
from operations.test_retention import at_day, night

ENDPOINT = "https://fcm.googleapis.com/fcm/send/"


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of this machine's own is cleared."""
    monkeypatch.setenv("BOTHWAYS_HOME", str(tmp_path / "home"))


def test_only_browsers_that_nobody_hears_any_more_go(world: World, at: Path) -> None:
    configure("push", {"contact": "office@grandbend.example"})
    at_day(at, 0)
    guardian = world.guardian("Alician")
    for name in ("live", "ended", "gone"):
        there = Browser().subscription(ENDPOINT + name)
        agree_to_notices(guardian=guardian, subscription=there)
    end_notices(endpoint=ENDPOINT + "ended")
    gone = PushSubscription.objects.get(endpoint=ENDPOINT + "gone").key
    ContactPoint.objects.filter(match=gone).update(state="failing", why="gone")
    at_day(at, 30)
    assert night().get("browsers", 0) == 0
    at_day(at, 31)
    assert night()["browsers"] == 2
    assert [kept.endpoint for kept in PushSubscription.objects.all()] == [ENDPOINT + "live"]
