"""Contact data to mend: the list, making sure, who is one person, and the file for the school's own system."""

import csv
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bothways.accounts.enums import Role
from bothways.audit.models import Entry
from bothways.core import clock
from bothways.messaging.models import Delivery
from bothways.people.models import (
    ContactPoint,
    Guardian,
    Link,
    Merge,
    PointAsked,
    PointChange,
    PossiblySame,
    Restriction,
)
from people import Cast, guardian, home, staff, student
from web import mended
from web.visiting import Visit


def body(visit: Visit, cast: Cast, address: str) -> str:
    return visit(cast.office).get(address).content.decode()


def test_a_dead_number_stands_there_with_when_the_family_was_asked(
    everybody: Cast, visit: Visit
) -> None:
    point = ContactPoint.objects.get(guardian=everybody.alician, kind="phone")
    ContactPoint.objects.filter(pk=point.pk).update(
        state="failing", why="30005", state_at=clock.now()
    )
    PointAsked.objects.create(
        district=everybody.district, point=point, at=clock.now(), way="letter"
    )
    page = body(visit, everybody, "/families/mend/")
    assert "(312) 555-0101" in page
    assert "the number does not exist" in page
    assert "asked on" in page


def test_a_number_of_somebody_else_is_called_that(everybody: Cast, visit: Visit) -> None:
    ContactPoint.objects.filter(guardian=everybody.alician, kind="phone").update(
        state="failing", why="wrong_person"
    )
    assert "belongs to somebody else" in body(visit, everybody, "/families/mend/")


def test_one_number_of_two_families_is_listed_until_it_is_ended_for_one(
    everybody: Cast, visit: Visit
) -> None:
    ContactPoint.objects.create(
        district=everybody.district, guardian=everybody.karim, kind="phone", address="+13125550101",
        match="+13125550101",
    )  # fmt: skip
    page = body(visit, everybody, "/families/mend/")
    assert "One number, several families" in page
    ContactPoint.objects.filter(guardian=everybody.karim, kind="phone").update(
        state="failing", why="wrong_person"
    )
    assert "One number, several families" not in body(visit, everybody, "/families/mend/")


def test_families_of_another_school_are_not_listed(everybody: Cast, visit: Visit) -> None:
    child = student("Amina", "Noor", everybody.middle, everybody.room_7)
    adult = guardian(everybody.district, "Hodan", "Noor", mobile="+13125550166")
    home([child], [adult])
    ContactPoint.objects.filter(guardian=adult).update(state="failing", why="30005")
    change = PointChange.objects.create(
        district=everybody.district, guardian=adult, kind="phone", new="+13125550155",
        said_by="guardian", how="page", at=clock.now(),
    )  # fmt: skip
    page = body(visit, everybody, "/families/mend/")
    assert "555-0166" not in page
    assert "Hodan" not in page
    office = visit(everybody.office)
    assert office.get(f"/families/mend/changes/{change.pk}/").status_code == 404
    assert office.post(f"/families/mend/changes/{change.pk}/", {"is_so": "yes"}).status_code == 404


def test_who_teaches_elsewhere_and_is_in_the_office_here_mends_here_only(
    everybody: Cast, visit: Visit
) -> None:
    from bothways.accounts.models import Membership

    Membership.objects.create(
        district=everybody.district, user=everybody.teacher_elsewhere, role=Role.OFFICE.value,
        school=everybody.middle,
    )  # fmt: skip
    change = mended.said(everybody)
    there = visit(everybody.teacher_elsewhere).get(f"/families/mend/changes/{change.pk}/")
    assert there.status_code == 404


