"""A pulse of three questions in one call: worker, carrier, a town on the wire, hooks, figures."""

import json
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from bothways.channels.services import configure
from bothways.core import clock
from bothways.messaging.models import Conversation, Delivery, Message
from bothways.messaging.services.receipts import apply_waiting
from bothways.messaging.services.sending import send_due
from bothways.schools.models import District, School
from bothways.surveys.enums import Promise
from bothways.surveys.models import Answer, Invitation
from bothways.surveys.tasks import tend
from bothways.web import hooks
from messaging.test_voice_live import ACCOUNT, Town
from messaging.world import World
from surveys.town import asked, family, rosa, short

# Whom the town knows by number, and what each presses: "" waits, a star changes the answer before.
PRESSED = {
    "+13125550001": ["4", "", "2", "", "5"],
    "+13125550002": ["4", "*", "1", "", "9", "3", "", "5", "", "", "1"],
    "+13125550003": ["", "1"],
    "+13125550004": ["3", "", "*"],
}


@pytest.mark.django_db(transaction=True)
def test_a_pulse_is_answered_by_keys_and_nobody_is_called_twice(
    live_server: LiveServer, settings: Settings, tmp_path: Path, at: Path
) -> None:
    settings.PUBLIC_URL = live_server.url
    settings.ALLOWED_HOSTS = ["*"]
    town = Town(tmp_path, people={to: {"keys": keys} for to, keys in PRESSED.items()})
    try:
        account = {name: town.ready[word] for name, word in ACCOUNT}
        configure("twilio", {**account, "from_number": "+15005550006"})
        configure("twilio_voice", {"rate": "1000"})
        hooks.forget_settings()
        district = District.objects.create(sis_id="d", name="Grand Bend")
        school = School.objects.create(district=district, sis_id="s", name="Grand Bend Elementary")
        world = World(district, school)
        homes = [family(world, n, reads="es")[0] for n in range(1, 5)]
        asked(world, rosa(world), Promise.NAMED, by_text=True, form=short("p1", "p2", "p4"))
        Delivery.objects.update(channel="voice", not_before=clock.now())
        send_due(district, urgent=False)
        town.advance("2026-09-14T09:10:00-05:00")
        apply_waiting()
        tend()
    finally:
        town.process.terminate()
        town.process.wait(10)
        hooks.forget_settings()
    given: dict[int, dict[str, int | None]] = {home.pk: {} for home in homes}
    for one in Answer.objects.select_related("invitation"):
        given[one.invitation.household_id][one.item] = one.value
    assert [given[home.pk] for home in homes] == [
        {"p1": 4, "p2": 2, "p4": 5},
        {"p1": 1, "p2": 3, "p4": 5},
        {},
        {"p1": 3},
    ]
    done = {home.pk for home in homes[:2]}
    assert set(Invitation.objects.filter(done=True).values_list("household_id", flat=True)) == done
    states = [Delivery.objects.get(household=home).state for home in homes]
    assert states == ["answered", "answered", "seen", "answered"]
    assert Message.objects.count() == 1
    assert not Conversation.objects.exclude(waiting_since=None).exists()
    lines = [json.loads(line) for line in town.contacts.read_text().splitlines()]
    heard = next(line["body"] for line in lines if line["to"] == "+13125550001")
    assert "El personal que atiende a su familia" in heard
    assert "Para “Mucho”" in heard
    assert "1 = " not in heard
