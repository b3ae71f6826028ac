"""Inbox, sent, letters and the frame: each act does what its button says."""

import pytest
from django.urls import reverse

from bothways.accounts.enums import Role
from bothways.audit.models import Entry as Audit
from bothways.core import clock
from bothways.core.ids import show_code
from bothways.ledger.enums import Level
from bothways.ledger.queries import strongest_since
from bothways.messaging.enums import State
from bothways.messaging.models import Conversation, Delivery, Entry
from bothways.reach.queries import period_start
from people import Cast, district, school, staff
from web.happenings import happened, printed, to, write
from web.visiting import Visit

ROOMS = ("today", "families", "write", "inbox", "tasks", "reach", "sent", "good_news", "letters")


def test_who_waits_longest_stands_first_and_is_mine(everybody: Cast, visit: Visit) -> None:
    did = happened(everybody)
    answer = visit(everybody.mrs_c).get("/inbox/")
    mine = Conversation.objects.filter(owner=everybody.mrs_c).order_by("waiting_since")
    # Words of danger stand above all others.
    order = sorted(mine, key=lambda talk: not talk.entries.filter(danger=True).exists())
    assert [row[0] for row in answer.context["rows"]] == order
    assert did.talk in [row[0] for row in answer.context["rows"]]


def test_an_answer_sent_twice_goes_out_once(everybody: Cast, visit: Visit) -> None:
    did = happened(everybody)
    client, path = visit(everybody.mrs_c), f"/inbox/{did.talk.pk}/"
    form = {"words": "Let us put it into the bag together.", "form_key": "k1"}
    assert [client.post(path, form).status_code for _ in range(2)] == [302, 302]
    assert did.talk.entries.filter(from_family=False).count() == 1
    did.talk.refresh_from_db()
    assert did.talk.waiting_since is None


def test_where_no_answer_may_go_the_page_says_why(everybody: Cast, visit: Visit) -> None:
    from bothways.consent.models import Stop
    from bothways.consent.services import stop

    did = happened(everybody)
    point = everybody.alician.points.get(kind="phone")
    stop(
        district=everybody.district,
        kind="phone",
        match=point.match,
        by=Stop.By.OURS,
        at=clock.now(),
    )
    answer = visit(everybody.mrs_c).post(
        f"/inbox/{did.talk.pk}/", {"words": "Hello", "form_key": "k1"}
    )
    assert answer.status_code == 422
    assert "This address may not be used any more" in answer.content.decode()


def test_only_those_who_serve_the_child_can_be_handed_the_answer(
    everybody: Cast, visit: Visit
) -> None:
    did = happened(everybody)
    client, path = visit(everybody.mrs_c), f"/inbox/{did.talk.pk}/hand-over/"
    client.post(path, {"to": everybody.teacher_elsewhere.pk})
    did.talk.refresh_from_db()
    # He teaches Troy's sister: he serves this family, and may be asked.
    owner_after_sister = did.talk.owner
    client.post(path, {"to": everybody.counselor.pk})
    did.talk.refresh_from_db()
    assert (owner_after_sister, did.talk.owner) == (everybody.mrs_c, everybody.counselor)


def test_words_of_danger_stand_on_every_page_until_taken_in_hand(
    everybody: Cast, visit: Visit
) -> None:
    did = happened(everybody)
    client = visit(everybody.principal)
    link = f'href="/inbox/alerts/{did.alert.pk}/"'
    for path in ("/", "/reach/", "/families/", "/write/", "/sent/", "/inbox/", "/letters/"):
        assert link in client.get(path).content.decode()
    client.post(f"/inbox/alerts/{did.alert.pk}/")
    assert link not in client.get("/").content.decode()
    did.alert.refresh_from_db()
    assert did.alert.seen_at == clock.now()


@pytest.mark.parametrize(("what", "state"), [("again", State.QUEUED), ("leave", State.UNDELIVERED)])
def test_a_person_decides_about_what_is_unclear(
    everybody: Cast, visit: Visit, what: str, state: State
) -> None:
    did = happened(everybody)
    visit(everybody.mrs_c).post(f"/sent/{did.message.pk}/deliveries/{did.held.pk}/", {"what": what})
    did.held.refresh_from_db()
    assert did.held.state == state


@pytest.mark.parametrize(("what", "state"), [("again", State.QUEUED), ("leave", State.UNDELIVERED)])
def test_a_person_decides_about_all_that_is_unclear_at_once(
    everybody: Cast, visit: Visit, what: str, state: State
) -> None:
    did = happened(everybody)
    client = visit(everybody.principal)
    client.post(f"/sent/{did.message.pk}/deliveries/", {"what": what})
    did.held.refresh_from_db()
    assert did.held.state == state
    events = Audit.objects.filter(object_id=did.message.pk, event__startswith="delivery.")
    assert [event.details["deliveries"] for event in events] == [1]


