"""A family that writes by WhatsApp: known by its phone, answered there, stopped there alone."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bothways.accounts.enums import Role
from bothways.accounts.models import Membership, User
from bothways.audit.models import Entry as AuditEntry
from bothways.channels.contract import Event
from bothways.channels.enums import Channel, EventKind, ReceiptState
from bothways.channels.services import configure, store
from bothways.consent.models import Stop
from bothways.core import clock
from bothways.ledger.models import ContactEvent
from bothways.messaging.models import Conversation, Delivery, Entry
from bothways.messaging.rendering import outgoing
from bothways.messaging.services.conversations import acknowledge, answer
from bothways.messaging.services.receipts import apply_waiting
from bothways.messaging.services.sending import send_due
from bothways.people.models import ContactPoint
from messaging.world import FakeCarrier, World

NUMBER = "+13125550101"
SETTINGS = {
    "phone_number_id": "1",
    "access_token": "t",
    "app_secret": "s",
    "verify_token": "v",
    "template": "school_message",
}


@pytest.fixture
def alician(world: World, carrier: FakeCarrier) -> World:
    """Alician, Troy's mother, with a phone; the school has WhatsApp, she has not said so yet."""
    configure("whatsapp", SETTINGS)
    guardian = world.guardian("Alician", mobile=NUMBER, reads="es")
    world.home(world.student("Troy"), guardians=[guardian])
    return world


@pytest.fixture
def mrs_c(world: World) -> User:
    user = User.objects.create_user(
        "c@example.org", district=world.district, given="Mrs.", family="C"
    )
    Membership.objects.create(
        district=world.district, user=user, role=Role.PRINCIPAL, school=world.school
    )
    return user


def writes(body: str, *, wamid: str = "wamid.1", from_: str = NUMBER, audio: str = "") -> None:
    event = Event(EventKind.INBOUND, wamid, from_=from_, body=body, audio=audio, channel="whatsapp")
    store("whatsapp", [event])
    apply_waiting()


def ways() -> list[tuple[str, str]]:
    points = ContactPoint.objects.filter(ended_at=None).order_by("position", "pk")
    return list(points.values_list("kind", "state"))


def levels() -> list[tuple[str, int]]:
    return sorted(ContactEvent.objects.values_list("channel", "level"))


def delivered_by_whatsapp(world: World) -> Delivery:
    """The last message, as it would have gone by WhatsApp."""
    message, _ = world.write()
    delivery = Delivery.objects.get(message=message)
    Delivery.objects.filter(pk=delivery.pk).update(
        channel="whatsapp", kind="whatsapp", match=NUMBER, address=NUMBER
    )
    delivery.refresh_from_db()
    return delivery


def test_first_words_by_whatsapp_find_the_family_and_are_its_agreement(
    alician: World, mrs_c: User
) -> None:
    writes("¿A qué hora es la reunión?")
    entry = Entry.objects.get()
    assert (entry.channel, entry.kind, entry.match) == ("whatsapp", "whatsapp", NUMBER)
    assert entry.guardian is not None
    assert entry.guardian.given == "Alician"
    assert Conversation.objects.get().owner == mrs_c
    assert ways() == [("phone", "unknown"), ("whatsapp", "working")]
    assert levels() == [("whatsapp", 4)]
    assert list(
        AuditEntry.objects.filter(event="contact.point_added").values_list("details", flat=True)
    ) == [{"how": "wrote_to_us"}]


def test_writing_again_adds_nothing(alician: World) -> None:
    writes("Hola")
    writes("¿Hay clase?", wamid="wamid.2")
    assert len(ways()) == 2


@pytest.mark.parametrize("words", ["STOP", "wrong number"])
def test_who_does_not_want_it_has_not_agreed(alician: World, words: str) -> None:
    writes(words)
    assert [kind for kind, _ in ways()] == ["phone"]


def test_words_from_a_number_that_nobody_knows_are_kept(alician: World) -> None:
    writes("hello", from_="+13125559999")
    assert Entry.objects.get().body == "hello"
    assert [kind for kind, _ in ways()] == ["phone"]


def test_message_that_went_to_the_phone_is_not_what_was_answered_here(alician: World) -> None:
    """A text that nobody is known to have got must not look answered."""
    alician.write()
    send_due(alician.district, urgent=False)
    writes("Hola, una pregunta")
    assert Entry.objects.get().delivery is None
    assert Delivery.objects.get(channel="text").state == "accepted"


def test_the_same_news_twice_is_kept_once(alician: World) -> None:
    writes("Hola")
    writes("Hola")
    assert Entry.objects.count() == 1


def test_pressed_button_is_seen_and_not_more(alician: World) -> None:
    writes("Hola")
    delivery = delivered_by_whatsapp(alician)
    press = Event(
        EventKind.GESTURE, "w2", key=delivery.key, button="heard", from_=NUMBER, channel="whatsapp"
    )
    store("whatsapp", [press])
    apply_waiting()
    delivery.refresh_from_db()
    assert delivery.state == "seen"
    assert levels() == [("whatsapp", 3), ("whatsapp", 4)]


