"""Welcome conversations on staff pages: held in pieces, seen by whom they are meant for, asked of everybody."""

from collections import Counter
from datetime import date

import pytest
from django.test import Client

from bothways.accounts.models import Duty, User
from bothways.ledger.enums import Level
from bothways.ledger.models import ContactEvent
from bothways.messaging.models import Alert, Message
from bothways.outreach.enums import Result, TaskKind, TaskState, Way
from bothways.outreach.models import PersonContact, Task
from bothways.outreach.services.contacts import note_contact
from bothways.outreach.services.tasks import open_task
from bothways.people.enums import WordClass
from bothways.people.models import ContactPerson, Guardian, Household, Student
from bothways.web.staff import welcome_overview
from bothways.welcome.enums import Asked, AskedBy, How
from bothways.welcome.models import Answer, Invitation, Talk
from bothways.welcome.overview import Narrowed, overview
from bothways.welcome.queries import asked_in
from bothways.welcome.services import answer, begin, note_invitation
from people import Cast
from web.visiting import Visit

HOPE = "I hope Troy learns to love reading"


def talk_with(cast: Cast, adult: Guardian, by: User | None = None, language: str = "en") -> Talk:
    assert adult.household is not None
    return begin(
        household=adult.household,
        guardian=adult,
        how=How.CALL,
        language=language,
        by=by or cast.mrs_c,
    )


def hopes(cast: Cast, words: str = HOPE, readers: WordClass | None = None) -> Answer:
    row = answer(
        talk=talk_with(cast, cast.alician),
        question="hopes",
        student=cast.troy,
        words=words,
        how=How.CALL,
        by=None,
        language="en",
        word_class=readers,
    )
    assert row is not None
    return row


def test_a_talk_on_the_phone_from_the_first_question_to_the_ledger(
    everybody: Cast, visit: Visit
) -> None:
    browser = visit(everybody.mrs_c)
    home = everybody.troys_home
    begun = browser.post(
        f"/families/{home.pk}/welcome/", {"adult": everybody.alician.pk, "how": "call"}
    )
    talk = Talk.objects.get()
    assert begun.headers["Location"] == f"/welcome/talks/{talk.pk}/?how=call"
    hope = f"hopes_{everybody.troy.pk}"
    page = browser.get(f"/welcome/talks/{talk.pk}/?how=call&q=story_0").content.decode()
    assert "What was school like for you when you were a child?" in page
    browser.post(
        f"/welcome/talks/{talk.pk}/",
        {"q": "story_0", "w_story_0": "Nobody asked me.", "how": "call", "step": hope},
    )
    for _ in range(2):  # a bad connection presses twice
        browser.post(
            f"/welcome/talks/{talk.pk}/",
            {f"w_{hope}": HOPE, f"r_{hope}": "family", "how": "call", "step": "finish"},
        )
    assert [a.words for a in Answer.objects.order_by("pk")] == ["Nobody asked me.", HOPE]
    talk.refresh_from_db()
    assert talk.ended_at is not None
    assert PersonContact.objects.get().way == "call"
    assert ContactEvent.objects.get().level == Level.ANSWERED
    page = browser.get(f"/families/{home.pk}/").content.decode()
    assert HOPE in page
    for before in (f"/families/{home.pk}/note/?way=call", f"/write/?family={home.pk}"):
        assert HOPE in browser.get(before).content.decode()


def test_a_talk_at_school_is_a_meeting(everybody: Cast, visit: Visit) -> None:
    talk = talk_with(everybody, everybody.alician)
    visit(everybody.mrs_c).post(
        f"/welcome/talks/{talk.pk}/", {"w_help_0": "A ride", "how": "at_school", "step": "later"}
    )
    assert ContactEvent.objects.get().level == Level.MET
    talk.refresh_from_db()
    assert talk.ended_at is None


def test_what_is_typed_is_kept_on_the_way(everybody: Cast, visit: Visit) -> None:
    talk = talk_with(everybody, everybody.alician)
    answered = visit(everybody.mrs_c).post(
        f"/welcome/talks/{talk.pk}/",
        {"w_help_0": "A ri", "how": "call"},
        headers={"HX-Request": "true"},
    )
    assert (answered.status_code, "Kept at" in answered.content.decode()) == (200, True)
    assert Answer.objects.get().words == "A ri"
    assert PersonContact.objects.count() == 0


