"""One person under two ids: joined where it is sure, listed where it is not, never joined wrongly."""

from dataclasses import replace

import pytest

from bothways.audit.models import Entry
from bothways.people.models import ContactPoint, Guardian, PossiblySame, Restriction, Student
from bothways.roster.records import Guardian as GuardianRecord
from bothways.roster.records import Link, Parsed, Phone
from bothways.roster.report import Same
from roster.written import (
    ALICIAN_PHONE,
    OAK_STREET,
    change,
    change_link,
    guardian,
    link,
    load,
    town,
)

pytestmark = pytest.mark.django_db


def renamed(parsed: Parsed, old: str, new: str) -> Parsed:
    """The roster with another id for this guardian."""
    change(parsed.guardians, old, id=new)
    parsed.links = [replace(x, guardian=new) if x.guardian == old else x for x in parsed.links]
    return parsed


def test_a_new_id_with_the_same_name_and_phone_is_the_same_person() -> None:
    load(town())
    before = guardian("alician").pk
    ContactPoint.objects.filter(guardian=before, kind="phone").update(state="working")
    report = load(renamed(town(), "alician", "alician-2"))
    assert (report.guardians, report.removed) == (3, 0)
    assert guardian("alician-2").pk == before
    assert ContactPoint.objects.get(guardian=before, kind="phone").state == "working"
    entry = Entry.objects.get(event="roster.id_changed")
    assert (entry.object_type, entry.object_id, entry.details) == (
        "people.guardian",
        before,
        {"old": "alician", "new": "alician-2"},
    )


def test_somebody_who_left_and_returns_under_a_new_id_is_the_same_person() -> None:
    load(town())
    before = guardian("alician").pk
    gone = town()
    gone.guardians, gone.links = gone.guardians[1:], gone.links[1:]
    load(gone)
    load(renamed(town(), "alician", "alician-2"))
    assert (guardian("alician-2").pk, guardian("alician-2").ended_at) == (before, None)


def test_the_same_name_and_home_without_phone_or_email_is_somebody_new() -> None:
    load(town())
    report = load(renamed(town(), "rosa", "rosa-2"))
    assert guardian("rosa").ended_at is not None
    assert guardian("rosa-2").pk != guardian("rosa").pk
    assert report.guardians == 3


def test_the_same_phone_under_another_name_is_somebody_else() -> None:
    load(town())
    parsed = renamed(town(), "alician", "joy")
    change(parsed.guardians, "joy", given="Joy")
    report = load(parsed)
    assert guardian("joy").pk != guardian("alician").pk
    assert report.possibly_same == []


def test_an_old_id_that_is_still_in_the_roster_is_left_alone_and_the_two_are_listed() -> None:
    load(town())
    parsed = town()
    parsed.guardians.append(GuardianRecord("ali", "Alician", "Jones", phones=(ALICIAN_PHONE,)))
    parsed.links.append(Link("troy", "ali", "mother"))
    report = load(parsed)
    assert report.guardians == 4
    assert report.possibly_same == [Same("alician", "ali", "same name and phone")]
    assert PossiblySame.objects.count() == 1
    assert load(parsed).possibly_same == report.possibly_same


def test_a_part_of_a_roster_joins_nobody() -> None:
    load(town())
    parsed = renamed(town(), "alician", "alician-2")
    parsed.modes["guardian"] = "delta"
    load(parsed)
    assert guardian("alician-2").pk != guardian("alician").pk


def test_restricted_adults_are_never_joined() -> None:
    parsed = town()
    change_link(parsed, "troy", "alician", restriction_text="no pick up")
    load(parsed)
    load(renamed(town(), "alician", "alician-2"))
    assert guardian("alician-2").pk != guardian("alician").pk
    assert Restriction.objects.get().link.guardian_id == guardian("alician").pk


def test_an_adult_whom_the_new_roster_restricts_is_not_joined() -> None:
    load(town())
    parsed = renamed(town(), "alician", "alician-2")
    change_link(parsed, "troy", "alician-2", restriction_text="see file")
    load(parsed)
    assert guardian("alician-2").pk != guardian("alician").pk


def test_an_adult_who_now_lives_elsewhere_is_not_joined() -> None:
    load(town())
    parsed = renamed(town(), "alician", "alician-2")
    change_link(parsed, "troy", "alician-2", lives_with=False)
    load(parsed)
    assert guardian("alician-2").pk != guardian("alician").pk


def test_of_two_candidates_neither_is_taken() -> None:
    parsed = town()
    parsed.guardians.append(GuardianRecord("ali", "Alician", "Jones", phones=(ALICIAN_PHONE,)))
    parsed.links.append(Link("troy", "ali", "mother"))
    load(parsed)
    parsed = renamed(town(), "alician", "alician-2")
    load(parsed, allow_removals=True)
    assert Guardian.objects.filter(sis_id="alician-2", ended_at=None).count() == 1
    assert guardian("alician-2").pk not in {guardian("alician").pk, guardian("ali").pk}


def test_a_student_with_a_new_id_and_the_same_email_keeps_its_links() -> None:
    parsed = town()
    change(parsed.students, "troy", emails=("troy@school.example",))
    load(parsed)
    before = link("troy", "alician").pk
    change(parsed.students, "troy", id="troy-2")
    parsed.links = [
        replace(x, student="troy-2") if x.student == "troy" else x for x in parsed.links
    ]
    parsed.contacts = [replace(x, student="troy-2") for x in parsed.contacts]
    parsed.enrollments = [
        replace(x, user="troy-2") if x.user == "troy" else x for x in parsed.enrollments
    ]
    report = load(parsed)
    assert (report.added, report.changed, report.removed) == (0, 0, 0)
    assert link("troy-2", "alician").pk == before
    assert Student.objects.count() == 2


def test_same_name_and_home_or_child_is_listed_once_a_pair() -> None:
    parsed = town()
    parsed.guardians += [
        GuardianRecord("rosa-2", "Rosa", "RUIZ", address=OAK_STREET),
        GuardianRecord("luis-2", "Luis", "Ruiz"),
        GuardianRecord("other-luis", "Luis", "Ruiz", phones=(Phone("+15125550888"),)),
    ]
    parsed.links += [Link("emily", "rosa-2", "mother"), Link("emily", "luis-2", "father")]
    report = load(parsed)
    assert report.possibly_same == [
        Same("luis", "luis-2", "same name and child"),
        Same("rosa", "rosa-2", "same name and address"),
    ]


def test_a_decided_pair_is_not_listed_again() -> None:
    parsed = town()
    parsed.guardians.append(GuardianRecord("rosa-2", "Rosa", "Ruiz", address=OAK_STREET))
    load(parsed)
    PossiblySame.objects.update(decided_at="2026-09-01T12:00:00Z")
    parsed.guardians.append(GuardianRecord("new", "New", "Person"))
    assert load(parsed).possibly_same == []


def test_a_thousand_people_called_unknown_give_no_million_pairs() -> None:
    parsed = town()
    parsed.guardians += [
        GuardianRecord(f"u{n}", "Unknown", "Unknown", address=OAK_STREET) for n in range(1000)
    ]
    assert len(load(parsed).possibly_same) == 999
