"""Paper on the staff side: posted, sent the other way, come back, given out; each school its own."""

import pytest
from django.test import Client

from bothways.audit.models import Entry as Audit
from bothways.consent.models import Preference
from bothways.messaging.enums import State
from bothways.messaging.models import Bag, Delivery
from bothways.outreach.models import Climb
from people import Cast, guardian, home, student
from web.happenings import in_the_bag, printed, to, write
from web.visiting import Visit


def state_of(letter: Delivery) -> str:
    return Delivery.objects.get(pk=letter.pk).state


def lying(letter: Delivery) -> str:
    """This letter in the print tray, and not on its way; the name of its batch."""
    Delivery.objects.filter(pk=letter.pk).update(
        state=State.PRINTED.value, rank=State.PRINTED.rank, accepted_at=None
    )
    return printed(letter)


@pytest.fixture
def letter(everybody: Cast) -> Delivery:
    return to(write(everybody, everybody.mrs_c), everybody.emilys_home)


@pytest.fixture
def office(everybody: Cast, visit: Visit) -> Client:
    return visit(everybody.office)


def test_batch_says_what_is_not_posted_until_somebody_says_so(
    office: Client, letter: Delivery
) -> None:
    name = lying(letter)
    (before,) = office.get("/letters/").context["batches"]
    office.post(f"/letters/tray/{name}/posted/")
    (after,) = office.get("/letters/").context["batches"]
    assert (before.waiting, after.waiting, state_of(letter)) == (1, 0, "accepted")


@pytest.mark.parametrize("day", ["2001-01-01", "2999-01-01", "yesterday", "\x00"])
def test_day_on_which_nobody_can_have_posted_changes_nothing(
    office: Client, letter: Delivery, day: str
) -> None:
    name = lying(letter)
    office.post(f"/letters/tray/{name}/posted/", {"day": day})
    assert state_of(letter) == "printed"


def test_office_sends_a_batch_home_in_the_bag_instead(
    everybody: Cast, office: Client, letter: Delivery
) -> None:
    office.post(f"/letters/tray/{lying(letter)}/other-way/")
    bag = Bag.objects.get()
    assert (bag.delivery_id, bag.student, bag.section) == (
        letter.pk,
        everybody.emily,
        everybody.room_12,
    )
    kinds = {one.batch.kind: one.waiting for one in office.get("/letters/").context["batches"]}
    assert kinds == {"letter": 0, "bag": 1}


@pytest.mark.parametrize(
    "typed", ["{code}", "  {code}  ", "https://grandbend.example/r/{code}", "HTTP://X/r/{code}/"]
)
def test_scanned_square_and_typed_code_are_the_same(
    office: Client, letter: Delivery, typed: str
) -> None:
    office.post("/letters/returned/", {"code": typed.format(code=letter.code), "why": "nonsense"})
    row = Delivery.objects.get(pk=letter.pk)
    assert (row.state, row.error) == ("undelivered", "returned")


def test_returned_letter_keeps_why_and_asks_the_climb_to_look_again(
    everybody: Cast, office: Client, letter: Delivery
) -> None:
    before = dict(Climb.objects.values_list("household", "next_at"))
    answer = office.post("/letters/returned/", {"code": letter.code, "why": "returned_moved"})
    page = office.get(answer["Location"]).content.decode()
    assert Delivery.objects.get(pk=letter.pk).error == "returned_moved"
    assert "Emily Parker" in page
    assert 'value="returned_moved" selected' in page  # the next envelope often says the same
    assert f"/families/{everybody.emilys_home.pk}/" in page
    assert dict(Climb.objects.values_list("household", "next_at")).keys() == before.keys()


@pytest.mark.parametrize("typed", ["", "BBBB-CCCC-DDDD", "x" * 5000, "\x00", "https://x/r/", "👍"])
def test_code_of_no_letter_is_told_and_nothing_changes(
    office: Client, letter: Delivery, typed: str
) -> None:
    answer = office.post("/letters/returned/", {"code": typed})
    assert (answer.status_code, state_of(letter)) == (422, "accepted")


