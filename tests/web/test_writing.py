"""Counts before sending are exact; nothing is sent twice, nothing typed is lost; each writes to their own."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client

from bothways.core import clock
from bothways.languages import phrasebook
from bothways.messaging.enums import Origin
from bothways.messaging.models import Delivery, Message
from bothways.messaging.services.leaving import leave_due
from bothways.people.models import Household
from bothways.web.staff import writing_check
from bothways.web.staff.kept import KeptDraft
from people import Cast
from web.visiting import Visit

FORM = {"purpose": "routine", "body-en": "School pictures are on Friday.", "draft": "one"}
LATER = {"day": "2026-09-18", "hour": "16:00", "when": "later"}


def _check(client: Client, **form: str) -> str:
    """The page on which one looks before sending."""
    answer = client.post("/write/", FORM | form)
    assert answer.status_code == 302, answer.context["wrong"]
    page = client.get(answer["Location"])
    assert page.status_code == 200
    return page.content.decode()


def _send(client: Client, key: str = "one", **fields: str) -> int:
    """Press send; the message that it became."""
    draft = KeptDraft.objects.get(key=key)
    form = {"turn": str(draft.turn), "when": "now"} | fields
    answer = client.post(f"/write/{key}/send/", form)
    assert answer.status_code == 302, answer.content.decode()
    found = re.fullmatch(r"/sent/(\d+)/", answer["Location"])
    assert found, answer["Location"]
    return int(found[1])


def _wait(at: Path, **time: float) -> None:
    clock.stop_at(at, clock.now() + timedelta(**time))
    leave_due(at=clock.now())


def test_what_the_page_counts_is_what_is_sent(everybody: Cast, visit: Visit, at: Path) -> None:
    client = visit(everybody.admin)
    assert "This goes to 2 of 5 families" in _check(client, who="all")
    assert Message.objects.count() == 0
    sent = _send(client)
    assert Delivery.objects.count() == 0
    _wait(at, seconds=10)
    homes = Delivery.objects.filter(message=sent).values_list("household_id", flat=True)
    assert set(homes) == {everybody.troys_home.pk, everybody.emilys_home.pk}


def test_the_live_count_says_who_reads_what_before_a_word_is_written(
    everybody: Cast, visit: Visit
) -> None:
    answer = visit(everybody.admin).post("/write/count/", {"who": "all", "purpose": "routine"})
    counted = answer.context["counted"]
    assert counted.by_language == {"en": 2, "ar": 1, "es": 1}
    assert counted.deliveries == {"text": 1, "email": 1, "letter": 1, "handover": 1}
    assert counted.blocked == {"no_lawful_contact": 1}


def test_without_a_script_a_button_counts(everybody: Cast, visit: Visit) -> None:
    answer = visit(everybody.admin).post("/write/", FORM | {"who": "all", "step": "count"})
    assert answer.status_code == 200
    assert answer.context["can_go"] == 4
    assert "School pictures are on Friday." in answer.content.decode()
    assert Message.objects.count() == 0


def test_for_ten_seconds_it_can_be_undone_and_the_draft_is_whole_again(
    everybody: Cast, visit: Visit, at: Path
) -> None:
    client = visit(everybody.admin)
    _check(client, who="all", **{"body-ar": "يوم الجمعة", "subject-en": "Pictures"})
    sent = _send(client)
    page = client.get(f"/sent/{sent}/").content.decode()
    assert "Leaves in 10 seconds" in page
    answer = client.post(f"/sent/{sent}/undo/")
    assert answer["Location"] == "/write/?draft=one"
    page = client.get("/write/?draft=one").content.decode()
    assert [words in page for words in ("Pictures", "on Friday.", "يوم الجمعة")] == [True] * 3
    _wait(at, minutes=1)
    assert (Message.objects.count(), Delivery.objects.count()) == (0, 0)
    again = _send(client)
    _wait(at, seconds=10)
    assert Delivery.objects.filter(message=again).count() == 3


def test_after_it_has_left_undo_says_so_and_changes_nothing(
    everybody: Cast, visit: Visit, at: Path
) -> None:
    client = visit(everybody.admin)
    _check(client, who="all")
    sent = _send(client)
    _wait(at, seconds=10)
    answer = client.post(f"/sent/{sent}/undo/", follow=True)
    assert "It has left already" in answer.content.decode()
    assert Delivery.objects.filter(message=sent).count() == 2


def test_nothing_leaves_before_the_ten_seconds_are_over(
    everybody: Cast, visit: Visit, at: Path
) -> None:
    client = visit(everybody.admin)
    _check(client, who="all")
    _send(client)
    _wait(at, seconds=9)
    assert Delivery.objects.count() == 0
    _wait(at, seconds=1)
    assert Delivery.objects.count() == 2


def test_a_double_click_sends_once(everybody: Cast, visit: Visit, at: Path) -> None:
    client = visit(everybody.admin)
    _check(client, who="all")
    assert _send(client) == _send(client) == Message.objects.get().pk
    _wait(at, seconds=10)
    _wait(at, seconds=10)
    assert Delivery.objects.count() == 2


def test_the_back_button_after_sending_leads_to_what_was_sent(
    everybody: Cast, visit: Visit
) -> None:
    client = visit(everybody.admin)
    _check(client, who="all")
    sent = f"/sent/{_send(client)}/"
    places = [
        client.get("/write/?draft=one")["Location"],
        client.get("/write/one/")["Location"],
        client.post("/write/", FORM | {"who": "all"})["Location"],
    ]
    assert places == [sent] * 3
    assert Message.objects.count() == 1


def test_other_words_typed_after_sending_are_a_draft_of_their_own(
    everybody: Cast, visit: Visit
) -> None:
    client = visit(everybody.admin)
    _check(client, who="all")
    _send(client)
    answer = client.post("/write/", FORM | {"who": "all", "body-en": "Pictures are on Monday."})
    page = client.get(answer["Location"]).content.decode()
    assert "Pictures are on Monday." in page
    assert Message.objects.get().versions.get().body == "School pictures are on Friday."


def test_two_windows_with_one_draft_lose_nothing(everybody: Cast, visit: Visit) -> None:
    client = visit(everybody.admin)
    base = {"who": "all", "draft": "one", "turn": "0", "purpose": "routine"}
    client.post("/write/keep/", base | {"window": "left", "body-en": "From the left."})
    client.post("/write/keep/", base | {"window": "right", "body-en": "From the right."})
    client.post("/write/keep/", base | {"window": "left", "body-en": "From the left, more."})
    kept = {draft.words for draft in KeptDraft.objects.all()}
    assert kept == {"From the left, more.", "From the right."}


def test_what_is_sent_is_what_was_looked_at(everybody: Cast, visit: Visit) -> None:
    client = visit(everybody.admin)
    _check(client, who="all")
    turn = KeptDraft.objects.get().turn
    client.post("/write/keep/", FORM | {"who": "all", "turn": str(turn), "body-en": "Closed."})
    answer = client.post("/write/one/send/", {"turn": str(turn), "when": "now"})
    assert answer["Location"] == "/write/one/"
    assert Message.objects.count() == 0


def test_what_is_typed_is_kept_by_itself_and_found_again(everybody: Cast, visit: Visit) -> None:
    client = visit(everybody.mrs_c)
    client.post("/write/keep/", FORM | {"who": "all", "body-en": "Half a senten"})
    assert "Half a senten" in client.get("/write/").content.decode()
    assert "Half a senten" not in visit(everybody.office).get("/write/").content.decode()
    client.post("/write/one/discard/")
    assert KeptDraft.objects.count() == 0


def test_an_empty_form_is_no_draft(everybody: Cast, visit: Visit) -> None:
    answer = visit(everybody.mrs_c).post("/write/keep/", {"draft": "one", "body-en": " "})
    assert (answer.status_code, KeptDraft.objects.count()) == (204, 0)


def test_a_draft_is_its_writers_alone(everybody: Cast, visit: Visit) -> None:
    _check(visit(everybody.mrs_c), who=f"section:{everybody.room_12.sis_id}")
    other = visit(everybody.admin)
    paths = ["/write/one/", "/write/one/phrasebook/", "/write/one/letter-en.png"]
    assert [other.get(path).status_code for path in paths] == [404] * 3
    assert other.post("/write/one/send/", {"turn": "1"}).status_code == 404
    other.post("/write/", FORM | {"who": "all", "body-en": "Mine."})
    assert KeptDraft.objects.get(key="one").words == "School pictures are on Friday."


def test_who_cannot_be_written_to_is_said_with_the_reason(everybody: Cast, visit: Visit) -> None:
    page = _check(visit(everybody.admin), who="all")
    assert "nobody there may be contacted about this" in page
    assert "this message has no version in their language" in page


def test_nothing_is_sent_without_words(everybody: Cast, visit: Visit) -> None:
    answer = visit(everybody.admin).post("/write/", FORM | {"who": "all", "body-en": " "})
    assert answer.status_code == 422
    assert "The message is empty." in answer.content.decode()


def test_a_message_too_long_is_refused_and_kept(everybody: Cast, visit: Visit) -> None:
    long = "x" * 200_000
    answer = visit(everybody.admin).post("/write/", FORM | {"who": "all", "body-en": long})
    assert answer.status_code == 422
    assert "10000 is the most" in answer.content.decode()
    assert KeptDraft.objects.get().form["body-en"] == [long]


def test_twenty_megabytes_change_nothing(everybody: Cast, visit: Visit) -> None:
    client = visit(everybody.admin)
    _check(client, who="all")
    answer = client.post("/write/", FORM | {"who": "all", "body-en": "x" * 20_000_000})
    page = answer.content.decode()
    assert (answer.status_code, "What was kept before is still there" in page) == (413, True)
    assert "A form takes 5 MB." in page
    assert KeptDraft.objects.get().words == "School pictures are on Friday."


@pytest.mark.parametrize(
    "words", ["a\x00b", "\u202eabc\u200b", "😀" * 50, "<script>alert(1)</script>"]
)
def test_odd_signs_are_kept_and_shown_as_they_are(
    everybody: Cast, visit: Visit, words: str
) -> None:
    page = _check(visit(everybody.admin), who="all", **{"body-en": words})
    assert "<script>alert" not in page


@pytest.mark.parametrize("who", ["all", "school:{elementary}", "section:{room_7}", "family:{home}"])
def test_a_teacher_writes_only_to_the_families_of_her_own_children(
    everybody: Cast, visit: Visit, who: str
) -> None:
    chosen = who.format(
        elementary=everybody.elementary.sis_id,
        room_7=everybody.room_7.sis_id,
        home=everybody.troys_home.pk + 10_000,
    )
    answer = visit(everybody.mrs_c).post("/write/", FORM | {"who": chosen})
    assert answer.status_code == 422


def test_her_class_is_open_to_her(everybody: Cast, visit: Visit) -> None:
    page = _check(visit(everybody.mrs_c), who=f"section:{everybody.room_12.sis_id}")
    assert "This goes to 2 of 5 families" in page


def _open_tongues(page: str) -> set[str]:
    """The languages besides the district's own whose box stands open."""
    boxes = re.findall(
        r'<details class="version"( open)?><summary>[^<]+<span class="count" id="families-([^"]+)"',
        page,
    )
    assert boxes, page
    return {tag for is_open, tag in boxes if is_open}