def test_a_change_is_made_sure_of_and_carried_out(everybody: Cast, visit: Visit) -> None:
    change = mended.said(everybody)
    office = visit(everybody.office)
    assert (
        "do not read it out" in office.get(f"/families/mend/changes/{change.pk}/").content.decode()
    )
    office.post(f"/families/mend/changes/{change.pk}/", {"is_so": "yes"})
    point = ContactPoint.objects.get(guardian=everybody.emilys_mother, kind="phone")
    assert (point.address, point.source) == ("+13125550155", "local")
    told = Delivery.objects.get(message__kind="changed")
    assert (told.channel, told.household) == ("letter", everybody.emilys_home)
    again = office.post(f"/families/mend/changes/{change.pk}/", {"is_so": "no"}, follow=True)
    assert "settled already" in again.content.decode()
    page = office.get(f"/families/{everybody.emilys_home.pk}/").content.decode()
    assert "Changed numbers and addresses" in page
    assert "made sure by <bdi>Ken Staff</bdi>" in page
    assert Entry.objects.filter(event="point.changed", user_id=everybody.office.pk).count() == 1


def test_a_refused_change_changes_nothing(everybody: Cast, visit: Visit) -> None:
    change = mended.said(everybody)
    visit(everybody.office).post(f"/families/mend/changes/{change.pk}/", {"is_so": "no"})
    assert not ContactPoint.objects.filter(guardian=everybody.emilys_mother, kind="phone").exists()
    change.refresh_from_db()
    assert (change.refused_at, change.confirmed_by) == (clock.now(), everybody.office)


def test_a_press_without_a_choice_is_nothing(everybody: Cast, visit: Visit) -> None:
    change = mended.said(everybody)
    assert visit(everybody.office).post(f"/families/mend/changes/{change.pk}/").status_code == 404


def test_teachers_do_not_read_numbers_in_the_history(everybody: Cast, visit: Visit) -> None:
    mended.said(everybody)
    page = visit(everybody.mrs_c).get(f"/families/{everybody.emilys_home.pk}/").content.decode()
    assert "555-0155" not in page


def test_what_the_office_adds_is_told_to_the_ways_there_were(everybody: Cast, visit: Visit) -> None:
    visit(everybody.office).post(
        f"/families/{everybody.troys_home.pk}/ways/",
        {"guardian": everybody.alician.pk, "kind": "email", "address": "new@example.org"},
    )
    assert [d.match for d in Delivery.objects.filter(message__kind="changed")] == ["+13125550101"]
    change = PointChange.objects.get()
    assert (change.said_by, change.how, change.confirmed_by) == ("staff", "desk", everybody.office)


def test_two_rows_are_compared_and_made_one(everybody: Cast, visit: Visit) -> None:
    pair = mended.alike(everybody)
    office = visit(everybody.office)
    page = office.get(f"/families/mend/same/{pair.pk}/").content.decode()
    assert page.count("12 Fence Rd") == 2
    office.post(f"/families/mend/same/{pair.pk}/", {"decision": "other", "words": "He told us."})
    merge = Merge.objects.get()
    assert (merge.kept, merge.away, merge.by) == (
        everybody.emilys_father, everybody.emilys_mother, everybody.office,
    )  # fmt: skip
    assert office.get(f"/families/mend/same/{pair.pk}/").status_code == 404
    assert "Take apart" in office.get("/families/mend/same/").content.decode()
    office.post(f"/families/mend/merges/{merge.pk}/")
    everybody.emilys_mother.refresh_from_db()
    assert everybody.emilys_mother.ended_at is None
    assert office.post(f"/families/mend/merges/{merge.pk}/").status_code == 404


def test_two_people_are_never_listed_again(everybody: Cast, visit: Visit) -> None:
    pair = mended.alike(everybody)
    visit(everybody.office).post(f"/families/mend/same/{pair.pk}/", {"decision": "no"})
    pair.refresh_from_db()
    assert (pair.same, pair.decided_by) == (False, everybody.office)
    assert "Nothing to decide" in body(visit, everybody, "/families/mend/same/")


def test_a_pair_of_which_one_side_is_another_schools_is_not_shown(
    everybody: Cast, visit: Visit
) -> None:
    adult = guardian(everybody.district, "Ruth", "Parker")
    home([student("Amina", "Noor", everybody.middle, everybody.room_7)], [adult])
    pair = PossiblySame.objects.create(
        district=everybody.district,
        one=everybody.emilys_mother,
        other=adult,
        why="same name and phone",
    )
    assert visit(everybody.office).get(f"/families/mend/same/{pair.pk}/").status_code == 404
    assert "Nothing to decide" in body(visit, everybody, "/families/mend/same/")
    assert visit(everybody.admin).get(f"/families/mend/same/{pair.pk}/").status_code == 200