def test_what_is_too_long_is_not_lost(everybody: Cast, visit: Visit) -> None:
    talk = talk_with(everybody, everybody.alician)
    page = visit(everybody.mrs_c).post(
        f"/welcome/talks/{talk.pk}/",
        {"w_help_0": "x" * 9000, "w_story_0": "Short.", "how": "call", "step": "finish"},
    )
    assert page.status_code == 422
    assert "x" * 9000 in page.content.decode()
    assert Answer.objects.get().words == "Short."


def test_the_teacher_of_another_class_and_another_school_see_nothing_of_this_child(
    everybody: Cast, visit: Visit
) -> None:
    hopes(everybody)
    # Maya's teacher serves this family, and not Troy.
    page = visit(everybody.teacher_elsewhere).get(f"/families/{everybody.troys_home.pk}/")
    assert (page.status_code, HOPE in page.content.decode()) == (200, False)
    talk = talk_with(everybody, everybody.emilys_mother)
    for path in (f"/welcome/talks/{talk.pk}/", f"/families/{everybody.emilys_home.pk}/welcome/"):
        assert visit(everybody.teacher_elsewhere).get(path).status_code == 404


def test_protected_words_are_for_named_staff(everybody: Cast, visit: Visit) -> None:
    hopes(everybody, readers=WordClass.PROTECTED)
    path = f"/families/{everybody.troys_home.pk}/"
    seen = {
        who.given: HOPE in visit(who).get(path).content.decode()
        for who in (everybody.mrs_c, everybody.office, everybody.counselor, everybody.principal)
    }
    assert seen == {"Clara": False, "Ken": False, "Lien": True, "Rosa": True}
    talk = Talk.objects.get()
    sent = {f"w_hopes_{everybody.troy.pk}": "", "how": "call", "step": ""}
    visit(everybody.mrs_c).post(f"/welcome/talks/{talk.pk}/", sent)
    assert Answer.objects.get().words == HOPE


def test_words_of_danger_reach_the_duty_person_at_once(everybody: Cast, visit: Visit) -> None:
    Duty.objects.create(district=everybody.district, user=everybody.duty)
    talk = talk_with(everybody, everybody.alician)
    for _ in range(2):
        page = visit(everybody.mrs_c).post(
            f"/welcome/talks/{talk.pk}/",
            {"w_hard_0": "Her boyfriend hits him", "r_hard_0": "family", "how": "call"},
            follow=True,
        )
    assert "The duty person was told just now" in page.content.decode()
    alert = Alert.objects.get()
    assert (alert.user, alert.entry.word_class) == (everybody.duty, "protected")
    family = visit(everybody.office).get(f"/families/{everybody.troys_home.pk}/").content.decode()
    assert "boyfriend" not in family


def test_nobody_talks_with_a_barred_parent(everybody: Cast, visit: Visit) -> None:
    office = visit(everybody.office)
    path = f"/families/{everybody.hectors_home.pk}/welcome/"
    page = office.post(path, {"adult": everybody.hector.pk, "how": "call"})
    assert page.status_code == 422
    assert Talk.objects.count() == 0
    # One that began before the order is closed by it.
    talk = talk_with(everybody, everybody.hector)
    assert office.get(f"/welcome/talks/{talk.pk}/").status_code == 404


def test_families_are_counted_with_their_denominators_and_shared_out_once(
    everybody: Cast, visit: Visit
) -> None:
    hopes(everybody)
    principal = visit(everybody.principal)
    page = principal.get("/welcome/").content.decode()
    assert "0 of 5 families have told us their story" in page
    homes = [everybody.emilys_home.pk, everybody.nours_home.pk]
    for _ in range(2):
        principal.post("/welcome/ask/", {"family": homes, "do": "share", "form_key": ""})
    tasks = list(Task.objects.order_by("household_id"))
    assert [(t.household_id, t.owner, t.interpreter) for t in tasks] == [
        (homes[0], everybody.mrs_c, ""),
        (homes[1], everybody.mrs_c, "ar"),
    ]
    talk = talk_with(everybody, everybody.emilys_mother)
    visit(everybody.mrs_c).post(
        f"/welcome/talks/{talk.pk}/", {"w_help_0": "A ride", "how": "visit", "step": "finish"}
    )
    assert [t.state for t in Task.objects.order_by("household_id")] == [
        TaskState.DONE.value,
        TaskState.OPEN.value,
    ]
    assert "1 of 5 families" in principal.get("/welcome/").content.decode()


