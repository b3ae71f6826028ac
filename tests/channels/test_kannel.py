"""Kannel without Kannel: every answer and report that the real one gives seldom, and forgeries."""

from base64 import b64encode

import pytest

from bothways.channels.contract import Event, HookRequest, HookResponse, Misconfigured, Version
from bothways.channels.enums import Channel, EventKind, OutcomeKind, ReceiptState
from channels.deliveries import outcomes, to_alician
from channels.smsbox_stand_in import SECRET, Smsbox

BASE = "https://grandbend.example/hooks/kannel"


def hook(
    path: str,
    body: bytes = b"",
    *,
    secret: str | None = SECRET,
    method: str = "POST",
    **headers: str,
) -> HookResponse:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if secret is not None:
        sent["authorization"] = "Basic " + b64encode(f"kannel:{secret}".encode()).decode()
    return Smsbox().carrier().handle(HookRequest(BASE + path, method, sent, body))


# --- sending ---------------------------------------------------------------------------------------


async def test_words_go_in_the_body_and_the_report_address_names_the_delivery(
    smsbox: Smsbox,
) -> None:
    await outcomes(smsbox.carrier(), to_alician(Channel.TEXT))
    (sent,) = smsbox.headers
    assert smsbox.bodies[0].startswith("Dear Ms. Brown,\n\nTroy")
    assert {name: value for name, value in sent.items() if name.startswith("x-kannel")} == {
        "x-kannel-username": "school",
        "x-kannel-password": "open sesame",
        "x-kannel-from": "+15125550100",
        "x-kannel-to": "+15125550143",
        "x-kannel-coding": "0",
        "x-kannel-dlr-mask": "27",
        "x-kannel-dlr-url": f"https://kannel:{SECRET}@grandbend.example/hooks/kannel/status/k1"
        "?type=%d&at=%T&reply=%A",
    }
    assert sent["content-type"] == 'text/plain; charset="UTF-8"'


@pytest.mark.parametrize(
    ("words", "coding"),
    [("¿Puede venir mañana? 5 € [sí]", "2"), ("¿Puede venir mañana? 5 € [si]", "0"), ("👍", "2")],
)
async def test_text_is_plain_only_if_every_letter_is(
    smsbox: Smsbox, words: str, coding: str
) -> None:
    text = to_alician(Channel.TEXT, versions=(Version("es", words),))
    await outcomes(smsbox.carrier(), text)
    assert smsbox.headers[0]["x-kannel-coding"] == coding


async def test_gateway_inside_the_school_reports_to_the_address_that_it_reaches(
    smsbox: Smsbox,
) -> None:
    carrier = smsbox.carrier("", hook_base="http://10.0.0.5:8000", smsc="modem")
    await outcomes(carrier, to_alician(Channel.TEXT))
    assert smsbox.headers[0]["x-kannel-dlr-url"].startswith(
        f"http://kannel:{SECRET}@10.0.0.5:8000/hooks/kannel/status/k1?"
    )
    assert smsbox.headers[0]["x-kannel-smsc"] == "modem"


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        ((202, "0: Accepted for delivery"), OutcomeKind.ACCEPTED, ""),
        ((202, "3: Queued for later delivery"), OutcomeKind.ACCEPTED, ""),
        (
            (400, "Number(s) has/have been denied by white- and/or black-lists."),
            OutcomeKind.REJECTED,
            "number",
        ),
        ((400, "Not routable. Do not try again."), OutcomeKind.UNAVAILABLE, "400"),
        ((400, "Sender missing and no global set, rejected"), OutcomeKind.UNAVAILABLE, "400"),
        ((403, "Authorization failed for sendsms"), OutcomeKind.UNAVAILABLE, "403"),
        ((404, "Unknown request."), OutcomeKind.UNAVAILABLE, "404"),
        ((503, "Temporal failure, try again later."), OutcomeKind.UNAVAILABLE, "503"),
        ((302, "elsewhere"), OutcomeKind.UNAVAILABLE, "302"),
        ((200, "<html>a page</html>"), OutcomeKind.UNKNOWN, ""),
    ],
)
async def test_answer_is_read_for_what_it_means(
    smsbox: Smsbox, answer: tuple[int, str], kind: OutcomeKind, code: str
) -> None:
    smsbox.answers["+15125550143"] = answer
    told = (await outcomes(smsbox.carrier(), to_alician(Channel.TEXT)))["k1"]
    assert (told.kind, told.code) == (kind, code)
    assert "5550143" not in told.detail


