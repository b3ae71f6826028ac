"""What a family presses and writes: kept once, never lost, answered at once with what comes next."""

import re
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.test import Client

from bothways.consent.models import Stop
from bothways.core import clock
from bothways.ledger.models import ContactEvent
from bothways.messaging.enums import Meaning, State
from bothways.messaging.models import Alert, Delivery, Entry, Message
from bothways.messaging.services.replies import MAX_WORDS
from bothways.people.models import Guardian, Student
from bothways.web.family import reply
from messaging.world import World
from web.family.reading import Letter, text_of


def fields(html: str) -> dict[str, str]:
    """The hidden fields of the page’s form."""
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="(\w+)">', html))


def fill_in(phone: Client, delivery: Delivery, query: str = "?lang=en") -> dict[str, str]:
    return fields(phone.get(f"/r/{delivery.code}{query}").content.decode())


def send(phone: Client, delivery: Delivery, query: str = "?lang=en", **values: str) -> str:
    """Press a button as a browser does; the page that follows, as it is read."""
    form = fill_in(phone, delivery, query)
    posted = phone.post(f"/r/{delivery.code}{query}", form | values)
    assert posted.status_code == 303, posted.content.decode()
    page = phone.get(posted.headers["Location"])
    assert page.status_code == 200
    return text_of(page.content.decode())


def test_the_button_proves_that_it_was_seen(letter: Letter, phone: Client) -> None:
    delivery = letter()
    read = send(phone, delivery, seen="1")
    assert "Lincoln School now knows that you have read this." in read
    delivery.refresh_from_db()
    assert (delivery.state, Entry.objects.get().meaning) == (State.SEEN, Meaning.ACKNOWLEDGED)
    assert list(ContactEvent.objects.values_list("level", flat=True)) == [3]


def test_words_are_kept_and_the_family_is_told_who_reads_them(
    letter: Letter, phone: Client
) -> None:
    delivery = letter()
    read = send(phone, delivery, words="He does it at\r\nthe kitchen table.", send="1")
    assert re.search(r"Mrs\. C at Lincoln School will read it (today|tomorrow|on)", read)
    assert "You wrote He does it at the kitchen table." in read
    entry = Entry.objects.get()
    assert (entry.body, entry.delivery) == ("He does it at\nthe kitchen table.", delivery)
    assert "He does it at" in phone.get(f"/r/{delivery.code}").content.decode()


@pytest.mark.parametrize(
    ("button", "meaning", "said"),
    [
        ("call", Meaning.CALL_ME, "and then call you"),
        ("unclear", Meaning.NOT_UNDERSTOOD, "will help you"),
    ],
)
def test_the_other_buttons_ask_a_person(
    letter: Letter, phone: Client, button: str, meaning: Meaning, said: str
) -> None:
    read = send(phone, letter(), words="after 6", **{button: "1"})
    assert said in read
    entry = Entry.objects.get()
    assert (entry.meaning, entry.body) == (meaning, "after 6")
    assert entry.conversation is not None
    assert entry.conversation.waiting_since is not None


