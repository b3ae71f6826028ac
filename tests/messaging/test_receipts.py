"""Receipts in any order, twice, or never: the same end."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bothways.channels.contract import Event
from bothways.channels.enums import EventKind, ReceiptState
from bothways.channels.models import RawEvent
from bothways.channels.services import store
from bothways.consent.models import Stop
from bothways.core import clock
from bothways.ledger.models import ContactEvent, FamilyReach
from bothways.messaging.enums import State
from bothways.messaging.models import Delivery
from bothways.messaging.rules import forward
from bothways.messaging.services.receipts import apply_receipts, apply_waiting, note_handed_over
from bothways.messaging.services.sending import send_due
from bothways.people.models import ContactPoint
from messaging.world import MONDAY_MORNING, FakeCarrier, World

RECEIPTS = st.lists(
    st.tuples(
        st.sampled_from(list(ReceiptState)),
        st.sampled_from(["", "30003", "30005", "30006", "30008"]),
    ),
    min_size=1,
    max_size=6,
)


def receipt(delivery: Delivery, state: ReceiptState, code: str = "", n: int = 0) -> Event:
    failed = state is ReceiptState.UNDELIVERED
    return Event(
        EventKind.RECEIPT,
        f"{delivery.pk}-{state}-{code}-{n}",
        key=delivery.key,
        state=state,
        code=code if failed else "",
    )


def snapshot(delivery: Delivery) -> tuple[object, ...]:
    """Everything that a receipt may move, for this delivery, its family and its address."""
    delivery.refresh_from_db()
    row = FamilyReach.objects.get(pk=delivery.household_id)
    point = ContactPoint.objects.get(match=delivery.match)
    lines = ContactEvent.objects.filter(household=delivery.household_id)
    return (
        delivery.state,
        delivery.rank,
        delivery.error,
        row.attempted_at is not None,
        row.delivered_at is not None,
        row.waiting_until,
        row.failed_at,
        point.state,
        point.phone_kind,
        point.why,
        sorted(lines.values_list("level", flat=True)),
    )


@pytest.fixture
def pair(world: World, carrier: FakeCarrier) -> tuple[Delivery, Delivery]:
    """Two families alike."""
    for n, child in enumerate(("Troy", "Luis")):
        guardian = world.guardian(f"of {child}", mobile=f"+1312555010{n}")
        world.home(world.student(child), guardians=[guardian])
    world.write()
    send_due(world.district, urgent=False)
    one, two = Delivery.objects.order_by("pk")
    return one, two


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(told=RECEIPTS, data=st.data())
def test_any_order_and_repetition_ends_the_same(
    pair: tuple[Delivery, Delivery],
    told: list[tuple[ReceiptState, str]],
    data: st.DataObject,
) -> None:
    from django.db import transaction

    shuffled = data.draw(st.permutations(told)) + data.draw(st.lists(st.sampled_from(told)))
    cuts = data.draw(st.sets(st.integers(0, len(shuffled))))
    with transaction.atomic():
        for n, (state, code) in enumerate(told):
            apply_receipts([receipt(pair[0], state, code, n)], at=clock.now())
        batch: list[Event] = []
        for n, (state, code) in enumerate(shuffled):
            batch.append(receipt(pair[1], state, code, n))
            if n in cuts:
                apply_receipts(batch, at=clock.now())
                batch = []
        apply_receipts(batch, at=clock.now())
        assert snapshot(pair[0]) == snapshot(pair[1])
        transaction.set_rollback(True)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(told=RECEIPTS, data=st.data())
def test_losing_all_but_the_strongest_ends_the_same(
    pair: tuple[Delivery, Delivery],
    told: list[tuple[ReceiptState, str]],
    data: st.DataObject,
) -> None:
    from django.db import transaction

    events = [receipt(pair[0], state, code, n) for n, (state, code) in enumerate(told)]
    strongest = max(
        told,
        key=lambda t: (
            list(ReceiptState).index(t[0]),
            t[1] if t[0] is ReceiptState.UNDELIVERED else "",
        ),
    )
    with transaction.atomic():
        apply_receipts(events, at=clock.now())
        apply_receipts([receipt(pair[1], *strongest)], at=clock.now())
        first, second = snapshot(pair[0]), snapshot(pair[1])
        assert first == second
        transaction.set_rollback(True)


@given(st.lists(st.sampled_from(list(State)), min_size=1), st.randoms())
def test_states_only_move_forward(news: list[State], random: object) -> None:
    state = news[0]
    for item in news[1:]:
        after = forward(state, item)
        assert after.rank >= state.rank
        state = after
    assert state.rank == max(item.rank for item in news)


def test_a_delivered_text_shows_that_the_number_works_and_is_a_mobile(
    pair: tuple[Delivery, Delivery],
) -> None:
    apply_receipts([receipt(pair[0], ReceiptState.DELIVERED)], at=clock.now())
    point = ContactPoint.objects.get(match=pair[0].match)
    assert (point.state, point.phone_kind) == ("working", "mobile")


def test_a_landline_is_not_failing_and_is_not_texted_again(
    pair: tuple[Delivery, Delivery], world: World
) -> None:
    apply_receipts([receipt(pair[0], ReceiptState.UNDELIVERED, "30006")], at=clock.now())
    point = ContactPoint.objects.get(match=pair[0].match)
    assert (point.state, point.phone_kind) == ("unknown", "landline")
    _, fanned = world.write()
    assert (fanned.deliveries, fanned.blocked) == ({"text": 1}, {"no_contact_point": 1})


def test_raw_events_are_applied_once_and_unknown_ones_are_kept(
    pair: tuple[Delivery, Delivery],
) -> None:
    events = [
        receipt(pair[0], ReceiptState.DELIVERED),
        Event(EventKind.RECEIPT, "stranger", key="f" * 32, state=ReceiptState.DELIVERED),
    ]
    store("twilio", events)
    store("twilio", events)
    assert RawEvent.objects.count() == 2
    assert apply_waiting() == 2
    assert apply_waiting() == 0
    assert dict(RawEvent.objects.values_list("dedupe", "outcome")) == {
        events[0].dedupe: "applied",
        "stranger": "unmatched",
    }


def test_the_carriers_own_block_is_kept_apart_from_our_stops(
    pair: tuple[Delivery, Delivery],
) -> None:
    event = Event(
        EventKind.RECEIPT,
        "b",
        key=pair[0].key,
        state=ReceiptState.UNDELIVERED,
        code="21610",
        blocked=True,
    )
    apply_receipts([event], at=clock.now())
    assert list(Stop.objects.values_list("match", "by")) == [(pair[0].match, "carrier")]
    # The number works; only this carrier refuses it.
    assert ContactPoint.objects.get(match=pair[0].match).state == "unknown"


def test_a_persons_word_makes_a_handover_delivered(world: World, carrier: FakeCarrier) -> None:
    guardian = world.guardian("Alician", address="9 Elm St", address_hidden=True)
    world.home(world.student("Troy"), guardians=[guardian])
    world.write()
    send_due(world.district, urgent=False)
    delivery = Delivery.objects.get()
    assert (delivery.channel, delivery.state) == ("handover", "accepted")
    assert note_handed_over(key=delivery.key, at=MONDAY_MORNING + timedelta(days=1))
    delivery.refresh_from_db()
    assert delivery.state == "delivered"
