"""The stand-ins for WhatsApp and for push services, spoken to by the product's own carriers."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web

from bothways.channels.contract import Event, HookRequest, Outcome, Settings, Subscription, Version
from bothways.channels.enums import Button, Channel, EventKind, OutcomeKind, ReceiptState
from bothways.channels.push.carrier import PushCarrier
from bothways.channels.push.notice import new_private_key
from bothways.channels.whatsapp.carrier import WhatsAppCarrier
from bothways.sandbox.meta import NUMBER_ID
from bothways.sandbox.opening import open_world
from bothways.sandbox.server import Running, start
from bothways.sandbox.town import parse
from bothways.sandbox.world import Options
from channels.deliveries import outcomes, to_alician
from sandbox.school import CONTROL, TOKEN, Driver, School, town

ALICIAN = "+15125550143"
BUTTONS = ((Button.HEARD, "I got it"), (Button.CALL_ME, "Please call me"))
SEES = {"after_arrival": {"sees": 1.0}}
ANSWERS = {"after_arrival": {"sees": 1.0, "answers": 1.0}}


@dataclass
class Product:
    """The product's carriers, and what its hook understood."""

    running: Running | None = None
    events: list[Event] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    url: str = ""

    def whatsapp(self, **more: str) -> WhatsAppCarrier:
        assert self.running is not None
        values = {
            "phone_number_id": NUMBER_ID,
            "access_token": TOKEN,
            "app_secret": TOKEN,
            "verify_token": "v",
            "template": "school_message",
            "base_url": self.running.url,
        }
        return WhatsAppCarrier(Settings({**values, **more}))

    def push(self) -> PushCarrier:
        assert self.running is not None
        values = {
            "contact": "office@grandbend.example",
            "private_key": new_private_key(),
            "own_services": self.running.url,
        }
        return PushCarrier(Settings(values))

    async def hook(self, request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        told = self.whatsapp().handle(
            HookRequest(self.url, request.method, headers, await request.read())
        )
        self.events += told.events
        self.statuses.append(told.status)
        return web.Response(status=told.status)

    async def sends(self, key: str = "k1", **changes: Any) -> Outcome:
        delivery = to_alician(Channel.WHATSAPP, key, buttons=BUTTONS, **changes)
        return (await outcomes(self.whatsapp(), delivery))[key]


Opener = Callable[..., Any]


@pytest_asyncio.fixture
async def product(school: School, tmp_path: Path) -> AsyncIterator[tuple[Product, Opener]]:
    """The product's side, and an opener of the sandbox on one home."""
    there = Product()
    app = web.Application()
    app.router.add_post("/hooks/whatsapp/in", there.hook)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    there.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hooks/whatsapp/in"
    http = aiohttp.ClientSession()
    home = tmp_path / "home"

    async def opener(**changes: Any) -> Driver:
        if there.running is not None:
            await there.running.stop()
        options = Options(
            home=home,
            tray=home / "tray",
            account="AC" + "1" * 32,
            token=TOKEN,
            control_token=CONTROL["X-Control-Token"],
            whatsapp_webhook=there.url,
        )
        world = open_world(options, parse(town(**changes)))
        there.running = await start(world, host="127.0.0.1", port=0, smtp_port=0)
        return Driver(there.running, http, home, school)

    yield there, opener
    if there.running is not None:
        await there.running.stop()
    await http.close()
    await runner.cleanup()


async def test_template_is_taken_delivered_and_told(product: tuple[Product, Opener]) -> None:
    there, opener = product
    driver = await opener()
    assert (await there.sends()).kind is OutcomeKind.ACCEPTED
    await driver.advance("2021-09-13T08:10:00-05:00")
    assert [(e.kind, e.key, e.state) for e in there.events] == [
        (EventKind.RECEIPT, "k1", ReceiptState.ACCEPTED),
        (EventKind.RECEIPT, "k1", ReceiptState.DELIVERED),
    ]
    (line,) = driver.lines("contacts")
    assert {k: line[k] for k in ("channel", "to", "ref", "purpose", "outcome")} == {
        "channel": "whatsapp",
        "to": ALICIAN,
        "ref": "k1",
        "purpose": "personal",
        "outcome": "delivered",
    }
    assert "Troy turned in all of his homework" in line["body"]


async def test_free_words_are_refused_until_the_family_writes_and_for_a_day_after(
    product: tuple[Product, Opener],
) -> None:
    there, opener = product
    driver = await opener(**ANSWERS)
    carrier = there.whatsapp()
    first = to_alician(Channel.WHATSAPP, "free", in_session=True)
    # The carrier falls back on the template; the words themselves were refused.
    assert (await outcomes(carrier, first))["free"].kind is OutcomeKind.ACCEPTED
    assert driver.lines("contacts")[0]["body"].startswith("Grand Bend Elementary School\n")
    await driver.advance("2021-09-13T09:00:00-05:00")
    assert [e.body for e in there.events if e.kind is EventKind.INBOUND] == [
        "Gracias, ¿a qué hora?"
    ]
    again = to_alician(Channel.WHATSAPP, "open", in_session=True)
    await outcomes(carrier, again)
    assert driver.lines("contacts")[1]["body"].startswith("Grand Bend Elementary School: Dear")
    await opener()  # a restart, in a quiet town, remembers the family's words
    await outcomes(there.whatsapp(), to_alician(Channel.WHATSAPP, "still", in_session=True))
    assert driver.lines("contacts")[2]["body"].startswith("Grand Bend Elementary School: Dear")


async def test_family_presses_the_button_where_there_is_one_and_writes_1_where_there_is_none(
    product: tuple[Product, Opener],
) -> None:
    there, opener = product
    driver = await opener(**SEES)
    await outcomes(
        there.whatsapp(template_buttons="yes"), to_alician(Channel.WHATSAPP, "k1", buttons=BUTTONS)
    )
    await there.sends("k2", to="+15125550144")
    await driver.advance("2021-09-13T09:00:00-05:00")
    said = [e for e in there.events if e.kind is not EventKind.RECEIPT]
    assert sorted((e.kind.value, e.key, e.button, e.body, e.from_) for e in said) == [
        ("gesture", "k1", "heard", "", ALICIAN),
        ("inbound", "", "", "1", "+15125550144"),
    ]
    assert set(there.statuses) == {200}


async def test_number_that_takes_no_messages_is_told_with_metas_number(
    product: tuple[Product, Opener],
) -> None:
    there, opener = product
    driver = await opener(phone_kind={"phone": {"dead": 1.0}})
    await there.sends()
    await driver.advance("2021-09-13T09:00:00-05:00")
    assert [(e.state, e.code) for e in there.events] == [(ReceiptState.UNDELIVERED, "131026")]


@pytest.mark.parametrize(
    ("settings", "code"),
    [({"access_token": "other"}, "setup"), ({"phone_number_id": "1"}, "setup")],
)
async def test_wrong_settings_are_no_familys_fault(
    product: tuple[Product, Opener], settings: dict[str, str], code: str
) -> None:
    there, opener = product
    driver = await opener()
    told = await outcomes(there.whatsapp(**settings), to_alician(Channel.WHATSAPP))
    assert (told["k1"].kind, told["k1"].code) == (OutcomeKind.UNAVAILABLE, code)
    assert driver.running.world.contacts.all == []


async def test_notice_is_shown_and_the_family_opens_the_page(
    product: tuple[Product, Opener], school: School
) -> None:
    there, opener = product
    driver = await opener(**SEES)
    status, agreed = await driver.control("browser", {"who": "gu-7"})
    assert status == 200
    assert await driver.control("browser", {"who": "gu-7"}) == (200, agreed)
    notice = to_alician(
        Channel.PUSH,
        "k1",
        versions=(Version("es", "Tiene un mensaje"),),
        reply_url=f"{school.url}/r/BCDF",
        subscription=Subscription(**agreed),
    )
    assert (await outcomes(there.push(), notice))["k1"].kind is OutcomeKind.ACCEPTED
    await driver.advance("2021-09-13T09:00:00-05:00")
    (line,) = driver.lines("contacts")
    assert line == {
        "at": "2021-09-13T08:00:00-05:00",
        "channel": "push",
        "to": agreed["endpoint"],
        "who": "gu-7",
        "ref": "k1",
        "purpose": "personal",
        "outcome": "delivered",
        "body": "Grand Bend Elementary School\nTiene un mensaje",
    }
    assert [form for _, form in school.replies] == [{"seen": "yes", "words": ""}]


async def test_browser_that_nobody_subscribed_is_gone(product: tuple[Product, Opener]) -> None:
    there, opener = product
    driver = await opener()
    _, agreed = await driver.control("browser", {"who": "gu-7"})
    other = {**agreed, "endpoint": agreed["endpoint"] + "0"}
    notice = to_alician(Channel.PUSH, subscription=Subscription(**other))
    assert (await outcomes(there.push(), notice))["k1"].code == "gone"


async def test_browser_is_the_same_after_a_restart(product: tuple[Product, Opener]) -> None:
    there, opener = product
    driver = await opener()
    _, agreed = await driver.control("browser", {"who": "gu-7"})
    await opener()
    assert there.running is not None
    moved = {
        **agreed,
        "endpoint": f"{there.running.url}/push/{agreed['endpoint'].rpartition('/')[2]}",
    }
    notice = to_alician(Channel.PUSH, subscription=Subscription(**moved))
    assert (await outcomes(there.push(), notice))["k1"].kind is OutcomeKind.ACCEPTED
