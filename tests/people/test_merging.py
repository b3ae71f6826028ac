"""Two rows that are one person: everything goes along, everything comes back, no order is lost."""

from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bothways.accounts.models import User
from bothways.consent.queries import standing
from bothways.core import clock
from bothways.ledger.enums import Direction, Level, SourceKind
from bothways.ledger.models import ContactEvent, FamilyReach
from bothways.ledger.services import Line, write
from bothways.messaging.models import Conversation, Delivery, Entry, Recipient
from bothways.outreach.models import PersonContact
from bothways.people.merging import CannotMerge
from bothways.people.models import (
    ContactPoint,
    Guardian,
    Household,
    HouseholdStudent,
    Link,
    Merge,
    PossiblySame,
    Restriction,
    Student,
)
from bothways.roster.merging import merge, unmerge
from bothways.roster.services import rebuild_households
from messaging.world import World

pytestmark = pytest.mark.django_db

# What says that there was a merge, and what is worked out anew.
_APART = {
    "people.merge",
    "people.possiblysame",
    "audit.entry",
    "people.householdstudent",
    "reach.stale",
    "roster.successor",
}


def everything() -> dict[str, list[Any]]:
    """All rows of the product; homes that hold nobody are history and not compared."""
    found: dict[str, list[Any]] = {}
    for model in apps.get_models():
        label = model._meta.label_lower
        if not model.__module__.startswith("bothways.") or label in _APART:
            continue
        rows = model._base_manager.order_by("pk")
        if label == "people.household":
            rows = rows.filter(ended_at=None)
        found[label] = list(rows.values())
    found["homes"] = sorted(HouseholdStudent.objects.values_list("household_id", "student_id"))
    return {label: rows for label, rows in found.items() if rows}


@pytest.fixture
def ken(world: World) -> User:
    return User.objects.create_user("ken@example.org", district=world.district, given="Ken")


def may_hear(adult: Guardian, child: Student) -> bool:
    links = standing(district=child.district, at=clock.now())
    return links.filter(guardian=adult, student=child).exists()


def twice(world: World, troy: Student) -> tuple[Guardian, Guardian]:
    """Alician under two ids, at one home, with one number in common."""
    one = world.guardian("Alician", mobile="+13125550101", email="a@example.org")
    other = world.guardian("Alician", mobile="+13125550101", phone="+13125550102", reads="es")
    world.home(troy, guardians=[one, other])
    return one, other


def test_everything_of_the_one_becomes_the_others(world: World, ken: User) -> None:
    troy, maya = world.student("Troy"), world.student("Maya")
    one, other = twice(world, troy)
    own = Link.objects.create(district=world.district, student=maya, guardian=other)
    world.write()
    Entry.objects.create(
        district=world.district,
        from_family=True,
        at=clock.now(),
        guardian=other,
        channel="text",
        body="hi",
    )
    PersonContact.objects.create(
        district=world.district, household=one.household, guardian=other, at=clock.now(), way="call",
        result="no_answer",
    )  # fmt: skip
    write(
        [
            Line(
                world.district.pk, one.household_id or 0, clock.now(), Level.MET, Direction.FROM_FAMILY,
                "visit", SourceKind.VISIT, 7, guardian_id=other.pk,
            )
        ]
    )  # fmt: skip
    merge(kept=one, away=other, words="Her maiden name.", by=ken)
    own.refresh_from_db()
    assert own.guardian_id == one.pk
    assert list(Entry.objects.values_list("guardian", flat=True)) == [one.pk]
    assert list(PersonContact.objects.values_list("guardian", flat=True)) == [one.pk]
    assert list(ContactEvent.objects.filter(level=5).values_list("guardian", flat=True)) == [one.pk]
    live = ContactPoint.objects.filter(ended_at=None).order_by("position", "pk")
    assert [(p.guardian_id, p.match) for p in live] == [
        (one.pk, "+13125550101"),
        (one.pk, "a@example.org"),
        (one.pk, "+13125550102"),
    ]
    one.refresh_from_db()
    other.refresh_from_db()
    assert (one.reads, other.ended_at is not None, other.merged_into_id, other.household_id) == (
        "es", True, one.pk, None,
    )  # fmt: skip
    assert list(
        Recipient.objects.filter(link__ended_at__isnull=True).values_list(
            "link__guardian", flat=True
        )
    ) == ([one.pk] * Recipient.objects.filter(link__ended_at__isnull=True).count())
    assert Guardian.objects.filter(household=one.household, ended_at=None).count() == 1


def test_taken_apart_again_all_stands_as_before(world: World, ken: User) -> None:
    troy, maya = world.student("Troy"), world.student("Maya")
    one, other = twice(world, troy)
    Link.objects.create(district=world.district, student=maya, guardian=other)
    world.write()
    Delivery.objects.update(state="delivered", rank=40)
    rebuild_households(world.district)
    before = everything()
    done = merge(kept=one, away=other, words="", by=ken)
    assert everything() != before
    unmerge(merge=done, by=ken)
    assert everything() == before


