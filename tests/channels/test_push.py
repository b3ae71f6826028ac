"""Notices: what arrives in the browser, and where nothing may be sent."""

import asyncio
import base64
import json
import socket
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from bothways.channels.contract import Misconfigured, Settings, Subscription, Version
from bothways.channels.enums import Channel, OutcomeKind
from bothways.channels.push import hosts
from bothways.channels.push.carrier import PushCarrier, outcome_of, seconds
from bothways.channels.push.notice import MOST_BYTES, new_private_key, usable
from channels.deliveries import outcomes, to_alician
from channels.push_service import Browser, PushService, raw, text

NOTICE = (Version("es", "Tiene un mensaje"),)


@pytest.fixture
def phone() -> Browser:
    return Browser()


async def test_notice_arrives_and_only_this_browser_can_read_it(
    push_service: PushService, phone: Browser
) -> None:
    there = phone.subscription(f"{push_service.url}/push/1")
    told = await outcomes(
        push_service.carrier(), to_alician(Channel.PUSH, versions=NOTICE, subscription=there)
    )
    assert told["k1"].kind is OutcomeKind.ACCEPTED
    ((path, headers, body),) = push_service.taken
    assert path == "/push/1"
    assert phone.read(body) == {
        "title": "Grand Bend Elementary School",
        "body": "Tiene un mensaje",
        "url": "https://grandbend.example/r/BCDFGHJKMNPQ",
        "lang": "es",
        "tag": "BCDF-GHJK-MNPQ",
        "purpose": "personal",
    }
    assert b"Grand Bend" not in body
    assert (headers["ttl"], headers["urgency"]) == (str(3 * 86_400), "normal")
    assert (headers["content-encoding"], headers["topic"]) == ("aes128gcm", "k1")


async def test_push_service_can_check_who_sends(push_service: PushService, phone: Browser) -> None:
    carrier = push_service.carrier()
    there = phone.subscription(f"{push_service.url}/push/1")
    await outcomes(carrier, to_alician(Channel.PUSH, subscription=there))
    ((_, headers, _),) = push_service.taken
    scheme, _, rest = headers["authorization"].partition(" ")
    fields = dict(part.strip().split("=", 1) for part in rest.split(","))
    assert (scheme, fields["k"]) == ("vapid", carrier.public_key)
    head, claims, signed = fields["t"].split(".")
    assert json.loads(raw(claims))["aud"] == push_service.url
    assert json.loads(raw(claims))["sub"] == "mailto:office@grandbend.example"
    assert 0 < int(json.loads(raw(claims))["exp"]) - datetime.now(UTC).timestamp() <= 86_400
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw(fields["k"]))
    r, s = raw(signed)[:32], raw(signed)[32:]
    signature = encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))
    key.verify(signature, f"{head}.{claims}".encode(), ec.ECDSA(SHA256()))


@pytest.mark.parametrize("letters", ["x", "ب", "😀"])
async def test_no_words_are_longer_than_a_push_service_takes(
    push_service: PushService, phone: Browser, letters: str
) -> None:
    there = phone.subscription(f"{push_service.url}/push/1")
    long = to_alician(Channel.PUSH, versions=(Version("en", letters * 9000),), subscription=there)
    await outcomes(push_service.carrier(), long)
    ((_, _, body),) = push_service.taken
    assert len(body) <= MOST_BYTES
    assert phone.read(body)["body"].endswith("…")


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (201, OutcomeKind.ACCEPTED, ""),
        (202, OutcomeKind.ACCEPTED, ""),
        (404, OutcomeKind.REJECTED, "gone"),
        (410, OutcomeKind.REJECTED, "gone"),
        (413, OutcomeKind.REJECTED, "setup"),
        (400, OutcomeKind.UNAVAILABLE, "setup"),
        (403, OutcomeKind.UNAVAILABLE, "setup"),
        (301, OutcomeKind.UNAVAILABLE, "setup"),
        (429, OutcomeKind.UNAVAILABLE, "429"),
        (503, OutcomeKind.UNAVAILABLE, "503"),
    ],
)
async def test_answer_means(
    push_service: PushService, phone: Browser, status: int, kind: OutcomeKind, code: str
) -> None:
    push_service.status = status
    push_service.headers = {"Retry-After": "30", "Location": "http://127.0.0.1:9/"}
    there = phone.subscription(f"{push_service.url}/push/1")
    told = await outcomes(push_service.carrier(), to_alician(Channel.PUSH, subscription=there))
    assert (told["k1"].kind, told["k1"].code) == (kind, code)
    assert told["k1"].retry_after == (30.0 if status in (429, 503) else None)


