"""What waits and what went together, as staff and families see it."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from bothways.core import clock
from bothways.messaging.audience import Audience
from bothways.messaging.enums import Meaning, Purpose, State
from bothways.messaging.models import Delivery, Message
from bothways.messaging.services.digests import gather_due
from bothways.messaging.services.messages import Draft, send
from bothways.messaging.services.replies import receive_page
from bothways.messaging.services.sending import send_due
from messaging.world import MONDAY_MORNING, FakeCarrier
from people import Cast
from web.visiting import Visit

THURSDAY = MONDAY_MORNING.replace(day=17, hour=21)


@pytest.fixture
def took(monkeypatch: pytest.MonkeyPatch) -> FakeCarrier:
    fake = FakeCarrier()
    monkeypatch.setattr(
        "bothways.messaging.services.sending.carrier_for", lambda channel, district=None: fake
    )
    return fake


def write(cast: Cast, words: str, purpose: Purpose = Purpose.ROUTINE) -> Message:
    message, _ = send(
        Draft(purpose, Audience(), {"en": words, "ar": words, "es": words}, {}),
        district=cast.district,
        by=cast.admin,
    )
    return message


@pytest.fixture
def digest(everybody: Cast, took: FakeCarrier, at: Path) -> tuple[Message, Message]:
    """Two messages of a week that went out together."""
    clock.stop_at(at, MONDAY_MORNING - timedelta(days=7))
    write(everybody, "Welcome.")
    send_due(everybody.district, urgent=False)
    clock.stop_at(at, MONDAY_MORNING)
    first, second = (
        write(everybody, "The book fair is on Friday."),
        write(everybody, "Bring a hat."),
    )
    clock.stop_at(at, THURSDAY)
    gather_due(at=clock.now())
    send_due(everybody.district, urgent=False)
    return first, second


def lead_of(cast: Cast) -> Delivery:
    return Delivery.objects.get(household=cast.troys_home, digest__isnull=False, state="accepted")


def test_the_familys_page_shows_all_messages_of_the_digest(
    everybody: Cast, digest: tuple[Message, Message]
) -> None:
    words = Client().get(f"/r/{lead_of(everybody).code}").content.decode()
    assert words.index("The book fair is on Friday.") < words.index("Bring a hat.")
    assert words.count('class="letter"') == 2


def test_a_code_that_was_never_sent_opens_nothing(
    everybody: Cast, digest: tuple[Message, Message]
) -> None:
    member = Delivery.objects.filter(state=State.GATHERED.value)[0]
    assert Client().get(f"/r/{member.code}").status_code == 404


def test_words_about_a_child_whom_an_order_took_away_leave_the_page(
    everybody: Cast, digest: tuple[Message, Message]
) -> None:
    lead = lead_of(everybody)
    member = Delivery.objects.get(digest=lead, state="gathered")
    member.recipients.all().delete()
    words = Client().get(f"/r/{lead.code}").content.decode()
    assert "Bring a hat." in words
    assert "book fair" not in words


def test_each_message_of_the_digest_shows_what_became_of_it(
    everybody: Cast, digest: tuple[Message, Message], visit: Visit
) -> None:
    receive_page(lead_of(everybody), words="", button=Meaning.ACKNOWLEDGED, form_key="k")
    for message in digest:
        page = visit(everybody.admin).get(reverse("sent_message", kwargs={"pk": message.pk}))
        assert "1 of 4 families saw it" in page.content.decode()
        assert page.context["states"] == [(State.ACCEPTED, 3), (State.SEEN, 1)]


def test_the_check_page_says_what_waits_and_offers_to_send_at_once(
    everybody: Cast, took: FakeCarrier, visit: Visit, at: Path
) -> None:
    write(everybody, "Welcome.")
    form = {
        "step": "check",
        "who": "all",
        "purpose": "routine",
        "body-en": "Hello.",
        "body-ar": "مرحبا",
        "body-es": "Hola.",
    }
    client = visit(everybody.admin)
    place = client.post(reverse("write"), form)["Location"]
    words = client.get(place).content.decode()
    assert "4 families get it with their digests, the first of them on Thursday" in words
    assert "It cannot wait: send it at once" in words
    urgent = client.post(place, {"purpose": "timely"}, follow=True)
    assert "digest" not in urgent.content.decode()


def test_who_writes_to_one_family_sees_what_it_already_gets(
    everybody: Cast, digest: tuple[Message, Message], visit: Visit
) -> None:
    write(everybody, "The choir sings in May.")
    page = visit(everybody.office).get(reverse("write"), {"family": everybody.troys_home.pk})
    words = page.content.decode()
    # The digest of two is one contact.
    assert "In the last 7 days 1 contact from the school" in words
    assert "2 in the last 30 days" in words
    assert "The choir sings in May." in words


def test_the_familys_story_tells_a_digest_once_with_all_that_was_in_it(
    everybody: Cast, digest: tuple[Message, Message], visit: Visit
) -> None:
    page = visit(everybody.office).get(reverse("family", kwargs={"pk": everybody.troys_home.pk}))
    told = [one.words for one in page.context["happenings"]]
    assert told == ["The book fair is on Friday. · Bring a hat.", "Welcome."]


def test_a_page_of_a_digest_costs_few_queries(
    everybody: Cast,
    took: FakeCarrier,
    visit: Visit,
    at: Path,
    django_assert_max_num_queries: object,
) -> None:
    clock.stop_at(at, MONDAY_MORNING - timedelta(days=7))
    write(everybody, "Welcome.")
    send_due(everybody.district, urgent=False)
    clock.stop_at(at, MONDAY_MORNING)
    for n in range(6):
        write(everybody, f"News {n}.")
    clock.stop_at(at, THURSDAY)
    gather_due(at=clock.now())
    send_due(everybody.district, urgent=False)
    with django_assert_max_num_queries(40):  # type: ignore[operator]
        words = Client().get(f"/r/{lead_of(everybody).code}").content.decode()
    assert words.count('class="letter"') == 6
