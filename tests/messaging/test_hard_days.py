"""What a sceptic found: orders and outages between the fan-out and the carrier, and after it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bothways.accounts.enums import Role
from bothways.accounts.models import Membership, User
from bothways.channels.contract import CarrierError, Event, Misconfigured, Outcome, Outgoing
from bothways.channels.enums import Channel, EventKind, OutcomeKind, ReceiptState
from bothways.channels.services import store
from bothways.consent.models import Stop
from bothways.core import clock
from bothways.ledger.models import ContactEvent
from bothways.messaging import tasks
from bothways.messaging.audience import Audience
from bothways.messaging.enums import Meaning, Purpose
from bothways.messaging.models import Alert, Delivery
from bothways.messaging.services.claiming import Queue, claim, still_mine
from bothways.messaging.services.outcomes import flush
from bothways.messaging.services.receipts import apply_receipts, apply_waiting
from bothways.messaging.services.recovery import STALE, recover
from bothways.messaging.services.replies import receive_page
from bothways.messaging.services.sending import send_due
from bothways.people.models import ContactPoint, Guardian
from messaging.world import MONDAY_MORNING, FakeCarrier, World

NUMBER = "+13125550101"


@pytest.fixture
def alician(world: World) -> World:
    guardian = world.guardian("Alician", mobile=NUMBER, address="9 Elm St")
    world.home(world.student("Troy"), guardians=[guardian])
    return world


def states() -> list[str]:
    return list(Delivery.objects.order_by("pk").values_list("state", flat=True))


def text(body: str, sid: str) -> None:
    store("twilio", [Event(EventKind.INBOUND, sid, from_=NUMBER, to="+1500", body=body)])
    apply_waiting()


def test_a_number_found_wrong_after_the_fan_out_is_not_written_to(
    alician: World, carrier: FakeCarrier
) -> None:
    alician.write()
    ContactPoint.objects.filter(kind="phone").update(state="failing", why="wrong_person")
    send_due(alician.district, urgent=False)
    assert (states(), carrier.sent) == (["withheld"], [])


def test_a_home_hidden_after_the_fan_out_gets_its_letter_by_hand(
    world: World, carrier: FakeCarrier
) -> None:
    world.home(world.student("Emily"), guardians=[world.guardian("Ruth", address="4 Fence Ln")])
    world.write()
    Guardian.objects.update(address_hidden=True)
    send_due(world.district, urgent=False)
    assert [(out.channel, out.to) for out in carrier.sent] == [(Channel.HANDOVER, "")]


def test_a_number_that_the_carrier_blocks_gives_way_to_a_letter(
    alician: World, carrier: FakeCarrier
) -> None:
    carrier.answer = lambda out: Outcome(out.key, OutcomeKind.REJECTED, code="21610")
    alician.write()
    send_due(alician.district, urgent=False)
    assert list(Stop.objects.values_list("match", "by")) == [(NUMBER, "carrier")]
    _, fanned = alician.write()
    assert fanned.deliveries == {"letter": 1}
    text("START", "SM1")
    _, fanned = alician.write()
    assert fanned.deliveries == {"text": 1}


@pytest.mark.parametrize(
    ("words", "levels", "stopped"),
    [("STOP", [1], 1), ("wrong number", [1], 0), ("Please call after six", [1, 4], 0)],
)
def test_words_outrank_the_button_beside_them(
    alician: World, carrier: FakeCarrier, words: str, levels: list[int], stopped: int
) -> None:
    alician.write()
    send_due(alician.district, urgent=False)
    receive_page(Delivery.objects.get(), words=words, button=Meaning.CALL_ME, form_key=None)
    assert sorted(ContactEvent.objects.values_list("level", flat=True)) == levels
    assert Stop.objects.count() == stopped


def test_a_receipt_known_by_the_carriers_id_alone_waits_for_that_id(
    alician: World, carrier: FakeCarrier
) -> None:
    alician.write()
    key = Delivery.objects.get().key
    claim(alician.district, Queue(2, Channel.TEXT, False), at=clock.now())
    store(
        "twilio",
        [Event(EventKind.RECEIPT, "r", carrier_id="SM7", state=ReceiptState.DELIVERED)],
    )
    apply_waiting()
    assert states() == ["claimed"]
    flush([Outcome(key, OutcomeKind.ACCEPTED, carrier_id="SM7")], "fake")
    apply_waiting()
    assert states() == ["delivered"]


def test_a_slow_carrier_does_not_look_like_a_dead_worker(
    alician: World, carrier: FakeCarrier, at: Path
) -> None:
    alician.write(purpose=Purpose.EMERGENCY)
    ids = claim(alician.district, Queue(0, Channel.TEXT, False), at=clock.now()).ids
    for minutes in (2, 4, 6):
        clock.stop_at(at, MONDAY_MORNING + timedelta(minutes=minutes))
        still_mine(ids)
        assert recover() == 0
    clock.stop_at(at, MONDAY_MORNING + timedelta(minutes=6) + STALE * 1.1)
    assert recover() == 1
    assert states() == ["queued"]


def test_a_carrier_that_cannot_be_asked_holds_up_nobody_else(
    alician: World, carrier: FakeCarrier, at: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def down(since: datetime) -> Sequence[Event]:
        raise CarrierError("not now")

    monkeypatch.setattr(carrier, "poll", down)
    alician.write()
    claim(alician.district, Queue(2, Channel.TEXT, False), at=clock.now())
    clock.stop_at(at, MONDAY_MORNING + STALE * 2)
    assert recover() == 0
    assert states() == ["claimed"]


def test_our_own_outage_never_spoils_a_working_number(
    alician: World, carrier: FakeCarrier, at: Path
) -> None:
    alician.write()
    send_due(alician.district, urgent=False)
    first = Delivery.objects.get()
    delivered = Event(EventKind.RECEIPT, "d", key=first.key, state=ReceiptState.DELIVERED)
    apply_receipts([delivered], at=clock.now())
    carrier.answer = lambda out: Outcome(out.key, OutcomeKind.UNAVAILABLE, code="503")
    alician.district.digest_day = None
    alician.write()
    for hours in (24, 48, 73, 74):
        send_due(alician.district, urgent=False)
        clock.stop_at(at, MONDAY_MORNING + timedelta(hours=hours))
    apply_receipts([delivered], at=clock.now())
    assert states() == ["delivered", "undelivered"]
    assert ContactPoint.objects.get(kind="phone").state == "working"


def test_words_about_a_child_never_go_to_a_parent_barred_from_its_records(world: World) -> None:
    troy = world.student("Troy")
    father = world.guardian("Ray", mobile="+13125550109")
    world.home(troy, guardians=[father])
    world.bar(troy, father, kind="records")
    _, fanned = world.write(
        purpose=Purpose.PERSONAL, audience=Audience(schools=("s",)), en="Troy failed math."
    )
    assert fanned.blocked == {"no_lawful_contact": 1}


def test_danger_is_told_by_mail_where_texts_are_not_set_up(
    alician: World, carrier: FakeCarrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ways(channel: Channel, district: object = None) -> FakeCarrier:
        if channel is Channel.TEXT:
            raise Misconfigured("no texts here")
        return carrier

    monkeypatch.setattr("bothways.messaging.services.telling.carrier_for", ways)
    user = User.objects.create_user(
        "principal@example.org", district=alician.district, phone="+13125550100"
    )
    Membership.objects.create(
        district=alician.district, user=user, role=Role.PRINCIPAL, school=alician.school
    )
    alician.write()
    send_due(alician.district, urgent=False)
    text("he says he wants to die", "SM1")
    tasks.tell_duty(alert_id=Alert.objects.get().pk)
    told: Outgoing = carrier.sent[-1]
    assert (told.channel, told.to) == (Channel.EMAIL, "principal@example.org")
    assert "wants to die" not in told.versions[0].body
    assert Alert.objects.get().told_at is not None
