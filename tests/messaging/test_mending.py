"""A number stops working: the family is asked once, by another way; who changes hands is left in peace."""

from datetime import timedelta
from pathlib import Path

import pytest

from bothways.accounts.models import User
from bothways.channels.contract import Event
from bothways.channels.enums import EventKind
from bothways.channels.models import RawEvent
from bothways.core import clock, jobs
from bothways.ledger.models import ContactEvent
from bothways.messaging.enums import Purpose
from bothways.messaging.models import Delivery, Entry, Message
from bothways.messaging.services import mending, proving
from bothways.messaging.services.conversations import NoWay, answer
from bothways.messaging.services.replies import receive_text
from bothways.people import changes
from bothways.people.changes import Told
from bothways.people.enums import ChangeHow, PointKind
from bothways.people.models import (
    ContactPoint,
    ContactProof,
    Guardian,
    Household,
    PointAsked,
    PointChange,
)
from messaging.world import FakeCarrier, World

pytestmark = pytest.mark.django_db


def fails(guardian: Guardian, match: str, why: str = "30005") -> ContactPoint:
    point = ContactPoint.objects.get(guardian=guardian, match=match)
    point.state, point.why, point.state_at = "failing", why, clock.now()
    point.save()
    return point


def works(guardian: Guardian, match: str) -> ContactPoint:
    point = ContactPoint.objects.get(guardian=guardian, match=match)
    point.state = "working"
    point.save()
    return point


@pytest.fixture
def alician(world: World) -> Guardian:
    """Two numbers, a mailbox and a home."""
    guardian = world.guardian(
        "Alician",
        mobile="+13125550143",
        email="alician@example.org",
        address="9 Elm St\nGrand Bend",
        reads="es",
    )
    world.home(world.student("Troy"), guardians=[guardian])
    return guardian


@pytest.fixture
def ken(world: World) -> User:
    return User.objects.create_user("ken@example.org", district=world.district, given="Ken")


def asked() -> list[tuple[str, str, str]]:
    found = Delivery.objects.filter(message__kind="mend").order_by("pk")
    return [(d.channel, d.match, d.message.versions.get().body) for d in found]


def test_a_failing_number_is_asked_about_by_mail_in_her_language_once(
    world: World, alician: Guardian, carrier: FakeCarrier
) -> None:
    fails(alician, "+13125550143")
    mending.ask_due(at=clock.now())
    mending.ask_due(at=clock.now() + timedelta(days=30))
    question = (
        "El número de teléfono que termina en 43 ya no nos funciona. ¿Qué número podemos usar?"
    )
    assert asked() == [("email", "alician@example.org", question)]
    jobs.run_all()
    (out,) = carrier.sent
    assert out.versions[0].body.startswith(question)
    assert out.reply_url in out.versions[0].body
    assert "3125550143" not in out.versions[0].body


def test_a_point_that_fails_again_after_it_worked_is_asked_about_again(
    world: World, alician: Guardian
) -> None:
    point = fails(alician, "+13125550143")
    mending.ask_due(at=clock.now())
    ContactPoint.objects.filter(pk=point.pk).update(state="working")
    mending.ask_due(at=clock.now() + timedelta(days=20))
    fails(alician, "+13125550143")
    assert mending.ask_due(at=clock.now() + timedelta(days=40)) == 1
    assert PointAsked.objects.filter(point=point).count() == 2


def test_several_failing_points_of_one_family_are_one_question(
    world: World, alician: Guardian
) -> None:
    fails(alician, "+13125550143")
    fails(alician, "alician@example.org", "5.1.1")
    assert mending.ask_due(at=clock.now()) == 1
    assert [way for way, _, _ in asked()] == ["letter"]
    assert PointAsked.objects.count() == 2


def test_another_adult_of_the_home_is_asked_where_the_owner_has_no_way_but_paper(
    world: World,
) -> None:
    ruth, dale = (
        world.guardian("Ruth", mobile="+13125550111"),
        world.guardian("Dale", email="d@example.org"),
    )
    world.home(world.student("Emily"), guardians=[ruth, dale])
    fails(ruth, "+13125550111")
    mending.ask_due(at=clock.now())
    assert [(way, to) for way, to, _ in asked()] == [("email", "d@example.org")]


