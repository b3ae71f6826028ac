"""Staff: accounts, roles and sections; what was given here stays."""

from dataclasses import replace

import pytest

from bothways.accounts.enums import Role
from bothways.accounts.models import Membership, Teaching, User
from bothways.people.models import Student
from bothways.roster.records import Enrollment, Staff
from bothways.roster.report import Conflict
from bothways.roster.rules import role_for
from bothways.schools.models import District, School
from roster.written import change, load, town, without

pytestmark = pytest.mark.django_db


def roles(key: str) -> list[tuple[str, str | None]]:
    found = Membership.objects.filter(user__sis_id=key, ended_at=None).select_related("school")
    return sorted((m.role, m.school.sis_id if m.school else None) for m in found)


@pytest.mark.parametrize(
    ("word", "at_school", "role"),
    [
        ("teacher", True, Role.TEACHER),
        ("principal", True, Role.PRINCIPAL),
        ("administrator", True, Role.OFFICE),
        ("siteAdministrator", True, Role.OFFICE),
        ("districtAdministrator", True, Role.OFFICE),
        ("counselor", True, Role.COUNSELOR),
        ("aide", True, None),
        ("proctor", True, None),
        ("districtAdministrator", False, Role.DISTRICT_ADMIN),
        ("systemAdministrator", False, Role.DISTRICT_ADMIN),
        ("administrator", False, None),
        ("principal", False, None),
    ],
)
def test_a_roster_word_gives_the_least_role_that_fits(
    word: str, at_school: bool, role: Role | None
) -> None:
    assert role_for(word, at_school=at_school) is role


def test_teachers_see_the_children_of_their_sections() -> None:
    parsed = town()
    parsed.enrollments.pop(1)  # Emily has another teacher
    load(parsed)
    mrs_c = User.objects.get(sis_id="mrsc")
    assert (mrs_c.email, mrs_c.name, mrs_c.is_active) == ("c@school.example", "Carol C", True)
    assert roles("mrsc") == [("teacher", "lincoln")]
    assert [s.sis_id for s in Student.objects.live().visible_to(mrs_c)] == ["troy"]
    assert roles("head") == [("principal", "lincoln")]


def test_staff_without_email_are_members_of_staff() -> None:
    parsed = town()
    parsed.staff += [
        Staff("sub1", "Sam", "One", roles=(("lincoln", "substitute"),)),
        Staff("sub2", "Sue", "Two"),
    ]
    assert load(parsed).staff == 4
    assert [u.email for u in User.objects.filter(sis_id__startswith="sub")] == [None, None]


def test_an_administrator_of_no_school_gets_no_rights_and_a_flag() -> None:
    parsed = town()
    parsed.staff.append(
        Staff("adm", "Ann", "Dee", roles=(("d1", "administrator"),), file="r", line=5)
    )
    report = load(parsed)
    assert roles("adm") == []
    assert [(f.line, f.column) for f in report.flagged] == [(5, "role")]


def test_the_districts_administrator_is_that_of_all_schools() -> None:
    parsed = town()
    parsed.staff.append(Staff("adm", "Ann", "Dee", roles=(("d1", "districtAdministrator"),)))
    load(parsed)
    assert roles("adm") == [("district_admin", None)]


def test_who_leaves_can_no_longer_sign_in_and_who_returns_can() -> None:
    load(town())
    load(without(town(), "mrsc"))
    mrs_c = User.objects.get(sis_id="mrsc")
    assert (mrs_c.is_active, mrs_c.ended_at is None) == (False, False)
    assert (roles("mrsc"), Teaching.objects.filter(ended_at=None).count()) == ([], 0)
    assert load(town()).added == 2  # Mrs. C and her section
    mrs_c.refresh_from_db()
    assert (mrs_c.is_active, mrs_c.ended_at) == (True, None)
    assert (roles("mrsc"), Teaching.objects.filter(ended_at=None).count()) == (
        [("teacher", "lincoln")],
        1,
    )


def test_a_role_given_here_stays_when_the_roster_drops_the_person() -> None:
    load(town())
    head = User.objects.get(sis_id="head")
    Membership.objects.create(
        district=District.objects.get(), user=head, role=Role.DISTRICT_ADMIN.value
    )
    load(without(town(), "head"))
    head.refresh_from_db()
    assert (head.is_active, roles("head")) == (True, [("district_admin", None)])


def test_a_role_given_here_stays_when_the_roster_never_had_it() -> None:
    load(town())
    mrs_c = User.objects.get(sis_id="mrsc")
    Membership.objects.create(
        district=District.objects.get(),
        user=mrs_c,
        role=Role.COUNSELOR.value,
        school=School.objects.get(),
    )
    load(town())
    assert roles("mrsc") == [("counselor", "lincoln"), ("teacher", "lincoln")]


def test_names_and_addresses_typed_here_stay() -> None:
    load(town())
    User.objects.filter(sis_id="mrsc").update(given="Caroline", email="carol@home.example")
    parsed = town()
    change(parsed.staff, "mrsc", family="Castro")
    report = load(parsed)
    mrs_c = User.objects.get(sis_id="mrsc")
    assert (mrs_c.name, mrs_c.email) == ("Caroline Castro", "carol@home.example")
    assert report.conflicts == [
        Conflict("staff", "mrsc", "email", "c@school.example", "carol@home.example")
    ]


def test_the_account_made_by_hand_becomes_the_rosters_person() -> None:
    load(without(town(), "head"))
    made = User.objects.create_user(
        "lee@school.example", given="Pat", family="Lee", district=District.objects.get()
    )
    load(town())
    assert User.objects.get(sis_id="head").pk == made.pk


def test_an_address_of_somebody_else_signs_nobody_else_in() -> None:
    load(without(town(), "head"))
    User.objects.create_user(
        "lee@school.example", given="Somebody", family="Else", district=District.objects.get()
    )
    report = load(town())
    assert User.objects.get(sis_id="head").email is None
    assert [f.column for f in report.flagged] == ["email"]


def test_a_mailbox_passes_from_who_left_to_who_has_it_now() -> None:
    load(town())
    parsed = without(town(), "head")
    parsed.staff.append(
        Staff(
            "head2", "Kim", "Ode", emails=("lee@school.example",), roles=(("lincoln", "principal"),)
        )
    )
    load(parsed)
    assert User.objects.get(sis_id="head2").email == "lee@school.example"
    assert User.objects.get(sis_id="head").email is None
    assert User.objects.get(sis_id="head").pk != User.objects.get(sis_id="head2").pk


def test_two_who_swap_addresses_both_have_one() -> None:
    load(town())
    parsed = town()
    change(parsed.staff, "mrsc", emails=("lee@school.example",))
    change(parsed.staff, "head", emails=("c@school.example",))
    load(parsed)
    load(parsed)
    assert sorted(User.objects.values_list("sis_id", "email")) == [
        ("head", "c@school.example"),
        ("mrsc", "lee@school.example"),
    ]


def test_a_section_changes_its_teacher() -> None:
    load(town())
    parsed = town()
    parsed.enrollments[2] = replace(parsed.enrollments[2], user="head")
    load(parsed)
    assert [t.user.sis_id for t in Teaching.objects.filter(ended_at=None)] == ["head"]


def test_an_aide_in_a_class_teaches_nothing() -> None:
    parsed = town()
    parsed.enrollments.append(Enrollment("e4", "math", "head", "aide"))
    load(parsed)
    assert Teaching.objects.count() == 1
