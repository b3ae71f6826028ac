"""Meta's calls through the front door: the challenge, news, forgeries, and a thousand news at once."""

import json
from typing import Any

import pytest
from django.test import Client

from bothways.channels.models import RawEvent
from bothways.channels.services import configure
from bothways.channels.whatsapp.hooks import sign
from bothways.messaging.models import Entry
from bothways.messaging.services.receipts import apply_waiting
from bothways.people.models import Guardian

HOOK = "/hooks/whatsapp/in"


@pytest.fixture(autouse=True)
def set_up(db: None) -> None:
    configure(
        "whatsapp",
        {
            "phone_number_id": "7",
            "access_token": "t",
            "app_secret": "s",
            "verify_token": "v",
            "template": "school_message",
        },
    )


def tell(*messages: dict[str, Any], secret: str = "s") -> int:
    value = {"metadata": {"phone_number_id": "7"}, "messages": list(messages)}
    body = json.dumps({"entry": [{"changes": [{"field": "messages", "value": value}]}]}).encode()
    return (
        Client()
        .post(HOOK, body, "application/json", headers={"X-Hub-Signature-256": sign(secret, body)})
        .status_code
    )


def words(n: int, body: str) -> dict[str, Any]:
    return {"id": f"wamid.{n}", "from": "13125550101", "type": "text", "text": {"body": body}}


def test_meta_finds_us_by_the_word_that_only_we_two_know() -> None:
    asked = {"hub.mode": "subscribe", "hub.challenge": "42", "hub.verify_token": "v"}
    answer = Client().get(HOOK, asked)
    assert (answer.status_code, answer.content) == (200, b"42")
    assert Client().get(HOOK, {**asked, "hub.verify_token": "x"}).status_code == 403


def test_what_a_family_writes_lands_in_the_inbox_once(alician: Guardian) -> None:
    alician.points.update(kind="phone", address="+13125550101", match="+13125550101")
    for _ in range(2):
        assert tell(words(1, "¿A qué hora?")) == 200
    apply_waiting()
    entry = Entry.objects.get()
    assert (entry.body, entry.guardian, entry.channel) == ("¿A qué hora?", alician, "whatsapp")


def test_forgery_leaves_nothing() -> None:
    assert tell(words(1, "a"), secret="other") == 403
    assert RawEvent.objects.count() == 0


def test_a_thousand_news_in_one_call_are_all_kept() -> None:
    assert tell(*(words(n, "a" * 300) for n in range(1000))) == 200
    assert RawEvent.objects.count() == 1000
