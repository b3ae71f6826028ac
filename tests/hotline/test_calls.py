"""The hotline by phone: who hears what, and what nobody hears."""

import re
from collections.abc import Mapping
from datetime import date
from urllib.parse import urlencode, urlsplit
from xml.etree import ElementTree

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client

from bothways.channels.models import RawEvent
from bothways.channels.services import configure
from bothways.channels.twilio.signature import sign
from bothways.core import clock
from bothways.hotline import menus
from bothways.hotline.enums import Source
from bothways.hotline.menus import Told
from bothways.hotline.models import Posting, SpokenWork
from bothways.hotline.services import pins
from bothways.hotline.services.posting import codes, put
from bothways.people.enums import RestrictionKind
from bothways.people.models import ContactPoint
from bothways.schools.models import Section
from hotline.conftest import MRS_C
from people import Cast, bar, guardian, home, section, student

TOKEN = "for-tests"
CALL = "CA" + "1" * 32
RECORDING = "RE" + "a" * 32
ALICIAN, HECTOR, STRANGER = "+13125550101", "+13125550177", "+13125550999"
VOUCHED = {"StirVerstat": "TN-Validation-Passed-A"}


@pytest.fixture(autouse=True)
def _line(db: None) -> None:
    configure(
        "twilio",
        {"account_sid": "AC1", "auth_token": TOKEN, "from_number": "+13125550100"},
    )


class Caller:
    """A phone: what it hears, and the keys it presses."""

    def __init__(self, number: str, **first: str) -> None:
        self.number = number
        self.client = Client()
        self.page = self.post(f"{settings.PUBLIC_URL}/hooks/twilio_voice/in", first)

    def post(self, url: str, form: Mapping[str, str], token: str = TOKEN) -> HttpResponse:
        fields = {"CallSid": CALL, "From": self.number, "To": "+13125550100", **form}
        parts = urlsplit(url)
        return self.client.post(
            f"{parts.path}?{parts.query}" if parts.query else parts.path,
            urlencode(fields),
            content_type="application/x-www-form-urlencoded",
            headers={"X-Twilio-Signature": sign(token, url, fields.items())},
        )

    @property
    def tree(self) -> ElementTree.Element:
        assert self.page.status_code == 200
        return ElementTree.fromstring(self.page.content)

    @property
    def heard(self) -> str:
        return " | ".join(one.text or "" for one in self.tree.iter() if one.tag in ("Say", "Play"))

    def action(self) -> str:
        return next(
            str(one.get("action")) for one in self.tree.iter() if one.get("action") is not None
        )

    def press(self, keys: str) -> "Caller":
        self.page = self.post(self.action(), {"Digits": keys})
        return self

    def waits(self) -> "Caller":
        """Presses nothing: the document goes on."""
        self.page = self.post(str(self.tree.findtext("Redirect")), {})
        return self

    def speaks(self, seconds: int = 7) -> "Caller":
        self.page = self.post(
            self.action(), {"RecordingSid": RECORDING, "RecordingDuration": str(seconds)}
        )
        return self


def post(cast: Cast, where: Section, words: str, **more: str) -> Posting:
    posting = put(
        section=where,
        day=date(2026, 9, 14),
        bodies={"en": words, **more},
        due=None,
        by=cast.mrs_c if where == cast.room_12 else cast.teacher_elsewhere,
        source=Source.WEB,
        language="en",
    )
    assert posting is not None
    return posting


def test_each_language_is_named_in_itself_and_by_its_own_voice(everybody: Cast) -> None:
    caller = Caller(STRANGER)
    lines = {one.get("language"): one.text for one in caller.tree.iter("Say")}
    assert lines["es-US"] == "Para español, oprima 3."
    assert lines["arb"] == "للعربية اضغطوا 2."
    assert "For English, press 1." in caller.heard


def test_the_known_callers_language_comes_first(everybody: Cast) -> None:
    everybody.alician.reads = "es"
    everybody.alician.save()
    assert Caller(ALICIAN, **VOUCHED).heard.startswith("Hola. Esta es la línea de tareas")
    # Even that would tell a stranger something about whoever has this number.
    assert Caller(ALICIAN).heard.startswith("Hello.")