def test_blue_ticks_are_delivered_and_not_more(alician: World) -> None:
    delivery = delivered_by_whatsapp(alician)
    read = Event(
        EventKind.RECEIPT,
        "w:read",
        key=delivery.key,
        state=ReceiptState.DELIVERED,
        channel="whatsapp",
    )
    store("whatsapp", [read])
    apply_waiting()
    delivery.refresh_from_db()
    assert delivery.state == "delivered"
    assert levels() == [("whatsapp", 1), ("whatsapp", 2)]


def test_failure_that_is_metas_own_leaves_the_number_as_good_as_it_was(alician: World) -> None:
    writes("Hola")
    for code, expected in (("131047", "working"), ("131049", "working"), ("131026", "failing")):
        delivery = delivered_by_whatsapp(alician)
        failed = Event(
            EventKind.RECEIPT,
            f"w:{code}",
            key=delivery.key,
            state=ReceiptState.UNDELIVERED,
            code=code,
        )
        store("whatsapp", [failed])
        apply_waiting()
        assert dict(ways())["whatsapp"].replace("unknown", "working") == expected


def test_answer_goes_back_by_whatsapp_inside_the_day_as_free_text(
    alician: World, mrs_c: User
) -> None:
    writes("¿A qué hora es la reunión?")
    delivery = answer(conversation=Conversation.objects.get(), words="A las seis.", by=mrs_c)
    assert (delivery.channel, delivery.kind, delivery.address) == ("whatsapp", "whatsapp", NUMBER)
    (sent,) = outgoing([delivery.pk])
    assert (sent.in_session, sent.buttons, sent.versions[0].body) == (True, (), "A las seis.")


def test_day_ends_a_little_before_metas(alician: World, mrs_c: User) -> None:
    writes("¿A qué hora es la reunión?")
    delivery = answer(conversation=Conversation.objects.get(), words="A las seis.", by=mrs_c)
    for hours, open_ in ((22, True), (23.5, False)):
        Entry.objects.filter(from_family=True).update(at=clock.now() - timedelta(hours=hours))
        assert outgoing([delivery.pk])[0].in_session is open_


def test_news_offer_buttons_in_the_readers_language_and_name_nobody(alician: World) -> None:
    delivery = delivered_by_whatsapp(alician)
    (sent,) = outgoing([delivery.pk])
    assert [title for _, title in sent.buttons] == [
        "Lo recibí",
        "Llámeme, por favor",
        "No entiendo",
    ]
    assert (sent.names, sent.children, sent.in_session) == ((), (), False)


def test_family_is_told_at_once_who_reads_its_words(alician: World, mrs_c: User) -> None:
    writes("¿A qué hora es la reunión?")
    delivery = acknowledge(entry=Entry.objects.get())
    assert delivery is not None
    assert delivery.channel == Channel.WHATSAPP


def test_stop_by_whatsapp_stops_whatsapp_alone_and_start_lifts_it(alician: World) -> None:
    writes("Hola")
    writes("STOP", wamid="w2")
    assert list(Stop.objects.filter(lifted_at=None).values_list("kind", "match")) == [
        ("whatsapp", NUMBER)
    ]
    writes("START", wamid="w3")
    assert not Stop.objects.filter(lifted_at=None).exists()


def test_wrong_person_by_whatsapp_is_the_wrong_number_by_phone_too(alician: World) -> None:
    writes("Hola")
    writes("wrong number", wamid="w2")
    assert ways() == [("phone", "failing"), ("whatsapp", "failing")]


def test_number_that_changed_hands_proves_nothing_and_a_person_reads_it(
    alician: World, carrier: FakeCarrier
) -> None:
    news = Event(
        EventKind.INBOUND,
        "w9",
        from_=NUMBER,
        body="[this number has changed to +13125550999]",
        channel="whatsapp",
        machine=True,
    )
    store("whatsapp", [news])
    apply_waiting()
    assert levels() == []
    assert [kind for kind, _ in ways()] == ["phone"]
    assert Conversation.objects.get().waiting_since is not None
    delivery = delivered_by_whatsapp(alician)
    assert not outgoing([delivery.pk])[0].in_session


def test_voice_message_is_words_that_somebody_must_hear(alician: World) -> None:
    writes("", audio="1003383421387256")
    entry = Entry.objects.get()
    assert (entry.meaning, entry.channel) == ("spoken", "whatsapp")
    assert Conversation.objects.get().waiting_since is not None


def test_as_many_questions_for_thirty_numbers_as_for_one(alician: World) -> None:
    ids = []
    for n in range(30):
        guardian = alician.guardian(f"G{n}", mobile=f"+131255502{n:02}")
        alician.home(alician.student(f"S{n}"), guardians=[guardian])
    message, _ = alician.write()
    Delivery.objects.filter(message=message).update(channel="whatsapp", kind="whatsapp")
    ids = list(Delivery.objects.filter(message=message).values_list("pk", flat=True))
    counts = []
    for some in (ids[:1], ids):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            outgoing(some)
        counts.append(len(asked))
    assert counts[0] == counts[1]
