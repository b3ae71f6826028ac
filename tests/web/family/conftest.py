"""Alician, Troy’s mother, holds a link; so does everything that can go wrong with one."""

from collections.abc import Iterator

import pytest
from django.test import Client

from bothways.accounts.enums import Role
from bothways.accounts.models import Duty, Membership, User
from bothways.core import clock
from bothways.messaging.audience import Audience
from bothways.messaging.enums import Purpose, State
from bothways.messaging.models import Delivery
from bothways.messaging.services.messages import Draft, send
from bothways.people.models import Guardian, Student
from bothways.schools.models import District, School
from bothways.web import hooks
from bothways.web.family import frame, notices, reply
from messaging.world import World
from web.family.reading import Letter

ENGLISH = (
    "Troy takes part a lot in class.\n\nThis week 2 of 5 tasks came in. What do you see at home?"
)
SPANISH = (
    "Troy participa mucho en clase.\n\nEsta semana entregó 2 de 5 tareas. ¿Qué ve usted en casa?"
)


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """What a server worker remembers of others is not there yet."""
    for remembered in (frame.misses, reply.sending, notices.asking):
        remembered.forget()
    hooks.forget_settings()
    yield
    hooks.forget_settings()


@pytest.fixture
def world(db: None) -> World:
    district = District.objects.create(
        sis_id="d", name="Grand Bend Schools", phone="(312) 555-0100", default_language="en"
    )
    school = School.objects.create(
        district=district, sis_id="s", name="Lincoln School", phone="(312) 555-0142"
    )
    return World(district, school)


@pytest.fixture
def mrs_c(world: World) -> User:
    user = User.objects.create_user(
        "c@example.org", district=world.district, given="Mrs.", family="C"
    )
    Membership.objects.create(
        district=world.district, user=user, role=Role.PRINCIPAL, school=world.school
    )
    Duty.objects.create(district=world.district, user=user)
    return user


@pytest.fixture
def troy(world: World) -> Student:
    return world.student("Troy")


@pytest.fixture
def alician(world: World, troy: Student) -> Guardian:
    guardian = world.guardian("Alician", email="alician@example.org", reads="es")
    world.home(troy, guardians=[guardian])
    return guardian


@pytest.fixture
def letter(world: World, mrs_c: User, alician: Guardian, troy: Student) -> Letter:
    """Mrs. C writes about Troy (or to all), it goes out, and this is what Alician got."""

    def write(
        *, about: Student | None = troy, state: State = State.ACCEPTED, **bodies: str
    ) -> Delivery:
        message, _ = send(
            Draft(
                Purpose.PERSONAL if about else Purpose.ROUTINE,
                Audience(students=(about.sis_id or "",)) if about else Audience(),
                bodies or {"en": ENGLISH, "es": SPANISH},
                {},
                student=about,
            ),
            district=world.district,
            by=mrs_c,
        )
        Delivery.objects.filter(message=message).update(
            state=state.value, rank=state.rank, accepted_at=clock.now()
        )
        return Delivery.objects.get(message=message, household=alician.household)

    return write


@pytest.fixture
def phone() -> Client:
    """A browser that enforces what real ones do."""
    return Client(enforce_csrf_checks=True)
