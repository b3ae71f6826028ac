"""Who may give which role: never more than one holds, and never elsewhere."""

import pytest

from bothways.accounts.enums import PERMISSIONS, SCOPES, Role
from bothways.accounts.rules import fits, may_give, may_manage

HERE, THERE = 1, 2
PRINCIPAL = [(Role.PRINCIPAL, HERE)]
OFFICE = [(Role.OFFICE, HERE)]
ADMIN = [(Role.DISTRICT_ADMIN, None)]


def test_every_role_has_permissions_and_a_scope() -> None:
    assert set(PERMISSIONS) == set(SCOPES) == set(Role)


def test_a_district_admin_gives_every_role_everywhere() -> None:
    assert all(may_give(ADMIN, role, place) for role in Role for place in (HERE, None))


def test_a_principal_gives_the_roles_that_lead_nobody_at_the_own_school() -> None:
    given = {role for role in Role if may_give(PRINCIPAL, role, HERE)}
    assert given == {
        Role.OFFICE,
        Role.COUNSELOR,
        Role.TEACHER,
        Role.FAMILY_LIAISON,
        Role.INTERPRETER,
        Role.DUTY,
    }
    assert not any(may_give(PRINCIPAL, role, place) for role in Role for place in (THERE, None))


def test_an_office_gives_no_role_that_opens_protected_words() -> None:
    given = {role for role in Role if may_give(OFFICE, role, HERE)}
    assert given == {Role.OFFICE, Role.TEACHER, Role.FAMILY_LIAISON, Role.INTERPRETER}


@pytest.mark.parametrize("role", [Role.TEACHER, Role.COUNSELOR, Role.DUTY, Role.RECORDS])
def test_whoever_does_not_lead_gives_nothing(role: Role) -> None:
    assert not any(may_give([(role, HERE)], wanted, HERE) for wanted in Role)


def test_rights_at_two_schools_do_not_add_up() -> None:
    held = [(Role.OFFICE, HERE), (Role.COUNSELOR, THERE)]
    assert not may_give(held, Role.COUNSELOR, HERE)  # protected words are read there only
    assert not may_give(held, Role.TEACHER, THERE)


def test_an_account_is_ended_only_by_whoever_could_end_all_its_roles() -> None:
    assert may_manage(PRINCIPAL, [(Role.TEACHER, HERE)], [HERE])
    assert not may_manage(PRINCIPAL, [(Role.TEACHER, HERE), (Role.TEACHER, THERE)], [HERE])
    assert not may_manage(OFFICE, PRINCIPAL, [HERE])
    assert not may_manage(PRINCIPAL, [], [HERE])
    assert may_manage(ADMIN, [], [])


@pytest.mark.parametrize(
    ("role", "school", "scope", "expected"),
    [
        (Role.TEACHER, None, "", False),
        (Role.TEACHER, HERE, "", True),
        (Role.TEACHER, HERE, "case_load", False),
        (Role.DISTRICT_ADMIN, HERE, "", False),
        (Role.DISTRICT_ADMIN, None, "", True),
        (Role.COUNSELOR, HERE, "case_load", True),
        (Role.COUNSELOR, None, "", True),
        (Role.FAMILY_LIAISON, HERE, "school", True),
        (Role.INTERPRETER, HERE, "school", False),
        (Role.COUNSELOR, HERE, "booking", False),
    ],
)
def test_a_role_is_held_where_it_makes_sense(
    role: Role, school: int | None, scope: str, expected: bool
) -> None:
    assert fits(role, school, scope) is expected
