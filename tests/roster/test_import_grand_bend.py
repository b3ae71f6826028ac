"""The public sets, as they are."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bothways.consent.models import Stop
from bothways.people.models import ContactPoint, Guardian, Household, Link, Restriction, Student
from bothways.roster.export import to_parsed
from bothways.roster.overlay import apply_overlay
from bothways.roster.readers import open_roster
from bothways.schools.models import District
from roster.written import load

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "rosters"
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(
        not DATA.exists(), reason="the public sample rosters are not beside the project"
    ),
]


def test_grand_bend_comes_in_whole_and_again_unchanged() -> None:
    report = load(open_roster(DATA / "grand-bend"))
    assert (report.students, report.guardians, report.staff, report.links) == (960, 1873, 68, 1872)
    assert report.rejected == []
    again = load(open_roster(DATA / "grand-bend"))
    assert (again.added, again.changed, again.removed) == (0, 0, 0)
    third = load(to_parsed(District.objects.get()))
    assert (third.added, third.changed, third.removed) == (0, 0, 0)


def test_grand_bend_parents_who_live_apart_share_no_household() -> None:
    load(open_roster(DATA / "grand-bend"))
    by_child: dict[int, list[tuple[bool | None, int | None]]] = {}
    for child, lives, home in Link.objects.values_list(
        "student", "lives_with", "guardian__household"
    ):
        by_child.setdefault(child, []).append((lives, home))
    apart = [
        (one_home, other_home)
        for parents in by_child.values()
        for n, (one, one_home) in enumerate(parents)
        for other, other_home in parents[n + 1 :]
        if {one, other} == {True, False}
    ]
    assert len(apart) == 286
    assert [pair for pair in apart if pair[0] == pair[1]] == []
    # 624 couples and 144 single parents; 96 couples at two addresses; 96 children with three homes
    assert Household.objects.filter(ended_at=None).count() == 624 + 144 + 2 * 96 + 3 * 96
    assert not Student.objects.filter(homes=None).exists()
    assert Guardian.objects.filter(household=None).count() == 1  # has no child in the roster


def test_grand_bend_has_the_contact_points_that_its_description_counts() -> None:
    load(open_roster(DATA / "grand-bend"))
    points = ContactPoint.objects.all()
    assert points.filter(said_mobile=True).values("guardian").distinct().count() == 288
    silent = Guardian.objects.exclude(points__kind__in=["phone", "email"])
    # 765 with nothing in these columns, and three whose only email has a blank in it: "Mc …@example1.com"
    assert silent.count() == 765 + 3
    reachable = Student.objects.filter(links__guardian__points__kind__in=["phone", "email"])
    assert Student.objects.exclude(pk__in=reachable).count() == 182 + 1


def test_grand_bend_overlay_fits() -> None:
    load(open_roster(DATA / "grand-bend"))
    overlay = json.loads((DATA / "grand-bend" / "overlay.json").read_text())
    before = Household.objects.filter(ended_at=None).count()
    result = apply_overlay(
        District.objects.get(), overlay, at=datetime(2021, 9, 13, 13, 0, tzinfo=UTC)
    )
    assert result.unknown == []
    assert (Restriction.objects.count(), Stop.objects.count(), len(result.later)) == (24, 0, 12)
    barred = set(
        Restriction.objects.filter(kind__in=["contact", "address"]).values_list(
            "link__guardian", flat=True
        )
    )
    for home in Household.objects.filter(ended_at=None, guardians__in=barred):
        assert home.guardians.count() == 1
    assert Household.objects.filter(ended_at=None).count() >= before


@pytest.mark.parametrize(
    ("folder", "students", "guardians", "links"),
    [("sample-u-oneroster-1.1", 20, 0, 0), ("school-data-sync-2.1", 4, 2, 3)],
)
def test_the_small_sets_come_in(folder: str, students: int, guardians: int, links: int) -> None:
    report = load(open_roster(DATA / folder))
    assert (report.students, report.guardians, report.links) == (students, guardians, links)
    again = load(open_roster(DATA / folder))
    assert (again.added, again.changed, again.removed) == (0, 0, 0)