def test_time_to_come_back_is_read_whichever_way_it_is_written() -> None:
    now = datetime(2021, 9, 13, 14, 0, tzinfo=UTC)
    assert seconds("120", now) == 120
    later = format_datetime(datetime(2021, 9, 13, 14, 1, tzinfo=UTC), usegmt=True)
    assert seconds(later, now) == 60
    assert seconds("soon", now) is None
    assert outcome_of("k", 429).retry_after is None


async def test_browser_that_ended_or_has_broken_keys_spoils_no_other(
    push_service: PushService, phone: Browser
) -> None:
    good = phone.subscription(f"{push_service.url}/push/1")
    told = await outcomes(
        push_service.carrier(),
        to_alician(Channel.PUSH, "gone"),
        to_alician(
            Channel.PUSH, "broken", subscription=Subscription(good.endpoint, "AAAA", good.auth)
        ),
        to_alician(Channel.PUSH, "good", subscription=good),
    )
    assert {key: (one.kind.value, one.code) for key, one in told.items()} == {
        "gone": ("rejected", "gone"),
        "broken": ("rejected", "keys"),
        "good": ("accepted", ""),
    }


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://push.example.org/1",
        "https://127.0.0.1/1",
        "https://[::1]/1",
        "https://10.1.2.3/1",
        "https://2130706433/1",
        "https://0x7f.1/1",
        "https://localhost/1",
        "https://printer/1",
        "https://printer.local/1",
        "https://me:pass@push.example.org/1",
        "https://push.example.org:8443/1",
        "https://push.example.org\\@127.0.0.1/1",
        "https://push.example.org/\n1",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://",
        "",
        "https://push.example.org/" + "a" * 1000,
    ],
)
async def test_nothing_is_sent_to_what_is_no_public_push_service(
    push_service: PushService, phone: Browser, endpoint: str
) -> None:
    assert not hosts.acceptable(endpoint, frozenset({push_service.url}))
    told = await outcomes(
        push_service.carrier(),
        to_alician(Channel.PUSH, subscription=phone.subscription(endpoint)),
    )
    assert (told["k1"].kind, told["k1"].code) == (OutcomeKind.REJECTED, "not_public")


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://fcm.googleapis.com/fcm/send/abc:APA91b",
        "https://updates.push.services.mozilla.com/wpush/v2/gAAAA",
        "https://web.push.apple.com/QGuQ",
        "https://wns2-par02p.notify.windows.com:443/w/?token=BQY",
    ],
)
def test_push_services_of_browsers_are_accepted(endpoint: str) -> None:
    assert hosts.acceptable(endpoint)


async def test_public_name_that_leads_inside_is_not_called(
    push_service: PushService, phone: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name looks public; its address is this very machine."""
    there = "https://push.evil.example/push/1"
    loop = asyncio.get_running_loop()

    async def leads_inside(*args: object, **named: object) -> object:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 443))]

    monkeypatch.setattr(loop, "getaddrinfo", leads_inside)
    told = await outcomes(
        push_service.carrier(own_services=""),
        to_alician(Channel.PUSH, subscription=phone.subscription(there)),
    )
    assert (told["k1"].kind, told["k1"].code) == (OutcomeKind.REJECTED, "not_public")


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("142.250.1.1", True),
        ("2607:f8b0::1", True),
        ("127.0.0.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::a00:1", False),
        ("64:ff9b::8efa:101", True),
        ("2002:7f00:1::", False),
        ("name", False),
    ],
)
def test_address_is_public_whatever_it_is_wrapped_in(address: str, public: bool) -> None:
    assert hosts.is_public(address) is public


def test_keys_of_a_browser_are_checked() -> None:
    good = Browser().subscription("https://push.example.org/1")
    assert usable(good)
    point = bytearray(raw(good.p256dh))
    point[40] ^= 1  # no longer on the curve
    for bad in (
        Subscription(good.endpoint, text(bytes(point)), good.auth),
        Subscription(good.endpoint, good.p256dh, text(b"short")),
        Subscription(good.endpoint, "", good.auth),
        Subscription(good.endpoint, good.p256dh + "ü", good.auth),
        Subscription(good.endpoint, base64.b64encode(b"\x04" * 65).decode(), good.auth),
    ):
        assert not usable(bad)


def test_settings_that_cannot_be_used_are_told() -> None:
    good = {"contact": "office@grandbend.example", "private_key": new_private_key()}
    for bad in (
        {"contact": ""},
        {"contact": "office"},
        {"private_key": ""},
        {"private_key": "broken"},
        {"own_services": "push"},
        {"timeout": "0"},
    ):
        with pytest.raises(Misconfigured):
            PushCarrier(Settings({**good, **bad}))
    assert len(raw(PushCarrier(Settings(good)).public_key)) == 65