def test_a_teacher_asks_her_own_and_nobody_elses(everybody: Cast, visit: Visit) -> None:
    mrs_c = visit(everybody.mrs_c)
    mrs_c.post("/welcome/ask/", {"family": [everybody.emilys_home.pk], "do": "share"})
    assert Task.objects.count() == 0
    elsewhere = visit(everybody.teacher_elsewhere)
    elsewhere.post("/welcome/ask/", {"family": [everybody.emilys_home.pk], "do": "me"})
    elsewhere.post("/welcome/ask/", {"family": ["x", "9" * 30], "do": "me"})
    # Hector is barred: nobody is sent to talk with him.
    visit(everybody.office).post(
        "/welcome/ask/", {"family": [everybody.hectors_home.pk], "do": "me"}
    )
    assert Task.objects.count() == 0
    mrs_c.post("/welcome/ask/", {"family": [everybody.emilys_home.pk], "do": "me"})
    assert Task.objects.get().owner == everybody.mrs_c


def test_an_invitation_goes_out_in_each_language_once(everybody: Cast, visit: Visit) -> None:
    sent = {"family": [everybody.nours_home.pk], "do": "invite", "form_key": "k" * 22}
    for _ in range(2):
        assert visit(everybody.office).post("/welcome/ask/", sent).status_code == 302
    message = Message.objects.get()
    assert message.versions.count() == 12
    assert "/home/welcome" in message.versions.get(language="ar").body
    assert Invitation.objects.get().household_id == everybody.nours_home.pk


def test_the_office_adds_whom_the_family_named(everybody: Cast, visit: Visit) -> None:
    row = answer(
        talk=talk_with(everybody, everybody.alician),
        question="carers",
        student=None,
        words="My sister Rosa",
        how=How.CALL,
        by=None,
    )
    assert row is not None
    path = f"/welcome/carers/{row.carer.pk}/"
    form = {"do": "add", "name": "Rosa", "relation": "aunt", "student": everybody.troy.pk}
    assert visit(everybody.mrs_c).post(path, form).status_code == 403
    wrong = {**form, "student": everybody.nour.pk}
    visit(everybody.office).post(path, wrong)
    assert ContactPerson.objects.count() == 0
    visit(everybody.office).post(path, form)
    assert ContactPerson.objects.get().student == everybody.troy


def test_a_talk_at_a_place_they_like_is_no_visit_at_home(everybody: Cast, visit: Visit) -> None:
    talk = talk_with(everybody, everybody.emilys_mother)
    visit(everybody.mrs_c).post(
        f"/welcome/talks/{talk.pk}/", {"w_help_0": "A ride", "how": "elsewhere", "step": "finish"}
    )
    assert PersonContact.objects.get().way == "other_place"


def test_a_meeting_that_was_noted_already_counts_once(everybody: Cast, visit: Visit) -> None:
    talk = talk_with(everybody, everybody.emilys_mother)
    assert everybody.emilys_mother.household is not None
    met = note_contact(
        household=everybody.emilys_mother.household,
        guardian=everybody.emilys_mother,
        way=Way.NEUTRAL_PLACE,
        result=Result.TALKED,
        words="At the laundry.",
        by=everybody.liaison,
    )
    mrs_c = visit(everybody.mrs_c)
    page = mrs_c.get(f"/welcome/talks/{talk.pk}/").content.decode()
    assert f'<option value="{met.pk}" selected>' in page
    typed = {"w_help_0": "A ride", "how": "elsewhere", "step": "finish"}
    mrs_c.post(f"/welcome/talks/{talk.pk}/", typed | {"was": str(met.pk)})
    assert PersonContact.objects.get() == met
    # Of another family, or nonsense: it is a talk of its own.
    mrs_c.post(f"/welcome/talks/{talk.pk}/", typed | {"was": "x"})
    assert PersonContact.objects.count() == 2


