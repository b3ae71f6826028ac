"""A small district in a few words, for tests of messages."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count

from bothways.channels.contract import Event, HookRequest, HookResponse, Outcome, Outgoing
from bothways.channels.enums import Channel, OutcomeKind
from bothways.core import clock
from bothways.core.text import fold_address
from bothways.messaging.audience import Audience
from bothways.messaging.enums import Purpose
from bothways.messaging.fanout import Fanned
from bothways.messaging.models import Message
from bothways.messaging.services.messages import Draft, send
from bothways.people.models import (
    ContactPoint,
    Guardian,
    Household,
    HouseholdStudent,
    Link,
    Restriction,
    Student,
)
from bothways.schools.models import District, School

_numbers = count(100)
MONDAY_MORNING = datetime(2026, 9, 14, 14, 0, tzinfo=UTC)  # 9:00 in Chicago


@dataclass
class World:
    district: District
    school: School

    def student(self, given: str, family: str = "Dyer") -> Student:
        return Student.objects.create(
            district=self.district,
            sis_id=f"st-{next(_numbers)}",
            given=given,
            family=family,
            school=self.school,
            grade="05",
        )

    def student_one(self) -> Student:
        """The first child there is."""
        return Student.objects.filter(district=self.district).order_by("pk")[0]

    def home(
        self, *children: Student, guardians: Sequence[Guardian] = (), **link: object
    ) -> Household:
        home = Household.objects.create(district=self.district, created_at=clock.now())
        for child in children:
            HouseholdStudent.objects.create(household=home, student=child)
            for guardian in guardians:
                Link.objects.create(
                    district=self.district, student=child, guardian=guardian, **link
                )
        for guardian in guardians:
            guardian.household = home
            guardian.save()
        return home

    def guardian(
        self,
        given: str,
        *,
        mobile: str = "",
        phone: str = "",
        email: str = "",
        address: str = "",
        **fields: object,
    ) -> Guardian:
        guardian = Guardian.objects.create(
            district=self.district,
            sis_id=f"gu-{next(_numbers)}",
            given=given,
            family="Dyer",
            **fields,
        )
        for kind, value, said in (
            ("phone", mobile, True),
            ("phone", phone, False),
            ("email", email, False),
            ("postal", address, False),
        ):
            if value:
                ContactPoint.objects.create(
                    district=self.district,
                    guardian=guardian,
                    kind=kind,
                    address=value,
                    match=fold_address(value) if kind == "postal" else value,
                    said_mobile=said,
                )
        return guardian

    def bar(
        self, student: Student, guardian: Guardian, kind: str = "contact", **fields: object
    ) -> None:
        link = Link.objects.get(student=student, guardian=guardian)
        Restriction.objects.create(district=self.district, link=link, kind=kind, **fields)

    def write(
        self,
        *,
        purpose: Purpose = Purpose.ROUTINE,
        audience: Audience | None = None,
        student: Student | None = None,
        **bodies: str,
    ) -> tuple[Message, Fanned]:
        return send(
            Draft(
                purpose,
                audience or Audience(),
                bodies or {"en": "School starts at 8.", "es": "La escuela empieza a las 8."},
                {},
                student=student,
            ),
            district=self.district,
            by=None,
        )


@dataclass
class FakeCarrier:
    """A carrier that keeps what it was given and answers as told."""

    answer: Callable[[Outgoing], Outcome] = lambda out: Outcome(
        out.key, OutcomeKind.ACCEPTED, carrier_id=f"SM{out.key[:10]}"
    )
    name: str = "fake"
    channels: frozenset[Channel] = frozenset(Channel)
    settings: Sequence[object] = ()
    rate: float | None = None
    sent: list[Outgoing] = field(default_factory=list)
    known: list[Event] = field(default_factory=list)

    async def open(self) -> None:
        pass

    async def close(self) -> None:
        pass

    async def send(self, batch: Sequence[Outgoing]) -> AsyncIterator[Outcome]:
        for out in batch:
            self.sent.append(out)
            yield self.answer(out)

    async def poll(self, since: datetime) -> list[Event]:
        return self.known

    def handle(self, request: HookRequest) -> HookResponse:
        return HookResponse(404)