def test_alician_chooses_troy_and_hears_his_class(everybody: Cast) -> None:
    post(everybody, everybody.room_12, "Read pages 4-9.")
    post(everybody, everybody.room_7, "Learn the poem.")
    caller = Caller(ALICIAN, **VOUCHED).press("1")
    assert "For Maya, press 1. | For Troy, press 2." in caller.heard
    caller.press("2")
    assert "Room 12. September 14, 2026. | Read pages 4-9." in caller.heard
    assert "poem" not in caller.heard
    again = caller.press("1").heard
    assert "Read pages 4-9." in again
    assert "For Maya, press 1." in caller.press("3").heard
    assert "Learn the poem." in caller.press("1").heard


def test_no_family_name_is_ever_said(everybody: Cast) -> None:
    caller = Caller(ALICIAN, **VOUCHED).press("1")
    assert "Washington" not in caller.heard + caller.press("1").heard


@pytest.mark.parametrize(
    "verdict",
    [
        {},
        {"StirVerstat": "TN-Validation-Passed-B"},
        {"StirVerstat": "TN-Validation-Failed-A"},
        {"StirVerstat": "tn-validation-passed-a "},
    ],
)
def test_a_number_that_nobody_vouches_for_learns_no_name(
    everybody: Cast, verdict: dict[str, str]
) -> None:
    post(everybody, everybody.room_12, "Read pages 4-9.")
    caller = Caller(ALICIAN, **verdict).press("1")
    assert "enter the number of the class" in caller.heard
    assert [w for w in ("Troy", "Maya", "Room", "pages") if w in caller.heard] == []


def test_saying_later_that_one_is_vouched_for_changes_nothing(everybody: Cast) -> None:
    caller = Caller(ALICIAN)
    caller.page = caller.post(caller.action(), {"Digits": "1", **VOUCHED})
    assert "enter the number of the class" in caller.heard


def test_a_stranger_with_the_class_number_hears_that_class_and_no_child(everybody: Cast) -> None:
    post(everybody, everybody.room_12, "Read pages 4-9.")
    code = codes([everybody.room_12])[everybody.room_12.pk]
    caller = Caller(STRANGER).press("1").press(code)
    assert "Read pages 4-9." in caller.heard
    assert "leave a word" not in caller.heard
    names = [child.given for child in (everybody.troy, everybody.emily, everybody.nour)]
    assert [name for name in names if name in caller.heard] == []
    assert "Read pages 4-9." in caller.press("1").heard


@pytest.mark.parametrize("keys", ["", "00000", "1" * 30, "12*", "-1", "４８２１３", "'; DROP"])
def test_a_wrong_class_number_is_asked_again_and_ends_after_three(
    everybody: Cast, keys: str
) -> None:
    caller = Caller(STRANGER).press("1").press(keys)
    assert "We do not know this number." in caller.heard
    caller.press(keys).press(keys)
    assert caller.heard == "Thank you for listening. Goodbye."


def test_a_barred_parent_hears_nothing_about_the_child(everybody: Cast) -> None:
    post(everybody, everybody.room_12, "Read pages 4-9.")
    caller = Caller(HECTOR, **VOUCHED).press("1")
    assert "enter the number of the class" in caller.heard
    assert ("Luis" in caller.heard, "Room 12" in caller.heard) == (False, False)


def test_an_order_in_the_middle_of_a_call_holds_at_the_next_key(everybody: Cast) -> None:
    post(everybody, everybody.room_12, "Read pages 4-9.")
    caller = Caller(ALICIAN, **VOUCHED).press("1").press("2")
    assert "Read pages 4-9." in caller.heard
    bar(everybody.alician, everybody.troy, RestrictionKind.CONTACT)
    bar(everybody.alician, everybody.maya, RestrictionKind.CONTACT)
    assert "Read pages 4-9." not in caller.press("1").heard


def test_two_homes_with_one_number_may_both_be_heard_and_leave_no_word(everybody: Cast) -> None:
    other = section("Room 9", everybody.elementary, everybody.mrs_c)
    sam = student("Sam", "Ngo", everybody.elementary, other)
    home([sam], [guardian(everybody.district, "Lan", "Ngo", mobile=ALICIAN)])
    caller = Caller(ALICIAN, **VOUCHED).press("1")
    assert "For Maya, press 1. | For Sam, press 2. | For Troy, press 3." in caller.heard
    assert "leave a word" not in caller.press("2").heard


