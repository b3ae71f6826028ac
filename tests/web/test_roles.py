"""Which children a role opens, and that what one may do at a school stays at that school."""

import pytest

from bothways.accounts.enums import Permission, Role, Scope
from bothways.accounts.models import Membership, User
from bothways.accounts.services import end_role, give_role, set_scope
from bothways.messaging.audience import Audience
from bothways.messaging.enums import Purpose
from bothways.messaging.services.messages import Draft, UnusableMessage, check
from bothways.people.case_loads import assign, by_letters, take_back, with_siblings
from bothways.people.models import Enrollment, Student
from bothways.web.staff.colleagues import colleagues_of, may_stand_in_for
from bothways.web.staff.scope import children_of, may
from people import Cast, section, staff
from web.visiting import Visit


def _names(user: User) -> set[str]:
    user.__dict__.pop("_roles", None)
    return {child.given for child in children_of(user)}


def test_each_role_opens_the_children_it_serves(everybody: Cast) -> None:
    elementary = {"Troy", "Emily", "Nour", "Luis"}
    found = {role: _names(user) for role, user in everybody.by_role().items() if user}
    assert found == {
        "district_admin": elementary | {"Maya"},
        "principal": elementary,
        "office": elementary,
        "counselor": elementary,
        "teacher": elementary,
        "teacher_elsewhere": {"Maya"},
        "family_liaison": {"Troy", "Emily", "Luis"},
        "interpreter": set(),
        "duty": elementary,
        "records": elementary,
    }


def test_a_records_officer_without_a_school_sees_the_district(everybody: Cast) -> None:
    officer = staff("Irene", Role.RECORDS, everybody.district)
    assert _names(officer) == {"Troy", "Emily", "Nour", "Luis", "Maya"}
    assert officer.is_district_wide


def test_a_counselor_keeps_the_school_unless_the_district_says_case_load(everybody: Cast) -> None:
    lien = everybody.counselor
    member = lien.memberships.get()
    set_scope(member=member, scope=Scope.CASE_LOAD, by=everybody.admin.pk)
    assert _names(lien) == set()
    assign(to=lien, children=[everybody.emily], by=everybody.admin.pk)
    assert _names(lien) == {"Emily"}
    set_scope(member=member, scope=Scope.SCHOOL, by=everybody.admin.pk)
    assert _names(lien) == {"Troy", "Emily", "Nour", "Luis"}


def test_a_case_load_closes_with_the_role_and_with_the_school(everybody: Cast) -> None:
    liaison = everybody.liaison
    everybody.emily.school = everybody.middle
    everybody.emily.save()
    assert _names(liaison) == {"Troy", "Luis"}  # Emily has left this school
    end_role(user=liaison, role=Role.FAMILY_LIAISON, school=everybody.elementary)
    assert _names(liaison) == set()


def test_a_liaison_of_the_district_keeps_a_child_who_changes_school(everybody: Cast) -> None:
    liaison = staff("Ines", Role.FAMILY_LIAISON, everybody.district)
    assign(to=liaison, children=[everybody.maya, everybody.troy], by=everybody.admin.pk)
    assert _names(liaison) == {"Maya", "Troy"}


def test_a_sibling_comes_along_and_a_half_sibling_elsewhere_does_not(everybody: Cast) -> None:
    among = Student.objects.live()
    found = with_siblings(everybody.troy, among)
    assert {child.given for child in found} == {"Troy", "Maya"}
    assert {child.given for child in with_siblings(everybody.luis, among)} == {"Luis"}


def test_case_loads_go_by_letters_whatever_the_accents(everybody: Cast) -> None:
    children = list(Student.objects.live())
    assert {c.given for c in by_letters(children, "M", "p")} == {"Emily", "Luis"}
    assert {c.given for c in by_letters(children, "ñ", "ñ")} == {"Luis"}


