"""Keys in answer to a question of a call: what they mean, and where the call goes on."""

from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bothways.channels.contract import HookRequest, HookResponse, KeyQuestion, Outgoing, Version
from bothways.channels.enums import Channel, EventKind, KeyKind
from bothways.channels.twilio.signature import sign
from bothways.channels.twilio.voice_answers import At, answered, at, meant
from channels.deliveries import to_alician
from channels.test_twilio_voice import CALL, LABELS, PUBLIC, carrier, heard
from channels.twilio_stand_in import TOKEN

OFTEN = KeyQuestion(KeyKind.CHOICE, choices=("never", "sometimes", "very often"))
NIGHTS = KeyQuestion(KeyKind.NUMBER, low=0, high=14, words="On how many nights did Troy read?")
EN = LABELS["en"]


def asking(*asks: KeyQuestion, **more: object) -> Outgoing:
    words = (Version("en", "How often does Troy talk about school?"),)
    return to_alician(Channel.VOICE, versions=words, asks=asks, **more)


def told(delivery: Outgoing, step: str, token: str = TOKEN, **fields: str) -> HookResponse:
    form = {"CallSid": CALL, "From": "+15125550100", "To": "+15125550143", **fields}
    url = f"{PUBLIC}/hooks/twilio_voice/{step}"
    return carrier(delivery).handle(
        HookRequest(
            url=url,
            method="POST",
            headers={"x-twilio-signature": sign(token, url, form.items())},
            body=urlencode(form).encode(),
        )
    )


def listens(answer: HookResponse) -> list[str]:
    """Where the keys go that are pressed one after another, as the end of our addresses."""
    gathers = ElementTree.fromstring(answer.body).iter("Gather")
    return [one.attrib["action"].removeprefix(f"{PUBLIC}/hooks/twilio_voice/") for one in gathers]


@given(st.integers(0, 99), st.integers(0, 99), st.booleans())
def test_a_place_in_a_call_is_read_as_it_was_written(question: int, turn: int, again: bool) -> None:
    place = At(question, turn, again)
    assert at(str(place)) == place


@given(st.text(max_size=12))
def test_no_keys_mean_more_than_the_question_takes(pressed: str) -> None:
    for question, high in ((OFTEN, 3), (NIGHTS, 14)):
        digits = answered(pressed, question)
        assert digits is None or question.low <= int(digits) <= high
        assert digits is None or meant(digits, question)


@pytest.mark.parametrize(
    ("pressed", "digits"),
    [
        *(("12", "12"), ("12#", "12"), ("012", "12"), ("0", "0"), ("14", "14")),
        *((keys, None) for keys in ("15", "", "#", "1*", "٣", "9999999999", "-1", "1.5")),
    ],
)
def test_a_number_has_limits(pressed: str, digits: str | None) -> None:
    assert answered(pressed, NIGHTS) == digits


def test_the_question_is_heard_with_its_keys_and_the_menu_comes_after_it() -> None:
    answer = told(asking(OFTEN), "call/k1", AnsweredBy="human")
    assert heard(answer)[1:] == [
        "How often does Troy talk about school?",
        "For “never”, press 1.",
        "For “sometimes”, press 2.",
        "For “very often”, press 3.",
        EN["voice_star"],
        EN["voice_keys"],
        EN["voice_keys"],
        EN["voice_goodbye"],
    ]
    assert listens(answer) == ["answer/k1/0-0-0", "key/k1", "key/k1"]


def test_a_key_is_an_answer_that_is_read_back_and_the_next_question_follows() -> None:
    answer = told(asking(OFTEN, NIGHTS), "answer/k1/0-0-0", Digits="3")
    assert heard(answer)[:5] == [
        "You answered: very often.",
        EN["voice_change"],
        NIGHTS.words,
        "Type a number from 0 to 14, then press the pound key.",
        EN["voice_star"],
    ]
    assert listens(answer) == ["change/k1/0-1-0", "answer/k1/1-1-0", "key/k1/1-1-0", "key/k1/1-1-0"]
    (event,) = answer.events
    assert (event.kind, event.key, event.channel) == (EventKind.INBOUND, "k1", "voice")
    assert (event.body, event.question, event.dedupe) == ("3", 0, f"{CALL}:answer:0-0")
    assert told(asking(OFTEN, NIGHTS), "answer/k1/0-0-0", Digits="3").events == answer.events