def test_a_batch_with_another_schools_families_is_not_opened(everybody: Cast, visit: Visit) -> None:
    from people import guardian, home, student

    child = student("Hodan", "Ali", everybody.middle, everybody.room_7)
    family = home(
        [child], [guardian(everybody.district, "Asha", "Ali", address="5 Oak St\nGrand Bend")]
    )
    message = write(everybody, None)
    name = printed(to(message, everybody.emilys_home), to(message, family))
    client = visit(everybody.office)
    (batch,) = client.get("/letters/").context["batches"]
    assert (batch.mine, batch.open) == (1, False)
    assert client.get(f"/letters/tray/{name}.pdf").status_code == 404
    assert visit(everybody.admin).get(f"/letters/tray/{name}.pdf").status_code == 200


@pytest.mark.parametrize("name", ["..", "letter-../../secrets", "letter-" + "0" * 20, "%2e%2e"])
def test_the_tray_opens_nothing_but_batches(everybody: Cast, visit: Visit, name: str) -> None:
    assert visit(everybody.admin).get(f"/letters/tray/{name}.pdf").status_code == 404


def test_a_returned_slip_is_an_answer(everybody: Cast, visit: Visit) -> None:
    letter = to(write(everybody, everybody.mrs_c), everybody.emilys_home)
    client = visit(everybody.office)
    code = show_code(letter.code).lower()
    page = client.post("/letters/slip/", {"code": code, "step": "find"}).content.decode()
    assert "Emily Parker" in page
    client.post(
        "/letters/slip/",
        {
            "code": code,
            "step": "save",
            "button": "",
            "words": "Please come on a Saturday.",
            "form_key": "k",
        },
    )
    entry = Entry.objects.get()
    assert (entry.body, entry.author) == ("Please come on a Saturday.", everybody.office)
    since = period_start(everybody.district, clock.now())
    assert strongest_since(everybody.emilys_home.pk, since) == Level.ANSWERED


def test_a_code_of_another_schools_family_is_not_found(everybody: Cast, visit: Visit) -> None:
    from people import guardian, home, student

    child = student("Hodan", "Ali", everybody.middle)
    family = home(
        [child], [guardian(everybody.district, "Asha", "Ali", address="5 Oak St\nGrand Bend")]
    )
    letter = to(write(everybody, None), family)
    answer = visit(everybody.office).post("/letters/slip/", {"code": letter.code, "step": "find"})
    assert answer.status_code == 422
    assert "Hodan" not in answer.content.decode()


def test_returned_mail_makes_the_address_fail(everybody: Cast, visit: Visit) -> None:
    letter = to(write(everybody, everybody.mrs_c), everybody.emilys_home)
    visit(everybody.office).post("/letters/returned/", {"code": letter.code, "step": "save"})
    assert Delivery.objects.get(pk=letter.pk).state == State.UNDELIVERED
    assert everybody.emilys_mother.points.get().state == "failing"


def test_a_letter_given_by_hand_is_delivered(everybody: Cast, visit: Visit) -> None:
    did = happened(everybody)
    visit(everybody.office).post(f"/letters/handed/{did.handover.pk}/", {"what": "given"})
    did.handover.refresh_from_db()
    assert did.handover.state == State.DELIVERED


def test_the_language_of_the_pages_turns_them_round(everybody: Cast, visit: Visit) -> None:
    client = visit(everybody.mrs_c)
    assert '<html lang="en" dir="ltr">' in client.get("/").content.decode()
    client.post("/language/", {"language": "ar", "next": "/"})
    assert '<html lang="ar" dir="rtl">' in client.get("/").content.decode()


@pytest.mark.parametrize(
    "path", ["/", "/reach/", "/families/", "/write/", "/sent/", "/inbox/", "/letters/"]
)
def test_no_page_asks_for_what_the_policy_forbids(everybody: Cast, visit: Visit, path: str) -> None:
    answer = visit(everybody.principal).get(path)
    page = answer.content.decode()
    assert "script-src 'self'" in answer["Content-Security-Policy"]
    forbidden = ('style="', "<script", "<style", "onclick=", "http://", "https://")
    assert [bad for bad in forbidden if bad in page.split("<body")[1]] == []


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.DISTRICT_ADMIN])
def test_somebody_who_serves_nobody_yet_finds_every_room_empty_and_none_broken(
    everybody: Cast, visit: Visit, role: Role
) -> None:
    far = district("Far Away")
    new = visit(staff("Zoe", role, far, school(far, "Not begun yet")))
    found = {name: new.get(reverse(name)).status_code for name in ROOMS}
    assert {name: status for name, status in found.items() if status not in (200, 403)} == {}
    assert found["today"] == 200
