"""A call from our carrier to a town's people and back, over real connections."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest_asyncio
from aiohttp import web

from bothways.channels.contract import Event, HookRequest, Outgoing, Settings, Version
from bothways.channels.enums import Channel, EventKind, OutcomeKind, ReceiptState
from bothways.channels.twilio.voice import TwilioVoiceCarrier
from bothways.channels.twilio.voice_script import KEYS
from bothways.languages.phrases import languages, raw
from bothways.sandbox.server import Running
from channels.deliveries import outcomes, to_alician
from sandbox.school import ACCOUNT, OUR_NUMBER, TOKEN, Driver, School, open_sandbox, town

LABELS = {tag: {key: raw(tag, key) or "" for key in KEYS} for tag in languages()}


@dataclass
class Office:
    """Our side: the hook of the carrier, and all that it told."""

    home: Path
    known: dict[str, Outgoing] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    carrier: TwilioVoiceCarrier | None = None
    running: Running | None = None
    url: str = ""

    async def hook(self, request: web.Request) -> web.Response:
        assert self.carrier is not None
        answer = self.carrier.handle(
            HookRequest(
                url=self.url + request.raw_path,
                method=request.method,
                headers={name.lower(): value for name, value in request.headers.items()},
                body=await request.read(),
            )
        )
        self.events += answer.events
        self.statuses.append(answer.status)
        kind = answer.content_type.partition(";")[0]
        return web.Response(status=answer.status, text=answer.body, content_type=kind)

    async def call(self, *batch: Outgoing, **changes: Any) -> Driver:
        """Send these, let ten minutes pass in a town with these changes."""
        self.running = await open_sandbox(self.home, town(**changes), "")
        self.carrier = TwilioVoiceCarrier(
            Settings(
                {
                    "account_sid": ACCOUNT,
                    "auth_token": TOKEN,
                    "from_number": OUR_NUMBER,
                    "base_url": self.running.url,
                }
            ),
            self.url,
            labels=LABELS,
            find=self.known.get,
        )
        self.known |= {one.key: one for one in batch}
        told = await outcomes(self.carrier, *batch)
        assert {one.kind for one in told.values()} == {OutcomeKind.ACCEPTED}
        async with aiohttp.ClientSession() as http:
            driver = Driver(self.running, http, self.home, School())
            await driver.advance("2021-09-13T08:10:00-05:00")
        return driver

    def told(self, kind: EventKind) -> list[Event]:
        return [event for event in self.events if event.kind is kind]


@pytest_asyncio.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    there = Office(tmp_path / "sandbox")
    app = web.Application()
    app.router.add_route("*", "/hooks/{rest:.*}", there.hook)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    there.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield there
    if there.running:
        await there.running.stop()
    await runner.cleanup()


def by(outcome: str) -> dict[str, Any]:
    return {"mobile": {"text": {"delivered": 1.0}, "voice": {outcome: 1.0}}}


async def test_spanish_words_are_heard_and_the_key_comes_back(office: Office) -> None:
    words = Version("es", "Troy entregó toda su tarea esta semana.")
    driver = await office.call(
        to_alician(Channel.VOICE, versions=(words,)),
        kinds=by("person"),
        after_arrival={"sees": 1.0, "answers": 0.0},
    )
    (line,) = driver.lines("contacts")
    assert (line["ref"], line["purpose"], line["outcome"]) == ("k1", "personal", "person")
    assert words.body in line["body"]
    assert line["body"].endswith(LABELS["es"]["voice_keys"])
    assert [event.button for event in office.told(EventKind.GESTURE)] == ["heard"]
    states = [event.state for event in office.told(EventKind.RECEIPT)]
    assert states == [ReceiptState.DELIVERED, ReceiptState.ACCEPTED]
    assert {event.key for event in office.events} == {"k1"}
    assert set(office.statuses) == {200}


async def test_machine_gets_the_discreet_words_after_its_tone(office: Office) -> None:
    driver = await office.call(to_alician(Channel.VOICE), kinds=by("machine"))
    (line,) = driver.lines("contacts")
    assert line["outcome"] == "machine"
    assert "Troy" not in line["body"]
    assert "(512) 555-0100" in line["body"]
    assert [event.state for event in office.told(EventKind.RECEIPT)] == [
        ReceiptState.DELIVERED,
        ReceiptState.ACCEPTED,
    ]


async def test_nobody_there_is_told_and_says_nothing_bad_of_the_number(office: Office) -> None:
    driver = await office.call(to_alician(Channel.VOICE), kinds=by("none"))
    assert driver.outcomes() == ["none"]
    (event,) = office.events
    assert (event.state, event.code in {"busy", "no_answer"}) == (ReceiptState.UNDELIVERED, True)


async def test_families_answers_come_home_and_their_voices_can_be_fetched(office: Office) -> None:
    homes = [to_alician(Channel.VOICE, f"k{n}", to=f"+1512555{n:04d}") for n in range(12)]
    driver = await office.call(
        *homes,
        kinds=by("person"),
        after_arrival={"sees": 1.0, "answers": 1.0, "words": ["Llame después de las seis", "STOP"]},
    )
    happened = {line["ref"]: line for line in driver.lines("events") if line["what"] != "delivered"}
    assert len(happened) == 12
    spoken = {event.key for event in office.told(EventKind.INBOUND) if event.audio}
    stopped = {event.key for event in office.told(EventKind.INBOUND) if event.stop}
    asked = {event.key for event in office.told(EventKind.GESTURE)}
    assert spoken == {ref for ref, line in happened.items() if line["words"]}
    assert stopped == {ref for ref, line in happened.items() if line["what"] == "stopped"}
    assert asked == happened.keys() - spoken - stopped
    assert all((spoken, stopped, asked))
    assert office.carrier is not None
    audio = next(event.audio for event in office.events if event.audio)
    assert (await office.carrier.fetch(audio)).data.startswith(b"ID3")


async def test_school_without_a_public_address_learns_by_asking(office: Office) -> None:
    office.url = ""
    driver = await office.call(
        to_alician(Channel.VOICE, purpose="routine"),
        kinds=by("person"),
        after_arrival={"sees": 1.0},
    )
    (line,) = driver.lines("contacts")
    assert line["body"].count("Troy turned in all of his homework") == 2
    assert office.carrier is not None
    (event,) = await office.carrier.poll(driver.running.world.clock.now().replace(hour=12))
    assert (event.state, event.carrier_id[:2]) == (ReceiptState.DELIVERED, "CA")
