"""Quiet hours, quiet days and stops, as a family said them, in what goes out."""

from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from bothways.accounts.models import User
from bothways.audit.models import Entry as AuditEntry
from bothways.channels.contract import Event
from bothways.channels.enums import EventKind
from bothways.channels.models import RawEvent
from bothways.channels.services import store
from bothways.consent.models import Stop
from bothways.consent.queries import hushed
from bothways.consent.services import (
    Unusable,
    free_again,
    keep_free,
    prefer,
    start_as_asked,
    stop,
)
from bothways.core import clock
from bothways.messaging.enums import Purpose
from bothways.messaging.models import Delivery
from bothways.messaging.services.receipts import apply_waiting
from bothways.messaging.services.sending import send_due
from bothways.messaging.services.stopping import confirm_due
from bothways.people.models import Guardian, Household
from messaging.world import MONDAY_MORNING, FakeCarrier, World

NUMBER = "+13125550101"


@pytest.fixture
def alician(world: World) -> Guardian:
    adult = world.guardian("Alician", mobile=NUMBER, reads="es", speaks="es")
    world.home(world.student("Troy"), guardians=[adult])
    return adult


@pytest.fixture
def ken(world: World) -> User:
    return User.objects.create_user("ken@example.org", district=world.district, given="Ken")


def home_of(adult: Guardian) -> Household:
    assert adult.household is not None
    return adult.household


def wish(adult: Guardian, ken: User, start: time, end: time) -> None:
    prefer(
        household=home_of(adult),
        digest_day=None,
        digest_at=None,
        quiet_from=start,
        quiet_until=end,
        customs="",
        by=ken,
    )


@pytest.mark.parametrize("purpose", [Purpose.ROUTINE, Purpose.TIMELY, Purpose.PERSONAL])
def test_nothing_rings_while_a_night_worker_sleeps(
    world: World, alician: Guardian, ken: User, carrier: FakeCarrier, at: Path, purpose: Purpose
) -> None:
    wish(alician, ken, time(8), time(15))
    world.write(purpose=purpose)
    send_due(world.district, urgent=False)
    assert carrier.sent == []
    three = MONDAY_MORNING.replace(hour=20)  # 15:00 in Chicago
    # It comes due by itself when they are up.
    assert Delivery.objects.get().not_before == three
    clock.stop_at(at, three)
    send_due(world.district, urgent=False)
    assert len(carrier.sent) == 1


def test_an_emergency_wakes_them(
    world: World, alician: Guardian, ken: User, carrier: FakeCarrier
) -> None:
    wish(alician, ken, time(8), time(15))
    world.write(purpose=Purpose.EMERGENCY)
    send_due(world.district, urgent=True)
    assert len(carrier.sent) == 1


def test_an_email_wakes_nobody(world: World, ken: User, carrier: FakeCarrier) -> None:
    karim = world.guardian("Karim", email="karim@example.org")
    world.home(world.student("Nour"), guardians=[karim])
    wish(karim, ken, time(8), time(15))
    world.write()
    send_due(world.district, urgent=False)
    assert len(carrier.sent) == 1


def test_others_do_not_wait_for_one_family(
    world: World, alician: Guardian, ken: User, carrier: FakeCarrier
) -> None:
    ruth = world.guardian("Ruth", mobile="+13125550102")
    world.home(world.student("Emily"), guardians=[ruth])
    wish(alician, ken, time(8), time(15))
    world.write()
    send_due(world.district, urgent=False)
    assert [out.to for out in carrier.sent] == ["+13125550102"]


def test_quiet_hours_that_leave_nothing_are_refused(
    world: World, alician: Guardian, ken: User
) -> None:
    with pytest.raises(Unusable, match="Leave at least one hour free"):
        wish(alician, ken, time(7), time(20))


def test_on_eid_routine_words_wait_for_those_who_keep_it(
    world: World, alician: Guardian, ken: User, carrier: FakeCarrier, at: Path
) -> None:
    karim = world.guardian("Karim", mobile="+13125550103", speaks="ar")
    world.home(world.student("Nour"), guardians=[karim])
    keep_free(district=world.district, title="Eid", language="ar", day=date(2026, 9, 14), by=ken)
    world.write(en="Hello.", es="Hola.", ar="مرحبا")
    send_due(world.district, urgent=False)
    assert [out.to for out in carrier.sent] == [NUMBER]
    clock.stop_at(at, MONDAY_MORNING + timedelta(days=1))
    send_due(world.district, urgent=False)
    assert [out.to for out in carrier.sent] == [NUMBER, "+13125550103"]


