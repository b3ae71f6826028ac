"""A district drawn from a seed, with everything that can be true of families, and things that happen to it."""

import random
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import TypeVar

from bothways.consent.models import Stop
from bothways.ledger.models import FamilyReach
from bothways.messaging.models import Delivery, Message
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

HELD = ("", "no_contact_point", "stopped", "no_translation", "spoken_needed", "no_guardian")
STATES = ("queued", "claimed", "held", "accepted", "delivered", "undelivered", "rejected", "seen")


M = TypeVar("M", Student, Guardian, Household, Link, ContactPoint, Restriction, Stop)


class Drawn:
    """``families`` homes of one district; ``now`` is the moment that everything lies around."""

    def __init__(self, seed: int, families: int, now: datetime) -> None:
        self.draw = random.Random(seed)
        self.now = now
        self.today = now.date()
        self.district = District.objects.create(sis_id=f"drawn-{seed}", name="Drawn")
        self.schools = [
            School.objects.create(district=self.district, sis_id=f"s{n}", name=f"School {n}")
            for n in range(3)
        ]
        self.message = Message.objects.create(
            district=self.district, purpose="routine", created_at=now, audience={}
        )
        self.number = 0
        for _ in range(families):
            self.family()

    def chance(self, share: float) -> bool:
        return self.draw.random() < share

    def _next(self) -> int:
        self.number += 1
        return self.number

    def _ended(self, share: float = 0.1) -> datetime | None:
        return self.now if self.chance(share) else None

    def moment(self, share: float = 0.5) -> datetime | None:
        """Some moment around the period's start and now, or none."""
        if not self.chance(share):
            return None
        return self.now + timedelta(hours=self.draw.randint(-24 * 20, 24 * 4))

    def day(self) -> date | None:
        return self.today + timedelta(days=self.draw.randint(-3, 3)) if self.chance(0.7) else None

    def student(self) -> Student:
        return Student.objects.create(
            district=self.district,
            sis_id=f"st-{self._next()}" if self.chance(0.9) else None,
            school=self.draw.choice([*self.schools, None]),
            ended_at=self._ended(),
        )

    def family(self) -> Household:
        home = Household.objects.create(
            district=self.district, created_at=self.now, ended_at=self._ended(0.05)
        )
        children = [self.student() for _ in range(self.draw.randint(0, 2))]
        if self.chance(0.2) and (others := list(Student.objects.filter(district=self.district))):
            children.append(self.draw.choice(others))
        for child in dict.fromkeys(children):
            HouseholdStudent.objects.create(household=home, student=child)
        for _ in range(self.draw.randint(0, 2)):
            adult = self.guardian(home)
            for child in dict.fromkeys(children):
                if self.chance(0.8):
                    self.link(child, adult)
        self.times(home)
        for _ in range(self.draw.randint(0, 2)):
            self.delivery(home)
        return home

    def guardian(self, home: Household | None) -> Guardian:
        adult = Guardian.objects.create(
            district=self.district,
            sis_id=f"gu-{self._next()}",
            household=home,
            speaks=self.draw.choice(["", "en", "es"]),
            reads=self.draw.choice(["", "es", "ar"]),
            ended_at=self._ended(),
        )
        for _ in range(self.draw.randint(0, 2)):
            self.point(adult)
        return adult

    def point(self, adult: Guardian) -> ContactPoint | None:
        match = f"+1312555{self.draw.randint(0, 15):04}"
        if adult.points.filter(match=match).exists():
            return None
        made = ContactPoint.objects.create(
            district=self.district,
            guardian=adult,
            kind="phone",
            address=match,
            match=match,
            state=self.draw.choice(["unknown", "working", "failing"]),
            why=self.draw.choice(["", "", "wrong_person"]),
            ended_at=self._ended(),
        )
        if self.chance(0.2):
            self.stop(match)
        return made

    def stop(self, match: str) -> None:
        Stop.objects.get_or_create(
            district=self.district,
            kind="phone",
            match=match,
            by="ours",
            lifted_at=None,
            defaults={"at": self.now},
        )

    def link(self, child: Student, adult: Guardian) -> None:
        link, made = Link.objects.get_or_create(
            student=child,
            guardian=adult,
            defaults={
                "district": self.district,
                "primary_contact": self.chance(0.3),
                "ended_at": self._ended(),
            },
        )
        if made and self.chance(0.4):
            self.restrict(link)

    def restrict(self, link: Link) -> None:
        starts, ends = self.day(), self.day()
        if starts and ends and ends < starts:
            starts, ends = ends, starts
        Restriction.objects.get_or_create(
            link=link,
            kind=self.draw.choice(["contact", "contact", "records"]),
            starts_on=starts,
            ends_on=ends,
            source="local",
            defaults={
                "district": self.district,
                "needs_review": self.chance(0.1),
                "lifted_at": self._ended(),
            },
        )

    def times(self, home: Household) -> None:
        if self.chance(0.2):
            FamilyReach.objects.filter(household=home).delete()
            return
        FamilyReach.objects.update_or_create(
            household=home,
            defaults={
                "district": self.district,
                "attempted_at": self.moment(),
                "delivered_at": self.moment(0.3),
                "seen_at": self.moment(0.15),
                "answered_at": self.moment(0.1),
                "met_at": self.moment(0.05),
                "held_at": self.moment(),
                "held_why": self.draw.choice(HELD),
                "waiting_until": self.moment(),
                "failed_at": self.moment(),
            },
        )

    def delivery(self, home: Household) -> None:
        number = self._next()
        Delivery.objects.create(
            district=self.district,
            message=self.message,
            household=home,
            channel="text",
            kind="phone",
            match=f"+1312555{self.draw.randint(0, 15):04}",
            address="",
            languages=[],
            lane=2,
            attempt=number,
            key=f"{self.district.pk}-{number}",
            code=f"{self.district.pk}-{number}",
            state=self.draw.choice(STATES),
            not_before=self.now,
            created_at=self.moment(1) or self.now,
        )

    def one(self, model: type[M]) -> M | None:
        """Any row of this district's."""
        rows = list(model._default_manager.filter(district=self.district).order_by("pk"))
        return self.draw.choice(rows) if rows else None

    def happen(self) -> str:
        """One thing that happens to a school's families; its name."""
        event = self.draw.choice(EVENTS)
        event(self)
        return event.__name__


