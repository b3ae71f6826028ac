"""Texts: what each of Twilio's answers means."""

import asyncio
import json
import socket
from pathlib import Path

import pytest
from aiohttp import web

from bothways.channels.contract import Misconfigured, Outcome, Settings, Version
from bothways.channels.enums import Channel, OutcomeKind
from bothways.channels.twilio.carrier import TwilioCarrier
from channels.deliveries import outcomes, to_alician
from channels.twilio_stand_in import ACCOUNT, PASSWORD, TOKEN, Answer, StandIn, refuses

SPECIFICATION = (
    Path(__file__).parents[2].parent / "shared" / "data" / "specs" / "twilio_api_v2010.json"
)


async def test_text_goes_out_with_its_key_and_purpose_in_the_callback(twilio: StandIn) -> None:
    told = await outcomes(twilio.carrier(), to_alician(Channel.TEXT, "a/b?c"))
    assert told == {
        "a/b?c": Outcome("a/b?c", OutcomeKind.ACCEPTED, carrier_id="SM" + "15125550143".zfill(32))
    }
    assert twilio.forms == [
        {
            "To": "+15125550143",
            "From": "+15125550100",
            "Body": to_alician(Channel.TEXT).versions[0].body,
            "StatusCallback": "https://grandbend.example/hooks/twilio/status/a%2Fb%3Fc?p=personal",
        }
    ]
    assert twilio.auth == [PASSWORD]


async def test_school_behind_a_router_asks_for_no_callback(twilio: StandIn) -> None:
    await outcomes(twilio.carrier(callback_base=""), to_alician(Channel.TEXT))
    assert "StatusCallback" not in twilio.forms[0]


async def test_messaging_service_replaces_the_number(twilio: StandIn) -> None:
    carrier = twilio.carrier(messaging_service_sid="MG" + "1" * 32)
    await outcomes(carrier, to_alician(Channel.TEXT))
    assert twilio.forms[0]["MessagingServiceSid"] == "MG" + "1" * 32
    assert "From" not in twilio.forms[0]


async def test_every_field_is_one_that_twilio_knows(twilio: StandIn) -> None:
    if not SPECIFICATION.exists():
        pytest.skip("Twilio's API description is not beside the project")
    spec = json.loads(SPECIFICATION.read_text())["paths"][
        "/2010-04-01/Accounts/{AccountSid}/Messages.json"
    ]
    form = spec["post"]["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
    query = {parameter["name"] for parameter in spec["get"]["parameters"]}
    await outcomes(twilio.carrier(), to_alician(Channel.TEXT))
    await outcomes(twilio.carrier(messaging_service_sid="MG1"), to_alician(Channel.TEXT))
    assert {name for sent in twilio.forms for name in sent} <= form["properties"].keys()
    twilio.lists[""] = {"messages": [], "next_page_uri": None}
    from datetime import UTC, datetime

    await twilio.carrier().poll(datetime(2021, 9, 13, tzinfo=UTC))
    assert set(twilio.queries[0]) <= query


async def nonsense(request: web.Request, form: dict[str, str]) -> web.StreamResponse:
    return web.Response(text="<html>Welcome</html>", status=201)


async def list_instead(request: web.Request, form: dict[str, str]) -> web.StreamResponse:
    return web.json_response(["SM1"], status=200)


async def hangs_up(request: web.Request, form: dict[str, str]) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def says_nothing(request: web.Request, form: dict[str, str]) -> web.StreamResponse:
    await asyncio.sleep(3)
    return web.Response()


async def moved(request: web.Request, form: dict[str, str]) -> web.StreamResponse:
    return web.Response(status=302, headers={"Location": "/elsewhere"})


async def failed_at_once(request: web.Request, form: dict[str, str]) -> web.StreamResponse:
    body = {"sid": "SM9", "status": "failed", "error_code": 30006}
    return web.json_response(body, status=201)


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (refuses(400, 21211), OutcomeKind.REJECTED, "21211"),
        (refuses(400, 21610), OutcomeKind.REJECTED, "21610"),
        (refuses(400, 21617), OutcomeKind.REJECTED, "21617"),
        (failed_at_once, OutcomeKind.REJECTED, "30006"),
        (refuses(429, 20429), OutcomeKind.UNAVAILABLE, "20429"),
        (refuses(500, 20500), OutcomeKind.UNAVAILABLE, "20500"),
        (refuses(503), OutcomeKind.UNAVAILABLE, "503"),
        (refuses(401, 20003), OutcomeKind.UNAVAILABLE, "20003"),
        (refuses(403), OutcomeKind.UNAVAILABLE, "403"),
        (refuses(404, 20404), OutcomeKind.UNAVAILABLE, "20404"),
        (refuses(404), OutcomeKind.UNAVAILABLE, "404"),
        (moved, OutcomeKind.UNAVAILABLE, "302"),
        # Our own number is wrong: no family's phone is to blame.
        (refuses(400, 21606), OutcomeKind.UNAVAILABLE, "21606"),
        (nonsense, OutcomeKind.UNKNOWN, ""),
        (list_instead, OutcomeKind.UNKNOWN, ""),
        (hangs_up, OutcomeKind.UNKNOWN, ""),
        (says_nothing, OutcomeKind.UNKNOWN, ""),
    ],
)
async def test_answer_means(twilio: StandIn, answer: Answer, kind: OutcomeKind, code: str) -> None:
    twilio.answers["+15125550143"] = answer
    told = await outcomes(twilio.carrier(timeout="1"), to_alician(Channel.TEXT))
    assert (told["k1"].kind, told["k1"].code) == (kind, code)
    assert told["k1"].detail
    assert "5550143" not in told["k1"].detail


