"""Homework by text: a teacher posts, a family asks; nobody else gets anything, and no words are lost."""

from datetime import date
from pathlib import Path

import pytest

from bothways.channels.contract import Event
from bothways.channels.enums import EventKind
from bothways.channels.services import store
from bothways.consent.models import Stop
from bothways.consent.services import stop
from bothways.core import clock, jobs
from bothways.hotline.enums import Source
from bothways.hotline.models import Follow, Posting, TeacherText
from bothways.hotline.queries import staff_at
from bothways.hotline.services.posting import put
from bothways.hotline.tasks import send_weekly
from bothways.messaging.models import Delivery, Entry, Message, Version
from bothways.messaging.services import desks
from bothways.messaging.services.receipts import apply_waiting
from bothways.people.enums import RestrictionKind
from bothways.people.models import ContactPoint, Link
from bothways.schools.models import Section
from hotline.conftest import MRS_C
from messaging.world import FakeCarrier
from people import Cast, bar, guardian, home, section, student

MONDAY = date(2026, 9, 14)
ALICIAN = "+13125550101"
_sent = iter(range(10_000))


def text(from_: str, words: str, **more: object) -> None:
    """Somebody sends us a text, and it is applied."""
    event = Event(
        kind=EventKind.INBOUND,
        dedupe=f"SM{next(_sent)}",
        from_=from_,
        to="+13125550100",
        body=words,
        **more,  # type: ignore[arg-type]
    )
    store("twilio", [event])
    apply_waiting()


def post(cast: Cast, where: Section, words: str = "Read pages 4-9.", **more: str) -> Posting:
    posting = put(
        section=where,
        day=MONDAY,
        bodies={"en": words, **more},
        due=None,
        by=cast.mrs_c if where == cast.room_12 else cast.teacher_elsewhere,
        source=Source.WEB,
        language="en",
    )
    assert posting is not None
    return posting


def answers() -> list[str]:
    return list(
        Version.objects.filter(message__kind="answer").order_by("pk").values_list("body", flat=True)
    )


def test_a_teacher_posts_by_text_and_is_told(everybody: Cast, carrier: FakeCarrier) -> None:
    text(MRS_C, "HW Room 12: read pages 4-9")
    posting = Posting.objects.get()
    assert (posting.section, posting.bodies, posting.source, posting.day) == (
        everybody.room_12,
        {"en": "read pages 4-9"},
        "text",
        MONDAY,
    )
    told = TeacherText.objects.get()
    assert told.number == MRS_C
    assert told.answer.startswith("Posted for Room 12, Monday 14 September: read pages 4-9")
    assert Entry.objects.count() == 0


