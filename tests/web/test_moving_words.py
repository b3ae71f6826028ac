"""The page on which words are put where they belong."""

import pytest

from bothways.accounts.enums import Role
from bothways.core import clock
from bothways.messaging.models import Conversation, Entry, EntryMove
from bothways.outreach.enums import ClimbState
from bothways.outreach.models import Climb
from bothways.outreach.services.climbing import advance
from bothways.people.models import ContactPoint, Household
from people import Cast, guardian, home, staff, student
from web.happenings import happened, says, to, write
from web.visiting import Visit

NUMBER = "+13125550101"  # Alician's


@pytest.fixture
def neighbours(everybody: Cast) -> Household:
    """Amina and Ali, in Mrs. C's room, who use Alician's phone."""
    ali = student("Ali", "Said", everybody.elementary, everybody.room_12)
    return home([ali], [guardian(everybody.district, "Amina", "Said", mobile=NUMBER)])


def page_of(talk: Conversation, entry: Entry) -> str:
    return f"/inbox/{talk.pk}/words/{entry.pk}/"


def test_mrs_c_moves_words_and_moves_them_back(
    everybody: Cast, neighbours: Household, visit: Visit
) -> None:
    did = happened(everybody)
    entry = did.talk.entries.get()
    client = visit(everybody.mrs_c)
    shown = client.get(f"/inbox/{did.talk.pk}/").content.decode()
    assert page_of(did.talk, entry) in shown
    asked = client.get(page_of(did.talk, entry)).content.decode()
    assert "To the family of Ali Said, about Ali" in asked
    ali = neighbours.children.get().student
    answer = client.post(page_of(did.talk, entry), {"to": f"{neighbours.pk}-{ali.pk}"}, follow=True)
    there = Conversation.objects.get(household=neighbours)
    assert answer.redirect_chain == [(f"/inbox/{there.pk}/", 302)]
    assert "Moved here by" in answer.content.decode()
    assert "moved words from here" in client.get(f"/inbox/{did.talk.pk}/").content.decode()
    back = client.post(
        page_of(there, entry), {"to": f"{everybody.troys_home.pk}-{everybody.troy.pk}"}
    )
    assert (back.status_code, back["location"]) == (302, f"/inbox/{did.talk.pk}/")
    assert EntryMove.objects.count() == 2


def test_a_climb_that_ended_by_these_words_goes_on(
    everybody: Cast, neighbours: Household, visit: Visit
) -> None:
    did = happened(everybody)
    advance(everybody.district, at=clock.now())
    climbs = Climb.objects.filter(household=everybody.troys_home)
    assert set(climbs.values_list("state", flat=True)) == {ClimbState.DONE.value}
    entry = did.talk.entries.get()
    ali = neighbours.children.get().student
    visit(everybody.mrs_c).post(page_of(did.talk, entry), {"to": f"{neighbours.pk}-{ali.pk}"})
    assert set(climbs.values_list("state", flat=True)) == {ClimbState.OPEN.value}


def test_a_family_whom_the_reader_does_not_serve_is_not_offered_and_not_taken(
    everybody: Cast, neighbours: Household, visit: Visit
) -> None:
    did = happened(everybody)
    entry = did.talk.entries.get()
    ali = neighbours.children.get().student
    elsewhere = staff("Noor", Role.TEACHER, everybody.district, everybody.elementary)
    everybody.room_12.enrollments.filter(student=ali).delete()
    client = visit(everybody.mrs_c)
    assert "Ali Said" not in client.get(page_of(did.talk, entry)).content.decode()
    answer = client.post(page_of(did.talk, entry), {"to": f"{neighbours.pk}-{ali.pk}"})
    assert answer.status_code == 422
    assert visit(elsewhere).get(page_of(did.talk, entry)).status_code == 404
    assert EntryMove.objects.count() == 0


def test_a_sister_at_another_school_is_for_those_who_serve_her(
    everybody: Cast, visit: Visit
) -> None:
    did = happened(everybody)
    entry = did.talk.entries.get()
    assert "about Maya" not in visit(everybody.mrs_c).get(page_of(did.talk, entry)).content.decode()
    assert "about Maya" in visit(everybody.admin).get(page_of(did.talk, entry)).content.decode()


def test_words_that_one_may_not_read_cannot_be_moved(everybody: Cast, visit: Visit) -> None:
    did = happened(everybody)
    entry = did.alert.entry
    assert entry.conversation is not None
    path = page_of(entry.conversation, entry)
    told = entry.alerts.filter(user=everybody.mrs_c).exists()
    assert told is False
    assert visit(everybody.mrs_c).post(path, {"to": "1-1"}).status_code == 404
    assert visit(everybody.principal).get(path).status_code == 200


@pytest.mark.parametrize(
    "to_", ["", "x", "0-0", "-1--1", "99999999999999999999-1", "1-1\x00", "<b>"]
)
def test_nonsense_moves_nothing(everybody: Cast, visit: Visit, to_: str) -> None:
    did = happened(everybody)
    entry = did.talk.entries.get()
    answer = visit(everybody.admin).post(page_of(did.talk, entry), {"to": to_})
    assert answer.status_code == 422
    assert EntryMove.objects.count() == 0


def test_words_of_staff_are_not_moved(everybody: Cast, visit: Visit) -> None:
    did = happened(everybody)
    ours = Entry.objects.create(
        district=everybody.district,
        conversation=did.talk,
        from_family=False,
        at=clock.now(),
        author=everybody.mrs_c,
        channel="text",
        body="Thank you",
    )
    assert visit(everybody.mrs_c).get(page_of(did.talk, ours)).status_code == 404


def test_the_familys_page_shows_moved_words_where_they_belong_only(
    everybody: Cast, neighbours: Household, visit: Visit
) -> None:
    did = happened(everybody)
    entry = did.talk.entries.get()
    ali = neighbours.children.get().student
    client = visit(everybody.mrs_c)
    client.post(page_of(did.talk, entry), {"to": f"{neighbours.pk}-{ali.pk}"})
    assert entry.body in client.get(f"/families/{neighbours.pk}/").content.decode()
    assert entry.body not in client.get(f"/families/{everybody.troys_home.pk}/").content.decode()


def test_many_families_at_one_number_cost_no_more_queries(
    everybody: Cast, neighbours: Household, visit: Visit
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    did = happened(everybody)
    path = page_of(did.talk, did.talk.entries.get())
    client = visit(everybody.admin)
    counts = []
    for number in range(3):
        child = student(f"Child{number}", "Ngo", everybody.elementary, everybody.room_12)
        home([child], [guardian(everybody.district, f"Adult{number}", "Ngo", mobile=NUMBER)])
        client.get(path)
        with CaptureQueriesContext(connection) as captured:
            client.get(path)
        counts.append(len(captured))
    assert len(set(counts)) == 1
    assert ContactPoint.objects.filter(match=NUMBER).count() == 5


def test_an_only_child_leaves_the_family_in_general(everybody: Cast, visit: Visit) -> None:
    message = write(everybody, everybody.mrs_c)
    entry = says(to(message, everybody.nours_home), "Thank you, we will come.")
    assert entry.conversation is not None
    shown = visit(everybody.mrs_c).get(page_of(entry.conversation, entry)).content.decode()
    assert shown.count('type="radio"') == 1
    assert "To this family, about no child in particular" in shown
