"""Questions answered by a key, from the carrier's call for its words to what is kept."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.test import Client

from bothways.channels.contract import Event
from bothways.channels.enums import EventKind
from bothways.channels.models import RawEvent
from bothways.channels.services import configure, store
from bothways.channels.twilio.signature import sign
from bothways.consent.models import Stop
from bothways.core import clock
from bothways.ledger.models import ContactEvent
from bothways.messaging.enums import Takes
from bothways.messaging.models import (
    Conversation,
    Delivery,
    Entry,
    LooseAnswer,
    Question,
    QuestionAnswer,
)
from bothways.messaging.services.messages import UnusableMessage
from bothways.messaging.services.questions import Following, answers, ask
from bothways.messaging.services.receipts import apply_waiting
from bothways.people.models import Link
from bothways.web import hooks
from messaging.world import MONDAY_MORNING, FakeCarrier, World

pytestmark = pytest.mark.django_db
NUMBER = "+13125550101"
ACCOUNT = {"account_sid": "AC1", "auth_token": "secret", "from_number": "+15125550100"}
TALKS = {"en": ["never", "sometimes", "often"], "es": ["nunca", "a veces", "a menudo"]}


@pytest.fixture
def grandmother(world: World, carrier: FakeCarrier) -> World:
    """Alician’s mother has a landline, hears Spanish, and looks after Troy."""
    configure("twilio_voice", ACCOUNT)
    hooks.forget_settings()
    world.home(
        world.student("Troy"), guardians=[world.guardian("Abuela", mobile=NUMBER, reads="es")]
    )
    return world


class Call:
    """One call about a question, spoken with our hooks as the carrier does."""

    def __init__(self, world: World, takes: Takes, **more: object) -> None:
        ask(
            district=world.district,
            links=list(Link.objects.all()),
            student=world.student_one(),
            bodies={"en": "How is it going?", "es": "¿Cómo va todo?"},
            subject=None,
            takes=takes,
            kind="survey",
            ref="q1",
            by=None,
            until=clock.now() + timedelta(days=7),
            **more,  # type: ignore[arg-type]
        )
        Delivery.objects.update(channel="voice", state="accepted", rank=20, carrier="twilio_voice")
        self.key = Delivery.objects.get().key

    def post(self, step: str, at: str = "", **fields: str) -> str:
        path = f"/hooks/twilio_voice/{step}/{self.key}{at}"
        form = {"CallSid": "CA1", "To": NUMBER, "From": "+15125550100", **fields}
        signature = sign("secret", f"{settings.PUBLIC_URL}{path}", form.items())
        answer = Client().post(
            path,
            urlencode(form),
            "application/x-www-form-urlencoded",
            headers={"x-twilio-signature": signature},
        )
        assert answer.status_code == 200
        return answer.content.decode()

    def presses(self, keys: str, at: str = "/0-0-0") -> str:
        words = self.post("answer", at, Digits=keys)
        apply_waiting()
        return words


def taken() -> list[tuple[str, Decimal | None]]:
    return [(one.ref, one.value) for one in answers("survey", after=0)]


def test_a_choice_is_heard_pressed_and_kept_as_by_text(grandmother: World) -> None:
    call = Call(grandmother, Takes.CHOICE, choices=TALKS)
    words = call.post("call", AnsweredBy="human")
    assert words.index("¿Cómo va todo?") < words.index("Para “a menudo”, marque 3.")
    assert "Su respuesta: a menudo." in call.presses("3")
    assert taken() == [("q1", Decimal(3))]
    entry = Entry.objects.get()
    assert (entry.meaning, entry.channel, entry.language) == ("told", "voice", "es")
    assert Conversation.objects.get().waiting_since is None
    assert sorted(ContactEvent.objects.values_list("level", flat=True))[-1] == 4
    assert Delivery.objects.get().state == "answered"


@pytest.mark.parametrize(("keys", "value"), [("1", 1), ("2", 0)])
def test_yes_is_one_and_no_is_two(grandmother: World, keys: str, value: int) -> None:
    call = Call(grandmother, Takes.YES_NO)
    assert "Para “No”, marque 2." in call.post("call", AnsweredBy="human")
    call.presses(keys)
    assert taken() == [("q1", Decimal(value))]


@pytest.mark.parametrize(
    ("keys", "kept"), [("12", [Decimal(12)]), ("0", [Decimal(0)]), ("1234567", []), ("*", [])]
)
def test_a_number_is_typed(grandmother: World, keys: str, kept: list[Decimal]) -> None:
    call = Call(grandmother, Takes.NUMBER)
    call.presses(keys)
    assert [value for _, value in taken()] == kept


def test_an_answer_told_twice_is_one_and_a_change_replaces_it(grandmother: World) -> None:
    call = Call(grandmother, Takes.SCALE, high=5)
    call.presses("2")
    call.presses("2")
    assert "Marque una tecla del 1 al 5." in call.post("change", "/0-1-0", Digits="*")
    call.presses("4", at="/0-1-0")
    assert taken() == [("q1", Decimal(2)), ("q1", Decimal(4))]
    current = QuestionAnswer.objects.filter(replaced_at=None)
    assert [one.value for one in current] == [Decimal(4)]


def test_what_follows_in_the_call_is_kept_under_its_own_name(grandmother: World) -> None:
    then = [Following("q2", Takes.YES_NO, {"en": "Is he well?", "es": "¿Está bien?"})]
    call = Call(grandmother, Takes.CHOICE, choices=TALKS, then=then)
    assert "¿Está bien?" in call.presses("1")
    assert "marque 5" in call.presses("2", at="/1-1-0")
    assert taken() == [("q1", Decimal(1)), ("q2", Decimal(0))]
    assert QuestionAnswer.objects.filter(replaced_at=None).count() == 2


def test_an_anonymous_key_leaves_no_way_back(grandmother: World) -> None:
    call = Call(grandmother, Takes.CHOICE, choices=TALKS, anonymous=True)
    assert "Para cambiarla" not in call.presses("3")
    call.presses("1", at="/0-1-0")
    assert [(one.ref, one.value) for one in LooseAnswer.objects.all()] == [("q1", Decimal(3))]
    assert not Entry.objects.exists()
    assert not QuestionAnswer.objects.exists()
    kept = RawEvent.objects.filter(kind="inbound")
    assert [raw.event for raw in kept] == [{}, {}]
    assert not ContactEvent.objects.filter(level=4).exists()


def test_anonymous_questions_come_one_at_a_time(grandmother: World) -> None:
    then = [Following("q2", Takes.YES_NO, {"en": "?", "es": "¿?"})]
    with pytest.raises(UnusableMessage, match="one anonymous question"):
        Call(grandmother, Takes.CHOICE, choices=TALKS, anonymous=True, then=then)


def test_a_question_that_closed_while_they_listened_takes_nothing(
    grandmother: World, at: Path
) -> None:
    call = Call(grandmother, Takes.YES_NO)
    clock.stop_at(at, MONDAY_MORNING + timedelta(days=8))
    assert "Esta pregunta ya está cerrada." in call.presses("1")
    assert "Esta pregunta ya está cerrada." in call.post("call", AnsweredBy="human")
    assert taken() == []
    assert not Entry.objects.exists()


def test_a_key_pressed_in_time_counts_though_we_come_to_it_late(
    grandmother: World, at: Path
) -> None:
    call = Call(grandmother, Takes.YES_NO)
    call.post("answer", "/0-0-0", Digits="1")
    clock.stop_at(at, MONDAY_MORNING + timedelta(days=8))
    apply_waiting()
    assert taken() == [("q1", Decimal(1))]


def test_a_stop_after_the_answer_stops_and_the_answer_stays(grandmother: World) -> None:
    call = Call(grandmother, Takes.YES_NO)
    call.presses("1")
    call.post("key", "/0-1-0", Digits="5")
    apply_waiting()
    assert Stop.objects.get().match == NUMBER
    assert taken() == [("q1", Decimal(1))]


def test_an_adult_whom_an_order_keeps_away_answers_nothing(grandmother: World) -> None:
    call = Call(grandmother, Takes.YES_NO)
    grandmother.bar(grandmother.student_one(), Link.objects.get().guardian)
    call.presses("1")
    assert taken() == []


def test_keys_for_what_is_not_there_are_lost_to_nobody_and_harm_nothing(grandmother: World) -> None:
    call = Call(grandmother, Takes.YES_NO)
    for nth, key in ((0, "gone"), (7, call.key), (-1, call.key), (0, call.key)):
        told = Event(
            EventKind.INBOUND,
            f"CA9:{nth}:{key}",
            key=key,
            channel="voice",
            body="9" * 5000,
            question=nth,
        )
        store("twilio_voice", [told])
    apply_waiting()
    assert taken() == []
    assert not RawEvent.objects.filter(outcome="failed").exists()
    assert Question.objects.count() == 1