def test_nobody_of_another_home_is_asked(world: World) -> None:
    emily = world.student("Emily")
    ruth, dale = (
        world.guardian("Ruth", mobile="+13125550111"),
        world.guardian("Dale", email="d@example.org"),
    )
    world.home(emily, guardians=[ruth])
    world.home(emily, guardians=[dale])
    fails(ruth, "+13125550111")
    assert mending.ask_due(at=clock.now()) == 0


def test_nobody_barred_is_asked_and_nobody_is_asked_about_one(world: World) -> None:
    luis = world.student("Luis")
    hector = world.guardian("Hector", mobile="+13125550177", email="h@example.org")
    world.home(luis, guardians=[hector])
    world.bar(luis, hector)
    fails(hector, "+13125550177")
    assert mending.ask_due(at=clock.now()) == 0


def test_who_does_not_read_is_left_to_a_call(world: World, alician: Guardian) -> None:
    Guardian.objects.filter(pk=alician.pk).update(can_read=False)
    fails(alician, "+13125550143")
    assert mending.ask_due(at=clock.now()) == 0


def test_a_stopped_mailbox_is_no_way_and_a_hidden_home_is_not_printed(
    world: World, alician: Guardian
) -> None:
    from bothways.consent.models import Stop
    from bothways.consent.services import stop

    stop(
        district=world.district,
        kind="email",
        match="alician@example.org",
        by=Stop.By.OURS,
        at=clock.now(),
    )
    Guardian.objects.filter(pk=alician.pk).update(address_hidden=True)
    fails(alician, "+13125550143")
    mending.ask_due(at=clock.now())
    assert [(d.channel, d.address) for d in Delivery.objects.all()] == [("handover", "")]


def test_a_text_waits_for_the_end_of_quiet_hours(
    world: World, alician: Guardian, carrier: FakeCarrier, at: Path
) -> None:
    fails(alician, "alician@example.org", "5.1.1")
    clock.stop_at(at, clock.now() + timedelta(hours=14))  # eleven at night
    mending.ask_due(at=clock.now())
    jobs.run_all()
    assert carrier.sent == []


def answers(alician: Guardian, words: str) -> Entry:
    delivery = Delivery.objects.get(message__kind="mend")
    talk = world_talk(delivery)
    return Entry.objects.create(
        district=delivery.district, conversation=talk, from_family=True, at=clock.now(), guardian=alician,
        channel="email", body=words, delivery=delivery,
    )  # fmt: skip


def world_talk(delivery: Delivery) -> "object":
    from bothways.messaging.models import Conversation

    return Conversation.objects.create(
        district=delivery.district, household=delivery.household, last_at=clock.now()
    )


def test_a_number_in_the_answer_is_a_proposal_and_changes_nothing(
    world: World, alician: Guardian, ken: User
) -> None:
    point = fails(alician, "+13125550143")
    mending.ask_due(at=clock.now())
    answers(alician, "Use (312) 555-0199 please")
    mending.read_answers(at=clock.now())
    mending.read_answers(at=clock.now())
    change = PointChange.objects.get()
    assert (change.point, change.new, change.how, change.confirmed_at) == (
        point, "+13125550199", "answer", None,
    )  # fmt: skip
    assert not ContactPoint.objects.filter(match="+13125550199").exists()
    mending.settle(change=change, by=ken)
    fresh = ContactPoint.objects.get(match="+13125550199")
    assert (fresh.guardian, fresh.source, fresh.state) == (alician, "local", "unknown")
    point.refresh_from_db()
    assert point.ended_at is not None


@pytest.mark.parametrize(
    "words", ["312 555 0199 or 312 555 0198", "I do not know", "call 911", "1"]
)
def test_words_that_name_no_number_or_several_are_for_a_person(
    world: World, alician: Guardian, words: str
) -> None:
    fails(alician, "+13125550143")
    mending.ask_due(at=clock.now())
    answers(alician, words)
    mending.read_answers(at=clock.now())
    assert PointChange.objects.count() == 0