def test_the_box_of_the_one_language_that_a_family_reads_stands_open(
    everybody: Cast, visit: Visit
) -> None:
    client = visit(everybody.mrs_c)

    def to(home: Household, **more: object) -> set[str]:
        address = f"/write/?family={home.pk}" + "".join(f"&{k}={v}" for k, v in more.items())
        return _open_tongues(client.get(address).content.decode())

    # Luis's father reads English; he lives elsewhere, and may not be written to.
    assert to(everybody.luiss_home) == {"es"}
    assert to(everybody.luiss_home, about=everybody.luis.pk) == {"es"}
    assert to(everybody.emilys_home) == set()


def test_where_an_audience_reads_several_languages_no_box_stands_open_by_itself(
    everybody: Cast, visit: Visit
) -> None:
    client = visit(everybody.mrs_c)
    assert _open_tongues(client.get("/write/").content.decode()) == set()
    form = {"who": "list", "list": f"{everybody.luis.sis_id}", "step": "count"}
    assert _open_tongues(client.post("/write/", FORM | form).content.decode()) == {"es"}
    both = {"list": f"{everybody.luis.sis_id}\n{everybody.nour.sis_id}", "draft": "two"}
    assert _open_tongues(client.post("/write/", FORM | form | both).content.decode()) == set()