def test_code_of_another_schools_family_shows_no_name(everybody: Cast, office: Client) -> None:
    child = student("Hodan", "Ali", everybody.middle)
    family = home(
        [child], [guardian(everybody.district, "Asha", "Ali", address="5 Oak St\nGrand Bend")]
    )
    foreign = to(write(everybody, None), family)
    answer = office.post("/letters/returned/", {"code": foreign.code})
    undo = office.post(f"/letters/returned/{foreign.pk}/undo/")
    again = office.post(f"/letters/again/{foreign.pk}/")
    assert (answer.status_code, undo.status_code, again.status_code) == (422, 404, 404)
    assert "Hodan" not in answer.content.decode()


def test_letter_without_an_address_cannot_have_come_back_by_post(
    everybody: Cast, office: Client, letter: Delivery
) -> None:
    in_the_bag(letter, everybody.emily, everybody.room_12)
    answer = office.post("/letters/returned/", {"code": letter.code})
    assert (answer.status_code, state_of(letter)) == (422, "printed")


def test_one_letter_again_is_on_the_record_and_a_pdf(office: Client, letter: Delivery) -> None:
    answer = office.post(f"/letters/again/{letter.pk}/")
    assert (answer["Content-Type"], answer.content[:5]) == ("application/pdf", b"%PDF-")
    assert Audit.objects.get(event="letters.printed_again").details == {"deliveries": [letter.pk]}
    assert state_of(letter) == "accepted"


def test_family_page_and_message_page_offer_the_letter_again(
    everybody: Cast, office: Client, visit: Visit, letter: Delivery
) -> None:
    link = f'action="/letters/again/{letter.pk}/"'
    paths = (f"/families/{everybody.emilys_home.pk}/", f"/sent/{letter.message_id}/")
    assert [link in office.get(path).content.decode() for path in paths] == [True, True]
    teacher = visit(everybody.mrs_c)
    assert [link in teacher.get(path).content.decode() for path in paths] == [False, False]


def test_teacher_sees_the_letters_of_the_children_served_and_no_others(
    everybody: Cast, visit: Visit, letter: Delivery
) -> None:
    in_the_bag(letter, everybody.emily, everybody.room_12)
    mine, elsewhere = visit(everybody.mrs_c), visit(everybody.teacher_elsewhere)
    address = f"/letters/bags/{everybody.room_12.pk}/"
    told = {"given": everybody.emily.pk, "listed": everybody.emily.pk}
    assert elsewhere.post(address, told).status_code == 404
    assert "Give out letters" not in elsewhere.get("/families/").content.decode()
    assert "Give out letters" in mine.get("/families/").content.decode()
    assert [mine.post(address, told).status_code for _ in range(2)] == [302, 302]
    assert state_of(letter) == "delivered"


@pytest.mark.parametrize("number", ["0", "999999", "9" * 30, "-1", "x"])
def test_list_with_children_who_are_not_on_it_changes_nothing(
    everybody: Cast, visit: Visit, letter: Delivery, number: str
) -> None:
    in_the_bag(letter, everybody.emily, everybody.room_12)
    address = f"/letters/bags/{everybody.room_12.pk}/"
    visit(everybody.mrs_c).post(address, {"given": number, "listed": number})
    assert state_of(letter) == "printed"


def test_family_says_how_it_wants_its_letters(everybody: Cast, office: Client) -> None:
    pk = everybody.emilys_home.pk
    for paper in ("bag", "nonsense"):
        office.post(f"/families/{pk}/paper/", {"paper": paper})
    assert Preference.objects.get(household=pk).paper == "bag"
    assert "as they asked" in office.get(f"/families/{pk}/").content.decode()


def test_school_office_sets_its_own_school_and_not_the_district(
    everybody: Cast, office: Client, visit: Visit
) -> None:
    mine, other = everybody.elementary, everybody.middle
    told = {
        "district-paper": "bag",
        f"school-{mine.pk}-paper": "bag",
        f"school-{other.pk}-paper": "bag",
    }

    def stands() -> list[str]:
        for one in (everybody.district, mine, other):
            one.refresh_from_db()
        return [everybody.district.paper, mine.paper, other.paper]

    office.post("/letters/ways/", told)
    assert stands() == ["post", "bag", ""]
    visit(everybody.admin).post("/letters/ways/", told)
    assert stands() == ["bag", "bag", "bag"]
