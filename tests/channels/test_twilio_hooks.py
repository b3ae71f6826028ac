"""What Twilio tells by itself: reports, texts from families, forgeries."""

from urllib.parse import urlencode

import pytest

from bothways.channels.contract import Event, HookRequest, HookResponse
from bothways.channels.enums import EventKind, ReceiptState
from bothways.channels.twilio.signature import genuine, sign
from channels.twilio_stand_in import StandIn

TOKEN = "12345"
BASE = "https://grandbend.example/hooks/twilio"


def hook(
    path: str,
    fields: dict[str, str],
    *,
    token: str = TOKEN,
    body: bytes | None = None,
    method: str = "POST",
) -> HookResponse:
    """What the carrier answers to this form, signed with the token."""
    url = BASE + path
    request = HookRequest(
        url=url,
        method=method,
        headers={"x-twilio-signature": sign(token, url, fields.items())},
        body=urlencode(fields).encode() if body is None else body,
    )
    return StandIn(url="https://api.twilio.com").carrier().handle(request)


STATUS = {"MessageSid": "SM1", "MessageStatus": "delivered", "To": "+15125550143", "From": "+1"}
TEXT = {"MessageSid": "SM7", "From": "+15125550143", "To": "+15125550100", "Body": "Gracias ñ 👍"}


def test_signature_is_the_one_in_twilios_documentation() -> None:
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    fields = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+12349013030",
        "Digits": "1234",
        "From": "+12349013030",
        "To": "+18005551212",
    }
    assert sign("12345", url, fields.items()) == "0/KCTR6DLpKmkAf8muzZqo1nDgQ="
    assert genuine("0/KCTR6DLpKmkAf8muzZqo1nDgQ=", "12345", url, fields.items())


def test_signature_fits_with_and_without_the_usual_port() -> None:
    signed = sign("t", "https://a.example:443/x?y=1", [])
    assert genuine(signed, "t", "https://a.example/x?y=1", [])
    assert not genuine(signed, "t", "https://a.example:8443/x?y=1", [])


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("queued", ReceiptState.ACCEPTED),
        ("accepted", ReceiptState.ACCEPTED),
        ("sending", ReceiptState.ACCEPTED),
        ("sent", ReceiptState.ACCEPTED),
        ("delivered", ReceiptState.DELIVERED),
        ("read", ReceiptState.DELIVERED),
    ],
)
def test_report_becomes_a_receipt_for_its_key(status: str, state: ReceiptState) -> None:
    assert hook("/status/k1?p=personal", {**STATUS, "MessageStatus": status}) == HookResponse(
        status=200,
        events=(
            Event(
                kind=EventKind.RECEIPT,
                dedupe=f"SM1:{status}",
                key="k1",
                carrier_id="SM1",
                state=state,
                to="+15125550143",
            ),
        ),
    )


@pytest.mark.parametrize("status", ["undelivered", "failed"])
@pytest.mark.parametrize(("code", "blocked"), [("30003", False), ("21610", True)])
def test_failure_carries_its_code(status: str, code: str, blocked: bool) -> None:
    (event,) = hook("/status/k1", {**STATUS, "MessageStatus": status, "ErrorCode": code}).events
    assert (event.state, event.code, event.blocked) == (ReceiptState.UNDELIVERED, code, blocked)


def test_status_newer_than_we_are_is_taken_and_says_nothing() -> None:
    assert hook("/status/k1", {**STATUS, "MessageStatus": "teleported"}) == HookResponse(status=200)


def test_text_from_a_family_becomes_words() -> None:
    assert hook("/in", TEXT) == HookResponse(
        status=200,
        body='<?xml version="1.0" encoding="UTF-8"?><Response/>',
        content_type="text/xml",
        events=(
            Event(
                kind=EventKind.INBOUND,
                dedupe="SM7",
                carrier_id="SM7",
                from_="+15125550143",
                to="+15125550100",
                body="Gracias ñ 👍",
            ),
        ),
    )


@pytest.mark.parametrize(
    ("kind", "stop"), [("STOP", True), ("START", False), ("HELP", None), ("", None)]
)
def test_stop_at_the_carrier_is_told(kind: str, stop: bool | None) -> None:
    (event,) = hook("/in", {**TEXT, "OptOutType": kind}).events
    assert event.stop is stop


def test_the_same_report_has_the_same_mark() -> None:
    first, second = hook("/status/k1", STATUS), hook("/status/k1", STATUS)
    other = hook("/status/k1", {**STATUS, "MessageStatus": "sent"})
    assert first.events[0].dedupe == second.events[0].dedupe != other.events[0].dedupe


@pytest.mark.parametrize("path", ["/status/k1", "/in"])
@pytest.mark.parametrize("fields", [STATUS, TEXT])
def test_forgery_is_forbidden_and_tells_nothing(path: str, fields: dict[str, str]) -> None:
    response = hook(path, fields, token="guessed")
    assert (response.status, response.events) == (403, ())


def test_changed_words_are_a_forgery() -> None:
    changed = urlencode({**TEXT, "Body": "STOP"}).encode()
    assert hook("/in", TEXT, body=changed).status == 403


def test_report_moved_to_another_delivery_is_a_forgery() -> None:
    signature = sign(TOKEN, BASE + "/status/k1", STATUS.items())
    request = HookRequest(
        url=BASE + "/status/k2",
        method="POST",
        headers={"x-twilio-signature": signature},
        body=urlencode(STATUS).encode(),
    )
    assert StandIn(url="https://x.example").carrier().handle(request).status == 403


def test_missing_or_strange_signature_is_forbidden() -> None:
    carrier = StandIn(url="https://x.example").carrier()
    body = urlencode(TEXT).encode()
    for headers in ({}, {"x-twilio-signature": "ñ\udcff"}):
        assert carrier.handle(HookRequest(BASE + "/in", "POST", headers, body)).status == 403


@pytest.mark.parametrize(
    "body",
    [b"Body=%ff%fe", b"Body=\xff\xfe", b"x" * (64 * 1024 + 1), b"&".join([b"a=1"] * 201)],
    ids=["escaped bytes that are no UTF-8", "raw bytes", "too large", "too many fields"],
)
def test_body_that_cannot_be_read_is_a_bad_request(body: bytes) -> None:
    response = hook("/in", {}, body=body)
    assert (response.status, response.events) == (400, ())


def test_form_without_a_message_is_a_bad_request() -> None:
    assert hook("/in", {"Body": "hello"}).status == 400
    assert hook("/status/k1", {"MessageStatus": "sent"}).status == 400


@pytest.mark.parametrize("path", ["", "/", "/status", "/status/a/b", "/out", "/in/more"])
def test_other_paths_are_not_there(path: str) -> None:
    assert hook(path, TEXT).status == 404


def test_only_posts_are_taken() -> None:
    assert hook("/in", TEXT, method="GET").status == 405