def test_a_class_whose_families_all_read_spanish_has_its_box_open(
    everybody: Cast, visit: Visit
) -> None:
    everybody.room_12.enrollments.exclude(student=everybody.luis).update(ended_at=clock.now())
    form = {"who": f"section:{everybody.room_12.sis_id}", "purpose": ""}
    answer = visit(everybody.mrs_c).post("/write/", FORM | form)
    assert answer.status_code == 422
    assert _open_tongues(answer.content.decode()) == {"es"}


def test_a_list_with_somebody_elses_child_is_refused(everybody: Cast, visit: Visit) -> None:
    form = FORM | {"who": "list", "list": f"{everybody.troy.sis_id}\n{everybody.maya.sis_id}"}
    answer = visit(everybody.mrs_c).post("/write/", form)
    assert answer.status_code == 422
    assert str(everybody.maya.sis_id) in answer.context["wrong"]


def test_a_word_about_one_child_goes_through_that_childs_links(
    everybody: Cast, visit: Visit, at: Path
) -> None:
    client = visit(everybody.mrs_c)
    _check(client, who=f"family:{everybody.troys_home.pk}", about=str(everybody.troy.pk))
    _send(client)
    _wait(at, seconds=10)
    message = Message.objects.get()
    assert message.student == everybody.troy
    links = [r.link for d in message.deliveries.all() for r in d.recipients.all()]
    assert {link.student for link in links} == {everybody.troy}


