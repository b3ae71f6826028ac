"""Mails by a provider, and what it reports; payloads in the shape of the providers' documentation."""

import asyncio
import hashlib
import hmac
import json
from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.mail import EmailMessage

from bothways.channels.contract import Event, HookRequest, HookResponse, Misconfigured, Version
from bothways.channels.enums import Channel, EventKind, OutcomeKind, ReceiptState
from bothways.config.mail import SmtpBackend
from channels.deliveries import outcomes, to_alician
from channels.mail_provider import KEYS, SECRET, MailProvider

ALICIAN = "alician@families.example"
URL = "https://grandbend.example/hooks/anymail/events"
each = pytest.mark.parametrize("name", sorted(KEYS))


# --- sending ---------------------------------------------------------------------------------------


@each
async def test_mail_is_taken_with_our_key_and_without_counting_opens(
    provider: MailProvider, name: str
) -> None:
    told = (await outcomes(provider.carrier(name), to_alician(Channel.EMAIL)))["k1"]
    assert told.kind is OutcomeKind.ACCEPTED, told.detail
    assert told.carrier_id in (
        "<1@grandbend.example>",
        "b7bc2f4a",
        "<2@smtp-relay.example>",
        "1166",
    )
    (mail,) = provider.mails
    written = json.dumps(mail, ensure_ascii=False)
    assert ALICIAN in written
    assert "Troy turned in all of his homework" in written
    assert "A good week in math" in written
    assert '"k1"' in written.replace('\\"', '"') or mail.get("v:bothways") == "k1"
    tracking = {
        "mailgun": ("o:tracking-opens", "no"),
        "postmark": ("TrackOpens", False),
    }.get(name)
    if tracking:
        assert mail[tracking[0]] == tracking[1]
    if name == "sparkpost":
        assert mail["options"] == {"open_tracking": False, "click_tracking": False}


async def test_answers_go_to_the_mailbox_that_is_read(provider: MailProvider) -> None:
    carrier = provider.carrier(
        imap_host="imap.grandbend.example", imap_user="families", imap_password="secret"
    )
    await outcomes(carrier, to_alician(Channel.EMAIL))
    assert provider.mails[0]["h:Reply-To"] == "families+k1@grandbend.example"


async def test_answers_go_to_the_school_where_no_mailbox_is_read(provider: MailProvider) -> None:
    await outcomes(provider.carrier(), to_alician(Channel.EMAIL))
    assert provider.mails[0]["h:Reply-To"] == "office@grandbend.example"


