"""Carriers report: kept once before they are answered, whoever they say they are."""

import logging
from urllib.parse import urlencode

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bothways.channels.models import CarrierConfig, RawEvent
from bothways.channels.services import configure
from bothways.channels.twilio.signature import sign
from bothways.core import jobs
from bothways.web import hooks

TOKEN = "12345"
PUBLIC = "https://grandbend.example"
STATUS = {"MessageSid": "SM1", "MessageStatus": "delivered", "To": "+15125550143"}
TEXT = {"MessageSid": "SM7", "From": "+15125550143", "To": "+15125550100", "Body": "Gracias ñ 👍"}


@pytest.fixture(autouse=True)
def twilio(db: None, settings: pytest.FixtureRequest) -> None:
    settings.PUBLIC_URL = PUBLIC  # type: ignore[attr-defined]
    configure("twilio", {"account_sid": "AC1", "auth_token": TOKEN, "from_number": "+15125550100"})


def report(
    fields: dict[str, str],
    path: str = "/hooks/twilio/status/abc?p=routine",
    *,
    token: str = TOKEN,
    base: str = PUBLIC,
) -> int:
    signature = sign(token, base + path, fields.items())
    return (
        Client(enforce_csrf_checks=True)
        .post(
            path,
            urlencode(fields),
            content_type="application/x-www-form-urlencoded",
            headers={"X-Twilio-Signature": signature},
        )
        .status_code
    )


def test_a_receipt_is_kept_once_and_applied_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    left: list[tuple[str, str | None]] = []
    monkeypatch.setattr(jobs, "enqueue", lambda name, once=None: left.append((name, once)))
    assert [report(STATUS), report(STATUS)] == [200, 200]
    assert list(RawEvent.objects.values_list("dedupe", "applied_at")) == [("SM1:delivered", None)]
    assert set(left) == {("messaging.apply", "messaging-apply")}


def test_a_family_s_words_are_kept_as_they_came() -> None:
    assert report(TEXT, "/hooks/twilio/in") == 200
    raw = RawEvent.objects.get()
    assert (raw.event["body"], raw.event["from_"]) == ("Gracias ñ 👍", "+15125550143")


def test_the_signature_is_checked_against_the_public_address() -> None:
    assert report(STATUS, base="http://testserver") == 403


def test_a_forgery_is_refused_and_counted_without_its_words(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING):
        assert report(TEXT, "/hooks/twilio/in", token="guess") == 403
    assert RawEvent.objects.count() == 0
    assert [r.getMessage() for r in caplog.records if r.name == hooks.__name__] == [
        "hook 'twilio' refused: 403"
    ]
    assert "Gracias" not in caplog.text
    assert "+15125550143" not in caplog.text


@pytest.mark.parametrize(
    "path", ["/hooks/nobody/in", "/hooks/smtp/in", "/hooks/letters/in", "/hooks/twilio/elsewhere"]
)
def test_an_unknown_carrier_or_path_is_not_there(path: str) -> None:
    assert report(STATUS, path) == 404


def test_what_is_too_large_is_not_read(client: Client) -> None:
    form = "application/x-www-form-urlencoded"
    assert (
        client.post("/hooks/twilio/in", "x" * (64 * 1024 + 1), content_type=form).status_code == 413
    )
    assert client.post("/hooks/twilio/in", b"a=%ff\xff", content_type=form).status_code == 400
    assert client.get("/hooks/twilio/in").status_code == 405
    assert (
        client.post("/hooks/twilio/in", "a=1", content_type=form, CONTENT_LENGTH="x").status_code
        == 400
    )


def test_a_carrier_that_is_not_set_up_is_asked_to_come_again() -> None:
    CarrierConfig.objects.all().delete()
    assert report(STATUS) == 503


def test_when_the_database_is_away_the_carrier_is_asked_to_come_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def away(carrier: str, events: object) -> int:
        raise OperationalError

    monkeypatch.setattr(hooks, "store", away)
    assert report(STATUS) == 503


def test_what_is_kept_is_answered_even_if_no_job_can_be_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(name: str, once: str | None = None) -> None:
        raise RuntimeError

    monkeypatch.setattr(jobs, "enqueue", broken)
    assert report(STATUS) == 200
    assert RawEvent.objects.count() == 1


def test_a_burst_does_not_ask_for_the_settings_each_time() -> None:
    report(STATUS)
    with CaptureQueriesContext(connection) as seen:
        report(STATUS | {"MessageSid": "SM2"})
    assert not any("carrierconfig" in query["sql"] for query in seen)
    assert sum(query["sql"].startswith(("SELECT", "INSERT")) for query in seen) <= 2


def test_changed_settings_are_known_after_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    assert report(STATUS) == 200
    configure("twilio", {"account_sid": "AC1", "auth_token": "new", "from_number": "+1"})
    monkeypatch.setattr(hooks, "SETTINGS_FOR", 0.0)
    hooks.forget_settings()
    assert report(STATUS) == 403
    assert report(STATUS, token="new") == 200
