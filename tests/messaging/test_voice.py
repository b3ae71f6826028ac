"""Calls: pressed keys and spoken words are taken in like any others."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from bothways.accounts.enums import Role
from bothways.accounts.models import Membership, User
from bothways.channels.contract import CarrierError, Event, Sound
from bothways.channels.enums import Button, Channel, EventKind, ReceiptState
from bothways.channels.services import configure, offered, store, values_of
from bothways.consent.models import Stop
from bothways.core import ids
from bothways.ledger.models import ContactEvent
from bothways.messaging import tasks
from bothways.messaging.carriers import with_words
from bothways.messaging.models import (
    Conversation,
    Delivery,
    Entry,
    Recording,
    Spoken,
    Version,
)
from bothways.messaging.rendering import outgoing
from bothways.messaging.services import sounds
from bothways.messaging.services.conversations import NoWay, answer
from bothways.messaging.services.receipts import apply_waiting
from bothways.messaging.services.sending import send_due
from bothways.messaging.services.sounds import NotASound, record_version
from bothways.messaging.sounds import version_behind
from bothways.people.models import ContactPoint, Household, Student
from messaging.world import FakeCarrier, World

NUMBER = "+13125550101"
MP3 = b"ID3\x04\x00 Troy did well"


def called(world: World, home: Household, child: Student, tag: str = "es") -> Delivery:
    """One call to this home that was taken by the carrier."""
    message, _ = world.write(student=child) if child.pk else world.write()
    Delivery.objects.filter(message=message).delete()
    delivery = Delivery.objects.create(
        district=world.district,
        message=message,
        household=home,
        student=child,
        channel=Channel.VOICE.value,
        kind="phone",
        match=NUMBER,
        address=NUMBER,
        languages=[tag],
        lane=1,
        key=ids.key(),
        code=ids.code(),
        not_before=message.created_at,
        created_at=message.created_at,
        state="accepted",
        rank=20,
        carrier="twilio_voice",
        carrier_id="CA1",
    )
    for link in child.links.all():
        delivery.recipients.create(link=link)
    return delivery


@pytest.fixture
def call(world: World, carrier: FakeCarrier) -> Delivery:
    """Alician, Troy’s mother, is on the phone."""
    troy = world.student("Troy")
    alician = world.guardian("Alician", mobile=NUMBER, reads="es")
    home = world.home(troy, guardians=[alician])
    return called(world, home, troy)


@pytest.fixture
def principal(world: World) -> User:
    user = User.objects.create_user(
        "principal@example.org", district=world.district, given="Mrs.", family="C"
    )
    Membership.objects.create(
        district=world.district, user=user, role=Role.PRINCIPAL, school=world.school
    )
    return user


def pressed(call: Delivery, button: Button, sid: str = "CA1") -> None:
    store(
        "twilio_voice",
        [
            Event(
                EventKind.GESTURE,
                f"{sid}:{button.value}",
                key=call.key,
                carrier_id=sid,
                from_=NUMBER,
                button=button.value,
                channel="voice",
            )
        ],
    )
    apply_waiting()


def spoken(call: Delivery, audio: str = "RE" + "a" * 32, seconds: int = 23) -> None:
    event = Event(
        EventKind.INBOUND,
        audio,
        key=call.key,
        carrier_id="CA1",
        from_=NUMBER,
        channel="voice",
        audio=audio,
        seconds=seconds,
    )
    store("twilio_voice", [event])
    apply_waiting()


def levels() -> list[int]:
    return sorted(ContactEvent.objects.values_list("level", flat=True))


def test_heard_is_seen_and_owes_nothing(call: Delivery) -> None:
    pressed(call, Button.HEARD)
    entry = Entry.objects.get()
    assert (entry.meaning, entry.channel, entry.delivery) == ("acknowledged", "voice", call)
    assert Delivery.objects.get().state == "seen"
    assert levels() == [3]
    assert Conversation.objects.get().waiting_since is None


def test_key_pressed_twice_counts_once(call: Delivery) -> None:
    pressed(call, Button.HEARD)
    pressed(call, Button.HEARD)
    assert Entry.objects.count() == 1


def test_call_me_is_an_answer_and_somebody_owes_a_call(call: Delivery, principal: User) -> None:
    pressed(call, Button.CALL_ME)
    talk = Conversation.objects.get()
    assert (talk.owner, talk.waiting_since is not None) == (principal, True)
    assert Entry.objects.get().meaning == "call_me"
    assert Delivery.objects.get().state == "answered"
    assert levels() == [4]


def test_key_of_a_number_that_two_families_share_is_of_the_family_that_was_called(
    world: World, call: Delivery
) -> None:
    emily = world.student("Emily")
    later = world.home(emily, guardians=[world.guardian("Emilys mother", mobile=NUMBER)])
    called(world, later, emily)
    pressed(call, Button.HEARD)
    assert Conversation.objects.get().household == call.household


def test_gesture_that_belongs_to_nobody_is_kept_and_harms_nothing(call: Delivery) -> None:
    store(
        "twilio_voice",
        [
            Event(EventKind.GESTURE, "a", key="gone", button="heard", channel="voice"),
            Event(EventKind.GESTURE, "b", key=call.key, button="unheard-of", channel="voice"),
            Event(EventKind.GESTURE, "c", key=call.key, button="heard", channel="voice"),
        ],
    )
    apply_waiting()
    assert [entry.meaning for entry in Entry.objects.all()] == ["acknowledged"]


def test_key_five_stops_the_number_here_and_not_at_the_carrier(call: Delivery) -> None:
    event = Event(
        EventKind.INBOUND, "CA1:stop", key=call.key, from_=NUMBER, channel="voice", stop=True
    )
    store("twilio_voice", [event])
    apply_waiting()
    assert list(Stop.objects.values_list("match", "by")) == [(NUMBER, "ours")]
    assert levels() == []
    assert Entry.objects.get().meaning == "stop"


@pytest.mark.parametrize("code", ["busy", "no_answer", "canceled", "fax", "no_voice"])
def test_call_that_nobody_takes_says_nothing_bad_of_the_number(call: Delivery, code: str) -> None:
    told(call, ReceiptState.UNDELIVERED, code)
    assert Delivery.objects.get().state == "undelivered"
    assert ContactPoint.objects.get().state == "unknown"


def test_number_that_cannot_be_called_is_failing_until_a_call_arrives(call: Delivery) -> None:
    told(call, ReceiptState.UNDELIVERED, "call_failed")
    assert (ContactPoint.objects.get().state, ContactPoint.objects.get().why) == (
        "failing",
        "call_failed",
    )
    told(call, ReceiptState.DELIVERED, "")
    assert ContactPoint.objects.get().state == "working"


def test_landline_stays_one_when_it_was_called(call: Delivery) -> None:
    ContactPoint.objects.update(phone_kind="landline")
    Delivery.objects.filter(pk=call.pk).update(channel="text", error="30006", state="undelivered")
    second = called_again(call)
    told(second, ReceiptState.DELIVERED, "")
    point = ContactPoint.objects.get()
    assert (point.state, point.phone_kind) == ("working", "landline")


def called_again(call: Delivery) -> Delivery:
    again = Delivery.objects.get(pk=call.pk)
    again.pk = None
    again.key, again.code, again.attempt = ids.key(), ids.code(), 2
    again.channel, again.state, again.rank, again.error = "voice", "accepted", 20, ""
    again.save()
    return again


def told(call: Delivery, state: ReceiptState, code: str) -> None:
    event = Event(EventKind.RECEIPT, f"CA1:{state}:{code}", key=call.key, state=state, code=code)
    store("twilio_voice", [event])
    apply_waiting()


class Line:
    """A carrier that has recordings."""

    name = "twilio_voice"

    def __init__(self, found: Callable[[str], Sound]) -> None:
        self.found = found

    async def fetch(self, audio: str) -> Sound:
        return self.found(audio)


def test_voice_message_is_an_answer_that_is_fetched_and_owed(
    call: Delivery, principal: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = Line(lambda audio: Sound(MP3, "audio/mpeg"))
    monkeypatch.setattr(sounds, "with_words", lambda name: line)
    spoken(call)
    entry = Entry.objects.get()
    assert (entry.meaning, entry.body, entry.channel) == ("spoken", "", "voice")
    talk = Conversation.objects.get()
    assert (talk.owner, talk.waiting_since is not None) == (principal, True)
    assert levels() == [4]
    kept = Spoken.objects.get()
    waiting = ProcrastinateJob.objects.get(task_name="messaging.fetch_spoken")
    assert waiting.args == {"spoken_id": kept.pk}
    tasks.fetch_spoken(spoken_id=kept.pk)
    kept.refresh_from_db()
    assert (bytes(kept.data or b""), kept.content_type, kept.seconds) == (MP3, "audio/mpeg", 23)


def test_written_answer_to_a_voice_is_a_text_and_never_read_out(
    call: Delivery, principal: User
) -> None:
    spoken(call)
    delivery = answer(
        conversation=Conversation.objects.get(), words="I will call you.", by=principal
    )
    assert (delivery.channel, delivery.match) == ("text", NUMBER)


def test_voice_from_a_landline_is_answered_by_a_call(call: Delivery, principal: User) -> None:
    spoken(call)
    ContactPoint.objects.update(phone_kind="landline")
    with pytest.raises(NoWay, match="Call them"):
        answer(conversation=Conversation.objects.get(), words="I will call you.", by=principal)


def test_voice_message_told_twice_is_kept_once(call: Delivery) -> None:
    spoken(call)
    spoken(call)
    assert Spoken.objects.count() == 1


def test_voice_message_that_is_not_there_yet_is_asked_for_again(
    call: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    def not_yet(audio: str) -> Sound:
        raise LookupError("not there")

    spoken(call)
    kept = Spoken.objects.get()
    monkeypatch.setattr(sounds, "with_words", lambda name: Line(not_yet))
    with pytest.raises(LookupError):
        sounds.fetch_spoken(kept.pk)
    monkeypatch.setattr(sounds, "with_words", lambda name: Line(lambda a: Sound(MP3, "audio/mpeg")))
    sounds.fetch_spoken(kept.pk)
    sounds.fetch_spoken(kept.pk)
    kept.refresh_from_db()
    assert bytes(kept.data or b"") == MP3


def test_carrier_without_recordings_is_told_apart(
    call: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoken(call)
    monkeypatch.setattr(sounds, "with_words", lambda name: FakeCarrier())
    with pytest.raises(LookupError):
        sounds.fetch_spoken(Spoken.objects.get().pk)


def test_call_says_the_words_of_the_familys_language(call: Delivery) -> None:
    (out,) = outgoing([call.pk])
    assert (out.channel, out.to) == (Channel.VOICE, NUMBER)
    assert [(v.language, v.body, v.audio) for v in out.versions] == [
        ("es", "La escuela empieza a las 8.", "")
    ]


def test_human_recording_is_what_calls_play(call: Delivery, principal: User) -> None:
    spanish = Version.objects.get(message=call.message, language="es")
    record_version(version=spanish, data=MP3, by=principal)
    (out,) = outgoing([call.pk])
    token = out.versions[0].audio.rpartition("/recordings/")[2]
    assert version_behind(token) == spanish.pk
    record_version(version=spanish, data=MP3 + b"!", by=principal)
    assert [bytes(r.data) for r in Recording.objects.all()] == [MP3 + b"!"]


@pytest.mark.parametrize("token", ["", "1", "x:y:z", "ImEi:1abc:forged", "\x00"])
def test_forged_address_of_a_recording_opens_nothing(token: str) -> None:
    assert version_behind(token) is None


@pytest.mark.parametrize("data", [b"", b"RIFFxxxxAVI ", b"<html>", b"MZ\x90", b"\xff\xd8\xff"])
def test_what_is_no_sound_is_not_kept(call: Delivery, principal: User, data: bytes) -> None:
    with pytest.raises(NotASound):
        record_version(version=Version.objects.first(), data=data, by=principal)  # type: ignore[arg-type]
    assert Recording.objects.count() == 0


def test_calls_go_by_the_account_of_the_texts_unless_they_have_their_own(db: None) -> None:
    texts = {"account_sid": "AC1", "auth_token": "secret", "from_number": "+15125550100"}
    configure("twilio", {**texts, "base_url": "http://127.0.0.1:1"})
    assert Channel.VOICE not in offered()
    configure("twilio_voice", {"from_number": "+15125550199", "auth_token": ""})
    assert Channel.VOICE in offered()
    assert values_of("twilio_voice") == {
        "account_sid": "AC1",
        "auth_token": "secret",
        "from_number": "+15125550199",
        "base_url": "http://127.0.0.1:1",
    }
    assert values_of("twilio")["from_number"] == "+15125550100"


def test_carrier_finds_the_words_of_a_key_and_nothing_of_a_text(
    world: World, call: Delivery
) -> None:
    configure(
        "twilio_voice", {"account_sid": "AC1", "auth_token": "s", "from_number": "+15125550100"}
    )
    carrier = with_words("twilio_voice")
    find = carrier._find  # type: ignore[attr-defined]
    assert find(call.key).versions[0].body == "La escuela empieza a las 8."
    assert find("no-such-key") is None
    Delivery.objects.update(channel="text")
    assert find(call.key) is None


def test_calls_wait_for_the_end_of_quiet_hours(
    world: World, call: Delivery, carrier: FakeCarrier, at: Path
) -> None:
    from datetime import timedelta

    from bothways.core import clock
    from messaging.world import MONDAY_MORNING

    Delivery.objects.update(state="queued", rank=0)
    night = MONDAY_MORNING + timedelta(hours=14)  # 23:00 in Chicago
    clock.stop_at(at, night)
    send_due(world.district, urgent=False)
    assert carrier.sent == []
    clock.stop_at(at, MONDAY_MORNING + timedelta(days=1))
    send_due(world.district, urgent=False)
    assert [out.channel for out in carrier.sent] == [Channel.VOICE]


def test_carrier_that_is_away_loses_no_voice(
    call: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(audio: str) -> Sound:
        raise CarrierError("away")

    spoken(call)
    monkeypatch.setattr(sounds, "with_words", lambda name: Line(away))
    with pytest.raises(CarrierError):
        sounds.fetch_spoken(Spoken.objects.get().pk)
    assert Spoken.objects.get().fetched_at is None


def test_call_from_the_question_for_its_words_to_the_key(call: Delivery) -> None:
    from django.conf import settings
    from django.test import Client

    from bothways.channels.twilio.signature import sign
    from bothways.web import hooks

    configure(
        "twilio_voice",
        {"account_sid": "AC1", "auth_token": "secret", "from_number": "+15125550100"},
    )
    hooks.forget_settings()

    def post(step: str, token: str = "secret", **fields: str) -> tuple[int, str]:
        path = f"/hooks/twilio_voice/{step}/{call.key}"
        form = {"CallSid": "CA1", "To": NUMBER, "From": "+15125550100", **fields}
        signature = sign(token, f"{settings.PUBLIC_URL}{path}", form.items())
        answer = Client().post(path, form_encoded(form), FORM, headers={HEADER: signature})
        return answer.status_code, answer.content.decode()

    assert post("call", "forged", AnsweredBy="human")[0] == 403
    status, words = post("call", AnsweredBy="human")
    assert status == 200
    assert "La escuela empieza a las 8." in words
    assert "marque 1" in words
    apply_waiting()
    assert Delivery.objects.get().state == "delivered"
    assert post("key", Digits="1")[0] == 200
    assert post("status", CallStatus="completed")[0] == 200
    apply_waiting()
    assert Delivery.objects.get().state == "seen"
    hooks.forget_settings()


FORM, HEADER = "application/x-www-form-urlencoded", "x-twilio-signature"


def form_encoded(form: dict[str, str]) -> str:
    return urlencode(form)


def test_settings_of_the_texts_are_followed_and_not_copied(db: None) -> None:
    texts = {"account_sid": "AC1", "auth_token": "old", "from_number": "+15125550100"}
    configure("twilio", texts)
    configure("twilio_voice", {**values_of("twilio_voice"), "rate": "2"})
    configure("twilio", {**texts, "auth_token": "new"})
    assert values_of("twilio_voice")["auth_token"] == "new"
    assert values_of("twilio_voice")["rate"] == "2"


def test_message_is_heard_in_languages_with_a_voice_or_a_recording(
    world: World, call: Delivery, principal: User
) -> None:
    from bothways.messaging.speaking import languages_heard

    somali = Version.objects.create(message=call.message, language="so", body="Dugsigu waa 8.")
    other, _ = world.write(so="Dugsigu waa 8.")
    assert languages_heard([call.message.pk, other.pk]) == {
        call.message.pk: frozenset({"en", "es"}),
        other.pk: frozenset(),
    }
    record_version(version=somali, data=MP3, by=principal)
    assert languages_heard([call.message.pk]) == {call.message.pk: frozenset({"en", "es", "so"})}
