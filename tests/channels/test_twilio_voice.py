"""Calls: what Twilio is asked for, what a family hears, and what counts as heard."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, urlencode
from xml.etree import ElementTree

import pytest

from bothways.channels.contract import (
    CarrierError,
    Event,
    HookRequest,
    HookResponse,
    Misconfigured,
    Outcome,
    Outgoing,
    Settings,
    Version,
)
from bothways.channels.enums import Channel, EventKind, OutcomeKind, ReceiptState
from bothways.channels.twilio import twiml
from bothways.channels.twilio.signature import sign
from bothways.channels.twilio.voice import TwilioVoiceCarrier
from bothways.channels.twilio.voice_script import KEYS, MOST_INLINE
from bothways.channels.twilio.voices import voice_for
from bothways.languages.phrases import languages, raw
from channels.deliveries import SCHOOL, outcomes, to_alician
from channels.twilio_stand_in import ACCOUNT, PASSWORD, TOKEN, StandIn, refuses

SPECIFICATION = (
    Path(__file__).parents[2].parent / "shared" / "data" / "specs" / "twilio_api_v2010.json"
)
PUBLIC = "https://grandbend.example"
CALL = "CA" + "1" * 32
LABELS = {tag: {key: raw(tag, key) or "" for key in KEYS} for tag in languages()}
NOW = datetime(2021, 9, 13, tzinfo=UTC)
SPOKEN = to_alician(Channel.VOICE, purpose="routine")


def carrier(
    known: Outgoing | None = SPOKEN, base: str = "https://api.twilio.com", public: str = PUBLIC
) -> TwilioVoiceCarrier:
    values = {
        "account_sid": ACCOUNT,
        "auth_token": TOKEN,
        "from_number": "+15125550100",
        "base_url": base,
    }
    return TwilioVoiceCarrier(
        Settings(values),
        public,
        labels=LABELS,
        find=lambda key: known if known and key == known.key else None,
    )


def told(by: TwilioVoiceCarrier, step: str, token: str = TOKEN, **fields: str) -> HookResponse:
    """What our hook answers to a form as Twilio posts it."""
    form = {"CallSid": CALL, "From": "+15125550100", "To": "+15125550143", **fields}
    url = f"{PUBLIC}/hooks/twilio_voice/{step}/k1"
    return by.handle(
        HookRequest(
            url=url,
            method="POST",
            headers={"x-twilio-signature": sign(token, url, form.items())},
            body=urlencode(form).encode(),
        )
    )


def heard(answer: HookResponse) -> list[str]:
    """The sentences and sounds of an answer, in order."""
    assert (answer.status, answer.content_type) == (200, "text/xml; charset=utf-8")
    tree = ElementTree.fromstring(answer.body)
    return [one.text or "" for one in tree.iter() if one.tag in ("Say", "Play")]


async def test_call_asks_for_its_words_by_its_key(twilio: StandIn) -> None:
    delivery = to_alician(Channel.VOICE, "a/b?c")
    assert await outcomes(carrier(base=twilio.url), delivery) == {
        "a/b?c": Outcome("a/b?c", OutcomeKind.ACCEPTED, carrier_id="CA" + "15125550143".zfill(32))
    }
    assert twilio.forms == [
        {
            "To": "+15125550143",
            "From": "+15125550100",
            "MachineDetection": "DetectMessageEnd",
            "Timeout": "30",
            "TimeLimit": "600",
            "Url": f"{PUBLIC}/hooks/twilio_voice/call/a%2Fb%3Fc",
            "StatusCallback": f"{PUBLIC}/hooks/twilio_voice/status/a%2Fb%3Fc?p=personal",
        }
    ]
    assert twilio.auth == [PASSWORD]


async def test_every_field_is_one_that_twilio_knows(twilio: StandIn) -> None:
    if not SPECIFICATION.exists():
        pytest.skip("Twilio's API description is not beside the project")
    paths = json.loads(SPECIFICATION.read_text())["paths"]
    calls = paths["/2010-04-01/Accounts/{AccountSid}/Calls.json"]
    form = calls["post"]["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
    query = {parameter["name"] for parameter in calls["get"]["parameters"]}
    await outcomes(carrier(base=twilio.url), SPOKEN)
    await outcomes(carrier(base=twilio.url, public=""), SPOKEN)
    assert {"Url", "Twiml"} <= {name for sent in twilio.forms for name in sent}
    assert {name for sent in twilio.forms for name in sent} <= form["properties"].keys()
    twilio.lists[""] = {"calls": [], "next_page_uri": None}
    await carrier(base=twilio.url).poll(NOW)
    assert set(twilio.queries[0]) <= query


async def test_language_without_a_voice_is_not_read_in_a_wrong_one(twilio: StandIn) -> None:
    somali = to_alician(
        Channel.VOICE, versions=(Version("so", "Troy si fiican ayuu u shaqeeyay."),)
    )
    outcome = (await outcomes(carrier(base=twilio.url), somali))["k1"]
    assert (outcome.kind, outcome.code) == (OutcomeKind.REJECTED, "no_voice")
    assert twilio.forms == []


async def test_recorded_words_are_called_in_any_language(twilio: StandIn) -> None:
    version = Version("so", "Troy si fiican ayuu u shaqeeyay.", audio=f"{PUBLIC}/recordings/x")
    recorded = to_alician(Channel.VOICE, versions=(version,))
    told_by = await outcomes(carrier(base=twilio.url), recorded)
    assert told_by["k1"].kind is OutcomeKind.ACCEPTED
    assert set(heard(told(carrier(recorded), "call", AnsweredBy="human"))) == {version.audio}
    assert set(heard(told(carrier(recorded), "call", AnsweredBy="machine_end_beep"))) == {
        version.audio
    }


async def test_school_behind_a_router_says_the_words_at_once_and_twice(twilio: StandIn) -> None:
    await outcomes(carrier(base=twilio.url, public=""), SPOKEN)
    form = twilio.forms[0]
    assert not {"Url", "StatusCallback"} & form.keys()
    assert form["Twiml"].count("Troy turned in all of his homework") == 2
    assert "Gather" not in form["Twiml"]


async def test_inline_words_never_pass_what_twilio_takes(twilio: StandIn) -> None:
    long = to_alician(Channel.VOICE, purpose="routine", versions=(Version("en", "a & b " * 900),))
    await outcomes(carrier(base=twilio.url, public=""), long)
    assert len(twilio.forms[0]["Twiml"]) <= MOST_INLINE
    assert "(512) 555-0100" in twilio.forms[0]["Twiml"]


async def test_number_that_is_none_is_refused_and_our_own_trouble_waits(twilio: StandIn) -> None:
    calls = carrier(base=twilio.url)
    for code, kind in ((21211, OutcomeKind.REJECTED), (21215, OutcomeKind.UNAVAILABLE)):
        twilio.answers["+15125550143"] = refuses(400, code)
        outcome = (await outcomes(calls, SPOKEN))["k1"]
        assert (outcome.kind, outcome.code) == (kind, str(code))


def test_person_hears_school_message_and_keys_and_that_is_delivered() -> None:
    answer = told(carrier(), "call", AnsweredBy="human")
    hello, message, keys, *again = heard(answer)
    assert hello == f"Hello. This is a message from {SCHOOL.school}."
    assert message == SPOKEN.versions[0].body
    assert again == [keys, LABELS["en"]["voice_goodbye"]]
    gather = ElementTree.fromstring(answer.body).find("Gather")
    assert gather is not None
    assert gather.attrib["action"] == f"{PUBLIC}/hooks/twilio_voice/key/k1"
    assert answer.events == (
        Event(
            EventKind.RECEIPT,
            f"{CALL}:words:person",
            key="k1",
            carrier_id=CALL,
            state=ReceiptState.DELIVERED,
            to="+15125550143",
        ),
    )


@pytest.mark.parametrize("tag", ["es", "ar", "zh-Hans", "vi", "uk", "pt"])
def test_keys_are_told_in_the_language_of_the_message(tag: str) -> None:
    spoken = to_alician(Channel.VOICE, versions=(Version(tag, "Troy"),))
    answer = told(carrier(spoken), "call", AnsweredBy="human")
    voice = voice_for(tag)
    assert voice is not None
    said = {
        (one.attrib["voice"], one.attrib["language"])
        for one in ElementTree.fromstring(answer.body).iter("Say")
    }
    assert said == {(voice.name, voice.locale)}
    assert LABELS[tag]["voice_keys"] in heard(answer)


def test_english_sentences_never_come_from_a_korean_mouth() -> None:
    spoken = to_alician(Channel.VOICE, versions=(Version("ko", "트로이"),))
    answer = told(carrier(spoken), "call", AnsweredBy="human")
    by_voice = {
        one.text: one.attrib["language"] for one in ElementTree.fromstring(answer.body).iter("Say")
    }
    assert by_voice["트로이"] == "ko-KR"
    assert by_voice[LABELS["en"]["voice_keys"]] == "en-US"


def test_machine_keeps_a_childs_matter_to_itself() -> None:
    personal = to_alician(Channel.VOICE)
    said = heard(told(carrier(personal), "call", AnsweredBy="machine_end_beep"))
    assert said == [
        f"Hello. This is a message from {SCHOOL.school}.",
        "We have a message for your family.",
        "Please call us at (512) 555-0100.",
    ]


def test_machine_is_told_news_whole_with_the_number_to_call_back() -> None:
    answer = told(carrier(), "call", AnsweredBy="machine_end_silence")
    assert heard(answer)[1:] == [SPOKEN.versions[0].body, "Please call us at (512) 555-0100."]
    assert "Gather" not in answer.body
    assert [event.state for event in answer.events] == [ReceiptState.DELIVERED]


def test_fax_machine_is_nobody() -> None:
    answer = told(carrier(), "call", AnsweredBy="fax")
    assert heard(answer) == []
    assert [(e.state, e.code) for e in answer.events] == [(ReceiptState.UNDELIVERED, "fax")]


def test_nobody_known_behind_the_key_hears_silence() -> None:
    answer = told(carrier(known=None), "call", AnsweredBy="human")
    assert heard(answer) == []
    assert answer.events == ()


@pytest.mark.parametrize(
    ("pressed", "button", "said"),
    [("1", "heard", "voice_heard"), ("3", "call_me", "voice_will_call")],
)
def test_pressed_key_is_a_gesture(pressed: str, button: str, said: str) -> None:
    answer = told(carrier(), "key", Digits=pressed)
    (event,) = answer.events
    assert (event.kind, event.button, event.channel) == (EventKind.GESTURE, button, "voice")
    assert (event.key, event.from_, event.dedupe) == ("k1", "+15125550143", f"{CALL}:{button}")
    assert heard(answer) == [LABELS["en"][said].format(school=SCHOOL.school)]


def test_key_two_says_it_again() -> None:
    answer = told(carrier(), "key", Digits="2")
    assert heard(answer) == heard(told(carrier(), "call", AnsweredBy="human"))
    assert answer.events == ()


def test_key_four_listens() -> None:
    answer = told(carrier(), "key", Digits="4")
    record = ElementTree.fromstring(answer.body).find("Record")
    assert record is not None
    assert record.attrib["action"] == f"{PUBLIC}/hooks/twilio_voice/recorded/k1"
    assert answer.events == ()


def test_key_five_stops_the_number() -> None:
    (event,) = told(carrier(), "key", Digits="5").events
    assert (event.kind, event.stop, event.from_) == (EventKind.INBOUND, True, "+15125550143")


@pytest.mark.parametrize("pressed", ["", "0", "*", "#", "12", "٣", "1' OR 1=1"])
def test_any_other_key_hears_the_keys_again(pressed: str) -> None:
    answer = told(carrier(), "key", Digits=pressed)
    assert heard(answer)[0] == LABELS["en"]["voice_keys"]
    assert answer.events == ()


def test_what_was_spoken_is_told_with_its_place_and_length() -> None:
    recording = "RE" + "a" * 32
    (event,) = told(
        carrier(), "recorded", RecordingSid=recording, RecordingDuration="23", Digits="hangup"
    ).events
    assert (event.kind, event.audio, event.seconds) == (EventKind.INBOUND, recording, 23)
    assert (event.body, event.dedupe, event.channel) == ("", recording, "voice")


@pytest.mark.parametrize(
    ("recording", "length"),
    [("RE" + "a" * 32, "0"), ("", "5"), ("../../x", "5"), ("RE" + "a" * 32, "²"), ("RE1", "9" * 9)],
)
def test_nothing_spoken_after_the_tone_still_shows_that_they_heard(
    recording: str, length: str
) -> None:
    answer = told(carrier(), "recorded", RecordingSid=recording, RecordingDuration=length)
    assert [(e.kind, e.button, e.audio) for e in answer.events] == [
        (EventKind.GESTURE, "heard", "")
    ]


@pytest.mark.parametrize(
    ("status", "state", "code"),
    [
        ("completed", ReceiptState.ACCEPTED, ""),
        ("ringing", ReceiptState.ACCEPTED, ""),
        ("busy", ReceiptState.UNDELIVERED, "busy"),
        ("no-answer", ReceiptState.UNDELIVERED, "no_answer"),
        ("canceled", ReceiptState.UNDELIVERED, "canceled"),
        ("failed", ReceiptState.UNDELIVERED, "call_failed"),
    ],
)
def test_end_of_a_call_claims_no_more_than_it_shows(
    status: str, state: ReceiptState, code: str
) -> None:
    (event,) = told(carrier(), "status", CallStatus=status).events
    assert (event.state, event.code, event.key) == (state, code, "k1")


@pytest.mark.parametrize("step", ["call", "key", "recorded", "status"])
def test_forged_signature_is_refused_and_tells_nothing(step: str) -> None:
    answer = told(carrier(), step, token="wrong", Digits="1", CallStatus="completed")
    assert (answer.status, answer.events) == (403, ())


@pytest.mark.parametrize(
    ("url", "method", "body", "status"),
    [
        ("/hooks/twilio_voice/in", "POST", b"", 404),
        ("/hooks/twilio_voice/call/k1/more", "POST", b"", 404),
        ("/hooks/twilio_voice/call/k1", "GET", b"", 405),
        ("/hooks/twilio_voice/call/k1", "POST", b"\xff", 400),
        ("/hooks/twilio_voice/call/k1", "POST", b"x" * 70_000, 400),
        ("/hooks/twilio_voice/call/k1", "POST", b"CallSid=CA1", 403),
    ],
)
def test_strange_requests_are_turned_away(url: str, method: str, body: bytes, status: int) -> None:
    assert carrier().handle(HookRequest(PUBLIC + url, method, {}, body)).status == status


def test_hostile_words_stay_words() -> None:
    words = "</Say><Dial>+19005550199</Dial> & \x00\x08\ufffe \ud800 “1 < 2”"
    school = SCHOOL.__class__(school='Evil" <School>', phone="5 & 6")
    hostile = to_alician(
        Channel.VOICE, purpose="routine", versions=(Version("en", words),), sender=school
    )
    answer = told(carrier(hostile), "call", AnsweredBy="human")
    tree = ElementTree.fromstring(answer.body)
    assert {one.tag for one in tree.iter()} == {"Response", "Gather", "Say", "Pause", "Hangup"}
    assert heard(answer)[1] == "</Say><Dial>+19005550199</Dial> &   “1 < 2”"


def test_braces_in_names_and_words_are_not_filled_in() -> None:
    school = SCHOOL.__class__(school="{phone} School", phone="1")
    odd = to_alician(Channel.VOICE, versions=(Version("en", "{key}"),), sender=school)
    assert heard(told(carrier(odd), "call"))[:2] == [
        "Hello. This is a message from {phone} School.",
        "{key}",
    ]


def test_keys_of_attributes_are_quoted() -> None:
    odd = twiml.gather(action="https://x/?a=\"b\"&c='d'", seconds=5)
    assert ElementTree.fromstring(odd).attrib["action"] == "https://x/?a=\"b\"&c='d'"


@pytest.mark.parametrize(
    ("tag", "locale"),
    [
        ("es-MX", "es-MX"),
        ("es-419", "es-US"),
        ("zh-Hant-TW", "cmn-TW"),
        ("en-GB", "en-US"),
        ("so", None),
        ("ps", None),
        ("prs", None),
        ("ht", None),
        ("am", None),
        ("", None),
    ],
)
def test_voice_belongs_to_the_language(tag: str, locale: str | None) -> None:
    voice = voice_for(tag)
    assert (voice.locale if voice else None) == locale


def listed(sid: str, status: str, **more: object) -> dict[str, object]:
    return {
        "sid": sid,
        "status": status,
        "direction": "outbound-api",
        "to": "+15125550143",
        "duration": "31",
        "answered_by": "human",
        "date_updated": "Mon, 13 Sep 2021 14:00:00 +0000",
        **more,
    }


async def test_poll_reads_how_calls_ended(twilio: StandIn) -> None:
    twilio.lists[""] = {
        "calls": [
            listed("CA1", "completed"),
            listed("CA2", "busy"),
            listed("CA3", "failed"),
            listed("CA4", "completed", direction="inbound"),
            listed("CA5", "completed", answered_by="fax"),
            listed("CA6", "something-new"),
            "nonsense",
        ],
        "next_page_uri": None,
    }
    ends = [
        ("CA1", ReceiptState.DELIVERED, ""),
        ("CA2", ReceiptState.UNDELIVERED, "busy"),
        ("CA3", ReceiptState.UNDELIVERED, "call_failed"),
        ("CA5", ReceiptState.UNDELIVERED, "fax"),
    ]
    without_keys = await carrier(base=twilio.url, public="").poll(NOW)
    assert [(e.carrier_id, e.state, e.code) for e in without_keys] == ends
    # Who fetches the words from us has not heard them because the line was open.
    with_keys = await carrier(base=twilio.url).poll(NOW)
    assert with_keys[0].state is ReceiptState.ACCEPTED


async def test_recording_is_fetched_with_our_password_from_twilio_alone(twilio: StandIn) -> None:
    recording = "RE" + "a" * 32
    twilio.sounds[f"{recording}.mp3"] = b"ID3 spoken"
    sound = await carrier(base=twilio.url).fetch(recording)
    assert (sound.data, sound.content_type) == (b"ID3 spoken", "audio/mpeg")
    assert twilio.auth == [PASSWORD]
    for missing in ("RE" + "b" * 32, "../Messages", quote("http://evil.example/")):
        with pytest.raises(LookupError):
            await carrier(base=twilio.url).fetch(missing)


async def test_recording_that_is_too_large_is_not_kept(twilio: StandIn) -> None:
    twilio.sounds["RE1.mp3"] = b"x" * 5_000_001
    with pytest.raises(LookupError):
        await carrier(base=twilio.url).fetch("RE1")


async def test_twilio_away_is_told() -> None:
    with pytest.raises(CarrierError):
        await carrier(base="http://127.0.0.1:9").fetch("RE1")


def test_calling_number_is_needed() -> None:
    with pytest.raises(Misconfigured, match=re.escape("calling number")):
        TwilioVoiceCarrier(
            Settings({"account_sid": ACCOUNT, "auth_token": TOKEN}), "", labels=LABELS
        )


def test_twilio_begins_one_call_a_second_unless_told_otherwise() -> None:
    assert carrier().rate == 1.0
