"""Questions by message: asked within consent, answered by reply, handed to who asked."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bothways.channels.contract import Event
from bothways.channels.enums import EventKind
from bothways.channels.models import RawEvent
from bothways.channels.services import store
from bothways.consent.models import Stop
from bothways.core import clock
from bothways.ledger.models import ContactEvent
from bothways.messaging.enums import Meaning, Per, Purpose, Takes
from bothways.messaging.models import (
    Asked,
    Conversation,
    Delivery,
    Entry,
    LooseAnswer,
    Message,
    QuestionAnswer,
)
from bothways.messaging.services.messages import UnusableMessage
from bothways.messaging.services.questions import answers, ask, take_loose
from bothways.messaging.services.receipts import apply_waiting
from bothways.messaging.services.replies import receive_page
from bothways.messaging.services.sending import send_due
from bothways.people.models import Guardian, Link
from messaging.world import MONDAY_MORNING, FakeCarrier, World

NUMBER = "+13125550101"
_texts = iter(range(10_000))


@pytest.fixture
def troys(world: World, carrier: FakeCarrier) -> World:
    """Alician, Troy’s mother, reads Spanish; his aunt lives there, too, and his father is barred."""
    troy = world.student("Troy")
    mother = world.guardian("Alician", mobile=NUMBER, reads="es")
    aunt = world.guardian("Rosa", mobile="+13125550102", reads="es")
    father = world.guardian("Hector", mobile="+13125550103", reads="es")
    world.home(troy, guardians=[mother, aunt])
    world.home(world.student("Ana"), guardians=[father])
    Link.objects.create(district=world.district, student=troy, guardian=father)
    world.bar(troy, father)
    return world


def put(
    world: World,
    *given: str,
    takes: Takes = Takes.SCALE,
    ref: str = "q1",
    days: int = 7,
    anonymous: bool = False,
    per: Per = Per.GUARDIAN,
    **more: object,
) -> Message | None:
    troy = world.student_one()
    links = Link.objects.filter(student=troy, guardian__given__in=given or ("Alician",))
    message = ask(
        district=world.district,
        links=list(links),
        student=troy,
        bodies={"en": "How is the homework? 1 to 5.", "es": "¿Cómo va la tarea? Del 1 al 5."},
        subject=None,
        takes=takes,
        kind="survey",
        ref=ref,
        by=None,
        until=clock.now() + timedelta(days=days),
        anonymous=anonymous,
        per=per,
        **more,  # type: ignore[arg-type]
    )
    send_due(world.district, urgent=False)
    return message


def later(at: Path, *, minutes: int) -> None:
    clock.stop_at(at, MONDAY_MORNING + timedelta(minutes=minutes))


def text(body: str, *, from_: str = NUMBER) -> None:
    store(
        "twilio",
        [Event(EventKind.INBOUND, f"SM{next(_texts)}", from_=from_, to="+1500", body=body)],
    )
    apply_waiting()


def taken() -> list[tuple[str, Decimal | None, str]]:
    return [(one.question.ref, one.value, one.words) for one in answers("survey", after=0)]


def test_only_the_adults_who_are_meant_are_asked_and_never_a_barred_one(
    troys: World, carrier: FakeCarrier
) -> None:
    put(troys, "Alician", "Hector")
    assert [out.to for out in carrier.sent] == [NUMBER]
    assert [one.guardian.given for one in Asked.objects.all()] == ["Alician"]
    assert carrier.sent[0].versions[0].body.startswith("Grand Bend Elementary: ¿Cómo va la tarea?")
    # “To say you got this, answer 1” would make every 1 ambiguous.
    assert "responda 1" not in carrier.sent[0].versions[0].body
    assert put(troys, "Hector", ref="q2") is None
    assert Message.objects.count() == 1


def test_a_bare_answer_is_an_answer_and_nobody_owes_a_reply(troys: World) -> None:
    put(troys)
    text("  3. ")
    assert taken() == [("q1", Decimal(3), "")]
    assert Entry.objects.get().meaning == Meaning.TOLD
    assert Conversation.objects.get().waiting_since is None
    assert sorted(ContactEvent.objects.values_list("level", flat=True)) == [1, 4]
    assert Delivery.objects.get().state == "answered"


def test_words_besides_are_taken_and_somebody_owes_a_reply(troys: World) -> None:
    put(troys)
    text("3 pero lloró anoche")
    assert taken() == [("q1", Decimal(3), "pero lloró anoche")]
    assert Conversation.objects.get().waiting_since is not None


@pytest.mark.parametrize("body", ["STOP", "número equivocado"])
def test_a_stop_and_a_wrong_number_outrank_the_question(troys: World, body: str) -> None:
    put(troys, takes=Takes.WORDS)
    text(body)
    assert taken() == []
    assert Stop.objects.exists() is (body == "STOP")


def test_words_of_danger_are_never_just_filed(troys: World) -> None:
    put(troys, takes=Takes.WORDS, anonymous=True)
    text("my son wants to kill himself")
    assert Entry.objects.get().danger
    assert (taken(), LooseAnswer.objects.count()) == ([], 0)


def test_a_correction_replaces_and_both_are_kept(troys: World) -> None:
    put(troys)
    text("2")
    text("4, perdón")
    assert taken() == [("q1", Decimal(2), ""), ("q1", Decimal(4), "perdón")]
    current = QuestionAnswer.objects.filter(replaced_at=None)
    assert [one.value for one in current] == [Decimal(4)]


def test_each_adult_has_a_say_or_the_family_one(troys: World) -> None:
    put(troys, "Alician", "Rosa", ref="each")
    text("2")
    text("5", from_="+13125550102")
    assert QuestionAnswer.objects.filter(replaced_at=None).count() == 2
    put(troys, "Alician", "Rosa", ref="one", per=Per.HOUSEHOLD)
    text("2")
    text("5", from_="+13125550102")
    of_family = QuestionAnswer.objects.filter(replaced_at=None, question__ref="one")
    assert [one.value for one in of_family] == [Decimal(5)]


def test_of_two_open_questions_the_newest_that_it_fits(troys: World, at: Path) -> None:
    put(troys, ref="scale")
    later(at, minutes=60)
    put(troys, ref="yes", takes=Takes.YES_NO)
    text("5")
    text("sí")
    text("1")  # fits both: the newest
    assert taken() == [("scale", Decimal(5), ""), ("yes", Decimal(1), ""), ("yes", Decimal(1), "")]


def test_what_fits_none_or_comes_too_late_is_an_ordinary_reply(troys: World, at: Path) -> None:
    put(troys, days=1)
    text("me puede llamar?")
    later(at, minutes=25 * 60)
    text("3")
    assert taken() == []
    assert [entry.meaning for entry in Entry.objects.order_by("pk")] == [
        Meaning.WORDS,
        Meaning.WORDS,
    ]


def test_one_to_news_that_came_later_says_that_the_news_arrived(troys: World, at: Path) -> None:
    put(troys)
    later(at, minutes=60)
    troys.write(purpose=Purpose.TIMELY)
    send_due(troys.district, urgent=False)
    text("1")
    assert taken() == []
    assert Entry.objects.get().meaning == Meaning.ACKNOWLEDGED


def test_a_stranger_and_the_other_parent_answer_nothing(troys: World) -> None:
    put(troys)
    text("3", from_="+13125559999")
    text("3", from_="+13125550103")
    assert taken() == []


def test_who_was_barred_since_then_is_not_taken_for_an_answer(troys: World) -> None:
    put(troys)
    troys.bar(troys.student_one(), Guardian.objects.get(given="Alician"))
    text("3")
    assert taken() == []


def test_on_the_message_s_own_page_and_the_same_form_twice(troys: World) -> None:
    put(troys)
    delivery = Delivery.objects.get()
    for _ in range(2):
        receive_page(delivery, words="4\nmejor que antes", button=None, form_key="f1")
    assert taken() == [("q1", Decimal(4), "mejor que antes")]


def test_an_anonymous_answer_leads_back_to_nobody(troys: World) -> None:
    put(troys, anonymous=True)
    lines = ContactEvent.objects.count()
    text("2, the office is rude")
    assert (Entry.objects.count(), taken(), ContactEvent.objects.count()) == (0, [], lines)
    assert [raw.event for raw in RawEvent.objects.filter(kind="inbound")] == [{}]
    assert [field.name for field in LooseAnswer._meta.fields if field.is_relation] == ["district"]
    assert Delivery.objects.get().state == "accepted"
    # A second one is known to be one, and dropped: else it would stand in the inbox under their name.
    text("4")
    assert (Entry.objects.count(), LooseAnswer.objects.count()) == (0, 1)
    (loose,) = take_loose("survey")
    assert (loose.ref, loose.value, loose.words) == ("q1", Decimal(2), "the office is rude")
    assert loose.day.weekday() == 0
    assert take_loose("survey") == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"low": 5, "high": 1},
        {"high": 1000},
        {"days": 0},
        {"ref": ""},
        {"takes": Takes.CHOICE},
        {"takes": Takes.CHOICE, "choices": {"en": ["a", "b"], "es": ["a"]}},
    ],
)
def test_a_question_that_cannot_be_answered_is_not_asked(
    troys: World, wrong: dict[str, object]
) -> None:
    with pytest.raises(UnusableMessage):
        put(troys, **wrong)  # type: ignore[arg-type]
    assert Message.objects.count() == 0


def test_a_question_never_climbs_and_waits_for_no_digest(troys: World) -> None:
    troys.write()
    message = put(troys, purpose=Purpose.ROUTINE)
    assert message is not None
    assert {d.lane for d in message.deliveries.all()} == {Purpose.ROUTINE.lane}