def a_child_moves_or_leaves(it: Drawn) -> None:
    if child := it.one(Student):
        child.school = it.draw.choice([*it.schools, None])
        child.ended_at = it._ended(0.3)
        child.save()


def a_child_gets_a_home(it: Drawn) -> None:
    child, home = it.one(Student), it.one(Household)
    if child and home:
        HouseholdStudent.objects.get_or_create(household=home, student=child)


def a_child_loses_a_home(it: Drawn) -> None:
    if child := it.one(Student):
        HouseholdStudent.objects.filter(student=child).delete()


def an_adult_changes(it: Drawn) -> None:
    if adult := it.one(Guardian):
        adult.household = it.one(Household)
        adult.reads = it.draw.choice(["", "so", "vi"])
        adult.ended_at = it._ended(0.3)
        adult.save()


def a_link_changes(it: Drawn) -> None:
    if link := it.one(Link):
        link.ended_at = it._ended(0.5)
        link.primary_contact = it.chance(0.5)
        link.save()


def an_adult_is_found(it: Drawn) -> None:
    child, home = it.one(Student), it.one(Household)
    if child and home:
        it.link(child, it.guardian(home))


def an_adult_is_linked(it: Drawn) -> None:
    child, adult = it.one(Student), it.one(Guardian)
    if child and adult:
        it.link(child, adult)


def an_order_comes(it: Drawn) -> None:
    if link := it.one(Link):
        it.restrict(link)


def an_order_is_lifted_or_mended(it: Drawn) -> None:
    if order := it.one(Restriction):
        order.lifted_at = it._ended(0.5)
        order.needs_review = it.chance(0.3)
        order.save()


def an_order_is_deleted(it: Drawn) -> None:
    if order := it.one(Restriction):
        order.delete()


def an_address_changes(it: Drawn) -> None:
    if point := it.one(ContactPoint):
        point.state = it.draw.choice(["working", "failing"])
        point.why = it.draw.choice(["", "wrong_person"])
        point.ended_at = it._ended(0.3)
        point.save()


def an_address_is_learned(it: Drawn) -> None:
    if adult := it.one(Guardian):
        it.point(adult)


def an_address_is_deleted(it: Drawn) -> None:
    if point := it.one(ContactPoint):
        point.delete()


def a_stop_comes(it: Drawn) -> None:
    it.stop(f"+1312555{it.draw.randint(0, 15):04}")


def a_stop_is_lifted(it: Drawn) -> None:
    if stop := it.one(Stop):
        stop.lifted_at = it.now
        stop.save()


def a_stop_is_deleted(it: Drawn) -> None:
    if stop := it.one(Stop):
        stop.delete()


def a_home_ends(it: Drawn) -> None:
    if home := it.one(Household):
        home.ended_at = it._ended(0.5)
        home.save()


def a_home_is_new(it: Drawn) -> None:
    it.family()


def something_is_sent(it: Drawn) -> None:
    if home := it.one(Household):
        it.times(home)
        it.delivery(home)


def days_pass(it: Drawn) -> None:
    it.now += timedelta(days=it.draw.randint(-2, 3))


EVENTS: tuple[Callable[[Drawn], None], ...] = (
    a_child_moves_or_leaves,
    a_child_gets_a_home,
    a_child_loses_a_home,
    an_adult_changes,
    a_link_changes,
    an_adult_is_found,
    an_adult_is_linked,
    an_order_comes,
    an_order_is_lifted_or_mended,
    an_order_is_deleted,
    an_address_changes,
    an_address_is_learned,
    an_address_is_deleted,
    a_stop_comes,
    a_stop_is_lifted,
    a_stop_is_deleted,
    a_home_ends,
    a_home_is_new,
    something_is_sent,
    days_pass,
)
