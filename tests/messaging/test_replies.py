"""What families write: kept, understood, and owed an answer."""

import pytest

from bothways.accounts.enums import Role
from bothways.accounts.models import Membership, User
from bothways.channels.contract import Event
from bothways.channels.enums import EventKind
from bothways.channels.services import store
from bothways.consent.models import Stop
from bothways.ledger.models import ContactEvent, FamilyReach
from bothways.messaging.enums import Meaning
from bothways.messaging.models import Alert, Conversation, Delivery, Entry, Message
from bothways.messaging.services.conversations import NoWay, acknowledge, answer
from bothways.messaging.services.receipts import apply_waiting
from bothways.messaging.services.replies import receive_page
from bothways.messaging.services.sending import send_due
from bothways.people.models import ContactPoint
from messaging.world import FakeCarrier, World

NUMBER = "+13125550101"


@pytest.fixture
def alician(world: World, carrier: FakeCarrier) -> World:
    """Alician, Troy’s mother, has got a text."""
    guardian = world.guardian("Alician", mobile=NUMBER, reads="es")
    world.home(world.student("Troy"), guardians=[guardian])
    world.write()
    send_due(world.district, urgent=False)
    return world


@pytest.fixture
def principal(world: World) -> User:
    user = User.objects.create_user(
        "principal@example.org", district=world.district, given="Mrs.", family="C"
    )
    Membership.objects.create(
        district=world.district, user=user, role=Role.PRINCIPAL, school=world.school
    )
    return user


def text(body: str, *, from_: str = NUMBER, sid: str = "SM1", stop: bool | None = None) -> None:
    store("twilio", [Event(EventKind.INBOUND, sid, from_=from_, to="+1500", body=body, stop=stop)])
    apply_waiting()


def levels() -> list[int]:
    return sorted(ContactEvent.objects.values_list("level", flat=True))


def test_words_are_an_answer_and_somebody_owes_one_back(alician: World, principal: User) -> None:
    text("me puede llamar despues de las 6?")
    conversation = Conversation.objects.get()
    assert levels() == [1, 4]
    assert Delivery.objects.get().state == "answered"
    assert (conversation.owner, conversation.student) == (
        principal,
        Entry.objects.get().guardian.links.get().student,
    )  # type: ignore[union-attr]
    assert conversation.waiting_since is not None


@pytest.mark.parametrize("body", ["1", "ok thank you", "👍", "Gracias"])
def test_a_bare_acknowledgement_is_seen_and_owes_nothing(alician: World, body: str) -> None:
    text(body)
    assert levels() == [1, 3]
    assert Delivery.objects.get().state == "seen"
    assert Conversation.objects.get().waiting_since is None


@pytest.mark.parametrize("body", ["STOP", "no more please", "no más mensajes por favor"])
def test_stop_in_any_wording_stops_this_number_and_is_no_answer(alician: World, body: str) -> None:
    text(body)
    assert list(Stop.objects.values_list("match", "by")) == [(NUMBER, "ours")]
    assert levels() == [1]
    _, fanned = alician.write()
    assert fanned.blocked == {"stopped": 1}


def test_start_lifts_the_stop_again(alician: World) -> None:
    text("STOP", stop=True)
    assert Stop.objects.filter(lifted_at=None).count() == 2
    text("START", sid="SM2", stop=False)
    assert Stop.objects.filter(lifted_at=None).count() == 0
    _, fanned = alician.write()
    assert fanned.deliveries == {"text": 1}


def test_wrong_number_makes_the_contact_point_failing_and_is_no_answer(alician: World) -> None:
    text("wrong number")
    point = ContactPoint.objects.get()
    assert (point.state, point.why) == ("failing", "wrong_person")
    assert levels() == [1]


def test_an_unknown_number_is_kept_and_is_nobodys_answer(alician: World) -> None:
    text("Hello, is this the school?", from_="+13125550199")
    entry = Entry.objects.get()
    assert (entry.conversation, entry.body) == (None, "Hello, is this the school?")
    assert levels() == [1]


def test_the_same_text_twice_is_one(alician: World) -> None:
    text("Can we talk?")
    text("Can we talk?")
    assert Entry.objects.count() == 1


def test_words_of_danger_go_to_the_person_on_duty_at_once(alician: World, principal: User) -> None:
    text("he says he wants to die")
    alert = Alert.objects.get()
    assert (alert.user, alert.entry.word_class) == (principal, "protected")
    assert Entry.objects.get().danger


def test_danger_from_an_unknown_number_is_told_too(alician: World, principal: User) -> None:
    text("there is a gun in my son's bag, he wants to shoot", from_="+13125550199")
    assert Alert.objects.get().user == principal


def test_the_acknowledgement_says_who_reads_and_when_in_the_familys_language(
    alician: World, principal: User, carrier: FakeCarrier
) -> None:
    text("¿Podemos hablar?")
    acknowledge(entry=Entry.objects.get())
    send_due(alician.district, urgent=False)
    out = carrier.sent[-1]
    assert (out.to, out.versions[0].language) == (NUMBER, "es")
    assert "Mrs. C" in out.versions[0].body


def test_nobody_barred_is_acknowledged(alician: World, principal: User) -> None:
    delivery = Delivery.objects.get()
    link = delivery.recipients.get().link
    alician.bar(link.student, link.guardian)
    text("¿Podemos hablar?")
    assert acknowledge(entry=Entry.objects.get()) is None
    assert Entry.objects.count() == 1


def test_a_person_answers_where_the_family_wrote_from(
    alician: World, principal: User, carrier: FakeCarrier
) -> None:
    text("¿Podemos hablar?")
    conversation = Conversation.objects.get()
    answer(conversation=conversation, words="Claro, el jueves.", by=principal)
    send_due(alician.district, urgent=False)
    assert carrier.sent[-1].to == NUMBER
    conversation.refresh_from_db()
    assert conversation.waiting_since is None
    assert [e.from_family for e in conversation.entries.order_by("pk")] == [True, False]


def test_an_answer_after_a_stop_is_refused_with_what_to_do(alician: World, principal: User) -> None:
    text("¿Podemos hablar?")
    text("STOP", sid="SM2")
    with pytest.raises(NoWay, match="Call the family"):
        answer(conversation=Conversation.objects.get(), words="Claro", by=principal)
    assert Message.objects.count() == 1


def test_the_pages_button_is_a_gesture_and_its_words_are_an_answer(alician: World) -> None:
    delivery = Delivery.objects.get()
    receive_page(delivery, words="", button=Meaning.ACKNOWLEDGED, form_key="a")
    assert Delivery.objects.get().state == "seen"
    receive_page(delivery, words="Troy likes fractions.", button=None, form_key="b")
    assert Delivery.objects.get().state == "answered"
    assert levels() == [1, 3, 4]


def test_a_form_sent_twice_is_kept_once(alician: World) -> None:
    delivery = Delivery.objects.get()
    first = receive_page(delivery, words="Hello", button=None, form_key="k")
    again = receive_page(delivery, words="Hello", button=None, form_key="k")
    assert (first is not None, again, Entry.objects.count()) == (True, None, 1)


def test_an_empty_form_is_no_gesture(alician: World) -> None:
    assert receive_page(Delivery.objects.get(), words="  ", button=None, form_key="k") is None
    assert levels() == [1]


def test_whoever_texts_back_has_a_mobile(alician: World) -> None:
    ContactPoint.objects.update(phone_kind="unknown")
    text("Can we talk?")
    assert ContactPoint.objects.get().phone_kind == "mobile"
    assert FamilyReach.objects.get().answered_at is not None
