"""One address stops, the others go on, and there is a way back."""

from django.test import Client

from bothways.audit.models import Entry as Record
from bothways.consent.models import Stop
from bothways.core import clock
from bothways.messaging.models import Message
from bothways.people.models import Guardian, Student
from messaging.world import World
from web.family.reading import Letter, text_of


def live() -> list[tuple[str, str, str]]:
    return list(Stop.objects.filter(lifted_at=None).values_list("kind", "match", "by"))


def test_looking_stops_nothing(letter: Letter, phone: Client) -> None:
    code = letter().code
    page = phone.get(f"/stop/{code}?lang=en")
    read = text_of(page.content.decode())
    assert (page.status_code, live()) == (200, [])
    assert "No more emails?" in read
    assert "a•••@example.org" in read
    assert "changes nothing about texts, calls or letters" in read
    assert "alician@example.org" not in read
    assert "Troy" not in read
    assert page.headers["Referrer-Policy"] == "no-referrer"


def test_one_press_stops_this_address_and_one_starts_it_again(
    letter: Letter, phone: Client
) -> None:
    code = letter().code
    posted = phone.post(f"/stop/{code}?lang=en", {"stop": "1"})
    assert posted.status_code == 303
    assert live() == [("email", "alician@example.org", "ours")]
    read = text_of(phone.get(posted.headers["Location"]).content.decode())
    assert "You will get no more emails" in read
    assert "Send me emails again" in read

    posted = phone.post(f"/stop/{code}?lang=en", {"start": "1"})
    read = text_of(phone.get(posted.headers["Location"]).content.decode())
    assert live() == []
    assert "The messages have started again." in read
    assert list(
        Record.objects.filter(event__startswith="consent").values_list("event", flat=True)
    ) == [
        "consent.stopped",
        "consent.started",
    ]


def test_one_click_in_a_mail_program_stops_without_a_redirect(
    letter: Letter, phone: Client
) -> None:
    code = letter().code
    for _ in range(2):
        page = phone.post(
            f"/stop/{code}",
            "List-Unsubscribe=One-Click",
            content_type="application/x-www-form-urlencoded",
        )
        assert page.status_code == 200
    assert live() == [("email", "alician@example.org", "ours")]


def test_a_post_that_says_nothing_changes_nothing(letter: Letter, phone: Client) -> None:
    assert phone.post(f"/stop/{letter().code}", {"x": "1"}).status_code == 303
    assert live() == []


def test_stopping_outlives_the_message_and_standing(
    letter: Letter, phone: Client, world: World, troy: Student, alician: Guardian
) -> None:
    code = letter().code
    Message.objects.update(expires_at=clock.now())
    world.bar(troy, alician)
    assert phone.post(f"/stop/{code}", {"stop": "1"}).status_code == 303
    assert live() == [("email", "alician@example.org", "ours")]


def test_the_carrier_s_own_block_is_explained_and_not_lifted(
    letter: Letter, phone: Client, world: World, alician: Guardian
) -> None:
    alician.points.all().delete()
    alician.points.create(
        district=world.district,
        kind="phone",
        address="+13125550101",
        match="+13125550101",
        said_mobile=True,
    )
    code = letter().code
    Stop.objects.create(
        district=world.district, kind="phone", match="+13125550101", by="carrier", at=clock.now()
    )
    phone.post(f"/stop/{code}", {"start": "1"})
    read = text_of(phone.get(f"/stop/{code}?lang=en").content.decode())
    assert "••• 0101" in read
    assert "text START" in read
    assert live() == [("phone", "+13125550101", "carrier")]


def test_a_wrong_code_stops_nothing(phone: Client, world: World) -> None:
    assert phone.post("/stop/BCDFGHJKMNPQ", {"stop": "1"}).status_code == 404
    assert phone.get("/stop/nonsense").status_code == 404
