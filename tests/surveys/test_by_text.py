"""Short questions by text, one after another."""

import pytest

from bothways.channels.contract import Event
from bothways.channels.enums import EventKind
from bothways.channels.services import store
from bothways.messaging.models import Conversation, Delivery, Entry, Question
from bothways.messaging.services.receipts import apply_waiting
from bothways.messaging.services.sending import send_due
from bothways.surveys.enums import Promise
from bothways.surveys.models import Answer, Invitation, Unmixed
from bothways.surveys.tasks import tend
from messaging.world import FakeCarrier, World
from surveys.town import asked, family, rosa, short

pytestmark = pytest.mark.django_db
_texts = iter(range(10_000))


def text(n: int, body: str) -> None:
    came = Event(
        EventKind.INBOUND, f"SMs{next(_texts)}", from_=f"+1312555{n:04d}", to="+1500", body=body
    )
    store("twilio", [came])
    apply_waiting()
    tend()


def _sent(world: World) -> list[str]:
    send_due(world.district, urgent=False)
    return list(Question.objects.order_by("pk").values_list("ref", flat=True))


def test_the_second_question_follows_the_first_answer_and_nobody_owes_a_reply(
    world: World, carrier: FakeCarrier
) -> None:
    home, _adult = family(world, 1)
    family(world, 2)
    survey = asked(world, rosa(world), Promise.NAMED, by_text=True, form=short("p1", "p4"))
    assert _sent(world) == [f"{survey.pk}:p1"]
    first = next(out for out in carrier.sent if out.to.endswith("0001"))
    words = first.versions[0].body
    assert words.index("The staff who serve your family") < words.index("Do you feel welcome")
    text(1, "4")
    assert _sent(world) == [f"{survey.pk}:p1", f"{survey.pk}:p4"]
    second = Question.objects.get(ref=f"{survey.pk}:p4")
    assert [one.household_id for one in Delivery.objects.filter(message=second.message)] == [
        home.pk
    ]
    text(1, "2")
    assert list(Answer.objects.order_by("item").values_list("item", "value")) == [
        ("p1", 4),
        ("p4", 2),
    ]
    assert Invitation.objects.get(survey=survey, household=home).done
    assert not Conversation.objects.filter(waiting_since__isnull=False).exists()


def test_a_number_that_is_no_answer_is_an_ordinary_reply(
    world: World, carrier: FakeCarrier
) -> None:
    family(world, 1)
    asked(world, rosa(world), Promise.NAMED, by_text=True, form=short("p1"))
    _sent(world)
    text(1, "9")
    assert not Answer.objects.exists()
    assert Entry.objects.filter(body="9").exists()


def test_an_anonymous_text_leaves_no_words_and_only_done(
    world: World, carrier: FakeCarrier
) -> None:
    for n in (1, 2):
        family(world, n)
    survey = asked(world, rosa(world), Promise.ANONYMOUS, by_text=True, form=short("p1"))
    _sent(world)
    text(1, "5")
    assert [one.values for one in Unmixed.objects.all()] == [{"p1": 5}]
    assert not Entry.objects.filter(body="5").exists()
    assert Invitation.objects.filter(survey=survey, done=True).count() == 1