async def test_lost_answer_is_unknown_and_a_closed_door_waits(smsbox: Smsbox) -> None:
    smsbox.hang_up = frozenset(["+15125550143"])
    assert (await outcomes(smsbox.carrier(), to_alician(Channel.TEXT)))[
        "k1"
    ].kind is OutcomeKind.UNKNOWN
    closed = smsbox.carrier(base_url="http://127.0.0.1:9")
    told = (await outcomes(closed, to_alician(Channel.TEXT)))["k1"]
    assert (told.kind, told.code) == (OutcomeKind.UNAVAILABLE, "connection")


@pytest.mark.parametrize("to", ["", "abc", "+1 512", "+15125550143\r\nX-Kannel-From: 1", "٣٤٥٦"])
async def test_what_is_no_number_never_leaves_the_house(smsbox: Smsbox, to: str) -> None:
    told = (await outcomes(smsbox.carrier(), to_alician(Channel.TEXT, to=to)))["k1"]
    assert (told.kind, told.code) == (OutcomeKind.REJECTED, "number")
    assert smsbox.headers == []


async def test_broken_letters_are_refused_and_spoil_no_other(smsbox: Smsbox) -> None:
    broken = to_alician(Channel.TEXT, "broken", versions=(Version("en", "\ud800"),))
    told = await outcomes(smsbox.carrier(), broken, to_alician(Channel.TEXT, "good"))
    assert {key: outcome.kind for key, outcome in told.items()} == {
        "broken": OutcomeKind.REJECTED,
        "good": OutcomeKind.ACCEPTED,
    }


@pytest.mark.parametrize(
    "change",
    [
        {"hook_secret": "short"},
        {"hook_secret": "with a space and more"},
        {"base_url": "127.0.0.1:13013"},
        {"hook_base": "ftp://10.0.0.5"},
        {"password": "señor"},
        {"from_number": ""},
        {"concurrency": "0"},
        {"rate": "-1"},
    ],
)
def test_wrong_settings_are_told(change: dict[str, str]) -> None:
    with pytest.raises(Misconfigured):
        Smsbox().carrier(**change)


