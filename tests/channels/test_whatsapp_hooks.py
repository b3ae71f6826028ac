"""WhatsApp: what Meta tells us, and what a forger cannot."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bothways.channels.contract import Event, HookRequest, HookResponse
from bothways.channels.enums import EventKind, ReceiptState
from bothways.channels.whatsapp import hooks
from channels.meta_stand_in import NUMBER_ID, SECRET, VERIFY
from channels.test_whatsapp_send import SPECIFICATION

HERE = "https://grandbend.example/hooks/whatsapp/in"
AT = datetime.fromtimestamp(1749416383, UTC)


def handle(request: HookRequest) -> HookResponse:
    return hooks.handle(
        request,
        app_secret=SECRET,
        verify_token=VERIFY,
        path="/hooks/whatsapp/in",
        phone_number_id=NUMBER_ID,
    )


def call(body: bytes, *, signature: str | None = None, url: str = HERE) -> HookResponse:
    given_ = hooks.sign(SECRET, body) if signature is None else signature
    return handle(HookRequest(url, "POST", {"x-hub-signature-256": given_}, body))


def told(*values: dict[str, Any]) -> tuple[Event, ...]:
    """The events of one call with a change for each of these values."""
    common = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550783881", "phone_number_id": NUMBER_ID},
    }
    body = {
        "object": "whatsapp_business_account",
        "entry": [
            {"id": "1", "changes": [{"field": "messages", "value": common | value}]}
            for value in values
        ],
    }
    answer = call(json.dumps(body).encode())
    assert answer.status == 200
    return answer.events


def wrote(kind: str, value: object, **more: object) -> dict[str, Any]:
    message = {
        "from": "16505551234",
        "id": "wamid.A",
        "timestamp": "1749416383",
        "type": kind,
        kind: value,
        **more,
    }
    return {"contacts": [], "messages": [message]}


def status(name: str, **more: object) -> dict[str, Any]:
    one = {
        "id": "wamid.B",
        "status": name,
        "timestamp": "1749416383",
        "recipient_id": "16505551234",
        "biz_opaque_callback_data": "k1?p=personal",
        **more,
    }
    return {"statuses": [one]}


def test_challenge_is_answered_with_itself_for_whoever_knows_the_token() -> None:
    url = f"{HERE}?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token={VERIFY}"
    assert handle(HookRequest(url, "GET", {}, b"")) == HookResponse(200, "1158201444")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (f"hub.mode=subscribe&hub.challenge=1&hub.verify_token={VERIFY}x", 403),
        ("hub.mode=subscribe&hub.challenge=1", 403),
        (f"hub.mode=unsubscribe&hub.challenge=1&hub.verify_token={VERIFY}", 403),
        (f"hub.mode=subscribe&hub.verify_token={VERIFY}", 400),
        (f"hub.mode=subscribe&hub.verify_token={VERIFY}&hub.challenge=%3Cscript%3E", 400),
        ("", 403),
    ],
)
def test_no_other_challenge_is(query: str, expected: int) -> None:
    answer = handle(HookRequest(f"{HERE}?{query}", "GET", {}, b""))
    assert (answer.status, answer.events) == (expected, ())


@pytest.mark.parametrize("signature", ["", "sha256=", "sha256=" + "0" * 64, "ü"])
def test_forged_news_are_refused(signature: str) -> None:
    assert call(b"{}", signature=signature).status == 403


def test_signature_of_other_words_does_not_fit() -> None:
    assert call(b'{"entry": []}', signature=hooks.sign(SECRET, b"{}")).status == 403
    assert call(b"{}", signature=hooks.sign("other", b"{}")).status == 403


def test_other_paths_and_methods_are_not_there() -> None:
    assert call(b"{}", url="https://grandbend.example/hooks/whatsapp/other").status == 404
    assert handle(HookRequest(HERE, "PUT", {}, b"")).status == 405
    assert call(b"x" * (hooks.MOST_BYTES + 1)).status == 400
    assert call(b"not json").status == 400


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("sent", ReceiptState.ACCEPTED),
        ("delivered", ReceiptState.DELIVERED),
        # Blue ticks are not a gesture.
        ("read", ReceiptState.DELIVERED),
    ],
)
def test_status_is_a_receipt_with_our_key(name: str, state: ReceiptState) -> None:
    assert told(status(name)) == (
        Event(
            kind=EventKind.RECEIPT,
            dedupe=f"wamid.B:{name}",
            key="k1",
            carrier_id="wamid.B",
            state=state,
            to="+16505551234",
            channel="whatsapp",
            at=AT,
        ),
    )


def test_failed_status_tells_why_and_who_stopped() -> None:
    (failed,) = told(status("failed", errors=[{"code": 131026, "title": "Undeliverable"}]))
    assert (failed.state, failed.code, failed.blocked) == (
        ReceiptState.UNDELIVERED,
        "131026",
        False,
    )
    (stopped,) = told(status("failed", errors=[{"code": 131050}]))
    assert (stopped.code, stopped.blocked) == ("131050", True)


def test_status_without_our_key_is_known_by_metas_id() -> None:
    (event,) = told(status("sent", biz_opaque_callback_data=None))
    assert (event.key, event.carrier_id) == ("", "wamid.B")


def test_words_come_in_with_number_and_time() -> None:
    assert told(wrote("text", {"body": "¿A qué hora es?"})) == (
        Event(
            kind=EventKind.INBOUND,
            dedupe="wamid.A",
            carrier_id="wamid.A",
            from_="+16505551234",
            to="+15550783881",
            body="¿A qué hora es?",
            channel="whatsapp",
            at=AT,
        ),
    )


@pytest.mark.parametrize(
    "value",
    [
        wrote(
            "interactive",
            {"type": "button_reply", "button_reply": {"id": "call_me:k1", "title": "Llámeme"}},
        ),
        wrote("button", {"payload": "call_me:k1", "text": "Llámeme"}),
    ],
)
def test_pressed_button_of_ours_is_a_gesture_with_our_key(value: dict[str, Any]) -> None:
    (event,) = told(value)
    assert (event.kind, event.key, event.button, event.body) == (
        EventKind.GESTURE,
        "k1",
        "call_me",
        "",
    )


def test_button_that_is_not_ours_is_what_stood_on_it() -> None:
    (event,) = told(wrote("button", {"payload": "Unsubscribe", "text": "Unsubscribe"}))
    assert (event.kind, event.body) == (EventKind.INBOUND, "Unsubscribe")
    (listed,) = told(
        wrote("interactive", {"type": "list_reply", "list_reply": {"id": "a", "title": "Monday"}})
    )
    assert (listed.kind, listed.body) == (EventKind.INBOUND, "Monday")


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("reaction", {"message_id": "wamid.B", "emoji": "👍"}, "👍"),
        ("reaction", {"message_id": "wamid.B", "emoji": "👍🏽"}, "👍"),
        ("image", {"id": "9", "caption": "Troy's rash"}, "[a photo] Troy's rash"),
        ("image", {"id": "9"}, "[a photo]"),
        ("video", {"id": "9"}, "[a video]"),
        ("sticker", {"id": "9"}, "[a sticker]"),
        ("document", {"id": "9", "filename": "note.pdf"}, "[a document] note.pdf"),
        (
            "location",
            {"latitude": 37.4, "longitude": -122.1, "name": "Home"},
            "[a place on the map] Home, 37.4 -122.1",
        ),
        ("contacts", [{"name": {"formatted_name": "Lucía"}}], "[a contact card]"),
        ("unsupported", None, "[something that cannot be shown here]"),
        ("hologram", {"id": "9"}, "[something that cannot be shown here]"),
        ("system", {"wa_id": "12195555358"}, "[this number has changed to +12195555358]"),
        ("text", {"body": ""}, "[an empty message]"),
    ],
)
def test_nothing_that_a_family_sends_is_lost(kind: str, value: object, words: str) -> None:
    (event,) = told(wrote(kind, value))
    assert (event.kind, event.body, event.from_) == (EventKind.INBOUND, words, "+16505551234")


def test_word_of_whatsapp_itself_is_not_the_familys() -> None:
    (event,) = told(wrote("system", {"wa_id": "12195555358"}))
    assert event.machine
    (written,) = told(wrote("text", {"body": "[a photo]"}))
    assert not written.machine


def test_voice_message_says_where_it_is_kept() -> None:
    (event,) = told(wrote("audio", {"id": "1003383421387256", "voice": True}))
    assert (event.kind, event.body, event.audio) == (EventKind.INBOUND, "", "1003383421387256")


def test_thumb_that_was_taken_away_again_says_nothing() -> None:
    assert told(wrote("reaction", {"message_id": "wamid.B"})) == ()


def test_several_news_in_one_call_all_count_and_the_same_twice_is_known_again() -> None:
    events = told(status("sent"), wrote("text", {"body": "a"}), status("sent"))
    assert [event.dedupe for event in events] == ["wamid.B:sent", "wamid.A", "wamid.B:sent"]


def test_news_for_another_number_of_the_app_are_not_ours() -> None:
    other = {"display_phone_number": "1", "phone_number_id": "999"}
    assert told(wrote("text", {"body": "a"}) | {"metadata": other}) == ()


def test_half_a_character_cannot_stop_the_database() -> None:
    (event,) = told(wrote("text", {"body": "a\ud800b"}))
    assert event.body == "a?b"


def test_long_ids_stay_different() -> None:
    long = "wamid." + "A" * 400
    (one,) = told(status("sent", id=long + "1"))
    (other,) = told(status("sent", id=long + "2"))
    assert one.dedupe != other.dedupe
    assert len(one.dedupe) <= 200


NAMES = [
    *("entry", "changes", "field", "value", "messages", "statuses", "id", "from", "type"),
    *("text", "body", "status", "errors", "code", "metadata", "timestamp"),
]
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(NAMES),
            inner | st.just("messages") | st.just("text"),
            max_size=6,
        )
    ),
    max_leaves=20,
)


@given(anything)
def test_no_signed_nonsense_breaks_the_hook(body: object) -> None:
    assert call(json.dumps(body).encode()).status == 200


def test_every_example_of_metas_description_is_understood() -> None:
    if not SPECIFICATION.exists():
        pytest.skip("Meta's API description is not beside the project")
    spec = yaml.load(Path(SPECIFICATION).read_text("utf-8"), Loader=yaml.CSafeLoader)
    content = spec["paths"]["/whatsapp/webhooks"]["post"]["requestBody"]["content"]
    kept = {}
    for name, example in content["application/json"]["examples"].items():
        answer = call(json.dumps(example["value"]).encode())
        assert answer.status == 200
        kept[name] = [event.body or event.audio for event in answer.events]
    # All that people sent is kept; what only groups do is nothing to us.
    assert {name for name, events in kept.items() if not any(events)} == {
        name for name in kept if name.startswith("Group")
    }