def test_a_teacher_cannot_call_an_emergency(everybody: Cast, visit: Visit) -> None:
    form = FORM | {"who": f"section:{everybody.room_12.sis_id}", "purpose": "emergency"}
    answer = visit(everybody.mrs_c).post("/write/", form)
    assert answer.status_code == 422
    assert "An emergency is sent by the office or the principal" in answer.content.decode()


def test_an_emergency_is_asked_for_twice_and_leaves_at_once(everybody: Cast, visit: Visit) -> None:
    client = visit(everybody.principal)
    _check(client, who=f"school:{everybody.elementary.sis_id}", purpose="emergency")
    fields = {"turn": str(KeptDraft.objects.get().turn), "when": "now"}
    assert client.post("/write/one/send/", fields).status_code == 422
    assert Message.objects.count() == 0
    assert client.post("/write/one/send/", fields | {"sure": "1"}).status_code == 302
    assert Message.objects.get().sent_at == clock.now()
    assert Delivery.objects.count() > 0


def test_the_length_is_counted_as_it_goes_out(everybody: Cast, visit: Visit) -> None:
    client = visit(everybody.admin)
    client.post("/write/", FORM | {"who": "all", "body-en": "x" * 160})
    answer = client.get("/write/one/")
    assert [p.length.parts for p in answer.context["previews"]] == [2]


def test_it_leaves_at_the_hour_that_was_chosen_on_the_schools_clock(
    everybody: Cast, visit: Visit, at: Path
) -> None:
    client = visit(everybody.admin)
    _check(client, who="all")
    sent = _send(client, **LATER)
    assert "Leaves on Friday" in client.get(f"/sent/{sent}/").content.decode()
    _wait(at, days=4, hours=6)
    assert Delivery.objects.count() == 0
    _wait(at, hours=1)  # Friday, four in the afternoon in Chicago
    assert Delivery.objects.count() == 2


def test_what_is_scheduled_can_be_moved_and_called_off(
    everybody: Cast, visit: Visit, at: Path
) -> None:
    client = visit(everybody.admin)
    _check(client, who="all")
    sent = _send(client, **LATER)
    client.post(f"/sent/{sent}/later/", {"day": "2026-09-21", "hour": "08:00"})
    _wait(at, days=5)
    assert Delivery.objects.count() == 0
    assert client.post(f"/sent/{sent}/undo/")["Location"] == "/write/?draft=one"
    _wait(at, days=30)
    assert (Message.objects.count(), Delivery.objects.count()) == (0, 0)


def test_a_moment_in_the_past_is_refused_with_the_hour_at_school(
    everybody: Cast, visit: Visit
) -> None:
    client = visit(everybody.admin)
    _check(client, who="all")
    turn = str(KeptDraft.objects.get().turn)
    form = {"turn": turn, "when": "later", "day": "2026-09-14", "hour": "08:59"}
    answer = client.post("/write/one/send/", form)
    assert answer.status_code == 422
    assert "it is now 2026-09-14 09:00" in answer.content.decode()
    assert Message.objects.count() == 0