async def test_mail_can_be_stopped_in_one_click(provider: MailProvider) -> None:
    await outcomes(provider.carrier(), to_alician(Channel.EMAIL))
    mail = provider.mails[0]
    assert mail["h:List-Unsubscribe"] == "<https://grandbend.example/stop/BCDFGHJKMNPQ>"
    assert mail["h:List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


@pytest.mark.parametrize(
    ("name", "answer", "kind", "code"),
    [
        ("mailgun", (401, {"message": "Forbidden"}), OutcomeKind.UNAVAILABLE, "401"),
        ("mailgun", (429, {"message": "slow"}), OutcomeKind.UNAVAILABLE, "429"),
        ("mailgun", (500, {"message": "oops"}), OutcomeKind.UNAVAILABLE, "500"),
        (
            "mailgun",
            (400, {"message": "'to' parameter is not a valid address. please check"}),
            OutcomeKind.REJECTED,
            "5.1.0",
        ),
        ("mailgun", (400, {"message": "Domain not found"}), OutcomeKind.UNAVAILABLE, "400"),
        ("mailgun", (200, {"what": "is this"}), OutcomeKind.UNKNOWN, ""),
        (
            "postmark",
            (422, {"ErrorCode": 300, "Message": "Invalid 'To' address: 'x'."}),
            OutcomeKind.REJECTED,
            "5.1.0",
        ),
        (
            "postmark",
            (
                422,
                {
                    "ErrorCode": 406,
                    "Message": "You tried to send to recipient(s) that have been marked as inactive."
                    f" Found inactive addresses: {ALICIAN}. Inactive recipients are ones that bounced.",
                },
            ),
            OutcomeKind.REJECTED,
            "5.1.0",
        ),
        (
            "brevo",
            (400, {"code": "invalid_parameter", "message": "email is not valid in to"}),
            OutcomeKind.REJECTED,
            "5.1.0",
        ),
        ("brevo", (401, {"message": "Key not found"}), OutcomeKind.UNAVAILABLE, "401"),
        ("sparkpost", (403, {"errors": []}), OutcomeKind.UNAVAILABLE, "403"),
    ],
)
async def test_answer_is_read_for_what_it_means(
    provider: MailProvider,
    name: str,
    answer: tuple[int, dict[str, Any]],
    kind: OutcomeKind,
    code: str,
) -> None:
    provider.answer = answer
    told = (await outcomes(provider.carrier(name), to_alician(Channel.EMAIL)))["k1"]
    assert (told.kind, told.code) == (kind, code)
    assert ALICIAN not in told.detail
    assert KEYS[name] not in told.detail


async def test_lost_answer_is_unknown_and_a_closed_door_waits(provider: MailProvider) -> None:
    provider.hang_up = True
    told = await outcomes(provider.carrier(), to_alician(Channel.EMAIL))
    assert told["k1"].kind is OutcomeKind.UNKNOWN
    closed = provider.carrier(base_url="http://127.0.0.1:9/")
    told = await outcomes(closed, to_alician(Channel.EMAIL))
    assert (told["k1"].kind, told["k1"].code) == (OutcomeKind.UNAVAILABLE, "connection")


@pytest.mark.parametrize("to", ["", "no address", "a@b@c", "a@b.example\nBcc: c@d.example"])
async def test_what_is_no_address_never_leaves_the_house(provider: MailProvider, to: str) -> None:
    told = await outcomes(provider.carrier(), to_alician(Channel.EMAIL, to=to))
    assert told["k1"].kind is OutcomeKind.REJECTED
    assert provider.mails == []


async def test_name_of_a_school_begins_no_header_of_its_own(provider: MailProvider) -> None:
    bad = Version("en", "words", "Hello\r\nBcc: everybody@x.example")
    told = await outcomes(provider.carrier(), to_alician(Channel.EMAIL, versions=(bad,)))
    assert told["k1"].kind is OutcomeKind.ACCEPTED
    assert provider.mails[0]["subject"] == "Hello Bcc: everybody@x.example"


async def test_sign_in_codes_go_by_the_provider_where_there_is_no_other_server(
    provider: MailProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = {"smtp": {}, "anymail": provider.values()}
    monkeypatch.setattr("bothways.config.mail.values_of", kept.__getitem__)
    message = EmailMessage("Your code", "ABC-123", to=["mrs.c@grandbend.example"])
    message.connection = SmtpBackend()
    assert await asyncio.to_thread(message.send) == 1
    assert provider.mails[0]["from"] == "families@grandbend.example"
    assert "ABC-123" in provider.mails[0]["text"]


@pytest.mark.parametrize(
    "change",
    [
        {"provider": "pigeon"},
        {"api_key": ""},
        {"hook_secret": "short"},
        {"from_address": "nobody"},
        {"connections": "many"},
    ],
)
def test_wrong_settings_are_told(change: dict[str, str]) -> None:
    with pytest.raises(Misconfigured):
        MailProvider().carrier(**({"provider": "mailgun"} | change))


# --- reports ---------------------------------------------------------------------------------------


def post(
    name: str, told: Any, *, secret: str = SECRET, url: str = URL, method: str = "POST"
) -> HookResponse:
    headers = {"content-type": "application/json"}
    if name == "mailgun":
        token, at = "t" * 50, "1631541600"
        signed = hmac.new(secret.encode(), f"{at}{token}".encode(), hashlib.sha256).hexdigest()
        told = {"signature": {"token": token, "timestamp": at, "signature": signed}, **told}
    else:
        headers["authorization"] = "Basic " + b64encode(f"bothways:{secret}".encode()).decode()
    request = HookRequest(url, method, headers, json.dumps(told).encode())
    return MailProvider().carrier(name).handle(request)


def mailgun(event: str, **more: Any) -> dict[str, Any]:
    return {
        "event-data": {
            "event": event,
            "id": "CPgfbmQMTCKtHW6uIWtuVe",
            "timestamp": 1631541605.0,
            "recipient": ALICIAN,
            "message": {"headers": {"message-id": "1@grandbend.example"}},
            "user-variables": {"bothways": "k1"},
            **more,
        }
    }


def postmark(record: str, **more: Any) -> dict[str, Any]:
    return {
        "RecordType": record,
        "MessageID": "b7bc2f4a",
        "Recipient": ALICIAN,
        "Metadata": {"bothways": "k1"},
        **more,
    }


def brevo(event: str, **more: Any) -> dict[str, Any]:
    return {
        "event": event,
        "email": ALICIAN,
        "ts_epoch": 1631541605000,
        "message-id": "<2@smtp-relay.example>",
        "X-Mailin-custom": json.dumps({"bothways": "k1"}),
        **more,
    }


def sparkpost(kind: str, **more: Any) -> list[dict[str, Any]]:
    event = {
        "type": kind,
        "event_id": "92356927693813856",
        "transmission_id": "1166",
        "rcpt_to": ALICIAN,
        "raw_rcpt_to": ALICIAN,
        "timestamp": "1631541605",
        "rcpt_meta": {"bothways": "k1"},
        **more,
    }
    return [{"msys": {"message_event": event}}]


REPORTS = [
    ("mailgun", mailgun("delivered"), ReceiptState.DELIVERED, ""),
    (
        "mailgun",
        mailgun(
            "failed",
            severity="permanent",
            reason="bounce",
            **{"delivery-status": {"code": 550, "message": "5.1.1 No such user"}},
        ),
        ReceiptState.UNDELIVERED,
        "5.1.1",
    ),
    (
        "postmark",
        postmark("Delivery", DeliveredAt="2021-09-13T14:00:05Z"),
        ReceiptState.DELIVERED,
        "",
    ),
    (
        "postmark",
        postmark("Bounce", Type="HardBounce", ID=42, Email=ALICIAN, Details="smtp;550 5.1.1 x"),
        ReceiptState.UNDELIVERED,
        "5.1.1",
    ),
    (
        "postmark",
        postmark("Bounce", Type="SoftBounce", ID=43, Email=ALICIAN),
        ReceiptState.UNDELIVERED,
        "4.0.0",
    ),
    (
        "postmark",
        postmark("Bounce", Type="BadEmailAddress", ID=44, Email=ALICIAN),
        ReceiptState.UNDELIVERED,
        "5.1.1",
    ),
    ("brevo", brevo("delivered"), ReceiptState.DELIVERED, ""),
    ("brevo", brevo("hard_bounce", reason="unknown user"), ReceiptState.UNDELIVERED, "5.1.1"),
    ("brevo", brevo("soft_bounce", reason="mailbox full"), ReceiptState.UNDELIVERED, "4.0.0"),
    ("brevo", brevo("blocked"), ReceiptState.UNDELIVERED, "5.7.1"),
    ("sparkpost", sparkpost("delivery"), ReceiptState.DELIVERED, ""),
    (
        "sparkpost",
        sparkpost("bounce", bounce_class="10", raw_reason="550 5.1.1 unknown"),
        ReceiptState.UNDELIVERED,
        "5.1.1",
    ),
]


@pytest.mark.parametrize(("name", "told", "state", "code"), REPORTS)
def test_report_becomes_a_receipt_for_its_key(
    name: str, told: Any, state: ReceiptState, code: str
) -> None:
    answer = post(name, told)
    assert answer.status == 200
    (event,) = answer.events
    assert (event.kind, event.key, event.state, event.code, event.channel) == (
        EventKind.RECEIPT,
        "k1",
        state,
        code,
        "email",
    )
    assert event.carrier_id
    (again,) = post(name, told).events
    assert event.dedupe == again.dedupe


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("mailgun", mailgun("complained")),
        ("mailgun", mailgun("unsubscribed")),
        ("postmark", postmark("SpamComplaint", Type="SpamComplaint", ID=45, Email=ALICIAN)),
        ("brevo", brevo("spam")),
        ("brevo", brevo("unsubscribe")),
        ("sparkpost", sparkpost("spam_complaint")),
    ],
)
def test_complaint_stops_the_address(name: str, told: Any) -> None:
    (event,) = post(name, told).events
    assert (event.kind, event.stop, event.key, event.from_, event.body) == (
        EventKind.INBOUND,
        True,
        "k1",
        ALICIAN,
        "",
    )


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("mailgun", mailgun("opened")),
        ("mailgun", mailgun("clicked", url="https://grandbend.example/r/X")),
        ("mailgun", mailgun("failed", severity="temporary")),
        ("postmark", postmark("Open")),
        ("postmark", postmark("Click")),
        ("postmark", postmark("Bounce", Type="AutoResponder", ID=46, Email=ALICIAN)),
        ("brevo", brevo("unique_opened")),
        ("brevo", brevo("click")),
        ("brevo", brevo("deferred")),
        ("sparkpost", sparkpost("open")),
        ("sparkpost", sparkpost("delay")),
        ("sparkpost", [{"msys": {}}]),
    ],
)
def test_what_proves_nothing_is_taken_and_says_nothing(name: str, told: Any) -> None:
    assert post(name, told) == HookResponse(200)