def test_a_number_that_was_found_to_be_somebody_elses_is_a_strangers(everybody: Cast) -> None:
    ContactPoint.objects.filter(match=ALICIAN).update(state="failing", why="wrong_person")
    assert "enter the number of the class" in Caller(ALICIAN, **VOUCHED).press("1").heard


def test_a_word_for_the_teacher_is_kept(everybody: Cast) -> None:
    caller = Caller(ALICIAN, **VOUCHED).press("1").press("2").press("2")
    assert caller.tree.find("Record") is not None
    caller.speaks()
    assert "will listen to your message" in caller.heard
    raw = RawEvent.objects.get()
    assert (raw.carrier, raw.event["audio"], raw.event["from_"]) == (
        "twilio_voice",
        RECORDING,
        ALICIAN,
    )


def test_a_childs_only_class_needs_no_choosing(everybody: Cast) -> None:
    ContactPoint.objects.filter(match=ALICIAN).update(match="+13125550188")
    ContactPoint.objects.create(
        district=everybody.district,
        guardian=everybody.karim,
        kind="phone",
        address=ALICIAN,
        match=ALICIAN,
    )
    post(everybody, everybody.room_12, "Read pages 4-9.", ar="اقرأوا الصفحات 4 إلى 9.")
    caller = Caller(ALICIAN, **VOUCHED).waits()
    assert "اقرأوا الصفحات 4 إلى 9." in caller.heard
    assert [one.get("voice") for one in caller.tree.iter("Say")][1] == "Polly.Zeina"


def test_english_words_come_from_an_english_mouth_in_a_spanish_call(everybody: Cast) -> None:
    post(everybody, everybody.room_12, "Read pages 4-9.")
    code = codes([everybody.room_12])[everybody.room_12.pk]
    caller = Caller(STRANGER).press("3").press(code)
    voices = {one.text: one.get("language") for one in caller.tree.iter("Say")}
    assert voices["Read pages 4-9."] == "en-US"
    assert voices["Para escucharlo otra vez, oprima 1."] == "es-US"


# Teachers


def test_a_teacher_posts_by_voice(everybody: Cast) -> None:
    section("Room 14", everybody.elementary, everybody.mrs_c)
    pins.choose(everybody.mrs_c, "604182")
    caller = Caller(MRS_C).press("0").press("604182")
    assert caller.heard == "For Room 12, press 1. | For Room 14, press 2. | Goodbye."
    caller.press("2")
    assert "Say the homework of Room 14 after the tone." in caller.heard
    caller.speaks(12)
    assert caller.heard == "Posted for Room 14. Goodbye."
    spoken = SpokenWork.objects.get()
    assert (spoken.audio, spoken.seconds, spoken.posting.section.title) == (
        RECORDING,
        12,
        "Room 14",
    )
    assert spoken.posting.source == "voice"


def test_what_a_teacher_said_is_heard_once_it_is_here(everybody: Cast) -> None:
    pins.choose(everybody.mrs_c, "604182")
    Caller(MRS_C).press("0").press("604182").speaks()
    code = codes([everybody.room_12])[everybody.room_12.pk]
    assert "Nothing has been posted" in Caller(STRANGER).press("1").press(code).heard
    SpokenWork.objects.update(data=b"ID3 sound", content_type="audio/mpeg", fetched_at=clock.now())
    caller = Caller(STRANGER).press("1").press(code)
    address = str(caller.tree.findtext(".//Play"))
    sound = Client().get(urlsplit(address).path)
    assert (sound.status_code, sound.content, sound["Content-Type"]) == (
        200,
        b"ID3 sound",
        "audio/mpeg",
    )


def test_five_wrong_pins_close_it_for_everybody_who_calls(everybody: Cast) -> None:
    pins.choose(everybody.mrs_c, "604182")
    for _call in range(2):
        Caller(MRS_C).press("0").press("1").press("2").press("3")
    assert "That was not it." in Caller(MRS_C).press("0").press("604182").heard


def test_a_pin_from_another_phone_is_no_pin(everybody: Cast) -> None:
    pins.choose(everybody.mrs_c, "604182")
    assert "That was not it." in Caller(STRANGER).press("0").press("604182").heard


def test_a_teacher_without_a_pin_is_asked_like_a_stranger(everybody: Cast) -> None:
    mrs_c, stranger = Caller(MRS_C).press("0"), Caller(STRANGER).press("0")
    assert mrs_c.heard == stranger.heard


