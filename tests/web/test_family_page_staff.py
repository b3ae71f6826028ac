"""A family's page: what a reader needs in ten seconds, and nothing that is not theirs to read."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bothways.audit.models import Entry as Look
from bothways.core import clock
from bothways.messaging.audience import Audience
from bothways.messaging.enums import State, Tone
from bothways.messaging.models import Conversation, Delivery
from bothways.messaging.services.writing_now import open_form
from bothways.outreach.enums import Result, Way
from bothways.outreach.models import PersonContact
from bothways.outreach.services.contacts import note_contact
from bothways.people.enums import RestrictionKind, WordClass
from bothways.people.models import ContactPoint, Guardian, PossiblySame
from bothways.people.services import correct_guardian, mark_wrong
from people import Cast, bar, guardian, home
from web.happenings import says, to, write
from web.visiting import Visit


def _text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    plain = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return re.sub(r"\s+", " ", plain.replace("&#x27;", "'"))


def _page(cast: Cast, family: str = "emilys") -> str:
    return f"/families/{getattr(cast, f'{family}_home').pk}/"


def _noted(cast: Cast, words: str, **given: object) -> PersonContact:
    values: dict[str, object] = {
        "household": cast.emilys_home,
        "guardian": cast.emilys_mother,
        "way": Way.CALL,
        "result": Result.TALKED,
        "words": words,
        "by": cast.counselor,
    }
    return note_contact(**{**values, **given})  # type: ignore[arg-type]


def test_every_look_is_on_the_record_once(everybody: Cast, visit: Visit) -> None:
    visit(everybody.mrs_c).get(_page(everybody))
    looks = Look.objects.filter(event="family.seen", user_id=everybody.mrs_c.pk)
    assert [look.object_id for look in looks] == [everybody.emilys_home.pk]


def test_four_things_can_be_done(everybody: Cast, visit: Visit) -> None:
    page = visit(everybody.mrs_c).get(_page(everybody)).content.decode()
    pk = everybody.emilys_home.pk
    links = re.findall(
        r'<a class="btn[^"]*" href="([^"]+)"', page.split("at-hand")[1].split("</nav>")[0]
    )
    assert links == [
        f"/write/?family={pk}",
        f"/families/{pk}/note/?way=call",
        f"/families/{pk}/note/",
        f"/families/{pk}/note/?way=visit",
    ]


def test_a_way_says_how_we_know(everybody: Cast, visit: Visit) -> None:
    for state in (State.DELIVERED, State.SEEN, State.UNDELIVERED):
        message = write(everybody, everybody.mrs_c, Audience(households=(everybody.troys_home.pk,)))
        Delivery.objects.filter(message=message).update(state=state.value, rank=state.rank)
    page = _text(visit(everybody.mrs_c), _page(everybody, "troys"))
    assert "Text messages: 2 of 3 arrived, 1 seen or answered, last on 14 September" in page


def test_paper_claims_nothing(everybody: Cast, visit: Visit) -> None:
    write(everybody, everybody.mrs_c, Audience(households=(everybody.emilys_home.pk,)))
    page = _text(visit(everybody.mrs_c), _page(everybody))
    assert "1 sent, last on 14 September. Paper gives no receipt" in page


def test_a_restriction_is_said_first_and_in_words(everybody: Cast, visit: Visit) -> None:
    bar(everybody.emilys_father, everybody.emily, RestrictionKind.PICK_UP)
    page = _text(visit(everybody.mrs_c), _page(everybody))
    first = page.split("Read this first")[1].split("Write")[0]
    assert "May not pick this child up : Dale Parker · about Emily · holds today" in first


def test_the_other_home_is_told_of_the_order_and_linked(everybody: Cast, visit: Visit) -> None:
    page = visit(everybody.mrs_c).get(_page(everybody, "luiss")).content.decode()
    assert "holds for an adult who does not live here" in page
    assert f'href="/families/{everybody.hectors_home.pk}/"' in page


@pytest.mark.parametrize(
    ("show", "expected"),
    [
        ("words", ["Can you call me after six?"]),
        ("visits", ["Emily draws every evening"]),
        ("good", ["Emily draws every evening"]),
    ],
)
def test_the_story_shows_what_is_asked_for(
    everybody: Cast, visit: Visit, show: str, expected: list[str]
) -> None:
    message = write(everybody, everybody.mrs_c, Audience(households=(everybody.emilys_home.pk,)))
    says(to(message, everybody.emilys_home), "Can you call me after six?")
    _noted(everybody, "Emily draws every evening", tone=Tone.GOOD)
    page = visit(everybody.mrs_c).get(f"{_page(everybody)}?show={show}").content.decode()
    story = page.split('id="story"')[1].split("<aside")[0]
    said = re.findall(r'class="said"[^>]*>([^<]+)<', story)
    assert [words[: len(expected[0])] for words in said] == expected


def test_changes_name_who_and_never_the_words(everybody: Cast, visit: Visit) -> None:
    mark_wrong(point=everybody.alician.points.get(kind="phone"), by=everybody.office)
    page = _text(visit(everybody.mrs_c), f"{_page(everybody, 'troys')}?show=changes")
    story = page.split("What happened")[1].split("Routine news")[0]
    assert "Office Staff marked a number or address as wrong" in story or (
        f"{everybody.office.name} marked a number or address as wrong" in story
    )
    assert "555" not in story


def test_the_story_has_pages_of_thirty(everybody: Cast, visit: Visit) -> None:
    for number in range(31):
        _noted(everybody, f"Try {number:02}")
    client = visit(everybody.mrs_c)
    first = client.get(_page(everybody)).content.decode()
    second = client.get(f"{_page(everybody)}?page=2").content.decode()
    assert (first.count('class="said"'), second.count('class="said"')) == (30, 1)


@pytest.mark.parametrize(
    "query", ["?page=-1", "?page=x", "?page=99999999999", "?show=%00", "?show=all%27--", "?show="]
)
def test_any_address_is_answered(everybody: Cast, visit: Visit, query: str) -> None:
    assert visit(everybody.mrs_c).get(_page(everybody) + query).status_code == 200


def test_protected_words_are_for_named_staff_and_who_wrote_them(
    everybody: Cast, visit: Visit
) -> None:
    _noted(everybody, "She told me of a bruise", word_class=WordClass.PROTECTED, by=everybody.mrs_c)
    seen = {
        user.given: "bruise" in visit(user).get(_page(everybody)).content.decode()
        for user in (everybody.mrs_c, everybody.counselor, everybody.office)
    }
    assert seen == {"Clara": True, "Counselor": True, everybody.office.given: False} or seen == {
        everybody.mrs_c.given: True,
        everybody.counselor.given: True,
        everybody.office.given: False,
    }


def test_what_a_child_said_is_marked_and_not_printed(everybody: Cast, visit: Visit) -> None:
    _noted(everybody, "It is hopeless", word_class=WordClass.STUDENT_VOICE)
    page = visit(everybody.mrs_c).get(_page(everybody)).content.decode()
    assert re.search(r'<li class="noprint">.*?not for the family.*?It is hopeless', page, re.DOTALL)


@pytest.mark.parametrize(
    ("chosen", "kept"),
    [("student_voice", "student_voice"), ("protected", "protected"), ("", "family")],
)
def test_a_note_keeps_who_may_read_it(
    everybody: Cast, visit: Visit, chosen: str, kept: str
) -> None:
    answer = visit(everybody.mrs_c).post(
        f"{_page(everybody)}note/",
        {
            "way": "call",
            "result": "talked",
            "words": "Words",
            "form_key": "a",
            "word_class": chosen,
        },
    )
    assert answer.status_code == 302
    assert PersonContact.objects.get(words="Words").word_class == kept


@pytest.mark.parametrize("chosen", ["speaker_only", "everybody", "\x00", "family' OR 1=1"])
def test_a_note_of_another_class_is_not_kept(everybody: Cast, visit: Visit, chosen: str) -> None:
    answer = visit(everybody.mrs_c).post(
        f"{_page(everybody)}note/",
        {
            "way": "call",
            "result": "talked",
            "words": "Words",
            "form_key": "a",
            "word_class": chosen,
        },
    )
    assert (answer.status_code, PersonContact.objects.count()) == (422, 0)


def test_a_call_shows_whom_to_call(everybody: Cast, visit: Visit) -> None:
    page = visit(everybody.mrs_c).get(f"{_page(everybody, 'troys')}note/?way=call").content.decode()
    assert 'href="tel:+13125550101"' in page


def test_who_may_not_be_called_is_not_offered(everybody: Cast, visit: Visit) -> None:
    page = visit(everybody.mrs_c).get(f"{_page(everybody, 'hectors')}note/?way=call")
    assert b"tel:" not in page.content
    assert b"Nobody here may be called" in page.content


def test_a_colleague_who_writes_is_named(everybody: Cast, visit: Visit) -> None:
    message = write(everybody, everybody.mrs_c, Audience(households=(everybody.troys_home.pk,)))
    says(to(message, everybody.troys_home), "Yes")
    open_form(conversation=Conversation.objects.get(), by=everybody.office)
    page = _text(visit(everybody.mrs_c), _page(everybody, "troys"))
    assert f"{everybody.office.name} has an answer to this family open since" in page
    assert f"{everybody.mrs_c.name} wrote to this family" not in page
    other = _text(visit(everybody.office), _page(everybody, "troys"))
    assert f"{everybody.mrs_c.name} wrote to this family" in other


def test_what_was_sent_an_hour_ago_is_no_news(everybody: Cast, visit: Visit) -> None:
    message = write(everybody, everybody.mrs_c, Audience(households=(everybody.troys_home.pk,)))
    Delivery.objects.filter(message=message).update(created_at=clock.now() - timedelta(hours=1))
    assert "wrote to this family" not in _text(visit(everybody.office), _page(everybody, "troys"))


def test_an_interpreter_is_asked_for_and_shown(everybody: Cast, visit: Visit) -> None:
    client = visit(everybody.office)
    adult = everybody.karim
    answer = client.post(
        f"{_page(everybody, 'nours')}adults/{adult.pk}/",
        {"speaks": "ar", "reads": "ar", "can_read": "", "interpreter": "yes"},
    )
    assert answer.status_code == 302
    assert "wants an interpreter" in _text(client, _page(everybody, "nours"))


def test_two_rows_and_a_merge_are_linked_for_whoever_may_decide(
    everybody: Cast, visit: Visit
) -> None:
    twin = guardian(everybody.district, "Alicia", "Washington")
    home([everybody.troy], [twin])
    pair = PossiblySame.objects.create(
        district=everybody.district, one=everybody.alician, other=twin, why="same name"
    )
    path = _page(everybody, "troys")
    assert f"/families/mend/same/{pair.pk}/" in visit(everybody.office).get(path).content.decode()
    assert "/families/mend/same/" not in visit(everybody.mrs_c).get(path).content.decode()


def test_the_page_costs_no_more_for_a_long_story(everybody: Cast, visit: Visit) -> None:
    client = visit(everybody.mrs_c)
    path = _page(everybody)

    def cost() -> int:
        client.get(path)
        with CaptureQueriesContext(connection) as seen:
            client.get(path)
        return len(seen)

    _noted(everybody, "one")
    write(everybody, everybody.mrs_c, Audience(households=(everybody.emilys_home.pk,)))
    one = cost()
    for number in range(12):
        _noted(everybody, f"more {number}")
        write(everybody, everybody.mrs_c, Audience(households=(everybody.emilys_home.pk,)))
    assert cost() == one


def test_a_name_that_is_markup_is_shown_as_a_name(everybody: Cast, visit: Visit) -> None:
    Guardian.objects.filter(pk=everybody.emilys_mother.pk).update(given="<script>alert(1)</script>")
    correct_guardian(
        guardian=everybody.emilys_father,
        speaks="",
        reads="ar",
        can_read=False,
        address_hidden=False,
        by=everybody.office,
    )
    ContactPoint.objects.filter(guardian=everybody.emilys_mother).update(address="<b>\n\u202e")
    page = visit(everybody.office).get(_page(everybody)).content.decode()
    assert "<script>alert" not in page
    assert "<b>" not in page
