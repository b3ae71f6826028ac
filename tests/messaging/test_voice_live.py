"""A call through everything that is ours: worker, carrier, a town on the wire, hooks, receipts, inbox."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from bothways.channels.services import configure
from bothways.core import clock
from bothways.messaging.models import Conversation, Delivery, Entry, Spoken
from bothways.messaging.services.receipts import apply_waiting
from bothways.messaging.services.sending import send_due
from bothways.messaging.services.sounds import fetch_spoken
from bothways.schools.models import District, School
from bothways.web import hooks
from messaging.world import MONDAY_MORNING, World

TOWN = {
    "timezone": "America/Chicago",
    "kinds": {"mobile": {"voice": {"person": 1.0}}},
    "phone_kind": {"phone": {"mobile": 1.0}},
    "after_arrival": {"sees": 1.0, "answers": 1.0, "words": ["Llame después de las seis"]},
}


class Town:
    """A sandbox in a process of its own."""

    def __init__(self, folder: Path, **changes: object) -> None:
        file = folder / "town.json"
        file.write_text(json.dumps({**TOWN, **changes}))
        now = ["--now", MONDAY_MORNING.isoformat(), "--home", str(folder / "home")]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bothways.sandbox", *now, "--town", str(file)],
            stdout=subprocess.PIPE,
        )
        assert self.process.stdout is not None
        self.ready: dict[str, Any] = json.loads(self.process.stdout.readline())
        self.contacts = folder / "home" / "contacts.jsonl"

    def advance(self, to: str) -> None:
        request = urllib.request.Request(
            f"{self.ready['url']}/control/advance",
            json.dumps({"to": to}).encode(),
            {"X-Control-Token": self.ready["control_token"], "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert answer.status == 200


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Town]:
    town = Town(tmp_path)
    yield town
    town.process.terminate()
    town.process.wait(10)


@pytest.mark.django_db(transaction=True)
def test_calls_go_out_and_what_families_do_comes_home(
    live_server: LiveServer, settings: Settings, sandbox: Town, at: Path
) -> None:
    settings.PUBLIC_URL = live_server.url
    settings.ALLOWED_HOSTS = ["*"]
    account = {name: sandbox.ready[word] for name, word in ACCOUNT}
    configure("twilio", {**account, "from_number": "+15005550006"})
    configure("twilio_voice", {"rate": "1000"})
    hooks.forget_settings()
    district = District.objects.create(sis_id="d", name="Grand Bend")
    school = School.objects.create(district=district, sis_id="s", name="Grand Bend Elementary")
    world = World(district, school)
    for number in range(8):
        guardian = world.guardian("Alician", mobile=f"+1312555{number:04d}", reads="es")
        world.home(world.student("Troy"), guardians=[guardian])
    world.write()
    Delivery.objects.update(channel="voice", not_before=clock.now())
    send_due(district, urgent=False)
    assert set(Delivery.objects.values_list("state", flat=True)) == {"accepted"}
    sandbox.advance("2026-09-14T09:10:00-05:00")
    apply_waiting()
    assert set(Delivery.objects.values_list("state", flat=True)) == {"answered"}
    lines = [json.loads(line) for line in sandbox.contacts.read_text().splitlines()]
    assert {line["ref"] for line in lines} == set(Delivery.objects.values_list("key", flat=True))
    assert all("La escuela empieza a las 8." in line["body"] for line in lines)
    assert set(Entry.objects.values_list("meaning", flat=True)) == {"call_me", "spoken"}
    assert Conversation.objects.exclude(waiting_since=None).count() == 8
    for spoken in Spoken.objects.all():
        fetch_spoken(spoken.pk)
    assert {bytes(spoken.data or b"")[:3] for spoken in Spoken.objects.all()} == {b"ID3"}
    hooks.forget_settings()


ACCOUNT = (("account_sid", "account"), ("auth_token", "token"), ("base_url", "url"))
