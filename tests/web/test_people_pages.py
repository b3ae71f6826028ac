"""People and roles: who is listed to whom, and what nobody can do by accident or on purpose."""

import re

import pytest
from django.core import mail
from django.test import Client

from bothways.accounts.enums import Role
from bothways.accounts.models import Duty, Membership, User
from bothways.accounts.queries import duty_persons
from bothways.accounts.services import LastAdmin, end_account, end_role, give_role
from bothways.audit.models import Entry
from bothways.people.models import CaseLoad
from bothways.web.staff.people_link import sending
from people import Cast, district, staff
from web.visiting import Visit


@pytest.fixture(autouse=True)
def _links() -> None:
    sending.forget()


def _held(user: User) -> set[tuple[str, int | None]]:
    return set(Membership.objects.filter(user=user, ended_at=None).values_list("role", "school_id"))


def test_an_office_sees_its_own_school(everybody: Cast, visit: Visit) -> None:
    words = visit(everybody.office).get("/people/").content.decode()
    assert "Clara Staff" in words
    assert "Okafor Staff" not in words
    assert "Okafor Staff" in visit(everybody.admin).get("/people/").content.decode()


def test_names_stay_out_of_addresses(everybody: Cast, visit: Visit) -> None:
    client = visit(everybody.admin)
    answer = client.post("/people/", {"q": "okaf"})
    assert answer["Location"] == "/people/"
    words = client.get("/people/").content.decode()
    assert "Okafor Staff" in words
    assert "Clara Staff" not in words


