"""Sending goes on: emergencies first, through outages, clocks that jump and carriers that are busy."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import OperationalError

from bothways.channels.contract import Outcome, Outgoing
from bothways.channels.enums import Channel, OutcomeKind
from bothways.channels.models import Pace
from bothways.core import clock
from bothways.messaging.enums import Purpose
from bothways.messaging.models import Delivery
from bothways.messaging.services import outcomes, recovery, sending
from bothways.messaging.services.claiming import Queue, claim, still_mine
from bothways.messaging.services.courier import Courier
from bothways.messaging.services.outcomes import write_down
from bothways.messaging.services.recovery import STALE, recover
from bothways.messaging.services.sending import send_due
from bothways.messaging.tasks import due
from messaging.world import MONDAY_MORNING, FakeCarrier, World


@pytest.fixture
def alician(world: World) -> World:
    guardian = world.guardian("Alician", mobile="+13125550101", address="9 Elm St")
    world.home(world.student("Troy"), guardians=[guardian])
    return world


def states() -> list[str]:
    return list(Delivery.objects.order_by("pk").values_list("state", flat=True))


def test_an_emergency_passes_what_waits_also_in_the_hands_of_who_sends_newsletters(
    alician: World, carrier: FakeCarrier
) -> None:
    alician.write()
    alician.write(purpose=Purpose.EMERGENCY, en="School is closed today.")
    send_due(alician.district, urgent=False)
    assert [out.purpose for out in carrier.sent] == ["emergency", "routine"]


def test_the_worker_for_emergencies_sends_nothing_else(
    alician: World, carrier: FakeCarrier
) -> None:
    alician.write()
    alician.write(purpose=Purpose.EMERGENCY, en="School is closed today.")
    send_due(alician.district, urgent=True)
    assert [out.purpose for out in carrier.sent] == ["emergency"]


def test_a_clock_stepped_back_by_an_hour_holds_up_nothing(
    alician: World, carrier: FakeCarrier, at: Path
) -> None:
    alician.write()
    clock.stop_at(at, MONDAY_MORNING - timedelta(hours=1))
    assert due() != []
    send_due(alician.district, urgent=False)
    assert states() == ["accepted"]


def test_a_claim_of_tomorrow_comes_from_a_wrong_clock_and_is_settled(
    alician: World, carrier: FakeCarrier, at: Path
) -> None:
    alician.write()
    claim(alician.district, Queue(2, Channel.TEXT, False), at=clock.now())
    clock.stop_at(at, MONDAY_MORNING - timedelta(hours=1))
    assert recover() == 1
    assert states() == ["held"]


@pytest.mark.parametrize("beats", [True, False])
def test_a_clock_stepped_forward_does_not_make_a_living_worker_look_dead(
    alician: World,
    carrier: FakeCarrier,
    at: Path,
    monkeypatch: pytest.MonkeyPatch,
    beats: bool,
) -> None:
    alician.write(purpose=Purpose.EMERGENCY)
    ids = claim(alician.district, Queue(0, Channel.TEXT, False), at=clock.now()).ids
    clock.run_from(at, MONDAY_MORNING + timedelta(hours=1))
    monkeypatch.setattr(recovery.time, "sleep", lambda seconds: still_mine(ids) if beats else None)
    assert recover() == (0 if beats else 1)
    assert states() == ["claimed" if beats else "queued"]


def test_a_carrier_that_asks_for_time_is_left_alone_by_all(
    alician: World, carrier: FakeCarrier
) -> None:
    carrier.answer = lambda out: Outcome(
        out.key, OutcomeKind.UNAVAILABLE, code="429", retry_after=40.0
    )
    alician.write()
    send_due(alician.district, urgent=False)
    assert Pace.objects.filter(name="fake", paused_until__isnull=False).count() == 1
    carrier.sent.clear()
    alician.write()
    assert send_due(alician.district, urgent=False).count == 0
    assert carrier.sent == []


def test_a_sender_with_a_rate_sends_no_more_than_that(
    world: World, carrier: FakeCarrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(5):
        guardian = world.guardian("Ruth", mobile=f"+1312555010{n}")
        world.home(world.student("Emily"), guardians=[guardian])
    carrier.rate = 2.0
    monkeypatch.setattr(sending, "PATIENCE", 0.0)
    world.write()
    assert send_due(world.district, urgent=False).count == 2
    assert sorted(states()) == ["accepted"] * 2 + ["queued"] * 3


def test_a_slice_of_time_ends_between_batches_and_says_that_there_is_more(
    world: World, carrier: FakeCarrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(3):
        guardian = world.guardian("Ruth", mobile=f"+1312555010{n}")
        world.home(world.student("Emily"), guardians=[guardian])
    monkeypatch.setattr(sending, "BATCH", 1)
    world.write()
    sent = send_due(world.district, urgent=False, seconds=0.0)
    assert (sent.count, sent.more) == (1, True)
    assert send_due(world.district, urgent=False).more is False
    assert states() == ["accepted"] * 3


def test_answers_wait_in_memory_while_the_database_is_away(
    alician: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []
    slept: list[float] = []

    def flush(answers: Sequence[Outcome], carrier: str) -> None:
        calls.append(len(answers))
        if len(calls) < 4:
            raise OperationalError("the database system is starting up")

    class Connection:
        in_atomic_block = False

        def close(self) -> None:
            pass

    monkeypatch.setattr(outcomes, "flush", flush)
    monkeypatch.setattr(outcomes, "connection", Connection())
    monkeypatch.setattr(outcomes.time, "sleep", slept.append)
    write_down([Outcome("k", OutcomeKind.ACCEPTED)], "fake")
    assert calls == [1, 1, 1, 1]
    assert slept == [0.1, 0.2, 0.4]


def test_answers_are_given_up_in_the_end_so_that_the_job_is_seen_to_fail(
    alician: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def flush(answers: Sequence[Outcome], carrier: str) -> None:
        raise OperationalError("no")

    class Connection:
        in_atomic_block = False

        def close(self) -> None:
            pass

    slept: list[float] = []
    monkeypatch.setattr(outcomes, "flush", flush)
    monkeypatch.setattr(outcomes, "connection", Connection())
    monkeypatch.setattr(outcomes.time, "sleep", slept.append)
    with pytest.raises(OperationalError):
        write_down([Outcome("k", OutcomeKind.ACCEPTED)], "fake")
    assert sum(slept) == pytest.approx(outcomes.HELD_FOR, abs=2)


def test_a_beat_that_the_database_misses_breaks_nothing_off(
    alician: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bothways.messaging.services import claiming

    closed: list[bool] = []

    class Connection:
        in_atomic_block = False

        def close(self) -> None:
            closed.append(True)

    class Away:
        def filter(self, **asked: object) -> None:
            raise OperationalError("the database system is shutting down")

    monkeypatch.setattr(claiming, "connection", Connection())
    monkeypatch.setattr(claiming.Delivery, "objects", Away())
    still_mine([1])
    assert closed == [True]


def test_reports_that_were_given_up_are_missed_after_an_hour(
    alician: World, carrier: FakeCarrier, at: Path
) -> None:
    alician.write()
    send_due(alician.district, urgent=False)
    late = []
    for minutes in (30, 90, 3 * 24 * 60):
        clock.stop_at(at, MONDAY_MORNING + timedelta(minutes=minutes))
        late.append(recovery.reports_are_late())
    assert late == [False, True, False]


def test_stale_is_several_beats() -> None:
    assert STALE.total_seconds() > 3 * sending.BEAT_EVERY
    assert recovery.LOOK_AGAIN > sending.BEAT_EVERY


class TestTheCourier:
    def outgoing(self, n: int) -> list[Outgoing]:
        from bothways.channels.contract import Sender, Version

        return [
            Outgoing(str(i), Channel.TEXT, "+1", (Version("en", "Hi"),), "routine", Sender("S"))
            for i in range(n)
        ]

    def test_what_was_answered_before_the_carriers_code_broke_is_told_first(self) -> None:
        class Broken(FakeCarrier):
            async def send(self, batch: Sequence[Outgoing]) -> AsyncIterator[Outcome]:
                yield Outcome("0", OutcomeKind.ACCEPTED)
                raise RuntimeError("a fault of ours")

        told: list[str] = []

        def listen(courier: Courier) -> None:
            for answers in courier.take(Broken(), self.outgoing(2)):
                told.extend(answer.key for answer in answers)

        with Courier(most=50, wait=0.01) as courier, pytest.raises(RuntimeError, match="of ours"):
            listen(courier)
        assert told == ["0"]

    def test_connections_are_opened_once_and_closed_at_the_end(self) -> None:
        class Kept(FakeCarrier):
            opened = closed = 0

            async def open(self) -> None:
                self.opened += 1

            async def close(self) -> None:
                self.closed += 1

        kept = Kept()
        with Courier(most=50, wait=0.01) as courier:
            for _ in range(3):
                answers = [a for some in courier.take(kept, self.outgoing(4)) for a in some]
                assert len(answers) == 4
            assert (kept.opened, kept.closed) == (1, 0)
        assert (kept.opened, kept.closed) == (1, 1)

    def test_who_stops_listening_stops_the_sending(self) -> None:
        class Slow(FakeCarrier):
            async def send(self, batch: Sequence[Outgoing]) -> AsyncIterator[Outcome]:
                for out in batch:
                    self.sent.append(out)
                    yield Outcome(out.key, OutcomeKind.ACCEPTED)
                    await asyncio.sleep(0.02)

        slow = Slow()
        with Courier(most=1, wait=0.01) as courier:
            taken = courier.take(slow, self.outgoing(500))
            next(taken)
            taken.close()  # type: ignore[attr-defined]  # it is a generator
        assert len(slow.sent) < 100


@pytest.mark.django_db(transaction=True)
def test_a_burst_of_receipts_is_taken_in_by_two_hands_and_each_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from bothways.channels.contract import Event
    from bothways.channels.enums import EventKind, ReceiptState
    from bothways.channels.models import RawEvent
    from bothways.channels.services import store
    from bothways.ledger.models import ContactEvent
    from bothways.messaging.services import receipts
    from bothways.schools.models import District, School

    district = District.objects.create(sis_id="d", name="Grand Bend")
    world = World(district, School.objects.create(district=district, sis_id="s", name="School"))
    for n in range(40):
        guardian = world.guardian("Ruth", mobile=f"+131255501{n:02}")
        world.home(world.student("Emily"), guardians=[guardian])
    world.write()
    keys = list(Delivery.objects.values_list("key", flat=True))
    # Each twice, the second time from the other end: both hands meet the same deliveries.
    for number, key in enumerate([*keys, *reversed(keys)]):
        store(
            "twilio",
            [Event(EventKind.RECEIPT, f"r{number}", key=key, state=ReceiptState.DELIVERED)],
        )
    monkeypatch.setattr(receipts, "BATCH", 7)
    assert receipts.apply_all() == 80
    assert set(states()) == {"delivered"}
    assert RawEvent.objects.filter(outcome="applied").count() == 80
    assert ContactEvent.objects.filter(level=2).count() == 40


def test_an_emergency_that_is_not_through_yet_keeps_every_workers_help(
    world: World, carrier: FakeCarrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bothways.messaging import tasks

    for n in range(3):
        guardian = world.guardian("Ruth", mobile=f"+1312555010{n}")
        world.home(world.student("Emily"), guardians=[guardian])
    world.write(purpose=Purpose.EMERGENCY)
    monkeypatch.setattr(sending, "BATCH", 1)
    monkeypatch.setattr(tasks, "SLICE", 0.0)
    queues: list[str] = []
    monkeypatch.setattr(
        tasks.jobs, "enqueue", lambda name, *, queue, **values: queues.append(queue)
    )
    tasks.send_due(district_id=world.district.pk, urgent=1)
    assert (queues, len(carrier.sent)) == (["urgent", "ordinary"], 1)