def proposed(
    alician: Guardian, typed: str = "(312) 555-0199", form: str = "f1"
) -> list[PointChange]:
    point = ContactPoint.objects.get(guardian=alician, match="+13125550143")
    return changes.propose(
        guardian=alician, told=[Told(PointKind.PHONE, point, typed)], form=form, how=ChangeHow.PAGE
    )


def test_the_old_points_are_told_each_once_also_the_failing_one(
    world: World, alician: Guardian, ken: User, carrier: FakeCarrier
) -> None:
    fails(alician, "+13125550143")
    (change,) = proposed(alician)
    mending.settle(change=change, by=ken)
    told = Delivery.objects.filter(message__kind="changed").order_by("pk")
    assert [(d.channel, d.match) for d in told] == [
        ("text", "+13125550143"),
        ("email", "alician@example.org"),
    ]
    jobs.run_all()
    assert {out.to for out in carrier.sent} == {"+13125550143", "alician@example.org"}
    assert not any("555" in version.body for out in carrier.sent for version in out.versions)
    change.refresh_from_db()
    assert (change.confirmed_by, change.told_at) == (ken, clock.now())


def test_somebody_elses_number_is_not_told(world: World, alician: Guardian, ken: User) -> None:
    fails(alician, "+13125550143", "wrong_person")
    (change,) = proposed(alician)
    mending.settle(change=change, by=ken)
    assert [d.match for d in Delivery.objects.all()] == ["alician@example.org"]


def test_a_change_is_settled_once(world: World, alician: Guardian, ken: User) -> None:
    (change,) = proposed(alician)
    assert proposed(alician) == [change]
    changes.refuse(change=change, by=ken)
    with pytest.raises(changes.Settled):
        mending.settle(change=change, by=ken)
    assert ContactPoint.objects.get(match="+13125550143").ended_at is None


def test_a_code_to_a_working_point_proves_the_change(
    world: World, alician: Guardian, carrier: FakeCarrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proving, "carrier_for", lambda channel: carrier)
    works(alician, "alician@example.org")
    proposed(alician)
    point = proving.ask_proof(form="f1", guardian=alician)
    assert point is not None
    assert point.match == "alician@example.org"
    jobs.run_all()
    (out,) = carrier.sent
    code = "".join(c for c in out.versions[0].body if c.isdigit())[-6:]
    assert code not in str(list(ContactProof.objects.values()))
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    assert proving.prove(form="f1", code=wrong) is None
    assert not ContactPoint.objects.filter(match="+13125550199").exists()
    done = proving.prove(form="f1", code=f" {code[:3]} {code[3:]} ")
    assert done is not None
    assert len(done) == 1
    assert ContactPoint.objects.filter(match="+13125550199", ended_at=None).exists()
    assert PointChange.objects.get().confirmed_by is None
    assert proving.prove(form="f1", code=code) is None


def test_five_wrong_codes_are_enough(
    world: World, alician: Guardian, carrier: FakeCarrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proving, "carrier_for", lambda channel: carrier)
    works(alician, "alician@example.org")
    proposed(alician)
    proving.ask_proof(form="f1", guardian=alician)
    jobs.run_all()
    code = "".join(c for c in carrier.sent[0].versions[0].body if c.isdigit())[-6:]
    for _ in range(proving.TRIES):
        assert proving.prove(form="f1", code="x") is None
    assert proving.prove(form="f1", code=code) is None


def test_no_code_goes_where_it_proves_nothing(world: World, alician: Guardian) -> None:
    proposed(alician)
    assert proving.ask_proof(form="f1", guardian=alician) is None  # nothing is known to work
    works(alician, "+13125550143")
    assert proving.ask_proof(form="f1", guardian=alician) is None  # said not to be right
    works(alician, "alician@example.org")
    world.bar(world.student_one(), alician)
    assert proving.ask_proof(form="f1", guardian=alician) is None  # barred


