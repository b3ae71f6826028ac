"""Ten seconds to think again; counts that cost nothing; what is withdrawn stays in."""

from datetime import timedelta
from pathlib import Path

import pytest

from bothways.core import clock
from bothways.ledger.models import FamilyReach
from bothways.messaging.audience import Audience
from bothways.messaging.enums import Purpose
from bothways.messaging.models import Delivery, HeldHome, Message
from bothways.messaging.services.leaving import (
    TooLate,
    leave,
    leave_due,
    move,
    prepare,
    take_back,
    withdraw,
)
from bothways.messaging.services.messages import Draft, audience_of, count, send
from messaging.world import World
from people import Role, staff

DRAFT = Draft(Purpose.PERSONAL, Audience(), {"en": "Come at 5.", "es": "Venga a las 5."}, {})


def _families(world: World) -> None:
    """One of each: text, email in Spanish, post, both parents at one address, barred, stopped, nobody."""
    world.home(world.student("Troy"), guardians=[world.guardian("Alician", mobile="+13125550101")])
    reads = world.guardian("Elena", email="elena@example.org", reads="es")
    world.home(world.student("Luis"), guardians=[reads])
    parents = [world.guardian(name, address="12 Fence Rd\nGrand Bend") for name in ("Ruth", "Dale")]
    world.home(world.student("Emily"), guardians=parents)
    barred, child = world.guardian("Hector", mobile="+13125550102"), world.student("Ana")
    world.home(child, guardians=[barred])
    world.bar(child, barred)
    world.home(
        world.student("Nour"),
        guardians=[world.guardian("Karim", reads="prs", mobile="+13125550103")],
    )
    world.home(
        world.student("Bo"),
        guardians=[world.guardian("Lee", can_read=False, mobile="+13125550104")],
    )
    world.home(world.student("Kim"), guardians=[])


@pytest.mark.parametrize("purpose", list(Purpose))
def test_the_count_is_what_sending_makes_and_writes_nothing(world: World, purpose: Purpose) -> None:
    _families(world)
    draft = Draft(purpose, Audience(), DRAFT.bodies, {})
    before = count(draft, district=world.district, by=None)
    rows = (Message, Delivery, HeldHome, FamilyReach)
    assert [model.objects.count() for model in rows] == [0, 0, 0, 0]
    _message, after = send(draft, district=world.district, by=None)
    assert (before.families, before.recipients, before.deliveries, before.blocked) == (
        after.families,
        after.recipients,
        after.deliveries,
        after.blocked,
    )
    assert before.without_translation == after.without_translation


def test_the_count_says_what_waits_for_digests(world: World) -> None:
    _families(world)
    news = Draft(Purpose.ROUTINE, Audience(), DRAFT.bodies, {})
    send(news, district=world.district, by=None)
    before = count(news, district=world.district, by=None)
    _message, after = send(news, district=world.district, by=None)
    assert (before.digest, before.digest_families, before.digest_first) == (
        after.digest,
        after.digest_families,
        after.digest_first,
    )
    assert before.digest > 0


def test_before_a_word_is_written_the_count_takes_every_language_for_written(world: World) -> None:
    _families(world)
    found = audience_of(DRAFT, district=world.district, by=None)
    assert found.by_language == {"en": 2, "es": 1, "prs": 1}
    assert found.blocked == {"no_guardian": 1, "no_lawful_contact": 1, "spoken_needed": 1}


def test_it_leaves_once_and_not_before_its_time(world: World, at: Path) -> None:
    _families(world)
    author = staff("Dana", Role.DISTRICT_ADMIN, world.district)
    message = prepare(
        DRAFT,
        district=world.district,
        by=author,
        leaves_at=clock.now() + timedelta(seconds=10),
    )
    assert leave(message.pk) is None
    clock.stop_at(at, clock.now() + timedelta(seconds=10))
    assert [leave_due(at=clock.now()) for _ in range(2)] == [1, 0]
    assert leave(message.pk) is None
    assert Delivery.objects.filter(message=message).count() == 3


def test_what_has_left_is_not_taken_back(world: World) -> None:
    _families(world)
    author = staff("Dana", Role.DISTRICT_ADMIN, world.district)
    message, _fanned = send(DRAFT, district=world.district, by=author)
    with pytest.raises(TooLate):
        take_back(message, by=author)
    with pytest.raises(TooLate):
        move(message, leaves_at=clock.now() + timedelta(days=1), by=author)
    assert Delivery.objects.count() == 3


def test_who_may_be_contacted_is_asked_when_it_leaves(world: World, at: Path) -> None:
    _families(world)
    author = staff("Dana", Role.DISTRICT_ADMIN, world.district)
    message = prepare(
        DRAFT, district=world.district, by=author, leaves_at=clock.now() + timedelta(days=1)
    )
    troy = world.student_one()
    world.bar(troy, troy.links.get().guardian)
    clock.stop_at(at, clock.now() + timedelta(days=1))
    leave_due(at=clock.now())
    assert Delivery.objects.filter(message=message, channel="text").count() == 0


def test_withdrawn_twice_stops_once(world: World) -> None:
    _families(world)
    author = staff("Dana", Role.DISTRICT_ADMIN, world.district)
    message, _fanned = send(DRAFT, district=world.district, by=author)
    assert [withdraw(message, by=author) for _ in range(2)] == [3, 0]
    assert set(Delivery.objects.values_list("state", "error")) == {("withheld", "called_off")}