def test_complaint_about_another_programs_mail_stops_nobody() -> None:
    told = mailgun("complained", **{"user-variables": {}})
    assert post("mailgun", told) == HookResponse(200)


@each
def test_forgery_is_forbidden_and_tells_nothing(name: str) -> None:
    told = next(told for provider, told, _, _ in REPORTS if provider == name)
    answer = post(name, told, secret="guessed-by-a-stranger")
    assert (answer.status, answer.events) == (403, ())


@each
@pytest.mark.parametrize("body", [b"", b"\xff", b"[]", b"{}", b"null", b"[" * 10_000, b'{"a": 1}'])
def test_unreadable_report_is_refused_and_breaks_nothing(name: str, body: bytes) -> None:
    headers = {
        "content-type": "application/json",
        "authorization": "Basic " + b64encode(f"bothways:{SECRET}".encode()).decode(),
    }
    answer = MailProvider().carrier(name).handle(HookRequest(URL, "POST", headers, body))
    assert answer.status in (200, 400, 403)
    assert answer.events == ()


@each
def test_other_paths_and_methods_are_not_there(name: str) -> None:
    assert post(name, {}, url="https://grandbend.example/hooks/anymail").status == 404
    assert post(name, {}, url="https://grandbend.example/hooks/anymail/in").status == 404
    assert post(name, {}, method="GET").status == 405
    assert post(name, {}, method="HEAD").status == 200


def test_moment_is_the_providers() -> None:
    (event,) = post("mailgun", mailgun("delivered")).events
    assert event == Event(
        kind=EventKind.RECEIPT,
        dedupe=event.dedupe,
        key="k1",
        carrier_id="<1@grandbend.example>",
        state=ReceiptState.DELIVERED,
        channel="email",
        at=datetime(2021, 9, 13, 14, 0, 5, tzinfo=UTC),
    )
