"""Claim, send, flush: nothing lost, nothing sent that may not be sent any more."""

from datetime import timedelta
from pathlib import Path

import pytest

from bothways.channels.contract import Event, Outcome
from bothways.channels.enums import Channel, EventKind, OutcomeKind, ReceiptState
from bothways.consent.models import Stop
from bothways.core import clock
from bothways.ledger.models import ContactEvent, FamilyReach
from bothways.messaging.enums import Purpose
from bothways.messaging.models import Delivery, Entry, Message
from bothways.messaging.services.claiming import Queue, claim
from bothways.messaging.services.outcomes import flush
from bothways.messaging.services.receipts import apply_receipts
from bothways.messaging.services.recovery import STALE, poll_texts, recover
from bothways.messaging.services.sending import send_due
from bothways.people.models import ContactPoint
from messaging.world import MONDAY_MORNING, FakeCarrier, World


@pytest.fixture
def alician(world: World) -> World:
    guardian = world.guardian("Alician", mobile="+13125550101", address="9 Elm St")
    world.home(world.student("Troy"), guardians=[guardian])
    return world


def states() -> list[str]:
    return list(Delivery.objects.order_by("pk").values_list("state", flat=True))


def test_an_accepted_text_is_an_attempt_and_no_more(alician: World, carrier: FakeCarrier) -> None:
    alician.write()
    assert send_due(alician.district, urgent=False).count == 1
    assert states() == ["accepted"]
    assert list(ContactEvent.objects.values_list("level", flat=True)) == [1]
    row = FamilyReach.objects.get()
    assert (row.attempted_at, row.delivered_at) == (MONDAY_MORNING, None)
    assert row.waiting_until == MONDAY_MORNING + timedelta(days=2)


def test_the_text_names_the_school_and_how_to_answer(alician: World, carrier: FakeCarrier) -> None:
    alician.write()
    send_due(alician.district, urgent=False)
    body = carrier.sent[0].versions[0].body
    assert body.startswith("Grand Bend Elementary: School starts at 8.\n")
    assert f"/r/{Delivery.objects.get().code}" in body


def test_an_order_that_came_after_the_fan_out_stops_the_send(
    alician: World, carrier: FakeCarrier
) -> None:
    alician.write()
    delivery = Delivery.objects.get()
    link = delivery.recipients.get().link
    alician.bar(link.student, link.guardian)
    send_due(alician.district, urgent=False)
    assert (states(), carrier.sent) == (["withheld"], [])
    assert ContactEvent.objects.count() == 0


def test_a_stop_that_came_after_the_fan_out_holds(alician: World, carrier: FakeCarrier) -> None:
    alician.write()
    Stop.objects.create(
        district=alician.district,
        kind="phone",
        match="+13125550101",
        by=Stop.By.OURS,
        at=clock.now(),
    )
    send_due(alician.district, urgent=False)
    assert (states(), carrier.sent) == (["withheld"], [])


def test_a_letter_to_a_couple_goes_to_the_one_who_may_still_have_it(
    world: World, carrier: FakeCarrier
) -> None:
    emily = world.student("Emily")
    ruth, carl = (world.guardian(n, address="4 Fence Ln") for n in ("Ruth", "Carl"))
    world.home(emily, guardians=[ruth, carl])
    world.write()
    world.bar(emily, carl)
    send_due(world.district, urgent=False)
    assert [out.names for out in carrier.sent] == [("Ruth Dyer",)]


def test_texts_wait_for_the_end_of_the_quiet_hours_and_letters_do_not(
    world: World, carrier: FakeCarrier, at: Path
) -> None:
    world.home(world.student("Troy"), guardians=[world.guardian("A", mobile="+13125550101")])
    world.home(world.student("Emily"), guardians=[world.guardian("B", address="4 Fence Ln")])
    clock.stop_at(at, MONDAY_MORNING + timedelta(hours=12))  # nine in the evening
    world.write()
    send_due(world.district, urgent=False)
    assert sorted(out.channel for out in carrier.sent) == [Channel.LETTER]
    clock.stop_at(at, MONDAY_MORNING + timedelta(hours=22))  # seven in the morning
    send_due(world.district, urgent=False)
    assert sorted(out.channel for out in carrier.sent) == [Channel.LETTER, Channel.TEXT]