def test_the_star_after_an_answer_asks_again_and_the_new_answer_is_a_new_event() -> None:
    again = told(asking(OFTEN), "change/k1/0-1-0", Digits="*")
    assert (again.events, listens(again)[0]) == ((), "answer/k1/0-1-0")
    (event,) = told(asking(OFTEN), "answer/k1/0-1-0", Digits="1").events
    assert (event.body, event.dedupe) == ("1", f"{CALL}:answer:0-1")
    onwards = told(asking(OFTEN, NIGHTS), "change/k1/0-1-0", Digits="7")
    assert listens(onwards)[0] == "answer/k1/1-1-0"


def test_message_heard_again_after_an_answer_can_be_answered_anew() -> None:
    answer = told(asking(OFTEN), "key/k1/0-1-0", Digits="2")
    assert listens(answer)[0] == "answer/k1/0-1-0"


def test_an_answer_that_is_kept_once_offers_no_change() -> None:
    final = KeyQuestion(KeyKind.CHOICE, choices=("Yes", "No"), final=True)
    answer = told(asking(final), "answer/k1/0-0-0", Digits="2")
    assert heard(answer)[:2] == ["You answered: No.", EN["voice_keys"]]
    assert "2" not in answer.events[0].dedupe.removeprefix(CALL)


@pytest.mark.parametrize("keys", ["9", "0", "", "#", "33", "x" * 9000, "\x00"])
def test_a_wrong_key_is_asked_again_once_and_then_the_menu(keys: str) -> None:
    first = told(asking(OFTEN), "answer/k1/0-0-0", Digits=keys)
    assert (heard(first)[0], first.events) == (EN["voice_wrong_key"], ())
    assert listens(first)[0] == "answer/k1/0-0-1"
    second = told(asking(OFTEN), "answer/k1/0-0-1", Digits=keys)
    assert (heard(second)[0], second.events) == (EN["voice_keys"], ())


@pytest.mark.parametrize("keys", ["*", "*#", "4*"])
def test_the_star_instead_of_an_answer_leads_to_the_menu(keys: str) -> None:
    answer = told(asking(OFTEN), "answer/k1/0-0-0", Digits=keys)
    assert (heard(answer)[0], answer.events) == (EN["voice_keys"], ())


def test_a_key_of_the_menu_stays_what_it_was_after_an_answer() -> None:
    (event,) = told(asking(OFTEN), "key/k1/0-1-0", Digits="5").events
    assert (event.stop, event.question) == (True, None)


def test_a_question_that_closed_meanwhile_is_told_kindly() -> None:
    for step in ("call/k1", "answer/k1/0-0-0"):
        answer = told(asking(over=True), step, AnsweredBy="human", Digits="2")
        assert EN["voice_closed"] in heard(answer)
        assert EN["voice_keys"] in heard(answer)
        assert [event for event in answer.events if event.kind is EventKind.INBOUND] == []


def test_no_address_holds_an_answer_and_none_can_be_forged() -> None:
    answer = told(asking(OFTEN), "answer/k1/0-0-0", Digits="3")
    assert not any("3" in place for place in listens(answer))
    assert told(asking(OFTEN), "answer/k1/0-0-0", "forged", Digits="3").status == 403
    for place in ("0-0", "x", "0-0-2", "100-0-0", "0-0-0-0"):
        assert told(asking(OFTEN), f"answer/k1/{place}", Digits="3").status == 404
    assert told(asking(OFTEN), "answer/k1/7-0-0", Digits="3").events == ()


def test_where_no_voice_can_say_the_keys_the_recording_and_the_menu_stay() -> None:
    words = Version("so", "Intee jeer?", audio=f"{PUBLIC}/recordings/x")
    silent = to_alician(Channel.VOICE, versions=(words,), asks=(OFTEN,))
    answer = told(silent, "call/k1", AnsweredBy="human")
    assert (heard(answer), listens(answer)) == ([words.audio], ["key/k1"])


def test_a_machine_is_asked_nothing() -> None:
    answer = told(asking(OFTEN), "call/k1", AnsweredBy="machine_end_beep")
    assert "Gather" not in answer.body


@pytest.mark.parametrize("tag", ["es", "ar", "zh-Hans", "vi", "uk", "pt"])
def test_every_word_of_a_question_is_in_the_listeners_language(tag: str) -> None:
    words = (Version(tag, "?"),)
    delivery = to_alician(Channel.VOICE, versions=words, asks=(OFTEN, NIGHTS))
    said = heard(told(delivery, "call/k1", AnsweredBy="human"))
    assert LABELS[tag]["voice_press"].format(words="never", n="1") in said
    assert LABELS[tag]["voice_star"] in said
    read_back = heard(told(delivery, "answer/k1/0-0-0", Digits="1"))
    assert read_back[0] == LABELS[tag]["voice_answered"].format(words="never")