def test_who_is_taken_off_the_case_load_is_not_seen(everybody: Cast) -> None:
    taken = take_back(of=everybody.liaison, children=[everybody.emily.pk], by=everybody.admin.pk)
    assert taken == 1
    assert _names(everybody.liaison) == {"Troy", "Luis"}


def test_colleagues_who_take_over_are_those_who_see_the_child(everybody: Cast) -> None:
    home, other = everybody.emilys_home.pk, everybody.nours_home.pk
    district = everybody.district.pk
    emilys = set(colleagues_of(district, home))
    for user in User.objects.filter(district=everybody.district):
        user.__dict__.pop("_roles", None)
        assert (user in emilys) == (everybody.emily in children_of(user)), user.name
    assert everybody.liaison not in set(colleagues_of(district, other))
    assert everybody.interpreter not in set(may_stand_in_for(everybody.mrs_c))


# --- what one may do at a school stays there -------------------------------------------------------


@pytest.fixture
def two_schools(everybody: Cast) -> User:
    """In the office of the elementary school, and a teacher of Maya's at the middle school."""
    user = staff("Noor", Role.OFFICE, everybody.district, everybody.elementary)
    Membership.objects.create(
        district=everybody.district, user=user, role=Role.TEACHER.value, school=everybody.middle
    )
    room = section("Art", everybody.middle, user)
    Enrollment.objects.create(district=everybody.district, student=everybody.maya, section=room)
    return user


def test_office_at_one_school_is_no_office_at_the_other(everybody: Cast, two_schools: User) -> None:
    here, there = {everybody.elementary.pk}, {everybody.middle.pk}
    for permission in (Permission.CONTACT_EDIT, Permission.RESTRICTIONS_READ, Permission.STAFF):
        assert may(two_schools, permission, here)
        assert not may(two_schools, permission, there)
    assert may(two_schools, Permission.MESSAGE_WRITE, there)


def test_an_emergency_is_for_the_schools_of_that_role(everybody: Cast, two_schools: User) -> None:
    def refused(audience: Audience) -> bool:
        draft = Draft(Purpose.EMERGENCY, audience, {"en": "School is closed."}, {})
        try:
            check(draft, district=everybody.district, by=two_schools)
        except UnusableMessage:
            return True
        return False

    assert not refused(Audience(schools=(everybody.elementary.sis_id,)))
    assert refused(Audience(schools=(everybody.middle.sis_id,)))
    assert refused(Audience())  # everybody
    assert refused(Audience(sections=(everybody.room_7.sis_id,)))
    # Troy is at the elementary school, his sister is not: it is one family.
    assert not refused(Audience(households=(everybody.troys_home.pk,)))


def test_letters_are_those_of_the_school_whose_mail_one_handles(
    everybody: Cast, two_schools: User
) -> None:
    assert children_of(two_schools).filter(pk=everybody.maya.pk).exists()
    served = children_of(two_schools, Permission.MAIL_HANDLE)
    assert {child.given for child in served} == {"Troy", "Emily", "Nour", "Luis"}
    classes = children_of(two_schools, Permission.MESSAGE_WRITE)
    assert {child.given for child in classes} == {"Troy", "Emily", "Nour", "Luis", "Maya"}


def test_people_of_the_other_school_are_not_this_offices_business(
    everybody: Cast, two_schools: User, visit: Visit
) -> None:
    client = visit(two_schools)
    assert client.get(f"/people/{everybody.mrs_c.pk}/").status_code == 200
    assert client.get(f"/people/{everybody.teacher_elsewhere.pk}/").status_code == 404


def test_a_role_given_at_one_school_is_listed_at_that_school_only(
    everybody: Cast, visit: Visit
) -> None:
    give_role(user=everybody.teacher_elsewhere, role=Role.OFFICE, school=everybody.middle)
    assert visit(everybody.teacher_elsewhere).get("/people/").status_code == 200
    assert (
        visit(everybody.teacher_elsewhere).get(f"/people/{everybody.mrs_c.pk}/").status_code == 404
    )
