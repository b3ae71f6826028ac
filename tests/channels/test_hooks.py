"""From a carrier's web request to what the school sees: kept, understood, answered for."""

from base64 import b64encode

import pytest
from django.test import Client

from bothways.channels.enums import Channel
from bothways.channels.models import RawEvent
from bothways.channels.services import configure, serving
from bothways.consent.models import Stop
from bothways.messaging.models import Delivery, Entry
from bothways.messaging.services.receipts import apply_waiting
from bothways.messaging.services.sending import send_due
from bothways.people.models import ContactPoint
from bothways.web import hooks
from channels.mail_provider import SECRET as PROVIDERS_SECRET
from channels.mail_provider import MailProvider
from channels.smsbox_stand_in import SECRET, Smsbox
from channels.test_anymail import brevo
from messaging.world import FakeCarrier, World

NUMBER = "+15125550143"


@pytest.fixture(autouse=True)
def _settings_as_they_are_now() -> None:
    hooks.forget_settings()


@pytest.fixture
def alician(world: World, carrier: FakeCarrier) -> World:
    guardian = world.guardian("Alician", mobile=NUMBER)
    world.home(world.student("Troy"), guardians=[guardian])
    world.write()
    send_due(world.district, urgent=False)
    return world


def basic(user: str, secret: str) -> str:
    return "Basic " + b64encode(f"{user}:{secret}".encode()).decode()


def texted(client: Client, words: str, *, secret: str = SECRET, number: str = "m1") -> int:
    response = client.post(
        f"/hooks/kannel/in?id={number}",
        words.encode(),
        content_type='text/plain; charset="UTF-8"',
        headers={"authorization": basic("kannel", secret), "x-kannel-from": NUMBER[1:]},
    )
    assert response.content in (b"", b"wrong secret")
    apply_waiting()
    return response.status_code


def test_text_by_kannel_is_an_answer(alician: World, client: Client) -> None:
    configure("kannel", Smsbox().values())
    assert serving(Channel.TEXT) == "kannel"
    assert texted(client, "¿Puede llamarme a las 6?") == 200
    assert texted(client, "¿Puede llamarme a las 6?") == 200  # told again
    assert Entry.objects.get().body == "¿Puede llamarme a las 6?"
    assert Delivery.objects.get().state == "answered"


def test_stop_by_kannel_is_ours_alone_and_can_be_undone(alician: World, client: Client) -> None:
    configure("kannel", Smsbox().values())
    texted(client, "STOP")
    assert list(Stop.objects.values_list("match", "by", "lifted_at")) == [(NUMBER, "ours", None)]
    texted(client, "START", number="m2")
    assert not Stop.objects.filter(lifted_at=None).exists()


def test_stranger_writes_nothing_into_the_school(alician: World, client: Client) -> None:
    configure("kannel", Smsbox().values())
    assert texted(client, "STOP", secret="a-strangers-good-guess") == 403
    assert RawEvent.objects.count() == 0


@pytest.mark.parametrize("order", [(8, 1), (1, 8)])
def test_reports_by_kannel_count_in_either_order(
    alician: World, client: Client, order: tuple[int, int]
) -> None:
    configure("kannel", Smsbox().values())
    key = Delivery.objects.get().key
    for kind in order:
        response = client.get(
            f"/hooks/kannel/status/{key}?type={kind}&at=1631541600&reply=",
            headers={"authorization": basic("kannel", SECRET)},
        )
        assert response.status_code == 200
    apply_waiting()
    assert Delivery.objects.get().state == "delivered"
    assert ContactPoint.objects.get().state == "working"


@pytest.mark.parametrize(
    ("event", "state"), [("hard_bounce", "failing"), ("soft_bounce", "unknown")]
)
def test_bounce_that_a_provider_reports_marks_the_address_only_if_it_is_hard(
    world: World, carrier: FakeCarrier, client: Client, event: str, state: str
) -> None:
    configure("anymail", MailProvider().values("brevo"))
    assert serving(Channel.EMAIL) == "anymail"
    guardian = world.guardian("Alician", email="alician@families.example")
    world.home(world.student("Troy"), guardians=[guardian])
    world.write()
    send_due(world.district, urgent=False)
    key = Delivery.objects.get().key
    response = client.post(
        "/hooks/anymail/events",
        brevo(event, **{"X-Mailin-custom": f'{{"bothways": "{key}"}}'}),
        content_type="application/json",
        headers={"authorization": basic("bothways", PROVIDERS_SECRET)},
    )
    assert response.status_code == 200
    apply_waiting()
    assert Delivery.objects.get().state == "undelivered"
    assert ContactPoint.objects.get().state == state
