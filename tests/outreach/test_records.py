"""What has worked is counted, and the address that led to signs is used first."""

from datetime import timedelta
from pathlib import Path

import pytest

from bothways.core import clock
from bothways.messaging.enums import State
from bothways.messaging.models import Delivery
from bothways.outreach.likelihood import Record
from bothways.outreach.queries import experience
from bothways.outreach.services.records import count, is_old, records_of
from bothways.people.models import ContactPoint
from messaging.world import World

pytestmark = pytest.mark.django_db


def went(state: State) -> None:
    Delivery.objects.filter(state=State.QUEUED.value).update(
        state=state.value, rank=state.rank, accepted_at=clock.now()
    )


def test_texts_that_nobody_saw_let_the_email_go_first(world: World, at: Path) -> None:
    world.district.digest_day = None
    world.district.save()
    alician = world.guardian("Alician", mobile="+15125550143", email="a@families.example")
    home = world.home(world.student("Troy"), guardians=[alician])
    for n in range(4):
        world.home(
            world.student(f"Child{n}"),
            guardians=[world.guardian(f"G{n}", email=f"g{n}@families.example")],
        )
    for _ in range(3):
        world.write()
        went(State.DELIVERED)
        Delivery.objects.filter(channel="email").update(
            state=State.SEEN.value, rank=State.SEEN.rank
        )
    now = clock.now()
    count(world.district, now)
    assert records_of(world.district) == {
        "text": {"morning": Record(3, 0)},
        "email": {"morning": Record(12, 12)},
    }
    text, email = ContactPoint.objects.filter(guardian=alician).order_by("kind")[::-1]
    assert (text.kind, email.kind) == ("phone", "email")
    # Texts: the district's 2 of 7 at the weight of four, three more in vain. Emails: 14 of 16.
    assert (text.likely, email.likely) == (16, 88)
    world.write()
    last = Delivery.objects.filter(household=home).order_by("-pk")[0]
    assert last.channel == "email"
    first, second = experience(world.district, home.pk, now=now)
    assert first.words == "Emails: not tried with this family yet; seen in the district 12 of 12."
    assert second.words == "Texts: seen 0 of 3 times by this family; in the district 0 of 3."


def test_it_is_counted_about_once_a_day_and_writes_only_what_changed(
    world: World, at: Path
) -> None:
    world.home(world.student("Troy"), guardians=[world.guardian("A", mobile="+15125550143")])
    world.write()
    went(State.SEEN)
    now = clock.now()
    assert is_old(world.district, now)
    count(world.district, now)
    assert not is_old(world.district, now + timedelta(hours=19))
    assert is_old(world.district, now + timedelta(hours=21))


def test_what_is_older_than_half_a_year_is_forgotten(world: World, at: Path) -> None:
    world.home(world.student("Troy"), guardians=[world.guardian("A", mobile="+15125550143")])
    world.write()
    went(State.SEEN)
    count(world.district, clock.now() + timedelta(days=181))
    assert records_of(world.district) == {}