def test_an_emergency_does_not_wait_for_the_morning(
    alician: World, carrier: FakeCarrier, at: Path
) -> None:
    clock.stop_at(at, MONDAY_MORNING + timedelta(hours=12))
    alician.write(purpose=Purpose.EMERGENCY)
    send_due(alician.district, urgent=True)
    assert [out.channel for out in carrier.sent] == [Channel.TEXT]


def test_two_claims_never_take_the_same_delivery(alician: World) -> None:
    alician.write()
    first = claim(alician.district, Queue(2, Channel.TEXT, False), at=clock.now())
    second = claim(alician.district, Queue(2, Channel.TEXT, False), at=clock.now())
    assert (len(first.ids), second.count) == (1, 0)


def test_a_carrier_that_is_away_is_tried_again_later_and_not_for_ever(
    alician: World, carrier: FakeCarrier, at: Path
) -> None:
    carrier.answer = lambda out: Outcome(out.key, OutcomeKind.UNAVAILABLE, code="503")
    alician.write()
    tried = []
    for minutes in range(0, 80 * 60, 10):
        clock.stop_at(at, MONDAY_MORNING + timedelta(minutes=minutes))
        before = len(carrier.sent)
        send_due(alician.district, urgent=False)
        if len(carrier.sent) > before:
            tried.append(minutes)
    assert tried[:4] == [0, 10, 20, 30]
    # Texts wait through the nights; three days later the words are not worth sending any more.
    assert (tried[-1] // 60, states()) == (72, ["undelivered"])
    # The carrier failed, not the number: it stays usable.
    assert ContactPoint.objects.get(kind="phone").state == "unknown"


def test_a_refused_number_is_failing_and_shows_as_an_attempt(
    alician: World, carrier: FakeCarrier
) -> None:
    carrier.answer = lambda out: Outcome(out.key, OutcomeKind.REJECTED, code="21211")
    alician.write()
    send_due(alician.district, urgent=False)
    assert states() == ["rejected"]
    assert ContactPoint.objects.get(kind="phone").state == "failing"
    assert FamilyReach.objects.get().failed_at == MONDAY_MORNING


def test_a_receipt_that_overtakes_our_own_record_stands(
    alician: World, carrier: FakeCarrier
) -> None:
    alician.write()
    key = Delivery.objects.get().key
    receipt = Event(EventKind.RECEIPT, "r", key=key, state=ReceiptState.DELIVERED)
    claim(alician.district, Queue(2, Channel.TEXT, False), at=clock.now())
    apply_receipts([receipt], at=clock.now())
    flush([Outcome(key, OutcomeKind.ACCEPTED, carrier_id="SM1")], "fake")
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.carrier_id) == ("delivered", "SM1")


class TestAfterACrash:
    """The worker died between claiming and writing the answer."""

    @pytest.fixture(autouse=True)
    def crashed(self, alician: World, at: Path) -> None:
        alician.write()
        claim(alician.district, Queue(2, Channel.TEXT, False), at=clock.now())
        clock.stop_at(at, MONDAY_MORNING + STALE + timedelta(seconds=1))

    def test_the_carrier_is_asked_and_its_word_counts(self, carrier: FakeCarrier) -> None:
        code = Delivery.objects.get().code
        carrier.known = [
            Event(
                EventKind.RECEIPT,
                "poll",
                carrier_id="SM9",
                state=ReceiptState.DELIVERED,
                body=f"Grand Bend: Hello http://127.0.0.1:8000/r/{code}",
            )
        ]
        assert recover() == 1
        assert (states(), Delivery.objects.get().carrier_id) == (["delivered"], "SM9")

    def test_what_nobody_knows_waits_for_a_person(self, carrier: FakeCarrier) -> None:
        recover()
        assert (states(), carrier.sent) == (["held"], [])

    def test_an_emergency_goes_out_again(self, carrier: FakeCarrier) -> None:
        Message.objects.update(purpose="emergency")
        recover()
        assert states() == ["queued"]


def test_without_a_public_address_the_carrier_is_asked(
    alician: World, carrier: FakeCarrier
) -> None:
    alician.write()
    send_due(alician.district, urgent=False)
    delivery = Delivery.objects.get()
    carrier.known = [
        Event(
            EventKind.RECEIPT,
            "poll-1",
            carrier_id=delivery.carrier_id,
            state=ReceiptState.DELIVERED,
        ),
        Event(EventKind.INBOUND, "poll-2", from_="+13125550101", body="Can we talk on Friday?"),
    ]
    for _ in range(2):
        poll_texts()
    assert states() == ["answered"]
    assert Entry.objects.count() == 1
