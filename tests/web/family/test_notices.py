"""“Also tell me on this phone”: offered where it can be, kept for whoever the message served."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bothways.audit.models import Entry as AuditEntry
from bothways.channels.models import PushSubscription
from bothways.channels.services import configure
from bothways.messaging.models import Delivery, Recipient
from bothways.people.models import ContactPoint, Guardian, Link, Student
from bothways.web.family.forms import new_form
from channels.push_service import Browser
from messaging.world import World
from web.family.reading import Letter

ENDPOINT = "https://fcm.googleapis.com/fcm/send/abc123"


@pytest.fixture
def pushes(db: None) -> None:
    configure("push", {"contact": "office@grandbend.example"})


@pytest.fixture
def browser() -> dict[str, Any]:
    """What Alician's phone sends when the button is pressed, but for the proof."""
    one = Browser().subscription(ENDPOINT)
    return {"endpoint": one.endpoint, "p256dh": one.p256dh, "auth": one.auth}


@pytest.fixture
def delivery(letter: Letter) -> Delivery:
    """What Alician got."""
    return letter()


def press(delivery: Delivery, told: dict[str, Any], *, proof: str | None = None) -> int:
    """Send it as the page does, from a browser that must prove where it comes from."""
    form = new_form(delivery.code)
    body = {**told, "form": form.key, "proof": form.proof if proof is None else proof}
    return (
        Client(enforce_csrf_checks=True)
        .post(f"/r/{delivery.code}/push", json.dumps(body), "application/json")
        .status_code
    )


def ways(guardian: Guardian) -> list[str]:
    return list(
        guardian.points.filter(ended_at=None).order_by("position").values_list("kind", flat=True)
    )


def test_button_is_there_in_the_readers_language_where_notices_are_set_up(
    delivery: Delivery, pushes: None
) -> None:
    page = Client().get(f"/r/{delivery.code}?lang=es").content.decode()
    assert "Avíseme también en este teléfono" in page
    # Without a script that can do it, nobody is shown a button that does nothing.
    assert '<section class="push" hidden data-notices="B' in page


def test_page_is_as_before_where_notices_are_not_set_up(delivery: Delivery) -> None:
    page = Client().get(f"/r/{delivery.code}").content.decode()
    assert "data-notices" not in page
    assert "notices.js" not in page


def test_pressing_makes_a_way_for_the_one_adult_and_a_line_in_the_record(
    delivery: Delivery, pushes: None, browser: dict[str, Any], alician: Guardian
) -> None:
    assert press(delivery, browser) == 204
    assert ways(alician) == ["email", "push"]
    kept = PushSubscription.objects.get()
    assert (kept.endpoint, kept.ended_at) == (ENDPOINT, None)
    point = alician.points.get(kind="push")
    assert point.address == kept.key
    assert "fcm" not in point.address
    assert AuditEntry.objects.get(event="contact.point_added").object_id == point.pk


def test_pressing_twice_is_once(
    delivery: Delivery, pushes: None, browser: dict[str, Any], alician: Guardian
) -> None:
    assert [press(delivery, browser), press(delivery, browser)] == [204, 204]
    assert ways(alician) == ["email", "push"]
    assert PushSubscription.objects.count() == 1


def test_no_more_notices_ends_the_way_and_it_can_begin_again(
    delivery: Delivery, pushes: None, browser: dict[str, Any], alician: Guardian
) -> None:
    press(delivery, browser)
    assert press(delivery, {"endpoint": ENDPOINT, "stop": True}) == 204
    assert ways(alician) == ["email"]
    assert PushSubscription.objects.get().ended_at is not None
    assert press(delivery, browser) == 204
    assert ways(alician) == ["email", "push"]
    assert PushSubscription.objects.get().ended_at is None


def test_browser_that_was_gone_works_again_after_pressing(
    delivery: Delivery, pushes: None, browser: dict[str, Any], alician: Guardian
) -> None:
    press(delivery, browser)
    ContactPoint.objects.filter(kind="push").update(state="failing", why="gone")
    press(delivery, browser)
    assert alician.points.get(kind="push").state == "unknown"


def test_newest_five_browsers_count(delivery: Delivery, pushes: None, alician: Guardian) -> None:
    for n in range(7):
        one = Browser().subscription(f"{ENDPOINT}{n}")
        told = {"endpoint": one.endpoint, "p256dh": one.p256dh, "auth": one.auth}
        assert press(delivery, told) == 204
    assert ways(alician).count("push") == 5


