"""A family's page shows what this reader may see, and what is learned there counts."""

from bothways.audit.models import Entry as Audit
from bothways.consent.queries import standing
from bothways.core import clock
from bothways.messaging.models import Conversation
from bothways.outreach.enums import Result, Way
from bothways.outreach.models import PersonContact
from bothways.outreach.services.contacts import note_contact
from bothways.people.models import ContactPoint, Guardian, Restriction
from people import Cast
from web.happenings import happened
from web.visiting import Visit


def _page(cast: Cast, visit: Visit, who: str, home: str) -> str:
    user, family = getattr(cast, who), getattr(cast, home)
    answer = visit(user).get(f"/families/{family.pk}/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_every_look_is_on_the_record(everybody: Cast, visit: Visit) -> None:
    _page(everybody, visit, "mrs_c", "emilys_home")
    seen = Audit.objects.get(event="family.seen")
    assert (seen.user_id, seen.object_id) == (everybody.mrs_c.pk, everybody.emilys_home.pk)


def test_a_hidden_address_is_shown_only_to_those_who_keep_it(everybody: Cast, visit: Visit) -> None:
    assert "77 Hidden Way" in _page(everybody, visit, "office", "luiss_home")
    for who in ("mrs_c", "counselor"):
        assert "77 Hidden Way" not in _page(everybody, visit, who, "luiss_home")


def test_a_hidden_home_stays_hidden_when_another_adult_gave_it_too(
    everybody: Cast, visit: Visit
) -> None:
    point = everybody.elena.points.get()
    ContactPoint.objects.create(
        district=everybody.district,
        guardian=everybody.hector,
        kind="postal",
        address="77 Hidden Way\nGrand Bend, TX 78834",
        match=point.match,
    )
    assert "77 Hidden Way" not in _page(everybody, visit, "mrs_c", "hectors_home")


def test_the_second_home_is_named_and_never_described(everybody: Cast, visit: Visit) -> None:
    page = _page(everybody, visit, "office", "hectors_home")
    assert "’s other home" in page
    assert "Hidden Way" not in page
    assert "Elena" not in page


def test_siblings_whom_one_does_not_serve_are_counted_and_not_named(
    everybody: Cast, visit: Visit
) -> None:
    page = _page(everybody, visit, "mrs_c", "troys_home")
    assert "Maya" not in page
    assert "and one more child whom you do not serve" in page


def test_the_paper_behind_a_restriction_is_for_named_roles(everybody: Cast, visit: Visit) -> None:
    assert "order 21-114" in _page(everybody, visit, "office", "hectors_home")
    page = _page(everybody, visit, "mrs_c", "hectors_home")
    assert "No contact about this child" in page
    assert "order 21-114" not in page


def test_protected_words_are_for_named_roles(everybody: Cast, visit: Visit) -> None:
    note_contact(
        household=everybody.emilys_home,
        guardian=None,
        way=Way.VISIT,
        result=Result.NOT_SAFE,
        words="Two dogs and a gun.",
        by=everybody.counselor,
    )
    assert "Two dogs and a gun." in _page(everybody, visit, "principal", "emilys_home")
    for who in ("mrs_c", "office"):
        page = _page(everybody, visit, who, "emilys_home")
        assert "Two dogs" not in page
        assert "Protected words: only named staff read them." in page


def test_words_of_danger_are_not_for_the_teacher(everybody: Cast, visit: Visit) -> None:
    happened(everybody)
    assert "has a gun" in _page(everybody, visit, "principal", "emilys_home")
    assert "has a gun" not in _page(everybody, visit, "mrs_c", "emilys_home")
    talk = Conversation.objects.get(household=everybody.emilys_home)
    assert "has a gun" not in visit(everybody.mrs_c).get(f"/inbox/{talk.pk}/").content.decode()
    assert "has a gun" not in visit(everybody.mrs_c).get("/inbox/").content.decode()
    sent = visit(everybody.mrs_c).get("/sent/").context["lines"][0].message
    assert "has a gun" not in visit(everybody.mrs_c).get(f"/sent/{sent.pk}/").content.decode()


def test_a_note_sent_twice_is_one_contact(everybody: Cast, visit: Visit) -> None:
    client = visit(everybody.mrs_c)
    path = f"/families/{everybody.emilys_home.pk}/note/"
    form = {"way": "visit", "result": "no_answer", "words": "Two dogs.", "form_key": "k1"}
    assert [client.post(path, form).status_code for _ in range(2)] == [302, 302]
    assert [c.words for c in PersonContact.objects.all()] == ["Two dogs."]


def test_nobody_talks_with_a_barred_adult_by_the_form(everybody: Cast, visit: Visit) -> None:
    form = {
        "guardian": everybody.hector.pk,
        "way": "call",
        "result": "talked",
        "form_key": "k1",
    }
    answer = visit(everybody.mrs_c).post(f"/families/{everybody.hectors_home.pk}/note/", form)
    assert answer.status_code == 422
    assert PersonContact.objects.count() == 0


def test_a_number_that_is_none_is_refused_in_plain_words(everybody: Cast, visit: Visit) -> None:
    form = {"guardian": everybody.alician.pk, "kind": "phone", "address": "12"}
    answer = visit(everybody.office).post(f"/families/{everybody.troys_home.pk}/ways/", form)
    assert answer.status_code == 422
    assert "This is not a phone number that can be dialled." in answer.content.decode()


def test_what_the_office_adds_is_local_and_used_next(everybody: Cast, visit: Visit) -> None:
    form = {
        "guardian": everybody.emilys_mother.pk,
        "kind": "phone",
        "address": "(312) 555-0188",
        "mobile": "on",
    }
    visit(everybody.office).post(f"/families/{everybody.emilys_home.pk}/ways/", form)
    point = everybody.emilys_mother.points.get(kind="phone")
    assert (point.address, point.source, point.said_mobile) == ("+13125550188", "local", True)


def test_a_point_marked_as_wrong_is_not_used_any_more(everybody: Cast, visit: Visit) -> None:
    point = everybody.alician.points.get(kind="phone")
    visit(everybody.office).post(f"/families/{everybody.troys_home.pk}/ways/{point.pk}/wrong/")
    point.refresh_from_db()
    assert (point.state, point.why) == ("failing", "wrong_person")


def test_another_familys_point_cannot_be_marked(everybody: Cast, visit: Visit) -> None:
    point = everybody.karim.points.get()
    answer = visit(everybody.office).post(
        f"/families/{everybody.troys_home.pk}/ways/{point.pk}/wrong/"
    )
    assert answer.status_code == 404


def test_does_not_read_is_kept_over_the_roster(everybody: Cast, visit: Visit) -> None:
    form = {"speaks": "so", "reads": "", "can_read": "no"}
    visit(everybody.office).post(
        f"/families/{everybody.emilys_home.pk}/adults/{everybody.emilys_father.pk}/", form
    )
    father = Guardian.objects.get(pk=everybody.emilys_father.pk)
    assert (father.speaks, father.can_read) == ("so", False)
    assert father.local == {"speaks": "so", "can_read": False}


def test_lifting_a_restriction_asks_first_and_lets_in_after(everybody: Cast, visit: Visit) -> None:
    client = visit(everybody.principal)
    path = f"/families/{everybody.hectors_home.pk}/restrictions/{everybody.order.pk}/lift/"
    hector = standing(district=everybody.district, at=clock.now()).filter(guardian=everybody.hector)
    client.get(path)
    assert not hector.exists()
    client.post(path)
    assert hector.exists()
    assert Restriction.objects.get(pk=everybody.order.pk).lifted_by == everybody.principal


def test_a_new_restriction_holds_at_once(everybody: Cast, visit: Visit) -> None:
    link = everybody.emilys_father.links.get()
    form = {"link": link.pk, "kind": "contact", "document": "Order 22-7"}
    answer = visit(everybody.office).post(
        f"/families/{everybody.emilys_home.pk}/restrictions/", form
    )
    assert answer.status_code == 302
    told = standing(district=everybody.district, at=clock.now()).filter(
        guardian=everybody.emilys_father
    )
    assert not told.exists()


def test_what_the_office_may_do_at_one_school_it_may_not_at_another(
    everybody: Cast, visit: Visit
) -> None:
    """Ken of the elementary office teaches at the middle school besides: Maya's records stay read-only."""
    from bothways.accounts.models import Teaching
    from people import guardian, home, student

    Teaching.objects.create(
        district=everybody.district, user=everybody.office, section=everybody.room_7
    )
    child = student("Hodan", "Ali", everybody.middle, everybody.room_7)
    family = home([child], [guardian(everybody.district, "Asha", "Ali")])
    client = visit(everybody.office)
    assert client.get(f"/families/{family.pk}/").status_code == 200
    assert client.get(f"/families/{family.pk}/ways/").status_code == 404
