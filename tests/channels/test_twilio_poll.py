"""Asking Twilio what became of texts, where no report reached us."""

from datetime import UTC, datetime

import pytest

from bothways.channels.contract import CarrierError, Event, Misconfigured
from bothways.channels.enums import EventKind, ReceiptState
from channels.twilio_stand_in import PASSWORD, StandIn

SINCE = datetime(2021, 9, 13, 15, 0, tzinfo=UTC)


def message(sid: str, status: str, **more: object) -> dict[str, object]:
    return {
        "sid": sid,
        "status": status,
        "direction": "outbound-api",
        "from": "+15125550100",
        "to": "+15125550143",
        "body": "Hello",
        "error_code": None,
        "date_created": "Mon, 13 Sep 2021 15:10:00 +0000",
        "date_updated": "Mon, 13 Sep 2021 15:11:00 +0000",
        **more,
    }


async def test_pages_are_followed_to_the_end(twilio: StandIn) -> None:
    path = "/2010-04-01/Accounts/AC/Messages.json".replace("AC", "AC" + "0" * 32)
    twilio.lists = {
        "": {"messages": [message("SM1", "sent")], "next_page_uri": f"{path}?PageToken=PA1"},
        "PA1": {"messages": [message("SM2", "delivered")], "next_page_uri": None},
    }
    events = await twilio.carrier().poll(SINCE)
    assert [(e.carrier_id, e.state) for e in events] == [
        ("SM1", ReceiptState.ACCEPTED),
        ("SM2", ReceiptState.DELIVERED),
    ]
    assert twilio.queries[0]["DateSent>"] == "2021-09-13T14:55:00Z"
    assert twilio.auth == [PASSWORD, PASSWORD]


async def test_receipt_says_to_whom_and_what_so_that_a_lost_one_is_found(twilio: StandIn) -> None:
    failed = message("SM1", "undelivered", error_code=21610)
    twilio.lists[""] = {"messages": [failed], "next_page_uri": None}
    assert await twilio.carrier().poll(SINCE) == [
        Event(
            kind=EventKind.RECEIPT,
            dedupe="SM1:undelivered",
            carrier_id="SM1",
            state=ReceiptState.UNDELIVERED,
            code="21610",
            blocked=True,
            to="+15125550143",
            body="Hello",
            at=datetime(2021, 9, 13, 15, 11, tzinfo=UTC),
        )
    ]


async def test_texts_from_families_are_heard_without_a_public_address(twilio: StandIn) -> None:
    words = message(
        "SM5", "received", direction="inbound", body="ok thank you", **{"from": "+15125550143"}
    )
    twilio.lists[""] = {"messages": [words | {"to": "+15125550100"}], "next_page_uri": None}
    assert await twilio.carrier().poll(SINCE) == [
        Event(
            kind=EventKind.INBOUND,
            dedupe="SM5",
            carrier_id="SM5",
            from_="+15125550143",
            to="+15125550100",
            body="ok thank you",
            at=datetime(2021, 9, 13, 15, 10, tzinfo=UTC),
        )
    ]


async def test_next_page_on_another_host_never_gets_the_password(twilio: StandIn) -> None:
    elsewhere = "https://evil.example/2010-04-01/Accounts/AC" + "0" * 32 + "/Messages.json"
    twilio.lists = {
        "": {"messages": [], "next_page_uri": elsewhere + "?PageToken=PA1"},
        "PA1": {"messages": [message("SM2", "sent")], "next_page_uri": None},
    }
    events = await twilio.carrier().poll(SINCE)
    assert [event.carrier_id for event in events] == ["SM2"]


async def test_unknown_states_and_broken_lines_are_left_out(twilio: StandIn) -> None:
    twilio.lists[""] = {
        "messages": [message("SM1", "scheduled"), "what?", {"sid": None}, message("SM2", "sent")],
        "next_page_uri": None,
    }
    events = await twilio.carrier().poll(SINCE)
    assert [event.carrier_id for event in events] == ["SM2"]


async def test_list_that_is_none_is_an_error(twilio: StandIn) -> None:
    with pytest.raises(CarrierError, match="status 500"):
        await twilio.carrier().poll(SINCE)  # the stand-in has no list and breaks


async def test_account_that_is_not_known_is_a_wrong_setting(twilio: StandIn) -> None:
    from aiohttp import web
    from aiohttp.test_utils import TestServer

    async def denied(request: web.Request) -> web.Response:
        return web.json_response({"code": 20003}, status=401)

    app = web.Application()
    app.router.add_get("/{tail:.*}", denied)
    async with TestServer(app) as server:
        twilio.url = str(server.make_url("")).rstrip("/")
        with pytest.raises(Misconfigured, match="auth token"):
            await twilio.carrier().poll(SINCE)