def test_a_machines_words_wait_for_a_person_where_they_are_vital(
    everybody: Cast, visit: Visit, at: Path
) -> None:
    client = visit(everybody.admin)
    _check(client, who="all", purpose="personal", **{"body-es": "Complacer llamar."})
    made = {"es": {"text": "Complacer llamar.", "origin": "machine", "engine": "apertium"}}
    KeptDraft.objects.update(made=made)
    page = client.get("/write/one/").content.decode()
    assert "waits for a reviewer" in page
    sent = _send(client, unready="others")
    _wait(at, seconds=10)
    homes = set(Delivery.objects.filter(message=sent).values_list("household_id", flat=True))
    assert everybody.luiss_home.pk not in homes
    assert everybody.troys_home.pk in homes
    version = Message.objects.get().versions.get(language="es")
    assert (version.origin, version.engine) == (Origin.MACHINE.value, "apertium")


def test_all_of_it_can_wait_for_the_reviewer_and_then_leaves_by_itself(
    everybody: Cast, visit: Visit, at: Path
) -> None:
    client = visit(everybody.admin)
    _check(client, who="all", purpose="personal", **{"body-es": "Complacer llamar."})
    made = {"es": {"text": "Complacer llamar.", "origin": "machine", "engine": "apertium"}}
    KeptDraft.objects.update(made=made)
    sent = _send(client, unready="wait")
    _wait(at, days=1)
    assert Delivery.objects.count() == 0
    page = client.get(f"/sent/{sent}/").content.decode()
    assert ("Waits for a reviewer" in page, f"/translations/{sent}/es/" in page) == (True, True)
    # Whoever reviews finds it in the list, though nothing has left.
    queue = client.get("/translations/").context["rows"]
    assert [(row.item.message.pk, row.item.language) for row in queue] == [(sent, "es")]
    Message.objects.get().versions.filter(language="es").update(
        reviewed_by=everybody.principal, reviewed_at=clock.now()
    )
    _wait(at, minutes=1)
    homes = set(Delivery.objects.values_list("household_id", flat=True))
    assert homes == {everybody.troys_home.pk, everybody.emilys_home.pk, everybody.luiss_home.pk}


def test_the_phrasebook_fills_all_languages_at_once(everybody: Cast, visit: Visit) -> None:
    one = next(
        entry
        for entry in phrasebook.entries(everybody.district)
        if {"en", "es"} <= set(entry.texts)
    )
    client = visit(everybody.admin)
    _check(client, who="all")
    page = client.get("/write/one/phrasebook/").content.decode()
    assert one.title in page
    values = {f"value-{name}": "Troy" for name in one.placeholders}
    answer = client.post("/write/one/phrasebook/", {"message": one.key, **values})
    assert answer["Location"] == "/write/?draft=one#words"
    draft = KeptDraft.objects.get()
    known = dict.fromkeys(one.placeholders, "Troy")
    assert draft.form["body-es"] == [phrasebook.fill(one, "es", known)]
    assert draft.made["es"]["origin"] == "phrasebook"


def test_a_test_goes_to_the_writer_alone_and_counts_nowhere(
    everybody: Cast, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    from messaging.world import FakeCarrier

    fake = FakeCarrier()
    place = "bothways.messaging.services.to_oneself.carrier_for"
    monkeypatch.setattr(place, lambda channel, district=None: fake)
    writing_check.testing.forget()
    client = visit(everybody.admin)
    _check(client, who="all", **{"body-es": "El viernes."})
    answer = client.post("/write/one/test/", {"way": "email"}, follow=True)
    assert "A test in 2 of 2 languages" in answer.content.decode()
    assert [out.to for out in fake.sent] == [everybody.admin.email] * 2
    assert all(out.versions[0].body.startswith("TEST. ") for out in fake.sent)
    assert (Message.objects.count(), Delivery.objects.count()) == (0, 0)
    for _ in range(12):
        client.post("/write/one/test/", {"way": "email"})
    assert len(fake.sent) == 20


def test_the_letter_is_shown_as_it_is_printed(everybody: Cast, visit: Visit) -> None:
    client = visit(everybody.admin)
    _check(client, who="all", **{"body-ar": "يوم الجمعة"})
    pages = [client.get(f"/write/one/letter-{tag}.png") for tag in ("en", "ar")]
    assert [page.content[:4] for page in pages] == [b"\x89PNG"] * 2
    assert client.get("/write/one/letter-so.png").status_code == 404