def test_the_answer_to_a_teacher_is_sent_once(
    everybody: Cast, carrier: FakeCarrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bothways.hotline.tasks.carrier_for", lambda channel: carrier)
    text(MRS_C, "HW: read")
    jobs.run_all()
    from bothways.hotline.tasks import tell_teacher

    tell_teacher(text_id=TeacherText.objects.get().pk)
    assert [out.to for out in carrier.sent] == [MRS_C]


def test_a_second_text_adds_and_undo_takes_only_it_back(everybody: Cast) -> None:
    text(MRS_C, "HW: read pages 4-9")
    text(MRS_C, "hw: and bring a shoe box")
    assert Posting.objects.get().bodies == {"en": "read pages 4-9\nand bring a shoe box"}
    text(MRS_C, "HW undo")
    assert Posting.objects.get().bodies == {"en": "read pages 4-9"}


def test_undo_of_the_first_text_leaves_nothing(everybody: Cast) -> None:
    text(MRS_C, "HW: read pages 4-9")
    text(MRS_C, "HW UNDO")
    assert Posting.objects.count() == 0
    text(MRS_C, "HW UNDO")
    assert TeacherText.objects.order_by("-pk")[0].answer == "There is nothing to take back."


def test_a_teacher_of_two_classes_is_asked_which(everybody: Cast) -> None:
    section("Room 14", everybody.elementary, everybody.mrs_c)
    text(MRS_C, "HW read pages 4-9")
    assert Posting.objects.count() == 0
    answer = TeacherText.objects.get().answer
    assert answer.startswith("Not posted: say for which class")
    assert ("Room 12 (" in answer, "Room 14 (" in answer) == (True, True)


def test_another_teachers_class_cannot_be_posted_to(everybody: Cast) -> None:
    section("Room 14", everybody.elementary, everybody.mrs_c)
    text(MRS_C, "HW Room 7: no homework ever again")
    assert Posting.objects.count() == 0


@pytest.mark.parametrize("number", ["+13125550199", "", "anonymous", "+" + "3" * 40, "15550150"])
def test_an_unknown_number_posts_nothing_and_its_words_are_kept(
    everybody: Cast, number: str
) -> None:
    text(number, "HW Room 12: read pages 4-9")
    text(number, "HW")
    assert (Posting.objects.count(), answers(), TeacherText.objects.count()) == (0, [], 0)
    assert Entry.objects.count() == 2


def test_two_accounts_with_one_number_are_nobody(everybody: Cast) -> None:
    everybody.principal.phone = "312-555-0150"
    everybody.principal.save()
    assert staff_at(MRS_C) is None


def test_a_teacher_who_left_posts_no_more(everybody: Cast) -> None:
    everybody.mrs_c.is_active = False
    everybody.mrs_c.save()
    text(MRS_C, "HW Room 12: read")
    assert Posting.objects.count() == 0


def test_alician_asks_and_gets_the_work_of_both_her_children(everybody: Cast) -> None:
    post(everybody, everybody.room_12)
    post(everybody, everybody.room_7, "Learn the poem.")
    text(ALICIAN, "hw")
    (answer,) = answers()
    assert answer == (
        "Room 7, September 14, 2026: Learn the poem.\nRoom 12, September 14, 2026: Read pages 4-9."
    )
    delivery = Delivery.objects.get(message__kind="answer")
    assert (delivery.address, delivery.household, delivery.lane) == (
        ALICIAN,
        everybody.troys_home,
        0,
    )
    assert Entry.objects.count() == 0


def test_no_childs_name_goes_out_by_text(everybody: Cast) -> None:
    post(everybody, everybody.room_12)
    text(ALICIAN, "hw")
    assert [name for name in ("Troy", "Maya", "Washington") if name in answers()[0]] == []


def test_it_is_answered_at_night_and_outside_the_noise_budget(
    everybody: Cast, carrier: FakeCarrier, at: Path
) -> None:
    post(everybody, everybody.room_12)
    clock.stop_at(at, clock.now().replace(day=15, hour=4))  # 23:00 in Chicago
    text(ALICIAN, "hw")
    jobs.run_all()
    assert [out.to for out in carrier.sent] == [ALICIAN]
    assert "Read pages 4-9." in carrier.sent[0].versions[0].body


def test_a_family_is_answered_in_its_own_language(everybody: Cast) -> None:
    alician = everybody.alician
    alician.reads = "es"
    alician.save()
    post(everybody, everybody.room_12, es="Lean las páginas 4 a 9.")
    text(ALICIAN, "hw")
    assert "Room 12, 14 de septiembre de 2026: Lean las páginas 4 a 9." in answers()[0]


def test_of_whom_no_language_is_known_the_word_says_it(everybody: Cast) -> None:
    text(ALICIAN, "tarea")
    assert answers() == ["Todavía no hay tarea publicada para Room 7, Room 12."]


def test_where_nothing_is_posted_it_says_so(everybody: Cast) -> None:
    text(ALICIAN, "HW")
    assert answers() == ["Nothing has been posted for Room 7, Room 12 yet."]


def test_fridays_work_is_told_until_mondays_is_there(everybody: Cast) -> None:
    put(
        section=everybody.room_12,
        day=date(2026, 9, 11),
        bodies={"en": "Friday's work."},
        due=None,
        by=everybody.mrs_c,
        source=Source.WEB,
        language="en",
    )
    text(ALICIAN, "HW")
    assert answers()[0].startswith("Room 12, September 11, 2026: Friday's work.")


def test_a_long_text_is_cut_and_leads_to_the_page(everybody: Cast) -> None:
    post(everybody, everybody.room_12, "word " * 300)
    text(ALICIAN, "HW")
    code = everybody.room_12.homework_code.code
    assert f"… All of it: http://localhost:8000/hw/{code}" in answers()[0].replace(
        "http://127.0.0.1:8000", "http://localhost:8000"
    )
    assert len(answers()[0]) < 500


def test_a_barred_parent_is_answered_nothing_and_a_person_reads_it(everybody: Cast) -> None:
    post(everybody, everybody.room_12)
    text("+13125550177", "HW")
    assert answers() == []
    assert Entry.objects.count() == 1


def test_an_order_about_one_child_leaves_the_other(everybody: Cast) -> None:
    post(everybody, everybody.room_12)
    post(everybody, everybody.room_7, "Learn the poem.")
    bar(everybody.alician, everybody.troy, RestrictionKind.CONTACT)
    text(ALICIAN, "HW")
    assert ("Room 12" in answers()[0], "Learn the poem." in answers()[0]) == (False, True)


def test_a_stopped_number_gets_nothing_and_its_words_go_to_a_person(everybody: Cast) -> None:
    stop(
        district=everybody.district,
        kind="phone",
        match=ALICIAN,
        by=Stop.By.OURS,
        at=clock.now(),
    )
    text(ALICIAN, "HW")
    assert (answers(), Entry.objects.count()) == ([], 1)


def test_a_number_that_is_not_theirs_gets_nothing(everybody: Cast) -> None:
    ContactPoint.objects.filter(match=ALICIAN).update(state="failing", why="wrong_person")
    text(ALICIAN, "HW")
    assert answers() == []


def test_a_link_that_ended_gives_nothing(everybody: Cast) -> None:
    Link.objects.filter(guardian=everybody.alician).update(ended_at=clock.now())
    text(ALICIAN, "HW")
    assert answers() == []


def test_two_homes_with_one_number_get_each_its_own(everybody: Cast) -> None:
    other = section("Room 9", everybody.elementary, everybody.mrs_c)
    cousin = student("Sam", "Ngo", everybody.elementary, other)
    home([cousin], [guardian(everybody.district, "Lan", "Ngo", mobile=ALICIAN)])
    post(everybody, everybody.room_12)
    text(ALICIAN, "HW")
    assert sorted(Delivery.objects.filter(message__kind="answer").values_list("household_id")) == (
        sorted([(everybody.troys_home.pk,), (cousin.homes.get().household_id,)])
    )
    assert sorted("Room 9" in body for body in answers()) == [False, True]


@pytest.mark.parametrize(
    "words", ["The homework was too hard for Troy", "hw Troy is ill", "HW?? I do not understand it"]
)
def test_more_than_the_word_is_for_a_person(everybody: Cast, words: str) -> None:
    text(ALICIAN, words)
    assert (answers(), Entry.objects.get().body) == ([], words)


def test_a_parent_who_teaches_here_writes_as_a_parent(everybody: Cast) -> None:
    ContactPoint.objects.filter(match=ALICIAN).update(match=MRS_C, address=MRS_C)
    for words in ("Homework was too hard yesterday: Maya cried", "homework is late again"):
        text(MRS_C, words)
    assert (Posting.objects.count(), Entry.objects.count()) == (0, 2)
    text(MRS_C, "HW Room 12: read")
    assert (Posting.objects.count(), Entry.objects.count()) == (1, 2)


def test_words_of_danger_are_never_posted(everybody: Cast) -> None:
    text(MRS_C, "HW: I want to kill myself")
    assert (Posting.objects.count(), Entry.objects.get().danger) == (0, True)


def test_a_phone_that_answers_itself_is_left_alone_after_a_while(everybody: Cast) -> None:
    for _again in range(10):
        text(ALICIAN, "HW")
    assert len(answers()) == 6


def test_a_desk_that_breaks_loses_no_words(
    everybody: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(event: Event, *, at: object) -> str:
        raise RuntimeError("broken")

    monkeypatch.setattr("bothways.hotline.services.desk.receive", broken)
    assert desks.taken(Event(kind=EventKind.INBOUND, dedupe="x"), at=clock.now()) is None
    text(ALICIAN, "HW")
    assert Entry.objects.get().body == "HW"


@pytest.mark.parametrize("words", ["HW: \x00", "HW: " + "x" * 5000, "HW: <Say>hi</Say> ‮evil"])
def test_the_worst_texts_do_no_harm(everybody: Cast, words: str) -> None:
    text(MRS_C, words)
    assert Posting.objects.filter(bodies__en__contains="\\u0000").count() == 0
    assert TeacherText.objects.count() == 1


def test_alician_asks_for_the_week_and_gets_it_with_her_digest_once(
    everybody: Cast, at: Path
) -> None:
    text(ALICIAN, "HW on")
    assert answers()[0].startswith("You will get the homework of your children’s classes once a")
    post(everybody, everybody.room_12)
    thursday_afternoon = clock.now().replace(day=17, hour=19, minute=30)  # 14:30 in Chicago
    for moment in (thursday_afternoon.replace(hour=17), thursday_afternoon, thursday_afternoon):
        clock.stop_at(at, moment)
        send_weekly()
    (message,) = Message.objects.filter(kind="news")
    delivery = Delivery.objects.get(message=message)
    assert (message.purpose, delivery.household, delivery.address) == (
        "routine",
        everybody.troys_home,
        ALICIAN,
    )
    assert message.versions.get(language="en").body == (
        "Homework: Room 12\nSeptember 14, 2026: Read pages 4-9."
    )


def test_off_ends_it(everybody: Cast, at: Path) -> None:
    text(ALICIAN, "HW ON")
    text(ALICIAN, "tarea off")
    post(everybody, everybody.room_12)
    clock.stop_at(at, clock.now().replace(day=17, hour=19, minute=30))
    send_weekly()
    assert Message.objects.filter(kind="news").count() == 0
    assert Follow.objects.get().ended_at is not None


def test_a_barred_parent_follows_nothing(everybody: Cast) -> None:
    text("+13125550177", "HW ON")
    assert (Follow.objects.count(), answers(), Entry.objects.count()) == (0, [], 1)