def test_on_a_quiet_day_what_cannot_wait_goes_and_a_further_try_does_not(
    world: World, alician: Guardian, ken: User, carrier: FakeCarrier
) -> None:
    keep_free(
        district=world.district,
        household=home_of(alician),
        title="Day of mourning",
        day=date(2026, 9, 14),
        by=ken,
    )
    world.write(purpose=Purpose.TIMELY)
    world.write(purpose=Purpose.PERSONAL)
    again = Delivery.objects.latest("pk")
    Delivery.objects.filter(pk=again.pk).update(attempt=2)
    send_due(world.district, urgent=False)
    assert len(carrier.sent) == 1
    again.refresh_from_db()
    assert (again.state, again.not_before) == (
        "queued",
        datetime(2026, 9, 15, 5, tzinfo=MONDAY_MORNING.tzinfo),  # midnight in Chicago
    )


def test_a_day_for_all_holds_routine_words_of_all(
    world: World, alician: Guardian, ken: User, carrier: FakeCarrier
) -> None:
    kept = keep_free(district=world.district, title="Feast", weekday=0, by=ken)
    world.write()
    send_due(world.district, urgent=False)
    assert carrier.sent == []
    free_again(kept=kept, by=ken)
    assert not hushed(world.district, clock.now())


def test_a_week_without_a_free_day_is_refused(world: World, ken: User) -> None:
    for day in range(6):
        keep_free(district=world.district, title="Closed", weekday=day, by=ken)
    with pytest.raises(Unusable, match="no day of the week is left"):
        keep_free(district=world.district, title="Closed", weekday=6, by=ken)


def text(words: str, *, stop_: bool | None = None) -> None:
    event = Event(EventKind.INBOUND, f"in-{words}", from_=NUMBER, body=words, stop=stop_)
    store("twilio", [event])
    apply_waiting()
    assert RawEvent.objects.get(dedupe=event.dedupe).outcome in ("stop", "start")


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, carrier: FakeCarrier) -> FakeCarrier:
    monkeypatch.setattr("bothways.messaging.services.stopping.carrier_for", lambda channel: carrier)
    return carrier


def test_a_stop_by_text_is_confirmed_once_in_their_language(
    world: World, alician: Guardian, told: FakeCarrier
) -> None:
    world.write()
    send_due(world.district, urgent=False)
    told.sent.clear()
    text("ya no me escriban")
    for _ in range(3):
        confirm_due(at=clock.now())
    (out,) = told.sent
    assert out.to == NUMBER
    assert out.versions[0].body == (
        "Ya no recibirá mensajes de Grand Bend en este número. Para recibirlos otra vez, escriba START."
        " En una emergencia la escuela tampoco escribirá aquí."
    )
    assert (out.purpose, out.key) == ("stop_confirmation", f"stop-{Stop.objects.get().pk}")


def test_after_the_carriers_own_stop_no_text_goes_there(
    world: World, alician: Guardian, told: FakeCarrier
) -> None:
    world.write()
    send_due(world.district, urgent=False)
    told.sent.clear()
    text("STOP", stop_=True)
    confirm_due(at=clock.now())
    assert told.sent == []
    assert set(Stop.objects.values_list("by", flat=True)) == {"ours", "carrier"}


def test_a_stop_at_night_is_confirmed_in_the_morning(
    world: World, alician: Guardian, told: FakeCarrier, at: Path
) -> None:
    world.write()
    send_due(world.district, urgent=False)
    told.sent.clear()
    clock.stop_at(at, MONDAY_MORNING + timedelta(hours=14))
    text("ya no me escriban")
    confirm_due(at=clock.now())
    assert told.sent == []
    clock.stop_at(at, MONDAY_MORNING + timedelta(hours=22))
    confirm_due(at=clock.now())
    assert len(told.sent) == 1


def test_who_changed_their_mind_before_is_told_nothing(
    world: World, alician: Guardian, told: FakeCarrier, at: Path
) -> None:
    world.write()
    send_due(world.district, urgent=False)
    told.sent.clear()
    clock.stop_at(at, MONDAY_MORNING + timedelta(hours=14))
    text("ya no me escriban")
    text("START")
    clock.stop_at(at, MONDAY_MORNING + timedelta(hours=22))
    confirm_due(at=clock.now())
    assert told.sent == []
    assert not Stop.objects.filter(lifted_at=None).exists()


def test_staff_lift_our_stop_on_the_familys_word_and_never_the_carriers(
    world: World, alician: Guardian, ken: User
) -> None:
    for by in Stop.By:
        stop(district=world.district, kind="phone", match=NUMBER, by=by, at=clock.now())
    lifted = start_as_asked(
        district=world.district,
        kind="phone",
        match=NUMBER,
        asked_by="Alician Dyer",
        asked_on=date(2026, 9, 13),
        by=ken,
    )
    assert lifted
    ours = Stop.objects.get(by="ours")
    assert (ours.asked_by, ours.asked_on, ours.lifted_by) == (
        "Alician Dyer",
        date(2026, 9, 13),
        ken,
    )
    assert Stop.objects.get(by="carrier").lifted_at is None
    assert AuditEntry.objects.filter(event="consent.started", user_id=ken.pk).count() == 1