def test_a_family_that_was_hers_alone_brings_its_history(world: World, ken: User) -> None:
    troy, maya = world.student("Troy"), world.student("Maya")
    one = world.guardian("Alician", mobile="+13125550101")
    other = world.guardian("Alician", mobile="+13125550101")
    home, second = world.home(troy, guardians=[one]), world.home(maya, guardians=[other])
    rebuild_households(world.district)
    late = clock.now() + timedelta(hours=1)
    for house, at, pk in ((home, clock.now(), 1), (second, late, 2)):
        Conversation.objects.create(district=world.district, household=house, last_at=at)
        write(
            [
                Line(
                    world.district.pk, house.pk, at, Level.SEEN, Direction.FROM_FAMILY, "text",
                    SourceKind.ENTRY, pk,
                )
            ]
        )  # fmt: skip
    talk = Conversation.objects.get(household=second)
    said = Entry.objects.create(
        district=world.district,
        conversation=talk,
        from_family=True,
        at=late,
        channel="text",
        body="hi",
    )
    before = everything()
    done = merge(kept=one, away=other, words="", by=ken)
    one.refresh_from_db()
    said.refresh_from_db()
    assert said.conversation is not None
    assert said.conversation.household_id == one.household_id == home.pk
    assert set(ContactEvent.objects.values_list("household", flat=True)) == {home.pk}
    assert FamilyReach.objects.get(household=home).seen_at == late
    assert Household.objects.filter(ended_at=None).count() == 1
    unmerge(merge=done, by=ken)
    assert everything() == before


def test_the_stricter_wins(world: World, ken: User) -> None:
    luis = world.student("Luis")
    barred, free = world.guardian("Hector"), world.guardian("Hector", mobile="+13125550177")
    world.home(luis, guardians=[barred])
    world.home(luis, guardians=[free])
    world.bar(luis, barred)
    done = merge(kept=free, away=barred, words="One man.", by=ken)
    assert not may_hear(free, luis)
    unmerge(merge=done, by=ken)
    assert (may_hear(free, luis), may_hear(barred, luis)) == (True, False)


def test_an_order_lifted_for_one_row_and_in_force_for_the_other_holds(
    world: World, ken: User
) -> None:
    luis = world.student("Luis")
    one, other = world.guardian("Hector"), world.guardian("Hector")
    world.home(luis, guardians=[one])
    world.home(luis, guardians=[other])
    world.bar(luis, one, lifted_at=clock.now())
    world.bar(luis, other)
    rebuild_households(world.district)
    before = everything()
    done = merge(kept=one, away=other, words="One man.", by=ken)
    assert not may_hear(one, luis)
    unmerge(merge=done, by=ken)
    assert everything() == before


def test_an_order_that_came_while_they_were_one_holds_for_both_after_it(
    world: World, ken: User
) -> None:
    troy = world.student("Troy")
    one, other = twice(world, troy)
    done = merge(kept=one, away=other, words="", by=ken)
    world.bar(troy, one)
    unmerge(merge=done, by=ken)
    assert (may_hear(one, troy), may_hear(other, troy)) == (False, False)


def test_a_restricted_adult_shares_no_home_after_a_merge(world: World, ken: User) -> None:
    luis, sara = world.student("Luis"), world.student("Sara")
    elena = world.guardian("Elena", address="1 A St\nX")
    one, other = world.guardian("Hector", address="1 A St\nX"), world.guardian("Hector")
    world.home(luis, guardians=[elena, one])
    world.home(sara, guardians=[other])
    world.bar(sara, other)
    merge(kept=one, away=other, words="One man.", by=ken)
    one.refresh_from_db()
    elena.refresh_from_db()
    assert one.household_id != elena.household_id


def test_a_number_that_is_not_hers_in_one_row_is_not_hers(world: World, ken: User) -> None:
    troy = world.student("Troy")
    one, other = twice(world, troy)
    ContactPoint.objects.filter(guardian=other, match="+13125550101").update(
        state="failing", why="wrong_person"
    )
    done = merge(kept=one, away=other, words="", by=ken)
    point = ContactPoint.objects.get(guardian=one, match="+13125550101")
    assert (point.state, point.why) == ("failing", "wrong_person")
    unmerge(merge=done, by=ken)
    point.refresh_from_db()
    assert (point.state, point.why) == ("unknown", "")


def test_merges_are_undone_in_their_order(world: World, ken: User) -> None:
    troy = world.student("Troy")
    one, other = twice(world, troy)
    third = world.guardian("Alician", email="third@example.org")
    world.home(world.student("Maya"), guardians=[third])
    rebuild_households(world.district)
    before = everything()
    first = merge(kept=one, away=other, words="", by=ken)
    second = merge(kept=third, away=one, words="", by=ken)
    other.refresh_from_db()
    assert other.merged_into_id == third.pk
    with pytest.raises(CannotMerge, match="later merge first"):
        unmerge(merge=first, by=ken)
    unmerge(merge=second, by=ken)
    unmerge(merge=first, by=ken)
    assert everything() == before
    with pytest.raises(CannotMerge, match="undone already"):
        unmerge(merge=first, by=ken)


