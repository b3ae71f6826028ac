"""A roster goes on having two rows for one person; whoever was merged stays one, until taken apart."""

from dataclasses import replace

import pytest

from bothways.accounts.models import User
from bothways.consent.queries import standing
from bothways.core import clock
from bothways.people.models import ContactPoint, Guardian, Link, Merge, Restriction
from bothways.roster.merging import merge, unmerge
from bothways.roster.overlay import apply_overlay
from bothways.roster.records import Guardian as GuardianRecord
from bothways.roster.records import Link as LinkRecord
from bothways.roster.records import Parsed, Phone
from bothways.schools.models import District
from roster.written import ALICIAN_PHONE, change_link, guardian, load, town

pytestmark = pytest.mark.django_db
SECOND = Phone("+15125550102", texts=True)


def two_rows() -> Parsed:
    """Alician twice: with another number, for Troy as well and for Emily besides."""
    parsed = town()
    parsed.guardians.append(
        GuardianRecord("ali", "Alician", "Jones", phones=(ALICIAN_PHONE, SECOND), speaks="es")
    )
    parsed.links += [LinkRecord("troy", "ali", "guardian"), LinkRecord("emily", "ali", "aunt")]
    return parsed


@pytest.fixture
def merged() -> Merge:
    load(two_rows())
    ken = User.objects.create_user("ken@example.org", district=District.objects.get())
    return merge(kept=guardian("alician"), away=guardian("ali"), words="", by=ken)


def state() -> object:
    people = Guardian.objects.order_by("pk").values(
        "sis_id", "ended_at", "roster", "local", "speaks", "reads", "search", "household"
    )
    links = Link.objects.filter(ended_at=None).order_by("pk").values()
    points = ContactPoint.objects.filter(ended_at=None).order_by("pk").values()
    return list(people), list(links), list(points)


def numbers(sis_id: str) -> list[str]:
    points = guardian(sis_id).points.filter(ended_at=None, kind="phone")
    return sorted(points.values_list("match", flat=True))


def test_the_same_roster_again_changes_nothing_and_keeps_them_one(merged: Merge) -> None:
    before = state()
    report = load(two_rows())
    assert (report.added, report.changed, report.removed, report.conflicts) == (0, 0, 0, [])
    assert report.possibly_same == []
    assert state() == before
    assert (report.guardians, guardian("ali").ended_at is None) == (3, False)


def test_a_new_number_under_either_id_is_the_one_persons(merged: Merge) -> None:
    parsed = two_rows()
    parsed.guardians[-1] = replace(parsed.guardians[-1], phones=(Phone("+15125550103"),))
    load(parsed)
    assert numbers("alician") == ["+15125550101", "+15125550103"]


def test_the_school_removes_the_row_that_stands_for_both_and_she_stays(merged: Merge) -> None:
    parsed = two_rows()
    parsed.guardians = [g for g in parsed.guardians if g.id != "alician"]
    parsed.links = [x for x in parsed.links if x.guardian != "alician"]
    report = load(parsed, allow_removals=True)
    assert guardian("alician").ended_at is None
    assert report.guardians == 3
    assert {x.student.sis_id for x in guardian("alician").links.filter(ended_at=None)} == {
        "troy", "emily",
    }  # fmt: skip


def test_an_order_on_the_row_that_went_holds_for_her_and_after_parting_for_both(
    merged: Merge,
) -> None:
    parsed = two_rows()
    change_link(parsed, "troy", "ali", restriction_text="no contact")
    load(parsed)
    troy = Link.objects.get(guardian=guardian("alician"), student__sis_id="troy")
    allowed = standing(district=merged.district, at=clock.now())
    assert not allowed.filter(pk=troy.pk).exists()
    assert merged.by is not None
    unmerge(merge=merged, by=merged.by)
    assert not allowed.filter(guardian=guardian("ali"), student__sis_id="troy").exists()
    load(parsed)
    assert not allowed.filter(guardian=guardian("ali"), student__sis_id="troy").exists()
    assert not allowed.filter(pk=troy.pk).exists()  # until a person lifts it


def test_taken_apart_the_roster_has_two_people_again(merged: Merge) -> None:
    load(two_rows())
    assert merged.by is not None
    unmerge(merge=merged, by=merged.by)
    report = load(two_rows())
    assert (report.added, report.changed, report.removed, report.guardians) == (0, 0, 0, 4)
    assert numbers("ali") == ["+15125550101", "+15125550102"]
    assert numbers("alician") == ["+15125550101"]
    assert (guardian("alician").speaks, guardian("ali").speaks) == ("", "es")


def test_a_new_id_is_not_taken_for_the_row_that_was_merged_away(merged: Merge) -> None:
    parsed = two_rows()
    parsed.guardians = [replace(g, id="a3") if g.id == "ali" else g for g in parsed.guardians]
    parsed.links = [replace(x, guardian="a3") if x.guardian == "ali" else x for x in parsed.links]
    load(parsed)
    assert guardian("ali").merged_into == guardian("alician")
    assert guardian("a3").ended_at is None


def test_a_roster_of_changes_that_names_one_row_takes_nothing_of_the_other(merged: Merge) -> None:
    parsed = two_rows()
    parsed.guardians = parsed.guardians[-1:]
    parsed.links, parsed.students, parsed.enrollments = [], [], []
    parsed.modes = dict.fromkeys(parsed.modes, "delta")
    parsed.ended = {"user": {"alician"}}
    load(parsed)
    assert guardian("alician").ended_at is None
    assert numbers("alician") == ["+15125550101", "+15125550102"]
    emails = guardian("alician").points.filter(kind="email", ended_at=None)
    assert [p.match for p in emails] == ["alician@mail.example"]


def test_a_tie_that_both_rows_held_ends_when_both_end(merged: Merge) -> None:
    parsed = two_rows()
    parsed.guardians, parsed.links, parsed.students, parsed.enrollments = [], [], [], []
    parsed.modes = dict.fromkeys(parsed.modes, "delta")
    held = Link.objects.filter(guardian=guardian("alician"), student__sis_id="troy", ended_at=None)
    parsed.ended_links = {("troy", "ali")}
    load(parsed)
    assert held.exists()
    parsed.ended_links = {("troy", "ali"), ("troy", "alician")}
    load(parsed)
    assert not held.exists()


def test_an_overlay_that_names_the_row_that_went_means_her(merged: Merge) -> None:
    order = {"student": "troy", "guardian": "ali", "kind": "contact", "from": None, "to": None}
    apply_overlay(merged.district, {"restrictions": [order]}, at=clock.now())
    assert Restriction.objects.get().link.guardian == guardian("alician")