def test_a_step_that_asked_for_the_talk_is_closed_by_the_meeting_that_it_was(
    everybody: Cast, visit: Visit
) -> None:
    home = everybody.emilys_mother.household
    assert home is not None
    task = open_task(
        household=home,
        kind=TaskKind.VISIT,
        by=everybody.mrs_c,
        owner=everybody.mrs_c,
        due=date(2030, 1, 7),
    )
    note_invitation(household=home, by_what=AskedBy.PERSON, ref=task.pk, by=everybody.mrs_c)
    talk = talk_with(everybody, everybody.emilys_mother)
    met = note_contact(
        household=home,
        guardian=everybody.emilys_mother,
        way=Way.NEUTRAL_PLACE,
        result=Result.TALKED,
        words="At the laundry.",
        by=everybody.liaison,
    )
    typed = {"w_help_0": "A ride", "how": "elsewhere", "step": "finish", "was": str(met.pk)}
    visit(everybody.mrs_c).post(f"/welcome/talks/{talk.pk}/", typed)
    task.refresh_from_db()
    assert (task.state, task.contact) == (TaskState.DONE.value, met)
    assert PersonContact.objects.get() == met


def test_a_sheet_in_their_language_is_found_again_by_its_number(
    everybody: Cast, visit: Visit
) -> None:
    talk = talk_with(everybody, everybody.karim, language="ar")
    mrs_c = visit(everybody.mrs_c)
    sheet = mrs_c.get(f"/welcome/talks/{talk.pk}/sheet/").content.decode()
    assert 'lang="ar" dir="rtl"' in sheet
    assert mrs_c.post("/welcome/number/", {"number": str(talk.pk)}).headers["Location"] == (
        f"/welcome/talks/{talk.pk}/"
    )
    for typed in ("", "x", "9" * 30, str(talk.pk + 1)):
        assert mrs_c.post("/welcome/number/", {"number": typed}).headers["Location"] == "/welcome/"


@pytest.mark.parametrize("state", ["", "not_yet", "half", "held", "nonsense"])
def test_odd_addresses_of_the_overview_are_a_page(
    everybody: Cast, visit: Visit, state: str
) -> None:
    browser: Client = visit(everybody.admin)
    path = f"/welcome/?state={state}&school=x&grade=%00&teacher=9999999999999999999999"
    assert browser.get(path).status_code == 200


def test_the_overview_counts_as_a_family_s_own_page_does(everybody: Cast, visit: Visit) -> None:
    hopes(everybody)  # half
    talk = talk_with(everybody, everybody.emilys_mother)
    visit(everybody.mrs_c).post(
        f"/welcome/talks/{talk.pk}/", {"w_help_0": "A ride", "how": "call", "step": "finish"}
    )
    visit(everybody.mrs_c).post(
        "/welcome/ask/", {"family": [everybody.nours_home.pk], "do": "me", "form_key": ""}
    )
    district, children = everybody.district, Student.objects.live()
    known = asked_in(district, list(Household.objects.values_list("pk", flat=True)))
    assert {Asked.HALF, Asked.HELD, Asked.INVITED, Asked.NOT_YET} == set(known.values())
    for state in Asked:
        found = overview(district, children, narrowed=Narrowed(), shown=state)
        assert found.shown == sorted(home for home, its in known.items() if its is state)
        assert found.families == Counter(known.values())
        assert found.everybody == len(known)
        again = overview(district, children, narrowed=Narrowed(), shown=state, whole_district=True)
        assert again == found
    only_hers = Narrowed(teacher=everybody.mrs_c.pk)
    hers = overview(district, children, narrowed=only_hers, shown=Asked.HALF)
    assert {one.name: one.families for one in hers.teachers}[everybody.mrs_c.name] == hers.families
    assert overview(district, children, narrowed=Narrowed(grade="?"), shown=state).families == {}


def test_thousands_of_teachers_are_not_listed_before_a_school_is_chosen(
    everybody: Cast, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(welcome_overview, "MOST_TEACHERS", 0)
    admin, hint = visit(everybody.admin), "Choose a school to see its teachers."
    assert hint in admin.get("/welcome/").content.decode()
    page = admin.get(f"/welcome/?school={everybody.elementary.pk}").content.decode()
    assert hint not in page