def test_the_same_form_twice_is_one_answer(letter: Letter, phone: Client) -> None:
    delivery = letter()
    form = fill_in(phone, delivery) | {"words": "Gracias, hablamos el jueves", "send": "1"}
    first, second = (phone.post(f"/r/{delivery.code}", form) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"]
    assert Entry.objects.count() == 1


def test_going_back_and_sending_other_words_loses_neither(letter: Letter, phone: Client) -> None:
    delivery = letter()
    form = fill_in(phone, delivery)
    for words in ("He likes maths", "He likes maths, not spelling"):
        assert phone.post(f"/r/{delivery.code}", form | {"words": words}).status_code == 303
    assert list(Entry.objects.order_by("pk").values_list("body", flat=True)) == [
        "He likes maths",
        "He likes maths, not spelling",
    ]


def test_a_second_message_can_be_added(letter: Letter, phone: Client) -> None:
    delivery = letter()
    send(phone, delivery, words="one thing")
    assert "You wrote one thing another thing" in send(phone, delivery, words="another thing")


def test_an_empty_answer_is_asked_for_kindly(letter: Letter, phone: Client) -> None:
    delivery = letter()
    page = phone.post(
        f"/r/{delivery.code}?lang=en", fill_in(phone, delivery) | {"words": " \x00\n", "send": "1"}
    )
    assert page.status_code == 422
    assert "Please write your answer first." in page.content.decode()
    assert Entry.objects.count() == 0


def test_too_many_words_stay_in_the_box(letter: Letter, phone: Client) -> None:
    delivery = letter()
    long = "ы" * (MAX_WORDS + 1)
    form = fill_in(phone, delivery)
    page = phone.post(f"/r/{delivery.code}?lang=en", form | {"words": long})
    assert page.status_code == 422
    assert long in page.content.decode()
    assert "in two parts" in page.content.decode()
    assert Entry.objects.count() == 0
    assert phone.post(f"/r/{delivery.code}", form | {"words": long[:-1]}).status_code == 303
    assert Entry.objects.get().body == long[:-1]


def test_far_too_much_is_refused_in_plain_words(letter: Letter, phone: Client) -> None:
    delivery = letter()
    page = phone.post(f"/r/{delivery.code}?lang=en", {"words": "x" * 6_000_000})
    assert page.status_code == 413
    assert "in two parts" in page.content.decode()


@pytest.mark.parametrize(
    "words",
    [
        "a\x00b",
        "\u202egnp.exe",
        "👩‍👧 👍🏽",
        "ሰላም",
        "</textarea><script>alert(1)</script>",
        "\ud800x",
    ],
)
def test_odd_characters_are_kept_and_harm_nothing(
    letter: Letter, phone: Client, words: str
) -> None:
    delivery = letter()
    body = "&".join(f"{k}={v}" for k, v in fill_in(phone, delivery).items()).encode()
    from urllib.parse import quote

    said = quote(words, errors="surrogatepass").encode()
    posted = phone.post(
        f"/r/{delivery.code}",
        body + b"&words=" + said,
        content_type="application/x-www-form-urlencoded",
    )
    assert posted.status_code == 303
    html = phone.get(posted.headers["Location"]).content.decode()
    assert "<script>alert" not in html
    kept = Entry.objects.get().body
    assert kept == words.replace("\x00", "") or "\ud800" in words


def test_a_form_that_is_not_from_the_page_keeps_its_words(letter: Letter, phone: Client) -> None:
    delivery = letter()
    words = "I have something <to> say"
    page = phone.post(f"/r/{delivery.code}?lang=en", {"words": words, "send": "1"})
    assert page.status_code == 403
    html = page.content.decode()
    assert "I have something &lt;to&gt; say</textarea>" in html
    assert "press the button once more" in html
    assert Entry.objects.count() == 0
    # And the page that says so can be sent.
    again = phone.post(f"/r/{delivery.code}", fields(html) | {"words": words, "send": "1"})
    assert again.status_code == 303
    assert Entry.objects.get().body == words


def test_a_form_of_another_message_is_not_of_this_one(letter: Letter, phone: Client) -> None:
    one, other = letter(), letter()
    page = phone.post(f"/r/{other.code}", fill_in(phone, one) | {"words": "x"})
    assert page.status_code == 403


def test_no_cookie_is_needed(letter: Letter) -> None:
    delivery = letter()
    form = fill_in(Client(enforce_csrf_checks=True), delivery)
    posted = Client(enforce_csrf_checks=True, headers={"Origin": "null"}).post(
        f"/r/{delivery.code}", form | {"seen": "1"}
    )
    assert posted.status_code == 303


def test_words_of_danger_are_answered_at_once_and_never_shown_again(
    letter: Letter, phone: Client
) -> None:
    delivery = letter()
    words = "My husband hits us, I am afraid he will kill me"
    read = send(phone, delivery, words=words)
    assert "A person at Lincoln School has been told just now." in read
    assert "911" in read
    assert Alert.objects.count() == 1
    assert "hits us" not in read
    assert "hits us" not in phone.get(f"/r/{delivery.code}").content.decode()


def test_the_page_after_danger_looks_like_any_other_later(letter: Letter, phone: Client) -> None:
    delivery = letter()
    send(phone, delivery, words="My husband hits us, I am afraid he will kill me")
    entry = Entry.objects.get()
    Entry.objects.update(at=clock.now() - reply.FRESH)
    page = phone.get(f"/r/{delivery.code}?done={entry.form_key}&lang=en")
    # Keys of forms and codes in addresses may hold any digits.
    assert "911" not in re.sub(r'"[^"]*"', "", page.content.decode())


def test_what_one_of_two_adults_wrote_is_not_kept_on_the_page_of_both(
    letter: Letter, phone: Client, world: World, alician: Guardian, troy: Student
) -> None:
    alician.points.all().delete()
    world.home(troy, guardians=[])
    ron = world.guardian("Ron", reads="es", address="1 Main St")
    ron.household = alician.household
    ron.save()
    troy.links.create(district=world.district, guardian=ron)
    points = ron.points.get()
    alician.points.create(
        district=world.district, kind="postal", address=points.address, match=points.match
    )
    delivery = letter()
    assert delivery.recipients.count() == 2
    assert "only for the school" in send(phone, delivery, words="This is only for the school")
    assert "only for the school" not in phone.get(f"/r/{delivery.code}").content.decode()


def test_stop_written_on_the_page_stops_and_shows_the_way_back(
    letter: Letter, phone: Client
) -> None:
    delivery = letter()
    read = send(phone, delivery, words="STOP")
    assert "Messages to this address have stopped. " in read
    assert "Start the messages again" in read
    assert Stop.objects.filter(lifted_at=None, by=Stop.By.OURS).count() == 1
    assert phone.get(f"/r/{delivery.code}").status_code == 200


def test_wrong_person_is_thanked(letter: Letter, phone: Client) -> None:
    assert "look for the right address" in send(phone, letter(), words="wrong person")


def test_an_answer_begun_in_time_may_come_late(letter: Letter, phone: Client) -> None:
    delivery = letter()
    form = fill_in(phone, delivery) | {"words": "At last I have time to answer"}
    Message.objects.update(expires_at=clock.now() - timedelta(days=1))
    posted = phone.post(f"/r/{delivery.code}?lang=en", form)
    assert posted.status_code == 303
    page = phone.get(posted.headers["Location"])
    assert page.status_code == 200
    assert "will read it" in page.content.decode()
    assert "takes part" not in page.content.decode()
    Message.objects.update(expires_at=clock.now() - reply.GRACE - timedelta(days=1))
    late = phone.post(f"/r/{delivery.code}?lang=en", form | {"words": "too late"})
    assert late.status_code == 404
    assert "too late</textarea>" in late.content.decode()


def test_after_an_order_nothing_is_taken_and_nothing_is_told(
    letter: Letter, phone: Client, world: World, troy: Student, alician: Guardian
) -> None:
    delivery = letter()
    form = fill_in(phone, delivery)
    send(phone, delivery, words="before")
    done = Entry.objects.get().form_key
    world.bar(troy, alician)
    page = phone.post(f"/r/{delivery.code}?lang=en", form | {"words": "after"})
    assert page.status_code == 404
    assert "after</textarea>" in page.content.decode()
    assert phone.get(f"/r/{delivery.code}?done={done}").status_code == 404
    assert Entry.objects.count() == 1


def test_a_thank_you_of_another_message_does_not_open_here(letter: Letter, phone: Client) -> None:
    one, other = letter(), letter()
    send(phone, one, words="for one")
    done = Entry.objects.get().form_key
    page = phone.get(f"/r/{other.code}?done={done}")
    assert "for one" not in page.content.decode()
    assert phone.get(f"/r/{other.code}?done=%00").status_code == 200


def test_when_the_database_is_away_the_words_stay_and_can_be_sent_again(
    letter: Letter, phone: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivery = letter()
    form = fill_in(phone, delivery) | {"words": "Please keep this", "call": "1"}

    def away(code: str) -> None:
        raise OperationalError

    with monkeypatch.context() as patch:
        patch.setattr(reply, "sent_with", away)
        page = phone.post(f"/r/{delivery.code}?lang=en", form)
    assert page.status_code == 503
    html = page.content.decode()
    assert "Please keep this</textarea>" in html
    assert phone.post(f"/r/{delivery.code}", fields(html) | {"words": "Please keep this"})
    assert Entry.objects.get().meaning == Meaning.CALL_ME


def test_a_machine_with_a_link_cannot_fill_the_inbox(letter: Letter, phone: Client) -> None:
    delivery = letter()
    form = fill_in(phone, delivery)
    statuses = {
        phone.post(f"/r/{delivery.code}", form | {"words": f"spam {n}"}).status_code
        for n in range(reply.sending.most)
    }
    assert statuses == {303}
    page = phone.post(f"/r/{delivery.code}", form | {"words": "one more"})
    assert page.status_code == 429
    assert "one more</textarea>" in page.content.decode()