# --- reports ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "reply", "state", "code"),
    [
        ("1", "", ReceiptState.DELIVERED, ""),
        ("2", "id:1 sub:001 stat:UNDELIV err:001", ReceiptState.UNDELIVERED, "UNDELIV-001"),
        ("2", "", ReceiptState.UNDELIVERED, ""),
        ("4", "", ReceiptState.ACCEPTED, ""),
        ("8", "ACK/", ReceiptState.ACCEPTED, ""),
        ("16", "NACK/11/Invalid Destination Address", ReceiptState.UNDELIVERED, "11"),
        ("16", "NACK/10/Invalid Source Address", ReceiptState.UNDELIVERED, "setup"),
        ("16", "", ReceiptState.UNDELIVERED, "setup"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_report_becomes_a_receipt_for_its_key(
    kind: str, reply: str, state: ReceiptState, code: str, method: str
) -> None:
    from urllib.parse import quote

    answer = hook(f"/status/k1?type={kind}&at=1631541600&reply={quote(reply)}", method=method)
    assert answer == HookResponse(
        200,
        events=(
            Event(
                kind=EventKind.RECEIPT,
                dedupe=f"k1:{kind}:1631541600",
                key="k1",
                state=state,
                code=code,
            ),
        ),
    )


def test_type_newer_than_we_are_is_taken_and_says_nothing() -> None:
    assert hook("/status/k1?type=64") == HookResponse(200)


@pytest.mark.parametrize("query", ["", "?type=", "?type=one", "?type=-1", "?type=١", "?type=99999"])
def test_report_without_a_type_is_a_bad_request(query: str) -> None:
    assert hook(f"/status/k1{query}").status == 400


# --- texts from families ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content_type", "coding", "raw", "words"),
    [
        ('text/plain; charset="UTF-8"', "0", "Señora 👍".encode(), "Señora 👍"),
        ("text/plain; charset=ISO-8859-1", "0", "Señora".encode("latin-1"), "Señora"),
        ("text/plain; charset=UTF-16BE", "2", "شكرا".encode("utf-16-be"), "شكرا"),
        ("text/plain", "2", "አመሰግናለሁ".encode("utf-16-be"), "አመሰግናለሁ"),
        ("application/octet-stream", "1", b"ok", "ok"),
        ("text/plain; charset=klingon", "0", b"ok", "ok"),
        ('text/plain; charset="UTF-8"', "0", b"Se\xf1ora", "Se�ora"),
        ("", "", b"", ""),
    ],
)
def test_words_come_in_whatever_letters(
    content_type: str, coding: str, raw: bytes, words: str
) -> None:
    answer = hook(
        "/in?id=u1",
        raw,
        content_type=content_type,
        x_kannel_coding=coding,
        x_kannel_from="+15125550143",
        x_kannel_to="+15125550100",
    )
    assert answer == HookResponse(
        200,
        events=(
            Event(
                kind=EventKind.INBOUND,
                dedupe="in:u1",
                carrier_id="u1",
                from_="+15125550143",
                to="+15125550100",
                body=words,
            ),
        ),
    )


@pytest.mark.parametrize(
    ("sender", "known"),
    [("15125550143", "+15125550143"), ("(512) 555-0143", "+15125550143"), ("AMAZON", "AMAZON")],
)
def test_numbers_are_written_in_one_way(sender: str, known: str) -> None:
    (event,) = hook("/in?id=u1", b"ok", x_kannel_from=sender).events
    assert event.from_ == known


def test_stop_by_text_is_a_plain_text_since_this_carrier_blocks_nobody() -> None:
    (event,) = hook("/in?id=u1", b"STOP", x_kannel_from="+15125550143").events
    assert (event.body, event.stop, event.blocked) == ("STOP", None, False)


def test_text_without_an_id_is_known_again_by_what_it_says_and_when() -> None:
    def told(words: bytes, at: str) -> str:
        (event,) = hook("/in", words, x_kannel_from="+15125550143", x_kannel_time=at).events
        return event.dedupe

    assert told(b"ok", "2021-09-13 14:00:00") == told(b"ok", "2021-09-13 14:00:00")
    assert told(b"ok", "2021-09-13 14:00:00") != told(b"ok", "2021-09-13 14:00:01")
    assert told(b"ok", "2021-09-13 14:00:00") != told(b"no", "2021-09-13 14:00:00")


def test_text_without_a_sender_says_what_to_set() -> None:
    answer = hook("/in?id=u1", b"ok")
    assert answer.status == 400
    assert "send-sender" in answer.body


# --- strangers -------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/in?id=1", "/status/k1?type=1"])
@pytest.mark.parametrize("secret", [None, "", "guessed", SECRET + "x", SECRET[:-1], "é"])
def test_stranger_is_forbidden_and_tells_nothing(path: str, secret: str | None) -> None:
    answer = hook(path, b"ok", secret=secret, x_kannel_from="+15125550143")
    assert (answer.status, answer.events) == (403, ())


@pytest.mark.parametrize(
    "header", ["", "Basic", "Basic !!!", "Bearer x", "Basic " + "A" * 9, "\xff"]
)
def test_strange_header_is_forbidden(header: str) -> None:
    assert hook("/in", b"ok", secret=None, authorization=header).status == 403


def test_words_in_an_address_are_not_taken() -> None:
    assert hook("/in?text=hello&from=1", method="GET").status == 405


def test_too_much_is_a_bad_request() -> None:
    assert hook("/in", b"x" * 70_000, x_kannel_from="1").status == 400
    assert hook("/status/k1?" + "a=1&" * 100).status == 400


@pytest.mark.parametrize("path", ["", "/", "/status", "/status/a/b", "/out", "/in/more"])
def test_other_paths_are_not_there(path: str) -> None:
    assert hook(path).status == 404