@pytest.mark.parametrize(
    "pin", ["", "1234", "123456", "111111", "12345678901", "１２９４５８", "60418a"]
)
def test_a_pin_that_is_easily_guessed_is_refused(everybody: Cast, pin: str) -> None:
    with pytest.raises(pins.Unusable):
        pins.choose(everybody.mrs_c, pin)


# Forgeries


def test_a_forged_signature_hears_nothing(everybody: Cast) -> None:
    caller = Caller(STRANGER)
    for url in (f"{settings.PUBLIC_URL}/hooks/twilio_voice/in", caller.action()):
        answer = caller.post(url, {"Digits": "1"}, token="guessed")
        assert (answer.status_code, answer.content) == (403, b"")


def test_a_state_that_is_not_ours_or_of_another_call_is_refused(everybody: Cast) -> None:
    caller = Caller(STRANGER)
    address = caller.action()
    assert caller.post(re.sub(r"s=.{5}", "s=AAAAA", address), {"Digits": "1"}).status_code == 404
    assert caller.post(address, {"Digits": "1", "CallSid": "CA" + "2" * 32}).status_code == 404
    assert caller.post(address.partition("?")[0], {"Digits": "1"}).status_code == 404
    assert caller.post(address.replace("/in/", "/in/x"), {"Digits": "1"}).status_code == 404


def test_requests_that_are_none_are_refused(everybody: Cast) -> None:
    client = Client()
    path = "/hooks/twilio_voice/in"
    kind = "application/x-www-form-urlencoded"
    assert [
        client.get(path).status_code,
        client.post(path, b"\xff\xfe", content_type=kind).status_code,
        client.post(path, b"a=" + b"x" * 70_000, content_type=kind).status_code,
        client.post(path, b"&".join([b"a=1"] * 300), content_type=kind).status_code,
    ] == [405, 400, 413, 400]


def test_where_no_calls_are_set_up_it_says_so(everybody: Cast) -> None:
    from bothways.channels.models import CarrierConfig

    CarrierConfig.objects.all().delete()
    assert Client().post("/hooks/twilio_voice/in").status_code == 503


# Menus as such

HOSTILE = '</Say><Dial>+19005550100</Dial><Say> & "quoted" \x00\x07\u202e]]>'


def acted(step: str, **state: object) -> str:
    return f"https://school.example/in/{step}?{urlencode({k: str(v) for k, v in state.items()})}"


@pytest.mark.parametrize(
    "twiml",
    [
        menus.languages(HOSTILE, ["en", "es"], acted),
        menus.children("en", [HOSTILE], acted),
        menus.work(
            "ar",
            [Told(HOSTILE, HOSTILE, HOSTILE, "en", HOSTILE, HOSTILE)],
            [HOSTILE],
            acted,
            may_speak=True,
            child=HOSTILE,
        ),
        menus.work("en", [], [HOSTILE], acted, may_speak=False),
        menus.classes([HOSTILE] * 12, acted),
        menus.teacher_speaks(HOSTILE, acted),
        menus.staff_ends(HOSTILE),
    ],
)
def test_what_people_wrote_never_becomes_a_verb(twiml: str) -> None:
    verbs = {one.tag for one in ElementTree.fromstring(twiml).iter()}
    assert verbs <= {
        "Response", "Gather", "Say", "Play", "Pause", "Record", "Redirect", "Hangup"
    }  # fmt: skip


def test_a_whole_menu(everybody: Cast) -> None:
    assert menus.code("en", acted, tries=1) == (
        '<?xml version="1.0" encoding="UTF-8"?><Response>'
        '<Gather input="dtmf" finishOnKey="#" timeout="10" '
        'action="https://school.example/in/class?lang=en&amp;tries=1" method="POST">'
        '<Say voice="Polly.Joanna" language="en-US">We do not know this number. Please look at the class '
        "list and try again.</Say>"
        '<Say voice="Polly.Joanna" language="en-US">Please enter the number of the class, then press the '
        "pound key.</Say></Gather>"
        '<Say voice="Polly.Joanna" language="en-US">Thank you for listening. Goodbye.</Say><Hangup/></Response>'
    )


def test_languages_without_a_voice_are_not_offered() -> None:
    assert menus.speakable(["en", "so", "ps", "ht", "es-MX", "es", "ko", "ar"]) == [
        "en",
        "es",
        "ar",
    ]
