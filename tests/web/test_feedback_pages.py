"""You said, we did, on the pages of staff, of families and of everybody."""

from datetime import timedelta

from django.test import Client

from bothways.core import clock
from bothways.feedback.enums import Outcome
from bothways.feedback.models import Item
from bothways.feedback.services.board import publish, say_in, take_back
from bothways.feedback.services.items import close_item
from bothways.messaging.enums import Origin, State, Takes
from bothways.messaging.models import Delivery, Entry, LooseAnswer, QuestionAnswer
from bothways.messaging.services.questions import ask
from bothways.people.models import Link
from people import Cast
from web.asked import a_later_bus, wants_a_ride
from web.family.homes import open_pages
from web.happenings import happened
from web.visiting import Visit


def test_what_a_family_wrote_becomes_somebody_s_to_do_in_its_own_words(
    everybody: Cast, visit: Visit
) -> None:
    did = happened(everybody)
    entry = Entry.objects.get(conversation=did.talk)
    form = {
        "household": everybody.troys_home.pk,
        "kind": "observation",
        "source": "entry",
        "source_ref": entry.pk,
        "words": "Something that she never said.",
        "next": "https://elsewhere.example/",
    }
    for _ in range(2):
        answer = visit(everybody.mrs_c).post("/feedback/make/", form)
        assert (answer.status_code, answer["Location"]) == (302, "/feedback/")
    item = Item.objects.get()
    assert (item.words, item.guardian, item.owner) == (
        entry.body,
        everybody.alician,
        everybody.mrs_c,
    )
    # About Troy: a teacher of his sister reads none of it.
    assert visit(everybody.teacher_elsewhere).post("/feedback/make/", form).status_code == 404
    assert visit(everybody.teacher_elsewhere).get(f"/feedback/{item.pk}/").status_code == 404


def test_words_of_danger_are_made_nobody_s_to_do_by_who_may_not_read_them(
    everybody: Cast, visit: Visit
) -> None:
    happened(everybody)
    entry = Entry.objects.get(danger=True)
    form = {
        "household": everybody.emilys_home.pk,
        "kind": "request",
        "source": "entry",
        "source_ref": entry.pk,
    }
    assert visit(everybody.mrs_c).post("/feedback/make/", form).status_code == 404
    assert Item.objects.count() == 0


def test_staff_see_the_translation_s_place_before_anything_is_sent(
    everybody: Cast, visit: Visit
) -> None:
    item = wants_a_ride(everybody)
    everybody.emilys_mother.reads = "es"
    everybody.emilys_mother.save()
    browser = visit(everybody.mrs_c)
    form = {"outcome": "done", "words": "Marisol drives you.", "do": "send"}
    assert b'name="translation"' in browser.post(f"/feedback/{item.pk}/", form).content
    item.refresh_from_db()
    assert item.closed_at is None
    browser.post(f"/feedback/{item.pk}/", form | {"translation": "Marisol les lleva."})
    item.refresh_from_db()
    assert (item.came, item.came_language, item.outcome) == ("Marisol les lleva.", "es", "done")


def test_everybody_reads_the_board_in_their_language_until_it_is_taken_back(
    everybody: Cast,
) -> None:
    change = a_later_bus(everybody)
    assert Client().get("/changes/lincoln-elementary").status_code == 404
    say_in(
        change=change,
        language="es",
        said="El último autobús sale temprano.",
        did="Hay un autobús más tarde.",
        origin=Origin.MACHINE,
        reviewed=False,
        by=everybody.principal,
    )
    publish(change=change, by=everybody.principal, looked=False)
    page = Client().get("/changes/lincoln-elementary?lang=es").content.decode()
    assert "Hay un autobús más tarde." in page
    assert "Traducido por una máquina" in page
    take_back(change=change, by=everybody.principal)
    assert "autobús más" not in Client().get("/changes/lincoln-elementary?lang=es").content.decode()


def test_the_family_s_page_holds_what_this_adult_said_and_takes_whether_it_helped(
    everybody: Cast,
) -> None:
    item = wants_a_ride(everybody)
    close_item(
        item=item,
        outcome=Outcome.DONE,
        came="Marisol drives you.",
        language="en",
        by=everybody.mrs_c,
    )
    hers, his = open_pages(everybody.emilys_mother), open_pages(everybody.emilys_father)
    assert "Marisol drives you." in hers.get("/home/feedback").content.decode()
    assert "Marisol drives you." not in his.get("/home/feedback").content.decode()
    assert his.post("/home/feedback", {"item": item.pk, "helped": "no"}).status_code == 422
    assert hers.post("/home/feedback", {"item": item.pk, "helped": "perhaps"}).status_code == 422
    assert (
        hers.post(
            "/home/feedback", {"item": item.pk, "helped": "little", "words": "It is early."}
        ).status_code
        == 303
    )
    item.refresh_from_db()
    assert (item.helped, item.helped_words) == ("little", "It is early.")
    assert "Marisol drives you." in hers.get("/home/take.json").content.decode()


def _asked(cast: Cast, *, anonymous: bool, takes: Takes = Takes.SCALE) -> Delivery:
    message = ask(
        district=cast.district,
        links=list(Link.objects.filter(student=cast.nour)),
        student=cast.nour,
        bodies={"ar": "كيف تسير الواجبات؟", "en": "How is homework going?"},
        subject=None,
        takes=takes,
        kind="survey",
        ref="1",
        by=None,
        until=clock.now() + timedelta(days=5),
        anonymous=anonymous,
    )
    assert message is not None
    accepted = State.ACCEPTED
    message.deliveries.update(state=accepted.value, rank=accepted.rank)
    return message.deliveries.get()


def test_a_question_has_buttons_on_its_own_page_and_what_is_pressed_is_taken(
    everybody: Cast,
) -> None:
    delivery = _asked(everybody, anonymous=False)
    page = Client().get(f"/r/{delivery.code}").content.decode()
    assert [f'name="answer" value="{n}"' in page for n in (0, 1, 5, 6)] == [
        False,
        True,
        True,
        False,
    ]
    assert Client().post(f"/r/{delivery.code}", {"answer": "4", "words": "شكراً"}).status_code == 303
    assert int(QuestionAnswer.objects.get().value or 0) == 4


def test_a_question_for_a_number_has_a_box_for_it_and_no_button_that_only_says_read(
    everybody: Cast,
) -> None:
    delivery = _asked(everybody, anonymous=False, takes=Takes.NUMBER)
    page = Client().get(f"/r/{delivery.code}").content.decode()
    assert 'inputmode="decimal"' in page
    assert 'name="seen"' not in page
    assert Client().post(f"/r/{delivery.code}", {"words": "12"}).status_code == 303
    assert int(QuestionAnswer.objects.get().value or 0) == 12


def test_an_anonymous_answer_on_the_page_is_thanked_for_and_shown_to_nobody(
    everybody: Cast,
) -> None:
    delivery = _asked(everybody, anonymous=True)
    browser = Client()
    answer = browser.post(f"/r/{delivery.code}", {"answer": "2", "words": "the office is rude"})
    thanks = browser.get(answer["Location"])
    assert thanks.status_code == 200
    assert "rude" not in thanks.content.decode()
    assert (Entry.objects.count(), LooseAnswer.objects.count()) == (0, 1)