def test_of_a_message_to_two_nobody_knows_whose_phone_it_is(
    delivery: Delivery,
    pushes: None,
    browser: dict[str, Any],
    world: World,
    alician: Guardian,
    troy: Student,
) -> None:
    other = world.guardian("James")
    other.household = alician.household
    other.save()
    link = Link.objects.create(district=world.district, student=troy, guardian=other)
    Recipient.objects.create(delivery=delivery, link=link)
    page = Client().get(f"/r/{delivery.code}").content.decode()
    assert "data-notices" not in page
    assert press(delivery, browser) == 404
    assert PushSubscription.objects.count() == 0


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"endpoint": "http://fcm.googleapis.com/a"}, 422),
        ({"endpoint": "https://127.0.0.1/a"}, 422),
        ({"endpoint": "https://169.254.169.254/latest/meta-data"}, 422),
        ({"endpoint": "https://fcm.googleapis.com/" + "a" * 1000}, 422),
        ({"endpoint": None}, 422),
        ({"endpoint": ["https://fcm.googleapis.com/a"]}, 422),
        ({"p256dh": "AAAA"}, 422),
        ({"p256dh": "ü"}, 422),
        ({"auth": ""}, 422),
        ({"auth": {"a": 1}}, 422),
        ({"endpoint": "https://x.example/\x00"}, 422),
        ({"more": "a" * 5000}, 422),
    ],
)
def test_what_is_no_subscription_is_not_kept(
    delivery: Delivery, pushes: None, browser: dict[str, Any], change: dict[str, Any], status: int
) -> None:
    assert press(delivery, {**browser, **change}) == status
    assert PushSubscription.objects.count() == 0
    assert not ContactPoint.objects.filter(kind="push").exists()


def test_page_elsewhere_cannot_press_for_a_family(
    delivery: Delivery, pushes: None, browser: dict[str, Any]
) -> None:
    assert press(delivery, browser, proof="") == 403
    other = new_form("BCDFGHJKMNPQ")
    assert press(delivery, browser, proof=other.proof) == 403
    assert PushSubscription.objects.count() == 0


@pytest.mark.parametrize("body", [b"", b"[]", b"nonsense", b"\xff", b"[" * 3000])
def test_nonsense_is_refused(delivery: Delivery, pushes: None, body: bytes) -> None:
    answer = Client().post(f"/r/{delivery.code}/push", body, "application/json")
    assert answer.status_code == 422


def test_code_that_opens_nothing_takes_nothing(
    db: None, pushes: None, browser: dict[str, Any]
) -> None:
    for code in ("BCDFGHJKMNPQ", "nonsense"):
        answer = Client().post(f"/r/{code}/push", json.dumps(browser), "application/json")
        assert answer.status_code == 404


def test_page_that_has_closed_takes_none(
    delivery: Delivery, pushes: None, browser: dict[str, Any]
) -> None:
    delivery.message.expires_at = delivery.created_at
    delivery.message.save()
    assert press(delivery, browser) == 404


def test_looking_there_shows_nothing(delivery: Delivery, pushes: None) -> None:
    assert Client().get(f"/r/{delivery.code}/push").status_code == 404


def test_machine_with_a_link_cannot_fill_our_tables(delivery: Delivery, pushes: None) -> None:
    told = []
    for n in range(12):
        one = Browser().subscription(f"{ENDPOINT}{n}")
        keys = {"endpoint": one.endpoint, "p256dh": one.p256dh, "auth": one.auth}
        told.append(press(delivery, keys))
    assert told == [204] * 10 + [429] * 2


def test_worker_is_at_the_top_so_that_it_may_serve_the_pages() -> None:
    answer = Client().get("/sw.js")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert b"showNotification" in answer.content
    assert Client().post("/sw.js").status_code == 405


def test_page_asks_two_questions_more_for_its_button(delivery: Delivery) -> None:
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as asked:
            Client().get(f"/r/{delivery.code}")
        counts.append(len(asked))
        configure("push", {"contact": "office@grandbend.example"})
    assert counts[1] == counts[0] + 1


def test_stop_page_of_a_notice_speaks_of_notices(
    delivery: Delivery, pushes: None, browser: dict[str, Any]
) -> None:
    press(delivery, browser)
    key = PushSubscription.objects.get().key
    Delivery.objects.filter(pk=delivery.pk).update(channel="push", kind="push", match=key)
    page = Client().get(f"/stop/{delivery.code}?lang=en").content.decode()
    assert "Notices from the school on this phone" in page
    assert key not in page