def test_the_list_takes_the_same_queries_for_three_and_for_thirty(
    everybody: Cast, visit: Visit, django_assert_max_num_queries: object
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = visit(everybody.admin)
    client.get("/people/")
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get("/people/")
    for n in range(30):
        staff(f"Teacher{n}", Role.TEACHER, everybody.district, everybody.elementary)
    with CaptureQueriesContext(connection) as many:
        client.get("/people/")
    assert len(many) == len(few)


def test_a_principal_gives_and_ends_a_role_and_it_is_on_the_record(
    everybody: Cast, visit: Visit
) -> None:
    client = visit(everybody.principal)
    here = everybody.elementary.pk
    path = f"/people/{everybody.mrs_c.pk}/"
    answer = client.post(
        path + "role/", {"role": "counselor", "school": here, "scope": "case_load"}
    )
    assert answer.status_code == 302
    member = Membership.objects.get(user=everybody.mrs_c, role="counselor")
    assert member.scope == "case_load"
    asked = client.get(f"{path}roles/{member.pk}/end/")
    assert "End this role?" in asked.content.decode()
    assert ("counselor", here) in _held(everybody.mrs_c)  # looking ends nothing
    client.post(f"{path}roles/{member.pk}/end/")
    assert ("counselor", here) not in _held(everybody.mrs_c)
    noted = Entry.objects.filter(event__in=("role.given", "role.ended")).order_by("pk")
    assert [(e.event, e.user_id, e.details["school"]) for e in noted] == [
        ("role.given", everybody.principal.pk, here),
        ("role.ended", everybody.principal.pk, here),
    ]


@pytest.mark.parametrize("role", ["district_admin", "principal", "records", "duty", "emperor"])
def test_nobody_gives_what_leads_unless_they_lead_the_district(
    everybody: Cast, visit: Visit, role: str
) -> None:
    for place in (everybody.elementary.pk, ""):
        answer = visit(everybody.principal).post(
            f"/people/{everybody.mrs_c.pk}/role/", {"role": role, "school": place}
        )
        assert answer.status_code == 422
    assert _held(everybody.mrs_c) == {("teacher", everybody.elementary.pk)}


def test_an_office_does_not_make_itself_a_counselor_or_end_the_principal(
    everybody: Cast, visit: Visit
) -> None:
    client = visit(everybody.office)
    own = client.post(
        f"/people/{everybody.office.pk}/role/",
        {"role": "counselor", "school": everybody.elementary.pk},
    )
    assert own.status_code == 422
    boss = everybody.principal
    member = boss.memberships.get()
    assert client.post(f"/people/{boss.pk}/roles/{member.pk}/end/").status_code == 403
    assert client.post(f"/people/{boss.pk}/end/").status_code == 403
    assert client.post(f"/people/{boss.pk}/link/").status_code == 403
    assert client.post(f"/people/{boss.pk}/reach/", {"email": "me@x.example"}).status_code == 403
    boss.refresh_from_db()
    assert boss.email == "rosa@grandbend.example"


def test_a_role_at_a_school_of_another_principal_is_refused(everybody: Cast, visit: Visit) -> None:
    answer = visit(everybody.principal).post(
        f"/people/{everybody.mrs_c.pk}/role/", {"role": "office", "school": everybody.middle.pk}
    )
    assert answer.status_code == 422


def test_the_last_district_admin_stays(everybody: Cast, visit: Visit) -> None:
    admin = everybody.admin
    with pytest.raises(LastAdmin):
        end_role(user=admin, role=Role.DISTRICT_ADMIN, school=None)
    with pytest.raises(LastAdmin):
        end_account(user=admin, by=admin.pk)
    member = admin.memberships.get()
    answer = visit(admin).post(f"/people/{admin.pk}/roles/{member.pk}/end/")
    assert answer.status_code == 422
    assert "last district admin" in answer.content.decode()
    second = staff("Wen", Role.DISTRICT_ADMIN, everybody.district)
    end_role(user=second, role=Role.DISTRICT_ADMIN, school=None)
    assert _held(second) == set()


def test_an_admin_of_another_district_does_not_count(everybody: Cast) -> None:
    staff("Zoe", Role.DISTRICT_ADMIN, district("Far Away"))
    with pytest.raises(LastAdmin):
        end_role(user=everybody.admin, role=Role.DISTRICT_ADMIN, school=None)


def test_nobody_ends_their_own_account(everybody: Cast, visit: Visit) -> None:
    staff("Wen", Role.DISTRICT_ADMIN, everybody.district)
    assert visit(everybody.admin).post(f"/people/{everybody.admin.pk}/end/").status_code == 403


def test_an_interpreter_who_stands_in_no_roster_is_added(everybody: Cast, visit: Visit) -> None:
    said = {
        "given": "  Hawa ",
        "family": "Abdi",
        "email": "Hawa@Words.example",
        "role": "interpreter",
        "school": str(everybody.elementary.pk),
    }
    client = visit(everybody.office)
    answer = client.post("/people/add/", said)
    hawa = User.objects.get(email="hawa@words.example")
    assert answer["Location"] == f"/people/{hawa.pk}/"
    assert (hawa.name, _held(hawa)) == (
        "Hawa Abdi",
        {("interpreter", everybody.elementary.pk)},
    )
    again = client.post("/people/add/", said | {"role": "teacher"})  # known: gets the role, too
    assert again["Location"] == f"/people/{hawa.pk}/"
    assert len(_held(hawa)) == 2


def test_an_address_of_another_district_is_not_taken_over(everybody: Cast, visit: Visit) -> None:
    zoe = staff("Zoe", Role.TEACHER, district("Far Away"))
    answer = visit(everybody.admin).post(
        "/people/add/",
        {
            "given": "Zoe",
            "family": "Staff",
            "email": zoe.email,
            "role": "teacher",
            "school": everybody.elementary.pk,
        },
    )
    assert answer.status_code == 422
    assert "Somebody else signs in with this address." in answer.content.decode()


def test_an_ended_account_is_signed_out_everywhere_and_comes_back_empty(
    everybody: Cast, visit: Visit
) -> None:
    there = visit(everybody.mrs_c)
    there.get("/sign-in/account/")
    assert there.get("/families/").status_code == 200
    client = visit(everybody.principal)
    assert client.post(f"/people/{everybody.mrs_c.pk}/end/").status_code == 302
    assert there.get("/families/").status_code == 302
    assert _held(everybody.mrs_c) == set()
    admin = visit(everybody.admin)
    assert "Clara Staff" in admin.get("/people/?gone=1").content.decode()
    admin.post(f"/people/{everybody.mrs_c.pk}/back/")
    everybody.mrs_c.refresh_from_db()
    assert everybody.mrs_c.is_active
    assert _held(everybody.mrs_c) == set()


def test_another_address_signs_out_whoever_came_by_the_old_one(
    everybody: Cast, visit: Visit
) -> None:
    there = visit(everybody.mrs_c)
    there.get("/sign-in/account/")
    answer = visit(everybody.principal).post(
        f"/people/{everybody.mrs_c.pk}/reach/",
        {"email": "Clara.New@grandbend.example", "phone": "(512) 555-0142"},
    )
    assert answer.status_code == 302
    everybody.mrs_c.refresh_from_db()
    assert (everybody.mrs_c.email, everybody.mrs_c.phone) == (
        "clara.new@grandbend.example",
        "+15125550142",
    )
    assert there.get("/families/").status_code == 302


def test_a_link_goes_to_the_person_and_signs_in(everybody: Cast, visit: Visit) -> None:
    client = visit(everybody.principal)
    client.post(f"/people/{everybody.mrs_c.pk}/link/")
    (sent,) = mail.outbox
    assert sent.to == [everybody.mrs_c.email]
    found = re.search(r"https?://[^/\s]+(/sign-in/link/\S+)", str(sent.body))
    assert found is not None
    there = Client()
    there.post(found[1])
    assert there.session["_auth_user_id"] == str(everybody.mrs_c.pk)
    for _ in range(4):
        client.post(f"/people/{everybody.mrs_c.pk}/link/")
    assert len(mail.outbox) == 3  # nobody fills a mailbox from here


# --- duty persons ---------------------------------------------------------------------------------


def test_a_school_with_nobody_on_duty_is_warned_of_and_with_one_as_well(
    everybody: Cast, visit: Visit
) -> None:
    client = visit(everybody.principal)
    words = client.get("/people/duty/").content.decode()
    assert "Nobody is named here." in words
    assert "Rosa Staff" in words  # who is told until then
    client.post(
        "/people/duty/",
        {
            "place": everybody.elementary.pk,
            "person": everybody.mrs_c.pk,
            "phone": "512 555 0142",
        },
    )
    assert "Only one: name a second." in client.get("/people/duty/").content.decode()
    assert duty_persons(everybody.district.pk, everybody.elementary) == [everybody.mrs_c]
    everybody.mrs_c.refresh_from_db()
    assert everybody.mrs_c.phone == "+15125550142"
    assert ("duty", everybody.elementary.pk) in _held(everybody.mrs_c)
    client.post("/people/duty/", {"place": everybody.elementary.pk, "end": Duty.objects.get().pk})
    assert Duty.objects.count() == 0
    assert ("duty", everybody.elementary.pk) not in _held(everybody.mrs_c)


@pytest.mark.parametrize("phone", ["", "call me", "911", "1" * 40])
def test_a_duty_person_needs_a_number_that_can_be_called(
    everybody: Cast, visit: Visit, phone: str
) -> None:
    answer = visit(everybody.principal).post(
        "/people/duty/",
        {"place": everybody.elementary.pk, "person": everybody.mrs_c.pk, "phone": phone},
    )
    assert answer.status_code == 422
    assert Duty.objects.count() == 0


def test_an_office_sees_who_is_on_duty_and_names_nobody(everybody: Cast, visit: Visit) -> None:
    client = visit(everybody.office)
    assert client.get("/people/duty/").status_code == 200
    said = {"place": everybody.elementary.pk, "person": everybody.office.pk, "phone": "5125550142"}
    assert client.post("/people/duty/", said).status_code == 403
    assert client.post("/people/duty/", said | {"place": everybody.middle.pk}).status_code == 404


# --- case loads -----------------------------------------------------------------------------------


def test_families_are_assigned_by_name_and_by_letter(everybody: Cast, visit: Visit) -> None:
    client = visit(everybody.principal)
    path = f"/people/{everybody.liaison.pk}/families/"
    CaseLoad.objects.all().delete()
    client.post(path, {"what": "search", "q": "haddad"})
    assert "Nour" in client.get(path).content.decode()
    client.post(path, {"what": "assign", "student": everybody.nour.pk})
    # Maya is Troy's sister, at a school that is not this principal's.
    client.post(path, {"what": "assign", "student": everybody.troy.pk})
    assert client.post(path, {"what": "assign", "student": everybody.maya.pk}).status_code == 404
    client.post(
        path,
        {"what": "letters", "school": everybody.elementary.pk, "first": "m", "last": "P"},
    )
    assigned = set(CaseLoad.objects.values_list("student__given", flat=True))
    assert assigned == {"Nour", "Troy", "Emily", "Luis"}
    client.post(path, {"what": "take", "student": everybody.nour.pk})
    assert CaseLoad.objects.count() == 3
    client.post(path, {"what": "take_all"})
    assert CaseLoad.objects.count() == 0


@pytest.mark.parametrize("student", ["", "x", "-1", "9" * 40, "1e9"])
def test_a_child_that_is_none_is_not_found(everybody: Cast, visit: Visit, student: str) -> None:
    path = f"/people/{everybody.liaison.pk}/families/"
    client = visit(everybody.principal)
    assert client.post(path, {"what": "assign", "student": student}).status_code == 404


def test_a_liaison_without_families_is_said_to_see_nobody(everybody: Cast, visit: Visit) -> None:
    CaseLoad.objects.all().delete()
    words = visit(everybody.principal).get(f"/people/{everybody.liaison.pk}/").content.decode()
    assert "this person sees nobody" in words


def test_people_of_another_district_are_not_there(everybody: Cast, visit: Visit) -> None:
    zoe = staff("Zoe", Role.TEACHER, district("Far Away"))
    client = visit(everybody.admin)
    for path in ("", "families/", "end/", "second-step/"):
        assert client.get(f"/people/{zoe.pk}/{path}").status_code == 404
    give_role(user=zoe, role=Role.TEACHER, school=None)
