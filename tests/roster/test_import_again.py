"""Importing is a diff: what is the same stays, what people typed stays, who is gone ends."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from bothways.accounts.models import Membership, Teaching, User
from bothways.people.models import ContactPerson, ContactPoint, Enrollment, Guardian, Student
from bothways.roster.models import ImportRun
from bothways.roster.records import Enrollment as Seat
from bothways.roster.records import Flagged, Link, Parsed, Phone, Rejected, Section
from bothways.roster.records import Guardian as GuardianRecord
from bothways.roster.records import Student as StudentRecord
from bothways.roster.report import Conflict, Report
from bothways.schools.models import District, School
from bothways.schools.models import Section as SectionRow
from roster.written import (
    ALICIAN_PHONE,
    change,
    change_link,
    guardian,
    link,
    load,
    student,
    town,
    without,
)

pytestmark = pytest.mark.django_db


def totals(report: Report) -> tuple[int, int, int, int, int]:
    return report.students, report.guardians, report.staff, report.households, report.links


def moves(report: Report) -> tuple[int, int, int]:
    return report.added, report.changed, report.removed


def test_a_first_import_brings_everybody_in() -> None:
    report = load(town())
    assert totals(report) == (2, 3, 2, 2, 3)
    # school, term, section, 2 students, 3 guardians, 3 links, a doctor, 2 of staff, 3 seats
    assert moves(report) == (17, 0, 0)
    assert (report.rejected, report.flagged, report.conflicts, report.possibly_same) == (
        [],
        [],
        [],
        [],
    )
    troy = student("troy")
    assert (troy.name, troy.grade, troy.birth_date, troy.search) == (
        "Troy Jones",
        "07",
        date(2013, 5, 2),
        "troy jones",
    )
    assert troy.school == School.objects.get(sis_id="lincoln")
    assert (guardian("rosa").speaks, guardian("alician").speaks) == ("es", "")
    assert link("emily", "luis").relation == "father"
    assert ContactPerson.objects.get().name == "Dana Kim"
    assert District.objects.get().name == "Springfield ISD"


def test_the_same_roster_again_changes_nothing() -> None:
    load(town())
    before = list(Guardian.objects.order_by("pk").values())
    report = load(town())
    assert moves(report) == (0, 0, 0)
    assert totals(report) == (2, 3, 2, 2, 3)
    assert list(Guardian.objects.order_by("pk").values()) == before


def test_a_dry_run_reports_the_same_and_leaves_nothing() -> None:
    tried = load(town(), dry_run=True)
    assert not District.objects.exists()
    assert not ImportRun.objects.exists()
    done = load(town())
    assert (totals(tried), moves(tried)) == (totals(done), moves(done))


def test_a_changed_row_is_changed_and_no_other() -> None:
    load(town())
    parsed = town()
    change(parsed.students, "troy", grade="08", given="Trevor")
    assert moves(load(parsed)) == (0, 1, 0)
    assert (student("troy").grade, student("troy").search) == ("08", "trevor jones")


def test_what_people_corrected_here_counts_and_the_conflict_is_shown() -> None:
    load(town())
    rosa = guardian("rosa")
    rosa.local, rosa.speaks, rosa.given, rosa.search = (
        {"speaks": "qu", "given": "Rosita"},
        "qu",
        "Rosita",
        "rosita ruiz",
    )
    rosa.save()
    again = load(town())
    assert moves(again) == (0, 0, 0)
    assert again.conflicts == [
        Conflict("guardian", "rosa", "given", "Rosa", "Rosita"),
        Conflict("guardian", "rosa", "speaks", "es", "qu"),
    ]
    parsed = town()
    change(parsed.guardians, "rosa", family="Ruiz Vega")
    assert moves(load(parsed)) == (0, 1, 0)
    rosa = guardian("rosa")
    assert (rosa.given, rosa.family, rosa.speaks) == ("Rosita", "Ruiz Vega", "qu")
    assert rosa.search == "rosita ruiz vega"


def test_a_field_where_the_roster_is_silent_is_no_conflict() -> None:
    load(town())
    Guardian.objects.filter(sis_id="alician").update(local={"speaks": "en"}, speaks="en")
    assert load(town()).conflicts == []
    assert guardian("alician").speaks == "en"


def test_a_local_correction_of_a_link_stays() -> None:
    load(town())
    row = link("emily", "luis")
    row.local, row.lives_with = {"lives_with": False}, False
    row.save()
    parsed = town()
    change_link(parsed, "emily", "luis", relation="stepfather")
    report = load(parsed)
    assert report.conflicts == [Conflict("link", "emily/luis", "lives_with", True, False)]
    assert (link("emily", "luis").relation, link("emily", "luis").lives_with) == (
        "stepfather",
        False,
    )


def test_who_is_gone_ends_and_comes_back_as_the_same_row() -> None:
    load(town())
    before = guardian("luis")
    report = load(without(town(), "luis"))
    assert moves(report) == (0, 0, 2)  # the guardian and the link
    assert totals(report) == (2, 2, 2, 2, 2)
    assert guardian("luis").ended_at is not None
    assert link("emily", "luis").ended_at is not None
    assert guardian("luis").household_id is None
    report = load(town())
    assert moves(report) == (2, 0, 0)
    assert guardian("luis").pk == before.pk
    assert (guardian("luis").ended_at, link("emily", "luis").ended_at) == (None, None)
    assert guardian("luis").household_id == guardian("rosa").household_id


@pytest.mark.parametrize("mode", ["delta", "absent", None])
def test_a_part_of_a_roster_removes_nothing(mode: str | None) -> None:
    load(town())
    parsed = Parsed(format="oneroster", district=town().district)
    if mode is not None:
        parsed.modes = dict.fromkeys(town().modes, mode)  # type: ignore[arg-type]
    report = load(parsed)
    assert moves(report) == (0, 0, 0)
    assert totals(report) == (2, 3, 2, 2, 3)


def test_a_part_of_a_roster_adds_to_what_is_there() -> None:
    load(town())
    parsed = Parsed(
        format="oneroster",
        district=town().district,
        guardians=[GuardianRecord("joy", "Joy", "Jones")],
        links=[Link("troy", "joy", "grandmother")],
        enrollments=[],
        modes=dict.fromkeys(town().modes, "delta"),
    )
    assert moves(load(parsed)) == (2, 0, 0)
    assert link("troy", "joy").relation == "grandmother"


def test_what_the_roster_itself_ends_ends_in_any_mode() -> None:
    load(town())
    parsed = Parsed(
        format="oneroster",
        district=town().district,
        modes=dict.fromkeys(town().modes, "delta"),
        ended={"user": {"alician", "head"}, "enrollment": {"e1", "e3"}, "term": {"fall"}},
        ended_links={("emily", "luis")},
    )
    # Alician and her link, the head, Luis's link, Troy's seat, Mrs. C's section, the term
    assert moves(load(parsed)) == (0, 0, 7)
    assert [e.student.sis_id for e in Enrollment.objects.filter(ended_at=None)] == ["emily"]
    assert not Teaching.objects.filter(ended_at=None).exists()
    assert not User.objects.get(sis_id="head").is_active
    assert not Membership.objects.filter(user__sis_id="head", ended_at=None).exists()


def test_a_roster_without_birth_dates_forgets_none() -> None:
    load(town())
    parsed = town()
    parsed.students = [replace(one, birth_date=None) for one in parsed.students]
    parsed.modes["birth_date"] = "absent"
    assert moves(load(parsed)) == (0, 0, 0)
    assert student("troy").birth_date == date(2013, 5, 2)


def test_phones_emails_and_homes_become_contact_points() -> None:
    load(town())
    points = ContactPoint.objects.filter(guardian__sis_id="alician").order_by("position")
    assert [(p.kind, p.address, p.match, p.said_mobile, p.phone_kind) for p in points] == [
        ("phone", "+15125550101", "+15125550101", True, "unknown"),
        ("email", "alician@mail.example", "alician@mail.example", False, "unknown"),
    ]
    home = ContactPoint.objects.get(guardian__sis_id="rosa")
    assert home.address == "12 Oak Street\nSpringfield, TX 75001"
    assert home.match == "12 oak street springfield tx 75001"


def test_evidence_on_a_contact_point_survives_imports() -> None:
    load(town())
    ContactPoint.objects.filter(kind="phone").update(
        state="failing", why="undelivered", phone_kind="landline"
    )
    parsed = town()
    change(parsed.guardians, "alician", phones=(Phone("+15125550199"), ALICIAN_PHONE))
    load(parsed)
    old = ContactPoint.objects.get(match="+15125550101")
    assert (old.state, old.why, old.phone_kind, old.position) == (
        "failing",
        "undelivered",
        "landline",
        1,
    )
    assert ContactPoint.objects.get(match="+15125550199").state == "unknown"


def test_an_address_that_the_roster_drops_ends_and_one_added_here_stays() -> None:
    load(town())
    alician = guardian("alician")
    ContactPoint.objects.create(
        district=alician.district,
        guardian=alician,
        kind="phone",
        address="+15125550777",
        match="+15125550777",
        source="local",
    )
    parsed = town()
    change(parsed.guardians, "alician", phones=())
    load(parsed)
    live = ContactPoint.objects.filter(guardian=alician, ended_at=None).order_by("match")
    assert [p.match for p in live] == ["+15125550777", "alician@mail.example"]


def test_an_address_that_people_here_took_away_is_not_put_back() -> None:
    load(town())
    ContactPoint.objects.filter(kind="phone").update(
        source="local", ended_at="2026-09-01T12:00:00Z"
    )
    parsed = town()
    change(parsed.guardians, "alician", given="Alicia")
    report = load(parsed)
    assert ContactPoint.objects.get(kind="phone").ended_at is not None
    assert report.conflicts == [Conflict("guardian", "alician", "phone", "+15125550101", None)]


def test_a_link_that_people_here_ended_is_not_revived() -> None:
    load(town())
    row = link("emily", "luis")
    row.source, row.ended_at = "local", datetime(2026, 9, 1, 12, tzinfo=UTC)
    row.save()
    report = load(town())
    assert link("emily", "luis").ended_at is not None
    assert Conflict("link", "emily/luis", "ended", False, True) in report.conflicts
    assert report.links == 2


def test_long_names_are_kept_whole_shown_cut_off_and_flagged() -> None:
    parsed = town()
    change(parsed.students, "troy", given="T" * 400, file="users.csv", line=7)
    report = load(parsed)
    assert student("troy").given == "T" * 200
    assert student("troy").roster["given"] == "T" * 400
    assert report.flagged == [
        Flagged("users.csv", 7, "given", "longer than 200 characters; shown cut off")
    ]
    assert moves(load(parsed)) == (0, 0, 0)


def test_an_id_too_long_to_keep_is_rejected_and_not_cut() -> None:
    parsed = town()
    parsed.students.append(StudentRecord("x" * 201, "Long", "Id", file="users.csv", line=9))
    report = load(parsed)
    assert report.rejected == [
        Rejected(
            "users.csv", 9, "sourcedId", "the id is longer than 200 characters", "not imported"
        )
    ]
    assert report.students == 2


def test_a_student_of_an_unknown_school_is_in_without_one_until_the_school_comes() -> None:
    parsed = town()
    change(parsed.students, "troy", school="nowhere", file="users.csv", line=3)
    report = load(parsed)
    assert student("troy").school is None
    assert [(f.line, f.column) for f in report.flagged] == [(3, "school")]
    parsed.schools.append(replace(parsed.schools[0], id="nowhere", name="Nowhere High"))
    assert moves(load(parsed)) == (1, 1, 0)
    assert student("troy").school == School.objects.get(sis_id="nowhere")


def test_a_school_that_disappears_ends_and_its_rows_stay() -> None:
    parsed = town()
    parsed.schools.append(replace(parsed.schools[0], id="old", name="Old School"))
    load(parsed)
    assert moves(load(town())) == (0, 0, 1)
    assert School.objects.get(sis_id="old").ended_at is not None


def test_a_section_of_an_unknown_school_is_rejected_with_its_line() -> None:
    parsed = town()
    parsed.sections.append(Section("art", "nowhere", "Art", file="classes.csv", line=4))
    report = load(parsed)
    assert [(r.file, r.line, r.column) for r in report.rejected] == [
        ("classes.csv", 4, "schoolSourcedId")
    ]
    assert SectionRow.objects.count() == 1


def test_links_that_stand_twice_are_one_and_say_what_either_says() -> None:
    parsed = town()
    parsed.links.append(Link("troy", "alician", legal_guardian=True, restriction_text="no records"))
    report = load(parsed)
    row = link("troy", "alician")
    assert (report.links, row.relation, row.legal_guardian) == (3, "mother", True)
    assert [r.kind for r in row.restrictions.all()] == ["records"]
    assert moves(load(parsed)) == (0, 0, 0)


def test_a_link_to_nobody_is_rejected() -> None:
    parsed = town()
    parsed.links.append(Link("troy", "nobody", file="relationships.csv", line=5))
    report = load(parsed)
    assert [(r.line, r.column) for r in report.rejected] == [(5, "guardian")]


def test_no_students_at_all_is_an_empty_district() -> None:
    parsed = Parsed(format="oneroster", district=town().district, modes=dict(town().modes))
    assert totals(load(parsed)) == (0, 0, 0, 0, 0)


def test_a_guardian_of_nine_children_in_three_schools_has_one_family() -> None:
    parsed = town()
    parsed.schools += [replace(parsed.schools[0], id=f"school{n}") for n in range(2)]
    for n in range(9):
        school = parsed.schools[n % 3].id
        parsed.students.append(StudentRecord(f"child{n}", f"Child{n}", "Jones", school=school))
        parsed.links.append(Link(f"child{n}", "alician", "mother", True))
    report = load(parsed)
    assert (report.students, report.households) == (11, 2)
    home = guardian("alician").household
    assert home is not None
    assert home.children.count() == 10


def test_a_seat_left_in_the_past_ends_with_its_last_day() -> None:
    load(town())
    parsed = town()
    parsed.enrollments = [
        replace(one, end=date(2020, 1, 1)) if one.user == "troy" else one
        for one in parsed.enrollments
    ]
    assert moves(load(parsed)) == (0, 0, 1)
    assert moves(load(parsed)) == (0, 0, 0)


def test_a_seat_of_nobody_is_rejected_and_others_come_in() -> None:
    parsed = town()
    parsed.enrollments.append(
        Seat("e9", "math", "ghost", "student", file="enrollments.csv", line=9)
    )
    report = load(parsed)
    assert [(r.file, r.line, r.column) for r in report.rejected] == [
        ("enrollments.csv", 9, "userSourcedId")
    ]
    assert Enrollment.objects.count() == 2


def test_every_import_is_on_the_record_without_personal_data() -> None:
    load(town())
    Guardian.objects.filter(sis_id="rosa").update(local={"given": "Rosita"}, given="Rosita")
    load(town(), source="/home/office/roster.zip")
    run = ImportRun.objects.latest("pk")
    assert (run.source, run.counts["students"], run.counts["conflicts"]) == ("roster.zip", 2, 1)
    assert run.report["conflicts"] == [{"kind": "guardian", "id": "rosa", "field": "given"}]
    assert "Ros" not in str(run.report).replace("rosa", "")


def test_progress_is_told() -> None:
    told: list[str] = []
    load(town(), on_progress=told.append)
    assert told[0] == "schools and classes"
    assert told[-1] == "families"


def test_students_of_another_district_are_left_alone() -> None:
    load(town())
    other = town()
    other.district = replace(town().district, id="d2", name="Shelby ISD")  # type: ignore[type-var]
    report = load(other, new_district=True)
    assert totals(report) == (2, 3, 2, 2, 3)
    assert Student.objects.filter(sis_id="troy").count() == 2
    assert moves(load(without(other, "luis"))) == (0, 0, 2)
    assert Student.objects.filter(ended_at=None).count() == 4
