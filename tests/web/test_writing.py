"""Counts before sending are exact; a double click sends once; nobody reaches past their own children."""

import re

import pytest
from django.test import Client

from bothways.messaging.models import Delivery, Message
from people import Cast
from web.visiting import Visit

FORM = {"purpose": "routine", "body-en": "School pictures are on Friday.", "step": "check"}


def _check(client: Client, **form: str) -> str:
    answer = client.post("/write/", FORM | form)
    assert answer.status_code == 200, answer.context["wrong"]
    return answer.content.decode()


def _fields(page: str) -> dict[str, str]:
    form = page.split("<aside>")[1]
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))


def test_what_the_page_counts_is_what_is_sent(everybody: Cast, visit: Visit) -> None:
    client = visit(everybody.admin)
    page = _check(client, who="all")
    assert "This goes to 2 of 5 families" in page
    assert Message.objects.count() == 0
    answer = client.post("/write/", _fields(page) | {"step": "send"})
    message = Message.objects.get()
    assert answer["Location"] == f"/sent/{message.pk}/"
    homes = Delivery.objects.filter(message=message).values_list("household_id", flat=True)
    assert set(homes) == {everybody.troys_home.pk, everybody.emilys_home.pk}


def test_a_double_click_sends_once(everybody: Cast, visit: Visit) -> None:
    client = visit(everybody.admin)
    form = _fields(_check(client, who="all")) | {"step": "send"}
    places = [client.post("/write/", form)["Location"] for _ in range(2)]
    assert places == [f"/sent/{Message.objects.get().pk}/"] * 2


def test_who_cannot_be_written_to_is_said_with_the_reason(everybody: Cast, visit: Visit) -> None:
    page = _check(visit(everybody.admin), who="all")
    assert "nobody there may be contacted about this" in page
    assert "this message has no version in their language" in page


def test_nothing_is_sent_without_words(everybody: Cast, visit: Visit) -> None:
    answer = visit(everybody.admin).post("/write/", FORM | {"who": "all", "body-en": " "})
    assert answer.status_code == 422
    assert "The message is empty." in answer.content.decode()


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


def test_a_list_with_somebody_elses_child_is_refused(everybody: Cast, visit: Visit) -> None:
    form = FORM | {"who": "list", "list": f"{everybody.troy.sis_id}\n{everybody.maya.sis_id}"}
    answer = visit(everybody.mrs_c).post("/write/", form)
    assert answer.status_code == 422
    assert str(everybody.maya.sis_id) in answer.context["wrong"]


def test_a_word_about_one_child_goes_through_that_childs_links(
    everybody: Cast, visit: Visit
) -> None:
    client = visit(everybody.mrs_c)
    page = _check(client, who=f"family:{everybody.troys_home.pk}", about=str(everybody.troy.pk))
    client.post("/write/", _fields(page) | {"step": "send"})
    message = Message.objects.get()
    assert message.student == everybody.troy
    links = [r.link for d in message.deliveries.all() for r in d.recipients.all()]
    assert {link.student for link in links} == {everybody.troy}


def test_a_teacher_cannot_call_an_emergency(everybody: Cast, visit: Visit) -> None:
    form = FORM | {"who": f"section:{everybody.room_12.sis_id}", "purpose": "emergency"}
    answer = visit(everybody.mrs_c).post("/write/", form)
    assert answer.status_code == 422
    assert "An emergency is sent by the office or the principal" in answer.content.decode()


def test_an_emergency_is_asked_for_twice(everybody: Cast, visit: Visit) -> None:
    client = visit(everybody.principal)
    who = f"school:{everybody.elementary.sis_id}"
    fields = _fields(_check(client, who=who, purpose="emergency")) | {"step": "send"}
    assert client.post("/write/", fields).status_code == 422
    assert Message.objects.count() == 0
    assert client.post("/write/", fields | {"sure": "1"}).status_code == 302
    assert Message.objects.count() == 1


def test_going_back_keeps_every_word(everybody: Cast, visit: Visit) -> None:
    client = visit(everybody.admin)
    form = _fields(_check(client, who="all", **{"body-ar": "يوم الجمعة"})) | {"step": "change"}
    page = client.post("/write/", form).content.decode()
    assert "School pictures are on Friday." in page
    assert "يوم الجمعة" in page


def test_the_length_is_counted_as_it_goes_out(everybody: Cast, visit: Visit) -> None:
    answer = visit(everybody.admin).post("/write/", FORM | {"who": "all", "body-en": "x" * 160})
    assert [p.length.parts for p in answer.context["previews"]] == [2]