def barred_pair(cast: Cast) -> PossiblySame:
    """Hector is barred from Luis; the roster has him again, for Nour."""
    again = guardian(cast.district, "Hector", "Núñez")
    Link.objects.create(district=cast.district, student=cast.nour, guardian=again)
    return PossiblySame.objects.create(
        district=cast.district, one=cast.hector, other=again, why="same name and phone"
    )


def test_under_an_order_a_reason_is_asked_for_and_the_order_stays(
    everybody: Cast, visit: Visit
) -> None:
    pair = barred_pair(everybody)
    office = visit(everybody.office)
    page = office.get(f"/families/mend/same/{pair.pk}/").content.decode()
    assert "the stricter wins" in page
    answer = office.post(f"/families/mend/same/{pair.pk}/", {"decision": "other"})
    assert (answer.status_code, Merge.objects.count()) == (422, 0)
    office.post(f"/families/mend/same/{pair.pk}/", {"decision": "other", "words": "The paper."})
    order = Restriction.objects.get()
    assert (order.link.guardian, order.link.student) == (pair.other, everybody.luis)


def test_without_the_right_to_restrict_nobody_is_made_one_under_an_order(
    everybody: Cast, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bothways.accounts import enums

    kept = dict(enums.PERMISSIONS)
    kept[Role.OFFICE] = kept[Role.OFFICE] - {enums.Permission.RESTRICTIONS_EDIT}
    for place in ("bothways.accounts.models", "bothways.people.models"):
        monkeypatch.setattr(f"{place}.PERMISSIONS", kept)
    pair = barred_pair(everybody)
    clerk = staff("Lee", Role.OFFICE, everybody.district, everybody.elementary)
    answer = visit(clerk).post(
        f"/families/mend/same/{pair.pk}/", {"decision": "other", "words": "The paper."}
    )
    assert (answer.status_code, Merge.objects.count()) == (422, 0)
    assert "may change restrictions" in answer.content.decode()


def test_the_file_has_what_is_different_here(everybody: Cast, visit: Visit) -> None:
    change = mended.said(everybody)
    office = visit(everybody.office)
    office.post(f"/families/mend/changes/{change.pk}/", {"is_so": "yes"})
    Guardian.objects.filter(pk=everybody.emilys_mother.pk).update(given="=cmd|' /C calc'!A0")
    ContactPoint.objects.filter(guardian=everybody.alician, kind="phone").update(
        state="failing", why="wrong_person"
    )
    answer = office.get("/families/mend/contact-data.csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    found = [
        (r["guardian_id"], r["kind"], r["address"], r["what"], r["made_sure_by"]) for r in rows
    ]
    assert found == [
        (everybody.emilys_mother.sis_id, "phone", "+13125550155", "add", "Ken Staff"),
        (everybody.alician.sis_id, "phone", "+13125550101", "remove", ""),
    ]
    assert rows[0]["guardian"] == "'=cmd|' /C calc'!A0 Parker"
    assert rows[0]["student_ids"] == everybody.emily.sis_id
    assert Entry.objects.get(event="contact_data.exported").details == {"rows": 2}


@pytest.mark.parametrize("address", ["/families/mend/", "/families/mend/same/"])
def test_the_lists_cost_the_same_for_three_as_for_one(
    everybody: Cast, visit: Visit, address: str
) -> None:
    def queries() -> int:
        office = visit(everybody.office)
        with CaptureQueriesContext(connection) as seen:
            assert office.get(address).status_code == 200
        return len(seen)

    mended.broken(everybody, 1)
    mended.broken(everybody, 2)
    before = queries()
    for number in (3, 4):
        mended.broken(everybody, number)
    assert queries() == before