async def test_stop_at_the_carrier_says_that_only_the_family_lifts_it(twilio: StandIn) -> None:
    twilio.answers["+15125550143"] = refuses(400, 21610)
    told = await outcomes(twilio.carrier(), to_alician(Channel.TEXT))
    assert "START" in told["k1"].detail


async def test_busy_carrier_says_when_to_come_back(twilio: StandIn) -> None:
    twilio.answers["+15125550143"] = refuses(429, 20429, **{"Retry-After": "7"})
    told = await outcomes(twilio.carrier(), to_alician(Channel.TEXT))
    assert told["k1"].retry_after == 7.0


async def test_refused_connection_was_surely_not_sent() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    stand_in = StandIn(url=f"http://127.0.0.1:{port}")
    told = await outcomes(stand_in.carrier(), to_alician(Channel.TEXT))
    assert (told["k1"].kind, told["k1"].code) == (OutcomeKind.UNAVAILABLE, "connection")


async def test_one_bad_number_spoils_no_other(twilio: StandIn) -> None:
    batch = [to_alician(Channel.TEXT, f"k{n}", to=f"+1512555{n:04}") for n in range(100)]
    twilio.answers |= {
        "+15125550003": refuses(400, 21211),
        "+15125550040": hangs_up,
        "+15125550041": nonsense,
    }
    told = await outcomes(twilio.carrier(), *batch)
    others = {key: outcome.kind for key, outcome in told.items()}
    expected = {f"k{n}": OutcomeKind.ACCEPTED for n in range(100)}
    expected |= {
        "k3": OutcomeKind.REJECTED,
        "k40": OutcomeKind.UNKNOWN,
        "k41": OutcomeKind.UNKNOWN,
    }
    assert others == expected


async def test_never_more_requests_at_once_than_set(twilio: StandIn) -> None:
    twilio.slowness = 0.01
    batch = [to_alician(Channel.TEXT, f"k{n}", to=f"+1512555{n:04}") for n in range(40)]
    await outcomes(twilio.carrier(concurrency="8"), *batch)
    assert twilio.most_at_once == 8


async def test_outcomes_come_before_the_slowest_is_done(twilio: StandIn) -> None:
    twilio.answers["+15125550000"] = says_nothing
    batch = [to_alician(Channel.TEXT, f"k{n}", to=f"+1512555{n:04}") for n in range(5)]
    order = [outcome.key async for outcome in twilio.carrier(timeout="1").send(batch)]
    assert sorted(order[:4]) == ["k1", "k2", "k3", "k4"]
    assert order[4] == "k0"


async def test_words_in_every_script_arrive_as_they_are(twilio: StandIn) -> None:
    words = "Ẹ kú àárọ̀ & 100 % + مرحبا 你好 👍\n#1; a=b"
    await outcomes(twilio.carrier(), to_alician(Channel.TEXT, versions=(Version("yo", words),)))
    assert twilio.forms[0]["Body"] == words


async def test_broken_characters_are_refused_before_sending(twilio: StandIn) -> None:
    told = await outcomes(
        twilio.carrier(), to_alician(Channel.TEXT, versions=(Version("en", "oh \ud800"),))
    )
    assert (told["k1"].kind, told["k1"].code) == (OutcomeKind.REJECTED, "text")
    assert twilio.forms == []


@pytest.mark.parametrize(
    ("lacking", "word"),
    [("account_sid", "account_sid"), ("auth_token", "auth_token"), ("from_number", "number")],
)
def test_missing_setting_is_named(lacking: str, word: str) -> None:
    values = {"account_sid": ACCOUNT, "auth_token": TOKEN, "from_number": "+15125550100"}
    with pytest.raises(Misconfigured, match=word):
        TwilioCarrier(Settings({**values, lacking: " "}), "")
