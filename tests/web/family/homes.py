"""What the tests of families’ own pages share: who is there, and how their pages come to be open."""

import re
from dataclasses import dataclass

from django.test import Client

from bothways.accounts.enums import Role
from bothways.accounts.models import Membership, Teaching, User
from bothways.core import jobs
from bothways.hotline.enums import Source
from bothways.hotline.services.posting import put
from bothways.people.enums import PointState
from bothways.people.models import ContactPoint, Enrollment, Guardian, Student
from bothways.schools.models import Section
from bothways.web.family import door
from bothways.web.family.inside import COOKIE
from messaging.world import FakeCarrier, World


@dataclass
class Family:
    """Alician with her phone and mailbox; Troy and Maya; Mrs. C, who teaches Troy."""

    world: World
    alician: Guardian
    troy: Student
    maya: Student
    mrs_c: User
    room_12: Section


def family(world: World) -> Family:
    alician = world.guardian(
        "Alician", mobile="+13125550143", email="alician@example.org", reads="en", speaks="en"
    )
    troy, maya = world.student("Troy"), world.student("Maya")
    world.home(troy, maya, guardians=[alician])
    works(alician)
    mrs_c = User.objects.create_user(
        "mrs.c@example.org", district=world.district, given="Mrs.", family="C"
    )
    Membership.objects.create(
        district=world.district, user=mrs_c, role=Role.TEACHER, school=world.school
    )
    room_12 = Section.objects.create(
        district=world.district, school=world.school, sis_id="c-12", title="Room 12"
    )
    Teaching.objects.create(district=world.district, user=mrs_c, section=room_12)
    Enrollment.objects.create(district=world.district, student=troy, section=room_12)
    return Family(world, alician, troy, maya, mrs_c, room_12)


def works(guardian: Guardian, *matches: str) -> None:
    """Something has shown that these points reach her."""
    points = ContactPoint.objects.filter(guardian=guardian)
    (points.filter(match__in=matches) if matches else points).update(state=PointState.WORKING.value)


def homework(home: Family, words: str, day: object) -> None:
    put(
        section=home.room_12,
        day=day,  # type: ignore[arg-type]
        bodies={"en": words},
        due=None,
        by=home.mrs_c,
        source=Source.WEB,
        language="en",
    )


def open_pages(of: Guardian | Student, phone: Client | None = None) -> Client:
    """A browser in which these pages are open."""
    client = phone or Client()
    value, _ = door.open_session(of=of, device="Android", once=False, how="code")
    client.cookies[COOKIE] = value
    return client


def code_in(carrier: FakeCarrier) -> str:
    """The last code that was sent."""
    jobs.run_all()
    found = re.search(r"\b(\d{6})\b", carrier.sent[-1].versions[0].body)
    assert found is not None
    return found[1]


def at_door(phone: Client, typed: str) -> str:
    """Type a number or mailbox; the address of the page that asks for the code."""
    page = phone.post("/home/enter", {"contact": typed})
    assert page.status_code == 303
    return str(page.headers["Location"])