def test_nobody_is_merged_twice_or_with_oneself(world: World, ken: User) -> None:
    one, other = twice(world, world.student("Troy"))
    merge(kept=one, away=other, words="", by=ken)
    for pair in ((one, other), (other, one), (one, one)):
        with pytest.raises(CannotMerge):
            merge(kept=pair[0], away=pair[1], words="", by=ken)
    assert Merge.objects.count() == 1


def test_a_decision_is_on_the_pair_and_can_be_taken_back(world: World, ken: User) -> None:
    one, other = twice(world, world.student("Troy"))
    pair = PossiblySame.objects.create(
        district=world.district, one=one, other=other, why="same name and phone"
    )
    done = merge(kept=other, away=one, words="", by=ken)
    pair.refresh_from_db()
    assert (pair.same, pair.decided_by, pair.decided_at) == (True, ken, clock.now())
    unmerge(merge=done, by=ken)
    pair.refresh_from_db()
    assert (pair.same, pair.decided_by, pair.decided_at) == (None, None, None)


_KINDS = ("contact", "records", "address", "pick_up")
people_ = st.integers(0, 3)
children_ = st.integers(0, 2)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    ties=st.sets(st.tuples(people_, children_), min_size=2, max_size=9),
    orders=st.lists(
        st.tuples(people_, children_, st.sampled_from(_KINDS), st.booleans()), max_size=5
    ),
    numbers=st.sets(st.tuples(people_, st.integers(0, 3)), max_size=8),
    homes=st.lists(st.sampled_from(["", "1 A St\nX", "2 B St\nX"]), min_size=4, max_size=4),
    merges=st.lists(st.tuples(people_, people_), min_size=1, max_size=3),
    meanwhile=st.lists(st.tuples(people_, children_), max_size=2),
)
def test_merge_and_unmerge_is_nothing_and_nobody_barred_gets_in(
    world: World,
    ken: User,
    ties: set[tuple[int, int]],
    orders: list[tuple[int, int, str, bool]],
    numbers: set[tuple[int, int]],
    homes: list[str],
    merges: list[tuple[int, int]],
    meanwhile: list[tuple[int, int]],
) -> None:
    Merge.objects.all().delete()
    Household.objects.all().delete()
    Guardian.objects.all().delete()
    Student.objects.all().delete()
    adults = [world.guardian("Sam", address=home) for home in homes]
    children = [world.student(f"Child {n}") for n in range(3)]
    for a, c in sorted(ties):
        Link.objects.create(district=world.district, guardian=adults[a], student=children[c])
    for a, c, kind, lifted in orders:
        link = Link.objects.filter(guardian=adults[a], student=children[c]).first()
        if link is not None:
            Restriction.objects.get_or_create(
                district=world.district, link=link, kind=kind, source="local",
                defaults={"lifted_at": clock.now() if lifted else None},
            )  # fmt: skip
    for a, n in sorted(numbers):
        ContactPoint.objects.create(
            district=world.district, guardian=adults[a], kind="phone", address=f"+1312555010{n}",
            match=f"+1312555010{n}",
        )  # fmt: skip
    rebuild_households(world.district)

    def barred() -> set[tuple[int, int]]:
        """(person by its first row, child) under an order against contact."""
        held = Restriction.objects.filter(kind="contact", lifted_at=None)
        return set(held.values_list("link__guardian", "link__student"))

    world.write()
    before, kept_out = everything(), barred()
    done = []
    for k, a in merges:
        try:
            done.append(merge(kept=adults[k], away=adults[a], words="", by=ken))
        except CannotMerge:
            continue
        stands_for = {g.pk: g.merged_into_id or g.pk for g in Guardian.objects.all()}
        allowed = set(
            standing(district=world.district, at=clock.now()).values_list("guardian", "student")
        )
        assert not {(stands_for[g], s) for g, s in kept_out} & allowed
    if meanwhile and done:
        # Orders that come meanwhile: they hold afterwards for whoever they may have meant.
        fresh = set()
        for a, c in meanwhile:
            link = Link.objects.filter(
                guardian=adults[a], student=children[c], ended_at=None
            ).first()
            if link is not None and adults[a].pk in set(
                Guardian.objects.filter(ended_at=None).values_list("pk", flat=True)
            ):
                Restriction.objects.get_or_create(
                    district=world.district,
                    link=link,
                    kind="contact",
                    source="local",
                    starts_on=clock.now().date(),
                )
                fresh.add((adults[a].pk, children[c].pk))
        for one in reversed(done):
            unmerge(merge=one, by=ken)
        allowed = set(
            standing(district=world.district, at=clock.now()).values_list("guardian", "student")
        )
        assert not (kept_out | fresh) & allowed
        return
    for one in reversed(done):
        unmerge(merge=one, by=ken)
    assert everything() == before