def test_no_more_than_three_codes_an_hour(world: World, alician: Guardian) -> None:
    works(alician, "alician@example.org")
    for n in range(4):
        proposed(alician, form=f"f{n}")
        sent = proving.ask_proof(form=f"f{n}", guardian=alician)
        assert (sent is not None) == (n < 3)


def hears(number: str, words: str) -> str:
    raw = RawEvent.objects.create(
        carrier="fake",
        dedupe=f"in-{RawEvent.objects.count()}",
        event={},
        kind="inbound",
        received_at=clock.now(),
    )
    event = Event(EventKind.INBOUND, raw.dedupe, from_=number, body=words)
    return receive_text(event, raw=raw, at=clock.now())


@pytest.fixture
def changed_hands(world: World, alician: Guardian, carrier: FakeCarrier) -> Household:
    """Alician is written to; a stranger has her number now, and says so."""
    ContactPoint.objects.filter(guardian=alician, kind="email").delete()
    world.write()
    jobs.run_all()
    hears("+13125550143", "thank you")
    hears("+13125550143", "wrong number")
    home = alician.household
    assert home is not None
    return home


def test_words_of_the_new_owner_do_not_count_for_the_family(
    world: World, alician: Guardian, changed_hands: Household
) -> None:
    lines = ContactEvent.objects.filter(household=changed_hands, direction="from_family").count()
    for words in ("START", "yes", "who is Troy?", "1"):
        hears("+13125550143", words)
    family = ContactEvent.objects.filter(household=changed_hands, direction="from_family")
    assert family.count() == lines
    point = ContactPoint.objects.get(guardian=alician, match="+13125550143")
    assert (point.state, point.why) == ("failing", "wrong_person")
    words = Entry.objects.get(body="who is Troy?")
    assert words.conversation is None  # kept, and not theirs


def test_nothing_more_goes_to_the_new_owner(
    world: World, changed_hands: Household, carrier: FakeCarrier, ken: User
) -> None:
    from bothways.messaging.models import Conversation

    carrier.sent.clear()
    world.write(purpose=Purpose.PERSONAL, en="The bus is late.", es="El autobús llega tarde.")
    jobs.run_all()
    assert [out.channel for out in carrier.sent] == ["letter"]
    talk = Conversation.objects.get(household=changed_hands)
    with pytest.raises(NoWay):
        answer(conversation=talk, words="See you at five.", by=ken)


def test_the_new_owners_own_family_is_heard(world: World, changed_hands: Household) -> None:
    nour = world.guardian("Karim", mobile="+13125550143")
    home = world.home(world.student("Nour"), guardians=[nour])
    hears("+13125550143", "Nour is ill today")
    assert Entry.objects.get(body="Nour is ill today").conversation.household == home  # type: ignore[union-attr]


def test_a_message_about_contact_data_names_no_child(world: World, alician: Guardian) -> None:
    fails(alician, "+13125550143")
    mending.ask_due(at=clock.now())
    message = Message.objects.get(kind="mend")
    assert (message.student, message.records, message.purpose) == (None, False, "personal")


def test_a_letter_asks_once_in_a_term_whether_number_and_address_are_right(
    world: World, carrier: FakeCarrier, at: Path
) -> None:
    ruth = world.guardian("Ruth", address="12 Fence Rd\nGrand Bend", reads="es")
    world.home(world.student("Emily"), guardians=[ruth])
    asks = "¿Cambió su teléfono, correo o dirección?"

    def letter() -> str:
        carrier.sent.clear()
        world.write(purpose=Purpose.PERSONAL)
        jobs.run_all()
        (out,) = carrier.sent
        return out.versions[0].body

    assert asks in letter()
    assert asks not in letter()
    clock.stop_at(at, clock.now() + timedelta(days=130))
    assert asks in letter()


def test_a_text_does_not_ask(world: World, alician: Guardian, carrier: FakeCarrier) -> None:
    world.write(purpose=Purpose.PERSONAL)
    jobs.run_all()
    assert "¿Cambió" not in carrier.sent[0].versions[0].body
